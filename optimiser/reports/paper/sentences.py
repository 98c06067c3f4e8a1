"""Sentences of the paper and the page that take more than a template to find."""

from __future__ import annotations

import re

import pandas as pd

from optimiser.reports.paper.brief import Brief, Option, mark_of, say_money
from optimiser.reports.paper.details import say_blank
from optimiser.reports.paper.hazards import KINDS
from optimiser.reports.paper.impact_tables import say_deprivation
from optimiser.reports.paper.money import say_funding, say_trusts
from optimiser.reports.paper.rows import list_best, list_criteria
from optimiser.reports.sentences import count, join, spell, state_proof
from optimiser.runs.compare.wording import round_off

__all__ = [
    "count",
    "join",
    "list_extremes",
    "list_short_domains",
    "say_costs",
    "say_deprivation",
    "say_firm",
    "say_funding",
    "say_largest_flows",
    "say_level_changes",
    "say_recommendation",
    "say_scant",
    "say_spend",
    "say_touched",
    "say_transition",
    "say_trusts",
    "spell",
    "split_paragraphs",
    "state_proof",
    "state_size",
]

RUNNING_TERMS = ("committee_cost", "governance", "holding", "lead_provider")
"""Terms that are money spent each year: committees, agreement between members, contract teams."""

NAMED = {
    "leakage_share": "care given outside the footprint",
    "pooled_volatility_m": "swing of pooled budgets",
    "objective_m": "score",
    "local_spend_share": "share commissioned locally",
    "held_outside_share": "local spend bought outside",
    "travel_minutes": "travel to the lead ICB",
    "delegated_footprints": "readiness for full delegation",
    "not_ready_footprints": "readiness for a joint committee",
}
"""Criteria that are named of an option: one of each that say the same in £ and in shares."""

NEAR = "within 1% of what a plan can change"


def role_of(brief: Brief, option: Option) -> str:
    """What an option stands for."""
    roles = []
    if option is brief.usual:
        roles.append("business as usual")
    if option is brief.least_change:
        roles.append("do-minimum")
    if option is brief.lowest and len(brief.options) > 1:
        roles.append("lowest score within the rules")
    if option is brief.preferred and option is not brief.lowest:
        roles.append("preferred")
    return ", ".join(roles).capitalize() or "Alternative"


def sum_up(brief: Brief, option: Option, where: str = "in section 3") -> str:
    """One option in a sentence or two; ``where`` says where the rules it breaks are listed."""
    text = f"{brief.tell(option, 'footprints')}, score {brief.tell(option, 'objective_m')}"
    if option is not brief.usual:
        text += f", {brief.tell_step(option, 'objective_m')}; {_state_moves(brief, option)}"
    return f"{text}. {_state_rules(option, where)}"


def _state_moves(brief: Brief, option: Option) -> str:
    if option not in brief.on_one_map:
        return f"it groups another set of {len(option.plan.icbs)} ICBs"
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
    people = mine.loc[mine["moved"], "population"].sum()
    share = people / mine["population"].sum()
    return (
        f"{len(option.moved)} of {brief.icb_count} ICBs, with {people / 1e6:.1f} million residents "
        f"({share:.0%}), move {reference}"
    )


def _state_rules(option: Option, where: str) -> str:
    if option.broken is None:
        return "Whether it keeps the scenario's rules was not checked."
    if not option.broken:
        return "It keeps every rule of its scenario."
    times = "breach" if len(option.broken) == 1 else "breaches"
    return f"It does not keep the scenario's rules: {len(option.broken)} {times}, listed {where}."


def say_recommendation(brief: Brief) -> str:
    """What the board is asked to take forward, and why."""
    best = brief.preferred
    if len(brief.options) == 1:
        return f"Note this plan. {brief.tell_proof(best)}"
    if best is brief.usual:
        return f"Keep {best.name}. {_say_reason(brief, best)}"
    adopt = " Do not adopt it yet: most figures are modelled." if brief.is_weak else ""
    return f"Take forward {best.name} for engagement and further work.{adopt} {_say_reason(brief, best)}"


def _say_reason(brief: Brief, best: Option) -> str:
    if brief.lowest is not best:
        other = (
            f" {brief.lowest.name} has the lowest score within the rules." if brief.lowest else ""
        )
        return f"It is the choice of the paper's sponsor.{other}"
    outcome = best.plan.outcome
    proven = outcome.status == "optimal" and outcome.scope is not None and outcome.gap == 0
    text = "It keeps every rule and has the lowest score of the options"
    if not proven:
        return f"{text}."
    proof = brief.cite_bound()
    return f"{text}. It is proven that no other grouping within its rules does better {proof}."


def say_firm(brief: Brief) -> str:
    """In how many draws of the inputs the ranking holds, and how many plans are about as good."""
    return f"{_say_draws(brief)} {say_near(brief.preferred)}".strip()


def _say_draws(brief: Brief) -> str:
    best, usual, draws = brief.preferred, brief.usual, brief.draws
    if draws is None:
        return (
            "Not drawn: this paper was made without a result of “footprints robust”, so it cannot "
            "say how often the ranking would hold if the inputs were different."
        )
    mine, theirs = (draws.find(option.plan.grouping.values()) for option in (best, usual))
    if mine is None:
        return f"{best.name} is not among the plans that were drawn."
    text = f"The uncertain inputs were drawn again {draws.count} times. "
    if theirs is not None and theirs != mine:
        score, inside = (draws.share_lower(mine, theirs, m) for m in ("score_m", "outside_share"))
        text += (
            f"{best.name} scored better than Option 1 in {score:.0%} of draws and kept more care "
            f"inside in {inside:.0%}. "
        )
    return f"{text}It was exactly the best of all plans in {draws.share_best(mine):.0%}."


def say_near(option: Option) -> str:
    """How many other groupings are about as good, where the run counted them."""
    found = option.manifest.get("beside") or {}
    if "near" not in found:
        return ""
    others = int(found["near"]) - 1
    if others < 1:
        return f"No other grouping scores {NEAR}." if found["near_complete"] else ""
    many = count(others, "other grouping")
    verb = "scores" if others == 1 else "score"
    return f"{many if found['near_complete'] else f'At least {many}'} {verb} {NEAR}."


def say_costs(brief: Brief) -> str:
    """Yearly running cost against business as usual, and that the cost of change is not known."""
    best, usual = (_running_cost(brief, option) for option in (brief.preferred, brief.usual))
    terms = brief.comparison.terms
    used = terms[terms["term"].isin(RUNNING_TERMS) & (terms["run"] == brief.usual.label)]
    reference = f"[{', '.join(used['figure'])}]" if len(used) else ""
    text = f"Committees and contract teams: about {say_money(best)} a year (assumed) {reference}"
    if brief.preferred is not brief.usual:
        same = round_off(best, "£m") == round_off(usual, "£m")
        text += ", as under Option 1" if same else f", against {say_money(usual)} under Option 1"
    return f"{text}. One-off cost of change: {say_blank('one-off cost')}."


def _running_cost(brief: Brief, option: Option) -> float:
    terms = brief.comparison.terms
    mine = terms[(terms["run"] == option.label) & terms["term"].isin(RUNNING_TERMS)]
    return float(mine["cost_m"].sum())


def say_touched(brief: Brief) -> str:
    """Whom the preferred option touches: ICBs, residents, services, patients."""
    best = brief.preferred
    if best is brief.usual:
        return "No ICB moves."
    moved = f": {join(best.moved, 8)}" if best.moved else ""
    moves = _state_moves(brief, best)
    levels = say_level_changes(brief, best).split(";")[0]
    return (
        f"{moves[:1].upper()}{moves[1:]}{moved}. {levels}. Hospitals treat the same patients as "
        "today: a grouping changes who plans and pays."
    )


def say_level_changes(brief: Brief, option: Option) -> str:
    """Services whose level differs from Option 1: how many, local for more, for fewer."""
    changes = brief.comparison.service_changes
    mine = changes[changes["run"] == option.label]
    step = mine["local_population_share_after"] - mine["local_population_share_before"]
    reference = brief.cite(
        "services whose level differs from Option 1 for some ICB",
        "services",
        "level of each service and ICB, against Option 1",
        "count of services",
        ["level"],
    )
    every = option.plan.services["service"].nunique()
    return (
        f"{len(mine)} of {every} services change level for some residents"
        f"{brief.mark('services', 'level')} {reference}; {int((step > 0).sum())} are held locally for "
        f"more residents than under Option 1, {int((step < 0).sum())} for fewer."
    )


def list_extremes(brief: Brief, option: Option, best: bool) -> list[str]:
    """Criteria on which an option alone is the best, or the worst, of all."""
    flip = {"lower": "higher", "higher": "lower"}
    found = []
    for criterion in list_criteria(brief):
        better = criterion.better if best else flip.get(criterion.better, "neither")
        told = criterion.name in NAMED
        if told and list_best(criterion.figures, better) == [option.number - 1]:
            found.append(NAMED[criterion.name] + mark_of(criterion.figures))
    return found


def say_scant(brief: Brief, option: Option) -> str:
    """Footprints of an option that hold little for their size; empty where there is none."""
    kind = KINDS["scant"]
    found = kind.find(option)
    if not found.places:
        return ""
    verb = "has" if len(found.places) == 1 else "have"
    mark = brief.mark(kind.table, *kind.columns)
    many = count(len(found.places), "footprint")
    least = ":" if len(found.places) == 1 else "; least in"
    return f"{many} {verb} {kind.threshold}{mark}{least} {found.worst}."


def say_spend(brief: Brief) -> str:
    """Residents' spend on all services, with its mark, reference and prices."""
    reference = cite_spend(brief)
    about = brief.usual.manifest["dataset"]
    year = about["currency_year"]
    prices = f" in {year} prices" if year and year != "none" else ""
    spend = say_money(float(brief.usual.plan.footprints["spend_m"].sum()))
    return f"{spend}{brief.mark('footprints', 'spend_m')} a year{prices} {reference}"


def cite_spend(brief: Brief) -> str:
    """Reference to the sum of spend on all services."""
    return brief.cite(
        "residents' spend on all services", "footprints", "all rows", "sum(spend_m)", ["spend_m"]
    )


def split_paragraphs(text: str) -> list[str]:
    """Paragraphs of a text, which blank lines part."""
    return re.split(r"\n\s*\n", text.strip())


def state_size(brief: Brief, option: Option) -> str:
    """How many footprints of what size, and their names."""
    ends = [brief.figure(option, f"{end}_population") for end in ("smallest", "largest")]
    sizes = " to ".join(round_off(end.value, "persons") for end in ends)
    references = ", ".join(end.id for end in ends)
    names = [str(name) for name in option.plan.footprints["footprint"]]
    many = count(len(names), "footprint")
    listed = "; ".join(names)
    return f"{many} of {sizes} million residents{mark_of(ends)} [{references}]: {listed}."


def list_flows(brief: Brief, option: Option) -> pd.DataFrame:
    """Flows between footprints of an option, the largest first; whoever holds the services."""
    from optimiser.reports.flowmap import list_ways

    flows = brief.comparison.flows
    return list_ways(flows[flows["run"] == option.label])


def say_largest_flows(brief: Brief, option: Option) -> str:
    """The three largest flows between footprints of an option."""
    columns = ["from_footprint", "to_footprint", "scope_spend_m"]
    top = list_flows(brief, option).head(3)[columns].to_numpy()
    reference = brief.cite(
        "largest flows of in-scope spend between footprints",
        "flows_between_footprints",
        "from_footprint is not to_footprint",
        "largest scope_spend_m",
        ["scope_spend_m"],
    )
    mark = brief.mark("flows_between_footprints", "scope_spend_m")
    said = "; ".join(f"{a} to {b}, {say_money(float(spend))}" for a, b, spend in top)
    return f"{said} a year{mark} {reference}"


def say_transition(brief: Brief) -> str:
    """Who moves in which order, where the run worked it out."""
    best = brief.preferred
    moves = (best.manifest.get("beside") or {}).get("moves", [])
    if best is brief.usual or not best.moved:
        return "No ICB changes its footprint."
    if not moves or {move["name"] for move in moves} != set(best.moved):
        return (
            f"The ICBs that move: {join(best.moved, 20)}. The order is open: {say_blank('order')}."
        )
    names = [f"{move['name']} ({_say_gain(float(move['gain']))})" for move in moves]
    return (
        f"In an order in which each step gains most, with what it changes of the score in "
        f"£m-equivalents (a gain is a plus): {'; '.join(names)}. Steps of little or no gain belong to "
        "the whole and can wait or be left out: the board may ask for the plan without them."
    )


def _say_gain(gain: float) -> str:
    return ("+" if gain > 0 else "") + round_off(gain, "£m")


def list_short_domains(option: Option) -> list[str]:
    """The three domains in which most footprints fall short of full delegation."""
    scores = option.plan.readiness
    short = scores[scores["score"] < scores["delegated"]]
    needed = short.groupby("domain")["footprint"].nunique().sort_values(ascending=False)
    return [
        f"{str(domain).replace('_', ' ')} ({count(int(many), 'footprint')})"
        for domain, many in needed.head(3).items()
    ]
