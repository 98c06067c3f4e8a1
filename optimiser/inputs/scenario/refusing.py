"""Faults of settings, in words: what the setting may be, and which one was likely meant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from optimiser.errors import Fault
from optimiser.inputs.reading.raw import show_text
from optimiser.inputs.scenario.declared import Setting, list_settings, list_words
from optimiser.spelling import find_likely, join_sentences, suggest

LISTING = "`footprints settings` lists every setting."


def list_faults(file: str, error: ValidationError, scenario: type[BaseModel]) -> list[Fault]:
    """One fault for each value that is not allowed; a type's branches are not told one by one."""
    known = {setting.key: setting for setting in list_settings(scenario)}
    found: dict[tuple[str, str], Fault] = {}
    whole: set[str] = set()  # settings of which all that was given is told already
    for item in error.errors():
        for fault in _list_faults(file, item, known):
            if fault.column not in whole:
                found.setdefault((fault.column, fault.value), fault)
            if isinstance(item.get("input"), Mapping | list | tuple) and fault.column in known:
                whole.add(fault.column)
    return list(found.values())


def _list_faults(file: str, item: Any, known: Mapping[str, Setting]) -> Iterator[Fault]:
    place, value = [str(part) for part in item["loc"]], item.get("input")
    setting = known.get(".".join(place[:2])) or known.get(place[0] if place else "")
    if item["type"] == "extra_forbidden":
        yield from _list_unknown(file, place, value, known)
    elif item["type"] in ("model_type", "model_attributes_type"):
        remedy = f"It is a section: give its settings, such as {_first_of(place, known)}."
        yield Fault(file, 0, ".".join(place), show(value), str(item["type"]), remedy)
    elif setting is None or item["type"] == "value_error":
        message = str(item["msg"]).removeprefix("Value error, ")
        message = "It must be text" if item["type"] == "string_type" else message
        shown = "" if isinstance(value, Mapping) or item["type"] == "value_error" else show(value)
        yield Fault(file, 0, ".".join(place), shown, str(item["type"]), f"{message}.")
    else:
        remedy = explain_allowed(setting, value)
        yield Fault(file, 0, setting.key, show(value), str(item["type"]), remedy)


def _first_of(place: Sequence[str], known: Mapping[str, Setting]) -> str:
    """The first setting of a section that has an example, with it."""
    own = [s for key, s in known.items() if key.startswith(f"{place[0]}.") and s.example]
    return next((f"{setting.key}={setting.example}" for setting in own), "its name and a value")


def explain_allowed(setting: Setting, value: object) -> str:
    """What a setting may be, the word that was likely meant, and an example."""
    likely = find_likely(value, list_words(setting.kind)) if isinstance(value, str) else ""
    return join_sentences(
        f"It must be {setting.allowed}.",
        f'Did you mean "{likely}"?' if likely else "",
        f"Example: {setting.key}={setting.example}." if setting.example else "",
    )


def _list_unknown(
    file: str, place: Sequence[str], value: object, known: Mapping[str, Setting]
) -> Iterator[Fault]:
    """An unknown section is told by the settings given in it."""
    if len(place) == 1 and isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _list_unknown(file, [*place, str(key)], item, known)
        return
    name = ".".join(place)
    remedy = f"There is no such setting. {suggest_setting(name, known)}"
    yield Fault(file, 0, show_text(name), show(value), "unknown_setting", remedy)


def suggest_setting(name: str, known: Mapping[str, Setting]) -> str:
    """Which setting was likely meant: by its meaning, or by its spelling here or in another section."""
    section, _, last = name.rpartition(".")
    here = {k.rpartition(".")[2]: k for k in known if k.rpartition(".")[0] == section}
    ends = {k.rpartition(".")[2]: k for k in reversed(list(known))}
    word = f"{last.casefold()} "
    meant = [key for key, it in known.items() if it.meaning.casefold().startswith(word)]
    meant = meant if len(last) > len("the") else []  # "a" begins many meanings and means none
    likely = ends.get(last) or next(iter(meant), "")
    likely = (
        likely or here.get(find_likely(last, here), "") or ends.get(find_likely(last, ends), "")
    )
    if likely:
        return f'Did you mean "{likely}"? {LISTING}'
    return join_sentences(suggest(last, here) if section else "", LISTING)


def show(value: object) -> str:
    """A value as a fault shows it."""
    return show_text(value if isinstance(value, str) else json.dumps(value, default=str))
