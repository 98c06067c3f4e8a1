"""The page on today's England: as fast as a finger, and a stop keeps what was found."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from optimiser.app.answers import describe_moves, describe_plan
from optimiser.app.desk import Desk, open_desk
from optimiser.app.running import OpenApp, open_app
from optimiser.inputs.scenario.scenario import read_scenario

TODAY = Path(__file__).parents[2] / "inputs" / "england" / "scenarios" / "today.toml"
A_MOVE = 0.2
"""Seconds of work for every measure and rule after a move: what a hand feels as at once."""


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Today's England."""
    opened = open_desk(read_scenario(TODAY), None)
    yield opened
    opened.close()


def _work(task: Any) -> float:
    """Processor seconds of the fastest of a few goes: how busy the machine is does not count."""
    times = []
    for _ in range(4):
        began = time.process_time()
        task()
        times.append(time.process_time() - began)
    return min(times)


def test_a_move_on_england_follows_at_once(desk: Desk) -> None:
    """Every measure and rule; and the price of every move of an ICB before it."""
    state = desk.read({"grouping": {name: list(icbs) for name, icbs in desk.start.items()}})
    assert _work(lambda: describe_plan(desk, state)) < A_MOVE
    assert _work(lambda: describe_moves(desk, state, "QKS")) < A_MOVE


@pytest.fixture
def app() -> Iterator[OpenApp]:
    """The page of today's England."""
    with open_app(TODAY, 0) as opened:
        yield opened


@pytest.mark.long
def test_a_stop_keeps_the_best_so_far(app: OpenApp) -> None:
    """One level for all England takes longest: stopped at its first plan, it gives that."""
    start = httpx.get(app.address + "opening", timeout=60).json()["start"]
    state = {"grouping": start, "settings": {"services.portfolio": "uniform"}}
    told = {"what": "best", "state": state}
    job = httpx.post(app.address + "ask/begin", json=told, timeout=60).json()["job"]
    last: dict[str, Any] = {}
    with httpx.stream("GET", f"{app.address}jobs/{job}", timeout=120) as events:
        for line in events.iter_lines():
            if not line.startswith("data: "):
                continue
            last = json.loads(line.removeprefix("data: "))
            if last.get("step") == "plan":
                httpx.post(app.address + "ask/stop", json={"job": job}, timeout=60)
    assert last["kind"] == "done", last
    assert last["status"] == "interrupted"
    assert last["gap"] is None or 0 < last["gap"] < 1
    icbs = [icb for members in last["grouping"].values() for icb in members]
    assert sorted(icbs) == sorted(icb for members in start.values() for icb in members)


@pytest.mark.long
def test_the_command_prints_its_address_and_ends_in_peace() -> None:
    """The address alone on stdout; Ctrl-C is the way to end it, and no failure."""
    command = [sys.executable, "-m", "optimiser", "app", str(TODAY), "--no-browser"]
    with subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        assert httpx.get(address).status_code == 200
        assert httpx.get(address + "opening", timeout=60).status_code == 200
        server.send_signal(signal.SIGINT)
        rest, _ = server.communicate(timeout=30)
    assert rest == ""
    assert server.returncode == 0
