"""What ``robust`` saved, read back: in how many draws of the inputs a claim about two plans holds."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser.csv_text import unguard
from optimiser.errors import Fault, InputError
from optimiser.runs.saving import plain

TIE_M = 1e-6
"""Scores this near, £m-equivalents, are the same plan's: what a proof leaves open."""

SCORES, ABOUT = "scores.csv", "about.json"
Grouping = frozenset[frozenset[str]]
"""Footprints as sets of ICB codes, whatever their names."""


@dataclass(frozen=True)
class Draws:
    """Plans over draws.

    Attributes:
        about: what was drawn, and the scenario.
        groupings: each plan's footprints.
        score_m: score of each plan (column) in each draw (row); infinite where it breaks a rule.
        outside_share: of in-scope care outside the patients' footprint, the same way.
        regret_m: what each plan scores more than the best of the draw.
    """

    about: Mapping[str, Any]
    groupings: Mapping[str, Grouping]
    score_m: pd.DataFrame
    outside_share: pd.DataFrame
    regret_m: pd.DataFrame

    @property
    def count(self) -> int:
        """How many draws."""
        return len(self.score_m)

    def find(self, grouping: Iterable[Collection[str]]) -> str | None:
        """Name of the drawn plan with these footprints, or None."""
        wanted = as_grouping(grouping)
        return next((name for name, found in self.groupings.items() if found == wanted), None)

    def share_lower(self, plan: str, other: str, measure: str = "score_m") -> float:
        """Share of draws in which a plan's measure is lower than another's."""
        table: pd.DataFrame = getattr(self, measure)
        return float((table[plan] < table[other] - TIE_M).mean())

    def share_best(self, plan: str) -> float:
        """Share of draws in which no grouping within the rules scores better than a plan."""
        return float((self.regret_m[plan] <= TIE_M).mean())

    def firm_share(
        self, inputs: Mapping[str, Any], plan: Grouping, other: Grouping
    ) -> dict[str, float]:
        """In what share of the draws each headline of a plan holds.

        Args:
            inputs: scenario and dataset of the plan, as a run saves them.
            plan: its footprints.
            other: those of the plan that it stands beside.

        Returns:
            best (no grouping within the rules scores better), scores_better and less_outside (than the
            other). Nothing where the draws are of another scenario, dataset or plan.
        """
        mine, rival = self.find(plan), self.find(other)
        if mine is None or rival is None or _asked(self.about) != _asked(inputs):
            return {}
        return {
            "best": self.share_best(mine),
            "scores_better": self.share_lower(mine, rival),
            "less_outside": self.share_lower(mine, rival, "outside_share"),
        }


def _asked(words: Mapping[str, Any]) -> object:
    """The question that words of a manifest are of: the settings but the solver's, and the inputs."""
    settings = {name: part for name, part in words["scenario"].items() if name != "solver"}
    return plain([settings, words["dataset"]["files"]])


def as_grouping(grouping: Iterable[Collection[str]]) -> Grouping:
    """Footprints given by their ICBs."""
    return frozenset(frozenset(icbs) for icbs in grouping)


def read_draws(folder: Path) -> Draws:
    """Read a folder that ``robust`` wrote.

    Raises:
        InputError: it is no such folder.
    """
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        groupings = {name: as_grouping(plan) for name, plan in about["groupings"].items()}
        table = pd.read_csv(folder / SCORES)
        table["plan"] = table["plan"].astype("str").map(unguard)
        wide = {
            name: table.pivot(index="draw", columns="plan", values=name)
            for name in ("score_m", "outside_share", "regret_m")
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = f"It is not what --out of robust wrote ({error}). Run footprints robust anew."
        raise InputError([Fault(str(folder), 0, "", "", "robust_folder", remedy)]) from error
    return Draws(about, groupings, **wide)
