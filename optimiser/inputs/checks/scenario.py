"""What a scenario says against its dataset: codes, groups, settings that need a table, windows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from optimiser.errors import Fault
from optimiser.inputs.checks.windows import (
    SLACK,
    Window,
    check_windows,
    list_windows,
    show_value,
)
from optimiser.inputs.connectivity import join_groups, list_links, list_parts
from optimiser.inputs.dataset import PDAF_DOMAINS, POPULATION_COLUMNS, Dataset
from optimiser.inputs.local_services import find_barred, list_moving_groups
from optimiser.inputs.scenario.scenario import ReadinessRules, Scenario, with_groups
from optimiser.spelling import join_sentences, suggest, suggest_code

DELEGATED_BY_DEFAULT = ReadinessRules().delegated
JOINT_BY_DEFAULT = ReadinessRules().joint


def check_scenario(scenario: Scenario, dataset: Dataset, file: str) -> list[Fault]:
    """Every fault of a scenario against a dataset.

    Faults whose rule starts with ``impossible_`` are no bad input: they prove by arithmetic that no
    plan exists. Windows are looked at only when every code is known.

    Args:
        scenario: the settings, already valid by themselves.
        dataset: the checked dataset.
        file: the scenario file as the user typed it; faults name it.
    """
    unknown = [
        *check_codes(scenario, dataset, file),
        *check_carried_plans(scenario, dataset, file),
        *check_domains(scenario, file),
    ]
    needs = check_needs(scenario, dataset, file)
    if unknown:
        return unknown + needs
    scenario = with_groups(scenario, dataset)
    checks = (check_groups, check_forced, check_windows)
    return needs + [fault for check in checks for fault in check(scenario, dataset, file)]


def check_codes(scenario: Scenario, dataset: Dataset, file: str) -> list[Fault]:
    """ICB and service codes that the dataset does not have, with the likely meant one."""
    icbs = _names(dataset.icbs, "icb", "short_name")
    services = _names(dataset.services, "service", "name")
    faults = [_unknown("icb", file, s, code, icbs) for s, code in _icb_codes(scenario, icbs)]
    for setting in ("force_local", "force_national"):
        for code in _named(getattr(scenario.services, setting)):
            if code not in services:
                faults.append(_unknown("service", file, f"services.{setting}", code, services))
    return faults


def _names(frame: pd.DataFrame, key: str, name: str) -> dict[str, str]:
    return dict(zip(frame[key].tolist(), frame[name].tolist(), strict=True))


def _icb_codes(scenario: Scenario, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Setting and code of every ICB code that is not known."""
    rules = scenario.footprints
    listed = {
        "footprints.stand_alone": [rules.stand_alone],
        "footprints.keep_together": rules.keep_together,
        "footprints.keep_apart": rules.keep_apart,
        "footprints.fixed": rules.fixed,
        "lead.fixed": [scenario.lead.fixed],
    }
    for setting, groups in listed.items():
        for group in groups:
            yield from ((setting, code) for code in group if code not in known)


def _unknown(key: str, file: str, setting: str, code: str, names: Mapping[str, str]) -> Fault:
    what = f"The dataset has no such {'ICB' if key == 'icb' else key}."
    return Fault(
        file, 0, setting, code, f"unknown_{key}", join_sentences(what, suggest_code(code, names))
    )


def check_carried_plans(scenario: Scenario, dataset: Dataset, file: str) -> list[Fault]:
    """A baseline, or a plan to keep whole, that is not among the carried plans."""
    carried = f"Carried plans: {', '.join(dataset.plans) or 'none'}."
    faults = []
    for setting in ("baseline", "keep_whole"):
        name = getattr(scenario.footprints, setting)
        if name and name not in dataset.plans:
            hint = suggest(name, dataset.plans) if len(dataset.plans) else ""
            remedy = join_sentences(
                "There is no such plan.", hint if hint.startswith("Did") else "", carried
            )
            faults.append(Fault(file, 0, f"footprints.{setting}", name, "unknown_plan", remedy))
    return faults


def check_domains(scenario: Scenario, file: str) -> list[Fault]:
    """Thresholds for domains that are none of the eight."""
    faults = []
    for name in ("joint", "delegated"):
        threshold = getattr(scenario.readiness, name)
        for domain in threshold if isinstance(threshold, dict) else ():
            if domain not in PDAF_DOMAINS:
                hint = suggest(domain, PDAF_DOMAINS)
                remedy = join_sentences("There is no such domain.", hint)
                place = f"readiness.{name}"
                faults.append(Fault(file, 0, place, domain, "unknown_domain", remedy))
    return faults


def check_needs(scenario: Scenario, dataset: Dataset, file: str) -> list[Fault]:
    """Settings that need a table, a column or a baseline that is not there."""
    rules, weights = scenario.footprints, scenario.objective
    icbs, links = dataset.icbs, dataset.neighbours
    base = POPULATION_COLUMNS[rules.population_base]
    window_is_on = rules.population_m[0] > 0 or math.isfinite(rules.population_m[1])
    people_missing = bool(icbs[base].isna().any())
    readiness = scenario.readiness
    thresholds = readiness.joint != JOINT_BY_DEFAULT or readiness.delegated != DELEGATED_BY_DEFAULT
    no_travel, no_scores = dataset.travel is None, dataset.readiness is None
    no_money = dataset.funding is None
    farthest, border_km = rules.max_travel_minutes, rules.min_border_km
    some_placeless = bool((icbs["region"] == "").any())
    some_unmeasured = bool(links["border_km"].isna().any())
    rows: tuple[tuple[bool, str, object, str], ...] = (
        (math.isfinite(farthest) and no_travel, "footprints.max_travel_minutes", farthest,
         "travel.csv"),
        (thresholds and no_scores, "readiness", "", "readiness.csv"),
        (readiness.year is not None and no_scores, "readiness.year", readiness.year,
         "readiness.csv"),
        (weights.allocation > 0 and no_money, "objective.allocation", weights.allocation,
         "funding.csv"),
        (math.isfinite(rules.max_first_year_change) and no_money,
         "footprints.max_first_year_change", rules.max_first_year_change, "funding.csv"),
        (weights.disruption > 0 and not rules.baseline, "objective.disruption",
         weights.disruption, "a carried plan named in footprints.baseline"),
        (window_is_on and people_missing, "footprints.population_base", rules.population_base,
         f"the column {base} in icbs.csv"),
        (rules.within_regions and some_placeless, "footprints.within_regions", "true",
         "the region of every ICB in icbs.csv"),
        (border_km > 0 and some_unmeasured, "footprints.min_border_km", border_km,
         "the column border_km in neighbours.csv"),
        (rules.min_shared_border > 0 and some_unmeasured, "footprints.min_shared_border",
         rules.min_shared_border, "the column border_km in neighbours.csv"),
    )  # fmt: skip
    remedy = "This needs {}, which is not there. Add it, or leave the setting out."
    return [
        Fault(file, 0, setting, show_value(value), "needs_data", remedy.format(what))
        for wrong, setting, value, what in rows
        if wrong
    ]


def check_groups(scenario: Scenario, dataset: Dataset, file: str) -> list[Fault]:
    """Groups that name an ICB twice, overlap, contradict each other or break a rule."""
    rules = scenario.footprints
    faults = _check_shape(scenario, file)
    together = join_groups([*rules.keep_together, *rules.fixed])
    for group in rules.keep_apart:
        for joined in together:
            both = [icb for icb in dict.fromkeys(group) if icb in joined]
            if len(both) > 1:
                remedy = "keep_together or fixed puts them in one footprint. Take them out of one."
                faults.append(_group_fault(file, "keep_apart", both, "apart_and_together", remedy))
    faults += _check_fixed(scenario, dataset, file)
    for joined in together:
        leads = [icb for icb in dict.fromkeys(scenario.lead.fixed) if icb in joined]
        if len(leads) > 1:
            remedy = "They share a footprint, which has one lead. Keep one of them."
            faults.append(Fault(file, 0, "lead.fixed", ", ".join(leads), "two_leads", remedy))
    return faults + _check_together_regions(scenario, dataset, file)


def _group_fault(file: str, setting: str, group: Sequence[str], rule: str, remedy: str) -> Fault:
    return Fault(file, 0, f"footprints.{setting}", ", ".join(group), rule, remedy)


def _check_shape(scenario: Scenario, file: str) -> list[Fault]:
    """Groups that are too short, and ICBs named twice in one list."""
    rules = scenario.footprints
    faults = []
    listed = {"keep_together": (2, rules.keep_together), "keep_apart": (2, rules.keep_apart)}
    listed["fixed"] = (1, rules.fixed)
    listed["stand_alone"] = (0, (rules.stand_alone,))
    for setting, (least, groups) in listed.items():
        for group in groups:
            if len(group) < least:
                remedy = f"A group here names at least {least} ICBs. Add to it or delete it."
                faults.append(_group_fault(file, setting, group, "group_size", remedy))
            twice = [icb for icb in dict.fromkeys(group) if group.count(icb) > 1]
            remedy = "The ICB is named twice. Delete one."
            faults += [_group_fault(file, setting, [icb], "named_twice", remedy) for icb in twice]
    return faults


def _check_fixed(scenario: Scenario, dataset: Dataset, file: str) -> list[Fault]:
    rules = scenario.footprints
    groups = [tuple(dict.fromkeys(group)) for group in rules.fixed if group]
    faults = []
    for place, group in enumerate(groups):
        for earlier in groups[:place]:
            shared = [icb for icb in group if icb in earlier]
            if shared:
                remedy = "It stands in two fixed footprints. An ICB is in one footprint only."
                faults.append(_group_fault(file, "fixed", shared, "fixed_overlap", remedy))
        for kept in join_groups(rules.keep_together):
            if set(kept) & set(group) and not set(kept) <= set(group):
                left = ", ".join(icb for icb in kept if icb not in group)
                remedy = f"keep_together asks for {left} in it too. Change one of the two."
                faults.append(_group_fault(file, "fixed", group, "fixed_and_together", remedy))
        faults += _check_fixed_footprint(scenario, dataset, group, file)
    return faults


def _check_fixed_footprint(
    scenario: Scenario, dataset: Dataset, group: tuple[str, ...], file: str
) -> list[Fault]:
    """One fixed footprint against the rules of a footprint."""
    rules = scenario.footprints
    faults = []
    parts = list_parts(group, list_links(dataset.neighbours, rules.min_border_km))
    if rules.contiguous and len(parts) > 1:
        shown = "; ".join(", ".join(part) for part in parts)
        remedy = f"It is not in one piece: {shown}. Add what lies between, or split it."
        faults.append(_group_fault(file, "fixed", group, "fixed_contiguous", remedy))
    regions = _list_regions(dataset, group)
    if rules.within_regions and len(regions) > 1:
        remedy = f"It crosses regions ({', '.join(regions)}) while within_regions is on."
        faults.append(_group_fault(file, "fixed", group, "fixed_within_regions", remedy))
    exempt = len(group) == 1 and group[0] in rules.stand_alone
    for window in list_windows(scenario, dataset):
        faults += _check_fixed_window(window, group, exempt, file)
    return faults


def _check_fixed_window(
    window: Window, group: tuple[str, ...], exempt: bool, file: str
) -> list[Fault]:
    total = window.total(group)
    if total * (1 - SLACK) > window.high:
        side = f"more than the most, {window.show(window.high)}"
    elif total * (1 + SLACK) < window.low and not exempt:
        side = f"less than the least, {window.show(window.low)}"
    else:
        return []
    remedy = f"It has {window.show(total)}, {side}. Change it or the window {window.setting}."
    return [_group_fault(file, "fixed", group, f"fixed_{window.setting}", remedy)]


def _list_regions(dataset: Dataset, group: Sequence[str]) -> list[str]:
    region = _names(dataset.icbs, "icb", "region")
    return list(dict.fromkeys(region[icb] for icb in group))


def _check_together_regions(scenario: Scenario, dataset: Dataset, file: str) -> list[Fault]:
    if not scenario.footprints.within_regions:
        return []
    remedy = "They are in different regions while within_regions is on. Change one of the two."
    return [
        _group_fault(file, "keep_together", group, "together_within_regions", remedy)
        for group in join_groups(scenario.footprints.keep_together)
        if len(_list_regions(dataset, group)) > 1
    ]


def _named(codes: tuple[str, ...] | str) -> list[str]:
    """Codes given in a list, each once; none where the setting is a word."""
    return [] if isinstance(codes, str) else list(dict.fromkeys(codes))


def check_forced(scenario: Scenario, dataset: Dataset, file: str) -> list[Fault]:
    """Services forced local that are national whatever the footprint, with the reason."""
    barred = find_barred(dataset.services, scenario.services)
    return [
        Fault(file, 0, "services.force_local", code, *_explain_barred(why, scenario, code, dataset))
        for code in _named(scenario.services.force_local)
        if (why := barred[code])
    ]


def _explain_barred(why: str, scenario: Scenario, code: str, dataset: Dataset) -> tuple[str, str]:
    """Rule and remedy of a service that is forced local but may not go local."""
    service = dataset.services.set_index("service").loc[code]
    if why == "local_level":
        return "forced_without_level", 'No local level is open. Add "footprint" to levels.'
    if why == "highly_specialised":
        return "forced_highly_specialised", "Highly specialised services are always national."
    if why == "category" and service["category"] == "national":
        return "forced_national_category", "Its portfolio category is national. Take it out."
    if why == "category":
        kind = service["category"]
        return "forced_category", f"It is {kind}. Add that to services.categories, or take it out."
    if why == "ready_year":
        year = service["ready_year"]
        known: str = "has no ready year" if pd.isna(year) else f"is ready from {year}"
        remedy = f"It {known}; services.year is {scenario.services.year}. Change one."
        return "forced_before_ready", remedy
    group = next(g for g in list_moving_groups(dataset.services) if code in g)
    others = ", ".join(other for other in group if other != code)
    remedy = f"It moves together with {others}, of which one is national. Take it out."
    return "forced_moves_with", remedy


def list_idle(scenario: Scenario, dataset: Dataset) -> list[str]:
    """Sentences on settings that are given and change nothing, each with what would."""
    return [*_list_categories(scenario, dataset), *_list_forced(scenario, dataset),
            *_list_exempt(scenario), *_list_collaboratives(scenario, dataset)]  # fmt: skip


def _list_categories(scenario: Scenario, dataset: Dataset) -> Iterator[str]:
    """Categories that may go local, of which the year leaves every service out."""
    table = dataset.services
    barred = find_barred(table, scenario.services).to_numpy()
    for category in scenario.services.categories:
        mine = (table["category"] == category).to_numpy()
        if not mine.any():
            yield f"services.categories has {category}, but no service of the dataset is of it."
        elif (barred[mine] == "ready_year").all():
            first = table.loc[mine, "ready_year"].min()
            when = "none says when it is" if pd.isna(first) else f"the first is in {first:.0f}"
            none = (
                "its one service is not"
                if mine.sum() == 1
                else f"none of its {mine.sum()} services is"
            )
            yield (
                f"services.categories has {category}, but {none} ready by "
                f"{scenario.services.year}: {when}. Set services.year, or nothing changes."
            )


def _list_forced(scenario: Scenario, dataset: Dataset) -> Iterator[str]:
    """Services forced national that no plan could hold locally anyway."""
    free = scenario.services.model_copy(update={"force_national": ()})
    barred = find_barred(dataset.services, free)
    names = dataset.services.set_index("service")["name"]
    idle = [names[code] for code in scenario.services.force_national if barred.get(code)]
    if idle:
        yield f"services.force_national changes nothing for {', '.join(idle)}: national in any case."


def _list_collaboratives(scenario: Scenario, dataset: Dataset) -> Iterator[str]:
    """The level of lead providers where no service in scope is marked for it."""
    free = (find_barred(dataset.services, scenario.services) == "").to_numpy()
    marked = dataset.services["collaborative"].to_numpy(bool)
    if "collaborative" in scenario.services.levels and not (free & marked).any():
        yield (
            "services.levels has collaborative, but no service that may go local is marked "
            "collaborative in services.csv: it changes nothing."
        )


def _list_exempt(scenario: Scenario) -> Iterator[str]:
    """ICBs that are let off floors where there are none."""
    rules = scenario.footprints
    floors = rules.population_m[0] > 0 or rules.members[0] > 1 or rules.spend_m[0] > 0
    if rules.stand_alone and not floors:
        yield "footprints.stand_alone changes nothing: no floor is set that it could exempt from."
