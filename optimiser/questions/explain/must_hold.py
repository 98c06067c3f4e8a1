"""Whether a variant asks for anything to be held locally: where it does not, all may be national."""

from __future__ import annotations

from optimiser.questions.explain.candidate_lists import Variant


def must_hold(variant: Variant) -> bool:
    """Whether something must be held locally: a service, or so much of a total or of a footprint."""
    rules = variant.scenario.services
    totals = rules.min_local_spend_m > 0 or rules.min_local_services > 0
    return bool(rules.force_local) or totals or bool(floors_each(variant))


def floors_each(variant: Variant) -> int:
    """How many floors are set on what each footprint holds."""
    rules = variant.scenario.services
    return (rules.min_local_share_each > 0) + (rules.min_local_services_each > 0)
