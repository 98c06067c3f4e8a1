"""``footprints verify``: a saved run re-checked without a solver."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import format_option, path_option
from optimiser.reports.text import wrap

if TYPE_CHECKING:
    from optimiser.proof.verify import Verification

_WORDS = {True: "yes", False: "NO", None: "open"}
DIFFERS, UNDECIDED = 1, 4


@click.command("verify", short_help="Re-check a saved run or a pack without a solver.")
@click.argument("run", type=click.Path(path_type=Path))
@path_option(
    "--dataset",
    metavar="DIR",
    help="The run's inputs.  [default: inputs/NAME, by the dataset's name]",
)
@format_option
def command(run: Path, dataset: Path | None, shape: str) -> None:
    r"""Re-check a saved run or a pack without a solver, and say yes or what differs.

    Compares the run's files and inputs by hash, adds the plan up again and checks every rule
    (the referee), lists the candidates anew, computes every reduced cost from the saved prices and
    searches what could still be better. Exit code 1 when something differs, 4 when nothing does but
    the proof could not be finished without a solver.

    Of a pack that report wrote it compares every file by hash, works each numbered figure out again
    from the saved tables and sets the runs side by side anew; verify a run of it to check its plan.

    \b
    Examples:
      footprints verify outputs/base/2026-01-31T120000Z
      footprints verify my_run --dataset inputs/england --format json
      footprints verify outputs/pack
    """
    import optimiser as fp
    from optimiser.questions.verify import PackVerification

    found = fp.verify(run, dataset)
    if isinstance(found, PackVerification):
        _print_pack(found, shape)
    else:
        _print_run(found, shape)
    if found.differs:
        raise SystemExit(DIFFERS)
    if not found.verified:
        raise SystemExit(UNDECIDED)


def _print_pack(found: Verification, shape: str) -> None:
    import pandas as pd

    from optimiser.cli.printing import print_result

    lines = [finding.detail for finding in found.findings]
    print_result(
        shape,
        pd.DataFrame({"difference": lines}),
        lambda: {"pack": found.run, "verified": found.verified, "differences": lines},
        lambda: "\n".join([*(f"  {line}" for line in lines), found.verdict]),
    )


def _print_run(found: Verification, shape: str) -> None:
    from optimiser.cli.printing import print_result

    words = ("run", "verified", "verdict", "findings")
    lines = (f"  {_WORDS[it.passed]:<5} {it.check}: {it.detail}" for it in found.findings)
    print_result(
        shape,
        found.as_frame(),
        lambda: {word: getattr(found, word) for word in words},
        lambda: "\n".join([*(wrap(line, " " * 8) for line in lines), found.verdict]),
    )
