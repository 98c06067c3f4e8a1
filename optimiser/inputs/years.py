"""The dataset and the scenario of one year of a roadmap."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.questions import AHEAD
from optimiser.inputs.scenario.scenario import Scenario


def list_years(scenario: Scenario) -> tuple[int, ...]:
    """The years of a roadmap, each one."""
    first = scenario.services.year
    first, last = scenario.roadmap.years or (first, first + AHEAD)
    return tuple(range(first, last + 1))


def discount_factors(scenario: Scenario) -> tuple[float, ...]:
    """What a pound of each year counts: (1 - discount) to the years since the first."""
    kept = 1.0 - scenario.roadmap.discount
    return tuple(kept**k for k in range(len(list_years(scenario))))


def make_year_scenario(scenario: Scenario, year: int) -> Scenario:
    """What holds within one year: the cost of running it, moves of services left out.

    Disruption is paid once, when the map is drawn, so it weighs in the first year alone.
    """
    off = {"objective.transition_delegate": 0.0, "objective.transition_clawback": 0.0}
    if year > list_years(scenario)[0]:
        off["objective.disruption"] = 0.0
    return scenario.changed({"services.year": year, **off})


def make_year_dataset(dataset: Dataset, scenario: Scenario, year: int) -> Dataset:
    """The dataset with spend and patients grown to a year, cost of a patient as it is.

    Readiness is looked up by year wherever it is read; historic and needs-based money stay.
    """
    rules = scenario.roadmap
    services, flows = dataset.services.copy(), dataset.flows.copy()
    if rules.start == "national":
        services["current_level"] = "national"
    grown = list_growth(dataset, scenario, year)
    for column in ("patients", "spend_m"):
        services[column] = services[column] * grown.to_numpy()
        flows[column] = flows[column] * flows["service"].map(grown).to_numpy(float)
    return replace(dataset, services=services, flows=flows)


def list_growth(dataset: Dataset, scenario: Scenario, year: int) -> pd.Series[float]:
    """What spend and patients of each service are in a year, those of the first year being 1."""
    services, growth = dataset.services, scenario.roadmap.growth
    shares = services["programme_of_care"].map(
        growth if isinstance(growth, dict) else lambda _: growth
    )
    each_year = (1.0 + shares.fillna(0.0).astype(float)).set_axis(services["service"])
    return each_year ** (year - list_years(scenario)[0])
