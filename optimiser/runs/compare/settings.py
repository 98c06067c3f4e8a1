"""Settings of scenarios as readers see them: words for names, titles for plans, names for ICBs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimiser.runs.compare.wording import TERMS, say_term
from optimiser.spelling import title_plan

if TYPE_CHECKING:
    from optimiser.runs.compare import Comparison

ABSENT = "not set"

SETTINGS = {
    "footprints.count": "Number of footprints",
    "footprints.population_m": "People of a footprint, millions",
    "footprints.members": "ICBs in a footprint",
    "footprints.max_travel_minutes": "Travel to the lead ICB, minutes at most",
    "footprints.within_regions": "Within one region",
    "footprints.keep_whole": "Plan of which no footprint is parted",
    "footprints.baseline": "Plan of today",
    "services.levels": "Levels open to a service",
    "services.categories": "Categories that may be held locally",
}
"""Settings in words; others are read off their names."""

PLANS = ("baseline", "keep_whole")
"""Settings that name a plan."""

LEVELS = {"icb": "single ICB", "collaborative": "lead provider"}
MOST_ICBS = 12


def say_setting(key: str) -> str:
    """A setting, ``section.name``, in words."""
    section, _, name = key.partition(".")
    if section == "objective" and name:
        priced = name.endswith("_cost_m")
        whole = name.removesuffix("_m")
        term = say_term(whole if whole in TERMS else whole.removesuffix("_cost"))
        return f"{'Cost' if priced else 'Weight'} of {term[:1].lower()}{term[1:]}{', £m' * priced}"
    return SETTINGS.get(key, (name or section).replace("_", " ").capitalize())


def say_value(key: str, value: object, names: Mapping[str, str]) -> str:
    """What a setting is set to, in words.

    Args:
        key: the setting.
        value: as the scenario has it.
        names: code of each ICB to its name.
    """
    name = key.rpartition(".")[2]
    if value is None or value == "" or value == []:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _say_list(name, value, names)
    if isinstance(value, (int, float)):
        return f"{value:g}" if math.isfinite(value) else "no limit"
    return title_plan(str(value)) if name in PLANS else str(value)


def _say_list(name: str, value: Sequence[Any], names: Mapping[str, str]) -> str:
    if all(isinstance(item, (int, float)) for item in value):
        return say_window(value)
    if not isinstance(value[0], list):
        known = {**names, **(LEVELS if name == "levels" else {})}
        words = [known.get(str(it), str(it).replace("_", " ")) for it in value]
        more = [f"and {len(words) - MOST_ICBS} more"] if len(words) > MOST_ICBS else []
        return ", ".join([*words[:MOST_ICBS], *more])
    groups = [" with ".join(names.get(str(code), str(code)) for code in group) for group in value]
    return groups[0] if len(groups) == 1 else f"{len(groups)} groups of ICBs"


def say_window(value: object) -> str:
    """A number, or the least and most of a pair of them."""
    if not isinstance(value, (list, tuple)):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if len(value) != 2:
        return ", ".join(f"{float(item):g}" for item in value)
    low, high = (float(item) for item in value)
    if not math.isfinite(high):
        return f"at least {low:g}" if low > 0 else "no limit"
    return f"{low:g} to {high:g}" if low > 0 else f"at most {high:g}"


def word_differences(found: Comparison) -> pd.DataFrame:
    """Settings in which the scenarios of compared runs differ, in words.

    Returns:
        setting, then one column per run.
    """
    table = found.scenario_differences
    names = {
        str(icb): str(name)
        for plan in found.plans.values()
        for icb, name in zip(plan.icbs["icb"], plan.icbs["name"], strict=True)
    }
    rows = []
    for row in table.to_dict(orient="records"):
        key = str(row["setting"])
        section, _, name = key.partition(".")
        told = {"setting": say_setting(key) if name else key}
        for label, run in zip(found.names, found.runs, strict=True):
            known = run.manifest["scenario"].get(section, {})
            is_set = bool(name) and isinstance(known, Mapping) and name in known
            told[label] = say_value(key, known[name], names) if is_set else str(row[label])
        rows.append(told)
    return pd.DataFrame(rows, columns=table.columns, dtype="str")
