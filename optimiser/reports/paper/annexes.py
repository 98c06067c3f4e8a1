"""Annexes: method and scope of the proof, data, footprints, services, moves."""

from __future__ import annotations

from collections.abc import Iterator

from optimiser.reports.paper.appraisal import show_picture
from optimiser.reports.paper.blocks import Block, Column, Heading, Paragraph, Table, points, words
from optimiser.reports.paper.brief import DAGGER, WEAK, Brief, Option, meaning_of
from optimiser.reports.paper.origins import write_glossary, write_sources
from optimiser.reports.paper.rows import FOOTPRINT_COLUMNS, list_homes, list_members
from optimiser.reports.pictures import slug
from optimiser.reports.sentences import join, state_proof
from optimiser.runs.compare.wording import show

HASH = 12
"""Characters of a SHA-256 that the paper prints; the manifest holds all of it."""


def write_method(brief: Brief) -> Iterator[Block]:
    """How the options were measured, and over what anything is proven."""
    yield Heading(1, "Annex A: method and scope of the proof")
    yield Paragraph(
        "A grouping of the ICBs is measured together with the level of each service: national, "
        "footprint or, where the scenario opens it, single ICB. Each criterion is measured in its "
        "own unit, multiplied by its weight and added up. A solved option is the grouping and "
        "the levels that make that sum least among all groupings within the rules; a solver finds "
        "it together with a bound that no plan within the rules can beat. A given option is measured "
        "on the same scale, with the levels that suit it best unless they were given with it."
    )
    yield points([(f"{option.name}: ", _tell_proof(option)) for option in brief.options])
    yield Paragraph(
        "A proof holds for the inputs, rules, weights and candidates named, and for nothing else: it "
        "says that no other plan within them costs less, not that the inputs are right. "
        "“footprints verify” checks the runs and this pack again without a solver."
    )


def _tell_proof(option: Option) -> str:
    scope = option.plan.outcome.scope
    text = state_proof(option.plan.outcome)
    if scope is None:
        return text
    rules = f" Rules of a footprint: {'; '.join(scope.rules)}." if scope.rules else ""
    hashed = f" Hash of the list of candidates: {scope.candidates_hash[:HASH]}."
    return f"{text}{rules}{hashed}"


def write_data(brief: Brief) -> Iterator[Block]:
    """What the figures rest on."""
    about = brief.usual.manifest["dataset"]
    yield Heading(1, "Annex B: data, provenance and limits")
    yield Paragraph(
        f"{about['title']} (vintage {about['vintage'] or 'not stated'}).", lead="Inputs: "
    )
    if about["attribution"]:
        yield Paragraph(about["attribution"], lead="Attribution: ")
    if brief.comparison.notes:
        yield Paragraph("What a reader must know of the inputs:")
        yield points(list(brief.comparison.notes))
    yield _list_bases(brief)
    yield _list_runs(brief)


def _list_bases(brief: Brief) -> Table:
    columns = brief.usual.manifest["tables"]["footprints.csv"]["columns"]
    shown = [name for name in columns if name not in ("footprint", "icbs", "lead_name")]
    rows = tuple(
        (name, meaning_of("footprints", name), _say_basis(brief.basis("footprints", name)))
        for name in shown
    )
    return Table(
        "Figures of a footprint and the weakest kind of input behind each",
        words(("Column", "What it is", "Weakest input"), (1.9, 3.6, 1.4)),
        rows,
        note="From the strongest to the weakest: given, published, derived, modelled, illustrative, "
        f"unstated. {DAGGER} in this paper: one of the last three.",
    )


def _say_basis(basis: str) -> str:
    return f"{basis} {DAGGER}" if basis in WEAK else basis


def _list_runs(brief: Brief) -> Table:
    about = brief.comparison.about.set_index("run")
    rows = tuple(
        (
            str(option.number),
            option.label,
            f"{option.manifest['scenario_name']}, {option.plan.name}",
            str(about.loc[option.label, "run_id"]),
            str(about.loc[option.label, "status"]).replace("_", " "),
            str(about.loc[option.label, "manifest_sha256"])[:HASH],
        )
        for option in brief.options
    )
    return Table(
        "The saved runs behind the options",
        words(
            ("No.", "Option", "Scenario and plan", "Run", "Status", "SHA-256 of its manifest"),
            (0.5, 1.8, 2.2, 1.8, 1.0, 1.5),
        ),
        rows,
        note="The first twelve characters of each hash; the pack's manifest.json holds all of them.",
    )


def write_footprints(brief: Brief) -> Iterator[Block]:
    """Every footprint of every option."""
    yield Heading(1, "Annex C: footprints of each option")
    for option in brief.options:
        yield Heading(2, option.name)
        yield _members(brief, option)
        yield _figures(brief, option)


def _members(brief: Brief, option: Option) -> Table:
    rows = tuple(
        (str(it.number), it.name, join(it.icbs, most=len(it.icbs)), it.lead, it.mode, it.reference)
        for it in list_members(brief, option)
    )
    return Table(
        f"{option.name}: members of the footprints",
        words(
            ("Map", "Footprint", "ICBs", "Lead ICB", "Mode", "Ref."), (0.5, 1.7, 3.4, 1.5, 0.9, 0.7)
        ),
        tuple(rows),
        note="Map: number on the maps; footprints that continue one another share it. Lead ICBs are "
        "proposals by score.",
    )


def _figures(brief: Brief, option: Option) -> Table:
    members = list_members(brief, option)
    rows = [(member.name, *member.cells, member.reference) for member in members]
    columns = [
        Column(f"{heading}{brief.mark('footprints', column)}", 1.0)
        for column, heading, _ in FOOTPRINT_COLUMNS
    ]
    return Table(
        f"{option.name}: figures of the footprints",
        (Column("Footprint", 2.2, "left"), *columns, Column("Ref.", 0.75, "left")),
        tuple(rows),
        note="A figure's reference is that of its row with the name of its column, such as "
        f"[F1.{option.number}.local_spend_m].",
    )


def write_services(brief: Brief) -> Iterator[Block]:
    """Every service: its level under each option."""
    yield Heading(1, "Annex D: services")
    yield Paragraph(
        "For each option the number of footprints that commission the service locally, of all its "
        "footprints; a dash where it is national everywhere. The reason for each level stands in "
        "services.csv of the run, row by row."
    )
    yield _list_services(brief)
    shown = brief.lowest or brief.usual
    yield from show_picture(brief, f"services-{slug(shown.label)}")


def _list_services(brief: Brief) -> Table:
    first = brief.usual.plan.services
    spend = first.groupby("service", sort=False)["spend_m"].sum()
    about = first.drop_duplicates("service").set_index("service")
    held = {
        option.number: (option.plan.services["level"] != "national")
        .groupby(option.plan.services["service"])
        .sum()
        for option in brief.options
    }
    rows = tuple(
        (
            str(code),
            str(about.loc[code, "name"]),
            str(about.loc[code, "category"]).replace("_", " "),
            show(float(spend[code]), "£m"),
            *(
                _held(int(held[option.number].get(code, 0)), len(option.plan.footprints))
                for option in brief.options
            ),
        )
        for code in spend.index
    )
    mark, level = brief.mark("services", "spend_m"), brief.mark("services", "level")
    return Table(
        "Services and the footprints that hold them",
        (
            *words(("Code", "Service", "Category"), (0.75, 3.9, 1.3)),
            Column(f"Spend, £m{mark}", 0.9),
            *(Column(f"Option {option.number}{level}", 1.12) for option in brief.options),
        ),
        rows,
        note=f"Source: services.csv of each run; category as the inputs give it. {_ref_services(brief)}",
    )


def _ref_services(brief: Brief) -> str:
    reference = brief.cite(
        "footprints that hold a service locally; spend on the service",
        "services",
        "rows of the service",
        "count of rows whose option is not national; sum(spend_m)",
        ["level", "spend_m"],
    )
    return f"Ref. {reference}"


def _held(many: int, of: int) -> str:
    return f"{many} of {of}" if many else "–"


def write_moves(brief: Brief) -> Iterator[Block]:
    """Where every ICB is under each option."""
    if len(brief.options) == 1:
        return
    yield Heading(1, "Annex E: the footprint of each ICB")
    yield Paragraph(
        "In bold where the footprint does not continue the one the ICB is in under Option 1. A "
        "footprint continues that which gives it most ICBs, each at most once."
    )
    homes = list(list_homes(brief))
    strong = {(at, 1 + option) for at, home in enumerate(homes) for option in home.moved}
    yield Table(
        "Footprint of each ICB under each option",
        (
            Column("ICB", 1.9, "left"),
            *(Column(f"Option {option.number}", 1.4, "left") for option in brief.options),
        ),
        tuple((home.icb, *home.footprints) for home in homes),
        frozenset(strong),
        note="Source: icbs.csv of each run.",
    )
    yield from show_picture(brief, "together")


def list_annexes(brief: Brief) -> Iterator[Block]:
    """All annexes; the sources come last but one, when everything has been cited."""
    yield from write_method(brief)
    yield from write_data(brief)
    yield from write_footprints(brief)
    yield from write_services(brief)
    yield from write_moves(brief)
    yield from write_sources(brief)
    yield from write_glossary()
