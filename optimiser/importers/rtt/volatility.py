"""How much activity moves from month to month, by specialty."""

from __future__ import annotations

import numpy as np
import pandas as pd

FEWEST_MONTHS = 3
MONTHS_A_YEAR = 12


def summarise_volatility(frame: pd.DataFrame) -> pd.DataFrame:
    """Month-to-month variation of each function over the whole file.

    With m the mean and v the variance (n - 1) of the monthly count, ``monthly_cv`` is sqrt(v) / m.
    Counting patients alone gives a variance of m (Poisson); what is above it does not pool:
    ``excess_cv`` = sqrt(max(0, v - m)) / m. If months are independent the year varies by
    ``common_shock`` = excess_cv / sqrt(12). Seasons and working days are part of it, so this is an
    upper guide for a service whose year is planned.

    Args:
        frame: period, function, function_name, count.

    Returns:
        function, function_name, months, mean_a_month, monthly_cv, excess_cv, common_shock; empty
        with fewer than three months.
    """
    columns = ["function", "function_name", "months", "mean_a_month", "monthly_cv", "excess_cv"]
    monthly = frame.pivot_table(
        index="function", columns="period", values="count", aggfunc="sum", fill_value=0
    )
    if monthly.shape[1] < FEWEST_MONTHS:
        return pd.DataFrame(columns=[*columns, "common_shock"])
    mean = monthly.mean(axis=1)
    variance = monthly.var(axis=1, ddof=1)
    excess = np.sqrt(np.maximum(variance - mean, 0.0)) / mean
    table = pd.DataFrame(
        {
            "function": monthly.index,
            "function_name": monthly.index.map(
                dict(zip(frame["function"], frame["function_name"], strict=True))
            ),
            "months": monthly.shape[1],
            "mean_a_month": mean.to_numpy(),
            "monthly_cv": (np.sqrt(variance) / mean).to_numpy(),
            "excess_cv": excess.to_numpy(),
        }
    )
    return table.assign(common_shock=(table["excess_cv"] / np.sqrt(MONTHS_A_YEAR)).clip(upper=1.0))
