"""The referee's four ICBs with what the questions on money and access read."""

from __future__ import annotations

from dataclasses import replace

from support.referee_case import make_dataset, make_plan

from optimiser.inputs.dataset import Dataset
from optimiser.plan.plan import Plan


def make_money_case() -> tuple[Plan, Dataset]:
    """North = A B, South = C D; kidney is collective in the North and single in the South.

    A patient for each £m; a third of A's residents and none elsewhere are of the most deprived fifth.
    """
    plan, dataset = make_plan(), make_dataset()
    scope = plan.services["service"] != "rare"
    alone = {("kidney", "South"): "C D"}
    cells = zip(plan.services["service"], plan.services["footprint"], strict=True)
    services = plan.services.assign(
        in_scope=scope, single_icbs=[alone.get(cell, "") for cell in cells]
    )
    providers = dataset.providers
    return replace(plan, services=services), replace(
        dataset,
        flows=dataset.flows.assign(patients=dataset.flows["spend_m"]),
        icbs=dataset.icbs.assign(deprived_share=[1 / 3, 0.0, 0.0, 0.0]),
        services=dataset.services.assign(name=dataset.services["service"]),
        providers=providers.assign(name=providers["provider"], specialised_income_share=0.5),
    )
