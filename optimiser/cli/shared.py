"""What the commands share: arguments, options, and where the carried scenario is.

Options have the names of the function's own parameters, so that a command hands them on as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from optimiser.folders import check_absent

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario

BASE = Path("inputs/england/scenarios/today.toml")
Command = TypeVar("Command", bound=Callable[..., Any])


def format_option(command: Command) -> Command:
    """``--format``, which commands get as ``shape``."""
    return click.option(
        "--format",
        "shape",
        type=click.Choice(("table", "csv", "json")),
        default="table",
        show_default=True,
        help="Form of the result on stdout.",
    )(command)


def format_or_details(command: Command) -> Command:
    """``--format``, and ``--details`` for all that a screen has no room for."""

    @click.option("--details", is_flag=True, help="Print everything, not only what fits a screen.")
    @wraps(command)
    def chosen(*given: Any, shape: str, details: bool, **choices: Any) -> None:
        command(*given, shape="details" if details and shape == "table" else shape, **choices)

    return format_option(chosen)  # type: ignore[return-value]  # wraps what takes one choice less


def table_options(names: Sequence[str]) -> Callable[[Command], Command]:
    """``--table`` and ``--out`` of a command whose answer is several tables."""
    table = click.option(
        "--table",
        type=click.Choice(tuple(names)),
        default=names[0],
        show_default=True,
        help="Which table --format csv prints.",
    )
    return lambda command: table(new_folder_option("New folder to save the tables in.")(command))


runs_argument = click.argument(
    "runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path)
)
baseline_option = click.option(
    "--baseline",
    metavar="RUN",
    help="Run the others are held against: its folder, plan or label.  [default: the first]",
)
unlike_option = click.option(
    "--allow-unlike",
    "unlike",
    flag_value="label",
    default="refuse",
    type=click.Choice(("refuse", "label")),
    help="Compare runs on other inputs, vintages or scopes, labelled unlike-for-like.",
)


def path_option(
    *names: str, metavar: str | None, help: str, required: bool = False
) -> Callable[[Command], Command]:
    """An option that holds a path."""
    kind = click.Path(path_type=Path)
    return click.option(*names, type=kind, metavar=metavar, help=help, required=required)


def new_folder_option(help: str) -> Callable[[Command], Command]:
    """``--out``: a new folder, refused before any work where there is something already."""
    kind = click.Path(path_type=Path)
    return click.option("--out", type=kind, metavar="DIR", callback=_refuse_taken, help=help)


def _refuse_taken(_: click.Context, __: click.Parameter, to: Path | None) -> Path | None:
    check_absent(to)
    return to


out_option = new_folder_option("New folder for the run.  [default: outputs/SCENARIO/TIME]")
save_option = new_folder_option("New folder to save the result in, as text, CSV and JSON.")


def set_option(example: str) -> Callable[[Command], Command]:
    """Options that change single settings, with an example."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help=f"Change one setting, such as {example}; can be repeated.",
    )


def settings_options(command: Command) -> Command:
    """Options that change the scenario for this run alone."""
    limit = click.option(
        "--time-limit",
        type=click.FloatRange(min=0, min_open=True),
        metavar="S",
        help="Stop after S seconds with the best plan so far.",
    )
    threads = click.option(
        "--threads", type=click.IntRange(min=1), metavar="N", help="Threads of the solver."
    )
    return limit(threads(set_option("footprints.count=9")(command)))


def takes_scenario(command: Callable[..., None]) -> Callable[..., None]:
    """Argument SCENARIO, today's England when left out; the command gets it read, settings changed."""

    @click.argument("scenario", required=False, type=click.Path(path_type=Path))
    @wraps(command)
    def opened(
        scenario: Path | None,
        overrides: tuple[str, ...],
        time_limit: float | None = None,
        threads: int | None = None,
        **choices: Any,
    ) -> None:
        command(open_scenario(scenario, overrides, time_limit, threads), **choices)

    return opened


PLAN_SETTINGS = ("funding", "providers", "access")
"""Sections that change what is asked of a plan and never the plan, so that a run may be asked anew."""


def takes_plan(example: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Argument SCENARIO or RUN, ``--plan`` and ``--set``; the command gets ``subject`` and ``plan``."""
    plan = click.option(
        "--plan",
        metavar="NAME|FILE|RUN",
        help="A carried plan, a CSV file of icb and footprint, or a saved run.  "
        "[default: the plan of RUN, or the best plan, solved]",
    )

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @click.argument(
            "subject", required=False, metavar="[SCENARIO or RUN]", type=click.Path(path_type=Path)
        )
        @plan
        @set_option(example)
        @wraps(command)
        def opened(subject: Path | None, overrides: tuple[str, ...], **choices: Any) -> None:
            if subject is not None and subject.is_dir():
                chosen = _open_run(subject, overrides)
                choices["plan"] = choices["plan"] or str(subject)
            else:
                chosen = open_scenario(subject, overrides)
            command(chosen, **choices)

        return opened

    return decorate


def _open_run(folder: Path, overrides: Sequence[str]) -> Scenario:
    """The scenario of a saved run; only what is asked of its plan may be set."""
    from optimiser.inputs.scenario.scenario import change_setting
    from optimiser.questions.explain.answers import read_question

    others = [text for text in overrides if text.partition(".")[0] not in PLAN_SETTINGS]
    if others:
        raise click.UsageError(
            f"--set {others[0]} would change a saved plan. Of a run, only settings of "
            f"{', '.join(PLAN_SETTINGS)} can be set; name the scenario for the rest."
        )
    return reduce(change_setting, overrides, read_question(folder))


def open_scenario(
    path: Path | None,
    overrides: Sequence[str],
    time_limit: float | None = None,
    threads: int | None = None,
) -> Scenario:
    """Read the scenario that the options describe; options of their own win over ``--set``."""
    from optimiser.questions import case

    own = (("solver.time_limit", time_limit), ("solver.threads", threads))
    given = [f"{key}={value}" for key, value in own if value is not None]
    return case.open_scenario(path or find_base(), [*overrides, *given])


def find_base() -> Path:
    """Today's England, in the working folder or in the project this package is part of.

    Raises:
        UsageError: it is in neither, as when the package was installed without the inputs.
    """
    project = Path(__file__).resolve().parents[2]
    for path in (BASE, project / BASE):
        if path.is_file():
            return path
    raise click.UsageError(
        f"Name a scenario (a .toml file): {BASE.as_posix()} is not here. The England dataset is "
        "part of the project's source code, not of the installed package: fetch the source code "
        "and run in its folder."
    )
