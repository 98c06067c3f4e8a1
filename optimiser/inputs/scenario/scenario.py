"""A scenario: which rules apply, how services may be commissioned, what is weighed, how to solve.

A scenario is a TOML file. It may extend one other; ``--set section.key=value`` overrides one
setting. Missing settings take the default declared here; unknown ones are faults that name the
likely meant setting. All faults of a scenario are told at once.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from optimiser.errors import Fault, InputError
from optimiser.folders import from_any_system
from optimiser.inputs.reading.raw import show_text
from optimiser.inputs.reading.toml_text import read_toml
from optimiser.inputs.scenario.declared import Settings, list_settings, read_value
from optimiser.inputs.scenario.questions import (
    AccessRules,
    ClassifyRule,
    ClassifyRules,
    FundingRules,
    ProviderRules,
    RoadmapRules,
    Uncertainty,
)
from optimiser.inputs.scenario.refusing import list_faults, show
from optimiser.inputs.scenario.settings import (
    LEVELS,
    FootprintRules,
    LeadRules,
    Objective,
    ReadinessRules,
    ServiceRules,
    SolverSettings,
)

if TYPE_CHECKING:
    from optimiser.inputs.dataset import Dataset

DEEPEST = 8
"""Levels of nesting: the deepest setting has three; deeper ones exhaust recursion, not a scenario."""
LARGEST = 2**53
"""Whole numbers above this are no longer exact as floating-point numbers."""

__all__ = [
    "LEVELS",
    "AccessRules",
    "ClassifyRule",
    "ClassifyRules",
    "FootprintRules",
    "FundingRules",
    "LeadRules",
    "Objective",
    "ProviderRules",
    "ReadinessRules",
    "RoadmapRules",
    "Scenario",
    "ServiceRules",
    "SolverSettings",
    "Uncertainty",
    "read_overrides",
    "read_scenario",
    "with_groups",
]


class Scenario(Settings):
    """One complete scenario; every section has defaults."""

    title: str = Field(default="", description="what is asked, in a few words")
    note: str = Field(default="", description="why these settings; shown with the results")
    dataset: str = Field(default="..", description="folder of the dataset, relative to this file")
    footprints: FootprintRules = FootprintRules()
    services: ServiceRules = ServiceRules()
    readiness: ReadinessRules = ReadinessRules()
    lead: LeadRules = LeadRules()
    classify: ClassifyRules = ClassifyRules()
    objective: Objective = Objective()
    uncertainty: Uncertainty = Uncertainty()
    roadmap: RoadmapRules = RoadmapRules()
    funding: FundingRules = FundingRules()
    providers: ProviderRules = ProviderRules()
    access: AccessRules = AccessRules()
    solver: SolverSettings = SolverSettings()

    _name: str = "scenario"
    _folder: Path = Path()

    @property
    def name(self) -> str:
        """Name of the scenario: its file's name without the ending."""
        return self._name

    @property
    def dataset_path(self) -> Path:
        """Where the dataset is: ``dataset`` relative to the scenario's folder."""
        return self._folder / from_any_system(self.dataset)

    def settings(self) -> dict[str, Any]:
        """The merged scenario as plain values (infinities as ``"inf"``), for the manifest."""
        return dict(_plain(self.model_dump(mode="python")))

    def changed(self, overrides: Mapping[str, object]) -> Scenario:
        """A copy with settings replaced; keys are ``section.key``, values plain Python values."""
        return _validated(
            _merged(self.model_dump(mode="python"), _nested(overrides)), self._name, self._folder
        )


def read_scenario(path: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario file, its parent and the overrides.

    Args:
        path: the TOML file.
        overrides: texts ``section.key=value``; the value is read as TOML, or as text if it is none.

    Raises:
        InputError: with every fault found.
    """
    path, given = Path(path), dict(_read_override(text) for text in overrides)
    merged = _merged(_read_with_parent(path), _nested(given))
    try:
        return _validated(merged, path.stem, path.parent, file=str(path))
    except InputError as error:
        raise InputError([_blame_override(fault, given) for fault in error.faults]) from None


def _blame_override(fault: Fault, given: Iterable[str]) -> Fault:
    """A fault of a setting that was given with ``--set`` is not one of the file."""
    return replace(fault, file="--set") if fault.column in given else fault


def change_setting(scenario: Scenario, text: str) -> Scenario:
    """A copy with one setting replaced, given as a text ``section.key=value``.

    Raises:
        InputError: there is no such setting, or it does not take the value.
    """
    return scenario.changed(dict([_read_override(text)]))


def read_overrides(
    overrides: Sequence[str], name: str, folder: Path, dataset: str, file: str
) -> Scenario:
    """A scenario of overrides alone, for sources that are no TOML file.

    Args:
        overrides: texts ``section.key=value``, the later ones win.
        name: name of the scenario.
        folder: folder that ``dataset`` is relative to.
        dataset: folder or workbook.
        file: what faults name as their place.
    """
    flat = {"dataset": dataset, **dict(_read_override(text) for text in overrides)}
    return _validated(_nested(flat), name, folder, file=file)


def _read_with_parent(path: Path, seen: frozenset[Path] = frozenset()) -> dict[str, Any]:
    raw = _read_toml(path)
    parent = raw.pop("extends", None)
    if parent is None:
        return raw
    if not isinstance(parent, str) or path.resolve() in seen:
        remedy = "extends must name one other scenario file and may not come back to itself."
        raise InputError([Fault(str(path), 0, "extends", str(parent), "extends", remedy)])
    parent_path = path.parent / from_any_system(parent)
    inherited = _read_with_parent(parent_path, seen | {path.resolve()})
    if "dataset" not in raw:
        raw["dataset"] = _relocated(parent_path, str(inherited.get("dataset", "..")), path)
    return _merged(inherited, raw)


def _relocated(parent: Path, dataset: str, child: Path) -> str:
    if parent.parent.resolve() == child.parent.resolve():
        return dataset
    return Path(os.path.relpath(parent.parent / from_any_system(dataset), child.parent)).as_posix()


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if not path.is_dir():  # a name that is too long is an error already here
            return read_toml(path)
    except FileNotFoundError:
        remedy = "There is no such file. Give the path of a scenario (a .toml file)."
        raise InputError([Fault(str(path), 0, "", "", "file_exists", remedy)]) from None
    except (ValueError, OSError) as error:
        remedy = f"It is not readable as TOML: {show_text(str(error))}."
        raise InputError([Fault(str(path), 0, "", "", "toml", remedy)]) from None
    raise InputError([Fault(str(path), 0, "", "", "scenario_file", _say_folder(path))])


def _say_folder(folder: Path) -> str:
    """What to give in the place of a folder."""
    files = sorted(folder.glob("scenarios/*.toml")) or sorted(folder.glob("*.toml"))
    listed = [str(file) for file in files if file.name != "dataset.toml"]
    if not listed:
        return "It is a folder. Give a scenario: a .toml file, such as scenarios/base.toml in it."
    return f"It is a folder. Give a scenario: {', '.join(listed)}."


def _read_override(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        remedy = "Write it as section.key=value, for example footprints.count=8."
        raise InputError([Fault("--set", 0, "", show_text(text), "override", remedy)])
    kind = next((it.kind for it in list_settings(Scenario) if it.key == key.strip()), None)
    try:
        return key.strip(), read_value(value, kind)
    except RecursionError:
        remedy = f"It is nested too deeply: more than {DEEPEST} levels."
        raise InputError([Fault("--set", 0, key.strip(), "", "nested", remedy)]) from None


def _nested(flat: Mapping[str, object]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in flat.items():
        *sections, last = key.split(".")
        place = result
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise _both_value_and_section(key, value)
        if isinstance(place.get(last), dict) and not isinstance(value, Mapping):
            raise _both_value_and_section(key, value)
        place[last] = value
    return result


def _both_value_and_section(key: str, value: object) -> InputError:
    remedy = "It is given as a value and as a section. Give one of the two."
    return InputError([Fault("--set", 0, show_text(key), show(value), "one_kind", remedy)])


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = value
        if isinstance(old, Mapping) and isinstance(value, Mapping) and key not in _DOMAIN_TABLES:
            result[key] = _merged(old, value)
    return result


_DOMAIN_TABLES = ("joint", "delegated")


def _validated(raw: Mapping[str, Any], name: str, folder: Path, file: str = "") -> Scenario:
    where = file or name
    faults = _find_unfit(where, raw, ())
    if faults:
        raise InputError(faults)
    try:
        scenario = Scenario.model_validate(raw)
    except ValidationError as error:
        raise InputError(list_faults(where, error, Scenario)) from None
    scenario._name, scenario._folder = name, folder
    return scenario


def _find_unfit(file: str, value: Any, place: tuple[str, ...]) -> list[Fault]:
    """Values that no setting may have, wherever they stand: they break the checks themselves."""
    if len(place) > DEEPEST:
        remedy = f"It is nested too deeply: more than {DEEPEST} levels."
        return [Fault(file, 0, show_text(".".join(place)), "", "nested", remedy)]
    if isinstance(value, Mapping | list | tuple):
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        return [f for key, item in pairs for f in _find_unfit(file, item, (*place, str(key)))]
    if isinstance(value, float) and math.isnan(value):
        remedy = "It is no number (NaN). Give a number."
        return [Fault(file, 0, show_text(".".join(place)), "nan", "finite", remedy)]
    if isinstance(value, int) and abs(value) > LARGEST:
        remedy = "It is too large to be a number here."
        return [Fault(file, 0, show_text(".".join(place)), "", "finite", remedy)]
    return []


def restore_infinities(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a manifest as a scenario reads them: ``"inf"`` in a section is infinity again."""
    return {
        key: _with_infinity(value) if isinstance(value, Mapping) else value
        for key, value in settings.items()
    }


def _with_infinity(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_infinity(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_infinity(item) for item in value]
    return math.inf if value == "inf" else value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    return value


def with_groups(scenario: Scenario, dataset: Dataset) -> Scenario:
    """The same scenario with ``keep_whole`` written out as groups of ``keep_together``.

    Args:
        scenario: may name a carried plan in ``footprints.keep_whole``.
        dataset: has that plan.

    Returns:
        the scenario as it is where it names none.
    """
    name = scenario.footprints.keep_whole
    if not name:
        return scenario
    plan = dataset.plans[name]
    groups = [tuple(icbs) for _, icbs in plan.groupby("footprint", sort=False)["icb"]]
    whole = tuple(group for group in groups if len(group) > 1)
    together = (*scenario.footprints.keep_together, *whole)
    return scenario.changed({"footprints.keep_together": together, "footprints.keep_whole": ""})
