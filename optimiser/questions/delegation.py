"""Categories by year against what was published; which services the rules would delegate next."""

from __future__ import annotations

import math

import pandas as pd

from optimiser.inputs.dataset import Dataset

NATIONAL, NOT_YET, READY = "national", "not_yet", "ready"
STATED = ("published_category", "delegated_from", "collaborative")
"""Columns of ``services.csv`` that a dataset may lack: then nothing is known of what was published."""


def list_years(dataset: Dataset) -> list[int]:
    """Years from the first in which a service is ready to the last."""
    years = dataset.services["ready_year"].dropna().astype(int)
    return list(range(years.min(), years.max() + 1)) if len(years) else []


def list_by_year(dataset: Dataset, by_rules: pd.DataFrame) -> pd.DataFrame:
    """Each service's category in each year, beside what was published and what the rules say.

    Args:
        dataset: the inputs.
        by_rules: service and category by the rules.

    Returns:
        service, name, published (category, blank where none was), delegated_from (blank where unknown),
        rules (category by the rules), and one column a year with the carried category in that year: a
        service that is not yet ready is ready from its ready_year.
    """
    table = dataset.services
    found = table[["service", "name"]].copy()
    found["published"] = table.get("published_category", pd.Series("", index=table.index))
    found["delegated_from"] = table.get("delegated_from", pd.Series(pd.NA, index=table.index))
    found["rules"] = found["service"].map(by_rules.set_index("service")["category"])
    for year in list_years(dataset):
        ready = (table["category"] != NATIONAL) & (table["ready_year"] <= year).fillna(False)
        found[str(year)] = table["category"].mask(ready, READY)
    return found


def count_by_year(by_year: pd.DataFrame) -> pd.DataFrame:
    """Services in each category by year, and of those published; last the rules.

    Returns:
        what (``published``, a year or ``by the rules``), ready, not_yet, national, unknown, delegated
        (services known to be delegated by then).
    """
    years = [column for column in by_year.columns if column.isdigit()]
    rows = []
    for column in ("published", *years, "rules"):
        counts = by_year[column].value_counts()
        known = {name: int(counts.get(name, 0)) for name in (READY, NOT_YET, NATIONAL)}
        by_then = by_year["delegated_from"] <= int(column) if column in years else None
        rows.append(
            {
                "what": "by the rules" if column == "rules" else column,
                **known,
                "unknown": len(by_year) - sum(known.values()),
                "delegated": math.nan if by_then is None else int(by_then.fillna(False).sum()),
            }
        )
    return pd.DataFrame(rows)


def list_next(services: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Services not known to be delegated: which the rules would delegate next, what stops the rest.

    Args:
        services: rows of :class:`~optimiser.questions.classify.Classification`.
        dataset: the inputs.

    Returns:
        service, name, next (bool: no rule speaks against it), spend_m, carried, ready_year, stopped_by
        (every rule that speaks, the deciding one first), collaborative, reason; those that are next
        first, the largest first.
    """
    table = dataset.services
    stated = pd.DataFrame(
        {
            name: table[name] if name in table else pd.Series(None, index=table.index, dtype=object)
            for name in STATED
        }
    )
    rest = services.loc[stated["delegated_from"].isna(), ["service", "name", "spend_m"]].copy()
    own = services.loc[rest.index]
    rest.insert(2, "next", own["category"] == READY)
    rest["carried"] = own["carried"]
    rest["ready_year"] = table["ready_year"]
    rules = own["rule"].where(~rest["next"], "") + " " + own["others"]
    rest["stopped_by"] = rules.str.strip()
    rest["collaborative"] = stated["collaborative"].fillna(False).astype(bool)
    rest["reason"] = own["reason"]
    order = rest.sort_values(["next", "spend_m"], ascending=[False, False], kind="stable")
    return order.reset_index(drop=True)
