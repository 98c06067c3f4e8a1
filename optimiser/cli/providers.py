"""``footprints providers``: who pays each trust under a plan, and what it could lose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_tables, progress
from optimiser.cli.shared import format_or_details, table_options, takes_plan
from optimiser.reports.sentences import count
from optimiser.reports.text import Shown, format_table, wrap

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.providers import Providers

TABLES = ("providers", "past", "trade", "trade_icbs")
_MOST = 10
"""Trusts that the text shows: a screen; they have half of England's specialised income. CSV has all."""
_PROVIDERS = (
    Shown("name", "Trust"),
    Shown("income_m", "Income\n£m", ",.0f"),
    Shown("own_footprint_m", "Own\n£m", ",.0f"),
    Shown("other_footprints_m", "Others\n£m", ",.0f"),
    Shown("single_icbs_m", "Single\nICBs £m", ",.0f"),
    Shown("national_m", "National\n£m", ",.0f"),
    Shown("commissioners_before", "Payers\ntoday", ".0f"),
    Shown("commissioners", "Payers\nthen", ".0f"),
    Shown("net_m", "Net\n£m", "+,.0f"),
    Shown("lost_share", "Lost\n%", ".0f", 100),
    Shown("specialised_share", "Special-\nised %", ".0f", 100),
)
_TRADE = (
    Shown("footprint", "Footprint"),
    Shown("residents_m", "Residents'\ncare £m", ",.0f"),
    Shown("exports_m", "Given\nelsewhere £m", ",.0f"),
    Shown("imports_m", "Others'\nhere £m", ",.0f"),
    Shown("net_m", "Net\n£m", "+,.0f"),
)
_PAST = {
    "most_lost": "would lose more than {limit:.0%} of specialised income",
    "most_lost_of_all": "would lose more than {limit:.0%} of all income",
    "most_commissioners": "have more than {limit:.0f} commissioners",
}


@click.command("providers", short_help="Who pays each trust; what it could lose; who imports.")
@takes_plan("providers.brought_home=0.25")
@table_options(TABLES)
@format_or_details
def command(subject: Scenario, plan: str | None, table: str, out: Path | None, shape: str) -> None:
    r"""Show each trust's income by who holds it, its commissioners, and what it would lose or gain.

    SCENARIO is a .toml file, RUN the folder of a saved run; without either today's England is used.
    Income at risk is a what-if: a share of the in-scope care that footprints send away is brought
    home where they have a centre. Limits past which a trust is listed stand in [providers].

    \b
    Examples:
      footprints providers --plan pan-icb-offices-2027
      footprints providers --plan pan-icb-offices-2027 --set providers.brought_home=0.25
      footprints providers --plan clusters-26 --format csv --table trade
    """
    with progress() as report:
        found = fp.providers(subject, plan, report=report)
    rules = found.case.scenario.providers.model_dump()
    print_tables(shape, found, (table, out), (_paragraphs, _details), rules=rules)


def _paragraphs(found: Providers) -> Iterator[str]:
    from optimiser.runs.basis import describe_basis

    rules, table = found.case.scenario.providers, found.providers
    basis = describe_basis(["flows.spend_m"], found.case.dataset.sources)
    yield wrap(
        f"{len(table)} providers are paid £{table['income_m'].sum():,.0f}m a year ({basis}); the "
        f"largest under {found.plan.called}:"
    )
    yield _format_trusts(table.head(_MOST))
    yield wrap(
        "Own: held by the footprint it stands in; others: by other footprints. Payers: who pays it "
        f"£{rules.contract_m:g}m or more, today's at today's levels in the baseline. Net and lost: if "
        f"{rules.brought_home:.0%} of in-scope care that leaves a footprint with a centre came home, "
        f"£{table['lost_m'].sum():,.0f}m in all. Specialised: share of all its own income."
    )
    yield _format_past(found.past)
    yield format_table(found.trade, _TRADE, widest=30)
    yield wrap("Net: others' care given here less residents' given elsewhere; + imports patients.")


def _details(found: Providers) -> Iterator[str]:
    yield "Every trust:"
    yield _format_trusts(found.providers)


def _format_trusts(table: pd.DataFrame) -> str:
    whole = dict.fromkeys(("commissioners", "commissioners_before"), "float64")
    shown = table.assign(name=_shorten(table["name"])).astype(whole)
    return format_table(shown, _PROVIDERS, widest=22)


def _shorten(names: pd.Series) -> pd.Series:
    """Names of trusts as people say them."""
    short = names.str.replace(
        r",? (National Health Service|NHS)( Foundation)? Trust$", "", regex=True
    )
    return short.str.replace(r" (And|Of|For|The|On) ", lambda it: it[0].lower(), regex=True)


def _format_past(past: pd.DataFrame) -> str:
    past, lines = past.assign(name=_shorten(past["name"])), []
    for threshold, words in _PAST.items():
        rows = past[past["threshold"] == threshold]
        if rows.empty:
            continue
        form = ".0f" if threshold == "most_commissioners" else ".1%"
        names = ", ".join(
            f"{name} {value:{form}}" for name, value in rows[["name", "value"]].to_numpy()
        )
        past_it = words.format(limit=rows["limit"].iloc[0])
        past_it = past_it.replace("have ", "has ") if len(rows) == 1 else past_it
        lines.append(wrap(f"{count(len(rows), 'trust')} {past_it}: {names}.", "  "))
    return "\n".join(lines) or "No trust is past a limit of [providers]."
