"""``footprints readiness``: modes, lead ICBs, and what it would take to go further."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_result, print_saved, progress
from optimiser.cli.shared import format_or_details, set_option, table_options, takes_scenario
from optimiser.reports.text import Shown, format_table, wrap

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.readiness import Readiness

TABLES = ("footprints", "domains", "leads", "increases", "services")
_HEADINGS = {
    "benefit_to_outcomes": "Benefit",
    "shared_understanding": "Shared",
    "governance": "Govern.",
    "clinical_leadership": "Clinical",
    "finance": "Finance",
    "workforce": "Workf.",
    "digital": "Digital",
    "geography_and_patient_flows": "Flows",
}
_FOOTPRINTS = (
    Shown("footprint", "Footprint"),
    Shown("mode", "Mode"),
    Shown("lowest_domain", "Lowest domain"),
    Shown("joint", "To joint"),
    Shown("delegated", "To delegated"),
    Shown("lead_name", "Lead"),
)
_LEADS = (
    Shown("footprint", "Footprint"),
    Shown("standing", "Standing"),
    Shown("name", "ICB"),
    Shown("readiness", "Readiness", ".2f"),
    Shown("hosting", "Hosting", ".2f"),
    Shown("travel", "Nearness", ".2f"),
    Shown("score", "Lead score", ".2f"),
    Shown("margin", "Margin", ".2f"),
)


@click.command("readiness", short_help="Mode and lead ICB of each footprint; what it would take.")
@takes_scenario
@click.option(
    "--plan",
    metavar="NAME|FILE",
    help="A carried plan or a CSV file of icb and footprint.  [default: the best plan, solved]",
)
@click.option(
    "--service",
    "services",
    multiple=True,
    metavar="CODE",
    help="What this service would take to go local; can be repeated.  "
    "[default: services that need full delegation]",
)
@set_option("readiness.aggregate=weakest")
@table_options(TABLES)
@format_or_details
def command(
    rules: Scenario,
    plan: str | None,
    services: tuple[str, ...],
    table: str,
    out: Path | None,
    shape: str,
) -> None:
    r"""Show how ready each footprint is, who would lead it, and what it would take to go further.

    SCENARIO is a .toml file; without it today's England is used. For each footprint: its
    PDAF scores by domain and the mode they allow, the lead ICB with its score by component, and the
    smallest set of score increases that makes it joint or delegated, or lets a service go local there.

    \b
    Examples:
      footprints readiness --plan pan-icb-offices-2027
      footprints readiness --plan pan-icb-offices-2027 --service 6 --set services.year=2025
      footprints readiness --plan clusters-26 --format csv --table increases
    """
    with progress() as report:
        found = fp.readiness(rules, plan, services=services, report=report)
    print_saved(out and found.save(out))
    print_result(
        shape,
        found.tables[table],
        lambda: _as_json(found),
        lambda: _paragraphs(found),
        lambda: _details(found),
    )


def _as_json(found: Readiness) -> dict[str, object]:
    return {
        "scenario_name": found.case.scenario.name,
        "aggregate": found.case.scenario.readiness.aggregate,
        **found.tables,
        "warnings": found.warnings,
    }


def _paragraphs(found: Readiness) -> Iterator[str]:
    from optimiser.runs.basis import describe_basis

    if found.case.system.readiness is None:
        yield "There is no readiness.csv: no footprint is assessed, and readiness bars nothing."
        yield format_table(found.leads[found.leads["standing"] != ""], _LEADS, widest=24)
        return
    rules = found.case.scenario.readiness
    basis = describe_basis(["readiness.score"], found.case.dataset.sources)
    yield wrap(
        f"Readiness by {rules.aggregate} score; the scores are {basis}. "
        f"Thresholds: joint {_state(rules.joint)}, delegated {_state(rules.delegated)}."
    )
    yield _show_footprints(found.footprints)
    yield _show_domains(found.domains)
    if found.warnings:
        yield "\n".join(wrap(warning, "  ") for warning in found.warnings)


def _details(found: Readiness) -> Iterator[str]:
    if found.case.system.readiness is None:
        return
    yield format_table(found.leads[found.leads["standing"] != ""], _LEADS, widest=24)
    yield _show_increases(found.footprints, found.increases)
    yield _show_services(found)


def _state(threshold: float | dict[str, float]) -> str:
    if isinstance(threshold, dict):
        return ", ".join(f"{domain} {least:g}" for domain, least in threshold.items())
    return f"{threshold:g} in every domain"


def _show_footprints(table: pd.DataFrame) -> str:
    from optimiser.runs.compare.wording import say_mode  # slow to load: help does without

    efforts = {
        target: [
            _effort(row[f"to_{target}"], row[f"{target}_increases"], row[f"{target}_points"])
            for row in table.to_dict(orient="records")
        ]
        for target in ("joint", "delegated")
    }
    words = {"lowest_domain": table["lowest_domain"].str.replace("_", " ")}
    words["mode"] = table["mode"].map(say_mode)
    return format_table(table.assign(**efforts, **words), _FOOTPRINTS, widest=20)


def _effort(status: str, increases: int, points: float) -> str:
    if status == "already":
        return "reached"
    return "out of reach" if status == "out_of_reach" else _count(increases, points)


def _count(increases: int, points: float) -> str:
    return f"{increases} score{'s' if increases != 1 else ''} up, {points:.1f} points"


def _show_domains(table: pd.DataFrame) -> str:
    marks = {"delegated": "*", "joint": "", "not_ready": "!"}
    marked = [
        f"{score:.2f}{marks[mode]}"
        for score, mode in zip(table["score"], table["mode"], strict=True)
    ]
    wide = table.assign(marked=marked).pivot(index="domain", columns="footprint", values="marked")
    wide = wide.reindex(index=table["domain"].unique(), columns=table["footprint"].unique()).T
    shown = (
        Shown("footprint", "Score by domain"),
        *(Shown(domain, _HEADINGS.get(domain, domain)) for domain in wide.columns),
    )
    found = set(table["mode"])
    said = {"delegated": "* enough for delegation", "not_ready": "! too low for a joint committee"}
    key = ", ".join(text for mode, text in said.items() if mode in found)
    return (
        f"{format_table(wide.rename_axis(index='footprint').reset_index(), shown)}\n{key}".strip()
    )


def _show_increases(footprints: pd.DataFrame, table: pd.DataFrame) -> str:
    lines = ["What it would take:"]
    for target in ("joint", "delegated"):
        for row in footprints.to_dict(orient="records"):
            name, status = row["footprint"], row[f"to_{target}"]
            if status == "increases":
                chosen = table[(table["footprint"] == name) & (table["target"] == target)]
                lines += [f"  {name}, {target}:", *_list_by_icb(chosen)]
            elif status == "out_of_reach":
                lines.append(f"  {name}, {target}: out of reach of any scores up to 4.")
    return "\n".join(lines if len(lines) > 1 else [*lines, "  nothing: all are delegated."])


def _list_by_icb(increases: pd.DataFrame) -> Iterator[str]:
    for name, rows in increases.groupby("name", sort=False):
        steps = rows[["domain", "before", "after"]].to_numpy()
        text = ", ".join(
            f"{domain.replace('_', ' ')} {before:.1f} to {after:.1f}"
            for domain, before, after in steps
        )
        yield wrap(f"    {name}: {text}", "      ")


def _show_services(found: Readiness) -> str:
    needing = f"{len(found.needing_delegation)} of {len(found.case.dataset.services)}"
    lines = [
        wrap(
            f"Services that need full delegation: {needing}. Services and what readiness they wait for "
            "(a service that may go local goes only if that scores less):",
            "  ",
        )
    ]
    alike: dict[str, list[str]] = {}
    keys = ["service", "name", "needs"]
    for (code, name, needs), rows in found.services.groupby(keys, sort=False):
        alike.setdefault(_describe(rows), []).append(f"{name} ({code}; needs {needs})")
    lines += [wrap(f"  {', '.join(names)}: {text}.", "    ") for text, names in alike.items()]
    if found.case.scenario.services.portfolio == "uniform":
        text = "a service goes local only where all footprints may hold it."
        lines.append(wrap(f"The portfolio is uniform: {text}", "  "))
    return "\n".join(lines)


def _describe(rows: pd.DataFrame) -> str:
    """A service in all footprints; what is the same everywhere is said once."""
    first = rows.iloc[0]
    if first["reasons"] and (rows["reasons"] == first["reasons"]).all():
        return f"no increase helps: {first['reasons']}"
    texts = []
    for row in rows.to_dict(orient="records"):
        if row["status"] == "already":
            text = "ready"
        elif row["status"] == "increases":
            text = _count(row["increases"], row["points"])
        else:
            text = f"no increase helps, {row['reasons']}"
        texts.append(f"{row['footprint']}: {text}")
    return "; ".join(texts)
