"""The lead ICB of a footprint: the member with the best lead score."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.candidates import membership, sum_over_members
from optimiser.footprints.system import System

FAR_MINUTES = 120.0
"""Mean travel at which the nearness component of the lead score reaches zero."""
FIXED_FIRST = 1e6
"""Lead score of a fixed lead above all others, whose scores are a few units."""
BLOCK = 2_000
"""Footprints at once: their scores then fit the cache of a processor, which halves the time."""


def score_leads(system: System, masks: Masks) -> dict[str, Floats]:
    """Components of the lead score of each ICB in each footprint, each (m, n) within 0-1.

    ``readiness`` is the mean PDAF score / 4; ``hosting`` the ICB's share of the specialised income
    hosted in the footprint; ``travel`` is 1 - mean minutes of the footprint's residents to the ICB /
    120, at least 0. A component whose table is missing is 0 for all.
    """
    inside = membership(masks, system.size)
    hosted = inside * system.hosting_share
    total = np.maximum(hosted.sum(axis=1, keepdims=True), 1e-12)
    return {
        "readiness": np.broadcast_to(_mean_readiness(system), inside.shape),
        "hosting": hosted / total,
        "travel": _nearness(system, inside),
    }


def _mean_readiness(system: System) -> Floats:
    if system.readiness is None:
        return np.zeros(system.size)
    return np.asarray(system.readiness.mean(axis=1) / 4)


def _nearness(system: System, inside: Floats) -> Floats:
    if system.minutes is None:
        return np.zeros_like(inside)
    people = inside * system.residents
    mean = people @ system.minutes / people.sum(axis=1, keepdims=True)
    return np.asarray(np.clip(1 - mean / FAR_MINUTES, 0, 1))


def weighted_lead_score(system: System, components: dict[str, Floats]) -> Floats:
    """The lead score: components weighted as the scenario says; fixed leads come first."""
    rules = system.scenario.lead
    score = (
        rules.readiness * components["readiness"]
        + rules.hosting * components["hosting"]
        + rules.travel * components["travel"]
    )
    fixed = np.isin(system.icbs, rules.fixed)
    return np.asarray(score + np.where(fixed, FIXED_FIRST, 0.0))


def fixed_lead_score(system: System) -> Floats:
    """The part of each ICB's lead score that no footprint changes, (n,)."""
    rules = system.scenario.lead
    first = np.where(np.isin(system.icbs, rules.fixed), FIXED_FIRST, 0.0)
    return np.asarray(rules.readiness * _mean_readiness(system) + first)


def find_leads(system: System, masks: Masks) -> Ints:
    """Index of the lead ICB of each footprint, (m,); ties go to the first ICB of the dataset."""
    leads = np.empty(len(masks), dtype=np.int64)
    for start in range(0, len(masks), BLOCK):
        block = masks[start : start + BLOCK]
        score = weighted_lead_score(system, score_leads(system, block))
        inside = membership(block, system.size) > 0
        leads[start : start + BLOCK] = np.where(inside, score, -np.inf).argmax(axis=1)
    return leads


def furthest_minutes(system: System, masks: Masks, leads: Ints) -> Floats:
    """Greatest travel time from a member to the lead, minutes, (m,)."""
    if system.minutes is None:
        return np.zeros(len(masks))
    furthest = np.zeros(len(masks))
    for start in range(0, len(masks), BLOCK):
        block = slice(start, start + BLOCK)
        inside = membership(masks[block], system.size) > 0
        furthest[block] = np.where(inside, system.minutes.T[leads[block]], 0.0).max(axis=1)
    return furthest


def person_minutes_m(system: System, masks: Masks, leads: Ints) -> Floats:
    """Million person-minutes from residents to their lead ICB, (m,)."""
    if system.minutes is None:
        return np.zeros(len(masks))
    total = np.zeros(len(masks))
    for lead in np.unique(leads):
        rows = leads == lead
        load = system.residents * system.minutes[:, lead] / 1e6
        total[rows] = sum_over_members(masks[rows], load)
    return total
