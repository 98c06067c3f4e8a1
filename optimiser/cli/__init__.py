"""The command line: each command parses, calls one function and prints.

Nothing heavy is imported here nor at the top of a command's module, so that help is instant.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module

import click

from optimiser.cli.signals import heed_signals
from optimiser.deadline import OutOfTimeError
from optimiser.errors import (
    FootprintsError,
    InputError,
    StoppedWithoutPlanError,
    hush_lost_files,
    tell_system_error,
)
from optimiser.version import __version__

COMMANDS = (
    "check",
    "settings",
    "solve",
    "evaluate",
    "frontier",
    "alternatives",
    "robust",
    "sweep",
    "explain",
    "classify",
    "roadmap",
    "compare",
    "report",
    "app",
    "readiness",
    "funding",
    "providers",
    "access",
    "volatility",
    "import-rtt",
    "calibrate",
    "template",
    "neighbours",
    "carry",
    "verify",
)
"""In the order of help; each is ``command`` in the module of its name, ``-`` written ``_``."""

RARELY = (10_000, 20, 20)
"""How seldom Python looks for cycles of objects: with its own 700, 10 and 10 it goes through all that
was imported so often that the page's first screen takes a sixth more work and a solve a twentieth."""

OUT_OF_TIME = "The time limit came before there was an answer. Allow more with --time-limit."
INTERRUPTED = 130
"""Exit code after Ctrl-C; after SIGTERM 143, as shells have them: 128 and the signal's number."""


class Commands(click.Group):
    """Loads a command's module when it is needed, and shows errors without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in COMMANDS:
            return None
        gc.set_threshold(*RARELY)
        module = import_module(f"{__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return keep_lines(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command and its arguments; an option that takes one value and is given two is misuse."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            _refuse_repeated(ctx, command, rest)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; every failure that is foreseen becomes a message and an exit code."""
        with heed_signals() as signals:
            ctx.obj = signals
            try:
                return super().invoke(ctx)
            except FootprintsError as error:
                click.echo(tell(error), err=True)
                code = error.exit_code
            except BrokenPipeError:  # whoever read our output has seen enough; click ends quietly
                raise
            except OutOfTimeError:  # an OSError by descent, but nothing of the system's
                click.echo(OUT_OF_TIME, err=True)
                code = StoppedWithoutPlanError.exit_code
            except OSError as error:
                click.echo(tell_system_error(error), err=True)
                code = FootprintsError.exit_code
            except KeyboardInterrupt:
                click.echo("Interrupted.", err=True)
                code = INTERRUPTED
            raise click.exceptions.Exit(_code_of(code, signals.heard))


def _refuse_repeated(ctx: click.Context, command: click.Command, args: list[str]) -> None:
    """Click keeps the last value of a repeated option and drops the others without a word."""
    try:
        own = click.Context(command, parent=ctx)  # the group's own stops at the first argument
        _, _, order = command.make_parser(own).parse_args(list(args))
    except click.UsageError:  # told when the command itself reads its arguments
        return
    given = [it for it in order if isinstance(it, click.Option) and not (it.multiple or it.is_flag)]
    for option in given:
        if given.count(option) > 1:
            raise click.UsageError(f"{option.opts[0]} is given twice; it takes one value.", ctx)


def _code_of(code: int, heard: list[int]) -> int:
    return 128 + heard[-1] if heard and code == INTERRUPTED else code


def keep_lines(command: click.Command) -> click.Command:
    r"""Let click see the ``\b`` of raw docstrings, so that examples keep their lines."""
    command.help = (command.help or "").replace("\\b\n", "\b\n")
    return command


def tell(error: FootprintsError) -> str:
    """The message of an error; every fault on its own line."""
    if not isinstance(error, InputError):
        return str(error)
    count = len(error.faults)
    heading = f"{count} fault{'s' if count != 1 else ''} in the inputs:"
    return "\n".join([heading, *(f"  {fault}" for fault in error.faults)])


@click.group(
    cls=Commands,
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="footprints")
def main() -> None:
    r"""Decide which ICBs should commission specialised services together, with proof.

    \b
    Example, the best plan for today's England and the seven offices on the same scale:
      footprints solve
      footprints evaluate --plan pan-icb-offices-2027

    Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 bad input, 2 misuse,
    3 no plan exists, 4 stopped at a limit without a plan, 130 interrupted, 143 ended by
    SIGTERM; a plan that was found by then is saved.
    """


keep_lines(main)


def run() -> None:
    """``footprints`` as a process of its own, which ends at once.

    Python would take down piece by piece what pandas, Pyomo and the rest have loaded: a quarter of a
    second on a machine at rest, several where others work, and nothing of it is kept.
    """
    hush_lost_files()
    try:
        main(prog_name="footprints")
    except SystemExit as ended:
        if not isinstance(ended.code, int):
            raise
        atexit._run_exitfuncs()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:  # whoever read our output has gone: Python ends as it always does then
            raise ended from None
        os._exit(ended.code)
