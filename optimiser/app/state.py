"""What someone has on the page: the whole of it comes with each request, so that nobody shares one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimiser.errors import Fault, InputError
from optimiser.inputs.scenario.scenario import Scenario, restore_infinities

OPEN_SECTIONS = ("footprints", "services", "readiness", "lead", "objective", "solver")
"""Sections of a scenario that the page may change: the dataset's place is not for a page to name."""


@dataclass(frozen=True)
class State:
    """A plan under way.

    Attributes:
        grouping: footprint to ICBs.
        locked: ICBs that the engine leaves with the locked members of their footprint, and apart from
            the locked members of others.
        whole: footprints that the engine leaves as they are.
        held: service to the level it is held at in every footprint.
        settings: changes to the scenario, ``section.key`` to value.
    """

    grouping: Mapping[str, tuple[str, ...]]
    locked: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    held: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def question(self) -> str:
        """The settings as a key: what has the same best plan."""
        return key_of(self.settings)

    def lock_rules(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The locks as rules of the map."""
        home = {icb: name for name, icbs in self.grouping.items() for icb in icbs}
        held_in: dict[str, tuple[str, ...]] = {}
        for icb in self.locked:
            if home[icb] not in self.whole:
                held_in[home[icb]] = (*held_in.get(home[icb], ()), icb)
        apart = tuple(icbs[0] for icbs in held_in.values())
        rules = {
            "footprints.fixed": tuple(self.grouping[name] for name in self.whole),
            "footprints.keep_together": tuple(icbs for icbs in held_in.values() if len(icbs) > 1),
            "footprints.keep_apart": (apart,) if len(apart) > 1 else (),
        }
        return {key: groups for key, groups in rules.items() if groups}

    def level_rules(self, scenario: Scenario) -> dict[str, object]:
        """The levels told, as rules: a service that is told to be local may not be national."""
        if not self.held:
            return {}
        rules = scenario.services
        national = {code for code, level in self.held.items() if level == "national"}
        local = set(self.held) - national
        forced = set() if rules.force_local == "all" else set(rules.force_local)
        found: dict[str, object] = {
            "services.force_national": tuple(sorted({*rules.force_national, *national} - local))
        }
        if rules.force_local != "all":
            found["services.force_local"] = tuple(sorted((forced | local) - national))
        return found


def key_of(settings: Mapping[str, object]) -> str:
    """Settings as a key, whatever their order."""
    return json.dumps(settings, sort_keys=True, default=str)


def read_state(raw: Any, known: Sequence[str]) -> State:
    """Read what a page sent.

    Args:
        raw: JSON of the page.
        known: codes of the ICBs there are.

    Raises:
        InputError: it is no state, or names ICBs or footprints that are not there.
    """
    try:
        grouping = {str(name): tuple(map(str, icbs)) for name, icbs in raw["grouping"].items()}
        settings = dict(raw.get("settings", {}))
        state = State(
            grouping,
            tuple(map(str, raw.get("locked", ()))),
            tuple(map(str, raw.get("whole", ()))),
            {str(code): str(level) for code, level in raw.get("held", {}).items()},
            restore_infinities({"settings": settings})["settings"],
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _unreadable("It is not what this page sends.") from None
    icbs = [icb for members in grouping.values() for icb in members]
    if sorted(icbs) != sorted(known) or not all(grouping.values()):
        raise _unreadable("Each ICB must be in exactly one footprint, and none may be empty.")
    if not set(state.locked) <= set(icbs) or not set(state.whole) <= set(grouping):
        raise _unreadable("It locks an ICB or a footprint that is not there.")
    closed = [key for key in settings if key.split(".")[0] not in OPEN_SECTIONS]
    if closed:
        raise _unreadable(f"The page does not change {', '.join(closed)}.")
    return state


def _unreadable(why: str) -> InputError:
    remedy = f"{why} Open the page anew from the address that the command printed."
    return InputError([Fault("the page", 0, "", "", "state", remedy)])
