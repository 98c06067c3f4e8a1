"""The toy country as a scenario, and its rows as a plan: quick to score, with a map to draw."""

from __future__ import annotations

import os
from pathlib import Path

from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.questions.evaluate import Evaluation, evaluate

ROOT = Path(__file__).resolve().parents[2]
TOY = ROOT / "inputs" / "toy"


def write_toy_scenario(folder: Path, rules: str = "") -> Path:
    """Write a scenario of three footprints on the toy country, with further lines of TOML."""
    dataset = Path(os.path.relpath(TOY, folder)).as_posix()
    path = folder / "three.toml"
    path.write_text(f'dataset = "{dataset}"\n[footprints]\ncount = 3\n{rules}', encoding="utf-8")
    return path


def score_rows(folder: Path) -> tuple[Evaluation, Scenario]:
    """The toy country's rows, scored without looking for the best plan."""
    scenario = read_scenario(write_toy_scenario(folder))
    return evaluate(scenario, "rows", no_optimum=True), scenario
