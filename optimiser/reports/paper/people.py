"""Equality and access, readiness, and next steps."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from optimiser.reports.paper.blocks import Block, Column, Heading, Paragraph, Table, points
from optimiser.reports.paper.brief import Brief, Option, count
from optimiser.reports.sentences import join
from optimiser.runs.compare.wording import show

MODES = {"delegated": "full delegation", "joint": "joint committee", "not_ready": "not ready"}


def write_access(brief: Brief) -> Iterator[Block]:
    """Travel, footprints that lack a service, and what the data can't say."""
    yield Heading(1, "Equality and access")
    yield Paragraph(
        "The data hold residents, travel and providers by ICB. They hold neither protected "
        "characteristics nor deprivation, so this section informs an equality and health "
        "inequalities impact assessment and does not replace it."
    )
    yield Paragraph(_tell_travel(brief))
    yield _count_lacking(brief)
    for option in described_options(brief):
        rows = tuple(_list_lacking(option))
        if rows:
            yield _lacking_table(brief, option, rows)


def described_options(brief: Brief) -> tuple[Option, ...]:
    """Options told by footprint: business as usual and the one of lowest cost."""
    lowest = brief.lowest
    return (brief.usual,) if lowest is None or lowest is brief.usual else (brief.usual, lowest)


def _tell_travel(brief: Brief) -> str:
    if not brief.has("travel_minutes"):
        return "The inputs hold no travel times."
    parts = [
        f"{brief.tell(option, 'travel_minutes')} under Option {option.number} (longest from a "
        f"member: {brief.tell(option, 'furthest_minutes')})"
        for option in brief.options
    ]
    return (
        "Travel is measured from residents to the lead ICB of their footprint, which says how far "
        "the committee is from the people it serves; patients' journeys to providers do not change "
        f"with the grouping. Mean travel is {'; '.join(parts)}."
    )


def lacking(option: Option) -> pd.DataFrame:
    """Services that some footprint may hold, in footprints without any provider of them.

    Returns:
        Rows of the plan's services with no provider inside, nationally specialised ones left out.
    """
    table = option.plan.services
    open_to_some = table.loc[table["level"] != "national", "service"].unique()
    return table[table["service"].isin(open_to_some) & (table["providers"] == 0)]


def _count_lacking(brief: Brief) -> Table:
    reference = brief.cite(
        "services without a provider in the footprint",
        "services",
        "service held locally by some footprint of the option; providers is 0",
        "count of rows; sum(patients)",
        ["level", "providers", "patients"],
    )
    rows = []
    for option in brief.options:
        rows.append((option.name, *_count_option(option)))
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


def _count_option(option: Option) -> tuple[str, str, str]:
    found = lacking(option)
    many = f"{found['footprint'].nunique()} of {len(option.plan.footprints)}"
    return str(found["service"].nunique()), many, f"{found['patients'].sum():,.0f}"


def _list_lacking(option: Option) -> Iterator[tuple[str, ...]]:
    found = lacking(option)
    for row in option.plan.footprints.to_dict(orient="records"):
        mine = found[found["footprint"] == row["footprint"]]
        if len(mine):
            names = mine.sort_values("patients", ascending=False)["name"].astype("str").tolist()
            people = show(float(row["population"]), "persons")
            yield (str(row["footprint"]), people, str(len(mine)), join(names, most=3))


def _lacking_table(brief: Brief, option: Option, rows: tuple[tuple[str, ...], ...]) -> Table:
    mark = brief.mark("services", "level", "providers", "patients")
    return Table(
        f"{option.name}: footprints that lack a service{mark}",
        (
            Column("Footprint", 2.0, "left"),
            Column("People, million", 0.9),
            Column("Services lacking", 0.9),
            Column("Those with most patients", 4.0, "left"),
        ),
        rows,
        note=f"Source: services.csv of run {option.number}. Footprints that lack none are left out.",
    )


def write_readiness(brief: Brief) -> Iterator[Block]:
    """Mode of the footprints, and where the lowest scores are."""
    yield Heading(1, "Readiness")
    if brief.usual.plan.readiness.empty:
        yield Paragraph("The inputs hold no readiness scores.")
        return
    yield Paragraph(
        "Readiness is scored in the domains of the pre-delegation assessment framework (PDAF), 0 to "
        "4. A footprint's mode follows from its lowest margin: each domain must reach the least "
        "score of the mode."
    )
    yield _list_modes(brief)
    yield Paragraph(_tell_lowest(brief))


def _list_modes(brief: Brief) -> Table:
    rows = [(option.name, *_count_modes(option), _lowest(option)) for option in brief.options]
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


def _lowest(option: Option) -> str:
    scores = option.plan.readiness
    row = scores.sort_values("score", kind="stable").iloc[0]
    return f"{row['score']:.2f}, {str(row['domain']).replace('_', ' ')}, {row['footprint']}"


def _tell_lowest(brief: Brief) -> str:
    option = brief.lowest or brief.usual
    scores = option.plan.readiness
    short = scores[scores["score"] < scores["delegated"]]
    needed = short.groupby("domain")["footprint"].nunique().sort_values(ascending=False)
    if needed.empty:
        return f"Under {option.name} every footprint reaches full delegation in every domain."
    top = [
        f"{str(domain).replace('_', ' ')} ({count(int(many), 'footprint')})"
        for domain, many in needed.head(3).items()
    ]
    mark = brief.mark("readiness", "score")
    return (
        f"Under {option.name} the domains in which most footprints fall short of full delegation "
        f"are {join(top)}{mark}."
    )


def write_next_steps(brief: Brief) -> Iterator[Block]:
    """What follows whichever option is taken forward."""
    yield Heading(1, "Next steps")
    yield Paragraph("Whichever option is taken forward:")
    yield points(list(_list_steps(brief)), numbered=True)


def _list_steps(brief: Brief) -> Iterator[str]:
    if brief.is_weak:
        yield (
            "replace the modelled and illustrative inputs by the ICBs' own figures (spend, patients, "
            "readiness) and make this paper again;"
        )
    yield "test the option with the ICBs and providers it touches, first those that would move;"
    yield "see how the answer holds when weights and uncertain inputs are changed;"
    yield "carry out an equality and health inequalities impact assessment;"
    yield "agree owners and dates for the risks of section 7, and a development plan for readiness;"
    yield "work out the one-off cost of change, which is not in these figures."
