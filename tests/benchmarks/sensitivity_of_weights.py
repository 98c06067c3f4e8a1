"""How the best nine move when each weight is halved or doubled, and whether they hold outside.

    python tests/benchmarks/sensitivity_of_weights.py            prints the table
    python tests/benchmarks/sensitivity_of_weights.py --write    also renews it in the dataset's README

Each row is a proven optimum. ``price of keeping`` is what the base plan scores more than the best plan
under the changed weights, each at its best levels. ``gain outside`` judges the grouping on the observed
destinations alone (facts/observed_shares.csv; no modelled flow): how much less of them is treated
outside the footprint than under the nine committees, as a share of the most that any grouping within
the same rules could save.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
from scipy.optimize import linear_sum_assignment

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import engine_settings
from optimiser.footprints.system import build_system
from optimiser.importers.observed import read_families, read_shares
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.local_services import list_in_scope
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.plan.headlines import measure_headlines
from optimiser.plan.plan import Plan
from optimiser.questions import solve as workflow
from optimiser.questions.evaluate import score_case
from optimiser.questions.solve import Case

ROOT = Path(__file__).parents[2]
ENGLAND = ROOT / "inputs" / "england-42"
"""The map of the observed destinations: they are those of the 42 ICBs."""
OBSERVED = ROOT / "inputs" / "england" / "facts" / "observed_shares.csv"
SCENARIO = ENGLAND / "scenarios" / "nine-2023.toml"
WEIGHTS = (
    "leakage",
    "contracting",
    "volatility",
    "integration",
    "sharing_loss",
    "holding_cost_m",
    "committee_cost_m",
    "governance_cost_m",
)
COMMITTEES = "nine-committees-2023"
BEGIN, END = "<!-- sensitivity begins -->", "<!-- sensitivity ends -->"
HEADER = (
    "| weight | set to | score | treated outside, % | collective, £m | single ICBs, £m | national, £m "
    "| ICBs moved | price of keeping the base plan | gain outside, % |"
)


def observed_case(dataset: Dataset, scenario: Scenario) -> Case:
    """The observed destinations as a dataset of families, under the map's rules and leakage alone.

    Each family weighs what England spends on its services in scope, each ICB its residents. What is
    seen at no listed destination is treated elsewhere.
    """
    families = read_families(ENGLAND / "mapping" / "families.csv", dataset.services["service"])
    scope = list_in_scope(dataset.services, scenario.services)
    money = dataset.services.set_index("service")["spend_m"]
    worth = {f: sum(money[s] for s in scope if families.get(s) == f) for f in families.values()}
    people = dataset.icbs.set_index("icb")["population"] / dataset.icbs["population"].sum()
    shares = read_shares(OBSERVED).shares
    seen = shares[shares["family"].isin(worth)]
    spend = seen["family"].map(worth) * seen["icb"].map(people)
    rows = seen.assign(provider=seen["host"], spend_m=spend * seen["share"])
    listed = seen.groupby(["family", "icb"])["share"].sum().reset_index()
    left = listed["family"].map(worth) * listed["icb"].map(people)
    rest = listed.assign(provider="elsewhere", spend_m=left * (1 - listed["share"]))
    flows = pd.concat([rows, rest[rest["spend_m"] > 0]]).rename(columns={"family": "service"})
    flows = flows[["service", "icb", "provider", "spend_m"]].assign(patients=1.0)
    names = list(dict.fromkeys(flows["service"]))
    template = dataset.services[dataset.services["category"] == "ready"].head(len(names))
    services = template.assign(service=names, name=names, moves_with="", patients=1.0)
    icbs = dataset.icbs["icb"]
    providers = pd.DataFrame({"provider": [*icbs, "elsewhere"], "icb": [*icbs, ""]})
    alone = {f"objective.{w}": 0.0 for w in WEIGHTS} | {"objective.leakage": 1.0}
    changed = scenario.changed({**alone, "services.levels": ("national",)})
    small = replace(
        dataset, services=services, flows=flows, providers=providers, service_providers=None
    )
    return Case(changed, small, build_system(small, changed))


def icbs_moved(plan: Plan, other: Plan) -> int:
    """ICBs that change footprint, footprints being matched so that the fewest do."""
    table = plan.icbs.merge(other.icbs, on="icb")
    shared = table.groupby(["footprint_x", "footprint_y"]).size().unstack(fill_value=0).to_numpy()
    rows, columns = linear_sum_assignment(-shared)
    return int(len(table) - shared[rows, columns].sum())


def describe(label: str, value: str, plan: Plan, base: Plan, kept: float, outside: float) -> str:
    """One row of the table."""
    found = measure_headlines(plan)
    return (
        f"| {label} | {value} | {found.score:,.1f} | {found.in_scope_treated_outside_share:.1%} "
        f"| {found.collective_m:,.0f} | {found.individual_m:,.0f} | {found.national_m:,.0f} "
        f"| {icbs_moved(plan, base)} | {max(kept - plan.objective, 0.0):,.1f} | {outside:.0%} |"
    )


def rows() -> Iterator[str]:
    """The rows of the table, base first."""
    case = workflow.open_case(read_scenario(SCENARIO))
    seen = observed_case(case.dataset, case.scenario)
    with Highs(engine_settings(case.system)) as highs:
        best = workflow.solve_case(seen, highs).objective
        committees = score_case(seen, highs, COMMITTEES, None, None).plan.objective

        def gain(plan: Plan) -> float:
            """Share of the greatest saving on the committees that a plan's grouping makes."""
            own = score_case(seen, highs, plan.grouping, None, None).plan.objective
            return (committees - own) / (committees - best)

        base = workflow.solve_case(case, highs)
        yield describe("base", "", base, base, base.objective, gain(base))
        for weight in WEIGHTS:
            for factor in (0.5, 2.0):
                value = factor * getattr(case.scenario.objective, weight)
                scenario = case.scenario.changed({f"objective.{weight}": value})
                changed = replace(
                    case, scenario=scenario, system=build_system(case.dataset, scenario)
                )
                plan = workflow.solve_case(changed, highs)
                kept = score_case(changed, highs, base.grouping, None, None)
                yield describe(weight, f"{value:g}", plan, base, kept.plan.objective, gain(plan))


def main() -> None:
    """Print the table; with --write put it into the dataset's README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew the table in the README")
    asked = parser.parse_args()
    lines = [HEADER, "|---" * 10 + "|"]
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
