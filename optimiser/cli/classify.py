"""``footprints classify``: the service portfolio analysis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import format_option, open_scenario, scenario_argument

if TYPE_CHECKING:
    from optimiser.questions.classify import Classification


@click.command("classify", short_help="Put each service in a category by stated rules.")
@scenario_argument
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one setting, such as classify.volatile=0.1; can be repeated.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="New folder to save the tables in.",
)
@format_option
def command(
    scenario: Path | None, overrides: tuple[str, ...], out: Path | None, shape: str
) -> None:
    r"""Say which services are ready to go local, which are not yet, and which stay national.

    SCENARIO is a .toml file; without it England's base scenario is used. Its section [classify] holds
    the rules and their limits, asked in order; the first that speaks decides. Prints the rule, value
    and limit for each service, and where the result differs from the category in services.csv.

    \b
    Examples:
      footprints classify
      footprints classify --set classify.few_patients=1000 --format csv
      footprints classify my_scenario.toml --out outputs/portfolio
    """
    from optimiser.folders import check_absent
    from optimiser.questions import solve as workflow
    from optimiser.questions.classify import classify
    from optimiser.runs.tables import write_tables

    if out is not None:
        check_absent(out)
    case = workflow.open_case(open_scenario(scenario, overrides, None, None))
    found = classify(case.system, case.dataset)
    if out is not None:
        tables = {
            "services": found.services,
            "differences": found.differences,
            "confusion": found.confusion,
            "attributes": found.attributes,
        }
        write_tables(out, "classify", tables, case.dataset, case.scenario)
        click.echo(f"Saved in {out}.", err=True)
    _print(found, case.scenario.name, shape)


def _print(found: Classification, name: str, shape: str) -> None:
    if shape == "csv":
        click.echo(found.services.to_csv(index=False, lineterminator="\n"), nl=False)
    elif shape == "json":
        click.echo(_as_json(found, name))
    else:
        click.echo("\n\n".join(_paragraphs(found)))


def _as_json(found: Classification, name: str) -> str:
    from optimiser.runs.folder import plain

    result = {
        "scenario_name": name,
        "agreement_share": found.agreement_share,
        "confusion": plain(found.confusion),
        "attributes": plain(found.attributes),
        "differences": found.differences["service"].tolist(),
        "services": plain(found.services),
    }
    return json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False)


def _paragraphs(found: Classification) -> list[str]:
    from optimiser.cli.text import Shown, format_table, wrap

    count, differences = len(found.services), found.differences
    every = (
        Shown("service", "Code"),
        Shown("name", "Service"),
        Shown("category", "By the rules"),
        Shown("carried", "Carried"),
        Shown("rule", "Decided by"),
        Shown("value", "Value", ",.3g"),
        Shown("limit", "Limit", ",.3g"),
        Shown("basis", "Basis"),
    )
    confusion = (
        Shown("carried", "Carried \\ by the rules"),
        *(Shown(name, name, ".0f") for name in ("ready", "not_yet", "national", "all")),
    )
    attributes = (
        Shown("attribute", "Attribute"),
        Shown("basis", "Basis"),
        Shown("rules", "Looked at by"),
    )
    told = [
        wrap(
            f"  {row['service']} {row['name']}: {row['reason']} Carried: {row['carried']}.", "    "
        )
        for row in differences.to_dict(orient="records")
    ]
    return [
        format_table(found.services, every, widest=34),
        format_table(found.attributes, attributes, widest=60),
        format_table(found.confusion, confusion),
        wrap(
            f"The rules agree with the carried category on {count - len(differences)} of {count} "
            f"services ({found.agreement_share:.0%})."
        ),
        "\n".join(["Differences:", *(told or ["  none"])]),
    ]
