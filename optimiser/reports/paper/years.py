"""The years of a roadmap: what is held by whom in each, as a table."""

from __future__ import annotations

from collections.abc import Iterator

from optimiser.reports.paper.blocks import Column, Table
from optimiser.reports.paper.brief import Brief
from optimiser.runs.compare.wording import round_off

MONEY = {
    "collective_m": "Held by footprints",
    "collaborative_m": "By lead providers",
    "individual_m": "By single ICBs",
    "national_m": "By England",
    "gained_m": "Becomes local",
}


def list_years(brief: Brief) -> Iterator[Table]:
    """The years of the preferred option; none where it is no year of a roadmap."""
    table = brief.view(brief.preferred, "roadmap_milestones")
    if table.empty:
        return
    shown = {
        name: head for name, head in MONEY.items() if table[name].any() or name == "national_m"
    }
    reference = brief.cite(
        "what is held by whom in each year of the roadmap",
        "roadmap_milestones",
        "all rows",
        "as it stands",
        ["ready", "services_local", *shown],
    )
    rows = tuple(
        (
            f"{row['year']:.0f}",
            f"{row['ready']:.0f}",
            f"{row['services_local']:.0f}",
            *(round_off(float(row[name]), "£m") for name in shown),
        )
        for row in table.to_dict("records")
    )
    yield Table(
        f"{brief.preferred.name}: services in scope by year, £m a year"
        f"{brief.mark('roadmap_milestones', *shown)}",
        (
            Column("Year", 0.7, "left"),
            Column("Footprints ready", 0.9),
            Column("Services local", 0.9),
            *(Column(head, 1.0) for head in shown.values()),
        ),
        rows,
        note="Local: held by a footprint, a lead provider or a single ICB somewhere. Money of its year. "
        f"{reference}",
    )
