"""Tables of the annexes: what the figures rest on, every footprint, service and ICB, every reference."""

from __future__ import annotations

from optimiser.reports.paper.blocks import Column, Table, words
from optimiser.reports.paper.brief import DAGGER, Brief, Option, meaning_of, read_row
from optimiser.reports.paper.rows import FOOTPRINT_COLUMNS, Member, list_homes, list_members
from optimiser.reports.sentences import join
from optimiser.runs.basis import WEAK
from optimiser.runs.compare.wording import TERMS, say_term, show

HASH = 12
"""Characters of a SHA-256 that the paper prints; the manifest holds all of it."""


def list_bases(brief: Brief) -> Table:
    """The weakest input behind each figure of a footprint."""
    columns = brief.usual.manifest["tables"]["footprints.csv"]["columns"]
    shown = [name for name in columns if name not in ("footprint", "icbs", "lead_name")]
    bases = {name: brief.basis("footprints", name) for name in shown}
    rows = tuple(
        (meaning_of("footprints", name), name, f"{basis} {DAGGER}" if basis in WEAK else basis)
        for name, basis in bases.items()
    )
    return Table(
        "Figures of a footprint and the weakest kind of input behind each",
        words(("What it is", "Column", "Weakest input"), (3.6, 1.9, 1.4)),
        rows,
        note="From the strongest to the weakest: given, published, derived, modelled, illustrative, "
        f"unstated. {DAGGER} in this paper: one of the last three.",
    )


def list_runs(brief: Brief) -> Table:
    """The saved runs behind the options."""
    about = brief.comparison.about.set_index("run").astype("str")
    rows = tuple(
        (
            str(option.number),
            option.label,
            f"{option.manifest['scenario']['title']}; {option.origin}",
            about["run_id"][option.label],
            about["status"][option.label].replace("_", " "),
            about["manifest_sha256"][option.label][:HASH],
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


def _sort_members(brief: Brief, option: Option) -> list[Member]:
    """The footprints of an option by their numbers on the maps."""
    return sorted(list_members(brief, option), key=lambda it: it.number)


def list_footprint_members(brief: Brief, option: Option) -> Table:
    """ICBs, lead and mode of each footprint of an option."""
    rows = tuple(
        (str(it.number), it.name, join(it.icbs, most=len(it.icbs)), it.lead, it.mode, it.reference)
        for it in _sort_members(brief, option)
    )
    return Table(
        f"{option.name}: members of the footprints",
        words(
            ("Map", "Footprint", "ICBs", "Lead ICB", "Mode", "Ref."), (0.5, 1.7, 3.4, 1.5, 0.9, 0.7)
        ),
        rows,
        note="Map: number on the maps; footprints that continue one another share it. Lead ICBs are "
        "proposals by score.",
    )


def list_footprint_figures(brief: Brief, option: Option) -> Table:
    """Figures of each footprint of an option."""
    members = _sort_members(brief, option)
    columns = (
        Column(f"{heading}{brief.mark('footprints', column)}")
        for column, heading, _ in FOOTPRINT_COLUMNS
    )
    return Table(
        f"{option.name}: figures of the footprints",
        (Column("Footprint", 2.2, "left"), *columns, Column("Ref.", 0.75, "left")),
        tuple((member.name, *member.cells, member.reference) for member in members),
        note="A figure's reference is that of its row with the name of its column, such as "
        f"[F1.{option.number}.local_spend_m].",
    )


def list_services(brief: Brief) -> Table:
    """Services that some footprint holds, and how many footprints of each option do."""
    services = brief.usual.plan.services.groupby("service", sort=False)
    about = services.agg(name=("name", "first"), spend=("spend_m", "sum"))
    held = {code for option in brief.options for code in option.local["service"].astype("str")}
    rows = tuple(
        (
            str(row["name"]),
            str(code),
            show(float(row["spend"]), "£m"),
            *(_count_holding(option, str(code)) for option in brief.options),
        )
        for code, row in about.iterrows()
        if str(code) in held
    )
    reference = brief.cite(
        "footprints that hold a service locally; spend on the service",
        "services",
        "rows of the service",
        "count of rows whose level is not national; sum(spend_m)",
        ["level", "spend_m"],
    )
    return Table(
        "Services and the footprints that hold them",
        (
            *words(("Service", "Code"), (5.2, 0.75)),
            Column(f"Spend, £m{brief.mark('services', 'spend_m')}", 0.9),
            *brief.head_options(1.12, mark=brief.mark("services", "level")),
        ),
        rows,
        note=f"Source: services.csv of each run. Ref. {reference}",
    )


def _count_holding(option: Option, service: str) -> str:
    many = int((option.local["service"].astype("str") == service).sum())
    return f"{many} of {len(option.plan.footprints)}" if many else "–"


def list_moves(brief: Brief) -> Table:
    """The footprint of each ICB under each option, in bold where it moves."""
    homes = list(list_homes(brief))
    return Table(
        "Footprint of each ICB under each option",
        (
            Column("ICB", 2.2, "left"),
            *(Column(f"Option {option.number}", 1.4, "left") for option in brief.on_one_map),
        ),
        tuple((home.icb, *home.footprints) for home in homes),
        frozenset((at, 1 + option) for at, home in enumerate(homes) for option in home.moved),
        note="Source: icbs.csv of each run.",
    )


def resolve_figures(brief: Brief) -> Table:
    """Where measures and terms stand in the files of a run."""
    rows = []
    for figure in brief.comparison.figures.values():
        family, _, rest = figure.id.partition(".")
        column = rest.partition(".")[2]
        is_of_footprint = figure.table == "footprints" and figure.row != "*"
        if figure.run != brief.usual.label or is_of_footprint or column == "measure":
            continue
        key = f"{family}.n" + (f".{column}" if column else "")
        place = "manifest.json" if figure.table == "manifest" else f"{figure.table}.csv"
        row = _describe_row(figure.table, read_row(figure))
        rows.append((key, place, row, figure.column, figure.basis))
    return Table(
        "Measures and terms",
        words(
            ("Ref.", "File of the run", "Row", "Column or sum", "Weakest input"),
            (1.3, 1.6, 1.7, 3.4, 1.2),
        ),
        tuple(rows),
        note="n: number of the option.",
    )


def _describe_row(table: str, row: str) -> str:
    if table == "manifest":
        return "–"
    return f"{say_term(row)} ({row})" if table == "terms" and row in TERMS else row


def resolve_rows() -> Table:
    """Where figures of a footprint stand."""
    return Table(
        "Figures of one footprint",
        words(("Ref.", "File of the run", "Row", "Column"), (1.5, 1.5, 2.5, 2.5)),
        (("Fr.n.column", "footprints.csv", "row r of run n", "the column named"),),
        note="Rows are counted from the first footprint of the file; Annex C has the reference of each.",
    )


def resolve_counts(brief: Brief) -> Table:
    """What the paper counted itself, and how."""
    rows = tuple(
        # a file's name may go over two lines after an underscore
        (it.key, it.meaning, it.file.replace("_", "_\u200b"), it.rows, it.how, it.basis)
        for it in brief.sources.found.values()
    )
    return Table(
        "What this paper counted itself",
        words(
            ("Ref.", "What", "File of the run", "Rows", "How", "Weakest input"),
            (0.6, 2.4, 1.8, 2.2, 1.7, 1.1),
        ),
        rows,
        note="Worked out for each option from its own run.",
    )
