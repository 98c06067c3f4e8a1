"""Rules of the services: forced ones, and what a body needs to hold a service."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from optimiser.questions.explain.rules import Rule, Variant, drop_entry, put_setting


def list_service_rules(variant: Variant) -> Iterator[Rule]:
    """Forced services, then thresholds by setting; the services' own columns are part of them."""
    table = variant.dataset.services
    names = dict(zip(table["service"], table["name"], strict=True))
    rules = variant.scenario.services
    consequence = {"force_local": ", so it must be allowed in every footprint"}
    if rules.force_local == "all":
        yield Rule(
            "services.force_local",
            "services.force_local",
            "every service that may go local is held locally in every footprint",
            "drop force_local of all services",
            put_setting("services.force_local", ()),
            service=True,
        )
    for key, codes in (
        ("force_local", () if rules.force_local == "all" else rules.force_local),
        ("force_national", rules.force_national),
    ):
        way = key.replace("_", "d ")
        for code in codes:
            service = f"{names[code]} ({code})"
            yield Rule(
                f"services.{key} {code}",
                f"services.{key}",
                f"service {service} is {way}{consequence.get(key, '')}",
                f"drop {key} of {service}",
                drop_entry("services", key, code),
                service=True,
            )
    yield from _sizes(variant)
    yield from _readiness(variant)
    yield from _categories(variant)


def _sizes(variant: Variant) -> Iterator[Rule]:
    """Floors on providers and patients, and the ceiling on volatility."""
    rules, table = variant.scenario.services, variant.dataset.services
    thresholds = {
        "min_providers": ("a holder hosts enough of a service's providers", rules.min_providers),
        "min_patients": ("a holder expects enough patients of a service", rules.min_patients),
        "max_cv": ("a holder can bear how its in-scope budget varies by chance", rules.max_cv),
    }
    nothing: dict[str, float | np.int64] = {
        "min_providers": np.int64(0),
        "min_patients": 0.0,
        "max_cv": math.nan,
    }
    for key, (sentence, value) in thresholds.items():
        own = table["max_cv"].notna() if key == "max_cv" else table[key] > 0
        none = math.inf if key == "max_cv" else 0
        if value == none and not own.any():
            continue
        end = "at most" if key == "max_cv" else "at least"
        parts = [f"{end} {value:g}"] if value != none else []
        parts += ["the services' own in services.csv"] if own.any() else []
        yield _threshold(
            f"services.{key}",
            f"{sentence} ({' and '.join(parts)})",
            _switch_off(key, none, nothing[key]),
        )


def _switch_off(key: str, none: float, blank: float | np.int64) -> Callable[[Variant], Variant]:
    """The change that drops a threshold from the scenario and from the services' own column."""
    return lambda w: w.changed({f"services.{key}": none}).without_threshold(key, blank)


def _readiness(variant: Variant) -> Iterator[Rule]:
    ready = variant.scenario.readiness
    if variant.dataset.readiness is None or not ready.required:
        return
    if ready.joint not in (0.0, {}):
        # Of the map, not of services: a footprint that is not ready is no candidate.
        yield Rule(
            "readiness.joint",
            "readiness.joint",
            f"a footprint reaches {_score(ready.joint)} in the PDAF domains, as a joint committee must",
            "drop readiness.joint",
            put_setting("readiness.joint", 0.0),
        )
    if variant.dataset.services["needs_delegation"].any():
        yield _threshold(
            "readiness.delegated",
            f"services that need full delegation ask for {_score(ready.delegated)} in the PDAF "
            "domains",
            lambda w: w.without_threshold("needs_delegation", False),
        )


def _score(threshold: float | dict[str, float]) -> str:
    if isinstance(threshold, dict):
        return ", ".join(f"{value:g} ({domain})" for domain, value in threshold.items())
    return f"{threshold:g}"


def _categories(variant: Variant) -> Iterator[Rule]:
    rules = variant.scenario.services
    waiting = variant.dataset.services["category"] == "not_yet"
    if "not_yet" in rules.categories or not waiting.any():
        return
    yield Rule(
        "services.categories",
        "services.categories",
        f"only services of category {' and '.join(rules.categories) or 'none'} may go local",
        "let services that are not_yet ready go local from their ready year",
        put_setting("services.categories", (*rules.categories, "not_yet")),
        service=True,
    )


def _threshold(setting: str, sentence: str, off: Callable[[Variant], Variant]) -> Rule:
    return Rule(setting, setting, sentence, f"drop {setting}", off, service=True)
