"""How England's base answer moves when each weight is halved or doubled.

    python tests/benchmarks/sensitivity_of_weights.py            prints the table
    python tests/benchmarks/sensitivity_of_weights.py --write    also renews it in the dataset's README

Each row is a proven optimum. ``price of keeping`` is what the base plan costs more than the best plan
under the changed weights, each at its best options.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import engine_settings
from optimiser.footprints.system import build_system
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.plan.plan import Plan
from optimiser.questions import solve as workflow
from optimiser.questions.evaluate import score_case

ROOT = Path(__file__).parents[2]
ENGLAND = ROOT / "inputs" / "england-42"
WEIGHTS = ("leakage", "volatility", "national", "committee_cost_m", "governance_cost_m", "travel")
BEGIN, END = "<!-- sensitivity begins -->", "<!-- sensitivity ends -->"
HEADER = (
    "| weight | set to | cost, £m | local spend, £m | leaks, % | local services, mean "
    "| ICBs moved | price of keeping the base plan, £m |"
)


def icbs_moved(plan: Plan, other: Plan) -> int:
    """ICBs that change footprint, footprints being matched so that the fewest do."""
    table = plan.icbs.merge(other.icbs, on="icb")
    shared = table.groupby(["footprint_x", "footprint_y"]).size().unstack(fill_value=0).to_numpy()
    rows, columns = linear_sum_assignment(-shared)
    return int(len(table) - shared[rows, columns].sum())


def describe(label: str, value: str, plan: Plan, base: Plan, kept: float) -> str:
    """One row of the table."""
    table = plan.footprints
    local, leaks = table["local_spend_m"].sum(), table["leakage_m"].sum()
    services = np.average(table["local_services"], weights=table["population"])
    return (
        f"| {label} | {value} | {plan.objective:,.1f} | {local:,.0f} | {100 * leaks / local:.1f} "
        f"| {services:.1f} | {icbs_moved(plan, base)} | {max(kept - plan.objective, 0.0):,.1f} |"
    )


def rows() -> Iterator[str]:
    """The rows of the table, base first."""
    case = workflow.open_case(read_scenario(ENGLAND / "scenarios" / "base.toml"))
    with Highs(engine_settings(case.system)) as highs:
        base = workflow.solve_case(case, highs)
        yield describe("base", "", base, base, base.objective)
        for weight in WEIGHTS:
            for factor in (0.5, 2.0):
                value = factor * getattr(case.scenario.objective, weight)
                scenario = case.scenario.changed({f"objective.{weight}": value})
                changed = replace(
                    case, scenario=scenario, system=build_system(case.dataset, scenario)
                )
                plan = workflow.solve_case(changed, highs)
                kept = score_case(changed, highs, base.grouping, None, None)
                yield describe(weight, f"{value:g}", plan, base, kept.plan.objective)


def main() -> None:
    """Print the table; with --write put it into the dataset's README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew the table in the README")
    asked = parser.parse_args()
    lines = [HEADER, "|---" * 8 + "|"]
    for line in lines:
        print(line, flush=True)
    for line in rows():
        lines.append(line)
        print(line, flush=True)
    if asked.write:
        readme = ENGLAND / "README.md"
        text = readme.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        table = "\n".join(lines)
        readme.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
