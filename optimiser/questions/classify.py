"""Service portfolio analysis: each service's category from its attributes, by ordered rules.

The rules and their limits stand in the scenario (``[classify]``); the first rule that speaks decides.
The category that the dataset carries takes no part, it is only compared with.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser.footprints.system import System
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import ClassifyRules, Scenario
from optimiser.questions.case import Case, open_case
from optimiser.questions.delegation import count_by_year, list_by_year, list_next
from optimiser.runs.basis import describe_basis, weakest
from optimiser.runs.saving import save_tables

READY, NOT_YET, NATIONAL = "ready", "not_yet", "national"
CATEGORIES = (READY, NOT_YET, NATIONAL)
SAID = {READY: "Suitable and ready", NOT_YET: "Suitable, not yet ready", NATIONAL: "National"}
HIGHLY_SPECIALISED, ALL_MET = "highly_specialised", "all_met"
MILLION = 1e6


@dataclass(frozen=True)
class Rule:
    """One rule: it speaks where an attribute is on the wrong side of its limit.

    Attributes:
        name: its name, which is also that of its limit in ``[classify]``.
        attribute: column of :func:`measure_attributes`.
        category: what it says of a service.
        speaks: whether a value is on the wrong side of the limit.
        sentence: why, with ``{value}`` and ``{limit}``.
        shape: how value and limit are written.
    """

    name: str
    attribute: str
    category: str
    speaks: Callable[[float, float], bool]
    sentence: str
    shape: str = ",.3g"


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            *("few_patients", "patients", NATIONAL, operator.lt),
            "{value} patients a year in England, fewer than {limit}",
            ",.0f",
        ),
        Rule(
            *("few_providers", "providers", NATIONAL, operator.lt),
            "{value} providers in England, fewer than {limit}",
            ",.3g",
        ),
        Rule(
            *("too_volatile", "volatility", NATIONAL, operator.gt),
            "a standard deviation of {value} of spend at the reference population, above {limit}",
            ".2%",
        ),
        Rule(
            *("little_benefit", "integration_benefit", NATIONAL, operator.lt),
            "joining up care locally is worth {value} of spend, less than {limit}",
            ".2%",
        ),
        Rule(
            *("volatile", "volatility", NOT_YET, operator.gt),
            "a standard deviation of {value} of spend at the reference population, above {limit}",
            ".2%",
        ),
        Rule(
            *("thinly_provided", "providers_each", NOT_YET, operator.lt),
            "{value} providers for each reference population, fewer than {limit}",
        ),
        Rule(
            *("fast_moving", "innovation", NOT_YET, operator.gt),
            "a pace of innovation of {value}, above {limit}",
        ),
        Rule(
            *("needs_delegation", "needs_delegation", NOT_YET, operator.gt),
            "it needs full delegation",
        ),
    )
}
"""Every rule by its name."""

RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "highly_specialised": ("services.highly_specialised",),
    "patients": ("services.patients",),
    "providers": ("service_providers.provider", "providers.icb"),
    "providers_each": ("service_providers.provider", "providers.icb", "icbs.population"),
    "volatility": (
        *("services.spend_m", "services.patients"),
        *("services.case_cost_cv", "services.common_shock", "icbs.population"),
    ),
    "integration_benefit": ("services.integration_benefit",),
    "innovation": ("services.innovation",),
    "needs_delegation": ("services.needs_delegation",),
}
"""Attribute to the columns of the dataset behind it."""


@dataclass(frozen=True)
class Classification:
    """The categories that the rules give, beside those that are carried.

    Attributes:
        case: what was asked.
        services: one row per service: service, name, category (by the rules), carried, agrees,
            rule (that decided; ``all_met`` where none spoke), attribute, value, limit (of that rule,
            or of the one the service comes nearest to), reason, others (further rules that speak
            too), basis (kind of input behind the attribute; of all of them where none spoke), every
            attribute of :func:`measure_attributes`, spend_m and provenance.
        confusion: carried category (rows) by category of the rules (columns), numbers of services.
        attributes: one row per attribute: attribute, basis, rules (that look at it).
        by_year: see :func:`optimiser.questions.delegation.list_by_year`.
        next: see :func:`optimiser.questions.delegation.list_next`.
    """

    case: Case
    services: pd.DataFrame
    confusion: pd.DataFrame
    attributes: pd.DataFrame
    by_year: pd.DataFrame
    next: pd.DataFrame

    @property
    def years(self) -> pd.DataFrame:
        """Services by category and year: see :func:`optimiser.questions.delegation.count_by_year`."""
        return count_by_year(self.by_year)

    @property
    def differences(self) -> pd.DataFrame:
        """The services whose category by the rules is not the carried one."""
        return self.services[~self.services["agrees"]].reset_index(drop=True)

    @property
    def agreement_share(self) -> float:
        """Share of services on which the rules and the carried categories agree."""
        return float(self.services["agrees"].mean())

    def save(self, folder: str | Path) -> Path:
        """Save the tables in a new folder.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        names = ("services", "differences", "confusion", "attributes", "by_year", "years", "next")
        tables = {name: getattr(self, name) for name in names}
        return save_tables(folder, "classify", tables, self.case.dataset, self.case.scenario)


def classify(
    scenario: Scenario | str | Path, dataset: Dataset | str | Path | None = None
) -> Classification:
    """The service portfolio analysis: each service's category by the rules of ``[classify]``.

    Args:
        scenario: the rules and their limits, or their file.
        dataset: the inputs; read from where the scenario says when None.

    Raises:
        InputError: the inputs have faults; all are listed.
    """
    return classify_case(open_case(scenario, dataset))


def classify_case(case: Case) -> Classification:
    """Put every service in a category by the rules of an open case."""
    system, dataset = case.system, case.dataset
    rules = system.scenario.classify
    attributes = measure_attributes(system, dataset, rules)
    bases = {name: describe_basis(places, dataset.sources) for name, places in RESTS_ON.items()}
    rows = [_decide(row, rules, bases) for row in attributes.to_dict(orient="records")]
    table = dataset.services
    services = pd.concat(
        [
            table[["service", "name"]],
            pd.DataFrame(rows),
            attributes,
            table[["spend_m", "provenance"]],
        ],
        axis=1,
    )
    services.insert(3, "carried", table["category"])
    services.insert(4, "agrees", services["category"] == services["carried"])
    return Classification(
        case,
        services,
        _confuse(services),
        _summarise_attributes(rules, bases),
        list_by_year(dataset, services),
        list_next(services, dataset),
    )


def measure_attributes(system: System, dataset: Dataset, rules: ClassifyRules) -> pd.DataFrame:
    """What the rules look at, one row per service.

    Returns:
        highly_specialised, patients (a year, England), providers (hosted on the map), providers_each
        (for each reference population), volatility (sd / spend of a footprint of the reference
        population with its share of the spend; infinite without spend), integration_benefit,
        innovation, needs_delegation (0 or 1).
    """
    arrays, table = system.services, dataset.services
    share = min(rules.reference_population_m * MILLION / system.residents.sum(), 1.0)
    providers = arrays.hosted.sum(axis=1)
    spend = arrays.spend_m.sum(axis=1) * share
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = arrays.variance_factor / spend + arrays.common_shock**2
    return pd.DataFrame(
        {
            "highly_specialised": table["highly_specialised"],
            "patients": arrays.patients,
            "providers": providers,
            "providers_each": providers * share,
            "volatility": np.where(spend > 0, np.sqrt(variance), np.inf),
            "integration_benefit": arrays.benefit_share,
            "innovation": table["innovation"],
            "needs_delegation": arrays.needs_delegation.astype(float),
        }
    )


def find_limit(rules: ClassifyRules, rule: Rule) -> float:
    """The limit of a rule; services that need delegation are beyond 0."""
    return float(getattr(rules, rule.name, 0.0))


def _decide(
    service: Mapping[Any, Any], rules: ClassifyRules, bases: Mapping[str, str]
) -> dict[str, object]:
    """The category of one service, and what decided."""
    asked = [RULES[name] for name in rules.order]
    speaking = [r for r in asked if r.speaks(service[r.attribute], find_limit(rules, r))]
    if service["highly_specialised"]:
        found = _Verdict(NATIONAL, HIGHLY_SPECIALISED, "it is highly specialised")
        return _row(found, HIGHLY_SPECIALISED, 1.0, np.nan, speaking, bases[HIGHLY_SPECIALISED])
    if not speaking:
        basis = weakest([bases[HIGHLY_SPECIALISED], *(bases[rule.attribute] for rule in asked)])
        return _ready(service, rules, asked, basis)
    first = speaking[0]
    value, limit = service[first.attribute], find_limit(rules, first)
    shown = {"value": format(value, first.shape), "limit": format(limit, first.shape)}
    found = _Verdict(first.category, first.name, first.sentence.format_map(shown))
    return _row(found, first.attribute, value, limit, speaking[1:], bases[first.attribute])


@dataclass(frozen=True)
class _Verdict:
    """A category, the rule that decided and why."""

    category: str
    rule: str
    why: str


def _ready(
    service: Mapping[Any, Any], rules: ClassifyRules, asked: Sequence[Rule], basis: str
) -> dict[str, object]:
    """A service of which no rule speaks, with the rule whose limit it comes nearest to."""
    why = "no rule speaks against it"
    room = {rule: _room_share(service[rule.attribute], find_limit(rules, rule)) for rule in asked}
    known = {rule: share for rule, share in room.items() if np.isfinite(share)}
    if not known:
        return _row(_Verdict(READY, ALL_MET, why), "", np.nan, np.nan, (), basis)
    near = min(known, key=lambda rule: known[rule])
    value, limit = service[near.attribute], find_limit(rules, near)
    shown = f"{format(value, near.shape)} against {format(limit, near.shape)}"
    why = f"{why}; it comes nearest to {near.name.replace('_', ' ')}, {shown}"
    return _row(_Verdict(READY, ALL_MET, why), near.attribute, value, limit, (), basis)


def _room_share(value: float, limit: float) -> float:
    """How far a value is from its limit, as a share of the limit."""
    return abs(value - limit) / limit if limit > 0 else np.inf


def _row(
    found: _Verdict,
    attribute: str,
    value: float,
    limit: float,
    others: Sequence[Rule],
    basis: str,
) -> dict[str, object]:
    return {
        "category": found.category,
        "rule": found.rule,
        "attribute": attribute,
        "value": value,
        "limit": limit,
        "reason": f"{SAID[found.category]}: {found.why}.",
        "others": " ".join(rule.name for rule in others),
        "basis": basis,
    }


def _confuse(services: pd.DataFrame) -> pd.DataFrame:
    """Carried category by category of the rules, numbers of services, with both totals."""
    counts = pd.crosstab(services["carried"], services["category"])
    counts = counts.reindex(index=list(CATEGORIES), columns=list(CATEGORIES), fill_value=0)
    counts.loc["all"] = counts.sum()
    counts["all"] = counts.sum(axis=1)
    return counts.rename_axis(index="carried", columns=None).reset_index()


def _summarise_attributes(rules: ClassifyRules, bases: Mapping[str, str]) -> pd.DataFrame:
    looked_at: dict[str, list[str]] = {name: [] for name in bases} | {
        HIGHLY_SPECIALISED: [HIGHLY_SPECIALISED]
    }
    for name in rules.order:
        looked_at[RULES[name].attribute].append(name)
    return pd.DataFrame(
        {
            "attribute": list(bases),
            "basis": list(bases.values()),
            "rules": [" ".join(looked_at[name]) for name in bases],
        }
    )
