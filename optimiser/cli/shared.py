"""What the commands share: arguments, options, and where the carried scenario is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario

BASE = Path("inputs/england/scenarios/base.toml")
FORMATS = ("table", "csv", "json")
Command = TypeVar("Command", bound=Callable[..., Any])


def scenario_argument(command: Command) -> Command:
    """The scenario file; England's base scenario when it is left out."""
    return click.argument("scenario", required=False, type=click.Path(path_type=Path))(command)


def format_option(command: Command) -> Command:
    """How the result is printed."""
    return click.option(
        "--format",
        "shape",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="Form of the result on stdout.",
    )(command)


def out_option(command: Command) -> Command:
    """Where the run is saved."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="New folder for the run.  [default: outputs/SCENARIO/TIME]",
    )(command)


def set_option(example: str) -> Callable[[Command], Command]:
    """Options that change single settings, with an example."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help=f"Change one setting, such as {example}; can be repeated.",
    )


def tables_option(what: str) -> Callable[[Command], Command]:
    """Where tables are saved, if anywhere."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=f"New folder to save the {what} in.",
    )


def settings_options(command: Command) -> Command:
    """Options that change the scenario for this run alone."""
    for option in reversed(
        (
            click.option(
                "--time-limit",
                type=click.FloatRange(min=0, min_open=True),
                metavar="S",
                help="Stop after S seconds with the best plan so far.",
            ),
            click.option(
                "--threads", type=click.IntRange(min=1), metavar="N", help="Threads of the solver."
            ),
            set_option("footprints.count=9"),
        )
    ):
        command = option(command)
    return command


def open_scenario(
    path: Path | None,
    overrides: Sequence[str],
    time_limit: float | None = None,
    threads: int | None = None,
) -> Scenario:
    """Read the scenario that the options describe; options of their own win over ``--set``."""
    from optimiser.questions import solve

    own = (("solver.time_limit", time_limit), ("solver.threads", threads))
    given = [f"{key}={value}" for key, value in own if value is not None]
    return solve.open_scenario(path or find_base(), [*overrides, *given])


def find_base() -> Path:
    """England's base scenario, in the working folder or in the project this package is part of.

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
