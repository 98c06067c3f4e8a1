"""The board paper: usual order, every figure traceable, nothing claimed beyond the runs."""

from __future__ import annotations

import dataclasses
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import docx
import pandas as pd
import pytest
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from hypothesis import given
from hypothesis import strategies as st
from support.saved import Saved
from support.toy import TOY, write_toy_scenario

from optimiser.errors import InputError
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.evaluate import evaluate
from optimiser.reports.drawing import write_drawings
from optimiser.reports.paper import NAME, PICTURES, Order, list_blocks, write_paper
from optimiser.reports.paper.blocks import REFERENCE, Block, Heading, Paragraph, Points, Table
from optimiser.reports.paper.brief import Brief, Option
from optimiser.reports.paper.details import Details, read_details
from optimiser.reports.paper.hazards import (
    KINDS,
    SCANT_SHARE,
    THIN_PROVIDERS,
    find_scant,
    find_thin,
)
from optimiser.reports.paper.impact_tables import list_access, say_deprivation
from optimiser.reports.paper.money import (
    count_past,
    list_funding,
    list_trusts,
    say_step,
)
from optimiser.reports.paper.pdf import find_office, read_heading_pages
from optimiser.reports.paper.sentences import say_firm
from optimiser.reports.paper.tables import list_headlines
from optimiser.reports.paper.wording import NAME as TEMPLATE
from optimiser.reports.paper.wording import read_template
from optimiser.reports.pictures import list_drawings
from optimiser.reports.sentences import spell
from optimiser.runs.compare import Comparison, compare_runs
from optimiser.runs.compare.wording import round_off
from optimiser.runs.draws import Draws, as_grouping
from optimiser.runs.folder import read_run, read_table, write_run

pytestmark = pytest.mark.long

ORDER = (
    "Decisions asked for",
    "Background",
    "Options appraisal",
    "Finance",
    "Impact on providers",
    "Access and equality",
    "Readiness",
    "Governance",
    "Legal duties",
    "Risk register",
    "Transition and next steps",
)


@pytest.fixture(scope="module")
def brief(comparison: Comparison) -> Brief:
    """The brief of a paper without pictures."""
    return Brief(comparison, (), Path())


@pytest.fixture(scope="module")
def blocks(brief: Brief) -> list[Block]:
    """The paper's blocks."""
    return list_blocks(brief)


@pytest.fixture(scope="module")
def paper(comparison: Comparison, saved: Saved, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Word document with two pictures, made as where there is no LibreOffice."""
    folder = tmp_path_factory.mktemp("paper")
    wanted = ("maps", "terms")
    drawings = [one for one in list_drawings(comparison, saved.datasets) if one.name in wanted]
    write_drawings(drawings, folder / PICTURES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("optimiser.reports.paper.find_office", lambda: None)
        return write_paper(comparison, folder)[0]


@pytest.fixture
def _no_office(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimiser.reports.paper.find_office", lambda: None)


def _texts(block: Block) -> list[str]:
    if isinstance(block, Paragraph):
        return [block.lead, block.text]
    if isinstance(block, Points):
        return [text for item in block.items for text in _texts(item)]
    if isinstance(block, Table):
        heads = [column.heading for column in block.columns]
        return [*heads, *(cell for row in block.rows for cell in row), block.note]
    return []


def _tables(blocks: list[Block]) -> dict[str, Table]:
    return {block.caption: block for block in blocks if isinstance(block, Table)}


def test_the_sections_stand_in_the_usual_order(blocks: list[Block]) -> None:
    """A summary first, numbered sections, then the annexes by letter."""
    heads = [block.text for block in blocks if isinstance(block, Heading) and block.level == 1]
    numbered = [f"{at}. {name}" for at, name in enumerate(ORDER, 1)]
    assert heads[: len(ORDER) + 1] == ["Summary", *numbered]
    assert [head[:8] for head in heads[len(ORDER) + 1 :]] == [
        f"Annex {letter}:"[:8] for letter in "ABCDEFG"
    ]


def test_illustrative_figures_are_told_of_first(blocks: list[Block], brief: Brief) -> None:
    """The first paragraph says so where any measure rests on such inputs."""
    first = next(block for block in blocks if isinstance(block, Paragraph))
    assert brief.is_weak
    assert first.lead.startswith("Illustrative")


def test_published_figures_carry_no_mark(comparison: Comparison) -> None:
    """Where all inputs are published there is neither warning nor dagger."""
    runs = tuple(_publish(run) for run in comparison.runs)
    figures = {k: dataclasses.replace(f, basis="published") for k, f in comparison.figures.items()}
    trusted = dataclasses.replace(
        comparison,
        runs=runs,
        figures=figures,
        measures=comparison.measures.assign(basis="published"),
        terms=comparison.terms.assign(basis="published"),
    )
    body = [text for block in list_blocks(Brief(trusted, (), Path())) for text in _texts(block)]
    assert "Illustrative. " not in body
    assert [text for text in body if "†" in text] == [
        text for text in body if text.startswith("From the strongest")
    ]


def _publish(run: Any) -> Any:
    tables = {
        name: {
            **about,
            "columns": {k: {**v, "basis": "published"} for k, v in about["columns"].items()},
        }
        for name, about in run.manifest["tables"].items()
    }
    return dataclasses.replace(run, manifest={**run.manifest, "tables": tables})


def test_every_reference_resolves(blocks: list[Block], brief: Brief) -> None:
    """To a figure of the comparison for every option, or to a count of the paper's own."""
    cited = {
        part.strip()
        for block in blocks
        for text in _texts(block)
        for group in REFERENCE.findall(text)
        for part in group[1:-1].split(",")
    }
    assert len(cited) > 30
    figures = brief.comparison.figures
    counts = {one.key for one in brief.sources.found.values()}
    for key in cited:
        if key.startswith("D"):
            assert key in counts
        else:
            numbers = [str(option.number) for option in brief.options] if ".n" in key else [""]
            for number in numbers:
                assert key.replace(".n", f".{number}") in figures


def test_the_scores_are_the_figures(blocks: list[Block], brief: Brief) -> None:
    """Each cell of the scoring is its reference's figure; the best of each criterion is bold."""
    table = _tables(blocks)["The options on every criterion"]
    for at, row in enumerate(table.rows):
        family = row[-1].strip("[]").split(".")[0]
        figures = [brief.comparison.figures[f"{family}.{one.number}"] for one in brief.options]
        assert row[3:-1] == tuple(round_off(figure.value, figure.unit) for figure in figures)
        bold = [figures[column - 3].value for line, column in table.strong if line == at]
        if bold:
            values = [figure.value for figure in figures]
            assert bold[0] == (min(values) if row[2] == "lower" else max(values))


def test_a_plan_that_breaks_rules_is_not_called_the_cheapest(comparison: Comparison) -> None:
    """However little it costs; with every plan in breach none is."""
    by_cost = comparison.about.sort_values("objective")["run"].tolist()
    broken = pd.DataFrame({"run": by_cost[:1], "rule": ["members"], "sentence": ["Too many."]})
    brief = Brief(dataclasses.replace(comparison, broken_rules=broken), (), Path())
    assert brief.lowest is not None
    assert brief.lowest.label == by_cost[1]
    both = broken.merge(pd.DataFrame({"run": by_cost}), how="cross", suffixes=("_old", ""))
    none = Brief(
        dataclasses.replace(comparison, broken_rules=both[["run", "rule", "sentence"]]), (), Path()
    )
    assert none.lowest is None
    assert list_blocks(none)


def test_one_run_makes_a_paper(comparison: Comparison, saved: Saved) -> None:
    """Without anything to compare it with."""
    from optimiser.runs.compare import compare_runs

    alone = Brief(compare_runs(saved.runs[:1]), (), Path())
    words = " ".join(text for block in list_blocks(alone) for text in _texts(block))
    assert "one way to group" in words
    assert "asks the board" not in words


def test_a_service_is_thin_up_to_the_threshold(brief: Brief) -> None:
    """One provider more than the threshold and the risk is gone; nationally held it is none."""
    option = brief.usual
    services = option.plan.services.copy()
    services["level"], services["providers"] = "national", THIN_PROVIDERS + 1
    services.loc[services.index[0], "level"] = "footprint"
    services.loc[services.index[0], "providers"] = THIN_PROVIDERS
    services.loc[services.index[1], "providers"] = 0
    plan = dataclasses.replace(option.plan, services=services)
    found = find_thin(dataclasses.replace(option, plan=plan))
    row = services.iloc[0]
    assert found.places == (f"{row['name']} in {row['footprint']}",)
    assert found.spend_share == pytest.approx(1.0)


def test_the_register_counts_what_its_kinds_find(blocks: list[Block], brief: Brief) -> None:
    """Every kind of risk stands with its threshold and its number in each option."""
    table = _tables(blocks)["Number of risks of each kind"]
    for kind, row in zip(KINDS.values(), table.rows, strict=True):
        assert row[0].startswith(kind.name)
        numbers = [len(kind.find(option).places) for option in brief.options]
        shown = [cell.split(" ")[0].replace("none", "0") for cell in row[2:-1]]
        assert [int(text) for text in shown] == numbers


def test_headers_repeat_and_rows_stay_whole(paper: Path) -> None:
    """In every table of the document."""
    about, *tables = docx.Document(str(paper)).tables  # meeting and sponsor: a row is no header
    assert about.cell(0, 0).text == "Meeting"
    assert len(tables) > 15
    for table in tables:
        rows = table._tbl.tr_lst
        assert rows[0].find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert all(row.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None for row in rows)
        assert table._tbl.tblPr.find(qn("w:tblDescription")).get(qn("w:val"))


def test_captions_are_numbered_by_fields(paper: Path) -> None:
    """Tables and figures apart, each from one on."""
    document = docx.Document(str(paper))
    captions = [one.text for one in document.paragraphs if one.style.name == "Caption"]
    for kind in ("Table", "Figure"):
        mine = [text for text in captions if text.startswith(kind)]
        numbers = [int(re.findall(r"\d+", text)[0]) for text in mine]
        assert numbers == list(range(1, len(mine) + 1))
    codes = [one.text for one in document.element.iter(qn("w:instrText"))]
    assert sum("SEQ Figure" in code for code in codes) == 2
    assert sum("SEQ Table" in code for code in codes) == len(
        [text for text in captions if text.startswith("Table")]
    )


def test_the_contents_read_without_an_update(paper: Path, blocks: list[Block]) -> None:
    """Every heading stands in the field, each linked to its own bookmark; fields are closed."""
    document = docx.Document(str(paper))
    lines = [one for one in document.paragraphs if one.style.name in ("toc 1", "toc 2")]
    headings = [block.text for block in blocks if isinstance(block, Heading) and block.level < 2]
    assert [line.text.split("\t")[0] for line in lines] == headings
    links = [one.get(qn("w:anchor")) for one in document.element.iter(qn("w:hyperlink"))]
    marks = {one.get(qn("w:name")) for one in document.element.iter(qn("w:bookmarkStart"))}
    assert set(links) <= marks
    assert len(set(links)) == len(headings)
    kinds = [one.get(qn("w:fldCharType")) for one in document.element.iter(qn("w:fldChar"))]
    assert kinds.count("begin") == kinds.count("separate") == kinds.count("end")


def test_pictures_are_described_and_crisp(paper: Path) -> None:
    """Alternative text on each; at least 200 dots an inch at the size shown."""
    document = docx.Document(str(paper))
    assert len(document.inline_shapes) == 2
    for shape in document.inline_shapes:
        properties = shape._inline.docPr
        assert len(properties.get("descr")) > 40
        part = shape._inline.graphic.graphicData.pic.blipFill.blip.embed
        image = document.part.related_parts[part].image
        assert image.px_width / shape.width.inches >= 199


def test_the_document_says_what_it_is(paper: Path) -> None:
    """A4, in British English, for a present Word, with a title and page numbers."""
    document = docx.Document(str(paper))
    section, words = document.sections[0], document.core_properties
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert words.language == "en-GB"
    assert words.title.startswith("Footprints")
    languages = {one.get(qn("w:val")) for one in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"en-GB"}
    footer = [one.text for one in section.footer._element.iter(qn("w:instrText"))]
    assert [code.strip() for code in footer] == ["PAGE", "NUMPAGES"]
    settings = {
        one.get(qn("w:name")): one.get(qn("w:val"))
        for one in document.settings.element.iter(qn("w:compatSetting"))
    }
    assert settings["compatibilityMode"] == "15"


@pytest.mark.usefixtures("_no_office")
def test_the_same_runs_give_the_same_bytes(comparison: Comparison, tmp_path: Path) -> None:
    """The paper holds no time but that of the runs."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = (write_paper(comparison, folder)[0] for folder in folders)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.usefixtures("_no_office")
def test_the_teams_own_template_is_kept(comparison: Comparison, tmp_path: Path) -> None:
    """Its page, its styles, its footer and what it holds already."""
    own = docx.Document()
    own.styles["Heading 1"].font.size = Pt(31)
    own.sections[0].left_margin = Cm(4.5)
    own.sections[0].footer.paragraphs[0].text = "Our own footer"
    own.add_paragraph("Cover of the board")
    own.save(str(tmp_path / "own.docx"))
    made = write_paper(comparison, tmp_path, Order(tmp_path / "own.docx"))
    document = docx.Document(str(made[0]))
    assert made[0].name == NAME
    assert document.styles["Heading 1"].font.size == Pt(31)
    assert round(document.sections[0].left_margin.cm, 1) == 4.5
    assert document.sections[0].footer.paragraphs[0].text == "Our own footer"
    assert document.paragraphs[0].text == "Cover of the board"
    width = sum(column.width for column in document.tables[0].columns)
    section = document.sections[0]
    assert width <= section.page_width - section.left_margin - section.right_margin


@pytest.mark.usefixtures("_no_office")
def test_a_template_may_lack_styles(comparison: Comparison, tmp_path: Path) -> None:
    """As those saved by Word do: headings keep their level, lists their marks."""
    bare = docx.Document()
    for name in ("Heading 2", "List Bullet", "List Number", "Title", "Caption", "TOC Heading"):
        bare.styles[name].delete()
    bare.save(str(tmp_path / "bare.docx"))
    document = docx.Document(
        str(write_paper(comparison, tmp_path, Order(tmp_path / "bare.docx"))[0])
    )
    levels = document.styles["Heading 2"].element.iter(qn("w:outlineLvl"))
    assert [level.get(qn("w:val")) for level in levels] == ["1"]
    for name, mark in (("List Bullet", "•\t"), ("List Number", "1.\t")):
        first = next(one for one in document.paragraphs if one.style.name == name)
        assert first.text.startswith(mark)


@pytest.mark.usefixtures("_no_office")
@pytest.mark.parametrize("content", [b"", b"Not a document", b"PK\x05\x06" + bytes(18)])
def test_a_template_that_is_no_document_is_refused(
    comparison: Comparison, tmp_path: Path, content: bytes
) -> None:
    """With the file's name and what to do."""
    template = tmp_path / "template.dotx"
    template.write_bytes(content)
    with pytest.raises(InputError, match=r"template\.dotx.*\.docx"):
        write_paper(comparison, tmp_path, Order(template))


@pytest.mark.usefixtures("_no_office")
def test_names_may_hold_any_sign(comparison: Comparison, tmp_path: Path) -> None:
    """Signs that mean something in XML come through as they are."""
    name = 'A & B <"C"> [M1'
    first, *others = comparison.runs
    about = {**first.manifest["dataset"], "title": name}
    run = dataclasses.replace(first, manifest={**first.manifest, "dataset": about})
    odd = dataclasses.replace(comparison, runs=(run, *others))
    document = docx.Document(str(write_paper(odd, tmp_path)[0]))
    assert any(name in paragraph.text for paragraph in document.paragraphs)


@pytest.mark.long
@pytest.mark.skipif(find_office() is None, reason="LibreOffice is not installed")
def test_the_pdf_has_the_pages_of_the_contents(comparison: Comparison, tmp_path: Path) -> None:
    """LibreOffice opens the document; its pages stand in the contents of the final one."""
    made = write_paper(comparison, tmp_path)
    assert [path.name for path in made] == [NAME, TEMPLATE, "board-paper.pdf"]
    pages = read_heading_pages(made[2])
    lines = [
        one.text.split("\t")
        for one in docx.Document(str(made[0])).paragraphs
        if one.style.name == "toc 1"
    ]
    assert lines
    for text, page in lines:
        assert int(page) in pages[text]


def test_the_office_may_fail(
    comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then there is the Word document alone."""
    monkeypatch.setattr("optimiser.reports.paper.pdf.find_office", lambda: shutil.which("false"))
    made = write_paper(comparison, tmp_path)
    assert [path.name for path in made] == [NAME, TEMPLATE]
    assert zipfile.is_zipfile(made[0])


def test_a_footprint_that_holds_little_is_named(brief: Brief) -> None:
    """Below the stated share of the option's spend per resident, and at it no longer."""
    option = brief.usual
    table = option.plan.footprints.copy()
    table["population"] = 1e6
    table["local_spend_m"] = [100.0] * len(table)
    assert find_scant(_with_footprints(option, table)).places == ()
    table.loc[0, "local_spend_m"] = 0.0
    found = find_scant(_with_footprints(option, table))
    assert found.places == (table["footprint"].iloc[0],)
    assert "£0.0m a year, 0% of the mean per resident" in found.worst
    rest = len(table) - 1  # at exactly the share of the mean: x = SCANT_SHARE * (100 rest + x) / n
    table.loc[0, "local_spend_m"] = SCANT_SHARE * 100 * rest / (len(table) - SCANT_SHARE) + 1e-9
    assert find_scant(_with_footprints(option, table)).places == ()
    table["local_spend_m"] = 0.0
    assert find_scant(_with_footprints(option, table)).places == ()


def _with_footprints(option: Option, table: pd.DataFrame) -> Option:
    return dataclasses.replace(option, plan=dataclasses.replace(option.plan, footprints=table))


@pytest.mark.usefixtures("_no_office")
def test_our_words_come_back_from_the_template_as_they_went(
    comparison: Comparison, tmp_path: Path
) -> None:
    """The Word document of a pack, unchanged, makes the same paper."""
    made = write_paper(comparison, tmp_path)
    brief = Brief(comparison, (), Path())
    words = read_template(made[1])
    assert words is not None
    assert list_blocks(brief, words) == list_blocks(Brief(comparison, (), Path()))


@pytest.mark.usefixtures("_no_office")
def test_staff_change_words_and_order_in_word(comparison: Comparison, tmp_path: Path) -> None:
    """What they write stands in the paper, tags filled; their document's own text is no cover."""
    own = docx.Document()
    own.add_paragraph("Our question", style="Heading 1")
    own.add_paragraph("Shall we take {{ preferred.name }} of “{{ spell(options | length) }}”?")
    own.add_paragraph("{{ table(“score”) }}")
    own.save(str(tmp_path / "own.docx"))
    document = docx.Document(
        str(write_paper(comparison, tmp_path, Order(tmp_path / "own.docx"))[0])
    )
    brief = Brief(comparison, (), Path())
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts.count("Our question") == 1
    assert f"Shall we take {brief.preferred.name} of “{spell(len(brief.options))}”?" in texts
    assert len(document.tables) == 1
    own.add_paragraph("{{ tabel }}")
    own.save(str(tmp_path / "own.docx"))
    with pytest.raises(InputError, match="tabel"):
        write_paper(comparison, tmp_path, Order(tmp_path / "own.docx"))


def test_blanks_are_filled_from_the_details(comparison: Comparison, tmp_path: Path) -> None:
    """Owner and sponsor where the team gives them, a plain blank where not."""
    place = tmp_path / "paper.toml"
    place.write_text(
        'sponsor = "A. Director"\ndate = 2026-12-10\n[risks.thin]\nowner = "B. Owner"\n'
    )
    brief = Brief(comparison, (), Path(), read_details(place))
    tables = [block for block in list_blocks(brief) if isinstance(block, Table)]
    cells = {cell for table in tables for row in table.rows for cell in row}
    assert {"A. Director", "10 December 2026", "[author: to be completed]"} <= cells
    assert ("B. Owner" in cells) == bool(KINDS["thin"].find(brief.preferred).places)


@pytest.mark.parametrize(
    "text",
    [
        "sponser = 'x'",
        "preferred = 'two'",
        "[risks.unknown]\nowner = 'x'",
        "options = ['a', 'a']",
        "a",
    ],
)
def test_details_that_are_not_known_are_refused(tmp_path: Path, text: str) -> None:
    """With the file and what is known."""
    (tmp_path / "paper.toml").write_text(text)
    with pytest.raises(InputError, match=r"paper\.toml"):
        read_details(tmp_path / "paper.toml")


def test_headlines_carry_their_share_of_draws(comparison: Comparison) -> None:
    """The share is that of the draws in which the option's score is lower; not drawn is said."""
    first, second = comparison.names[:2]
    plans = {label: comparison.plans[label].grouping.values() for label in (first, second)}
    score = pd.DataFrame({first: [5.0, 5.0, 5.0, 5.0], second: [4.0, 4.0, 4.0, 6.0]})
    draws = Draws({}, {k: as_grouping(v) for k, v in plans.items()}, score, score, score - 4.0)
    brief = Brief(comparison, (), Path(), Details(preferred=2), draws)
    assert "scored better than Option 1 in 75% of draws" in say_firm(brief)
    assert "Not drawn" in say_firm(Brief(comparison, (), Path()))
    rows = {row[0]: row[1:] for row in list_headlines(brief).rows}
    assert rows["Draws with a better score than Option 1"][:2] == ("–", "75%")


@given(st.floats(-1e6, 1e6), st.sampled_from(["£m a year", "share", "persons", "minutes"]))
def test_rounding_keeps_the_size_of_a_figure(value: float, unit: str) -> None:
    """Never further off than a twentieth of the figure, or half of the last digit shown."""
    text = round_off(value, unit).replace(",", "").replace("−", "-").rstrip("%")
    factor = {"share": 100, "persons": 1e-6}.get(unit, 1)
    last = 1.0 if unit == "minutes" else 0.1
    assert abs(float(text) - value * factor) <= max(0.051 * abs(value * factor), last / 2 + 1e-4)


def test_money_of_the_preferred_option_is_what_the_members_have(brief: Brief, saved: Saved) -> None:
    """Historic money by footprint adds up that of its ICBs in the inputs; the last row is of all."""
    (table,) = list_funding(brief)
    assert saved.dataset.funding is not None
    historic = saved.dataset.funding.set_index("icb")["historic_m"]
    sums = [historic[list(icbs)].sum() for icbs in brief.preferred.plan.grouping.values()]
    names = [*brief.preferred.plan.grouping, "All"]
    expected = [round_off(float(value), "£m") for value in [*sums, historic.sum()]]
    assert [row[:2] for row in table.rows] == list(zip(names, expected, strict=True))
    assert (say_step(0.25), say_step(-0.25), say_step(0.0001)) == ("+25%", "−25%", "0.0%")


def test_travel_is_that_of_the_flows_under_every_option(brief: Brief, saved: Saved) -> None:
    """Patients weighted by minutes to where they are treated, the same whatever the grouping."""
    data = saved.dataset
    assert data.travel is not None
    host = data.flows["provider"].map(data.providers.set_index("provider")["icb"])
    pairs = data.travel.set_index(["from_icb", "to_icb"])["minutes"].to_dict()
    ways = zip(data.flows["icb"], host, data.flows["patients"], strict=True)
    known = [(pairs[a, b], n) for a, b, n in ways if (a, b) in pairs]
    mean = sum(minutes * n for minutes, n in known) / sum(n for _, n in known)
    far = sum(n for minutes, n in known if minutes > 60) / sum(n for _, n in known)
    shown = list_access(brief).rows
    rows = {row[0].rstrip("†"): set(row[1:-1]) for row in shown}
    assert rows["Patients' mean travel to where they are treated"] == {f"{mean:.0f} minutes"}
    assert any(
        row[0] == "Footprints without a centre, counted service by service†" for row in shown
    )
    assert rows["Patients who travel more than 60 minutes"] == {round_off(far, "share")}


def test_the_equality_section_has_deprivation_where_the_inputs_do(
    brief: Brief, tmp_path: Path
) -> None:
    """With the column, the most deprived fifth and everyone else have rows; without it, a sentence."""
    assert "no index of deprivation" in say_deprivation(brief)
    assert not any("deprived" in row[0] for row in list_access(brief).rows)
    scenario = read_scenario(write_toy_scenario(tmp_path))
    toy = read_dataset(TOY)
    icbs = toy.icbs.assign(deprived_share=[1.0, *[0.0] * (len(toy.icbs) - 1)])
    found = evaluate(scenario, "rows", dataclasses.replace(toy, icbs=icbs), no_optimum=True)
    run = read_run(write_run(found.plan, found.dataset, scenario, tmp_path / "run"))
    told = Brief(compare_runs([run]), (), Path())
    only = read_table(run, "access_icbs").set_index("icb").loc[toy.icbs["icb"][0]]
    rows = {row[0].rstrip("†"): row[1] for row in list_access(told).rows}
    assert rows["Their mean travel, most deprived fifth"] == f"{only['minutes']:.0f} minutes"
    assert rows["Of those, travel more than 60 minutes"] == round_off(only["far_share"], "share")
    assert "differences between places" in say_deprivation(told)


def test_trusts_stand_with_most_income_moved_first(brief: Brief, comparison: Comparison) -> None:
    """Those of the map alone, with what they would lose under both options; the limits count them."""
    (table,) = list_trusts(brief)
    saved = comparison.views["providers"]
    mine = saved[saved["run"] == brief.preferred.label].set_index("name")
    moved = [float(mine["lost_m"][row[0]] + mine["gained_m"][row[0]]) for row in table.rows]
    assert moved == sorted(moved, reverse=True)
    assert min(moved) > 0
    assert "Elsewhere" not in set(mine.loc[[row[0] for row in table.rows], "footprint"])
    past = mine[(mine["footprint"] != "Elsewhere") & (mine["income_m"] >= 10)]
    assert count_past(brief, brief.preferred)["most_lost"] == (past["lost_share"] > 0.1).sum()


def test_runs_without_the_tables_of_money_make_a_paper(comparison: Comparison) -> None:
    """As they were saved before: the tables are left out, the others stand."""
    none = {name: table.iloc[:0] for name, table in comparison.views.items()}
    old = list_blocks(Brief(dataclasses.replace(comparison, views=none), (), Path()))
    heads = {block.text for block in old if isinstance(block, Heading)}
    assert "Historic money and need" not in heads
    words = " ".join(text for block in old for text in _texts(block))
    assert "Patients' mean travel" not in words
    assert "a threshold of the scenario" not in words
    assert "Mean travel from residents to the lead ICB" in words
    for label in comparison.names:
        some = {k: table[table["run"] == label] for k, table in comparison.views.items()}
        assert list_blocks(Brief(dataclasses.replace(comparison, views=some), (), Path()))
