"""Tables of the body of the paper, in order; :mod:`annex_tables` has those of the annexes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from optimiser.reports.paper.blocks import Column, Table, words
from optimiser.reports.paper.brief import DAGGER, Brief, Option, mark_of
from optimiser.reports.paper.hazards import KINDS, Hazard, Kind
from optimiser.reports.paper.rows import list_best, list_costs, list_criteria
from optimiser.reports.paper.sentences import role_of
from optimiser.reports.sentences import join
from optimiser.runs.compare.wording import head, show

MODES = {"delegated": "full delegation", "joint": "joint committee", "not_ready": "not ready"}
MEASURES = (
    ("local_spend_m", "Commissioned locally"),
    ("held_outside_m", "of which bought outside the holder's territory"),
    ("volatility_m", "Volatility that the holders bear"),
    ("pooled_volatility_m", "Volatility if footprints held all in scope"),
)
COSTS = (("committee_cost", "Running the committees"), ("governance", "Agreement between members"))


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
    yield "Number of footprints", _window(rules["count"])
    base = rules["population_base"]
    yield f"People of a footprint ({base}), millions", _window(rules["population_m"])
    yield "ICBs in a footprint", _window(rules["members"])
    minutes = rules["max_travel_minutes"]
    if _is_set(minutes):
        yield "Travel from any member to the lead ICB", f"at most {minutes:g} min"
    yield "In one piece on the map", "yes" if rules["contiguous"] else "not required"
    if rules["within_regions"]:
        yield "Within one region", "yes"
    for name in ("stand_alone", "keep_together", "keep_whole", "keep_apart", "fixed"):
        if rules.get(name):
            yield name.replace("_", " ").capitalize(), str(rules[name])
    yield "Levels open to a service", ", ".join(services["levels"])
    yield "Categories that may be held locally", ", ".join(services["categories"]).replace("_", " ")
    least = services["min_providers"]
    yield "Providers inside the footprint of a local service", f"at least {least:g}"
    if _is_set(services["max_cv"]):
        yield "Volatility of a local service", f"at most {services['max_cv']:.0%} of its spend"
    if isinstance(ready["joint"], (int, float)):
        yield "Readiness for a joint committee", f"at least {ready['joint']:g} of 4 in each domain"


def _is_set(limit: object) -> bool:
    return limit is not None and math.isfinite(float(str(limit)))


def _window(value: object) -> str:
    if not isinstance(value, list):
        return f"{value:g}" if isinstance(value, float) else str(value)
    low, high = (float(item) for item in value)
    if not math.isfinite(high):
        return f"at least {low:g}" if low > 0 else "no limit"
    return f"{low:g} to {high:g}" if low > 0 else f"at most {high:g}"


def list_differences(brief: Brief) -> Table:
    """Settings in which the scenarios of the options differ."""
    table = brief.comparison.scenario_differences
    return Table(
        "Settings in which the scenarios of the options differ",
        (Column("Setting", 2, "left"), *brief.head_options(1, "left")),
        tuple(tuple(str(cell) for cell in row) for row in table.to_numpy()),
        note="Source: manifest.json of each run, scenario.",
    )


def list_options(brief: Brief) -> Table:
    """The options with their role, origin and size."""
    rows = []
    for option in brief.options:
        broken = "not checked" if option.broken is None else str(len(option.broken))
        origin = "Solved" if option.plan.outcome.scope else "Given"
        moved = "–" if option is brief.usual else str(len(option.moved))
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
        unit, better = criterion.unit, criterion.better
        strong |= {(len(rows), 3 + at) for at in list_best(criterion.figures, better)}
        cells = [show(figure.value, unit) for figure in criterion.figures]
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
        note=f"n: number of the option. {_explain_mark(brief)}",
    )


def _explain_mark(brief: Brief) -> str:
    return f"{DAGGER} rests on modelled or illustrative inputs." if brief.is_weak else ""


def weigh_options(brief: Brief) -> Table:
    """Cost by term and weight, with the sum."""
    rows = [
        (cost.label, cost.weight, cost.unit, *cost.cells, f"[{cost.reference}]")
        for cost in list_costs(brief)
    ]
    totals = [show(option.plan.objective, "£m") for option in brief.options]
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


def list_money(brief: Brief, all_spend: str) -> Table:
    """Money held locally and nationally; ``all_spend`` is the reference of the sum of both."""
    national = brief.cite(
        "residents' spend on services that are held nationally",
        "services",
        "level is national",
        "sum(spend_m)",
        ["level", "spend_m"],
    )
    spend, held = brief.mark("footprints", "spend_m"), brief.mark("services", "level", "spend_m")
    sums = [show(float(o.plan.footprints["spend_m"].sum()), "£m") for o in brief.options]
    apart = [show(float(o.national["spend_m"].sum()), "£m") for o in brief.options]
    rows = [
        (f"All services{spend}", *sums, all_spend),
        (f"Commissioned nationally{held}", *apart, national),
    ]
    for measure, label in MEASURES:
        figures = [brief.figure(option, measure) for option in brief.options]
        cells = [show(figure.value, "£m") for figure in figures]
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


def count_risks(brief: Brief) -> Table:
    """How many of each kind of risk by option."""
    rows = []
    for kind in KINDS.values():
        cells = [_count_hazard(kind.find(option)) for option in brief.options]
        name = f"{kind.name}{brief.mark(kind.table, *kind.columns)}"
        rows.append((name, kind.threshold.capitalize(), *cells, cite_kind(brief, kind)))
    return Table(
        "Number of risks of each kind",
        (
            *words(("Risk", "Threshold"), (1.7, 3.2)),
            *brief.head_options(0.9),
            Column("Ref.", 0.7, "left"),
        ),
        tuple(rows),
        note="Services are counted once for each footprint that holds them (close calls: for each "
        "footprint). Per cent: share of local spend in the footprints or services counted.",
    )


def cite_kind(brief: Brief, kind: Kind) -> str:
    """The reference of the count of a kind of risk."""
    return brief.cite(
        f"{kind.name.lower()}: {kind.unit}s with {kind.threshold}",
        kind.table,
        kind.threshold,
        "count of rows" if kind.unit == "service" else "count of footprints",
        kind.columns,
    )


def _count_hazard(hazard: Hazard) -> str:
    if not hazard.places:
        return "none"
    share = "" if math.isnan(hazard.spend_share) else f" ({hazard.spend_share:.0%})"
    return f"{len(hazard.places)}{share}"


def list_risks(brief: Brief) -> Table:
    """The register: the most pressing risk of each kind that some option has."""
    rows: list[tuple[str, ...]] = []
    for kind in KINDS.values():
        found = [kind.find(option) for option in brief.options]
        if any(hazard.places for hazard in found):
            name = f"{kind.name}{brief.mark(kind.table, *kind.columns)}"
            worst = _list_worst(brief, found)
            number = f"R{len(rows) + 1}"
            rows.append((number, name, worst, kind.consequence, kind.remedy, "to be named"))
    return Table(
        "Risk register",
        words(
            (
                "No.",
                "Risk",
                "The most pressing under each option",
                "What may follow",
                "What the board may ask for",
                "Owner",
            ),
            (0.5, 1.2, 3.9, 1.9, 2.0, 0.8),
        ),
        tuple(rows),
        note="Numbers of each are in the table before; every place stands in the tables that Annex F "
        "names.",
    )


def _list_worst(brief: Brief, found: list[Hazard]) -> str:
    """The worst of each option, those that share it together, a line each."""
    shared: dict[str, list[str]] = {}
    for option, hazard in zip(brief.options, found, strict=True):
        shared.setdefault(hazard.worst if hazard.places else "none", []).append(str(option.number))
    return "\n".join(
        f"Option{'s' if len(numbers) > 1 else ''} {join(numbers)}: {worst}."
        for worst, numbers in shared.items()
    )


def find_lacking(option: Option) -> pd.DataFrame:
    """Services that some footprint may hold, in footprints without any provider of them.

    Returns:
        Rows of the plan's services with no provider inside, nationally specialised ones left out.
    """
    table = option.plan.services
    open_to_some = table.loc[table["level"] != "national", "service"].unique()
    return table[table["service"].isin(open_to_some) & (table["providers"] == 0)]


def count_lacking(brief: Brief) -> Table:
    """Services, footprints and patients without a provider in the footprint, by option."""
    reference = brief.cite(
        "services without a provider in the footprint",
        "services",
        "service held locally by some footprint of the option; providers is 0",
        "count of rows; sum(patients)",
        ["level", "providers", "patients"],
    )
    rows = []
    for option in brief.options:
        found = find_lacking(option)
        many = f"{found['footprint'].nunique()} of {len(option.plan.footprints)}"
        patients = f"{found['patients'].sum():,.0f}"
        rows.append((option.name, str(found["service"].nunique()), many, patients))
    mark = brief.mark("services", "level", "providers", "patients")
    return Table(
        f"Services without a provider in the residents' own footprint{mark}",
        (
            Column("Option", 2.6, "left"),
            Column("Services lacking somewhere", 1.3),
            Column("Footprints that lack one", 1.3),
            Column("Patients a year who travel out for them", 1.6),
        ),
        tuple(rows),
        note=f"Of the services that some footprint of the option holds. Ref. {reference}",
    )


def list_lacking(brief: Brief) -> Iterator[Table]:
    """Footprints that lack a service, under business as usual and under the lowest cost."""
    mark = brief.mark("services", "level", "providers", "patients")
    described = dict.fromkeys(option.number for option in (brief.usual, brief.lowest) if option)
    for option in (brief.options[number - 1] for number in described):
        rows = tuple(_list_lacking(option))
        columns = (
            Column("Footprint", 2.0, "left"),
            Column("People, million", 0.9),
            Column("Services lacking", 0.9),
            Column("Those with most patients", 4.0, "left"),
        )
        note = (
            f"Source: services.csv of run {option.number}. Footprints that lack none are left out."
        )
        if rows:
            yield Table(
                f"{option.name}: footprints that lack a service{mark}", columns, rows, note=note
            )


def _list_lacking(option: Option) -> Iterator[tuple[str, ...]]:
    found = find_lacking(option)
    for name, population in option.plan.footprints[["footprint", "population"]].to_numpy():
        mine = found[found["footprint"] == name].sort_values("patients", ascending=False)
        if len(mine):
            services = join(mine["name"].astype("str").tolist(), most=3)
            yield str(name), show(float(population), "persons"), str(len(mine)), services


def list_modes(brief: Brief) -> Table:
    """Modes of the footprints and the lowest score, by option."""
    rows = [(option.name, *_count_modes(option), _find_lowest(option)) for option in brief.options]
    mark = brief.mark("readiness", "score")
    measures = (f"{mode}_footprints" for mode in MODES)
    refs = [
        brief.figure(brief.usual, name).id.split(".")[0] for name in measures if brief.has(name)
    ]
    return Table(
        f"Readiness of the footprints{mark}",
        (
            Column("Option", 2.2, "left"),
            *(Column(mode.capitalize(), 1.0) for mode in MODES.values()),
            Column("Lowest score", 3.0, "left"),
        ),
        tuple(rows),
        note=f"Ref. [{', '.join(f'{ref}.n' for ref in refs)}] and readiness.csv of each run.",
    )


def _count_modes(option: Option) -> list[str]:
    modes = option.plan.footprints["mode"].astype("str")
    return [str(int((modes == mode).sum())) for mode in MODES]


def _find_lowest(option: Option) -> str:
    row = option.plan.readiness.sort_values("score", kind="stable").iloc[0]
    return f"{row['score']:.2f}, {str(row['domain']).replace('_', ' ')}, {row['footprint']}"
