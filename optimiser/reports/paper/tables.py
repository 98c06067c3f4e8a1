"""Tables of the body of the paper and, by name, all tables that a template may place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from optimiser.reports.paper import annex_tables as annexes
from optimiser.reports.paper import impact_tables as impact
from optimiser.reports.paper import money, years
from optimiser.reports.paper.blocks import Column, Table, words
from optimiser.reports.paper.brief import DAGGER, Brief, Option, mark_of
from optimiser.reports.paper.rows import list_best, list_costs, list_criteria
from optimiser.reports.paper.sentences import cite_spend, role_of
from optimiser.runs.compare.settings import (
    say_setting,
    say_value,
    say_window,
    word_differences,
)
from optimiser.runs.compare.wording import head, round_off

MEASURES = (
    ("local_spend_m", "Commissioned locally"),
    ("held_outside_m", "of which bought outside the holder's territory"),
    ("volatility_m", "Volatility that the holders bear"),
    ("pooled_volatility_m", "Volatility if footprints held all in scope"),
)
HEADLINES = (
    ("leakage_share", "Care outside patients' own footprint, of spend in scope"),
    ("smallest_population", "Smallest footprint, million people"),
    ("pooled_volatility_m", "Swing of pooled budgets, £m a year"),
    ("objective_m", "Score, £m-equivalents; lower is better"),
)
"""The four figures of the first page: of the geography and on the same services under every option."""

DETAILS = (("meeting", "date"), ("sponsor", "author"), ("status", "contact"))
COSTS = (("committee_cost", "Running the committees"), ("governance", "Agreement between members"))


def list_details(brief: Brief) -> Table:
    """Meeting, sponsor, author and status: blanks where the team has not said."""
    rows = [
        tuple(text for name in pair for text in (name.capitalize(), brief.detail(name)))
        for pair in DETAILS
    ]
    strong = frozenset((at, place) for at in range(len(rows)) for place in (0, 2))
    return Table("", words([""] * 4, (1, 3, 1, 3)), tuple(rows), strong)


def list_headlines(brief: Brief) -> Table:
    """Four figures like with like, and in how many draws each claim holds."""
    rows = []
    for measure, label in HEADLINES:
        if not brief.has(measure):  # no share of nothing, where no service is in scope
            continue
        figures = [brief.figure(option, measure) for option in brief.options]
        cells = [round_off(figure.value, figure.unit) for figure in figures]
        rows.append((f"{label}{mark_of(figures)}", *cells))
    if brief.draws is not None:
        rows += [
            (label, *(_share_of_draws(brief, option, measure) for option in brief.options))
            for measure, label in (
                ("outside_share", "Draws with less care outside than Option 1"),
                ("score_m", "Draws with a better score than Option 1"),
            )
        ]
    if len(brief.options) > 1:
        rows.append(("ICBs that move", *map(brief.tell_moved, brief.options)))
    columns = (Column(f"{o.number} {o.label}", 1.1) for o in brief.options)
    return Table(
        "",
        (Column("Four figures, like with like", 3.7, "left"), *columns),
        tuple(rows),
        frozenset((at, brief.preferred.number) for at in range(len(rows))),
        note=f"In bold: the preferred option. {_explain_mark(brief)}",
    )


def _share_of_draws(brief: Brief, option: Option, measure: str) -> str:
    """Share of draws in which an option's measure is lower than that of business as usual."""
    assert brief.draws is not None
    mine, usual = (brief.draws.find(o.plan.grouping.values()) for o in (option, brief.usual))
    if mine is None or usual is None:
        return "not drawn"
    return "–" if mine == usual else f"{brief.draws.share_lower(mine, usual, measure):.0%}"


def list_rules(brief: Brief) -> Table:
    """Rules of the scenario of business as usual."""
    return Table(
        f"Rules of the scenario of {brief.usual.name}",
        words(("Rule", "Setting"), (2, 3)),
        tuple(_list_settings(brief.usual)),
        note="Source: manifest.json of the run, scenario.",
    )


def _list_settings(option: Option) -> Iterator[tuple[str, str]]:
    scenario = option.manifest["scenario"]
    rules, services, ready = (scenario[k] for k in ("footprints", "services", "readiness"))
    icbs = option.plan.icbs
    names = dict(zip(icbs["icb"].astype("str"), icbs["name"].astype("str"), strict=True))

    def tell(key: str, value: object) -> tuple[str, str]:
        return say_setting(key), say_value(key, value, names)

    yield tell("footprints.count", rules["count"])
    base = rules["population_base"]
    yield f"People of a footprint ({base}), millions", say_window(rules["population_m"])
    yield tell("footprints.members", rules["members"])
    minutes = rules["max_travel_minutes"]
    if _is_set(minutes):
        yield "Travel from any member to the lead ICB", f"at most {minutes:g} min"
    yield "In one piece on the map", "yes" if rules["contiguous"] else "not required"
    for name in (
        "within_regions",
        "stand_alone",
        "keep_together",
        "keep_whole",
        "keep_apart",
        "fixed",
    ):
        if rules.get(name):
            yield tell(f"footprints.{name}", rules[name])
    yield tell("services.levels", services["levels"])
    yield tell("services.categories", services["categories"])
    least = services["min_providers"]
    yield "Providers inside the footprint of a local service", f"at least {least:g}"
    if _is_set(services["max_cv"]):
        yield "Volatility of a local service", f"at most {services['max_cv']:.0%} of its spend"
    if isinstance(ready["joint"], (int, float)):
        yield "Readiness for a joint committee", f"at least {ready['joint']:g} of 4 in each domain"


def _is_set(limit: object) -> bool:
    return limit is not None and math.isfinite(float(str(limit)))


def list_differences(brief: Brief) -> Table:
    """Settings in which the scenarios of the options differ."""
    rows = word_differences(brief.comparison).to_numpy().tolist()
    return Table(
        "Settings in which the scenarios of the options differ",
        (Column("Setting", 2, "left"), *brief.head_options(1, "left")),
        tuple(tuple(map(str, row)) for row in rows),
        note="Source: manifest.json of each run, scenario.",
    )


def list_options(brief: Brief) -> Table:
    """The options with their role, origin and size."""
    rows = []
    for option in brief.options:
        broken = "not checked" if option.broken is None else str(len(option.broken))
        origin = "Solved" if option.plan.outcome.scope else "Given"
        moved = brief.tell_moved(option)
        size, role = str(len(option.plan.footprints)), role_of(brief, option)
        rows.append((str(option.number), option.label, role, origin, size, moved, broken))
    return Table(
        "The options",
        (
            *words(("No.", "Option", "Role", "Origin"), (0.5, 2, 2.4, 0.9)),
            Column("Foot-prints", 0.9),
            Column("ICBs that move", 0.9),
            Column("Breaches of rules", 1.1),
        ),
        tuple(rows),
        note="Sources: footprints.csv and manifest.json (broken_rules) of each run; an ICB moves when "
        "its footprint does not continue the one it had under Option 1.",
    )


def score_options(brief: Brief) -> Table:
    """Every measure side by side, the best in bold."""
    rows: list[tuple[str, ...]] = []
    strong: set[tuple[int, int]] = set()
    for criterion in list_criteria(brief):
        if len(set(criterion.shown)) == 1 < len(brief.options):
            continue
        unit, better = criterion.unit, criterion.better
        strong |= {(len(rows), 3 + at) for at in list_best(criterion.figures, better)}
        cells = criterion.shown
        way = better if better in ("lower", "higher") else "–"
        rows.append((criterion.label, head(unit) or unit, way, *cells, f"[{criterion.reference}]"))
    return Table(
        "The options on every criterion",
        (
            *words(("Criterion", "Unit", "Better"), (3.1, 1.5, 0.9)),
            *brief.head_options(1.0),
            Column("Ref.", 0.8, "left"),
        ),
        tuple(rows),
        frozenset(strong),
        note="Criteria on which the options do not differ are left out; results.xlsx has all. n: number "
        f"of the option. {_explain_mark(brief)}",
    )


def _explain_mark(brief: Brief) -> str:
    return f"{DAGGER} rests on modelled or illustrative inputs." if brief.is_weak else ""


def weigh_options(brief: Brief) -> Table:
    """Cost by term and weight, with the sum."""
    rows = [
        (cost.label, cost.weight, cost.unit, *cost.cells, f"[{cost.reference}]")
        for cost in list_costs(brief)
    ]
    totals = [round_off(option.plan.objective, "£m-equivalents") for option in brief.options]
    total = brief.figure(brief.usual, "objective_m").id.split(".")[0]
    rows.append(("Score of the option", "", "", *totals, f"[{total}.n]"))
    return Table(
        "Score of each option by weighted criterion, £m-equivalents",
        (
            Column("Criterion", 2.0, "left"),
            Column("Weight", 0.9),
            Column("Weight applies to", 1.9, "left"),
            *brief.head_options(1.0),
            Column("Ref.", 1.2, "left"),
        ),
        tuple(rows),
        frozenset((len(rows) - 1, at) for at in range(3 + len(brief.options))),
        note=f"Criteria of no weight are left out. {_explain_mark(brief)}",
    )


def list_money(brief: Brief) -> Table:
    """Money held locally and nationally."""
    all_spend = cite_spend(brief)
    national = brief.cite(
        "residents' spend on services that are held nationally",
        "services",
        "level is national",
        "sum(spend_m)",
        ["level", "spend_m"],
    )
    spend, held = brief.mark("footprints", "spend_m"), brief.mark("services", "level", "spend_m")
    sums = [round_off(float(o.plan.footprints["spend_m"].sum()), "£m") for o in brief.options]
    apart = [round_off(float(o.national["spend_m"].sum()), "£m") for o in brief.options]
    rows = [
        (f"All services{spend}", *sums, all_spend),
        (f"Commissioned nationally{held}", *apart, national),
    ]
    for measure, label in MEASURES:
        figures = [brief.figure(option, measure) for option in brief.options]
        cells = [round_off(figure.value, "£m") for figure in figures]
        reference = f"[{figures[0].id.split('.')[0]}.n]"
        rows.append((f"{label}{mark_of(figures)}", *cells, reference))
    found = {cost.term: cost for cost in list_costs(brief)}
    rows += [
        (f"{label} (assumed)", *found[term].cells, f"[{found[term].reference}]")
        for term, label in COSTS
        if term in found
    ]
    return Table(
        "Money under each option, £m a year",
        (Column("", 3.4, "left"), *brief.head_options(1.0), Column("Ref.", 1.2, "left")),
        tuple(rows),
        note="Volatility is a standard deviation: in about one year in three spend differs from what "
        "is expected by more than this, up or down, if swings are near to normal.",
    )


TABLES: Mapping[str, Callable[..., list[Table]]] = {
    "details": lambda brief: [list_details(brief)],
    "headlines": lambda brief: [list_headlines(brief)],
    "rules": lambda brief: [list_rules(brief)],
    "differences": lambda brief: [list_differences(brief)],
    "options": lambda brief: [list_options(brief)],
    "criteria": lambda brief: [score_options(brief)],
    "score": lambda brief: [weigh_options(brief)],
    "money": lambda brief: [list_money(brief)],
    "funding": lambda brief: list(money.list_funding(brief)),
    "hosts": lambda brief: list(impact.list_hosts(brief)),
    "trusts": lambda brief: list(money.list_trusts(brief)),
    "access": lambda brief: [impact.list_access(brief)],
    "years": lambda brief: list(years.list_years(brief)),
    "lacking": lambda brief: list(impact.list_lacking(brief)),
    "modes": lambda brief: [impact.list_modes(brief)],
    "risks": lambda brief: [impact.list_risks(brief)],
    "risk_counts": lambda brief: [impact.count_risks(brief)],
    "bases": lambda brief: [annexes.list_bases(brief)],
    "runs": lambda brief: [annexes.list_runs(brief)],
    "members": lambda brief, option: [annexes.list_footprint_members(brief, option)],
    "figures": lambda brief, option: [annexes.list_footprint_figures(brief, option)],
    "services": lambda brief: [annexes.list_services(brief)],
    "moves": lambda brief: [annexes.list_moves(brief)],
    "sources_of_figures": lambda brief: [annexes.resolve_figures(brief)],
    "sources_of_rows": lambda _: [annexes.resolve_rows()],
    "sources_of_counts": lambda brief: (
        [annexes.resolve_counts(brief)] if brief.sources.found else []
    ),
}
"""Every table that a template may place, by name."""
