"""The scenario's rules one by one: what each says, how it is dropped, how it is loosened.

Every entry of a list is a rule of its own, and so is each end of a window. Thresholds that stand in
the dataset (a service's own ``min_providers`` …) are rules too: they are dropped with the scenario's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from optimiser.inputs.scenario.scenario import Scenario
from optimiser.questions.explain.rules import Rule, Scale, Variant, drop_entry, put_setting
from optimiser.questions.explain.service_rules import list_service_rules

SIDES, VERBS = ("at least", "at most"), ("lower", "raise")
"""Of a floor and of a ceiling: how it is worded, and how it is loosened."""
OF_THE_MAP = ("services.max_leakage_m", "services.max_volatility_m")
"""Ceilings that a map may break though all is national: England bears volatility, and care leaves a
footprint whoever holds it."""


def list_rules(variant: Variant) -> tuple[Rule, ...]:
    """Every rule that a variant switches on; the order is that in which a conflict set drops them."""
    return (
        *_totals(variant),
        *_floors(variant),
        *list_service_rules(variant),
        *_moves(variant),
        *_groups(variant),
        *_map_rules(variant),
        *_windows(variant),
        *_count(variant),
        *_contiguous(variant),
    )


def _totals(variant: Variant) -> Iterator[Rule]:
    rules = variant.scenario.services
    measures = {
        "local_spend_m": ("£{:,g}m a year held locally", 1.0),
        "local_services": ("{:g} services held locally (mean over residents)", 0.01),
        "leakage_m": ("£{:,g}m in scope treated outside the footprint", 0.1),
        "volatility_m": ("£{:,g}m of standard deviation that holders bear", 0.1),
    }
    for measure, (unit, step) in measures.items():
        for end, sign, none in (("min", -1, 0.0), ("max", 1, math.inf)):
            value = getattr(rules, f"{end}_{measure}", none)
            if value == none:
                continue
            least = "at least" if end == "min" else "at most"
            furthest = 0.0 if end == "min" else _all_spend_m(variant)
            yield _number(
                f"services.{end}_{measure}",
                f"{least} {unit.format(value)}, all footprints together",
                float(value),
                none,
                (step, sign, furthest),
            )


def _floors(variant: Variant) -> Iterator[Rule]:
    """What each footprint must hold; the steps of loosening are a per cent and a hundredth service."""
    rules = variant.scenario.services
    for setting, unit in (
        ("min_local_share_each", "{:.0%} of its spend in scope"),
        ("min_local_services_each", "{:g} services"),
    ):
        value = float(getattr(rules, setting))
        if value > 0:
            sentence = f"each footprint holds at least {unit.format(value)} locally"
            yield _number(f"services.{setting}", sentence, value, 0.0, (0.01, -1, 0.0))


def _all_spend_m(variant: Variant) -> float:
    return float(math.ceil(variant.dataset.flows["spend_m"].sum()))


def _number(
    setting: str, sentence: str, now: float, none: object, scale: tuple[float, int, float]
) -> Rule:
    """A rule that is one number of the scenario."""
    step, sign, furthest = scale
    verb = "raise" if sign > 0 else "lower"
    return Rule(
        setting,
        setting,
        sentence,
        f"drop {setting}",
        put_setting(setting, none),
        Scale(
            now,
            step,
            sign,
            lambda variant, value: variant.changed({setting: value}),
            lambda value: f"{verb} {setting} from {now:g} to {value:g}",
            furthest,
        ),
        service=setting.startswith("services.") and setting not in OF_THE_MAP,
    )


def _moves(variant: Variant) -> Iterator[Rule]:
    rules = variant.scenario.footprints
    if rules.max_moved is not None:
        yield _number(
            "footprints.max_moved",
            f"at most {rules.max_moved} ICBs leave their footprint of {rules.baseline}",
            float(rules.max_moved),
            None,
            (1.0, 1, float(len(variant.dataset.icbs))),
        )


def _groups(variant: Variant) -> Iterator[Rule]:
    rules = variant.scenario.footprints
    kinds = {
        "keep_apart": ("no two share a footprint: {}", rules.keep_apart),
        "keep_together": ("share one footprint: {}", rules.keep_together),
        "fixed": ("are one whole footprint: {}", rules.fixed),
    }
    names = _names(variant)
    for key, (sentence, groups) in kinds.items():
        for group in dict.fromkeys(groups):
            members = ", ".join(names[code] for code in group)
            yield Rule(
                f"footprints.{key} {'–'.join(group)}",
                f"footprints.{key}",
                sentence.format(members),
                f"drop {key} {'–'.join(names[code] for code in group)}",
                drop_entry("footprints", key, group),
            )
    for code in variant.scenario.lead.fixed:
        yield Rule(
            f"lead.fixed {code}",
            "lead.fixed",
            f"{names[code]} leads whichever footprint it is in",
            f"drop {names[code]} as a fixed lead",
            drop_entry("lead", "fixed", code),
        )


def _names(variant: Variant) -> Mapping[str, str]:
    return dict(zip(variant.dataset.icbs["icb"], variant.dataset.icbs["short_name"], strict=True))


def _map_rules(variant: Variant) -> Iterator[Rule]:
    rules = variant.scenario.footprints
    if rules.within_regions:
        yield Rule(
            "footprints.within_regions",
            "footprints.within_regions",
            "no footprint crosses an NHS England region",
            "let footprints cross regions (within_regions = false)",
            put_setting("footprints.within_regions", False),
        )
    for key, off, sentence, scale in _list_numbers(variant):
        now = float(getattr(rules, key))
        if now != off:
            yield _number(f"footprints.{key}", sentence.format(now), now, off, scale)


def _list_numbers(variant: Variant) -> Iterator[tuple[str, float, str, tuple[float, int, float]]]:
    """Limits on one footprint that are one number: the value that is none, what it says, its scale."""
    rules, travel = variant.scenario.footprints, variant.dataset.travel
    border = "each member shares at least {:.0%} of its border with its fellows"
    yield "min_shared_border", 0.0, border, (0.01, -1, 0.0)
    step = "the first step to its target is at most {:.1%} of its money"
    all_of_it = max(1.0, rules.max_first_year_change)
    yield "max_first_year_change", math.inf, step, (0.001, 1, all_of_it)
    lost = "no trust would lose more than {:.1%} if care came home"
    yield "max_income_at_risk", math.inf, lost, (0.01, 1, max(1.0, rules.max_income_at_risk))
    if rules.contiguous:
        links = "links with less than {:g} km of shared border do not count"
        yield "min_border_km", 0.0, links, (0.5, -1, 0.0)
    furthest = 1e4 if travel is None else float(travel["minutes"].max())
    within = "every member is within {:g} minutes of the lead ICB"
    yield "max_travel_minutes", math.inf, within, (1.0, 1, math.ceil(furthest))


def _windows(variant: Variant) -> Iterator[Rule]:
    rules, size = variant.scenario.footprints, len(variant.dataset.icbs)
    column = {"resident": "population"}.get(
        rules.population_base, f"{rules.population_base}_population"
    )
    people_m = float(variant.dataset.icbs[column].sum()) / 1e6
    rows: Sequence[tuple[str, str, float, float]] = (
        ("spend_m", "£{:g}m a year on services in scope", 10.0, _all_spend_m(variant)),
        ("members", "{:g} ICBs", 1.0, float(size)),
        ("population_m", f"{{:g}} million {rules.population_base} people", 0.1, people_m),
    )
    for key, unit, step, _ in rows:
        least, nothing = getattr(rules, key)[0], 1.0 if key == "members" else 0.0
        if least > nothing:
            yield _window_end(key, 0, least, unit, (step, nothing, nothing))
    for key, unit, step, everything in rows:
        most, open_ = getattr(rules, key)[1], float(size) if key == "members" else math.inf
        if most < open_:
            yield _window_end(key, 1, most, unit, (step, open_, max(everything, most)))


def _window_end(
    name: str, place: int, now: float, unit: str, scale: tuple[float, float, float]
) -> Rule:
    """One end of a window: the floor is place 0, the ceiling place 1."""
    step, off, furthest = scale
    setting, end = f"footprints.{name}", ("floor", "ceiling")[place]

    def put(variant: Variant, value: float) -> Variant:
        window = list(getattr(variant.scenario.footprints, name))
        window[place] = value
        return variant.changed({setting: tuple(window)})

    def describe(value: float) -> str:
        return f"{VERBS[place]} the {end} of {setting} from {now:g} to {value:g}"

    return Rule(
        f"{setting} {end}",
        setting,
        f"each footprint has {SIDES[place]} {unit.format(now)}",
        f"drop the {end} of {setting}",
        lambda variant: put(variant, off),
        Scale(float(now), step, (-1, 1)[place], put, describe, furthest),
    )


def _count(variant: Variant) -> Iterator[Rule]:
    if variant.scenario.footprints.count == "free":
        return
    low, high = variant.scenario.footprints.count_window
    size = len(variant.dataset.icbs)
    if low > 1:
        yield _count_end(0, low, 1)
    if high < size:
        yield _count_end(1, high, size)


def _count_end(place: int, now: int, off: int) -> Rule:
    """The fewest footprints are place 0, the most place 1."""
    which = ("fewest", "most")[place]

    def put(variant: Variant, value: float) -> Variant:
        window = list(variant.scenario.footprints.count_window)
        window[place] = int(value)
        return variant.changed({"footprints.count": tuple(window)})

    def describe(value: float) -> str:
        return f"{VERBS[place]} the {which} footprints (count) from {now} to {value:g}"

    return Rule(
        f"footprints.count {which}",
        "footprints.count",
        f"there are {SIDES[place]} {now} footprints",
        f"drop the {which} of footprints.count",
        lambda variant: put(variant, off),
        Scale(float(now), 1.0, (-1, 1)[place], put, describe, float(off)),
    )


def _contiguous(variant: Variant) -> Iterator[Rule]:
    if variant.scenario.footprints.contiguous:
        yield Rule(
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
