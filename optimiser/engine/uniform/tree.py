"""The tree of a branch and bound as it is saved: how the cases were split, and the prices of each part.

``verify`` proves every part again from its prices, so nothing here is taken on trust; prices are kept
where they are not zero. The rows are those of :mod:`optimiser.engine.uniform.node`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from optimiser.engine.relaxation.master import Duals
from optimiser.engine.uniform.node import NodeResult
from optimiser.engine.uniform.portfolio import Node

CLOSED, SPLIT, SEARCHED, EMPTY, LIMITS = "closed", "split", "searched", "empty", "limits"
"""How a part ends: bounded by its prices; split by a group; searched to the end; without any plan, by
prices near the penalty; without any plan, as what is settled breaks a limit."""


@dataclass
class Tree:
    """Every part that was solved, in the order solved: parents before the parts split from them."""

    parts: list[dict[str, object]] = field(default_factory=list)

    def add(self, node: Node, result: NodeResult) -> int:
        """Keep a part and its prices; without prices its settled groups break a limit by themselves.

        Returns:
            its number.
        """
        self.parts.append(
            {
                "parent": node.parent,
                "group": None if node.last is None else int(node.last[0]),
                "held": None if node.last is None else bool(node.last[1]),
                "end": CLOSED if result.duals else LIMITS,
                **(_split_prices(result.duals, result.bounded) if result.duals else {}),
            }
        )
        return len(self.parts) - 1

    def end(self, number: int, how: str) -> None:
        """Say how a part ended, other than by its bound."""
        self.parts[number]["end"] = how


def _split_prices(duals: Duals, bounded: tuple[str, ...]) -> dict[str, object]:
    """The prices by kind of row; those of groups by the group's number, zeros left out."""
    found: dict[str, object] = {"icb": duals.icb.tolist(), "count": duals.count}
    groups: dict[str, dict[str, float]] = {"joint": {}, "floor": {}, "own": {}}
    forbids: list[list[float]] = []
    for name, price in zip(bounded, duals.bounded.tolist(), strict=True):
        kind, *of = name.split()
        if not of:
            found[kind] = price
        elif price and kind == "forbids":
            forbids.append([*map(int, of), price])
        elif price:
            groups[kind][of[0]] = price
    return {**found, **groups, "forbids": forbids}
