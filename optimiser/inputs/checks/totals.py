"""Whether the flows add up to what the services are said to be."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Bools
from optimiser.errors import Fault
from optimiser.inputs.checks.tables import UNKNOWN, Ints
from optimiser.inputs.reading.frames import Table
from optimiser.inputs.schema import TOTALS_TOLERANCE_SHARE


def check_flow_totals(flows: Table, services: Table) -> list[Fault]:
    """Services whose patients or spend are not what the flows add up to, within 0.1 %."""
    rows = [k for k in range(len(services.frame)) if k not in services.repeats]
    stated = services.list_values("service")
    known = {stated[k]: k for k in rows}
    codes = flows.list_values("service")
    index = np.fromiter((known.get(code, UNKNOWN) for code in codes), np.int64, len(codes))
    counted = flows.is_usable("service")
    counted[list(flows.repeats)] = False
    index = np.where(counted, index, UNKNOWN)
    without = np.isin(stated, codes, invert=True)
    faults = [
        fault
        for column in ("patients", "spend_m")
        for fault in _check_flow_total(flows, services, column, index, without)
    ]
    # A service without flows is one mistake, whatever it is said to have.
    return list(
        {(f.line, f.column) if f.rule == "flows_add_up" else f.line: f for f in faults}.values()
    )


def _check_flow_total(
    flows: Table, services: Table, column: str, index: Ints, without: Bools
) -> list[Fault]:
    if column not in flows.texts or column not in services.texts:
        return []
    # A row with too many fields has others' values in its cells: its service has no sum.
    amounts = np.where(flows.is_usable(column), flows.frame[column].to_numpy(float), np.nan)
    known = index != UNKNOWN
    total = np.bincount(index[known], amounts[known], minlength=len(services.frame))
    # Flows of a service that is not known may belong to any: they excuse a shortfall.
    astray = amounts[~known & flows.is_usable("patients", "spend_m")].sum()
    stated = services.frame[column].to_numpy(float)
    room = TOTALS_TOLERANCE_SHARE * np.maximum(total, stated) + 1e-9
    apart = (total - stated > room) | (stated - total > room + astray)
    sound = np.isfinite(total) & services.is_usable("service", column)
    sound[list(services.repeats)] = False
    faults = []
    for row in np.flatnonzero(apart & sound):
        code = services.frame["service"].iloc[row]
        remedy = (
            f"The flows of {code} add up to {total[row]:.10g}. Make the two agree within 0.1 %."
        )
        rule = "flows_add_up"
        if without[row]:
            remedy = f"{code} has no flows. Add those of its patients and money, or state none."
            rule = "has_flows"
        faults += services.find_faults([int(row)], column, rule, remedy)
    return faults
