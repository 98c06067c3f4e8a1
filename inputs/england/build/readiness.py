"""Illustrative readiness scores. Grades by system were never published.

Only the ordering of three groups rests on facts: the ICBs that said in 2023 that they were ready,
those delegated from April 2024, and those delegated from April 2025.
"""

from __future__ import annotations

import pandas as pd

from inputs.england.build.centres import measure_unit_hash
from inputs.england.build.facts import Facts
from optimiser.inputs.dataset import PDAF_DOMAINS

YEARS = (2023, 2024, 2025)
BASE_SCORE = {"declared": 2.9, "2024-04-01": 2.4, "2025-04-01": 2.0}
GROWTH_A_YEAR = 0.5
ICB_SPREAD, DOMAIN_SPREAD = 0.35, 0.45
DOMAIN_LEAN = {"finance": -0.25, "digital": -0.2, "workforce": -0.15, "clinical_leadership": 0.2}
HIGHEST = 4.0


def build_readiness(facts: Facts) -> pd.DataFrame:
    """Score each ICB, domain and year from 0 to 4, to 0.1: the same on every run."""
    rows = [
        (icb, domain, _score(str(icb), group, domain, year), year)
        for icb, group in _list_groups(facts).items()
        for domain in PDAF_DOMAINS
        for year in YEARS
    ]
    return pd.DataFrame(rows, columns=["icb", "domain", "score", "year"])


def _list_groups(facts: Facts) -> pd.Series[str]:
    declared = facts.icbs["self_declared_ready_2023"] == "yes"
    return facts.icbs["full_delegation_start"].mask(declared, "declared")


def _score(icb: str, group: str, domain: str, year: int) -> float:
    score = BASE_SCORE[group] + DOMAIN_LEAN.get(domain, 0.0)
    score += ICB_SPREAD * (2 * measure_unit_hash("readiness", icb) - 1)
    score += DOMAIN_SPREAD * (2 * measure_unit_hash("readiness", icb, domain) - 1)
    score += GROWTH_A_YEAR * (year - YEARS[0])
    return round(min(max(score, 0.0), HIGHEST), 1)
