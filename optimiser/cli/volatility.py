"""``footprints volatility``: volatility parameters from past spend, beside those carried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_result, print_saved
from optimiser.cli.shared import find_base, format_option, new_folder_option
from optimiser.reports.text import Shown, format_table, wrap

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.dataset import Dataset
    from optimiser.questions.volatility import Volatility

_SERVICES = (
    Shown("service", "Code"),
    Shown("name", "Service"),
    Shown("years", "Years", ".0f"),
    Shown("icbs", "ICBs", ".0f"),
    Shown("case_factor_m", "Case £k", ",.1f", 1000),
    Shown("case_factor_low_m", "from", ",.1f", 1000),
    Shown("case_factor_high_m", "to", ",.1f", 1000),
    Shown("carried_case_factor_m", "carried", ",.1f", 1000),
    Shown("common_shock", "Shock %", ".2f", 100),
    Shown("common_shock_low", "from", ".2f", 100),
    Shown("common_shock_high", "to", ".2f", 100),
    Shown("carried_common_shock", "carried", ".2f", 100),
)


@click.command("volatility", short_help="Volatility of each service from its past yearly spend.")
@click.argument("dataset", required=False, type=click.Path(path_type=Path))
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="How often each interval is meant to hold the true value.",
)
@new_folder_option("New folder to save the table in.")
@format_option
def command(dataset: Path | None, level: float, out: Path | None, shape: str) -> None:
    r"""Estimate how volatile each service is from its spend in past years, with intervals.

    DATASET is a folder with a history.csv (service, icb, year, spend_m at the prices of one year);
    without it England's is read. Two parameters are estimated for each service: what comes from the
    number and cost of cases, which pools over ICBs, and the common shock, which does not. Needs three
    years; with few of them the common shock stays very uncertain.

    \b
    Examples:
      footprints volatility my_dataset
      footprints volatility my_dataset --level 0.95 --format csv
    """
    found = fp.volatility(dataset or find_base().parent.parent, level)
    print_saved(out and found.save(out))
    print_result(shape, found.services, lambda: _as_json(found), lambda: _paragraphs(found))


def _as_json(found: Volatility) -> dict[str, object]:
    return {
        "dataset": found.dataset.about.name,
        "history": found.dataset.history is not None,
        "level": found.level,
        "estimated": int(found.services["common_shock"].notna().sum()),
        "services": found.services,
    }


def _paragraphs(found: Volatility) -> Iterator[str]:
    table = found.services
    if found.dataset.history is None:
        yield wrap(_describe_carried(found.dataset))
        return
    known = table[table["common_shock"].notna()]
    yield format_table(known, _SERVICES, widest=24) if len(known) else "Nothing is estimated."
    yield wrap(
        "Case: c(1 + k²), the part of the variance that grows with spend and pools. Shock: the "
        f"common shock, which does not. Each interval is meant to hold the truth {found.level:.0%} "
        "of the time; the trend of each ICB, a straight line, is taken out first."
    )
    yield wrap(_count_agreeing(known))
    yield from (wrap(text, "  ") for text in _list_left_out(table))


def _describe_carried(dataset: Dataset) -> str:
    from optimiser.runs.basis import describe_basis

    columns = ["services.case_cost_cv", "services.common_shock", "services.patients"]
    basis = describe_basis(columns, dataset.sources)
    return (
        f"{dataset.about.title} ({dataset.folder}) has no history.csv, so nothing is estimated: the "
        f"volatility that its services carry is {basis} and is not checked against past years. "
        "Add history.csv with the columns service, icb, year, spend_m to estimate it."
    )


def _count_agreeing(known: pd.DataFrame) -> str:
    case, shock = known["case_factor_agrees"].sum(), known["common_shock_agrees"].sum()
    return (
        f"Of {len(known)} services estimated, the carried value lies in the interval for {case} (case) "
        f"and {shock} (shock)."
    )


def _list_left_out(table: pd.DataFrame) -> Iterator[str]:
    for note, rows in table[table["note"] != ""].groupby("note", sort=False):
        yield f"{len(rows)} services not estimated, because {note}: {', '.join(rows['service'])}."
    short = table[(table["note"] == "") & (table["icbs_left_out"] > 0)]
    if len(short):
        yield (
            "ICBs without spend, or without a figure for every year, are left out: up to "
            f"{short['icbs_left_out'].max()} of a service ({', '.join(short['service'])})."
        )
