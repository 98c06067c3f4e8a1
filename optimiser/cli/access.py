"""``footprints access``: patients' own travel under a plan, and what coming home would mean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_tables, progress
from optimiser.cli.shared import format_or_details, table_options, takes_plan
from optimiser.reports.text import Shown, format_table, wrap

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.access import Access

TABLES = ("footprints", "icbs", "services", "without_centre", "deprivation")
_MOST_GAPS, _MOST = 5, 10
"""Gaps and services that the text shows; CSV has all."""
_TRAVEL = (
    Shown("patients", "Patients\na year", ",.0f"),
    Shown("minutes", "Mean\nminutes", ",.0f"),
    Shown("far_share", "Far\n%", ".0f", 100),
    Shown("outside_share", "Leave\n%", ".0f", 100),
)
_FOOTPRINTS = (
    Shown("footprint", "Footprint"),
    *_TRAVEL,
    Shown("leaving_patients", "Could stay\npatients", ",.0f"),
    Shown("minutes_now", "Now\nminutes", ",.0f"),
    Shown("minutes_home", "At home\nminutes", ",.0f"),
    Shown("far_home_share", "Far at\nhome %", ".0f", 100),
)
_DEPRIVED = (Shown("residents", "Residents"), Shown("footprint", "Footprint"), *_TRAVEL)
_ICBS = (Shown("name", "ICB"), Shown("footprint", "Footprint"), *_TRAVEL)
_SERVICES = (Shown("name", "Service"), *_TRAVEL, Shown("centres", "Centres", ".0f"))
_GAPS = (
    Shown("name", "Service without a centre"),
    Shown("footprint", "in"),
    Shown("patients", "Patients\na year", ",.0f"),
    Shown("minutes", "Mean\nminutes", ",.0f"),
    Shown("goes_to", "Most go to"),
    Shown("goes_to_share", "%", ".0f", 100),
)


@click.command(
    "access", short_help="Patients' own travel; missing centres; what coming home means."
)
@takes_plan("access.far_minutes=90")
@table_options(TABLES)
@format_or_details
def command(subject: Scenario, plan: str | None, table: str, out: Path | None, shape: str) -> None:
    r"""Show how far patients travel to where they are treated, and what a plan would change of it.

    SCENARIO is a .toml file, RUN the folder of a saved run; without either today's England is used.
    Minutes are means from the residents of an ICB to a hospital of the ICB of treatment. No grouping
    moves a patient; a plan says who leaves, who lacks a centre, and what coming home would mean.

    \b
    Examples:
      footprints access --plan pan-icb-offices-2027
      footprints access --plan pan-icb-offices-2027 --set access.far_minutes=90
      footprints access --plan clusters-26 --format csv --table without_centre
    """
    with progress() as report:
        found = fp.access(subject, plan, report=report)
    rules = found.case.scenario.access.model_dump()
    print_tables(shape, found, (table, out), (_paragraphs, _details), rules=rules)


def _paragraphs(found: Access) -> Iterator[str]:
    from optimiser.runs.basis import describe_basis

    far = found.case.scenario.access.far_minutes
    basis = describe_basis(
        ["flows.patients", "travel.minutes", "providers.icb"], found.case.dataset.sources
    )
    yield wrap(
        f"Patients' own travel under {found.plan.called} ({basis}): mean minutes from the residents of "
        f"an ICB to a hospital of the ICB of treatment. Far: over {far:g} minutes. All services."
    )
    yield format_table(found.footprints, _FOOTPRINTS, widest=26)
    yield wrap(
        "Leave: treated outside their footprint. Could stay: of these, in scope and with a centre in "
        "their footprint; their journey now, and to the nearest such centre."
    )
    yield from _tell_deprivation(found.deprivation)
    gaps = found.without_centre
    yield wrap(
        f"{len(gaps)} times a footprint whose residents need a service has no centre of it; the largest:"
    )
    yield format_table(gaps.head(_MOST_GAPS), _GAPS, widest=26)


def _details(found: Access) -> Iterator[str]:
    yield "The services with the longest journeys:"
    longest = found.services.sort_values("minutes", ascending=False, kind="stable")
    yield format_table(longest.head(_MOST), _SERVICES, widest=40)
    yield format_table(found.icbs, _ICBS, widest=28)


def _tell_deprivation(table: pd.DataFrame) -> Iterator[str]:
    if table.empty:
        yield "The dataset has no deprived_share in icbs.csv, so nothing is said of deprivation."
        return
    yield "Residents of England's most deprived fifth, did they travel as their ICB does:"
    yield format_table(table.sort_values("residents", ascending=False), _DEPRIVED, widest=26)
