"""The one way to HiGHS: what it says when it stops, and what it keeps."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyomo.core as pyo
import pytest
from scipy import sparse

from optimiser.engine.highs import adapter as seam
from optimiser.engine.highs.adapter import Highs, Problem, Settings, SolverError, solve_pyomo


@pytest.fixture(scope="module")
def process() -> Iterator[Highs]:
    """One HiGHS process."""
    with Highs() as started:
        yield started


def problem(
    cost: list[float],
    rows: list[list[float]],
    lower: list[float],
    upper: list[float],
    whole: bool = True,
) -> Problem:
    """Columns within 0 and 10, rows within their limits."""
    count = len(cost)
    return Problem(
        cost=np.array(cost, dtype=float),
        lower=np.zeros(count),
        upper=np.full(count, 10.0),
        integer=np.full(count, whole),
        matrix=sparse.csc_array(np.array(rows, dtype=float).reshape(len(lower), count)),
        row_lower=np.array(lower, dtype=float),
        row_upper=np.array(upper, dtype=float),
    )


def hard_problem(size: int = 60, seed: int = 3) -> Problem:
    """A market-split problem with slack to pay for: easy to satisfy, hopeless to prove."""
    draw = np.random.default_rng(seed)
    weights = draw.integers(0, 100, (6, size)).astype(float)
    rows = np.hstack([weights, np.eye(6), -np.eye(6)])
    half = np.floor(weights.sum(axis=1) / 2)
    count = rows.shape[1]
    return Problem(
        cost=np.concatenate((np.zeros(size), np.ones(12))),
        lower=np.zeros(count),
        upper=np.concatenate((np.ones(size), np.full(12, np.inf))),
        integer=np.arange(count) < size,
        matrix=sparse.csc_array(rows),
        row_lower=half,
        row_upper=half,
    )


def test_a_linear_program_has_duals_that_earn_its_optimum(process: Highs) -> None:
    """Strong duality: the duals on the rows' limits are worth the objective."""
    result = process.solve(problem([2, 3], [[1, 1], [1, 3]], [4, 6], [np.inf] * 2, whole=False))
    assert result.reason == "optimal"
    assert result.row_duals is not None
    assert result.row_duals @ [4, 6] == pytest.approx(result.objective)
    assert result.bound == pytest.approx(result.objective)


def test_a_whole_number_program_has_no_duals(process: Highs) -> None:
    """A MIP gives values and a bound that meets them."""
    result = process.solve(problem([1, 1], [[2, 2]], [3], [np.inf]))
    assert (result.reason, result.objective, result.row_duals) == ("optimal", 2.0, None)
    assert result.bound == pytest.approx(2.0)


@pytest.mark.parametrize("whole", [False, True])
def test_infeasible_holds_nothing(process: Highs, whole: bool) -> None:
    """What is infeasible is said to be, with no values."""
    result = process.solve(problem([1], [[1]], [11], [np.inf], whole))
    assert (result.reason, result.values, result.objective) == ("infeasible", None, None)


def test_infeasible_in_whole_numbers_alone(process: Highs) -> None:
    """2x = 1 has a solution, but no whole one."""
    odd = problem([1], [[2]], [1], [1], whole=False)
    assert process.solve(odd).reason == "optimal"
    odd = problem([1], [[2]], [1], [1])
    assert process.solve(odd).reason == "infeasible"


def test_a_problem_without_rows(process: Highs) -> None:
    """With no rows at all each column goes to its better end."""
    result = process.solve(problem([1, -1], [], [], []))
    assert result.values is not None
    assert result.values.tolist() == [0, 10]


@pytest.mark.parametrize(("floor", "reason"), [(0.0, "optimal"), (1.0, "infeasible")])
def test_a_problem_without_columns(process: Highs, floor: float, reason: str) -> None:
    """With nothing to decide, the rows hold at zero or there is no solution."""
    nothing = np.zeros(0)
    empty = Problem(
        cost=nothing,
        lower=nothing,
        upper=nothing,
        integer=np.zeros(0, dtype=bool),
        matrix=sparse.csc_array((1, 0)),
        row_lower=np.array([floor]),
        row_upper=np.array([2.0]),
        offset=7.0,
    )
    result = process.solve(empty)
    assert result.reason == reason
    assert result.objective == (7.0 if reason == "optimal" else None)


def test_unbounded_is_told_from_optimal(process: Highs) -> None:
    """Without a floor there is no optimum."""
    free = Problem(
        cost=np.array([-1.0]),
        lower=np.zeros(1),
        upper=np.full(1, np.inf),
        integer=np.zeros(1, dtype=bool),
        matrix=sparse.csc_array((0, 1)),
        row_lower=np.zeros(0),
        row_upper=np.zeros(0),
    )
    assert process.solve(free).reason == "unbounded"


def test_an_unknown_status_is_an_error(process: Highs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A status that the table does not know is never taken for an answer."""
    monkeypatch.delitem(seam.REASONS, "Optimal")
    with pytest.raises(SolverError, match=r"no answer that can be used \(its status: Optimal\)"):
        process.solve(problem([1], [[1]], [1], [np.inf]))


def test_a_failure_of_highs_is_an_error_and_the_next_solve_works(process: Highs) -> None:
    """A problem that HiGHS chokes on is an error of its own, not a hang."""
    sound = problem([1, 1], [[1, 1]], [1], [np.inf])
    broken = Problem(
        sound.cost,
        sound.lower[:1],
        sound.upper,
        sound.integer,
        sound.matrix,
        sound.row_lower,
        sound.row_upper,
    )
    with pytest.raises(SolverError):
        process.solve(broken)
    assert process.solve(sound).objective == pytest.approx(1.0)


def test_the_time_limit_keeps_the_best_solution_and_an_honest_bound(process: Highs) -> None:
    """At the limit there is a solution that obeys the rows, and a bound not above it."""
    hard = hard_problem()
    result = process.solve(hard, seconds=0.7)
    assert result.reason == "time_limit"
    assert result.values is not None
    assert np.allclose(hard.matrix @ result.values, hard.row_lower, atol=1e-5)
    assert result.objective == pytest.approx(hard.cost @ result.values)
    assert result.bound <= result.objective


class Deaf(Highs):
    """HiGHS that is told of no time limit, as in presolve."""

    def _options(self, asked: Problem, seconds: float) -> dict[str, Any]:
        return super()._options(asked, np.inf)


def test_the_deadline_ends_a_process_that_does_not_listen() -> None:
    """A process that does not stop is ended; the best solution sent is kept; the next is new."""
    with Deaf() as deaf:
        deaf.solve(problem([1], [[1]], [1], [np.inf]))
        first = deaf._process
        assert first is not None
        started = time.monotonic()
        result = deaf.solve(hard_problem(), seconds=0.2)
        assert time.monotonic() - started < 5
        assert first.poll() is not None
        assert result.reason == "time_limit"
        assert result.objective is not None
        assert result.bound <= result.objective
        assert deaf.solve(problem([1], [[1]], [1], [np.inf])).reason == "optimal"


class Interrupting(queue.SimpleQueue[Any]):
    """Frames that end in the user's Ctrl+C once an incumbent has come."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """The next frame, or Ctrl+C in place of the answer."""
        frame = super().get(block, 30)
        if frame is not None and frame[0] == "done":
            raise KeyboardInterrupt
        return frame


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Highs]:
    """A process that is interrupted after its incumbents and before its answer."""
    monkeypatch.setattr("queue.SimpleQueue", Interrupting)
    with Highs() as started:
        yield started


def test_an_interrupt_carries_what_is_held(interrupted: Highs) -> None:
    """Ctrl+C ends the process and hands over the best solution so far."""
    result = interrupted.solve(hard_problem(18))
    assert result.reason == "interrupted"
    assert result.values is not None
    assert result.objective == pytest.approx(hard_problem(18).cost @ result.values)
    assert interrupted._process is None


def test_an_interrupt_loads_what_is_held_into_the_model(interrupted: Highs) -> None:
    """The variables of a Pyomo model have the best solution's values after Ctrl+C."""
    hard = hard_problem(18)
    model = pyo.ConcreteModel()
    columns = range(len(hard.cost))
    model.x = pyo.Var(columns, bounds=lambda _, k: (0, 1 if hard.integer[k] else None))
    for k in columns:
        model.x[k].domain = pyo.Binary if hard.integer[k] else pyo.NonNegativeReals
    rows = hard.matrix.toarray()
    half = hard.row_lower

    def split(model: pyo.ConcreteModel, r: int) -> object:
        return pyo.quicksum(rows[r, k] * model.x[k] for k in columns) == half[r]

    model.rows = pyo.Constraint(range(6), rule=split)
    model.cost = pyo.Objective(expr=pyo.quicksum(hard.cost[k] * model.x[k] for k in columns))
    result = solve_pyomo(interrupted, model)
    assert result.reason == "interrupted"
    assert pyo.value(model.cost) == pytest.approx(result.objective, abs=1e-4)


def test_a_linear_program_starts_from_an_earlier_basis(process: Highs) -> None:
    """The basis of a solved LP leads to the same optimum."""
    asked = problem([2, 3], [[1, 1], [1, 3]], [4, 6], [np.inf] * 2, whole=False)
    first = process.solve(asked)
    assert first.basis is not None
    assert process.solve(asked, basis=first.basis).objective == pytest.approx(first.objective)


def test_a_gap_is_reported_as_one() -> None:
    """A solve that may stop early says how far it got, and no more."""
    hard = hard_problem(18)
    with Highs(Settings(gap=0.9)) as loose:
        result = loose.solve(hard, seconds=20)
    assert result.reason == "optimal"
    assert result.objective is not None
    assert result.bound <= result.objective + 1e-9


def test_the_same_problem_gives_the_same_answer_twice(process: Highs) -> None:
    """One thread and a fixed seed make runs repeatable."""
    hard = hard_problem(18)
    one, two = process.solve(hard, seconds=20), process.solve(hard, seconds=20)
    assert one.reason == two.reason == "optimal"
    np.testing.assert_array_equal(one.values, two.values)
