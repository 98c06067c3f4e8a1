"""Every question a page may put, by name: each reads the state it comes with and calls one function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from optimiser.app import answers
from optimiser.app.desk import Desk
from optimiser.app.jobs import Event, Job, Jobs, Work
from optimiser.app.keeping import keep_pack, keep_plan, keep_run
from optimiser.app.opening import list_runs
from optimiser.app.state import State
from optimiser.errors import Fault, InputError
from optimiser.inputs.reading.plans import read_grouping
from optimiser.runs.folder import read_run


class Room:
    """A desk and the jobs begun at it.

    Attributes:
        answers: name of a question to what answers it, from JSON to JSON.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._jobs = desk, Jobs()
        self._seeking: dict[str, str] = {}
        read = desk.read
        self.answers: Mapping[str, answers.Answer] = {
            "measure": lambda told: answers.describe_plan(desk, read(told["state"])),
            "moves": lambda told: answers.describe_moves(desk, read(told["state"]), told["icb"]),
            "referee": lambda told: answers.describe_verdict(desk, read(told["state"])),
            "levels": lambda told: answers.describe_levels(
                desk, read(told["state"]), told["footprint"]
            ),
            "compare": lambda told: answers.compare_plans(
                desk, read(told["state"]), self._grouping(told["plan"])
            ),
            "money": self._money,
            "years": lambda _: self._years(),
            "plan": lambda told: {"grouping": self._grouping(told["plan"])},
            "runs": lambda _: {"runs": list_runs()},
            "begin": self._begin,
            "stop": self._stop,
            "keep": self._keep,
        }

    def watch(self, key: str) -> Iterator[Event | None] | None:
        """The events of a job, or None where there is no such job."""
        job = self._jobs.find(key)
        return None if job is None else job.watch()

    def close(self) -> None:
        """Stop the jobs and end the solver."""
        self._jobs.stop_all()
        self._desk.close()

    def _money(self, told: Mapping[str, Any]) -> dict[str, Any]:
        from optimiser.app.money import describe_money  # only these tabs need its questions

        return describe_money(self._desk, self._desk.read(told["state"]), str(told["what"]))

    def _years(self) -> dict[str, Any]:
        from optimiser.app.years import describe_years  # only this tab needs its tables

        if self._desk.roadmap is None:
            raise _refuse("years", "The page was not opened on a saved roadmap.")
        return describe_years(self._desk.roadmap)

    def _begin(self, told: Mapping[str, Any]) -> Event:
        from optimiser.app.asking import ASKED  # the engine's further methods are slow to load

        if told.get("what") not in ASKED:
            raise _refuse("what", f"It is none of {', '.join(ASKED)}.")
        state = self._desk.read(told["state"])
        work = ASKED[told["what"]](self._desk, state, told)
        if told["what"] != "best" or told.get("locked"):
            return self._start(work)
        return {"job": self._seek(state, work)}

    def _seek(self, state: State, work: Work) -> str:
        """Look for the best plan of some settings once, however many pages wait for it."""
        under_way = self._jobs.find(self._seeking.get(state.question, ""))
        if under_way is None or under_way.ended:
            under_way = self._jobs.begin(work)
            self._seeking[state.question] = under_way.id
        return under_way.id

    def _start(self, work: Work) -> Event:
        return {"job": self._jobs.begin(work).id}

    def _stop(self, told: Mapping[str, Any]) -> Event:
        job: Job | None = self._jobs.find(str(told.get("job")))
        if job is not None:
            job.stop()
        return {"stopped": job is not None}

    def _keep(self, told: Mapping[str, Any]) -> Event:
        kind, name = told.get("as"), str(told.get("name", ""))
        if kind == "pack":
            return self._start(keep_pack([self._run(run) for run in told["runs"]], name))
        state = self._desk.read(told["state"])
        if kind == "plan":
            return {"file": keep_plan(state, name).as_posix()}
        if kind == "run":
            return self._start(keep_run(self._desk, state, name))
        raise _refuse("as", "A plan is kept as plan, run or pack.")

    def _run(self, name: str) -> str:
        """A saved run that is offered; no other folder is read for a page."""
        if name not in list_runs():
            raise _refuse(name[:80], "It is no run that is saved here.")
        return name

    def _grouping(self, name: str) -> dict[str, list[str]]:
        """A carried plan by its name, or the grouping of a saved run by its folder."""
        dataset = self._desk.dataset
        known = name in dataset.plans
        given = name if known else read_run(Path(self._run(name))).plan.grouping
        return {title: list(icbs) for title, icbs in read_grouping(given, dataset)[1].items()}


def _refuse(value: str, remedy: str) -> InputError:
    return InputError([Fault("the page", 0, "", value, "known", remedy)])
