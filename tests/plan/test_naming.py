"""Names of found footprints: places people know, the same for the same ICBs, none twice in a plan."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cases import INPUTS

from optimiser.footprints.candidates import as_masks
from optimiser.plan.naming import list_areas, name_footprints
from optimiser.questions.case import Case, open_case

WITH_LINCOLNSHIRE = "D7T5G QJM S1Y5D T6Y0W"
WITHOUT_KENT = "QRL S0E4D S9B9J"
LONDON_AND_KENT = "QKK QKS QMF QWE Z9B2Z"


@pytest.fixture(scope="module")
def case() -> Case:
    """Today's England."""
    return open_case(INPUTS / "england" / "scenarios" / "today.toml", None)


def name_of(case: Case, icbs: str) -> str:
    """The name of some ICBs, given by code."""
    mask = case.system.mask_of(icbs.split())
    return name_footprints(case.system, case.dataset, as_masks([mask], case.system.size))[0]


def test_a_footprint_is_called_after_the_place_it_is_most_like(case: Case) -> None:
    """With what is more, or without what it lacks; a single ICB keeps its own name."""
    assert name_of(case, WITH_LINCOLNSHIRE) == "East of England with Lincolnshire"
    assert name_of(case, WITHOUT_KENT) == "South East without Kent and Medway"
    assert name_of(case, LONDON_AND_KENT) == "London with Kent and Medway"
    assert name_of(case, "QKS") == "Kent and Medway"
    assert name_of(case, "QGH QHL QNC QOC QUA QWU S0E4D") == "West Midlands with Thames Valley"


def test_names_of_one_plan_alone_are_no_places(case: Case) -> None:
    """Two carried plans must agree: offices and lists of parts are no places."""
    areas = list_areas(case.system, case.dataset)
    assert "West Midlands" in areas
    assert not [name for name in areas if "OPIC" in name or "+" in name]


@settings(deadline=None)  # the first case reads the map
@given(homes=st.lists(st.integers(0, 8), min_size=36, max_size=36))
def test_no_two_footprints_of_a_plan_share_a_name(case: Case, homes: list[int]) -> None:
    """Whatever the grouping, connected or not."""
    masks = [sum(1 << i for i, home in enumerate(homes) if home == at) for at in set(homes)]
    names = name_footprints(case.system, case.dataset, as_masks(masks, case.system.size))
    assert len(set(names)) == len(names)
