"""Saved runs of the toy country's two carried groupings, to be compared without a solver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support.toy import write_toy_scenario

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.evaluate import describe_evaluation, evaluate
from optimiser.runs.folder import Run, read_run, write_run


@dataclass(frozen=True)
class Saved:
    """Run folders by the plan's name, and the dataset they rest on."""

    folders: dict[str, Path]
    dataset: Dataset

    @property
    def runs(self) -> list[Run]:
        """The runs, rows first."""
        return [read_run(folder) for folder in self.folders.values()]


def save_groupings(folder: Path, rules: str = "") -> Saved:
    """Score and save the toy country's rows and columns."""
    scenario = read_scenario(write_toy_scenario(folder, rules))
    folders = {}
    for name in ("rows", "columns"):
        found = evaluate(scenario, name, no_optimum=True)
        told = describe_evaluation(found)
        folders[name] = write_run(found.plan, found.dataset, scenario, folder / name, findings=told)
    return Saved(folders, found.dataset)
