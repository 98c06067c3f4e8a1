"""``footprints classify``: the service portfolio analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_result, print_saved
from optimiser.cli.shared import format_or_details, new_folder_option, set_option, takes_scenario
from optimiser.reports.text import Shown, format_table, wrap

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.classify import Classification

MOST_NAMED = 5
"""Services named of those that one rule stops; next.csv and --format json have all."""


CATEGORIES = {"ready": "ready", "not_yet": "not yet ready", "national": "national", "all": "all"}
MOST_NAMED = 3
"""Services named of each kind of difference; --details has every one."""


@click.command("classify", short_help="Put each service in a category by stated rules.")
@takes_scenario
@set_option("classify.volatile=0.1")
@new_folder_option("New folder to save the tables in.")
@format_or_details
def command(rules: Scenario, out: Path | None, shape: str) -> None:
    r"""Say which services are ready to go local, which are not yet, and which stay national.

    SCENARIO is a .toml file; without it today's England is used. Its section [classify] holds
    the rules and their limits, tried in order; the first that applies decides. Prints the rule, value
    and limit for each service, and where the result differs from the category in services.csv; the
    categories year by year against what was published; which services the rules would delegate next,
    and what stops each of the others.

    \b
    Examples:
      footprints classify
      footprints classify --set classify.few_patients=1000 --format csv
      footprints classify my_scenario.toml --out outputs/portfolio
    """
    found = fp.classify(rules)
    print_saved(out and found.save(out))
    print_result(
        shape,
        found.services,
        lambda: _as_json(found),
        lambda: _paragraphs(found),
        lambda: _details(found),
    )


def _as_json(found: Classification) -> dict[str, object]:
    return {
        "scenario_name": found.case.scenario.name,
        "agreement_share": found.agreement_share,
        "confusion": found.confusion,
        "attributes": found.attributes,
        "differences": found.differences["service"].tolist(),
        "services": found.services,
        "years": found.years,
        "by_year": found.by_year,
        "next": found.next,
    }


def _paragraphs(found: Classification) -> list[str]:
    count, differences = len(found.services), found.differences
    agreed = count - len(differences)
    carried = "; ".join(
        f"carried as {CATEGORIES[str(was)]}, {CATEGORIES[str(now)]} by the rules: "
        f"{len(rows)} ({_list(rows)})"
        for (was, now), rows in differences.groupby(["carried", "category"], sort=False)
    )
    confusion = (
        Shown("carried", "Carried as (down), by the rules (across)"),
        *(Shown(name, words, ".0f") for name, words in CATEGORIES.items()),
    )
    table = found.confusion.replace({"carried": CATEGORIES})
    return [
        wrap(
            f"The rules agree with the carried category on {agreed} of {count} services "
            f"({found.agreement_share:.0%})."
        ),
        format_table(table, confusion),
        wrap(f"Differences: {carried or 'none'}.", "  "),
    ]


def _list(rows: pd.DataFrame) -> str:
    from optimiser.reports.sentences import join

    return join(rows["name"].tolist(), MOST_NAMED)


def _details(found: Classification) -> list[str]:
    differences = found.differences
    every = (
        Shown("name", "Service"),
        Shown("service", "Code"),
        Shown("category", "By the rules"),
        Shown("carried", "Carried"),
        Shown("rule", "Decided by"),
        Shown("value", "Value", ",.3g"),
        Shown("limit", "Limit", ",.3g"),
        Shown("basis", "Basis"),
    )
    attributes = (
        Shown("attribute", "Attribute"),
        Shown("basis", "Basis"),
        Shown("rules", "Looked at by"),
    )
    listed = [
        wrap(
            f"  {r['name']} ({r['service']}): {r['reason']} Carried as {CATEGORIES[r['carried']]}.",
            "    ",
        )
        for r in differences.to_dict(orient="records")
    ]
    return [
        format_table(found.services, every, widest=34),
        format_table(found.attributes, attributes, widest=60),
        "\n".join(["Differences:", *(listed or ["  none"])]),
        *_delegation(found),
    ]


def _delegation(found: Classification) -> list[str]:
    """What was published by year, what would be delegated next, and what stops the rest."""
    years = (
        Shown("what", "Year"),
        *(
            Shown(name, name.replace("_", " "), ".0f")
            for name in ("ready", "not_yet", "national", "unknown")
        ),
        Shown("delegated", "Known to be\ndelegated", ".0f"),
    )
    rest = found.next
    following, stopped = rest[rest["next"]], rest[~rest["next"]]
    lines = [
        wrap(f"  {name} ({code}), £{spend:,.0f}m{joined}", "    ")
        for name, code, spend, joined in zip(
            following["name"],
            following["service"],
            following["spend_m"],
            following["collaborative"].map({True: ": in provider collaboratives", False: ""}),
            strict=True,
        )
    ]
    first = stopped["stopped_by"].str.split().str[0]
    why = [
        wrap(f"  {rule.replace('_', ' ')}: {_name_some(stopped[first == rule])}", "    ")
        for rule in first.value_counts().index
    ]
    return [
        "Services by category: published, carried by year, and by the rules\n"
        + format_table(found.years, years),
        "\n".join(
            [f"Not known to be delegated, and no rule against it ({len(following)}):", *lines]
        ),
        "\n".join([f"What stops the other {len(stopped)}, by the rule that decides:", *why]),
    ]


def _name_some(services: pd.DataFrame) -> str:
    """How many, and the largest by name."""
    names = [f"{n} ({c})" for n, c in zip(services["name"], services["service"], strict=True)]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{len(names)}: {', '.join(names[:MOST_NAMED])}{more}"
