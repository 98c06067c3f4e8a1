"""Maps of counties: proven in seconds, and whatever stops a search keeps what it has."""

from __future__ import annotations

import pytest
from support.planar import planar_case

from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.priced.solve import search_priced
from optimiser.engine.relaxation.master import master_rows
from optimiser.engine.search import Search
from optimiser.engine.solve import engine_settings, solve_system
from optimiser.footprints.candidates import membership

pytestmark = pytest.mark.long  # compiling the searches


@pytest.mark.parametrize(
    ("size", "count", "cut"), [(55, 2, 10), (67, 7, 51), (77, 5, 38), (105, 4, 34)]
)
def test_maps_of_counties_are_proven(size: int, count: int, cut: int) -> None:
    """Within half a per cent of even shares of people, the fewest links cut, proven."""
    system = planar_case(size, count).system
    with Highs(engine_settings(system)) as highs:
        found = solve_system(system, highs, 300)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(cut)
    assert found.bound == pytest.approx(cut)


@pytest.mark.parametrize("stopped_by", ["time", "user"])
def test_what_is_stopped_keeps_its_plan_and_its_bound(stopped_by: str) -> None:
    """Whether the limit comes or the user stops it: the best plan so far, and what is proven of it."""
    system, told = planar_case(77, 5).system, []
    deadline = Deadline.after(600)

    def report(step: str, detail: str) -> None:
        told.append((step, detail))
        if step == "price" and stopped_by == "user":
            raise KeyboardInterrupt
        if step == "price":
            object.__setattr__(deadline, "at", 0.0)  # the limit comes now

    with Highs(engine_settings(system)) as highs:
        search = Search(highs, report, deadline)
        search_priced(search, system, master_rows(system))
    assert search.status == {"time": "time_limit", "user": "interrupted"}[stopped_by]
    assert search.incumbent is not None
    assert membership(search.incumbent.masks, system.size).sum() == system.size
    assert 0 < search.bound_m < search.best_m
    steps = [step for step, _ in told]
    assert steps.index("plan") < steps.index("anneal") < steps.index("price")
