"""Saved runs of the toy country's two carried groupings, to be compared without a solver."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.datasets import write_csv
from support.toy import TOY, write_toy_scenario

from optimiser.importers.carry.dataset import carry_dataset, write_carried
from optimiser.importers.carry.lookup import read_lookup
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.questions.evaluate import describe_evaluation, evaluate
from optimiser.runs.folder import Run, read_run, write_run


@dataclass(frozen=True)
class Saved:
    """Run folders by the plan's name, and the dataset they rest on."""

    folders: dict[str, Path]
    dataset: Dataset

    @property
    def datasets(self) -> dict[str, Dataset]:
        """The dataset by the label of each run in a comparison."""
        return {run.plan.name.capitalize(): self.dataset for run in self.runs}

    @property
    def runs(self) -> list[Run]:
        """The runs, rows first."""
        return [read_run(folder) for folder in self.folders.values()]


def save_groupings(folder: Path, rules: str = "") -> Saved:
    """Score and save the toy country's rows and columns."""
    return _save(read_scenario(write_toy_scenario(folder, rules)), folder, ("rows", "columns"))


def save_coarser(folder: Path) -> Saved:
    """Score and save the rows of the toy country in which Gorse and Holm are one ICB, GH."""
    base = read_dataset(TOY)
    table = [(icb, "GH" if icb in ("C2", "C3") else icb, 1) for icb in base.icbs["icb"]]
    write_csv(folder / "lookup.csv", ("from_icb", "to_icb", "share"), table)
    lookup = read_lookup(folder / "lookup.csv", list(base.icbs["icb"]))
    place = write_carried(carry_dataset(base, lookup, "coarser"), folder / "coarser")
    shutil.copy(
        TOY / "services.csv", place
    )  # one file of services for both maps, as England's have
    scenario = folder / "coarser.toml"
    scenario.write_text('dataset = "coarser"\n[footprints]\ncount = 3\n', encoding="utf-8")
    return _save(read_scenario(scenario), folder, ("rows",), read_dataset(place))


def _save(
    scenario: Scenario, folder: Path, plans: Sequence[str], dataset: Dataset | None = None
) -> Saved:
    folders = {}
    for name in plans:
        found = evaluate(scenario, name, no_optimum=True, dataset=dataset)
        told = describe_evaluation(found)
        folders[name] = write_run(found.plan, found.dataset, scenario, folder / name, findings=told)
    return Saved(folders, found.dataset)
