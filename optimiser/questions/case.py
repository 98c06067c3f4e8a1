"""The open case that every question begins with, and a plan that knows what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from optimiser.errors import Fault, InputError, NoPlanError
from optimiser.footprints.system import System, build_system
from optimiser.inputs.checks.scenario import check_scenario, list_idle
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.reading.raw import is_workbook
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.plan.flows import add_suppressed
from optimiser.plan.plan import Beside, Plan
from optimiser.plan.published import state_published
from optimiser.progress import Report, silent

if TYPE_CHECKING:
    from optimiser.runs.folder import Draw


@dataclass(frozen=True)
class Case:
    """A checked scenario with its dataset, as tables and as arrays."""

    scenario: Scenario
    dataset: Dataset
    system: System


@dataclass(frozen=True, repr=False, kw_only=True)
class SolvedPlan(Plan):
    """A plan that knows what it rests on, so that it can save, draw and tell itself.

    Attributes:
        scenario: what was asked.
        dataset: the inputs.
        beside: what it changes against the scenario's baseline, where that was asked and can be priced.
        firm_share: headline to the share of draws in which it holds, where draws were given
            (:meth:`optimiser.runs.draws.Draws.firm_share`).
    """

    scenario: Scenario
    dataset: Dataset
    beside: Beside | None = None
    firm_share: Mapping[str, float] | None = None

    def save(
        self,
        folder: str | Path | None = None,
        *,
        findings: Mapping[str, object] | None = None,
        draw: Draw | None = None,
        report: Report = silent,
    ) -> Path:
        """Save it as a run folder, the map drawn last.

        Args:
            folder: a new one; ``outputs/<scenario>/<time>`` when None.
            findings: further words of the manifest.
            draw: draws the map, where that is done elsewhere than here.
            report: told when it is saved.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        from optimiser.runs.folder import write_run

        place = None if folder is None else Path(folder)
        if self.beside is not None:
            findings = {"beside": self.beside.describe(), **(findings or {})}
        if self.firm_share is not None:
            findings = {"firm_share": self.firm_share, **(findings or {})}
        return write_run(
            self, self.dataset, self.scenario, place, draw or draw_map, findings, report=report
        )

    def summary(self) -> str:
        """What ``footprints solve`` prints: footprints, members, terms and what is proven."""
        from optimiser.reports.text import describe_beside, describe_plan

        if self.beside is None:
            return describe_plan(self)
        said = (self.dataset.about.unplaced, state_published(self.dataset))
        return describe_beside(self, self.beside, self.firm_share, said)

    def details(self) -> str:
        """What the summary has no room for: members with codes, terms of the score, notes."""
        from optimiser.reports.text import detail_plan, format_footprints

        rest = detail_plan(self)
        return rest if self.beside is None else f"{format_footprints(self)}\n\n{rest}"

    def map(self, folder: str | Path) -> list[Path]:
        """Draw it as ``map.png`` and ``map.svg`` in a folder."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return draw_map(self, self.dataset, place, self.scenario.footprints.baseline)

    def __repr__(self) -> str:
        gap = f", gap {self.outcome.gap:.2%}" if self.outcome.gap else ""
        cost = f"score {self.objective:,.2f}, {self.outcome.status}{gap}"
        name = "best found" if self.name == "optimal" else self.name
        return f"<Plan {name}: {len(self.footprints)} footprints, {cost}>"


def draw_map(plan: Plan, dataset: Dataset, folder: Path, baseline: str = "") -> list[Path]:
    """Draw a plan's map; matplotlib is loaded by whoever draws, no earlier."""
    from optimiser.reports.maps import write_map

    return write_map(plan, dataset, folder, baseline)


def open_scenario(scenario: Scenario | str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """A scenario as it is, or read from its file with overrides ``section.key=value``.

    A workbook is its own scenario: its sheet of that name, with its tables as the dataset.

    Raises:
        InputError: with every fault found.
    """
    if isinstance(scenario, Scenario):
        return scenario
    if not is_workbook(Path(scenario)):
        return read_scenario(scenario, overrides)
    from optimiser.inputs.workbook.source import read_workbook_scenario

    return read_workbook_scenario(Path(scenario), tuple(overrides))


def open_dataset(dataset: Dataset | str | Path) -> Dataset:
    """A dataset as it is, or read from its folder or workbook.

    Raises:
        InputError: with every fault found.
    """
    return dataset if isinstance(dataset, Dataset) else read_dataset(dataset)


def open_case(
    scenario: Scenario | str | Path,
    dataset: Dataset | str | Path | None = None,
    report: Report = silent,
) -> Case:
    """Check the inputs and turn them into arrays.

    Args:
        scenario: what is asked, or its file.
        dataset: the inputs; read from where the scenario says when None.
        report: told when there are no faults.

    Raises:
        InputError: with every fault.
        NoPlanError: the settings are sound, but simple sums show that no plan can exist.
    """
    scenario = open_scenario(scenario)
    found = open_dataset(scenario.dataset_path if dataset is None else dataset)
    _raise_faults(check_scenario(scenario, found, f"{scenario.name}.toml"))
    system = build_system(found, scenario)
    report("check", f"{system.size} ICBs, {len(system.services.codes)} services, no faults")
    for sentence in list_idle(system.scenario, found):
        report("note", sentence)
    return Case(system.scenario, found, system)


def _raise_faults(faults: Sequence[Fault]) -> None:
    if any(not fault.rule.startswith("impossible_") for fault in faults):
        raise InputError(faults)
    if faults:
        raise NoPlanError("No plan exists.\n" + "\n".join(str(fault) for fault in faults))


def with_context(plan: Plan, case: Case) -> SolvedPlan:
    """The plan with what it rests on, and how much of that was suppressed and filled."""
    whole = add_suppressed(plan, case.dataset)
    held = {field.name: getattr(whole, field.name) for field in fields(Plan)}
    return SolvedPlan(**held, scenario=case.scenario, dataset=case.dataset)
