"""The uniform portfolio of England: the gap over time and the candidates left, as the search goes.

python tests/benchmarks/benchmark_uniform.py [--seconds 180]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions import solve as workflow

SCENARIO = Path(__file__).parents[2] / "inputs" / "england-42" / "scenarios" / "uniform.toml"


def main() -> None:
    """Solve and print each line of progress with its time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0, help="time limit")
    asked = parser.parse_args()
    started = time.monotonic()

    def say(step: str, detail: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {step:8} {detail}", flush=True)

    scenario = read_scenario(SCENARIO, [f"solver.time_limit={asked.seconds}"])
    plan = workflow.solve(scenario, report=say)
    print(f"{plan.outcome.status}: £{plan.objective:,.2f}m, gap {plan.outcome.gap:.3%}")
    for step, seconds in plan.outcome.seconds.items():
        print(f"  {step:8} {seconds:7.2f} s")


if __name__ == "__main__":
    main()
