"""Explanations as plain text in 100 columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from optimiser.plan.plan import Plan
from optimiser.questions.explain.additions import describe_addition
from optimiser.questions.explain.answers import Explanation
from optimiser.questions.explain.impossible import Impossible
from optimiser.questions.explain.repair import Repaired
from optimiser.questions.explain.service_reasons import ServiceReason
from optimiser.reports.sentences import count
from optimiser.reports.text import Shown, format_table, wrap

LEVELS = {"national": "nationally", "footprint": "footprint", "icb": "single ICBs"}
"""Levels as a table names who holds a service."""
SHOWN_TERMS = ("leakage_m", "volatility_m", "integration_m")
_MONEY = (
    Shown("leakage_m", "Treated\noutside", "+,.1f"),
    Shown("volatility_m", "Vola-\ntility", "+,.1f"),
    Shown("integration_m", "Inte-\ngration", "+,.1f"),
    Shown("other_m", "Other\nterms", "+,.1f"),
)
_EFFECTS = (
    *_MONEY,
    Shown("crossing_patients", "Patients\noutside", "+,.0f"),
    Shown("icbs_moved", "ICBs\nmove", ".0f"),
)
KEY = (
    "Differences to the best plan: of the score, £m-equivalents, in all and by term; patients a year of "
    "local services who are treated outside the footprint that commissions for them; ICBs that leave "
    "their footprint."
)


def list_paragraphs(found: Explanation) -> Iterator[str]:
    """Every answer, a paragraph or table each."""
    if found.impossible is not None:
        yield from _tell_impossible(found.impossible)
    if found.plan is not None:
        yield wrap(_tell_plan(found.plan))
    if found.prices is not None:
        yield from _tell_prices(found.prices)
    if found.additions is not None:
        yield from _tell_additions(found.additions)
    if found.service is not None:
        yield from _tell_service(found.service)
    if found.icb is not None:
        yield from _tell_icb(found)
    if found.repair is not None:
        yield from _tell_repair(found.repair)
    yield from (wrap(sentence) for sentence in found.not_answered)


def _tell_plan(plan: Plan) -> str:
    """What everything else is compared with."""
    footprints = count(len(plan.footprints), "footprint")
    outcome = plan.outcome
    if outcome.status == "optimal":
        return f"The best plan scores {plan.objective:,.1f} £m-equivalents, with {footprints}."
    least = "" if outcome.bound is None else f": no plan scores less than {outcome.bound:,.1f}"
    return (
        f"The best plan found scores {plan.objective:,.1f} £m-equivalents, with {footprints}. It is an "
        f"estimate, not proven best in the time there was{least}. What follows is said of this plan; "
        "--time-limit gives more."
    )


def _tell_impossible(found: Impossible) -> Iterator[str]:
    yield wrap("No plan exists. " + " ".join(found.causes[:2]))
    rules = [wrap(f"  - {rule.sentence} [{rule.name}]", "    ") for rule in found.clash]
    if len(found.clash) == 1:
        heading = "One rule cannot be met even alone:"
    elif found.minimal:
        heading = "These rules clash; without any one of them the others can be met:"
    else:
        heading = "These rules clash:"
    yield "\n".join([heading, *rules])
    order = "the cheapest first"
    if len(found.relaxations) and not found.relaxations["proven"].all():
        order = "cheapest first by the plans at hand; with the best plans the order may differ"
    yield "\n".join(
        [
            wrap(f"What would allow a plan, {order} (scores in £m-equivalents):"),
            *_tell_ways(found.relaxations),
        ]
    )
    yield from (wrap(note) for note in found.notes)
    yield f"{found.asked} exact questions in {found.seconds:.1f} s."


def _tell_ways(ways: pd.DataFrame) -> Iterator[str]:
    if not len(ways):
        yield "  none found"
    for row in ways.to_dict("records"):
        cost = row["cost_m"]
        said = "its cost was not found"
        if math.isfinite(cost):
            which = "the best plan is then" if row["proven"] else "a plan is then"
            said = f"{which} of {row['footprints']:.0f} footprints and scores {cost:,.1f}"
        yield wrap(f"  - {row['change']}: {said} {row['note']}".rstrip(), "    ")


def _with_other(frame: pd.DataFrame, total: str) -> pd.DataFrame:
    """The terms that are shown, zero where absent, and the sum of the others."""
    shown = frame.assign(**{c: 0.0 for c in SHOWN_TERMS if c not in frame})
    return shown.assign(other_m=shown[total] - sum(shown[c] for c in SHOWN_TERMS))


def _tell_prices(prices: pd.DataFrame) -> Iterator[str]:
    found = prices[prices["binding"].eq(True)]
    if len(found):
        frame = _with_other(found.assign(saved_m=-found["price_m"]), "saved_m")
        columns = (Shown("sentence", "Rule"), Shown("price_m", "Price", ",.1f"), *_EFFECTS)
        table = format_table(frame, columns, widest=40)
        yield "The price of each rule that binds, and what dropping it would change:\n" + table
        yield "\n".join(
            wrap(f"  {row.rule}: {row.sentence}{_tell_scope(row)}", "    ")
            for row in found.itertuples()
        )
        yield wrap(KEY)
    free = prices[prices["binding"].eq(False)]
    if len(free):
        yield wrap(
            f"Free, the best plan scores the same without them: {'; '.join(free['sentence'])}."
        )
    open_ = prices[prices["binding"].isna()]
    yield from (
        wrap(f"Not settled: {r.sentence}: {str(r.note).rstrip('.')}.") for r in open_.itertuples()
    )


def _tell_additions(added: pd.DataFrame) -> Iterator[str]:
    possible = added[added["possible"].eq(True)]
    if len(possible):
        columns = (Shown("added", "Rule added"), Shown("price_m", "Price", "+,.1f"), *_EFFECTS)
        table = format_table(_with_other(possible, "price_m"), columns, widest=40)
        yield "What each rule would cost if it were added, and what it would change:\n" + table
        yield wrap(KEY)
        unsure = possible[~possible["proven"].astype(bool)]
        yield from (wrap(f"Not proven: {row.added}: {row.note}") for row in unsure.itertuples())
    for row in added[added["possible"].ne(True)].to_dict("records"):
        yield wrap(f"{row['added']}: {describe_addition(row)}")


def _tell_scope(row: Any) -> str:
    """Between what a price lies, where it is not proven."""
    return "" if row.proven else f" (the price is not proven: {row.note})"


def _tell_service(found: ServiceReason) -> Iterator[str]:
    group = f", which moves with {', '.join(found.moves_with)}," if found.moves_with else ""
    yield wrap(f"Why {found.name} ({found.service}){group} is held where it is:")
    columns = (
        Shown("footprint", "Footprint"),
        Shown("level", "Held"),
        Shown("contracting_m", "Contract-\ning", "+,.2f"),
        Shown("volatility_m", "Vola-\ntility", "+,.2f"),
        Shown("integration_m", "Inte-\ngration", "+,.2f"),
        Shown("difference_m", "In all", "+,.2f"),
        Shown("flip_contracting", "Contract-\ning*", ".2g"),
        Shown("flip_volatility", "Vola-\ntility*", ".2g"),
        Shown("flip_integration", "Inte-\ngration*", ".2g"),
    )
    held = found.footprints["level"].map(LEVELS)
    yield format_table(found.footprints.assign(level=held), columns, widest=22)
    yield wrap(
        "By the footprint it would score so much more (+) or less (-) than at the best other "
        "level, £m-equivalents, by term and in all; - alone where a rule forbids it. * The weight of "
        "the term at which the level flips, all else as it is; it holds for the present grouping alone."
    )
    yield "\n".join(
        wrap(f"  {row.footprint}: {row.reason}", "    ") for row in found.footprints.itertuples()
    )
    yield from (wrap(_tell_forced(row)) for row in found.forced.itertuples())


def _tell_forced(row: Any) -> str:
    where = f"Were it {'held locally' if row.held == 'local' else row.held} in every footprint"
    if row.possible is not True:
        said = "no plan" if row.possible is False else "not settled"
        return f"{where}: {said} ({str(row.note).rstrip('.')})."
    which = "the best plan" if row.proven else "the best plan found"
    unsure = "" if row.proven else f" The difference is not proven: {row.note}."
    return (
        f"{where}, {which} would score {row.difference_m:,.1f} £m-equivalents more, with "
        f"{count(round(row.icbs_moved), 'ICB')} in other footprints.{unsure}"
    )


def _tell_icb(found: Explanation) -> Iterator[str]:
    frame = found.icb
    assert frame is not None
    if not len(frame):
        yield "All its neighbours are in its footprint already."
        return
    possible = frame[frame["possible"].eq(True)]
    if len(possible):
        columns = (
            Shown("with_name", "Best plan with it beside"),
            Shown("difference_m", "More,\nin all", "+,.1f"),
            *_EFFECTS,
        )
        yield format_table(_with_other(possible, "difference_m"), columns, widest=40)
        yield "\n".join(
            wrap(
                f"  with {row.with_name}: its footprint is {row.result_name}{_unsure(row)}", "    "
            )
            for row in possible.itertuples()
        )
        yield wrap(KEY)
    others = frame[frame["possible"].ne(True)]
    yield from (wrap(f"With {row.with_name}: {row.note}") for row in others.itertuples())


def _unsure(row: Any) -> str:
    """Between what a difference lies, where it is not proven."""
    return "" if row.proven else f" (the difference is not proven: {row.note})"


def _tell_fewest(found: Repaired) -> str:
    """How many move, and what the plan scores, each as far as it is proven."""
    icbs, solved = count(found.fewest, "ICB"), found.solved
    if found.at_least < found.fewest:
        moves = (
            f"{icbs} move in the best repair found; at least {found.at_least} are proven to have to"
        )
    else:
        moves = (
            f"{icbs} {'has' if found.fewest == 1 else 'have'} to move, fewer are proven not to do"
        )
    if solved.proven:
        return f"{moves}; the cheapest such plan scores {solved.cost_m:,.1f} £m-equivalents:"
    least = f", none less than {solved.bound_m:,.1f}" if math.isfinite(solved.bound_m) else ""
    return (
        f"{moves}; the cheapest such plan found scores {solved.cost_m:,.1f} £m-equivalents{least}:"
    )


def _tell_repair(found: Repaired) -> Iterator[str]:
    if not found.fewest:
        yield "The plan obeys the rules of the map: nothing has to move."
        return
    moves = found.moves[["name", "from_footprint", "to_footprint"]]
    yield wrap(_tell_fewest(found))
    yield "\n".join(
        wrap(
            f"  {name}: from {before} to {after}",
            "    ",
        )
        for name, before, after in moves.itertuples(index=False, name=None)
    )
