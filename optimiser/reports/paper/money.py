"""Money by footprint, and the trusts whose income would change hands: tables and sentences."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from optimiser.inputs.scenario.questions import FundingRules, ProviderRules
from optimiser.plan.flows import ELSEWHERE
from optimiser.plan.providers import list_past
from optimiser.plan.published import ALLOCATIONS
from optimiser.reports.paper.blocks import Column, Table
from optimiser.reports.paper.brief import Brief, Option, say_money
from optimiser.reports.sentences import join
from optimiser.runs.compare.wording import NOTHING, round_off

MOST_TRUSTS = 8
"""Rows of trusts: what a board reads, and a table that stays on one page."""

MOST_YEARS_TOLD = 6
"""Amounts that a sentence holds; of a longer path it tells the last."""

THRESHOLDS = ("most_lost", "most_lost_of_all", "most_commissioners")
"""Settings that :func:`optimiser.plan.providers.list_past` judges trusts by."""


def list_funding(brief: Brief) -> Iterator[Table]:
    """Historic and needs-based money of the preferred option; none where the run has no funding."""
    table = brief.view(brief.preferred, "funding")
    if table.empty:
        return
    columns = ["historic_m", "needs_based_m", "distance_share", "first_year_change_share"]
    sums = table[["historic_m", "needs_based_m"]].sum()
    rows = [*map(_say_funding, table.to_dict("records")), ("All", *_say_sums(sums), "", "", "")]
    reference = brief.cite(
        "historic and needs-based money of the preferred option",
        "funding",
        "all rows",
        "as it stands; sums",
        columns,
    )
    yield Table(
        f"{brief.preferred.name}: historic and needs-based money, £m a year"
        f"{brief.mark('funding', *columns)}",
        (
            Column("Footprint", 2.6, "left"),
            Column("Historic", 0.9),
            Column("Needs-based", 0.9),
            Column("Distance from target", 1.1),
            Column("Change in first year", 1.1),
            Column("At target in year", 0.9),
        ),
        tuple(rows),
        note="Distance: historic less needs-based, by needs-based; a plus is above target. At target: "
        f"the first year of the path, {NOTHING} if not within 50. {reference}",
    )


def _say_sums(sums: pd.Series[float]) -> Iterator[str]:
    return (round_off(float(value), "£m") for value in sums)


def _say_funding(row: Mapping[Hashable, Any]) -> tuple[str, ...]:
    money = (round_off(float(row[name]), "£m") for name in ("historic_m", "needs_based_m"))
    steps = (say_step(float(row[n])) for n in ("distance_share", "first_year_change_share"))
    return str(row["footprint"]), *money, *steps, _say_whole(row["year_at_target"])


def say_step(share: float) -> str:
    """A share with its sign; nothing has none."""
    text = round_off(share, "share")
    return f"+{text}" if share > 0 and any(digit in text for digit in "123456789") else text


def _say_whole(value: Any) -> str:
    return NOTHING if pd.isna(value) else f"{float(value):.0f}"


def list_trusts(brief: Brief) -> Iterator[Table]:
    """Trusts of the map that would lose or gain most were care brought home, beside Option 1."""
    found = find_trusts(brief.preferred, brief)
    if found.empty:
        return
    usual = brief.view(brief.usual, "providers").set_index("provider")["lost_m"]
    both = brief.preferred is not brief.usual
    mine = f"Option {brief.preferred.number}"
    columns = [*("income_m", "lost_m", "gained_m", "lost_share"), "specialised_share"]
    columns += ["commissioners", "commissioners_before"]
    reference = brief.cite(
        "trusts whose income would change most were care brought home",
        "providers",
        f"not Elsewhere; the {MOST_TRUSTS} of largest lost_m + gained_m under the preferred option",
        "as it stands",
        columns,
    )
    yield Table(
        f"{brief.preferred.name}: trusts whose income would change hands most if care came home, "
        f"£m a year{brief.mark('providers', *columns)}",
        (
            Column("Trust", 3.0, "left"),
            Column("Income", 0.8),
            *([Column("Lost, Option 1", 0.9)] if both else []),
            Column(f"Lost, {mine}", 0.9),
            Column("Share lost", 0.8),
            Column("Gained", 0.85),
            Column("Specialised, of all income", 1.15),
            Column(f"Commissioners today → Option\u00a0{brief.preferred.number}", 1.45),
        ),
        tuple(_say_trust(row, usual if both else None) for row in found.to_dict("records")),
        note=f"Income: of the services here. Share lost: of it, {mine}. Commissioners: those that pay "
        f"£{rules_of(brief.preferred).contract_m:g}m a year or more; today: in the baseline, at today's "
        f"levels. {reference}",
    )


def find_trusts(option: Option, brief: Brief) -> pd.DataFrame:
    """At most :data:`MOST_TRUSTS` trusts of the map whose income would change, most first."""
    table = brief.view(option, "providers")
    table = table[table["footprint"] != ELSEWHERE]
    moved = (table["lost_m"] + table["gained_m"]).astype(float)
    return table.loc[moved[moved > 0].sort_values(ascending=False, kind="stable").index].head(
        MOST_TRUSTS
    )


def _say_trust(row: Mapping[Hashable, Any], usual: pd.Series[float] | None) -> tuple[str, ...]:
    before = () if usual is None else (float(usual.get(str(row["provider"]), float("nan"))),)
    lost = (*before, float(row["lost_m"]))
    return (
        str(row["name"]),
        round_off(float(row["income_m"]), "£m"),
        *(round_off(value, "£m") for value in lost),
        round_off(float(row["lost_share"]), "share"),
        round_off(float(row["gained_m"]), "£m"),
        round_off(float(row["specialised_share"]), "share"),
        f"{_say_whole(row['commissioners_before'])} → {_say_whole(row['commissioners'])}",
    )


def rules_of(option: Option) -> ProviderRules:
    """The what-if and the thresholds of an option's scenario."""
    return ProviderRules.model_validate(option.manifest["scenario"].get("providers", {}))


def count_past(brief: Brief, option: Option) -> dict[str, int]:
    """Trusts past each threshold of the scenario, and past any; empty for a run without trusts."""
    table = brief.view(option, "providers")
    if table.empty:
        return {}
    past = list_past(table, rules_of(option))
    each = {name: int((past["threshold"] == name).sum()) for name in THRESHOLDS}
    return {**each, "any": int(past["provider"].nunique())}


def say_funding(brief: Brief) -> str:
    """Where the two kinds of money come from, what was published, and the path of all by year."""
    basis, mark = brief.basis("funding", "needs_based_m"), brief.mark("funding", "needs_based_m")
    origin = "of unstated origin" if basis == "unstated" else basis
    kind = f"Both are {origin}{mark}: no allocation that NHS England has made." if mark else ""
    published = [note for note in brief.preferred.plan.notes if note.startswith(ALLOCATIONS)]
    return " ".join(filter(None, (kind, *published, _say_path(brief))))


def _say_path(brief: Brief) -> str:
    """Money above target in all footprints, year by year, and the pace that was asked for."""
    path = brief.view(brief.preferred, "funding_by_year")
    if path.empty:
        return ""
    above = (path["allocation_m"] - path["target_m"]).astype(float).clip(lower=0.0)
    first, *later = (say_money(float(m)) for m in above.groupby(path["year"].astype(int)).sum())
    rules = FundingRules.model_validate(brief.preferred.manifest["scenario"].get("funding", {}))
    reference = brief.cite(
        "money of footprints above target, by year",
        "funding_by_year",
        "allocation_m above target_m",
        "sum(allocation_m - target_m) of each year",
        ["allocation_m", "target_m"],
    )
    mark = brief.mark("funding_by_year", "allocation_m", "target_m")
    floor = f", and none below {_say_rate(rules.min_growth)}" if rules.min_growth > -1 else ""
    long = not 1 < rules.years <= MOST_YEARS_TOLD
    after = f"year {rules.years}" if long else f"each of the next {rules.years} years in turn"
    return (
        f"Footprints above target are {first}{mark} above it in all; after {after} they are "
        f"{join(later[-1:] if long else later)} above it {reference}. The pace "
        f"is the scenario's: growth of {_say_rate(rules.growth)} a year, and beside it cuts of at most "
        f"{_say_rate(rules.max_cut)} and rises of at most {_say_rate(rules.max_rise)}{floor}."
    )


def _say_rate(share: float) -> str:
    """A setting as it was given: no digit that says nothing."""
    return f"{share * 100:g}%".replace("-", "−")


def say_trusts(brief: Brief) -> str:
    """How many trusts are past a threshold of the scenario, were care brought home."""
    best, usual, rules = brief.preferred, brief.usual, rules_of(brief.preferred)
    past, before = count_past(brief, best), count_past(brief, usual)
    many = {name: number or "none" for name, number in past.items()}
    against_usual = bool(before) and best is not usual
    step = f", {brief.tell_step(best, 'income_at_risk_m')}" if against_usual else ""
    against = f", against {before['any'] or 'none'} under Option 1" if against_usual else ""
    reference = brief.cite(
        "trusts past a threshold of the scenario",
        "providers",
        f"not Elsewhere, income_m of {rules.smallest_m:g} or more",
        "count of lost_share, lost_of_all_share and commissioners above their limits",
        ["lost_share", "lost_of_all_share", "commissioners"],
    )
    mark = brief.mark("providers", "lost_share", "lost_of_all_share", "commissioners")
    return (
        f"What if {_say_rate(rules.brought_home)} of the care in scope that residents get outside "
        "their footprint came home, wherever that has a centre? It is no forecast. Of trusts with "
        f"£{rules.smallest_m:g}m or more of specialised income, {many['any']}{mark} would be past a "
        f"threshold of the scenario under {best.name}{against}: {many['most_lost']} would lose more "
        f"than {_say_rate(rules.most_lost)} of that income, {many['most_lost_of_all']} more than "
        f"{_say_rate(rules.most_lost_of_all)} of all their income, and {many['most_commissioners']} "
        f"have more than {rules.most_commissioners} commissioners {reference}. In all, "
        f"{brief.tell(best, 'income_at_risk_m')} a year would move{step}."
    )
