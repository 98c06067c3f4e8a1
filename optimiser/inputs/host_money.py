"""What each ICB's own providers are paid by flows: the measure of host-based funding."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from optimiser.spelling import name_some

MISPLACED_SHARE = 0.01
"""Of all historic money: more at other ICBs than the flows pay is no rounding."""


def measure_host_money(flows: pd.DataFrame, hosts: Mapping[str, str]) -> pd.Series[float]:
    """£m paid to the providers of each ICB; money for care outside the map stays with its sender.

    Args:
        flows: icb, provider, spend_m.
        hosts: provider to ICB, blank outside the map.
    """
    host = flows["provider"].map(hosts)
    return flows["spend_m"].groupby(host.where(host != "", flows["icb"])).sum()


def describe_misplaced(
    funding: pd.DataFrame, flows: pd.DataFrame, hosts: Mapping[str, str]
) -> list[str]:
    """One sentence when historic money, in shares, stands with other ICBs than the flows pay."""
    paid = measure_host_money(flows, hosts)
    historic = funding.set_index("icb")["historic_m"].astype(float)
    paid = paid.reindex(historic.index, fill_value=0.0)
    if not historic.sum() or not paid.sum():
        return []
    apart = historic / historic.sum() - paid / paid.sum()
    share = float(apart.abs().sum() / 2)
    if share <= MISPLACED_SHARE:
        return []
    furthest = name_some(apart.abs().sort_values(ascending=False, kind="stable").index.tolist())
    return [
        f"{share:.0%} of historic_m in funding stands with other ICBs than those whose providers the "
        f"flows pay (furthest off first: {furthest}). Rebuild it from the flows if both are of one year."
    ]
