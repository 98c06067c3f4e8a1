"""``footprints verify``: a saved run re-checked without a solver."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_result, save_result
from optimiser.cli.shared import format_option, save_option

if TYPE_CHECKING:
    from optimiser.proof.verify import Verification

_WORDS = {True: "yes", False: "NO", None: "open"}
DIFFERS, UNDECIDED = 1, 4


@click.command("verify", short_help="Re-check a saved run or a pack without a solver.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--dataset",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The run's inputs.  [default: where they were, else inputs/NAME]",
)
@save_option
@format_option
def command(run: Path, dataset: Path | None, out: Path | None, shape: str) -> None:
    r"""Re-check a saved run or a pack without a solver, and say yes or what differs.

    Compares the run's files and inputs by hash, makes its tables and words anew, checks every rule
    (the referee), lists the candidates anew, computes every reduced cost from the saved prices and
    searches what could still be better. Exit code 1 when something differs, 4 when nothing does but
    the proof could not be finished without a solver.

    Of a pack that report wrote it compares every file by hash and sets the runs side by side anew:
    every figure, table and word must be what they give. With --dataset its runs are proved anew too.

    What it can't work out again it names, with the fingerprint of the manifest: whoever saved the run
    can state the fingerprint elsewhere, and so vouch for all of it.

    \b
    Examples:
      footprints verify outputs/today/2026-01-31T120000Z
      footprints verify my_run --dataset inputs/england --format json
      footprints verify outputs/pack
    """
    found = fp.verify(run, dataset)
    told = found.as_frame(), partial(_describe, found), partial(_as_text, found)
    save_result(out, *told)
    print_result(shape, *told)
    if found.differs:
        raise SystemExit(DIFFERS)
    if not found.verified:
        raise SystemExit(UNDECIDED)


def _as_text(found: Verification) -> str:
    from optimiser.reports.text import wrap

    lines = [
        wrap(f"  {_WORDS[finding.passed]:<5} {finding.check}: {finding.detail}", " " * 8)
        for finding in found.findings
    ]
    taken = "; ".join(about.what for about in found.unvouched)
    told = [
        wrap(f"Taken as stated, not worked out again: {taken}.", "  "),
        f"Fingerprint, to compare with what whoever saved it states: {found.fingerprint}",
    ]
    return "\n".join([*lines, *told, found.verdict])


def _describe(found: Verification) -> dict[str, object]:
    return {
        "run": str(found.run),
        "verified": found.verified,
        "verdict": found.verdict,
        "findings": [vars(finding) for finding in found.findings],
        "taken_as_stated": [about.what for about in found.unvouched],
        "fingerprint": found.fingerprint,
    }
