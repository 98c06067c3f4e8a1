"""Windows that simple arithmetic proves cannot be met, whatever the footprints.

Only what is certain is said: each test is a necessary condition, so a scenario that passes may
still have no plan. Rule names start with ``impossible_``: the input is sound, what it asks for is not.

The map falls into *parts* that no footprint can cross (unlinked where footprints are contiguous,
regions where these are respected). For k footprints in a part with total T and n ICBs, of which a
may stand alone below the floors, a window [low, high] asks

    k · high >= T   and, for some j <= min(a, k) that stand alone,   (k - j) · low <= T - t_j

where t_j is the least that j of the stand-alone ICBs hold together; the same for ICBs (T = n).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from optimiser.errors import Fault
from optimiser.inputs.connectivity import join_groups, list_links, list_parts
from optimiser.inputs.dataset import POPULATION_COLUMNS, Dataset
from optimiser.inputs.local_services import list_in_scope, list_local_services
from optimiser.inputs.scenario.scenario import FootprintRules, Scenario

MILLION = 1e6
SLACK = 1e-9
"""Relative slack, so that rounding never makes a scenario look impossible."""


@dataclass(frozen=True)
class Window:
    """One window of a footprint and what it counts.

    Attributes:
        setting: name in the scenario's section ``footprints``.
        low: least a footprint may hold.
        high: most it may hold.
        held: what each ICB holds.
        unit: how an amount reads in a sentence, with {} for the number.
    """

    setting: str
    low: float
    high: float
    held: Mapping[str, float]
    unit: str

    def show(self, amount: float) -> str:
        """An amount with its unit."""
        number = f"{amount / MILLION:.5g} million" if amount >= MILLION else f"{amount:.6g}"
        return self.unit.format(number)

    def allows(self, part: Sequence[str], count: int, exempt: Sequence[str]) -> bool:
        """Whether a part can make this many footprints inside the window."""
        return self.fits_ceiling(part, count) and self.fits_floor(part, count, exempt)

    def fits_ceiling(self, part: Sequence[str], count: int) -> bool:
        """Whether so many footprints can hold everyone."""
        return count * self.high >= self.total(part) * (1 - SLACK)

    def fits_floor(self, part: Sequence[str], count: int, exempt: Sequence[str]) -> bool:
        """Whether there is enough for so many footprints."""
        left = self.total(part)
        light = sorted(self.held[icb] for icb in part if icb in exempt)
        for alone, amount in enumerate([0.0, *light[:count]]):
            left -= amount
            covered = alone < count or len(part) == count
            if covered and (count - alone) * self.low <= left * (1 + SLACK) + SLACK:
                return True
        return False

    def total(self, part: Sequence[str]) -> float:
        """What the ICBs of a part hold together."""
        return math.fsum(self.held[icb] for icb in part)


def check_windows(scenario: Scenario, dataset: Dataset, file: str) -> list[Fault]:
    """Windows and floors that cannot be met; the codes of the scenario must be known."""
    ground = _Map(list_windows(scenario, dataset), scenario.footprints, file)
    faults = [*_check_single_icbs(ground), *_check_groups(ground)]
    whole = _check_whole(ground, dataset.icbs["icb"].tolist())
    parts = list_closed_parts(scenario.footprints, dataset)
    if not whole and not faults and len(parts) > 1:
        whole = _check_parts(ground, parts)
    return [*faults, *whole, *_check_totals(scenario, dataset, file)]


def list_windows(scenario: Scenario, dataset: Dataset) -> list[Window]:
    """The windows of a footprint that the dataset can count."""
    rules = scenario.footprints
    icbs = dataset.icbs["icb"].tolist()
    people = dataset.icbs[POPULATION_COLUMNS[rules.population_base]].astype(float).tolist()
    least, most = (bound * MILLION for bound in rules.population_m)
    counted = list_in_scope(dataset.services, scenario.services)
    spend = measure_spend(dataset, counted)
    windows = [
        Window("members", *rules.members, dict.fromkeys(icbs, 1.0), "{} ICBs"),
        Window("spend_m", *rules.spend_m, spend, "£{}m"),
    ]
    if all(math.isfinite(number) for number in people):
        held = dict(zip(icbs, people, strict=True))
        windows.insert(0, Window("population_m", least, most, held, "{} people"))
    return windows


def measure_spend(dataset: Dataset, services: set[str]) -> dict[str, float]:
    """£m a year of each ICB's residents on some services."""
    flows = dataset.flows
    spend = flows[flows["service"].isin(services)].groupby("icb")["spend_m"].sum()
    return {icb: float(spend.get(icb, 0.0)) for icb in dataset.icbs["icb"].tolist()}


def list_closed_parts(rules: FootprintRules, dataset: Dataset) -> list[tuple[str, ...]]:
    """Parts of the map that no footprint can cross."""
    icbs = dataset.icbs["icb"].tolist()
    region = dict(zip(icbs, dataset.icbs["region"].tolist(), strict=True))
    if rules.contiguous:
        links = list_links(dataset.neighbours, rules.min_border_km)
    else:
        links = [(a, b) for a in icbs for b in icbs if a < b]
    if rules.within_regions:
        links = [(a, b) for a, b in links if region[a] == region[b]]
    return list_parts(icbs, links)


def show_value(value: object) -> str:
    """A setting as it reads in TOML, near enough."""
    if isinstance(value, tuple):
        return f"[{', '.join(show_value(item) for item in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class _Map:
    """A scenario's windows, and what else its rules ask of a map."""

    windows: Sequence[Window]
    rules: FootprintRules
    file: str

    def refuse(self, setting: str, rule: str, remedy: str, value: object = None) -> Fault:
        """A fault that proves that no plan exists; the setting's own value where none is given."""
        shown = getattr(self.rules, setting) if value is None else value
        place = f"footprints.{setting}"
        return Fault(self.file, 0, place, show_value(shown), f"impossible_{rule}", remedy)

    def list_possible(self, part: Sequence[str], counts: Iterable[int]) -> list[int]:
        """Numbers of footprints of a part that every window allows."""
        alone = self.rules.stand_alone
        return [k for k in counts if all(w.allows(part, k, alone) for w in self.windows)]

    def list_tight(self, part: Sequence[str], counts: Iterable[int]) -> list[Window]:
        """Windows that no number of footprints of a part fits."""
        alone = self.rules.stand_alone
        return [w for w in self.windows if not any(w.allows(part, k, alone) for k in counts)]


def _check_single_icbs(ground: _Map) -> Iterator[Fault]:
    """ICBs that exceed the ceiling all alone."""
    for window in ground.windows:
        for icb, amount in window.held.items():
            if amount * (1 - SLACK) > window.high:
                remedy = (
                    f"{icb} alone has {window.show(amount)}, more than the most, "
                    f"{window.show(window.high)}. Raise the ceiling."
                )
                yield ground.refuse(window.setting, f"{window.setting}_of_icb", remedy)


def _check_groups(ground: _Map) -> Iterator[Fault]:
    """Groups kept together that exceed a ceiling, and groups kept apart of too many."""
    for group in join_groups(ground.rules.keep_together):
        for window in ground.windows:
            alone = any(window.held[icb] > window.high for icb in group)
            if not alone and not window.fits_ceiling(group, 1):
                remedy = (
                    f"Together they have {window.show(window.total(group))}, more than the most, "
                    f"{window.show(window.high)}. Raise the ceiling or keep fewer together."
                )
                yield ground.refuse("keep_together", f"{window.setting}_together", remedy, group)
    most = ground.rules.count_window[1]
    for group in ground.rules.keep_apart:
        if len(set(group)) > most:
            remedy = f"{len(set(group))} ICBs kept apart need as many footprints; at most {most}."
            yield ground.refuse("keep_apart", "count_apart", remedy, group)


def _check_whole(ground: _Map, icbs: Sequence[str]) -> list[Fault]:
    """Each window on the whole map, then all of them together."""
    least, most = ground.rules.count_window
    counts = range(least, min(most, len(icbs)) + 1)
    if not counts:
        remedy = f"There are {len(icbs)} ICBs, so at most that many footprints."
        return [ground.refuse("count", "count", remedy)]
    faults = [
        _explain_window(ground, window, icbs, counts) for window in ground.list_tight(icbs, counts)
    ]
    if faults or ground.list_possible(icbs, counts):
        return faults
    remedy = "No number of footprints fits all windows at once. Widen one of them."
    return [ground.refuse("count", "count_of_windows", remedy)]


def _explain_window(ground: _Map, window: Window, icbs: Sequence[str], counts: range) -> Fault:
    total, fewest, most = window.show(window.total(icbs)), counts[0], counts[-1]
    if not window.fits_ceiling(icbs, most):
        side = "ceiling"
        why = (
            f"{most} footprints of at most {window.show(window.high)} hold "
            f"{window.show(most * window.high)}, but there are {total}. "
            "Raise the ceiling or allow more footprints."
        )
    elif not window.fits_floor(icbs, fewest, ground.rules.stand_alone):
        side = "floor"
        why = (
            f"{fewest} footprints of at least {window.show(window.low)} need "
            f"{window.show(fewest * window.low)}, but there are {total}. "
            "Lower the floor or allow fewer footprints."
        )
    else:
        side = "window"
        why = f"No number of footprints splits {total} inside the window. Widen it."
    return ground.refuse(window.setting, f"{window.setting}_{side}", why)


def _check_parts(ground: _Map, parts: Sequence[tuple[str, ...]]) -> list[Fault]:
    """Each part alone, then the number of footprints over all parts."""
    possible = {part: ground.list_possible(part, range(1, len(part) + 1)) for part in parts}
    faults = [_explain_part(ground, part) for part, counts in possible.items() if not counts]
    if faults:
        return faults
    fewest = sum(counts[0] for counts in possible.values())
    most = sum(counts[-1] for counts in possible.values())
    least_wanted, most_wanted = ground.rules.count_window
    if fewest <= most_wanted and most >= least_wanted:
        return []
    remedy = (
        f"The map has {len(parts)} parts that no footprint may cross; they make "
        f"{fewest} to {most} footprints. Change the number or the rules that divide the map."
    )
    return [ground.refuse("count", "count_of_parts", remedy)]


def _explain_part(ground: _Map, part: Sequence[str]) -> Fault:
    window = (ground.list_tight(part, range(1, len(part) + 1)) or ground.windows)[0]
    remedy = (
        f"No footprint may cross the edge of {', '.join(part)}, which have "
        f"{window.show(window.total(part))}: that cannot be split inside the window. Widen it, let "
        "an ICB stand alone, or loosen the rules that divide the map."
    )
    return ground.refuse(window.setting, f"{window.setting}_of_part", remedy)


def _check_totals(scenario: Scenario, dataset: Dataset, file: str) -> Iterator[Fault]:
    """Floors on what is held locally that exceed all that may go local."""
    rules = scenario.services
    local = list_local_services(dataset.services, rules)
    spend = math.fsum(measure_spend(dataset, local).values())
    held = {
        "min_local_spend_m": (rules.min_local_spend_m, spend, f"£{spend:.6g}m"),
        "min_local_services": (rules.min_local_services, len(local), f"{len(local)} services"),
    }
    for setting, (floor, most, text) in held.items():
        if floor > most * (1 + SLACK):
            remedy = (
                f"Only {text} may go local in this scenario. Lower the floor or let more go local."
            )
            value = show_value(floor)
            yield Fault(file, 0, f"services.{setting}", value, f"impossible_{setting}", remedy)
