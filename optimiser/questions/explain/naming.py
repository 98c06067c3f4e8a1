"""The scenario's rules one by one: what each says, how it is dropped, how it is loosened.

Every entry of a list is a rule of its own, and so is each end of a window. Thresholds that stand in
the dataset (a service's own ``min_providers`` …) are rules too: they are dropped with the scenario's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from optimiser.inputs.scenario.scenario import Scenario
from optimiser.questions.explain.listing import Wish
from optimiser.questions.explain.named import NamedRule, Scale, drop_entry, put_setting
from optimiser.questions.explain.thresholds import name_service_rules


def name_rules(wish: Wish) -> tuple[NamedRule, ...]:
    """Every rule that a wish switches on; the order is that in which a clash lets go of them."""
    return (
        *_totals(wish),
        *name_service_rules(wish),
        *_moves(wish),
        *_groups(wish),
        *_map_rules(wish),
        *_windows(wish),
        *_count(wish),
        *_contiguous(wish),
    )


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
        put_setting(setting, none),
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
                drop_entry("footprints", key, group),
            )
    for code in wish.scenario.lead.fixed:
        yield NamedRule(
            f"lead.fixed {code}",
            "lead.fixed",
            f"{names[code]} leads whichever footprint it is in",
            f"drop {names[code]} as a fixed lead",
            drop_entry("lead", "fixed", code),
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
            put_setting("footprints.within_regions", False),
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
        travel = wish.dataset.travel
        furthest = 1e4 if travel is None else float(travel["minutes"].max())
        yield _number(
            "footprints.max_travel_minutes",
            f"every member is within {rules.max_travel_minutes:g} minutes of the lead ICB",
            rules.max_travel_minutes,
            math.inf,
            (1.0, 1, math.ceil(furthest)),
        )


def _windows(wish: Wish) -> Iterator[NamedRule]:
    rules, size = wish.scenario.footprints, len(wish.dataset.icbs)
    column = {"resident": "population"}.get(
        rules.population_base, f"{rules.population_base}_population"
    )
    people_m = float(wish.dataset.icbs[column].sum()) / 1e6
    rows: Sequence[tuple[str, str, float, float]] = (
        ("spend_m", "£{:g}m a year on services that may go local", 10.0, _all_spend_m(wish)),
        ("members", "{:g} ICBs", 1.0, float(size)),
        ("population_m", f"{{:g}} million {rules.population_base} people", 0.1, people_m),
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
            put_setting("footprints.contiguous", False),
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
