"""Every fault of a dataset, a workbook or a scenario at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from optimiser.errors import Fault, InputError
from optimiser.inputs.checks.scenario import check_scenario, list_idle
from optimiser.inputs.dataset import About, Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.reading.raw import is_workbook
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.plan.published import describe_published

_COUNTED = ("icbs", "neighbours", "services", "providers", "flows")


@dataclass(frozen=True)
class Checked:
    """What was looked at, its faults, and what it holds when it could be read.

    Attributes:
        place: what was checked, as it was named.
        faults: all of them.
        counts: rows of each table, and the plans.
        notices: sentences the reader must know.
        about: what the dataset says of itself, when it could be read.
    """

    place: str
    faults: tuple[Fault, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    about: About | None = None

    @property
    def impossible(self) -> bool:
        """Whether the settings are sound, but simple sums show that no plan can meet them."""
        return bool(self.faults) and all(f.rule.startswith("impossible_") for f in self.faults)


def check(inputs: Scenario | Dataset | str | Path) -> Checked:
    """Every fault of a dataset or a scenario.

    Args:
        inputs: a folder (a dataset), a workbook (a dataset and its scenario), a ``.toml`` file or a
            scenario, which is checked with its dataset. A loaded dataset has no faults.
    """
    if isinstance(inputs, Dataset):
        return _describe(inputs.about.name, inputs, ())
    if isinstance(inputs, Scenario):
        return _check_scenario(inputs, f"{inputs.name}.toml")
    place = Path(inputs)
    if place.suffix == ".toml":
        return _check_scenario(place, str(place))
    return _check_workbook(place) if is_workbook(place) else _check_dataset(place)


def _check_workbook(path: Path) -> Checked:
    """The tables and the sheet of settings, whose faults are told together."""
    from optimiser.inputs.workbook.source import read_workbook_scenario

    found = _check_dataset(path)
    if not path.is_file():
        return found
    try:
        scenario = read_workbook_scenario(path)
    except InputError as error:
        faults = [fault for fault in error.faults if fault not in found.faults]
        return replace(found, faults=(*found.faults, *faults))
    if found.faults:
        return found
    dataset = read_dataset(path)
    faults = check_scenario(scenario, dataset, f"{path} sheet scenario")
    return _describe(str(path), dataset, faults, [] if faults else list_idle(scenario, dataset))


def _check_dataset(folder: Path) -> Checked:
    try:
        return _describe(str(folder), read_dataset(folder), ())
    except InputError as error:
        return Checked(str(folder), error.faults)


def _check_scenario(given: Scenario | Path, place: str) -> Checked:
    try:
        scenario = given if isinstance(given, Scenario) else read_scenario(given)
        dataset = read_dataset(scenario.dataset_path)
    except InputError as error:
        return Checked(place, error.faults)
    faults = check_scenario(scenario, dataset, place)
    return _describe(place, dataset, faults, [] if faults else list_idle(scenario, dataset))


def _describe(
    place: str, dataset: Dataset, faults: Sequence[Fault], idle: Sequence[str] = ()
) -> Checked:
    counts = {name: len(getattr(dataset, name)) for name in _COUNTED}
    counts["plans"] = len(dataset.plans)
    notices = (*idle, *dataset.notices, *describe_published(dataset))
    return Checked(place, tuple(faults), counts, notices, dataset.about)
