"""How the best nine move when a weight is halved or doubled, or an input that is judged is dropped.

    python tests/benchmarks/sensitivity_of_weights.py                    prints both tables
    python tests/benchmarks/sensitivity_of_weights.py --only dropped     one of them: weights, dropped
    python tests/benchmarks/sensitivity_of_weights.py --write            also renews the dataset's README

Each row is a proven optimum. ``price of keeping`` is what the base plan scores more than the best plan
under the changed weights, each at its best levels. ``gain outside`` judges the grouping on the observed
destinations alone (facts/observed_shares.csv; no modelled flow): how much less of them is treated
outside the footprint than under the nine committees, as a share of the most that any grouping within
the same rules could save. An input is dropped by giving every service the same value, or by doing
without it where that can be done.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
from scipy.optimize import linear_sum_assignment

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import engine_settings
from optimiser.footprints.system import build_system
from optimiser.importers.calibration import list_fitted
from optimiser.importers.observed import read_families, read_shares
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.local_services import list_in_scope
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.plan.plan import Plan, measure_headlines
from optimiser.questions import solve as workflow
from optimiser.questions.case import Case, open_case
from optimiser.questions.evaluate import score_case

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
MARKS = {"weights": "sensitivity", "dropped": "dropped inputs"}
"""Each table to its name in the marks of the README."""
HEADER = (
    "| {} | set to | score | treated outside, % | collective, £m | single ICBs, £m | national, £m "
    "| ICBs moved | price of keeping the base plan | gain outside, % |"
)


def observed_case(dataset: Dataset, scenario: Scenario) -> Case:
    """The observed destinations as a dataset of families, under the map's rules and leakage alone.

    Each family weighs what England spends on those of its services in scope that the counts speak of,
    each ICB its residents. What is seen at no listed destination is treated elsewhere.
    """
    observed = read_shares(OBSERVED)
    groups = read_families(ENGLAND / "mapping" / "families.csv", dataset.services["service"])
    hosts = dict(dataset.providers[["provider", "icb"]].to_numpy().tolist())
    centres = dataset.service_providers
    assert centres is not None
    families = list_fitted(dataset.flows, hosts, groups, centres, observed)
    scope = list_in_scope(dataset.services, scenario.services)
    money = dataset.services.set_index("service")["spend_m"]
    worth = {f: sum(money[s] for s in scope if families.get(s) == f) for f in families.values()}
    people = dataset.icbs.set_index("icb")["population"] / dataset.icbs["population"].sum()
    seen = observed.shares[observed.shares["family"].isin(worth)]
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


Change = Callable[[Dataset], Dataset]


def with_column(column: str, value: float | str | bool) -> Change:
    """A dataset whose services all have one value in a column."""
    return lambda dataset: replace(dataset, services=dataset.services.assign(**{column: value}))


def alike(column: str) -> Change:
    """A dataset whose services all have the mean of a column, weighted by spend."""

    def change(dataset: Dataset) -> Dataset:
        services = dataset.services
        mean = (services[column] * services["spend_m"]).sum() / services["spend_m"].sum()
        return with_column(column, float(mean))(dataset)

    return change


def with_cases_alike(dataset: Dataset) -> Dataset:
    """A dataset in which a patient costs the same in every service."""
    services = dataset.services
    each = services["patients"].sum() / services["spend_m"].sum()
    flows = dataset.flows.assign(patients=dataset.flows["spend_m"] * each)
    return replace(
        dataset, flows=flows, services=services.assign(patients=services["spend_m"] * each)
    )


def with_money_alike(dataset: Dataset) -> Dataset:
    """A dataset in which every service of a category is of one size; who goes where stays."""
    services = dataset.services
    mean = services.groupby("category")["spend_m"].transform("mean")
    factor = dict(zip(services["service"], mean / services["spend_m"], strict=True))
    by = dataset.flows["service"].map(factor)
    flows = dataset.flows.assign(**{c: dataset.flows[c] * by for c in ("spend_m", "patients")})
    own = services["service"].map(factor)
    sized = {c: services[c] * own for c in ("spend_m", "patients")}
    return replace(dataset, flows=flows, services=services.assign(**sized))


DROPPED: tuple[tuple[str, str, Change], ...] = (
    ("services.integration_benefit", "alike", alike("integration_benefit")),
    ("services.integration_benefit", "none", with_column("integration_benefit", 0.0)),
    ("services.case_cost_cv", "alike", alike("case_cost_cv")),
    ("services.patients", "a patient costs the same", with_cases_alike),
    ("services.spend_m", "alike within a category", with_money_alike),
    ("services.common_shock", "none", with_column("common_shock", 0.0)),
    ("services.min_providers", "none", with_column("min_providers", 0)),
    ("services.min_patients", "none", with_column("min_patients", 0.0)),
    ("services.max_cv", "none", with_column("max_cv", float("inf"))),
    ("services.needs_delegation", "none", with_column("needs_delegation", False)),
    ("services.moves_with", "none", with_column("moves_with", "")),
    ("readiness.score", "none", lambda dataset: replace(dataset, readiness=None)),
    ("funding", "none", lambda dataset: replace(dataset, funding=None)),
    (
        "service_providers",
        "those with a flow",
        lambda dataset: replace(dataset, service_providers=None),
    ),
)
"""Illustrative and modelled inputs: what is done without, and how. Flows themselves cannot be dropped;
the last column of the table judges the map without them."""


def list_changes(case: Case, which: str) -> Iterator[tuple[str, str, Case]]:
    """Label, value and case of every row of a table."""
    if which == "dropped":
        for label, value, change in DROPPED:
            dataset = change(case.dataset)
            yield label, value, Case(case.scenario, dataset, build_system(dataset, case.scenario))
        return
    for weight in WEIGHTS:
        for factor in (0.5, 2.0):
            value = factor * getattr(case.scenario.objective, weight)
            scenario = case.scenario.changed({f"objective.{weight}": value})
            system = build_system(case.dataset, scenario)
            yield weight, f"{value:g}", replace(case, scenario=scenario, system=system)


def rows(which: str) -> Iterator[str]:
    """The rows of a table, base first."""
    case = open_case(read_scenario(SCENARIO))
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
        for label, value, changed in list_changes(case, which):
            plan = workflow.solve_case(changed, highs)
            kept = score_case(changed, highs, base.grouping, None, None)
            yield describe(label, value, plan, base, kept.plan.objective, gain(plan))


def main() -> None:
    """Print the tables; with --write put them into the dataset's README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(MARKS), help="one table alone")
    parser.add_argument("--write", action="store_true", help="renew the tables in the README")
    asked = parser.parse_args()
    for which in [asked.only] if asked.only else MARKS:
        lines = [HEADER.format("weight" if which == "weights" else "input"), "|---" * 10 + "|"]
        print("\n".join(lines), flush=True)
        for line in rows(which):
            lines.append(line)
            print(line, flush=True)
        if asked.write:
            renew("\n".join(lines), MARKS[which])


def renew(table: str, mark: str) -> None:
    """Put a table between its marks in the README."""
    readme = ENGLAND / "README.md"
    begin, end = f"<!-- {mark} begins -->", f"<!-- {mark} ends -->"
    before, rest = readme.read_text(encoding="utf-8").split(begin)
    after = rest.split(end)[1]
    readme.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
