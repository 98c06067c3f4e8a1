"""The tree of a branch and bound as it is saved: how the cases were split, and the prices of each part.

``verify`` proves every part again from its prices, so nothing here is taken on trust; prices are kept
where they are not zero. The rows are those of :class:`optimiser.engine.uniform.portfolio.NodeModel`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimiser.arrays import Floats, Ints
from optimiser.engine.uniform.portfolio import Node, NodeModel

CLOSED, SPLIT, SEARCHED, EMPTY, LIMITS = "closed", "split", "searched", "empty", "limits"
"""How a part ends: bounded by its prices; split by a group; searched to the end; without any plan, by
prices near the penalty; without any plan, as what is settled breaks a limit."""


@dataclass
class Tree:
    """Every part that was solved, in the order solved: parents before the parts split from them."""

    parts: list[dict[str, object]] = field(default_factory=list)

    def add(self, node: Node, model: NodeModel, duals: Floats | None) -> int:
        """Keep a part and its prices; without prices its settled groups break a limit by themselves.

        Returns:
            its number.
        """
        self.parts.append(
            {
                "parent": node.parent,
                "group": None if node.last is None else int(node.last[0]),
                "held": None if node.last is None else bool(node.last[1]),
                "end": LIMITS if duals is None else CLOSED,
                **({} if duals is None else _split_prices(model, duals)),
            }
        )
        return len(self.parts) - 1

    def end(self, number: int, how: str) -> None:
        """Say how a part ended, other than by its bound."""
        self.parts[number]["end"] = how


def _split_prices(model: NodeModel, duals: Floats) -> dict[str, object]:
    """The prices by kind of row; those of groups by the group's number, zeros left out."""
    k, n = len(model.groups), model.size
    start = n + 3
    own, joint, floor = (duals[start + part * k : start + (part + 1) * k] for part in range(3))
    forbids = zip(model.forbids, duals[start + 3 * k :], strict=True)
    return {
        "icb": duals[:n].tolist(),
        "count": float(duals[n]),
        "spend": float(duals[n + 1]),
        "services": float(duals[n + 2]),
        "joint": _sparse(model.groups, joint),
        "floor": _sparse(model.groups, floor),
        "own": _sparse(model.groups, own),
        "forbids": [[g, i, float(price)] for (g, i), price in forbids if price],
    }


def _sparse(groups: Ints, prices: Floats) -> dict[str, float]:
    return {str(int(groups[k])): float(prices[k]) for k in np.flatnonzero(prices)}
