"""The web page: self-contained, the same figures, read and used by everyone, on its own."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from support.browser import find_chromium, open_chromium
from support.saved import Saved

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.proof.verify.checking import scenario_of
from optimiser.questions.evaluate import evaluate
from optimiser.reports.atlas import list_touching, read_atlas
from optimiser.reports.page import render_page, write_page
from optimiser.reports.tracing import trace_ground
from optimiser.runs.compare import Comparison
from optimiser.runs.compare.wording import show

CHROMIUM = find_chromium()
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def file(comparison: Comparison, saved: Saved, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the toy country's rows and columns."""
    return write_page(comparison, tmp_path_factory.mktemp("page"), saved.datasets)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with open_chromium(str(CHROMIUM)) as opened:
        yield opened


@dataclasses.dataclass
class Heard:
    """What a page asked for and said while it was open."""

    requests: list[str]
    messages: list[str]


@pytest.fixture
def heard() -> Heard:
    """Nothing yet."""
    return Heard([], [])


@pytest.fixture
def page(browser: Browser, file: Path, heard: Heard) -> Iterator[Page]:
    """The page, opened from disk."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.on("request", lambda request: heard.requests.append(request.url))
    opened.on("console", lambda message: heard.messages.append(message.text))
    opened.on("pageerror", lambda error: heard.messages.append(str(error)))
    opened.goto(file.as_uri())
    yield opened
    opened.close()


def _data(text: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found.group(1))


def test_the_page_refers_to_nothing_outside(file: Path) -> None:
    """No address, no file: links and fills stay within the page."""
    text = file.read_text(encoding="utf-8").replace(
        "http://www.w3.org/2000/svg", "a name, not a place"
    )
    outside = re.findall(r"""(?:src|href)\s*=\s*["'](?!#)|url\((?!#)|@import|//[a-z]+\.""", text)
    assert outside == []


def test_the_policy_names_what_is_in_the_page(file: Path) -> None:
    """Style and script by their hashes; nothing else may load or run."""
    text = file.read_text(encoding="utf-8")
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert found
    policy = html.unescape(found.group(1))
    for tag in ("style", "script"):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert inside
        digest = hashlib.sha256(inside.group(1).encode("utf-8")).digest()
        assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_the_page_shows_the_figures_of_the_comparison(file: Path, comparison: Comparison) -> None:
    """Every measure of the baseline, with its reference."""
    text = file.read_text(encoding="utf-8")
    lines = comparison.measures[comparison.measures["run"] == comparison.baseline]
    for row in lines.to_dict(orient="records"):
        family = str(row["figure"]).split(".")[0]
        found = re.search(rf"<tr>(?:(?!</tr>).)*\[{family}\.n\]</td></tr>", text)
        assert found
        assert f"<td>{show(float(row['value']), str(row['unit']))}</td>" in found.group(0)


def test_the_services_are_those_of_the_runs(file: Path, comparison: Comparison) -> None:
    """Level and spend of each service in each footprint."""
    data = _data(file.read_text(encoding="utf-8"))
    codes = [service[1] for service in data["services"]]
    for plan, shown in zip(comparison.plans.values(), data["plans"], strict=True):
        for row in plan.services.to_dict(orient="records"):
            place = shown["footprints"].index(row["footprint"])
            cells = shown["by_footprint"][place][codes.index(str(row["service"]))]
            assert cells[0].lower() == row["level"]
            assert cells[1] == round(row["spend_m"], 1)
            assert data["reasons"][cells[6]] == row["reason"]


def test_names_cannot_leave_their_place(comparison: Comparison) -> None:
    """A name that looks like an element is shown as it is written."""
    sly = "</script><script>alert(1)</script>"
    first, *others = comparison.runs
    about = {**first.manifest["dataset"], "title": sly}
    icbs = first.plan.icbs.assign(name=sly)
    plan = dataclasses.replace(first.plan, icbs=icbs)
    run = dataclasses.replace(first, plan=plan, manifest={**first.manifest, "dataset": about})
    text = render_page(dataclasses.replace(comparison, runs=(run, *others)), None)
    assert "<script>alert" not in text
    assert html.escape(sly) in text
    assert sly in _data(text)["plans"][0]["icbs"].values()


def test_without_the_inputs_there_is_no_map(comparison: Comparison, tmp_path: Path) -> None:
    """And the page says so."""
    text = write_page(comparison, tmp_path).read_text(encoding="utf-8")
    assert "There is no map" in text
    assert 'class="area"' not in text


def test_borders_lie_between_neighbours(saved: Saved) -> None:
    """Every ICB has an area; two share a line exactly when they touch."""
    atlas = read_atlas(saved.dataset)
    ground = trace_ground(atlas)
    shared = {frozenset((line.icb, line.other)) for line in ground.lines if line.other}
    touching = list_touching({icb: (icb,) for icb in atlas.points}, atlas)
    assert set(ground.areas) == set(atlas.points)
    assert shared <= {frozenset((a, b)) for a, others in touching.items() for b in others}
    assert len(shared) >= len(atlas.points) - 1
    assert ground.links == ""


def test_without_boundaries_icbs_are_discs(saved: Saved) -> None:
    """Joined by the links of the dataset, none on another."""
    atlas = read_atlas(dataclasses.replace(saved.dataset, boundaries=None))
    ground = trace_ground(atlas)
    assert set(ground.areas) == set(atlas.points)
    assert ground.links.count("M") == len(atlas.links)
    assert not any(line.other for line in ground.lines)


@needs_chromium
def test_nothing_is_asked_for_and_nothing_goes_wrong(page: Page, heard: Heard, file: Path) -> None:
    """One request, for the file itself; not a word on the console."""
    page.get_by_role("radio").nth(1).check()
    page.locator("#find").fill("a")
    assert heard.requests == [file.as_uri()]
    assert heard.messages == []


@pytest.mark.long
@needs_chromium
@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_everyone_can_use_the_page(page: Page, width: int) -> None:
    """No serious fault by axe, also with a footprint chosen; nothing is wider than the screen."""
    page.set_viewport_size({"width": width, "height": 850})
    page.locator("div.plan:visible tbody button").first.click()
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in SERIOUS] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@needs_chromium
def test_the_switcher_changes_map_and_tables(page: Page, comparison: Comparison) -> None:
    """Fills follow the plan; only its footprints are in sight, by number; it is announced."""
    order = comparison.numbers.sort_values("number").groupby("run")["footprint"].agg(list)
    for at, (label, plan) in enumerate(comparison.plans.items()):
        page.get_by_role("radio").nth(at).check()
        names = page.locator("div.plan:visible tbody button").all_text_contents()
        assert names == order[label]
        assert sorted(names) == sorted(plan.footprints["footprint"])
        fills = {
            area["icb"]: area["fill"]
            for area in page.eval_on_selector_all(
                ".area", "all => all.map(a => ({icb: a.dataset.icb, fill: a.getAttribute('fill')}))"
            )
        }
        for members in plan.grouping.values():
            assert len({fills[icb] for icb in members}) == 1
        assert len(set(fills.values())) == len(plan.footprints)
        assert label in (page.text_content("#announced") or "")


@needs_chromium
def test_services_sort_both_ways(page: Page) -> None:
    """By number as numbers; the heading says which way."""
    head = page.locator("#service-table th[data-key='4']")
    for direction, sign in (("descending", -1), ("ascending", 1)):
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == direction
        cells = page.locator("#service-table tbody td:nth-child(5)").all_text_contents()
        values = [float(text.replace(",", "")) for text in cells]
        assert values == sorted(values, key=lambda value: sign * value)


@needs_chromium
def test_a_footprint_is_chosen_with_the_keyboard(page: Page, comparison: Comparison) -> None:
    """Its button is pressed, the others' areas step back, its services say why."""
    plan = comparison.plans[comparison.baseline]
    button = page.locator("div.plan:visible tbody button").first
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    dim = page.eval_on_selector_all(".area.dim", "all => all.map(a => a.dataset.icb)")
    assert set(dim) == set(plan.icbs["icb"]) - set(
        plan.grouping[plan.footprints["footprint"].iloc[0]]
    )
    reasons = page.locator("#service-table tbody td:last-child").all_text_contents()
    mine = plan.services[plan.services["footprint"] == plan.footprints["footprint"].iloc[0]]
    assert reasons == mine["reason"].tolist()
    page.keyboard.press("Enter")
    assert page.locator(".area.dim").count() == 0


@needs_chromium
def test_the_map_and_the_table_are_linked(page: Page, comparison: Comparison) -> None:
    """Pointing names the ICB, choosing an area presses its footprint's button."""
    icb, name, home = (
        comparison.plans[comparison.baseline].icbs[["icb", "name", "footprint"]].iloc[0]
    )
    area = page.locator(f".area[data-icb='{icb}']").first
    area.hover(force=True)
    assert page.text_content("#pointed") == f"{name} ({icb}): {home}"
    area.click(force=True)
    pressed = page.locator("div.plan:visible tbody button[aria-pressed=true]")
    assert pressed.all_text_contents() == [home]


@pytest.mark.long
@needs_chromium
def test_moved_icbs_add_up_to_the_engines_digits(page: Page, saved: Saved) -> None:
    """As saved, after moves to neighbours, alone and in parts: every figure as it would be printed."""
    run = next(iter(saved.runs))
    scenario = scenario_of(run.manifest, saved.dataset.folder)
    _check_what_if(
        page, scenario, saved.dataset, {n: list(m) for n, m in run.plan.grouping.items()}
    )
    draw, seen = random.Random(3), set()
    grouping = {name: list(icbs) for name, icbs in run.plan.grouping.items()}
    for _ in range(8):
        icb = draw.choice([icb for icbs in grouping.values() for icb in icbs])
        page.select_option("#what-if-icb", value=icb)
        places = page.locator("#what-if-to option").all_text_contents()
        if not places:
            continue
        to = draw.choice(places)
        page.select_option("#what-if-to", label=to)
        page.click("#what-if-move")
        said = page.text_content("#what-if-said") or ""
        name = said.partition(" is now in ")[2].removesuffix(".")
        grouping = {n: [i for i in icbs if i != icb] for n, icbs in grouping.items()}
        grouping.setdefault(name, []).append(icb)
        grouping = {n: icbs for n, icbs in grouping.items() if icbs}
        seen.add(_check_what_if(page, scenario, saved.dataset, grouping))
        fills = page.eval_on_selector_all(".area", "all => all.map(a => a.getAttribute('fill'))")
        assert len(set(fills)) == len(grouping)
    assert seen == {True, False}
    page.click("#what-if-reset")
    _check_what_if(
        page, scenario, saved.dataset, {n: list(m) for n, m in run.plan.grouping.items()}
    )


def _check_what_if(
    page: Page, scenario: Scenario, dataset: Dataset, grouping: dict[str, list[str]]
) -> bool:
    """Compare the page's table with the engine's measures; whether every footprint is in one piece."""
    found = evaluate(scenario, grouping, dataset, no_optimum=True)
    parted = {it.where for it in found.broken_rules if it.rule == "contiguous"}
    table = {
        row.locator("th").inner_text(): row.locator("td").all_text_contents()
        for row in page.locator("#what-if-table tbody tr").all()
    }
    for row in found.plan.footprints.to_dict(orient="records"):
        assert table[row["footprint"]] == [
            str(row["members"]),
            show(row["population"], "persons"),
            show(row["spend_m"], "£m"),
            show(row["scope_spend_m"], "£m"),
            show(row["leakage_m"], "£m"),
            show(row["leakage_share"], "share"),
            "no: it is in parts" if row["footprint"] in parted else "yes",
        ]
    whole = table.pop("All footprints")
    share = found.plan.footprints["leakage_m"].sum() / found.plan.footprints["scope_spend_m"].sum()
    assert whole[5] == show(share, "share")
    assert set(table) == set(grouping)
    return not parted


def test_without_the_same_inputs_nothing_can_be_moved(
    comparison: Comparison, saved: Saved, tmp_path: Path
) -> None:
    """A flow that changed since would make figures that are not the runs'."""
    changed = dataclasses.replace(saved.dataset, hashes={**saved.dataset.hashes, "flows.csv": "x"})
    text = write_page(comparison, tmp_path, {"Rows": changed}).read_text(encoding="utf-8")
    assert _data(text)["what_if"] is None


@needs_chromium
def test_without_script_the_tables_are_there(browser: Browser, file: Path) -> None:
    """All but the services: measures, footprints of every plan, ICBs."""
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(file.as_uri())
    captions = opened.locator("table:visible caption").all_text_contents()
    context.close()
    assert sum(caption.endswith("see its services)") for caption in captions) == 2
    assert any(caption.startswith("Measures") for caption in captions)
