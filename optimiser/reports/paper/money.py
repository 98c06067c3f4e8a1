"""Finance: what is held where, what crosses boundaries, what swings; and what is not in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from optimiser.reports.paper.appraisal import show_picture
from optimiser.reports.paper.blocks import Block, Column, Heading, Paragraph, Table
from optimiser.reports.paper.brief import Brief, Option
from optimiser.reports.paper.rows import list_costs
from optimiser.reports.pictures import slug
from optimiser.runs.compare.wording import show

MEASURES = (
    ("local_spend_m", "Commissioned locally"),
    ("held_outside_m", "of which bought outside the holder's territory"),
    ("volatility_m", "Volatility that the holders bear"),
    ("pooled_volatility_m", "Volatility if footprints held all in scope"),
)
COSTS = (("committee_cost", "Running the committees"), ("governance", "Agreement between members"))


def write_finance(brief: Brief) -> Iterator[Block]:
    """Money held locally and nationally, what crosses boundaries and what swings."""
    yield Heading(1, "Finance")
    yield Paragraph(_tell_money(brief))
    yield _list_money(brief)
    yield Paragraph(_tell_limits(brief))
    shown = brief.lowest or brief.usual
    if brief.picture(f"flows-{slug(shown.label)}"):
        yield Heading(2, "Care across boundaries")
        yield Paragraph(_tell_flows(brief, shown))
        yield from show_picture(brief, f"flows-{slug(shown.label)}")
    if brief.picture("volatility"):
        yield Heading(2, "Volatility and size")
        yield Paragraph(
            "A larger footprint spreads the cost of rare, costly cases over more people. The chart "
            "sets the standard deviation of each footprint's budget, everything in scope, as a share "
            "of that budget, against its residents."
        )
        yield from show_picture(brief, "volatility")


def _total(brief: Brief, option: Option, column: str) -> float:
    return float(option.plan.footprints[column].sum())


def _tell_money(brief: Brief) -> str:
    usual = brief.usual
    spend = _total(brief, usual, "spend_m")
    reference = brief.cite(
        "residents' spend on all services", "footprints", "all rows", "sum(spend_m)", ["spend_m"]
    )
    year = brief.usual.manifest["dataset"]["currency_year"]
    prices = f" in {year} prices" if year and year != "none" else ""
    text = (
        f"Residents' spend on all services is £{spend:,.1f}m a year"
        f"{brief.mark('footprints', 'spend_m')} {reference}{prices}, the same under every option: the "
        "options share it out between national and local budgets in different ways."
    )
    text += f" Under {usual.name} {brief.tell(usual, 'local_spend_m')} of it is held locally."
    if brief.lowest is not None and brief.lowest is not usual:
        other = brief.lowest
        text += (
            f" Under {other.name} it is {brief.tell(other, 'local_spend_m')}, "
            f"{brief.tell_step(other, 'local_spend_m')}; local spend bought outside its "
            f"holder's territory is {brief.tell(other, 'held_outside_m')}, "
            f"{brief.tell_step(other, 'held_outside_m')}."
        )
    return text


def _list_money(brief: Brief) -> Table:
    national = brief.cite(
        "residents' spend on services that are held nationally",
        "services",
        "option is national",
        "sum(spend_m)",
        ["level", "spend_m"],
    )
    whole = brief.cite(
        "residents' spend on all services", "footprints", "all rows", "sum(spend_m)", ["spend_m"]
    )
    spend, held = brief.mark("footprints", "spend_m"), brief.mark("services", "level", "spend_m")
    rows = [
        (f"All services{spend}", *_per_option(brief, _spend), whole),
        (f"Commissioned nationally{held}", *_per_option(brief, _national), national),
    ]
    for measure, label in MEASURES:
        figures = [brief.figure(option, measure) for option in brief.options]
        mark = "†" if any(figure.is_modelled for figure in figures) else ""
        cells = [show(figure.value, "£m") for figure in figures]
        rows.append((f"{label}{mark}", *cells, f"[{figures[0].id.split('.')[0]}.n]"))
    rows += list(_list_costs(brief))
    return Table(
        "Money under each option, £m a year",
        (
            Column("", 3.4, "left"),
            *(Column(f"Option {option.number}", 1.0) for option in brief.options),
            Column("Ref.", 1.2, "left"),
        ),
        tuple(rows),
        note="Volatility is a standard deviation: in about one year in three spend differs from what "
        "is expected by more than this, up or down, if swings are near to normal.",
    )


def _list_costs(brief: Brief) -> Iterator[tuple[str, ...]]:
    found = {cost.term: cost for cost in list_costs(brief)}
    for term, label in COSTS:
        if term in found:
            yield (f"{label} (assumed)", *found[term].cells, f"[{found[term].reference}]")


def _per_option(brief: Brief, measure: Callable[[Option], float]) -> list[str]:
    return [show(measure(option), "£m") for option in brief.options]


def _spend(option: Option) -> float:
    return float(option.plan.footprints["spend_m"].sum())


def _national(option: Option) -> float:
    services = option.plan.services
    return float(services.loc[services["level"] == "national", "spend_m"].sum())


def _tell_limits(brief: Brief) -> str:
    return (
        "The score of an option in section 5 is in £m-equivalents: it adds money that is spent, such "
        "as running committees, to the worth that the weights give to care outside the footprint, "
        "to swings of cost, to integration forgone and to what holders buy elsewhere. It is a "
        "yardstick between options, not a budget. Not in it: the one-off cost of change, staff, "
        "estates, the income of single providers, and money held outside the services listed in Annex D."
    )


def _tell_flows(brief: Brief, option: Option) -> str:
    flows = brief.comparison.flows
    mine = flows[
        (flows["run"] == option.label) & (flows["from_footprint"] != flows["to_footprint"])
    ]
    top = mine.sort_values("local_spend_m", ascending=False).head(3)
    ways = "; ".join(
        f"from {row['from_footprint']} to {row['to_footprint']}, £{row['local_spend_m']:,.1f}m"
        for row in top.to_dict(orient="records")
    )
    reference = brief.cite(
        "largest flows of local spend between footprints",
        "flows_between_footprints",
        "from_footprint is not to_footprint",
        "largest local_spend_m",
        ["local_spend_m"],
    )
    mark = brief.mark("flows_between_footprints", "local_spend_m")
    return (
        f"The map shows {option.name}. The largest flows of what its footprints commission: {ways} "
        f"a year{mark} {reference}."
    )
