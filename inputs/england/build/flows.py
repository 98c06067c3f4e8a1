"""Patient flows: demand by need, choice of provider by a Huff model on road minutes.

Within an ICB every LSOA carries the same demand (LSOAs were drawn to hold alike numbers of
people). Of the patients of an LSOA a share 1 - r chooses among the service's centres with
probability proportional to size^a · exp(-b·minutes), a centre in the residents' own ICB counting
as h minutes nearer (referral routes keep to the system); the share r is referred on reputation,
with the weak decay ``REFERRAL_DECAY`` and no such preference (D. L. Huff, 1963, for the form). The
three numbers b, h and r belong to the family of the service and are calibrated in
:mod:`inputs.england.build.calibrate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from inputs.england.build.facts import Facts, take_number, take_text
from inputs.england.build.wheel import Wheel

SIZE_EXPONENT = 0.6
LISTED_FACTOR = 3.0
REFERRAL_DECAY = 0.015
ANCHORED_SERVICE = "11"
ANCHOR_SHARE = 0.15
SMALLEST_SHARE = 0.0005
ALLOCATED = "ready"
"""Category of the services that the nine committees held, and that their allocations pay for."""
CHILD_KIND_FACTOR = {"children": 2.5}


@dataclass(frozen=True)
class Decay:
    """How one family of services chooses.

    Attributes:
        per_minute: decay of attraction a minute, b.
        home_minutes: minutes by which a centre in the own ICB counts as nearer, h.
        referral_share: share of patients referred on reputation, r (0-1).
    """

    per_minute: float
    home_minutes: float
    referral_share: float


@dataclass(frozen=True)
class Choice:
    """What the choice of provider reads.

    Attributes:
        icbs: ICB codes in order.
        starts: first LSOA row of each ICB, LSOAs sorted by ICB.
        counts: LSOAs in each ICB.
        minutes: LSOA × provider, minutes.
        columns: provider to column of ``minutes``.
        host: provider to the number of its ICB (-1: elsewhere).
        size: relative size of each provider.
        kind: kind of each provider.
        nearest_thrombectomy: ICB × provider shares of real admissions, nearest centre.
        own: number of the ICB that each of ``icbs`` belongs to.
    """

    icbs: tuple[str, ...]
    starts: np.ndarray
    counts: np.ndarray
    minutes: np.ndarray
    columns: dict[str, int]
    host: dict[str, int]
    size: pd.Series[float]
    kind: pd.Series[str]
    nearest_thrombectomy: pd.DataFrame
    own: np.ndarray


def build_choice(
    facts: Facts,
    wheel: Wheel,
    minutes: pd.DataFrame,
    gss_to_icb: dict[str, str],
    homes: Mapping[str, str] | None = None,
    every: int = 1,
) -> Choice:
    """Sort LSOAs by ICB and join what the choice needs.

    Args:
        facts: the carried facts.
        wheel: the wheel's tables.
        minutes: LSOA x provider, minutes.
        gss_to_icb: what stands in the column ``gss`` of the wheel's LSOAs to ICB, or to smaller area.
        homes: smaller area to the ICB whose centres count as near; the area itself when None.
        every: thins LSOAs, for calibration.
    """
    home = wheel.lsoas["gss"].map(gss_to_icb)
    order = home.sort_values(kind="stable").index[::every]
    counts = home[order].value_counts().sort_index()
    starts = np.concatenate([[0], counts.cumsum().to_numpy()[:-1]])
    own = [str(icb) if homes is None else homes[str(icb)] for icb in counts.index]
    numbers = {icb: n for n, icb in enumerate(sorted(set(own)))}
    hosts = facts.providers.set_index("provider")["icb"]
    return Choice(
        icbs=tuple(str(icb) for icb in counts.index),
        starts=starts,
        counts=counts.to_numpy(),
        minutes=minutes.loc[order].to_numpy(dtype="float64"),
        columns={str(p): n for n, p in enumerate(minutes.columns)},
        host={str(provider): numbers.get(str(icb), -1) for provider, icb in hosts.items()},
        size=facts.provider_model["size_m"].astype(float),
        kind=facts.provider_model["kind"],
        nearest_thrombectomy=share_nearest_thrombectomy(facts, wheel, gss_to_icb),
        own=np.array([numbers[icb] for icb in own]),
    )


def measure_pull(choice: Choice, centres: pd.DataFrame, family: str) -> np.ndarray:
    """Attraction of each centre: size^a, more for a listed centre where the list was extended."""
    providers = centres["provider"]
    pull = choice.size[providers].to_numpy() ** SIZE_EXPONENT
    listed = centres["listed"].to_numpy(dtype=bool)
    if not listed.all():
        pull = pull * np.where(listed, LISTED_FACTOR, 1.0)
    if family in {"children", "rare_child"}:
        pull = pull * choice.kind[providers].map(CHILD_KIND_FACTOR).fillna(1.0).to_numpy()
    return pull


def take_decay(parameters: pd.DataFrame, family: str) -> Decay:
    """Take the calibrated numbers of one family."""
    return Decay(
        per_minute=take_number(parameters, family, "decay_per_minute"),
        home_minutes=take_number(parameters, family, "home_minutes"),
        referral_share=take_number(parameters, family, "referral_share"),
    )


def share_by_provider(
    choice: Choice, providers: list[str], pull: np.ndarray, decay: Decay
) -> np.ndarray:
    """Share of each ICB's patients treated at each centre: ICB × centre, rows sum to 1."""
    minutes = choice.minutes[:, [choice.columns[p] for p in providers]]
    hosts = np.array([choice.host[p] for p in providers])
    home = np.repeat(choice.own, choice.counts)[:, None] == hosts
    near = _share_huff(minutes - decay.home_minutes * home, pull, decay.per_minute)
    far = _share_huff(minutes, pull, REFERRAL_DECAY)
    shares = (1 - decay.referral_share) * near + decay.referral_share * far
    mean: np.ndarray = np.add.reduceat(shares, choice.starts, axis=0) / choice.counts[:, None]
    return mean


def _share_huff(minutes: np.ndarray, pull: np.ndarray, per_minute: float) -> np.ndarray:
    nearest = minutes.min(axis=1, keepdims=True)
    attraction = pull * np.exp(-per_minute * (minutes - nearest))
    shares: np.ndarray = attraction / attraction.sum(axis=1, keepdims=True)
    return shares


def share_service(
    choice: Choice, service: str, centres: pd.DataFrame, family: str, decay: Decay
) -> pd.DataFrame:
    """ICB × provider shares of one service, anchored on real admissions for neurosciences."""
    providers = centres["provider"].tolist()
    pull = measure_pull(choice, centres, family)
    shares = share_by_provider(choice, providers, pull, decay)
    frame = pd.DataFrame(shares, index=list(choice.icbs), columns=providers)
    if service == ANCHORED_SERVICE:
        frame = (1 - ANCHOR_SHARE) * frame + ANCHOR_SHARE * share_anchor(choice, providers)
    return frame


def share_anchor(choice: Choice, providers: list[str]) -> pd.DataFrame:
    """ICB × provider shares of the part that follows real admissions."""
    anchor = choice.nearest_thrombectomy.reindex(columns=providers, fill_value=0.0)
    return anchor.div(anchor.sum(axis=1), axis=0)


def build_anchor(flows: pd.DataFrame, choice: Choice, centres: pd.DataFrame) -> pd.DataFrame:
    """The part of the anchored service's flows that follows real admissions, and stays when fitted.

    Args:
        flows: all flows.
        choice: what the choice of provider read.
        centres: the centres of the anchored service.
    """
    shares = share_anchor(choice, centres["provider"].tolist()).rename_axis("icb").reset_index()
    shares = shares.melt("icb", var_name="provider", value_name="share")
    mine = flows[flows["service"] == ANCHORED_SERVICE]
    whole = mine.groupby("icb")[["patients", "spend_m"]].transform("sum")
    mine = mine.assign(**whole).merge(shares, on=["icb", "provider"])
    part = ANCHOR_SHARE * mine.pop("share")
    return mine.assign(patients=part * mine["patients"], spend_m=part * mine["spend_m"])


def share_nearest_thrombectomy(
    facts: Facts, wheel: Wheel, gss_to_icb: dict[str, str]
) -> pd.DataFrame:
    """Shares of real stroke admissions by nearest English thrombectomy centre, by provider."""
    units = wheel.units[wheel.units["thrombectomy"] & (wheel.units["country"] == "England")]
    owner = {u: p for p, text in facts.provider_model["units"].items() for u in text.split()}
    nearest = wheel.minutes[units.index].idxmin(axis=1).map(owner)
    table = pd.DataFrame(
        {
            "icb": wheel.lsoas["gss"].map(gss_to_icb).to_numpy(),
            "provider": nearest.to_numpy(),
            "admissions": wheel.lsoas["admissions"].to_numpy(),
        }
    )
    admissions = table.pivot_table(
        index="icb", columns="provider", values="admissions", aggfunc="sum", fill_value=0.0
    )
    return admissions.div(admissions.sum(axis=1), axis=0)


def measure_demand(facts: Facts, service: str, category: str) -> pd.Series[float]:
    """Share of national demand of each ICB: need-weighted^e × residents^(1-e) × f, sums to 1.

    f, the factor of the ICB's committee, counts in the services that the committees held: it takes
    demand part of the way to what their published allocations imply.
    """
    exponent = take_number(facts.service_model, service, "need_exponent")
    need = facts.icbs["weighted_population_core_2025_26"].astype(float)
    residents = facts.icbs["population_census2021"].astype(float)
    raw = residents * (need / residents / (need.sum() / residents.sum())) ** exponent
    if category == ALLOCATED:
        factors = facts.demand_factors["demand_factor"].astype(float)
        raw = raw * facts.icbs["joint_committee_2023"].map(factors)
    return raw / raw.sum()


def build_flows(
    facts: Facts, services: pd.DataFrame, centres: pd.DataFrame, choice: Choice
) -> pd.DataFrame:
    """All flows: service, icb, provider, patients, spend_m; sums agree with ``services``."""
    table = services.set_index("service")
    parts = []
    for service in services["service"]:
        family = take_text(facts.service_model, service, "family")
        mine = centres[centres["service"] == service]
        decay = take_decay(facts.flow_parameters, family)
        shares = share_service(choice, service, mine, family, decay)
        demand = measure_demand(facts, service, take_text(table, service, "category"))
        size = (take_number(table, service, name) for name in ("patients", "spend_m"))
        parts.append(_spread(service, shares, demand, *size))
    return pd.concat(parts, ignore_index=True)


def _spread(
    service: str, shares: pd.DataFrame, demand: pd.Series[float], patients: float, spend_m: float
) -> pd.DataFrame:
    """Drop negligible shares, make rows sum to 1 again, and spread patients and money."""
    kept = shares.where(shares >= SMALLEST_SHARE, 0.0)
    kept = kept.div(kept.sum(axis=1), axis=0).mul(demand.reindex(kept.index), axis=0)
    icb, provider = np.nonzero(kept.to_numpy())
    long = pd.DataFrame(
        {
            "service": service,
            "icb": kept.index.to_numpy()[icb],
            "provider": kept.columns.to_numpy()[provider],
            "share": kept.to_numpy()[icb, provider],
        }
    )
    return long.assign(patients=long["share"] * patients, spend_m=long["share"] * spend_m).drop(
        columns="share"
    )
