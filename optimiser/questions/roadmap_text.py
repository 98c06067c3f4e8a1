"""A roadmap as a person reads it: what is true in each year, what begins, what stands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimiser.reports.sentences import say_rule
from optimiser.reports.text import Shown, format_table, wrap
from optimiser.spelling import title_plan

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.questions.roadmap import Roadmap

MILESTONES = (
    Shown("year", "Year", ".0f"),
    Shown("ready", "Footprints\nready", ".0f"),
    Shown("delegated", "for full\ndelegation", ".0f"),
    Shown("services_local", "Services\nlocal", ".0f"),
    Shown("collective_m", "Collective\n£m", ",.0f"),
    Shown("individual_m", "Single\nICBs £m", ",.0f"),
    Shown("national_m", "National\n£m", ",.0f"),
    Shown("gained_m", "Becomes\nlocal £m", ",.0f"),
    Shown("lost_m", "Becomes\nnational £m", ",.0f"),
    Shown("score", "Score", ",.0f"),
)
COMPARED = (
    Shown("path", "Path"),
    Shown("score", "Score", ",.0f"),
    Shown("more", "More than\nthe best", ",.0f"),
    Shown("share", "%", "+.1f", 100),
    Shown("broken", "Rules that it breaks"),
)
NAMED = 4
"""Services named of those that begin together, the largest first: more are a list to look up."""


def describe_roadmap(found: Roadmap) -> str:
    """The roadmap in paragraphs."""
    first, last = found.numbers[0], found.numbers[-1]
    paragraphs = [
        f"{found.title}: score {found.score:,.0f} £m-equivalents over all years",
        format_table(found.milestones, list_shown(found.milestones)),
        "\n".join(wrap(line, "  ") for line in list_beginnings(found.services)),
        format_table(name_compared(found.compared), COMPARED, widest=34),
        "\n".join(
            wrap(f"{footprint}: {', '.join(names)}", "  ")
            for footprint, names in found.plan.groupby("footprint", sort=False)["name"]
        ),
        wrap(_state_proof(found)),
        wrap(
            f"Money is of its year: that of {first} grown to {last} as the scenario says. Each year's "
            "score stands undiscounted; the sum counts later years less where a discount is set. "
            f"{found.basis}"
        ),
    ]
    said = found.milestones[found.milestones["milestone"] != ""]
    if len(said):
        lines = zip(said["year"], said["milestone"], strict=True)
        path = found.case.scenario.roadmap.beside
        paragraphs.insert(
            4,
            "\n".join([f"{title_plan(path)}:", *(wrap(f"  {text}", "    ") for _, text in lines)]),
        )
    return "\n\n".join(paragraphs)


def list_shown(milestones: pd.DataFrame) -> list[Shown]:
    """The columns of milestones; what lead providers hold only where they hold any."""
    shown = list(MILESTONES)
    if milestones["collaborative_m"].any():
        shown.insert(5, Shown("collaborative_m", "Lead pro-\nviders £m", ",.0f"))
    return shown


def list_beginnings(services: pd.DataFrame) -> list[str]:
    """A sentence for each year in which services begin to be local, and one on those that never do."""
    found = []
    for year in sorted(services["from_year"].dropna().unique()):
        found.append(f"From {year}: {_name_largest(services[services['from_year'] == year])}.")
    never = services[services["from_year"].isna()]
    if len(never):
        found.append(f"National throughout: {_name_largest(never)}.")
    return found


def _name_largest(services: pd.DataFrame) -> str:
    ordered = services.sort_values("spend_m", ascending=False)
    names = [
        f"{name} ({code})" for name, code in zip(ordered["name"], ordered["service"], strict=True)
    ]
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    number = "1 service" if len(names) == 1 else f"{len(names)} services"
    return f"{number}, £{ordered['spend_m'].sum():,.0f}m: {', '.join(names[:NAMED])}{rest}"


def name_compared(compared: pd.DataFrame) -> pd.DataFrame:
    """What stands beside a roadmap, paths and broken rules in words."""
    broken = compared["broken"].fillna("").astype("str")
    return compared.assign(
        path=compared["path"].astype("str").map(title_plan),
        broken=[", ".join(map(say_rule, names.split())) for names in broken],
    )


def _state_proof(found: Roadmap) -> str:
    alike = found.case.scenario.services.portfolio == "uniform"
    over = (
        f"of {found.candidates:,} footprints that obey the rules in every year, with any level of any "
        f"service in any year{', the same in all of them' if alike else ''}"
    )
    if found.status == "optimal" and found.gap == 0:
        return f"Proven: no roadmap {over}, scores less."
    return (
        f"Stopped ({found.status.replace('_', ' ')}): some roadmap {over}, may score up to "
        f"{found.gap:.2%} less."
    )
