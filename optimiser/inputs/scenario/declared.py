"""What a setting may be, in words: read off its declaration, so that it is said once."""

from __future__ import annotations

import json
import math
import re
import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

PAIR = re.compile(r"([\d.]+|inf)\s*(?:-|–|\.\.|\bto\b)\s*([\d.]+|inf)")
"""A window as people write it: ``7-12``, ``2.5 to 11``."""
_UNIONS = (Union, types.UnionType)
PLACES = ("dataset",)
"""Where things are, which is no rule: left out where settings are listed."""


@dataclass(frozen=True)
class Setting:
    """One setting as it is declared.

    Attributes:
        key: ``section.key`` as on the command line; the key alone outside the sections.
        meaning: its description.
        allowed: what it may be, in words.
        default: as TOML, empty where it has none.
        example: a value that is allowed, as TOML.
        choices: the words it may be, if only words.
        kind: its declared type.
    """

    key: str
    meaning: str
    allowed: str
    default: str
    example: str
    choices: tuple[str, ...]
    kind: Any


def list_settings(scenario: type[BaseModel]) -> list[Setting]:
    """Every setting of a scenario, in the order of its declaration."""
    return list(_walk(scenario))


def _walk(scenario: type[BaseModel]) -> Iterator[Setting]:
    for name, field in scenario.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for key, held in kind.model_fields.items():
                yield _declare(f"{name}.{key}", held)
        elif name not in PLACES:
            yield _declare(name, field)


def _declare(key: str, field: FieldInfo) -> Setting:
    return Setting(
        key=key,
        meaning=field.description or "",
        allowed=describe_kind(field.annotation, field.metadata),
        default=to_toml(field.default),
        example=to_toml(_choose_example(field)),
        choices=_offer(field.annotation),
        kind=field.annotation,
    )


def _offer(kind: Any) -> tuple[str, ...]:
    if kind is bool:
        return ("true", "false")
    return tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()


def _choose_example(field: FieldInfo) -> object:
    """The declared example, or another value than the default where the type gives one."""
    if field.examples:
        return field.examples[0]
    default, words = field.default, list_words(field.annotation)
    if isinstance(default, bool):
        return not default
    if isinstance(default, str):
        return next((word for word in words if word != default), default or "My own words")
    return default


def describe_kind(kind: Any, limits: list[Any] | tuple[Any, ...] = ()) -> str:
    """What a value of a type may be, in words; ``limits`` are pydantic's (ge, gt, le)."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in _UNIONS:
        said = [describe_kind(part, limits) for part in parts if part is not types.NoneType]
        return ", or ".join(dict.fromkeys(said))
    if origin is Literal:
        words = [f'"{word}"' for word in parts]
        return words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    if origin is tuple:
        return _describe_list(parts)
    if origin is dict:
        return f"a table of names, each with {describe_kind(parts[1])}"
    simple = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    return simple[kind] + (_describe_limits(limits) if kind in (int, float) else "")


def _describe_list(parts: tuple[Any, ...]) -> str:
    if parts[-1] is not Ellipsis:
        number = "whole number" if parts[0] is int else "number"
        return f"two {number}s, the least and the most: [1, 8] or 1-8"
    if get_origin(parts[0]) is tuple:
        return 'a list of groups, each a list of codes: [["QMJ", "QRV"]]'
    if get_origin(parts[0]) is Literal:
        return f"a list of any of {', '.join(map(str, get_args(parts[0])))}"
    return "a list of codes"


def _describe_limits(limits: list[Any] | tuple[Any, ...]) -> str:
    found = {
        name: getattr(limit, name)
        for limit in limits
        for name in ("ge", "gt", "le")
        if getattr(limit, name, None) is not None
    }
    if "le" in found:
        return f" from {found['ge']:,} to {found['le']:,}"
    if "gt" in found:
        return f" above {found['gt']:,}"
    return f" of {found['ge']:,} or more" if "ge" in found else ""


def list_words(kind: Any) -> list[str]:
    """Words that a type allows, wherever they stand in it."""
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for part in get_args(kind) if part is not Ellipsis for word in list_words(part)]


def read_value(text: str, kind: Any) -> object:
    """A value typed on the command line or in a workbook: TOML, or shorter forms of lists.

    ``7-12`` is a window where the setting takes one, ``A1,A2`` a list of codes where it takes one, and
    groups are parted by semicolons. What is none of these is text.

    Args:
        text: as it was typed.
        kind: the setting's declared type, None where there is no such setting.

    Raises:
        RecursionError: it is nested too deeply for TOML.
    """
    try:
        read = tomllib.loads(f"value = {text}")
    except ValueError:
        return _read_short(text.strip(), kind)
    return read["value"] if len(read) == 1 else text.strip()


def _read_short(text: str, kind: Any) -> object:
    branches = get_args(kind) if get_origin(kind) in _UNIONS else (kind,)
    words = [word for part in branches if get_origin(part) is Literal for word in get_args(part)]
    shapes = [get_args(part) for part in branches if get_origin(part) is tuple]
    pair = PAIR.fullmatch(text)
    if pair and any(shape[-1] is not Ellipsis for shape in shapes):
        return [_read_number(bound) for bound in pair.groups()]
    lists = [shape for shape in shapes if shape[-1] is Ellipsis]
    if not lists or not text or text in words or text[0] in "[{\"'":
        return text
    groups = [[code.strip() for code in group.split(",")] for group in text.split(";")]
    if get_origin(lists[0][0]) is tuple:
        return groups
    return groups[0] if len(groups) == 1 else text


def _read_number(text: str) -> float | int | str:
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return text


def to_toml(value: object) -> str:
    """A setting as TOML; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {to_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(to_toml(item) for item in value) + "]"
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return json.dumps(value, ensure_ascii=False)


Window = tuple[float, float]
Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """A section: unknown settings are faults, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _lists_are_tuples(cls, given: Any) -> Any:
        """TOML has lists where strict settings ask for tuples; nothing else is ever converted."""
        if not isinstance(given, dict):
            return given
        return {key: _frozen(value) for key, value in given.items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value
