"""Alternative texts and notes of pictures: what each shows, worked out from its data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from optimiser.reports.sentences import join
from optimiser.runs.compare import Comparison
from optimiser.runs.compare.wording import say_term, show

_WEAK = {
    "modelled": "Rests on modelled inputs.",
    "illustrative": "Rests on illustrative inputs.",
    "unstated": "The dataset does not say how far its inputs can be trusted.",
}
_ORDER = ("unstated", "illustrative", "modelled")


def note_basis(kinds: Iterable[str]) -> str:
    """How far the weakest of some figures can be trusted; empty when they are published."""
    found = set(kinds)
    return next((_WEAK[kind] for kind in _ORDER if kind in found), "")


def note_column(comparison: Comparison, column: str) -> str:
    """The same for a column of the footprints."""
    figures = comparison.figures.values()
    return note_basis(
        figure.basis
        for figure in figures
        if figure.table == "footprints" and figure.column == column
    )


def tell_maps(comparison: Comparison, shown: Sequence[str] = ()) -> str:
    """The footprints of the plans that are shown, all if none is named, and the ICBs that move."""
    runs = shown or comparison.names
    parts = [f"Maps of {len(runs)} plan{_s(len(runs))} in one numbering."]
    for run in runs:
        plan = comparison.plans[run]
        names = ", ".join(plan.footprints["footprint"])
        parts.append(f"{run}: {len(plan.footprints)} footprints ({names}).")
        moved = comparison.moved(run)["name"].tolist()
        if moved:
            verb = "moves" if len(moved) == 1 else "move"
            parts.append(f"Against {comparison.baseline} {join(moved, len(moved))} {verb}.")
    return " ".join(parts)


def note_maps(comparison: Comparison) -> str:
    """How to read the maps."""
    if len(comparison.names) == 1:
        return "Numbers are those of the key."
    return (
        "A footprint that continues one of the baseline has its number and fill; a diamond marks "
        "an ICB that moves."
    )


def tell_flows(run: str, ways: pd.DataFrame, shown: int) -> str:
    """The largest flows between footprints."""
    top = [
        f"{row['from_footprint']} to {row['to_footprint']} £{row['scope_spend_m']:,.0f}m"
        for row in ways.head(min(shown, 5)).to_dict(orient="records")
    ]
    return (
        f"Map of {run} with arrows between footprints for care given across a boundary. "
        f"The largest: {'; '.join(top)} a year."
    )


def note_flows(ways: pd.DataFrame, shown: int) -> str:
    """How much of the flows the arrows show."""
    drawn, whole = ways["scope_spend_m"].head(shown).sum(), ways["scope_spend_m"].sum()
    return (
        f"£m a year; an arrow goes from where residents live to where they are treated. The "
        f"{min(shown, len(ways))} largest of {len(ways)} ways, £{drawn:,.0f}m of £{whole:,.0f}m. "
        "Flows are modelled unless the dataset says otherwise."
    )


def tell_terms(comparison: Comparison) -> str:
    """The sum of each plan and its largest term."""
    parts = ["Bars of the cost of each plan by term, £m-equivalents."]
    for run, terms in comparison.terms.groupby("run", sort=False):
        largest = terms.sort_values("cost_m").iloc[-1]
        parts.append(
            f"{run}: {show(terms['cost_m'].sum(), '£m')} in all, the largest term "
            f"{say_term(str(largest['term'])).lower()} {show(largest['cost_m'], '£m')}."
        )
    return " ".join(parts)


def tell_volatility(comparison: Comparison, points: pd.DataFrame) -> str:
    """The most volatile footprint of each plan."""
    parts = [
        "Scatter of the volatility of each footprint's budget, all in scope, against its residents."
    ]
    for run in comparison.names:
        mine = points[points["run"] == run]
        top = mine.sort_values("cv").iloc[-1]
        parts.append(
            f"{run}: from {mine['cv'].min():.1%} to {top['cv']:.1%} of spend in scope; the highest is "
            f"{top['footprint']} with {top['population'] / 1e6:.1f} million residents."
        )
    return " ".join(parts)


def tell_services(comparison: Comparison, run: str) -> str:
    """How many services are held by all, some or none of the footprints."""
    table = comparison.services[comparison.services["run"] == run]
    held = (table["level"] != "national").groupby(table["service"]).mean()
    return (
        f"Table in shades of the services of {run} by footprint. {int((held == 1).sum())} services "
        f"are held by every footprint, {int(((held > 0) & (held < 1)).sum())} by some and "
        f"{int((held == 0).sum())} are national everywhere. Darker cells have more spend treated "
        "outside the footprint."
    )


def note_services(shown: int, services: int, comparison: Comparison) -> str:
    """What the table leaves out."""
    more = f"All {services} services held are in the data beside it. " if services > shown else ""
    return (
        f"{more}Columns are the footprints by the numbers of the maps. "
        f"{note_column(comparison, 'leakage_m')}"
    )


def tell_together(share: pd.DataFrame) -> str:
    """Pairs together in all, some or none of the plans."""
    values = share.to_numpy()
    above = [values[i, j] for i in range(len(values)) for j in range(i)]
    always, never = sum(v >= 1 for v in above), sum(v <= 0 for v in above)
    return (
        f"Matrix of {len(values)} by {len(values)} ICBs: {always} pairs are together in every "
        f"plan, {len(above) - always - never} in some, {never} in none."
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"
