"""What a frontier gains by starting each solve from the last one: the ratio, in one run.

python tests/benchmarks/benchmark_frontier.py inputs/toy/scenarios/base.toml leakage volatility local 8
"""

from __future__ import annotations

import sys
import time
from typing import Any

from optimiser.engine.frontier.epsilon_constraint import trace_frontier
from optimiser.engine.frontier.tracing import open_tracer
from optimiser.engine.highs.adapter import Highs
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.case import open_case


def main(path: str, x: str, y: str, policy: Any, points: str) -> None:
    """Trace the same grid cold (everything anew at each point), measured once, and reusing."""
    case = open_case(read_scenario(path))
    seconds, values = {}, {}
    with Highs() as highs:
        warm_up = open_tracer(case.system, highs, (x, y), policy, 3600)
        trace_frontier(warm_up, x, y, 2)  # imports are loaded before any time is taken
        for reuse in ("last", "none"):
            tracer = open_tracer(case.system, highs, (x, y), policy, 3600)
            tracer.reuse = reuse
            began = time.monotonic()
            found = trace_frontier(tracer, x, y, int(points))
            seconds[reuse] = time.monotonic() - began
            values[reuse] = [round(p.measures[x], 6) for p in found.points]
        began = time.monotonic()
        open_tracer(case.system, highs, (x, y), policy, 3600)
        listing = time.monotonic() - began
    assert values["last"] == values["none"]
    cold = seconds["none"] + tracer.solves * listing
    print(
        f"{len(values['last'])} points, {tracer.solves} solves; listing and measuring {listing:.1f} s"
    )
    print(f"each solve from nothing, listing again:   {cold:7.1f} s")
    print(f"list kept, columns and duals from nothing: {seconds['none']:6.1f} s")
    print(f"list, columns and duals reused:            {seconds['last']:6.1f} s")
    print(
        f"ratio {cold / seconds['last']:.2f} (of the columns and duals alone "
        f"{seconds['none'] / seconds['last']:.2f})"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
