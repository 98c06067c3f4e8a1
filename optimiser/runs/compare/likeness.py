"""What differs between runs, and whether they may stand side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.runs.compare.settings import ABSENT
from optimiser.runs.folder import Run, read_table

VINTAGE = ("name", "vintage", "population_base", "currency_year")
SCOPE = (
    "footprints.population_base",
    "services.categories",
    "services.year",
    "readiness.aggregate",
    "readiness.year",
)
"""Settings that change what a measure means; the other settings say which plans are allowed."""

_NOT_INPUTS = ("plans/",)
_OF_NO_MAP = ("services.csv", "service_providers.csv", "published.csv")
"""Inputs that name no ICB: the same on every map of one country."""

_SAME_TOTAL = 1e-9
"""Relative: the same pounds and people in other parts, added up in another order, differ by less;
one person among a country's millions is more."""
_WORDS = ("title", "note", "dataset", "solver.")


@dataclass(frozen=True)
class Unlikeness:
    """One thing that makes two runs unlike.

    Attributes:
        kind: ``inputs``, ``vintage`` or ``scope``.
        what: the file, the word of the dataset or the setting.
        run: label of the run.
        baseline: value in the baseline.
        value: value in the run.
    """

    kind: str
    what: str
    run: str
    baseline: str
    value: str

    def __str__(self) -> str:
        """A sentence."""
        if self.kind == "inputs":
            return f"{self.run}: another {self.what} than the baseline's."
        return f"{self.run}: {self.what} is {self.value}, the baseline's {self.baseline}."


def list_unlike(runs: Mapping[str, Run]) -> tuple[Unlikeness, ...]:
    """Everything that makes runs unlike the first of them."""
    (first, baseline), *others = runs.items()
    return tuple(
        found for label, run in others if label != first for found in _unlike(label, run, baseline)
    )


def check_alike(runs: Mapping[str, Run]) -> None:
    """Refuse runs on other inputs, vintages or scopes than the first.

    Raises:
        InputError: with everything that differs.
    """
    found = list_unlike(runs)
    if found:
        raise InputError([_fault(unlikeness, runs[unlikeness.run]) for unlikeness in found])


def list_other_maps(runs: Mapping[str, Run]) -> tuple[str, ...]:
    """Labels of the runs whose plans group other ICBs than the first one's.

    Raises:
        InputError: such a run has other people or other money on a service than the first: it is of
            another country, and there is nothing to compare.
    """
    (_, baseline), *_ = runs.items()
    found = tuple(label for label, run in runs.items() if _is_other_map(run, baseline))
    remedy = (
        "It groups other ICBs than the baseline, and {} is not the same on both. Carry the plans to "
        "one set of ICBs first: footprints carry."
    )
    faults = [
        Fault(str(runs[label].folder), 0, "icb", "", "same_icbs", remedy.format(what))
        for label in found
        for what in _list_other_totals(runs[label], baseline)
    ]
    if faults:
        raise InputError(faults)
    return found


def state_other_maps(runs: Mapping[str, Run], others: Sequence[str]) -> list[str]:
    """What is compared with runs on other maps and what is left out: one note, or none."""
    if not others:
        return []
    first, baseline = next(iter(runs.items()))
    told = " and ".join(f"{label} ({len(runs[label].plan.icbs)} ICBs)" for label in others)
    return [
        f"On another map than {first} ({len(baseline.plan.icbs)} ICBs): {told}. People and the spend "
        "on every service are the same on the maps, so people, money, care outside and scores are "
        "compared. Which ICBs move, which services change level and how often two ICBs are "
        f"together are told for the map of {first} alone."
    ]


def _is_other_map(run: Run, baseline: Run) -> bool:
    return set(run.plan.icbs["icb"]) != set(baseline.plan.icbs["icb"])


def _list_other_totals(run: Run, baseline: Run) -> list[str]:
    """People and services whose totals are not the same in two runs."""
    ours, theirs = _add_up(run), _add_up(baseline)
    return [
        what
        for what in dict.fromkeys([*theirs, *ours])
        if not math.isclose(
            ours.get(what, math.nan), theirs.get(what, math.nan), rel_tol=_SAME_TOTAL
        )
    ][:1]


def _add_up(run: Run) -> dict[str, float]:
    spend = run.plan.services.groupby("service")["spend_m"].sum()
    services = {f"spend on service {code}": float(total) for code, total in spend.items()}
    return {
        "the number of residents": float(read_table(run, "icbs")["population"].sum()),
        **services,
    }


def summarise_differences(runs: Mapping[str, Run]) -> pd.DataFrame:
    """Settings in which the scenarios differ.

    Returns:
        setting, then one column per run with the value as text; a last row tells the version when
        runs were made by different ones.
    """
    flat = {label: _settings(run) for label, run in runs.items()}
    names = list(dict.fromkeys(name for settings in flat.values() for name in settings))
    rows = [
        {"setting": name, **{label: flat[label].get(name, ABSENT) for label in flat}}
        for name in names
        if len({settings.get(name, ABSENT) for settings in flat.values()}) > 1
    ]
    return pd.DataFrame(rows, columns=["setting", *flat], dtype="str")


def flatten(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Settings of a scenario as ``section.key`` and value."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _settings(run: Run) -> dict[str, str]:
    settings = {
        key: _text(value)
        for key, value in flatten(run.manifest["scenario"])
        if not key.startswith(_WORDS)
    }
    return {**settings, "version of footprints": str(run.manifest["versions"]["footprints"])}


def _text(value: object) -> str:
    if value is None or value == "" or value == []:
        return ABSENT
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unlike(label: str, run: Run, baseline: Run) -> Iterator[Unlikeness]:
    ours, theirs = run.manifest["dataset"], baseline.manifest["dataset"]
    elsewhere = _is_other_map(run, baseline)
    for word in VINTAGE:
        if ours[word] != theirs[word] and not (elsewhere and word == "name"):
            yield Unlikeness("vintage", f"dataset's {word}", label, theirs[word], ours[word])
    for file in _list_files(ours["files"], theirs["files"]):
        if elsewhere and file not in _OF_NO_MAP:
            continue
        before, after = theirs["files"].get(file, ABSENT), ours["files"].get(file, ABSENT)
        if before != after:
            yield Unlikeness("inputs", file, label, before, after)
    yield from _unlike_scope(label, run, baseline)


def _list_files(*hashes: Mapping[str, str]) -> Sequence[str]:
    every = dict.fromkeys(name for files in hashes for name in files)
    return [name for name in every if not name.startswith(_NOT_INPUTS)]


def _unlike_scope(label: str, run: Run, baseline: Run) -> Iterator[Unlikeness]:
    ours = dict(flatten(run.manifest["scenario"]))
    theirs = dict(flatten(baseline.manifest["scenario"]))
    # On one map a score under other weights is a question of its own; over two it is a mistake.
    weights = (
        [k for k in theirs if k.startswith("objective.")] if _is_other_map(run, baseline) else []
    )
    for setting in (*SCOPE, *weights):
        before, after = _text(theirs.get(setting)), _text(ours.get(setting))
        if before != after:
            yield Unlikeness("scope", setting, label, before, after)


def _fault(unlikeness: Unlikeness, run: Run) -> Fault:
    what = f"{unlikeness.what} differs from the baseline's ({unlikeness.baseline[:12]} there)."
    remedy = f"{what} Compare runs that are alike, or ask for unlike runs: --allow-unlike."
    rule = f"alike_{unlikeness.kind}"
    return Fault(str(run.folder), 0, unlikeness.what, unlikeness.value[:12], rule, remedy)
