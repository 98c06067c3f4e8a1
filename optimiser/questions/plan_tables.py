"""What every answer of tables on one plan shares: its tables by name, and how they are saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd

from optimiser.plan.plan import Plan
from optimiser.questions.solve import Case
from optimiser.runs.saving import save_tables


@dataclass(frozen=True)
class PlanTables:
    """Tables on one plan.

    Attributes:
        COMMAND: the command that asks for them, which the manifest names.
        TABLES: names of the attributes that are tables, in the order in which they are shown.
        case: the scenario and its dataset.
        plan: the plan.
    """

    COMMAND: ClassVar[str]
    TABLES: ClassVar[tuple[str, ...]]

    case: Case
    plan: Plan

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {name: getattr(self, name) for name in self.TABLES}

    def save(self, folder: str | Path) -> Path:
        """Save the tables in a new folder.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        return save_tables(folder, self.COMMAND, self.tables, self.case.dataset, self.case.scenario)
