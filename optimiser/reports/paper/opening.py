"""Purpose, the decisions asked for and the background."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from optimiser.reports.paper.blocks import Block, Column, Heading, Paragraph, Table, points
from optimiser.reports.paper.brief import DAGGER, Brief, Option, count, mark_of
from optimiser.reports.sentences import join


def write_purpose(brief: Brief) -> Iterator[Block]:
    """What the paper is for, and first of all whether its figures are illustrative."""
    yield Heading(1, "Purpose")
    if brief.is_weak:
        yield Paragraph(
            f"Figures marked {DAGGER} rest on inputs that are modelled, illustrative or of unstated "
            "origin; Annex B names them. The paper shows how the options compare on those inputs. It "
            "is not a forecast, and no option should be adopted on these figures alone.",
            lead="This paper is illustrative. ",
            kind="callout",
        )
    if brief.comparison.unlike:
        yield Paragraph(
            " ".join(str(item) for item in brief.comparison.unlike),
            lead="The options are not like for like. ",
            kind="callout",
        )
    yield Paragraph(_tell_purpose(brief))


def _tell_purpose(brief: Brief) -> str:
    about = brief.usual.manifest["dataset"]
    vintage = f", {about['vintage']}" if about["vintage"] else ""
    example = brief.figure(brief.usual, "objective_m").id
    ground = (
        f"The inputs are {about['title']}{vintage}. Letters and numbers in square brackets, such "
        f"as [{example}], say where a figure comes from: Annex F resolves them to a file, a row and "
        "a column of the saved runs."
    )
    if len(brief.options) == 1:
        return (
            f"This paper sets out one way to group {count(brief.icb_count, 'ICB')} into footprints "
            f"that commission specialised services together: {brief.usual.name}. {ground}"
        )
    return (
        f"This paper sets {len(brief.options)} ways to group {count(brief.icb_count, 'ICB')} into "
        "footprints that commission specialised services together side by side, so that the board "
        f"can decide which to take forward. {brief.usual.name} stands for business as usual: the "
        f"other options are held against it. {ground}"
    )


def write_recommendation(brief: Brief) -> Iterator[Block]:
    """What the board is asked to decide; options, not a choice made for it."""
    yield Heading(1, "Recommendation")
    several = "to decide between the options of this paper. It is asked "
    yield Paragraph(f"The board is asked {several if len(brief.options) > 1 else ''}to:")
    yield points(list(_list_decisions(brief)), numbered=True)
    yield Heading(2, "The options in brief")
    yield points([(f"{option.name}: ", sum_up(brief, option)) for option in brief.options])
    yield Paragraph(_tell_ranking(brief))


def _list_decisions(brief: Brief) -> Iterator[str]:
    if brief.is_weak:
        yield "note that the figures are illustrative, and which inputs they rest on (Annex B);"
    yield "agree, or change, the criteria and weights of section 5 before relying on any ranking;"
    if len(brief.options) > 1:
        numbers = [str(option.number) for option in brief.options]
        yield f"decide which of options {join(numbers)} to take forward, and which to set aside;"
        broken = [str(option.number) for option in brief.options if option.broken]
        if broken:
            word = "level" if len(broken) == 1 else "options"
            yield (
                f"if {word} {join(broken)} should remain open, say which of the rules named in "
                "section 4 are to be set aside for it;"
            )
    yield "name an owner for each risk of section 7 that stays with the option taken forward;"
    yield "ask for the next steps of section 10."


def sum_up(brief: Brief, option: Option, where: str = "in section 4") -> str:
    """One option in a sentence or two; ``where`` says where the rules it breaks are named."""
    text = f"{brief.tell(option, 'footprints')} at {_objective(brief, option)}"
    if option is not brief.usual:
        text += f", {brief.tell_step(option, 'objective_m')}"
        text += f"; {_tell_moves(brief, option)}"
    return f"{text}. {_tell_rules(option, where)}"


def _objective(brief: Brief, option: Option) -> str:
    figure = brief.figure(option, "objective_m")
    return f"a score of £{figure.value:,.1f}m-equivalents{mark_of([figure])} [{figure.id}]"


def _tell_moves(brief: Brief, option: Option) -> str:
    if not option.moved:
        return "no ICB moves"
    reference = brief.cite(
        "ICBs whose footprint does not continue the one they had under Option 1, and their residents",
        "icbs",
        "icb and footprint, against Option 1",
        "count of rows; sum(population) by all residents",
        ["footprint", "population"],
    )
    people = _share_moved(brief, option)
    return (
        f"{len(option.moved)} of {brief.icb_count} ICBs move, {people:.0%} of residents {reference}"
    )


def _share_moved(brief: Brief, option: Option) -> float:
    moves = brief.comparison.moves
    mine = moves[moves["run"] == option.label]
    return float(mine.loc[mine["moved"], "population"].sum() / mine["population"].sum())


def _tell_rules(option: Option, where: str) -> str:
    if option.broken is None:
        return "Whether it keeps the scenario's rules was not asked."
    if not option.broken:
        return "It keeps every rule of its scenario."
    times = "breach" if len(option.broken) == 1 else "breaches"
    return f"It does not keep the scenario's rules: {len(option.broken)} {times}, named {where}."


def _tell_ranking(brief: Brief) -> str:
    lowest = brief.lowest
    if lowest is None or len(brief.options) == 1:
        return brief.tell_proof(brief.usual)
    text = (
        f"On the stated criteria and weights, and on these inputs, {lowest.name} has the lowest score "
        f"of the options that keep every rule{_tell_next(brief, lowest)}."
    )
    outcome = lowest.plan.outcome
    proven = outcome.status == "optimal" and outcome.scope is not None and outcome.gap == 0
    proof = brief.tell_proof(lowest)
    if proven:
        proof = proof.replace("Proven best.", "That is proven.", 1)
    return (
        f"{text} {proof} The score is the sum of the criteria in money's worth; it is not a cash "
        "saving."
    )


def _tell_next(brief: Brief, lowest: Option) -> str:
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


def write_background(brief: Brief) -> Iterator[Block]:
    """What was asked of the options, in the scenario's words and settings."""
    scenario = brief.usual.manifest["scenario"]
    yield Heading(1, "Background")
    yield Paragraph(
        "Specialised services can be commissioned nationally, by a footprint of several ICBs, or "
        "by a single ICB. Commissioning locally can join care up, and needs a population large "
        "enough to bear the swings of cost, providers close by, and organisations that are ready. "
        "A footprint whose residents are treated outside it pays for care that others shape. The "
        "options of this paper are groupings of ICBs, each measured with the level of every "
        "service that suits it best under the scenario below, or the levels that were given."
    )
    yield Heading(2, "What was asked")
    if scenario["title"]:
        yield Paragraph(f"{scenario['title']}.", lead="Scenario: ")
    for part in re.split(r"\n\s*\n", scenario.get("note", "").strip()):
        if part.strip():
            yield Paragraph(" ".join(part.split()))
    yield from _write_rules(brief)
    yield Heading(2, "What differs between the scenarios")
    yield from _write_differences(brief)


def _write_rules(brief: Brief) -> Iterator[Block]:
    rows = tuple(_list_settings(brief.usual))
    yield Table(
        f"Rules of the scenario of {brief.usual.name}",
        (Column("Rule", 2, "left"), Column("Setting", 3, "left")),
        rows,
        note="Source: manifest.json of the run, scenario.",
    )


def _list_settings(option: Option) -> Iterator[tuple[str, str]]:
    rules = option.manifest["scenario"]["footprints"]
    services = option.manifest["scenario"]["services"]
    ready = option.manifest["scenario"]["readiness"]
    yield "Number of footprints", _window(rules["count"])
    base = rules["population_base"]
    yield f"People of a footprint ({base}), millions", _window(rules["population_m"])
    yield "ICBs in a footprint", _window(rules["members"])
    if _is_set(rules["max_travel_minutes"]):
        yield (
            "Travel from any member to the lead ICB",
            f"at most {rules['max_travel_minutes']:g} min",
        )
    yield "In one piece on the map", "yes" if rules["contiguous"] else "not required"
    if rules["within_regions"]:
        yield "Within one region", "yes"
    for name in ("stand_alone", "keep_together", "keep_whole", "keep_apart", "fixed"):
        if rules.get(name):
            yield name.replace("_", " ").capitalize(), str(rules[name])
    yield "Levels open to a service", ", ".join(services["levels"])
    yield "Categories that may be held locally", ", ".join(services["categories"]).replace("_", " ")
    yield (
        "Providers inside the footprint of a local service",
        f"at least {services['min_providers']:g}",
    )
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


def _write_differences(brief: Brief) -> Iterator[Block]:
    table = brief.comparison.scenario_differences
    if len(brief.options) == 1:
        yield Paragraph("There is one option, and so one scenario.")
        return
    if table.empty:
        yield Paragraph(
            "Nothing: all options were measured under the same settings, inputs and version."
        )
        return
    columns = [Column("Setting", 2, "left")]
    columns += [Column(f"Option {option.number}", 1, "left") for option in brief.options]
    yield Table(
        "Settings in which the scenarios of the options differ",
        tuple(columns),
        tuple(tuple(str(cell) for cell in row) for row in table.to_numpy()),
        note="Source: manifest.json of each run, scenario.",
    )
