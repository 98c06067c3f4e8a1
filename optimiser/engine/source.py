"""Where candidates come from: what the engine asks of them, whether they are listed or priced.

The engine never sees all candidates. It asks for those that may improve the restricted master, for
those that a proof cannot leave out, and for how many they are. A source that lists them looks
through its list (:mod:`optimiser.engine.listed`); where they cannot be listed each round of pricing is a
search (:mod:`optimiser.engine.priced.source`), whose relaxation asks less: only what may enter it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from models.inputs import SelectionInputs
from optimiser.arrays import Floats, Masks
from optimiser.engine.relaxation.master import Columns, Duals, Rows


@dataclass(frozen=True)
class Survivors:
    """Candidates that a better plan may still use.

    Attributes:
        columns: their columns at the duals they were priced at, (m,).
        reduced: their reduced costs, £m, (m,).
    """

    columns: Columns
    reduced: Floats


class Entering(Protocol):
    """What the relaxation asks of candidates that were priced at given duals."""

    def saving(self, most: int) -> float:
        """What the reduced costs of a plan's footprints, at most so many, come to at least, £m."""

    def entering(self, tolerance: float) -> Columns:
        """Columns worth adding to the master: their reduced costs are below -tolerance."""


class Pricing(Entering, Protocol):
    """What came of pricing every candidate of a list."""

    @property
    def least(self) -> float:
        """Least reduced cost of any candidate, £m; 0 when none is below."""

    def likeliest(self, most: int) -> Columns:
        """Columns of the smallest reduced costs, smallest first."""

    def count_within(self, room: float) -> int:
        """How many candidates have a reduced cost of at most ``room``."""

    def within(
        self, room: float, besides: Masks | None = None, most: int | None = None
    ) -> Survivors:
        """Candidates with a reduced cost within ``room`` (the ``most`` smallest), and some besides."""


E_co = TypeVar("E_co", bound=Entering, covariant=True)
P_co = TypeVar("P_co", bound=Pricing, covariant=True)


class Priceable(Protocol[E_co]):
    """Candidates that the relaxation can price."""

    @property
    def unit(self) -> float:
        """A power of two near what a typical candidate costs, £m: the scale of every tolerance."""

    def price(self, rows: Rows, duals: Duals, cost_share: float = 1.0) -> E_co:
        """Reduced costs of all candidates at their best levels and match.

        Args:
            rows: the master's rows.
            duals: prices of the rows.
            cost_share: 1, or 0 to price against the first-phase objective (infeasibility alone).
        """


class Source(Priceable[P_co], Protocol[P_co]):
    """Candidates with one objective, on a list."""

    def settle(self, mask: int, chosen: bool) -> Source[P_co]:
        """The candidates left when a footprint is chosen (none overlaps it) or ruled out."""

    def build_inputs(
        self, survivors: Survivors, rows: Rows, prices: Mapping[str, float], room: float
    ) -> SelectionInputs:
        """The selection model on survivors, open in every level that a better plan may still use.

        Args:
            survivors: the candidates.
            rows: the master's rows.
            prices: dual of each bounded measure, £m per unit.
            room: the most that reduced cost and the extra cost of a level may come to, £m.
        """


class WholeList(Source[P_co], Protocol[P_co]):
    """A source that has every candidate at hand."""

    @property
    def masks(self) -> Masks:
        """The candidates, ascending, (m,)."""

    def measure_costs(self) -> Floats:
        """Cost of each at its best levels, nothing priced, £m, (m,); of long lists to seven digits."""
