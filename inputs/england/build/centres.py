"""Which providers give each service: known lists first, then a stated rule.

The rule: a service has a number of centres (a published count, or a judgement by rarity). Centres
known by list come first. A service that ``facts/centre_rules.csv`` calls common then has one in each
ICB, in the largest trust of the right kind; one that goes with another has its centres where the
other has them. The rest are shared among NHS England's regions by population (largest
remainder), and within a region the largest providers of the right kind are taken; size is varied
by a fixed hash of service and provider, so that rare services do not all fall to one trust.
"""

from __future__ import annotations

import hashlib
from math import floor

import pandas as pd

from inputs.england.build.facts import Facts, take_number, take_text

POOL_KINDS = {
    "acute": ("tertiary", "general"),
    "child": ("children", "tertiary", "general"),
    "mh": ("mental_health",),
    "fixed": (),
}
CHILD_SIZE_FACTOR = {"children": 4.0, "tertiary": 1.0, "general": 0.3}
EACH_ICB, WITH = "each_icb", "with "
"""The rules of ``facts/centre_rules.csv``: every ICB has a centre; the centres of another service."""
FEW = 8
SPREAD_FEW, SPREAD_MANY = 0.9, 0.3


def list_service_providers(facts: Facts) -> pd.DataFrame:
    """List service, provider, provenance and ``listed`` (known by list, or forced)."""
    chooser = _Chooser(facts)
    rows = [row for service in facts.service_model.index for row in chooser.choose(service)]
    return pd.DataFrame(rows, columns=["service", "provider", "provenance", "listed"])


def measure_unit_hash(*words: str) -> float:
    """A fixed number in [0, 1) from words: the same on every machine."""
    digest = hashlib.sha256("|".join(words).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


class _Chooser:
    """Holds the joined provider table while services choose their centres."""

    def __init__(self, facts: Facts) -> None:
        providers = facts.providers.set_index("provider")
        self._facts = facts
        self._table = facts.provider_model.assign(
            icb=providers["icb"],
            region=providers["icb"].map(facts.icbs["region_name"]).fillna(""),
            size=facts.provider_model["size_m"].astype(float),
        )
        people = facts.icbs["population_census2021"].astype(float)
        self._people = people.groupby(facts.icbs["region_name"]).sum().sort_index()

    def choose(self, service: str) -> list[tuple[str, str, str, bool]]:
        """List the centres of one service."""
        model = self._facts.service_model
        pool, count = take_text(model, service, "pool"), int(take_number(model, service, "centres"))
        rows = self._list_known(service)
        rows |= {p: (told, False) for p, told in self._list_ruled(service, pool) if p not in rows}
        for provider in self._extend(service, pool, list(rows), count - len(rows)):
            rows[provider] = (f"modelled: pool {pool}, {count} centres", False)
        return [(service, provider, *rows[provider]) for provider in sorted(rows)]

    def _list_known(self, service: str) -> dict[str, tuple[str, bool]]:
        """Centres known by list, then those named by judgement."""
        known = self._facts.centres[self._facts.centres["service"] == service]
        columns = (known[name] for name in ("provider", "role", "confidence"))
        rows = {
            str(provider): (f"{role} (service_centres.csv, {confidence})", True)
            for provider, role, confidence in zip(*columns, strict=True)
        }
        for provider in take_text(self._facts.service_model, service, "always").split():
            rows.setdefault(provider, ("specialist or Welsh provider named by judgement", True))
        return rows

    def _list_ruled(self, service: str, pool: str) -> list[tuple[str, str]]:
        """Provider and provenance by ``facts/centre_rules.csv``: the least that the service has."""
        if service not in self._facts.centre_rules.index:
            return []
        rule = take_text(self._facts.centre_rules, service, "rule")
        told = f"modelled: {rule.replace('_', ' ')} (centre_rules.csv, judgement)"
        if rule != EACH_ICB:
            return [(provider, told) for provider in self._list_known(rule.removeprefix(WITH))]
        served = set(self._table.loc[list(self._list_known(service)), "icb"])
        ranked = self._rank(service, pool, [], 0.0).drop_duplicates("icb")
        return [(str(p), told) for p, icb in ranked["icb"].items() if icb not in served]

    def _extend(self, service: str, pool: str, chosen: list[str], missing: int) -> list[str]:
        """Choose ``missing`` more providers from a pool."""
        if missing <= 0 or pool == "fixed":
            return []
        few = len(chosen) + missing <= FEW
        ranked = self._rank(service, pool, chosen, SPREAD_FEW if few else SPREAD_MANY)
        if few:
            return _take_one_per_region(ranked, missing)
        return self._take_by_quota(ranked, chosen, missing)

    def _rank(self, service: str, pool: str, chosen: list[str], spread: float) -> pd.DataFrame:
        table = self._table[self._table["kind"].isin(POOL_KINDS[pool])].drop(
            chosen, errors="ignore"
        )
        score = table["size"].copy()
        if pool == "child":
            score *= table["kind"].map(CHILD_SIZE_FACTOR)
        noise = [1 + spread * (2 * measure_unit_hash(service, p) - 1) for p in table.index]
        return table.assign(score=score * noise).sort_values("score", ascending=False)

    def _take_by_quota(self, ranked: pd.DataFrame, chosen: list[str], missing: int) -> list[str]:
        """Fill each region up to its share of the total; what is left goes to the largest."""
        held = self._table.loc[chosen, "region"].value_counts()
        quota = _share_seats(self._people, len(chosen) + missing)
        room = {region: quota[region] - int(held.get(region, 0)) for region in quota}
        taken: list[str] = []
        for provider, region in ranked["region"].items():
            if len(taken) < missing and room[region] > 0:
                room[region] -= 1
                taken.append(str(provider))
        rest = [str(p) for p in ranked.index if p not in taken]
        return taken + rest[: missing - len(taken)]


def _take_one_per_region(ranked: pd.DataFrame, missing: int) -> list[str]:
    first = ranked.drop_duplicates("region").index.tolist()
    rest = [p for p in ranked.index if p not in first]
    return [str(p) for p in [*first, *rest][:missing]]


def _share_seats(people: pd.Series[float], seats: int) -> dict[str, int]:
    """Largest-remainder shares of ``seats`` by population."""
    exact = people / people.sum() * seats
    whole = {str(region): floor(value) for region, value in exact.items()}
    left = seats - sum(whole.values())
    remainder = (exact - exact.map(floor)).sort_values(ascending=False, kind="stable")
    for region in remainder.index[:left]:
        whole[str(region)] += 1
    return whole
