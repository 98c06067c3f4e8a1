"""The server: only this machine's own page, with the token, and nothing changed by looking."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from support.toy import TOY, write_toy_scenario

import optimiser as fp
from optimiser.app.running import OpenApp, open_app
from optimiser.errors import InputError
from optimiser.questions.evaluate import evaluate
from optimiser.questions.solve import solve


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy country with three footprints."""
    return write_toy_scenario(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def app(scenario: Path) -> Iterator[OpenApp]:
    """Its page."""
    with open_app(scenario, 0) as opened:
        yield opened


def _ask(app: OpenApp, name: str, /, **told: object) -> Any:
    return httpx.post(f"{app.address}ask/{name}", json=told, timeout=60).json()


def _keep(app: OpenApp, kind: str, name: str) -> Any:
    return _ask(app, "keep", **{"as": kind, "state": _state(app), "name": name})


def _state(app: OpenApp) -> dict[str, Any]:
    return {"grouping": httpx.get(app.address + "opening", timeout=60).json()["start"]}


def _wait(app: OpenApp, job: str) -> list[dict[str, Any]]:
    with httpx.stream("GET", f"{app.address}jobs/{job}", timeout=60) as events:
        lines = [line for line in events.iter_lines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_only_the_whole_address_is_open(app: OpenApp) -> None:
    """Another token, no token, another host or origin: refused, with what to do."""
    where = urlsplit(app.address)
    root = f"http://{where.netloc}/"
    foreign = {"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}
    refused = [httpx.get(root), httpx.get(f"{root}wrong/"), httpx.get(app.address[:-1])]
    refused += [httpx.get(app.address, headers=headers) for headers in foreign]
    refused.append(httpx.get(app.address, headers={"sec-fetch-site": "cross-site"}))
    assert {answer.status_code for answer in refused} == {403}
    assert "footprints app" in refused[0].text
    assert httpx.get(app.address, headers={"origin": f"http://{where.netloc}"}).status_code == 200
    assert where.hostname == "127.0.0.1"


def test_looking_changes_nothing(app: OpenApp) -> None:
    """What asks, begins, stops or keeps is never a GET."""
    for name in ("measure", "begin", "stop", "keep"):
        assert httpx.get(f"{app.address}ask/{name}").status_code == 405
    assert httpx.post(f"{app.address}ask/nothing", json={}).status_code == 404
    assert httpx.get(f"{app.address}jobs/nothing").status_code == 404
    assert httpx.get(f"{app.address}page.py").status_code == 404


def test_nothing_may_come_from_elsewhere(app: OpenApp) -> None:
    """The policy names this server alone, and the files of the page name no other."""
    page = httpx.get(app.address)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["referrer-policy"] == "no-referrer"
    for name in ("", "page.css", "page.js", "map.js", "plan.js", "dom.js", "views.js"):
        text = httpx.get(app.address + name).text.replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", "")
        assert "$" not in text if name == "page.css" else True


def test_a_move_has_the_price_it_was_told(app: OpenApp, scenario: Path) -> None:
    """The engine's score, before and after, to the last digit that is kept."""
    state = _state(app)
    icb = next(iter(state["grouping"].values()))[0]
    before = _ask(app, "measure", state=state)
    assert before["score"] == evaluate(scenario, state["grouping"], no_optimum=True).plan.objective
    for place in _ask(app, "moves", state=state, icb=icb)["moves"]:
        grouping = {k: [c for c in v if c != icb] for k, v in state["grouping"].items()}
        grouping.setdefault(place["to"] or "alone", []).append(icb)
        moved = {name: icbs for name, icbs in grouping.items() if icbs}
        after = _ask(app, "measure", state={"grouping": moved})
        assert after["score"] - before["score"] == pytest.approx(place["change"], abs=1e-9)
        judged = evaluate(scenario, moved, no_optimum=True)
        assert after["score"] == judged.plan.objective
        broken = _ask(app, "referee", state={"grouping": moved})["broken"]
        assert [it["sentence"] for it in broken] == [it.sentence for it in judged.broken_rules]


def test_the_best_plan_is_solves(app: OpenApp, scenario: Path) -> None:
    """Told step by step; from then on the gap is known."""
    state, best = _state(app), solve(scenario)
    events = _wait(app, _ask(app, "begin", what="best", state=state)["job"])
    assert [event["kind"] for event in events[:-1]] == ["progress"] * (len(events) - 1)
    assert events[-1]["score"] == pytest.approx(best.objective)
    assert events[-1]["status"] == "optimal"
    told = _ask(app, "measure", state=state)
    more = told["score"] - best.objective
    avoidable = best.objective - best.terms["unavoidable_m"].sum()
    assert told["best"]["gap"] == pytest.approx(more / avoidable)


def test_near_best_plans_and_repair_obey_the_locks(app: OpenApp) -> None:
    """A footprint that is locked whole is in every plan."""
    state = _state(app)
    name, icbs = next(iter(state["grouping"].items()))
    locked = {**state, "whole": [name]}
    near = _wait(app, _ask(app, "begin", what="near", percent=5, state=locked)["job"])[-1]
    assert near["plans"]
    assert all(sorted(icbs) in map(sorted, plan["grouping"].values()) for plan in near["plans"])
    assert all(0 <= share <= 1 for _, _, share in near["apart"])
    mended = _wait(app, _ask(app, "begin", what="repair", state=locked)["job"])[-1]
    assert mended["grouping"][name] == icbs


def test_a_job_is_stopped(app: OpenApp) -> None:
    """It ends with its best or says that there is none; a job that is none is not stopped."""
    job = _ask(app, "begin", what="best", state=_state(app))["job"]
    assert _ask(app, "stop", job=job) == {"stopped": True}
    assert _wait(app, job)[-1]["kind"] in ("done", "failed")
    assert _ask(app, "stop", job="nothing") == {"stopped": False}


def test_levels_tell_reason_and_flip(app: OpenApp) -> None:
    """One row a service, in the dataset's order, as the plan's own table has them."""
    state = _state(app)
    name = next(iter(state["grouping"]))
    rows = _ask(app, "levels", state=state, footprint=name)["rows"]
    assert len({row["service"] for row in rows}) == len(rows) > 0
    assert all(row["reason"] for row in rows)
    assert any(row["flip"] for row in rows)
    code = next(row["service"] for row in rows if row["level"] == "footprint")
    held = _ask(app, "levels", state={**state, "held": {code: "national"}}, footprint=name)["rows"]
    assert {row["service"]: row["level"] for row in held}[code] == "national"


def test_plans_are_compared_on_one_scale(app: OpenApp) -> None:
    """Another plan's measures are those it has alone; those who differ are named."""
    state = _state(app)
    other = _ask(app, "plan", plan="rows")["grouping"]
    found = _ask(app, "compare", state=state, plan="rows")
    alone = {
        row["label"]: row["text"]
        for row in _ask(app, "measure", state={"grouping": other})["measures"]
    }
    assert {row["label"]: row["theirs"] for row in found["measures"]} == alone
    same = _ask(app, "compare", state={"grouping": other}, plan="rows")
    assert same["moved"] == []
    assert {row["icb"] for row in found["icbs"] if row["moved"]} == set(found["moved"])


def test_a_plan_is_kept_in_every_way(
    app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that evaluate reads, a run; never over another, never outside the outputs."""
    monkeypatch.chdir(tmp_path)
    state = _state(app)
    path = Path(_keep(app, "plan", "My plan")["file"])
    assert path.as_posix() == "outputs/plans/my-plan.csv"
    assert path.read_text(encoding="utf-8").splitlines()[0] == "icb,footprint"
    assert "not written over" in _keep(app, "plan", "my plan")["error"]
    assert "letters, digits" in _keep(app, "plan", "../x")["error"]
    done = _wait(app, _keep(app, "run", "mine")["job"])[-1]
    assert (tmp_path / done["folder"] / "manifest.json").is_file()
    assert _ask(app, "runs")["runs"] == [done["folder"]]
    assert "no run" in _ask(app, "compare", state=state, plan="/etc")["error"]


def test_faults_of_the_inputs_are_told(tmp_path: Path) -> None:
    """On the page, each with its remedy; the server is up all the same."""
    path = write_toy_scenario(tmp_path, "members = [5, 2]\n")
    with open_app(path, 0) as broken:
        assert httpx.get(broken.address).status_code == 200
        answer = httpx.get(broken.address + "opening", timeout=60)
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["remedy"]


def test_faults_of_the_dataset_are_told(tmp_path: Path) -> None:
    """With file, line and column."""
    shutil.copytree(TOY, tmp_path / "toy")
    icbs = tmp_path / "toy" / "icbs.csv"
    icbs.write_text(icbs.read_text(encoding="utf-8").replace("800000", "-800000"), encoding="utf-8")
    (tmp_path / "toy.toml").write_text('dataset = "toy"\n', encoding="utf-8")
    with open_app(tmp_path / "toy.toml", 0) as broken:
        faults = httpx.get(broken.address + "opening", timeout=60).json()["faults"]
    assert {(fault["line"], fault["column"]) for fault in faults} >= {(2, "population")}


def test_a_taken_port_is_refused(app: OpenApp) -> None:
    """With what to do; without a port another is found."""
    port = urlsplit(app.address).port
    with pytest.raises(InputError, match="Another program uses it"):
        open_app("nowhere.toml", port)


def test_the_server_ends(scenario: Path) -> None:
    """At once, and its address with it."""
    page = open_app(scenario, 0)
    began = time.monotonic()
    page.close()
    page.wait()
    assert time.monotonic() - began < 10
    with pytest.raises(httpx.ConnectError):
        httpx.get(page.address)


def test_money_and_travel_are_what_the_commands_say(app: OpenApp, scenario: Path) -> None:
    """The same rows as the questions give for the plan, as the page shows them; another tab is none."""
    state = _state(app)
    shown = {
        what: _ask(app, "money", state=state, what=what)["tables"]
        for what in ("providers", "funding", "access")
    }
    trade = fp.providers(scenario, state["grouping"]).trade
    assert [row[0] for row in shown["providers"][0]["rows"]] == trade["footprint"].tolist()
    money = fp.funding(scenario, state["grouping"]).footprints
    assert [row[1] for row in shown["funding"][0]["rows"]] == [
        f"{value:,.0f}" for value in money["historic_m"]
    ]
    travel = fp.access(scenario, state["grouping"]).footprints
    assert [row[2] for row in shown["access"][0]["rows"]] == [
        f"{value:,.0f}" for value in travel["minutes"]
    ]
    assert "none of" in _ask(app, "money", state=state, what="nothing")["error"]
