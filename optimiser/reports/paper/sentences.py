"""Sentences of the paper and the page that take more than a template to find."""

from __future__ import annotations

import re

from optimiser.reports.paper.brief import Brief, Option, mark_of
from optimiser.reports.pictures import slug
from optimiser.reports.sentences import count, join, state_proof
from optimiser.runs.compare.wording import show

__all__ = [
    "compare_next",
    "count",
    "count_level_changes",
    "join",
    "list_largest_flows",
    "list_short_domains",
    "slug",
    "split_paragraphs",
    "state_proof",
    "state_ranking_proof",
    "state_size",
    "sum_up",
]


def role_of(brief: Brief, option: Option) -> str:
    """What an option stands for."""
    roles = []
    if option is brief.usual:
        roles.append("business as usual")
    if option is brief.least_change:
        roles.append("do-minimum")
    if option is brief.lowest and len(brief.options) > 1:
        roles.append("lowest score within the rules")
    return ", ".join(roles).capitalize() or "Alternative"


def sum_up(brief: Brief, option: Option, where: str = "in section 4") -> str:
    """One option in a sentence or two; ``where`` says where the rules it breaks are listed."""
    figure = brief.figure(option, "objective_m")
    text = (
        f"{brief.tell(option, 'footprints')} at £{figure.value:,.1f}m-equivalents a year"
        f"{mark_of([figure])} [{figure.id}]"
    )
    if option is not brief.usual:
        text += f", {brief.tell_step(option, 'objective_m')}; {_state_moves(brief, option)}"
    return f"{text}. {_state_rules(option, where)}"


def _state_moves(brief: Brief, option: Option) -> str:
    if not option.moved:
        return "no ICB moves"
    reference = brief.cite(
        "ICBs whose footprint does not continue the one they had under Option 1, and their residents",
        "icbs",
        "icb and footprint, against Option 1",
        "count of rows; sum(population) by all residents",
        ["footprint", "population"],
    )
    moves = brief.comparison.moves
    mine = moves[moves["run"] == option.label]
    people = mine.loc[mine["moved"], "population"].sum() / mine["population"].sum()
    return (
        f"{len(option.moved)} of {brief.icb_count} ICBs move, {people:.0%} of residents {reference}"
    )


def _state_rules(option: Option, where: str) -> str:
    if option.broken is None:
        return "Whether it keeps the scenario's rules was not checked."
    if not option.broken:
        return "It keeps every rule of its scenario."
    times = "breach" if len(option.broken) == 1 else "breaches"
    return f"It does not keep the scenario's rules: {len(option.broken)} {times}, listed {where}."


def compare_next(brief: Brief, lowest: Option) -> str:
    """How much more the next option costs that keeps every rule; empty where there is none."""
    rest = [option for option in brief.options if option.broken == () and option is not lowest]
    if not rest:
        return ""
    near = min(rest, key=lambda option: option.plan.objective)
    figures = [brief.figure(option, "objective_m") for option in (near, lowest)]
    more = figures[0].value - figures[1].value
    references = ", ".join(figure.id for figure in figures)
    return (
        f"; the next, {near.name}, scores £{more:,.1f}m-equivalents more{mark_of(figures)} "
        f"[{references}]"
    )


def state_ranking_proof(brief: Brief, lowest: Option) -> str:
    """How far it is proven that an option has the lowest score."""
    outcome = lowest.plan.outcome
    proven = outcome.status == "optimal" and outcome.scope is not None and outcome.gap == 0
    proof = brief.tell_proof(lowest)
    return proof.replace("Proven best.", "That is proven.", 1) if proven else proof


def split_paragraphs(text: str) -> list[str]:
    """Paragraphs of a text, which blank lines part."""
    return re.split(r"\n\s*\n", text.strip())


def state_size(brief: Brief, option: Option) -> str:
    """How many footprints of what size, and their names."""
    ends = [brief.figure(option, f"{end}_population") for end in ("smallest", "largest")]
    sizes = " to ".join(show(end.value, "persons") for end in ends)
    references = ", ".join(end.id for end in ends)
    names = join([str(name) for name in option.plan.footprints["footprint"]], most=30)
    many = count(len(option.plan.footprints), "footprint")
    return f"{many} of {sizes} million residents [{references}]: {names}."


def count_level_changes(brief: Brief, option: Option) -> dict[str, int]:
    """Services whose level differs from Option 1: how many, of how many, local for more, for fewer."""
    changes = brief.comparison.service_changes
    mine = changes[changes["run"] == option.label]
    step = mine["local_population_share_after"] - mine["local_population_share_before"]
    return {
        "services": len(mine),
        "all": option.plan.services["service"].nunique(),
        "more": int((step > 0).sum()),
        "fewer": int((step < 0).sum()),
    }


def list_largest_flows(brief: Brief, option: Option) -> str:
    """The three largest flows between footprints of an option."""
    flows = brief.comparison.flows
    apart = flows["from_footprint"] != flows["to_footprint"]
    mine = flows[(flows["run"] == option.label) & apart]
    top = mine.sort_values("local_spend_m", ascending=False).head(3)
    columns = ["from_footprint", "to_footprint", "local_spend_m"]
    return "; ".join(f"from {a} to {b}, £{spend:,.1f}m" for a, b, spend in top[columns].to_numpy())


def list_short_domains(option: Option) -> list[str]:
    """The three domains in which most footprints fall short of full delegation."""
    scores = option.plan.readiness
    short = scores[scores["score"] < scores["delegated"]]
    needed = short.groupby("domain")["footprint"].nunique().sort_values(ascending=False)
    return [
        f"{str(domain).replace('_', ' ')} ({count(int(many), 'footprint')})"
        for domain, many in needed.head(3).items()
    ]
