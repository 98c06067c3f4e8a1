"""The scenario's rules one by one: what each says, how it is dropped, how it is loosened.

Every entry of a list is a rule of its own, and so is each end of a window. Thresholds that stand in
the dataset (a service's own ``min_providers`` …) are rules too: they are dropped with the scenario's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.scenario import Scenario
from optimiser.solve.explain.listing import Wish


@dataclass(frozen=True)
class Scale:
    """How far a number can be loosened.

    Attributes:
        now: the number as it stands.
        step: answers are whole multiples of this away from the setting.
        sign: 1 when a higher number is looser, -1 when a lower one is.
        loosen: the wish with another number.
        say: that change in words.
        furthest: a number beyond which nothing is gained.
    """

    now: float
    step: float
    sign: int
    loosen: Callable[[Wish, float], Wish]
    say: Callable[[float], str]
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
class NamedRule:
    """One rule of a scenario.

    Attributes:
        name: unique: the setting, with the group or the end of the window.
        setting: ``section.key`` of the scenario.
        sentence: what it says, with its values.
        dropping: what dropping it means, in words.
        off: the wish without it.
        scale: how it can be loosened; None for rules that hold or do not.
        service: the rule is about options of services, not about the map.
    """

    name: str
    setting: str
    sentence: str
    dropping: str
    off: Callable[[Wish], Wish]
    scale: Scale | None = None
    service: bool = False


def name_rules(wish: Wish) -> tuple[NamedRule, ...]:
    """Every rule that a wish switches on; the order is that in which a clash lets go of them."""
    return (
        *_totals(wish),
        *_services(wish),
        *_moves(wish),
        *_groups(wish),
        *_map_rules(wish),
        *_windows(wish),
        *_count(wish),
        *_contiguous(wish),
    )


def _set(setting: str, value: object) -> Callable[[Wish], Wish]:
    return lambda wish: wish.changed({setting: value})


def _totals(wish: Wish) -> Iterator[NamedRule]:
    rules = wish.scenario.services
    said = {
        "local_spend_m": ("£{:g}m a year held locally", 1.0),
        "local_services": ("{:g} services held locally (mean over residents)", 0.01),
        "leakage_m": ("£{:g}m of leakage", 0.1),
        "volatility_m": ("£{:g}m of volatility", 0.1),
    }
    for measure, (unit, step) in said.items():
        for end, sign, none in (("min", -1, 0.0), ("max", 1, math.inf)):
            value = getattr(rules, f"{end}_{measure}", none)
            if value == none:
                continue
            least = "at least" if end == "min" else "at most"
            furthest = 0.0 if end == "min" else _all_spend_m(wish)
            yield _number(
                f"services.{end}_{measure}",
                f"{least} {unit.format(value)}, all footprints together",
                float(value),
                none,
                (step, sign, furthest),
            )


def _all_spend_m(wish: Wish) -> float:
    return float(math.ceil(wish.dataset.flows["spend_m"].sum()))


def _number(
    setting: str, sentence: str, now: float, none: object, scale: tuple[float, int, float]
) -> NamedRule:
    """A rule that is one number of the scenario."""
    step, sign, furthest = scale
    verb = "raise" if sign > 0 else "lower"
    return NamedRule(
        setting,
        setting,
        sentence,
        f"drop {setting}",
        _set(setting, none),
        Scale(
            now,
            step,
            sign,
            lambda wish, value: wish.changed({setting: value}),
            lambda value: f"{verb} {setting} from {now:g} to {value:g}",
            furthest,
        ),
        service=setting.startswith("services."),
    )


def _services(wish: Wish) -> Iterator[NamedRule]:
    rules = wish.scenario.services
    names = dict(zip(wish.dataset.services["service"], wish.dataset.services["name"], strict=True))
    for code in rules.force_local:
        said = f"{names[code]} ({code})"
        yield NamedRule(
            f"services.force_local {code}",
            "services.force_local",
            f"service {said} is forced local, so it must be allowed in every footprint",
            f"drop force_local of {said}",
            _less("services", "force_local", code),
            service=True,
        )
    for code in rules.force_national:
        said = f"{names[code]} ({code})"
        yield NamedRule(
            f"services.force_national {code}",
            "services.force_national",
            f"service {said} is forced national",
            f"drop force_national of {said}",
            _less("services", "force_national", code),
            service=True,
        )
    yield from _thresholds(wish)


def _less(section: str, key: str, entry: object) -> Callable[[Wish], Wish]:
    def off(wish: Wish) -> Wish:
        entries = list(getattr(getattr(wish.scenario, section), key))
        entries.remove(entry)
        return wish.changed({f"{section}.{key}": tuple(entries)})

    return off


def _thresholds(wish: Wish) -> Iterator[NamedRule]:
    """What a footprint needs to hold a service, by setting; the services' own columns included."""
    rules, table = wish.scenario.services, wish.dataset.services
    ready = wish.scenario.readiness
    own = "the services' own {} in services.csv"
    if rules.min_providers > 0 or (table["min_providers"] > 0).any():
        yield _threshold(
            "services.min_providers",
            f"a holder hosts at least {rules.min_providers} of a service's providers, or "
            + own.format("min_providers"),
            lambda w: w.changed({"services.min_providers": 0}).without_threshold(
                "min_providers", np.int64(0)
            ),
        )
    if rules.min_patients > 0 or (table["min_patients"] > 0).any():
        yield _threshold(
            "services.min_patients",
            f"a holder expects at least {rules.min_patients:g} patients a year, or "
            + own.format("min_patients"),
            lambda w: w.changed({"services.min_patients": 0.0}).without_threshold(
                "min_patients", 0.0
            ),
        )
    if math.isfinite(rules.max_cv) or table["max_cv"].notna().any():
        yield _threshold(
            "services.max_cv",
            f"a holder's spend on a service varies by at most {rules.max_cv:g} of its mean, or "
            + own.format("max_cv"),
            lambda w: w.changed({"services.max_cv": math.inf}).without_threshold(
                "max_cv", float("nan")
            ),
        )
    if wish.dataset.readiness is not None and ready.joint not in (0.0, {}):
        yield _threshold(
            "readiness.joint",
            f"a holder reaches {ready.joint} in every PDAF domain, as a joint committee must",
            _set("readiness.joint", 0.0),
        )
    if wish.dataset.readiness is not None and table["needs_delegation"].any():
        yield _threshold(
            "readiness.delegated",
            f"services that need full delegation ask for {ready.delegated} in every PDAF domain",
            lambda w: w.without_threshold("needs_delegation", False),
        )
    if set(rules.categories) != {"ready", "not_yet"} and (table["category"] == "not_yet").any():
        yield _threshold(
            "services.categories",
            f"only services of category {' and '.join(rules.categories)} may go local (others when "
            "their ready year has come)",
            _set("services.categories", ("ready", "not_yet")),
            "let services that are not_yet go local from their ready year",
        )


def _threshold(
    setting: str, sentence: str, off: Callable[[Wish], Wish], dropping: str = ""
) -> NamedRule:
    return NamedRule(setting, setting, sentence, dropping or f"drop {setting}", off, service=True)


def _moves(wish: Wish) -> Iterator[NamedRule]:
    rules = wish.scenario.footprints
    if rules.max_moved is not None:
        yield _number(
            "footprints.max_moved",
            f"at most {rules.max_moved} ICBs leave their footprint of {rules.baseline}",
            float(rules.max_moved),
            None,
            (1.0, 1, float(len(wish.dataset.icbs))),
        )


def _groups(wish: Wish) -> Iterator[NamedRule]:
    rules = wish.scenario.footprints
    said = {
        "keep_apart": ("no two share a footprint: {}", rules.keep_apart),
        "keep_together": ("share one footprint: {}", rules.keep_together),
        "fixed": ("are one whole footprint: {}", rules.fixed),
    }
    names = _names(wish)
    for key, (sentence, groups) in said.items():
        for group in dict.fromkeys(groups):
            members = ", ".join(names[code] for code in group)
            yield NamedRule(
                f"footprints.{key} {'–'.join(group)}",
                f"footprints.{key}",
                sentence.format(members),
                f"drop {key} {'–'.join(names[code] for code in group)}",
                _less("footprints", key, group),
            )
    for code in wish.scenario.lead.fixed:
        yield NamedRule(
            f"lead.fixed {code}",
            "lead.fixed",
            f"{names[code]} leads whichever footprint it is in",
            f"drop {names[code]} as a fixed lead",
            _less("lead", "fixed", code),
        )


def _names(wish: Wish) -> Mapping[str, str]:
    return dict(zip(wish.dataset.icbs["icb"], wish.dataset.icbs["short_name"], strict=True))


def _map_rules(wish: Wish) -> Iterator[NamedRule]:
    rules = wish.scenario.footprints
    if rules.within_regions:
        yield NamedRule(
            "footprints.within_regions",
            "footprints.within_regions",
            "no footprint crosses an NHS England region",
            "let footprints cross regions (within_regions = false)",
            _set("footprints.within_regions", False),
        )
    if rules.min_border_km > 0 and rules.contiguous:
        yield _number(
            "footprints.min_border_km",
            f"links with less than {rules.min_border_km:g} km of shared border do not count",
            rules.min_border_km,
            0.0,
            (0.5, -1, 0.0),
        )
    if math.isfinite(rules.max_travel_minutes):
        furthest = float(wish.dataset.travel["minutes"].max()) if _has_travel(wish) else 1e4
        yield _number(
            "footprints.max_travel_minutes",
            f"every member is within {rules.max_travel_minutes:g} minutes of the lead ICB",
            rules.max_travel_minutes,
            math.inf,
            (1.0, 1, math.ceil(furthest)),
        )


def _has_travel(wish: Wish) -> bool:
    return wish.dataset.travel is not None


def _windows(wish: Wish) -> Iterator[NamedRule]:
    rules, size = wish.scenario.footprints, len(wish.dataset.icbs)
    column = {"resident": "population"}.get(
        rules.population_base, f"{rules.population_base}_population"
    )
    people_m = float(wish.dataset.icbs[column].sum()) / 1e6
    rows: Sequence[tuple[str, str, float, float]] = (
        ("spend_m", "£{:g}m a year on services that may go local", 10.0, _all_spend_m(wish)),
        ("members", "{:g} ICBs", 1.0, float(size)),
        ("population_m", f"{{:g}} million {rules.population_base} people", 0.05, people_m),
    )
    for key, unit, step, _ in rows:
        least, nothing = getattr(rules, key)[0], 1.0 if key == "members" else 0.0
        if least > nothing:
            yield _end(key, 0, least, unit, (step, nothing, nothing))
    for key, unit, step, everything in rows:
        most, open_ = getattr(rules, key)[1], float(size) if key == "members" else math.inf
        if most < open_:
            yield _end(key, 1, most, unit, (step, open_, max(everything, most)))


def _end(
    key: str, place: int, now: float, unit: str, scale: tuple[float, float, float]
) -> NamedRule:
    """One end of a window: the floor is place 0, the ceiling place 1."""
    step, off, furthest = scale
    setting, end = f"footprints.{key}", ("floor", "ceiling")[place]
    verb, side = (("lower", "at least"), ("raise", "at most"))[place]

    def put(wish: Wish, value: float) -> Wish:
        window = list(getattr(wish.scenario.footprints, key))
        window[place] = value
        return wish.changed({setting: tuple(window)})

    return NamedRule(
        f"{setting} {end}",
        setting,
        f"each footprint has {side} {unit.format(now)}",
        f"drop the {end} of {setting}",
        lambda wish: put(wish, off),
        Scale(
            float(now),
            step,
            (-1, 1)[place],
            put,
            lambda value: f"{verb} the {end} of {setting} from {now:g} to {value:g}",
            furthest,
        ),
    )


def _count(wish: Wish) -> Iterator[NamedRule]:
    if wish.scenario.footprints.count == "free":
        return
    low, high = wish.scenario.footprints.count_window
    size = len(wish.dataset.icbs)
    if low > 1:
        yield _count_end(0, low, 1)
    if high < size:
        yield _count_end(1, high, size)


def _count_end(place: int, now: int, off: int) -> NamedRule:
    """The fewest footprints are place 0, the most place 1."""
    verb, side, which = (("lower", "at least", "fewest"), ("raise", "at most", "most"))[place]

    def put(wish: Wish, value: float) -> Wish:
        window = list(wish.scenario.footprints.count_window)
        window[place] = int(value)
        return wish.changed({"footprints.count": tuple(window)})

    return NamedRule(
        f"footprints.count {which}",
        "footprints.count",
        f"there are {side} {now} footprints",
        f"drop the {which} of footprints.count",
        lambda wish: put(wish, off),
        Scale(
            float(now),
            1.0,
            (-1, 1)[place],
            put,
            lambda value: f"{verb} the {which} footprints (count) from {now} to {value:g}",
            float(off),
        ),
    )


def _contiguous(wish: Wish) -> Iterator[NamedRule]:
    if wish.scenario.footprints.contiguous:
        yield NamedRule(
            "footprints.contiguous",
            "footprints.contiguous",
            "members of a footprint are linked through neighbours",
            "let footprints be in pieces (contiguous = false)",
            _set("footprints.contiguous", False),
        )


def settings_changed(before: Scenario, after: Scenario) -> dict[str, object]:
    """Settings that differ, as ``section.key`` to the new value."""
    one, two = before.settings(), after.settings()
    return {
        f"{section}.{key}": value
        for section, values in two.items()
        if isinstance(values, dict)
        for key, value in values.items()
        if one[section].get(key) != value
    }
