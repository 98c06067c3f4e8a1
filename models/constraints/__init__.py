"""The constraint families: one function each, whose docstring states why, what and from what.

The two tuples are the models' tables of contents: the builders add the families in this order and
FORMULATION.md prints them in this order.
"""

from __future__ import annotations

from models.constraints.contiguity import add_contiguity
from models.constraints.count import add_count
from models.constraints.cover import add_cover
from models.constraints.floors import add_holdings, add_totals
from models.constraints.holding import add_holding
from models.constraints.leaking import add_leaking
from models.constraints.links import add_keep_rules, add_pairs
from models.constraints.nearness import add_nearness
from models.constraints.portfolio import add_uniform_portfolio
from models.constraints.roots import add_roots
from models.constraints.services import add_service_levels, add_services_together
from models.constraints.thresholds import add_thresholds
from models.constraints.windows import add_windows

SELECTION_FAMILIES = (
    add_cover,
    add_count,
    add_service_levels,
    add_services_together,
    add_uniform_portfolio,
    add_totals,
    add_holdings,
    add_nearness,
)

ASSIGNMENT_FAMILIES = (
    add_roots,
    add_count,
    add_pairs,
    add_keep_rules,
    add_windows,
    add_contiguity,
    add_holding,
    add_thresholds,
    add_leaking,
)

__all__ = ["ASSIGNMENT_FAMILIES", "SELECTION_FAMILIES"]
