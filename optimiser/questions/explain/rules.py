"""A scenario whose rules can be dropped, and what a rule is: a sentence, how far it can be loosened."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from optimiser.errors import Fault
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario

COUNTED = ("footprints.members", "footprints.max_moved", "footprints.count")
"""Settings that hold whole numbers; loosening steps through them as through any other number."""


def _whole(value: object) -> object:
    """A whole number as such, also inside a window; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(_whole(part) for part in value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True)
class Variant:
    """A scenario on a dataset, some of whose rules may have been dropped or loosened.

    Attributes:
        scenario: the settings.
        dataset: the tables.
        dropped: thresholds of the dataset that were taken out of it, by name.
    """

    scenario: Scenario
    dataset: Dataset
    dropped: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The settings and what was dropped, as text: equal for like variants of one dataset."""
        return json.dumps([self.scenario.settings(), sorted(self.dropped)])

    def changed(self, settings: dict[str, object]) -> Variant:
        """The same with settings of the scenario replaced; whole numbers of what is counted."""
        counted = {
            name: _whole(value) if name in COUNTED else value for name, value in settings.items()
        }
        return replace(self, scenario=self.scenario.changed(counted))

    def without_threshold(self, column: str, value: float | np.int64 | bool) -> Variant:
        """The same with one column of the services' thresholds switched off."""
        services = self.dataset.services.copy()
        services[column] = value
        dataset = replace(self.dataset, services=services)
        return replace(self, dataset=dataset, dropped=self.dropped | {column})


@dataclass(frozen=True)
class Scale:
    """How far a number can be loosened.

    Attributes:
        now: the number as it stands.
        step: answers are whole multiples of this away from the setting.
        sign: 1 when a higher number is looser, -1 when a lower one is.
        loosen: the variant with another number.
        describe: that change in words.
        furthest: a number beyond which nothing is gained.
    """

    now: float
    step: float
    sign: int
    loosen: Callable[[Variant, float], Variant]
    describe: Callable[[float], str]
    furthest: float

    @property
    def steps(self) -> int:
        """How many steps there are to the furthest number."""
        return max(math.ceil(abs(self.furthest - self.now) / self.step - 1e-9), 1)

    def at(self, steps: int) -> float:
        """The number so many steps away, never past the furthest."""
        moved = self.now + self.sign * self.step * steps
        limit = min if self.sign > 0 else max
        return float(round(limit(moved, self.furthest), 9))


@dataclass(frozen=True)
class Rule:
    """One rule of a scenario.

    Attributes:
        name: unique: the setting, with the group or the end of the window.
        setting: ``section.key`` of the scenario.
        sentence: what it says, with its values.
        dropping: what dropping it means, in words.
        off: the variant without it.
        scale: how it can be loosened; None for rules that hold or do not.
        service: the rule is about levels of services, not about the map.
    """

    name: str
    setting: str
    sentence: str
    dropping: str
    off: Callable[[Variant], Variant]
    scale: Scale | None = None
    service: bool = False


def put_setting(setting: str, value: object) -> Callable[[Variant], Variant]:
    """The change that puts a value in place of a setting."""
    return lambda variant: variant.changed({setting: value})


def drop_entry(section: str, key: str, entry: object) -> Callable[[Variant], Variant]:
    """The change that takes one entry out of a list."""

    def off(variant: Variant) -> Variant:
        entries = list(getattr(getattr(variant.scenario, section), key))
        entries.remove(entry)
        return variant.changed({f"{section}.{key}": tuple(entries)})

    return off


CONTRADICTIONS = (
    *("apart_and_together", "fixed_overlap", "fixed_and_together", "fixed_contiguous"),
    *("fixed_within_regions", "fixed_population_m", "fixed_members", "fixed_spend_m"),
    *("two_leads", "together_within_regions"),
)
"""Faults of a scenario whose settings are sound one by one: here they are explained."""


def is_clash(fault: Fault) -> bool:
    """Whether a fault is of settings that are sound one by one and clash: they are explained."""
    return fault.rule.startswith("impossible_") or fault.rule in CONTRADICTIONS


def must_hold(variant: Variant) -> bool:
    """Whether something must be held locally: a service, or so much of a total or of a footprint."""
    rules = variant.scenario.services
    totals = rules.min_local_spend_m > 0 or rules.min_local_services > 0
    return bool(rules.force_local) or totals or bool(floors_each(variant))


def floors_each(variant: Variant) -> int:
    """How many floors are set on what each footprint holds."""
    rules = variant.scenario.services
    return (rules.min_local_share_each > 0) + (rules.min_local_services_each > 0)
