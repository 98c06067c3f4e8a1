"""``footprints classify``: the service portfolio analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import (
    format_option,
    open_scenario,
    scenario_argument,
    set_option,
    tables_option,
)

if TYPE_CHECKING:
    from optimiser.questions.classify import Classification


@click.command("classify", short_help="Put each service in a category by stated rules.")
@scenario_argument
@set_option("classify.volatile=0.1")
@tables_option("tables")
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
    import optimiser as fp
    from optimiser.cli.printing import print_result, print_saved
    from optimiser.folders import check_absent

    check_absent(out)
    found = fp.classify(open_scenario(scenario, overrides))
    print_saved(out and found.save(out))
    print_result(
        shape, found.services, lambda: _as_json(found), lambda: "\n\n".join(_paragraphs(found))
    )


def _as_json(found: Classification) -> dict[str, object]:
    return {
        "scenario_name": found.case.scenario.name,
        "agreement_share": found.agreement_share,
        "confusion": found.confusion,
        "attributes": found.attributes,
        "differences": found.differences["service"].tolist(),
        "services": found.services,
    }


def _paragraphs(found: Classification) -> list[str]:
    from optimiser.reports.text import Shown, format_table, wrap

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
