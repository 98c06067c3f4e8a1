"""Seconds to the first screen of the what-if page on today's England, and of a move on it.

    PYTHONPATH=tests python tests/benchmarks/benchmark_app.py [--repeats 3]

Wall seconds, which rest on what else the machine does: the load is printed beside them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Page
from support.browser import find_chromium, open_chromium

ROOT = Path(__file__).parents[2]
MOVES = 10


def main() -> None:
    """Print the fastest first screen and the median move; the first start warms the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium is installed.")
    with open_chromium(chromium) as browser:
        times = [_time_page(browser) for _ in range(repeats + 1)][1:]
    print(f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}")
    print(f"first screen: {min(first for first, _ in times):.2f} s")
    print(f"a move: {statistics.median(move for _, moves in times for move in moves):.3f} s")


def _time_page(browser: Browser) -> tuple[float, list[float]]:
    """From the command to map and figures; from the click on each move to what it did, in words."""
    command = [sys.executable, "-m", "optimiser", "app", "--no-browser"]
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as server:
        assert server.stdout is not None
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(server.stdout.readline().strip())
        page.locator("body[data-ready]").wait_for()
        first = time.perf_counter() - began
        page.locator("#tiles dd", has_text="above the best plan").wait_for(timeout=120_000)
        moves = [_time_move(page) for _ in range(MOVES)]
        page.close()
        server.terminate()
    return first, moves


def _time_move(page: Page) -> float:
    page.select_option("#icb", label="Kent and Medway")
    place = page.locator(".places button").first
    place.wait_for()
    page.locator("#tiles dd", has_text="checked twice").wait_for()
    page.evaluate("() => { document.getElementById('said').textContent = ''; }")
    began = time.perf_counter()
    place.click()
    page.locator("#said", has_text="The score").wait_for()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
