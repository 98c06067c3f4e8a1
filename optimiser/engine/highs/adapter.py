"""The one way to HiGHS: every LP and MIP, from arrays or from Pyomo, solved in a process of its own."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from optimiser.arrays import Bools, Floats
from optimiser.deadline import OutOfTimeError
from optimiser.engine.highs.worker import read_frame, write_frame
from optimiser.errors import FootprintsError

Basis = tuple[NDArray[np.int8], NDArray[np.int8]]
AT_LOWER, BASIC = 0, 1
Reason = Literal["optimal", "infeasible", "unbounded", "time_limit", "interrupted"]

REASONS: dict[str, Reason] = {
    "Optimal": "optimal",
    "Infeasible": "infeasible",
    "Primal infeasible or unbounded": "infeasible",
    "Unbounded": "unbounded",
    "Time limit reached": "time_limit",
    "Interrupted by user": "interrupted",
}
"""HiGHS model status to why it stopped; any other status is an error."""


class SolverError(FootprintsError):
    """HiGHS failed or answered something this adapter does not know."""


@dataclass(frozen=True)
class Problem:
    """A linear or mixed-integer minimisation: c columns, r rows.

    Attributes:
        cost: (c,).
        lower: (c,).
        upper: (c,).
        integer: which columns are whole numbers, (c,).
        matrix: (r, c), by columns.
        row_lower: (r,).
        row_upper: (r,).
        offset: constant of the objective.
        unit: a power of two near the costs' size. HiGHS has absolute tolerances, so it is given costs
            divided by the unit and rows divided by the power of two near their largest coefficient.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    integer: Bools
    matrix: sparse.csc_array
    row_lower: Floats
    row_upper: Floats
    offset: float = 0.0
    unit: float = 1.0

    def row_sizes(self) -> Floats:
        """The power of two near each row's largest coefficient, (r,); 1 for an empty row."""
        largest = np.zeros(self.matrix.shape[0])
        np.maximum.at(largest, self.matrix.indices, np.abs(self.matrix.data))
        return np.exp2(np.rint(np.log2(np.where(largest > 0, largest, 1.0))))

    def scaled(self, sizes: Floats) -> Problem:
        """The same with costs in units and rows in their sizes; powers of two change no digit."""
        matrix = self.matrix.copy()
        matrix.data = matrix.data / sizes[matrix.indices]
        return replace(
            self,
            cost=self.cost / self.unit,
            matrix=matrix,
            row_lower=self.row_lower / sizes,
            row_upper=self.row_upper / sizes,
            offset=self.offset / self.unit,
            unit=1.0,
        )

    def plain(self) -> dict[str, Any]:
        """The same as plain arrays, so that the worker needs nothing but numpy."""
        return {
            "cost": self.cost,
            "lower": self.lower,
            "upper": self.upper,
            "integer": self.integer,
            "row_lower": self.row_lower,
            "row_upper": self.row_upper,
            "starts": self.matrix.indptr.astype(np.int32),
            "indices": self.matrix.indices.astype(np.int32),
            "values": self.matrix.data.astype(float),
            "offset": self.offset,
        }


@dataclass(frozen=True)
class Settings:
    """How HiGHS runs; one thread and a fixed seed make runs repeatable."""

    threads: int = 1
    seed: int = 1
    gap: float = 0.0


@dataclass(frozen=True)
class Result:
    """Why a solve stopped, apart from what we hold.

    Attributes:
        reason: why it stopped.
        values: best solution found, (c,), or None.
        objective: its objective, or None.
        bound: lower bound of a MIP (the objective of an LP), or -inf.
        row_duals: duals of an LP, (r,), or None.
        basis: HiGHS status codes of an LP's columns and rows, to start a like LP from, or None.
        log: what HiGHS wrote.
    """

    reason: Reason
    values: Floats | None
    objective: float | None
    bound: float
    row_duals: Floats | None = None
    basis: Basis | None = None
    log: str = ""

    def scaled_back(self, unit: float, sizes: Floats) -> Result:
        """The same in the money and rows of the problem that was asked."""
        return replace(
            self,
            objective=None if self.objective is None else self.objective * unit,
            bound=self.bound * unit,
            row_duals=None if self.row_duals is None else self.row_duals * unit / sizes,
        )

    def carry_on(self) -> Result:
        """The same, unless the deadline or the user ended it: then the search ends too.

        Raises:
            OutOfTimeError: the deadline came.
            KeyboardInterrupt: the user interrupted.
        """
        if self.reason == "time_limit":
            raise OutOfTimeError
        if self.reason == "interrupted":
            raise KeyboardInterrupt
        return self


class Highs:
    """A HiGHS process, started at once so that it loads while the caller works.

    Use as a context manager. A solve that passes its deadline, or that the user interrupts, ends the
    process and gives the best solution sent so far; the next solve starts a new one. Outside the main
    thread, which alone hears Ctrl-C, ``stopped`` says whether the user has interrupted.
    """

    def __init__(
        self, settings: Settings | None = None, stopped: Callable[[], bool] | None = None
    ) -> None:
        self.settings = settings or Settings()
        self._stopped = stopped or (lambda: False)
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._best = Result("time_limit", None, None, -np.inf)
        self._start()

    def __enter__(self) -> Highs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with suppress(BrokenPipeError):  # a task that it ended before reading
                        stream.close()
            self._process.wait()
            self._process = None

    def solve(
        self, problem: Problem, seconds: float = np.inf, basis: Basis | None = None
    ) -> Result:
        """Solve one problem.

        Args:
            problem: the problem.
            seconds: wall time after which the process is ended.
            basis: where the simplex method begins, as an earlier result gave it.

        Returns:
            why it stopped, and the best solution so far: when the time is up or the user interrupts,
            that is the last one the process sent.

        Raises:
            SolverError: HiGHS failed.
        """
        if not len(problem.cost):
            return _without_columns(problem)
        self._best = Result("time_limit", None, None, -np.inf)
        sizes = problem.row_sizes()
        scaled = problem.scaled(sizes)
        try:
            result = self._ask((scaled.plain(), self._options(problem, seconds), basis), seconds)
        except KeyboardInterrupt:
            self.close()  # whatever was under way must not answer the next question
            result = replace(self._best, reason="interrupted")
        return result.scaled_back(problem.unit, sizes)

    def _ask(self, task: tuple[Any, ...], seconds: float) -> Result:
        self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(
            BrokenPipeError
        ):  # it has ended: what it said last, or that it did, is read below
            write_frame(self._process.stdin, task)
        return self._wait(time.monotonic() + seconds)

    def _options(self, problem: Problem, seconds: float) -> dict[str, Any]:
        options: dict[str, Any] = {
            "threads": self.settings.threads,
            "random_seed": self.settings.seed,
            "mip_rel_gap": self.settings.gap,
            "mip_abs_gap": 0.0 if self.settings.gap == 0 else 1e-6,
            "parallel": "off" if self.settings.threads == 1 else "on",
        }
        if problem.integer.any():
            # HiGHS 1.15.1 called a dearer plan of the compact model optimal after a restart (1.16 does
            # not): tests/optima/test_three_methods.py, "within regions".
            options["mip_allow_restart"] = False
        else:
            options["solver"] = "simplex"
        if np.isfinite(seconds):
            options["time_limit"] = max(seconds, 0.01)
        return options

    def _start(self) -> None:
        if self._process is not None:
            return
        self._frames = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "optimiser.engine.highs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(
            target=_forward, args=(self._process.stdout, self._frames), daemon=True
        ).start()

    def _wait(self, deadline: float) -> Result:
        while True:
            frame = self._next(deadline)
            if frame is None:
                self.close()
                return self._best
            if frame[0] != "incumbent":
                return _read_result(frame)
            self._best = Result("time_limit", frame[1], frame[2], frame[3])

    def _next(self, deadline: float) -> Any:
        """The next frame, or None at the deadline (with a second of grace for HiGHS to end)."""
        while True:
            left = deadline + 1.0 - time.monotonic()
            if left <= 0:
                return None
            if self._stopped():
                raise KeyboardInterrupt
            try:
                frame = self._frames.get(timeout=min(left, 0.5))
            except queue.Empty:
                continue
            if frame is None:
                self.close()
                raise SolverError(
                    "The HiGHS process ended unexpectedly. Run it again; if it ends again, free some "
                    "memory, or install it anew: pip install --force-reinstall highspy"
                )
            return frame


def _forward(stream: Any, frames: queue.SimpleQueue[Any]) -> None:
    try:
        while (frame := read_frame(stream)) is not None:
            frames.put(frame)
    except (OSError, ValueError, EOFError):
        pass
    frames.put(None)


def _without_columns(problem: Problem) -> Result:
    """Nothing to decide: either the rows hold at zero or nothing helps. HiGHS calls both empty."""
    if np.any(problem.row_lower > 0) or np.any(problem.row_upper < 0):
        return Result("infeasible", None, None, np.inf)
    duals = np.zeros(len(problem.row_lower))
    return Result("optimal", np.zeros(0), problem.offset, problem.offset, duals)


def _read_result(frame: tuple[Any, ...]) -> Result:
    kind, content, log = frame
    if kind == "failed":
        raise SolverError(f"HiGHS failed: {content}")
    reason = REASONS.get(content["status"])
    if reason is None:
        raise SolverError(
            f"HiGHS gave no answer that can be used (its status: {content['status']}). Weights of "
            "[objective] that lie far apart are the likeliest cause: bring the largest nearer."
        )
    bound = content["bound"] if content["bound"] is not None else content["objective"]
    return Result(
        reason=reason,
        values=content["values"] if reason != "infeasible" else None,
        objective=content["objective"] if reason != "infeasible" else None,
        bound=-np.inf if bound is None else bound,
        row_duals=content["row_duals"],
        basis=content["basis"],
        log=log,
    )


def from_pyomo(model: Any) -> tuple[Problem, list[Any]]:
    """A Pyomo model as a :class:`Problem`, and its variables in column order."""
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    sense = np.array([kind for _, kind in form.rows])
    lower = np.array([-np.inf if v.lb is None else v.lb for v in form.columns], dtype=float)
    upper = np.array([np.inf if v.ub is None else v.ub for v in form.columns], dtype=float)
    integer: NDArray[np.bool_] = np.array([v.is_integer() or v.is_binary() for v in form.columns])
    problem = Problem(
        cost=np.asarray(form.c.todense(), dtype=float).reshape(-1),
        lower=lower,
        upper=upper,
        integer=integer,
        matrix=sparse.csc_array(form.A),
        row_lower=np.where(sense <= 0, form.rhs, -np.inf),
        row_upper=np.where(sense >= 0, form.rhs, np.inf),
        offset=float(form.c_offset[0]),
    )
    return problem, list(form.columns)


def solve_pyomo(highs: Highs, model: Any, seconds: float = np.inf, unit: float = 1.0) -> Result:
    """Solve a Pyomo model and load the best solution found into its variables.

    Args:
        highs: the solver.
        model: the model.
        seconds: as for :meth:`Highs.solve`.
        unit: as for :class:`Problem`.
    """
    problem, variables = from_pyomo(model)
    result = highs.solve(replace(problem, unit=unit), seconds)
    _load_values(variables, result)
    return result


def _load_values(variables: list[Any], result: Result) -> None:
    if result.values is None:
        return
    for variable, value in zip(variables, result.values, strict=True):
        whole = variable.is_integer() or variable.is_binary()
        variable.set_value(round(value) if whole else value, skip_validation=True)
