"""The what-if page in a real browser: moved, asked, kept and reloaded as a director would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.browser import find_chromium, open_chromium
from support.toy import write_toy_scenario

from optimiser.app.running import OpenApp, open_app
from optimiser.questions.evaluate import evaluate
from optimiser.questions.roadmap import roadmap
from optimiser.questions.solve import solve
from optimiser.reports.pack import check_pack
from optimiser.runs.compare.wording import show

CHROMIUM = find_chromium()
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.long,
]
PATIENCE = 30_000
"""Milliseconds: a busy machine takes its time, and nothing here is timed."""
PACK_PATIENCE = 240_000
"""The same for a pack, whose PDF LibreOffice makes twice."""
TABS = (
    *("plan", "rules", "ask", "levels", "compare"),
    *("providers", "funding", "access", "keep"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with open_chromium(str(CHROMIUM)) as opened:
        yield opened


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy country with three footprints."""
    return write_toy_scenario(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def app(scenario: Path) -> Iterator[OpenApp]:
    """Its page."""
    with open_app(scenario, 0) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, app: OpenApp) -> Iterator[Page]:
    """The page, open and measured; nothing may go wrong or be asked for elsewhere."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on(
        "request", lambda it: None if it.url.startswith(app.address) else wrong.append(it.url)
    )
    _open(opened, app.address)
    yield opened
    context.close()
    assert [url for url in wrong if not url.startswith("data:")] == []


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("body[data-ready]").wait_for()


def test_a_saved_roadmap_has_a_tab_with_its_years(browser: Browser, tmp_path: Path) -> None:
    """Milestones of every year and the picture; a page on a scenario has no such tab."""
    found = roadmap(write_toy_scenario(tmp_path), years=(2023, 2025)).save(tmp_path / "run")
    with open_app(found, 0) as opened:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE)
        _open(page, opened.address)
        page.locator("#tab-years").click()
        rows = page.locator("#view-years table").first.locator("tbody tr")
        expect(rows).to_have_count(3, timeout=PATIENCE)
        assert rows.first.inner_text().startswith("2023")
        shown = "document.querySelector('#roadmap').naturalWidth > 300"
        page.wait_for_function(shown)
        page.close()


def _tile(page: Page, at: int) -> str:
    return page.locator("#tiles dd").nth(at).inner_text().split("\n")[0]


def _choose(page: Page, name: str) -> None:
    page.select_option("#icb", label=name)
    page.locator(".places button").first.wait_for()


def _move_first(page: Page, name: str) -> None:
    """Move an ICB to the first footprint it could join."""
    _choose(page, name)
    page.locator(".places button").first.click()
    expect(page.locator("#said")).to_contain_text("is now in")


def _grouping(page: Page) -> dict[str, list[str]]:
    """What the map shows, by what each area is called."""
    found: dict[str, list[str]] = {}
    for area in page.locator("[role=option]").all():
        label = str(area.get_attribute("aria-label")).removesuffix(", locked")
        found.setdefault(label.split(", ", 2)[2], []).append(str(area.get_attribute("data-icb")))
    return found


def test_a_move_shows_the_engines_value(page: Page, scenario: Path) -> None:
    """Its price before, its score after, both as evaluate has them; undo and redo go back and forth."""
    before = _tile(page, 0)
    _choose(page, "Birch")
    price = page.locator(".places button strong").first.inner_text().split()[0]
    page.locator(".places button").first.click()
    expect(page.locator("#said")).to_contain_text("is now in")
    found = evaluate(scenario, _grouping(page), no_optimum=True).plan.objective
    assert _tile(page, 0) == show(found, "£m")
    rise = float(price.replace("−", "-").replace("+", ""))
    assert rise == pytest.approx(float(_tile(page, 0)) - float(before), abs=0.11)
    after = _tile(page, 0)
    page.keyboard.press("Control+z")
    expect(page.locator("#tiles dd").first).to_contain_text(before)
    page.click("#redo")
    expect(page.locator("#tiles dd").first).to_contain_text(after)


def test_an_icb_is_dragged_to_its_neighbour(page: Page) -> None:
    """From the middle of its area to that of another footprint's; not where it has no neighbour."""
    grouping = _grouping(page)
    home = {icb: name for name, icbs in grouping.items() for icb in icbs}
    _drag(page, "A2", "A1")
    expect(page.locator("#said")).to_contain_text("is now in")
    moved = {icb: name for name, icbs in _grouping(page).items() for icb in icbs}
    assert moved["A2"] == home["A1"] != home["A2"]
    _drag(page, "A1", "C3")
    expect(page.locator("#said")).to_contain_text("was not moved")


def _drag(page: Page, icb: str, onto: str) -> None:
    def middle(code: str) -> tuple[float, float]:
        box = page.locator(f"#map [role=option][data-icb={code}]").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    page.mouse.move(*middle(icb))
    page.mouse.down()
    page.mouse.move(*middle(onto), steps=8)
    page.mouse.up()


def test_everything_can_be_done_with_the_keyboard(page: Page) -> None:
    """To the map, about it, choose, move, lock, and back."""
    page.locator("[role=option][tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    focused = page.locator("[role=option]:focus")
    expect(focused).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".places button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("is now in")
    page.keyboard.press("Escape")
    expect(focused).to_have_count(1)
    page.keyboard.press("l")
    expect(page.locator("#said")).to_contain_text("is locked")
    expect(focused).to_have_attribute("aria-label", re.compile(", locked$"))


def test_the_engine_is_asked_from_locks(page: Page, scenario: Path) -> None:
    """The best plan with a locked ICB; without locks the best there is, and the gap is nothing."""
    page.click("#tab-ask")
    page.click("#best")
    expect(page.locator("#said")).to_contain_text("proven")
    expect(page.locator("#tiles dd").nth(1)).to_contain_text("Best")
    assert _tile(page, 0) == show(solve(scenario).objective, "£m")
    icb = next(icbs[0] for icbs in _grouping(page).values() if len(icbs) > 1)
    name = str(page.locator(f"[role=option][data-icb={icb}]").get_attribute("aria-label"))
    page.select_option("#icb", value=icb)
    page.click("#lock")
    expect(page.locator("#choices")).to_contain_text("Unlock")
    expect(page.locator("#choices")).to_contain_text("It is locked")
    page.click("#best")
    expect(page.locator("#view-ask")).to_contain_text("1 lock")
    expect(page.locator(f"[role=option][data-icb={icb}]")).to_have_attribute(
        "aria-label", f"{name}, locked"
    )


def test_near_best_plans_are_stepped_through(page: Page) -> None:
    """One after the other, round to the first; with how firm each border is."""
    page.click("#tab-ask")
    page.fill("#percent", "80")
    page.click("#near")
    expect(page.locator("#said")).to_contain_text("Near-best plan 1 of")
    first = _grouping(page)
    page.click("#next")
    expect(page.locator("#said")).to_contain_text("Near-best plan 2 of")
    assert set(map(frozenset, _grouping(page).values())) != set(map(frozenset, first.values()))
    page.click("#previous")
    page.get_by_text("How firm each border is").click()
    assert page.locator("#view-ask table tbody tr").count() > 0


def test_footprints_are_merged_and_locked_whole(page: Page) -> None:
    """Two become one, which then stays as it is until it is unlocked."""
    first, second = list(_grouping(page))[:2]
    page.select_option("#from", label=f"1 {first}")
    page.select_option("#into", label=f"2 {second}")
    page.click("#merge")
    expect(page.locator("#said")).to_contain_text(f"{first} is merged into {second}")
    assert first not in _grouping(page)
    page.get_by_label(f"Lock {second} whole").check()
    expect(page.locator("#said")).to_contain_text("locked whole")
    page.select_option("#icb", value=_grouping(page)[second][0])
    expect(page.locator("#choices")).to_contain_text("Its footprint is locked whole")
    assert page.locator(".places button").count() == 0


def test_a_broken_plan_is_repaired(page: Page) -> None:
    """A fourth footprint breaks the number; the repair says the fewest moves."""
    _choose(page, "Birch")
    page.get_by_role("button", name="A footprint of its own").click()
    expect(page.locator("#tiles dd").nth(3)).to_contain_text("1")
    page.click("#tab-rules")
    expect(page.locator("li.broken")).to_contain_text("Number of footprints: 3")
    page.click("#tab-ask")
    page.click("#repair")
    expect(page.locator("#said")).to_contain_text("Repaired with 1 move")
    expect(page.locator("#tiles dd").nth(3)).to_contain_text("0")


def test_settings_ask_another_question(page: Page) -> None:
    """A control has its setting's meaning; the score follows; undo takes it back."""
    before = _tile(page, 0)
    page.click("#tab-ask")
    page.get_by_text("Weights", exact=True).click()
    expect(page.locator("#view-ask")).to_contain_text("whoever holds it (objective.leakage)")
    page.fill("#set-objective-leakage", "0.6")
    page.locator("#set-objective-leakage").press("Tab")
    expect(page.locator("#said")).to_contain_text("Care outside the footprint changed. The score")
    assert _tile(page, 0) != before
    page.click("#undo")
    expect(page.locator("#tiles dd").first).to_have_text(re.compile(f"^{re.escape(before)}"))


def test_levels_are_filtered_and_set_by_hand(page: Page, scenario: Path) -> None:
    """The score is that of evaluate with the levels told."""
    page.click("#tab-levels")
    rows = page.locator("#view-levels tbody tr")
    rows.first.wait_for()
    several = rows.count()
    page.fill("#find", rows.first.locator("th").inner_text().split(" (")[0])
    assert 0 < rows.count() < several
    before = _tile(page, 0)
    rows.first.locator("select").select_option("national")
    expect(page.locator("#said")).to_contain_text("is set to national")
    expect(rows.first).to_contain_text("Set by hand")
    assert float(_tile(page, 0).replace(",", "")) >= float(before.replace(",", ""))


def test_another_plan_stands_beside(page: Page) -> None:
    """Measures on one scale, the ICBs that differ marked on the map and in the table."""
    page.click("#tab-compare")
    page.select_option("#beside", "rows")
    differs = page.locator("#view-compare tr.differs", has_text="differs")
    differs.first.wait_for()
    assert page.locator("#map > svg > g > path.moved").count() == differs.count() > 0
    page.click("#use")
    expect(page.locator("#view-compare")).to_contain_text("The two groupings are the same")


def test_a_reload_loses_nothing_and_tabs_keep_apart(
    page: Page, browser: Browser, app: OpenApp
) -> None:
    """The plan, its locks and its history are there again; a link opens the same plan elsewhere."""
    start = _grouping(page)
    _move_first(page, "Birch")
    moved = _grouping(page)
    other = page.context.new_page()
    _open(other, app.address)
    assert _grouping(other) == start
    link = page.url
    page.reload()
    page.locator("body[data-ready]").wait_for()
    assert _grouping(page) == moved
    linked = browser.new_page()
    _open(linked, link)
    assert _grouping(linked) == moved
    _open(linked, app.address + "#of-another-map")
    linked.reload()
    linked.locator("body[data-ready]").wait_for()
    assert _grouping(linked) == moved
    linked.close()
    page.click("#undo")
    expect(page.locator("#undo")).to_be_disabled()
    assert _grouping(page) == start


def test_a_plan_is_kept(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a file, as a run that is offered for comparison, as an option of a pack."""
    monkeypatch.chdir(tmp_path)
    page.click("#tab-keep")
    page.fill("#keep-name", "mine")
    page.click("#keep-plan")
    expect(page.locator("#said")).to_contain_text("outputs/plans/mine.csv")
    page.click("#keep-option")
    expect(page.locator("#said")).to_contain_text("It is an option of the pack")
    expect(page.locator("#view-keep ol li")).to_have_count(1)
    page.fill("#pack-name", "board")
    page.click("#keep-pack")
    expect(page.locator("#said")).to_contain_text("The pack is in", timeout=PACK_PATIENCE)
    (pack,) = tmp_path.glob("outputs/**/page.html")
    assert check_pack(pack.parent) == []
    page.click("#tab-compare")
    expect(page.locator("optgroup[label='Saved runs'] option")).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 768, 375])
def test_everyone_can_use_the_page(page: Page, width: int) -> None:
    """Axe finds nothing in any view, with an ICB chosen; nothing is wider than the screen."""
    page.set_viewport_size({"width": width, "height": 812})
    _choose(page, "Birch")
    for tab in TABS:
        page.click(f"#tab-{tab}")
        page.locator(f"#view-{tab}").wait_for()
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_the_page_prints(page: Page) -> None:
    """Map and figures, no controls."""
    page.emulate_media(media="print")
    assert not page.locator("#chosen").is_visible()
    assert page.locator("#map svg").first.is_visible()
    assert page.locator("#view-plan table").first.is_visible()


def test_faults_are_listed(browser: Browser, tmp_path: Path) -> None:
    """A broken scenario shows each fault with its remedy in place of the map."""
    with open_app(write_toy_scenario(tmp_path, "members = [5, 2]\n"), 0) as broken:
        opened = browser.new_page()
        opened.goto(broken.address)
        expect(opened.locator("#trouble li")).to_have_count(1)
        expect(opened.locator("#trouble")).to_contain_text("members")
        opened.close()
