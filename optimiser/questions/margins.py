"""Each rule of a plan with its margin: how far it is kept, or by how much it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser.arrays import Floats, Masks
from optimiser.footprints.candidates import (
    as_masks,
    count_members,
    membership,
    sum_over_members,
)
from optimiser.footprints.leads import find_leads, furthest_minutes
from optimiser.footprints.levels import COLLECTIVE, NATIONAL
from optimiser.footprints.measures import measure_first_step, measure_income_at_risk
from optimiser.footprints.rules import MILLION, FootprintRule, footprint_rules
from optimiser.footprints.system import System
from optimiser.plan.distance import homes, measure_distance
from optimiser.plan.plan import Plan
from optimiser.questions.case import Case
from optimiser.questions.groupings import is_linked

ENGLAND = "England"
"""Where a rule across footprints holds."""
KEPT = 1e-6
"""Relative slack on sums over footprints that a solver kept within its tolerance (as the referee's)."""


@dataclass(frozen=True)
class Margin:
    """One rule in one place.

    Attributes:
        rule: its name: a setting of the scenario, or one end of a window.
        sentence: what it asks, with its values.
        where: the footprint, or ``England``.
        kept: whether it is.
        value: what the plan has; NaN where the rule is yes or no.
        limit: what the rule allows; NaN likewise.
        spare: how far the value is on the right side of the limit; negative where it is broken.
        unit: of the three.
        asked: whether the scenario asks for it; readiness is told even where it bars nothing.
    """

    rule: str
    sentence: str
    where: str
    kept: bool
    value: float = np.nan
    limit: float = np.nan
    spare: float = np.nan
    unit: str = ""
    asked: bool = True


def list_margins(case: Case, plan: Plan) -> tuple[Margin, ...]:
    """Every rule of the map and every floor and ceiling, in every place where it holds.

    Args:
        case: the rules.
        plan: measured on them.
    """
    system, groups = case.system, plan.grouping
    masks = as_masks((system.mask_of(icbs) for icbs in groups.values()), system.size)
    return (
        *_count(system, masks),
        *_connected(system, masks, list(groups)),
        *_footprint_rules(system, masks, plan),
        *_readiness(system, plan.readiness),
        *_moved(system, masks),
        *_totals(system, plan),
    )


def tightest(margins: tuple[Margin, ...]) -> tuple[Margin, ...]:
    """Of each rule the places where it is broken, or the one where it comes nearest to that."""
    by_rule: dict[str, list[Margin]] = {}
    for margin in margins:
        by_rule.setdefault(margin.sentence, []).append(margin)
    found: list[Margin] = []
    for places in by_rule.values():
        broken = [place for place in places if not place.kept]
        found += broken or [min(places, key=lambda place: np.nan_to_num(place.spare, nan=np.inf))]
    return tuple(found)


def _count(system: System, masks: Masks) -> Iterator[Margin]:
    low, high = system.scenario.footprints.count_window
    if system.scenario.footprints.count != "free":
        asks = f"{low}" if low == high else f"{low} to {high}"
        number = len(masks)
        spare = float(min(number - low, high - number))
        limit = float(low if number - low < high - number else high)
        sentence = f"number of footprints: {asks}"
        yield Margin(
            "count", sentence, ENGLAND, spare >= 0, float(number), limit, spare, "footprints"
        )


def _connected(system: System, masks: Masks, names: list[str]) -> Iterator[Margin]:
    if system.scenario.footprints.contiguous:
        for name, mask in zip(names, masks, strict=True):
            whole = is_linked(system, int(mask))
            yield Margin("contiguous", "members are linked through neighbours", name, whole)


def _footprint_rules(system: System, masks: Masks, plan: Plan) -> Iterator[Margin]:
    names = list(plan.grouping)
    for rule in footprint_rules(system):
        if rule.name == "readiness":
            continue  # told by domain, with its margin
        kept, (values, limit, sign, unit) = rule.keeps(masks), _measure(system, masks, rule, plan)
        if rule.name in _HELD:  # what is held decides, not what could be
            kept = values >= limit - KEPT * max(1.0, limit)
        for k, name in enumerate(names):
            value = float(values[k])
            spare = sign * (value - limit)
            yield Margin(rule.name, rule.sentence, name, bool(kept[k]), value, limit, spare, unit)


Measured = tuple[Floats, float, int, str]
"""Values of each footprint, the limit, 1 for a floor and -1 for a ceiling, the unit."""
_HELD = ("min_local_share_each", "min_local_services_each")


def _measure(system: System, masks: Masks, rule: FootprintRule, plan: Plan) -> Measured:
    """What a rule limits; NaN for rules that are a matter of yes or no."""
    rules, services = system.scenario.footprints, system.scenario.services
    limits: Mapping[str, tuple[Callable[[], Floats], float, str]] = {
        "max_travel_minutes": (
            lambda: furthest_minutes(system, masks, find_leads(system, masks)),
            rules.max_travel_minutes,
            "minutes",
        ),
        "min_shared_border": (
            lambda: _shared_border(system, masks),
            rules.min_shared_border,
            "share",
        ),
        "max_first_year_change": (
            lambda: measure_first_step(system, masks),
            rules.max_first_year_change,
            "share",
        ),
        "max_income_at_risk": (
            lambda: measure_income_at_risk(system, masks),
            rules.max_income_at_risk,
            "share",
        ),
        "min_local_share_each": (
            lambda: plan.footprints["local_share"].fillna(0.0).to_numpy(float),
            services.min_local_share_each,
            "share",
        ),
        "min_local_services_each": (
            lambda: _services_held(plan, system),
            services.min_local_services_each,
            "services",
        ),
    }
    if rule.name not in limits:
        return _measure_window(system, masks, rule.name)
    measure, limit, unit = limits[rule.name]
    return measure(), limit, -1 if rule.name.startswith("max") else 1, unit


def _measure_window(system: System, masks: Masks, rule: str) -> Measured:
    """What one end of a window limits; NaN for rules that are none."""
    rules = system.scenario.footprints
    windows: Mapping[str, tuple[Callable[[], Floats], tuple[float, float], str]] = {
        "population": (lambda: _people_m(system, masks), rules.population_m, "m people"),
        "members": (lambda: count_members(masks).astype(float), rules.members, "ICBs"),
        "spend": (lambda: sum_over_members(masks, system.scope_spend_m), rules.spend_m, "£m"),
    }
    end, _, name = rule.partition("_")
    if name not in windows:
        return np.full(len(masks), np.nan), np.nan, 1, ""
    measure, window, unit = windows[name]
    return measure(), float(window[end == "max"]), -1 if end == "max" else 1, unit


def _people_m(system: System, masks: Masks) -> Floats:
    return sum_over_members(masks, system.window_population / MILLION)


def _shared_border(system: System, masks: Masks) -> Floats:
    """Least share of a member's border that is with its fellow members, (m,); 1 for one alone."""
    inside = membership(masks, system.size)
    whole = system.border_km.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(whole > 0, inside @ system.border_km / whole, 1.0)
    counted = (inside > 0) & (inside.sum(axis=1, keepdims=True) > 1)
    return np.asarray(np.where(counted, share, 1.0).min(axis=1))


def _readiness(system: System, readiness: pd.DataFrame) -> Iterator[Margin]:
    """The domain of each footprint that is nearest to the joint committee's threshold, or below it."""
    asked = system.scenario.readiness.required
    for name, rows in readiness.groupby("footprint", sort=False):
        spare = rows["score"] - rows["joint"]
        at = int(spare.to_numpy().argmin())
        row, domain = rows.iloc[at], str(rows["domain"].iloc[at]).replace("_", " ")
        yield Margin(
            "readiness",
            "ready for a joint committee",
            f"{name}, {domain}",
            bool(spare.iloc[at] >= -1e-9),
            float(row["score"]),
            float(row["joint"]),
            float(spare.iloc[at]),
            "score",
            asked,
        )


def _moved(system: System, masks: Masks) -> Iterator[Margin]:
    most = system.scenario.footprints.max_moved
    if most is not None and system.baseline is not None:
        home = homes(masks, system.size)
        moved = measure_distance(home, system.baseline, system.residents).icbs_moved
        sentence = f"at most {most} ICBs leave {system.scenario.footprints.baseline}"
        spare = float(most - moved)
        yield Margin("max_moved", sentence, ENGLAND, spare >= 0, moved, most, spare, "ICBs")


def _totals(system: System, plan: Plan) -> Iterator[Margin]:
    """Floors and ceilings on sums over all footprints."""
    rules, table = system.scenario.services, plan.footprints
    people = (table["population"] / table["population"].sum()).to_numpy(float)
    bears = float(plan.terms.set_index("term")["measure"]["volatility"])
    for name, value, unit, what in (
        ("local_spend_m", float(table["local_spend_m"].sum()), "£m", "£m held locally"),
        (
            "local_services",
            float(people @ _services_held(plan, system)),
            "services",
            "services held locally",
        ),
        ("leakage_m", float(table["leakage_m"].sum()), "£m", "£m treated outside"),
        ("volatility_m", bears, "£m", "£m of standard deviation"),
    ):
        floor = float(getattr(rules, f"min_{name}", 0.0))
        ceiling = float(getattr(rules, f"max_{name}"))
        if floor > 0:
            yield _total(f"min_{name}", f"at least {floor:g} {what}", value, floor, 1, unit)
        if np.isfinite(ceiling):
            yield _total(f"max_{name}", f"at most {ceiling:g} {what}", value, ceiling, -1, unit)


def _total(rule: str, says: str, value: float, limit: float, sign: int, unit: str) -> Margin:
    spare = sign * (float(value) - limit)
    kept = spare >= -KEPT * max(1.0, limit)
    return Margin(rule, says, ENGLAND, kept, float(value), limit, spare, unit)


def _services_held(plan: Plan, system: System) -> Floats:
    """Services held locally in each footprint, one held by single ICBs for their share of it, (m,)."""
    residents = dict(zip(system.icbs, system.residents, strict=True))
    whole = dict(zip(plan.footprints["footprint"], plan.footprints["population"], strict=True))
    held = dict.fromkeys(whole, 0.0)
    local = plan.services[plan.services["level"] != NATIONAL]
    for name, level, icbs in local[["footprint", "level", "single_icbs"]].to_numpy():
        alone = sum(residents[icb] for icb in icbs.split()) / whole[name]
        held[name] += 1.0 if level in COLLECTIVE else alone
    return np.array(list(held.values()))
