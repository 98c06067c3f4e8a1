"""``footprints verify``: a saved run re-checked without a solver."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import format_option

if TYPE_CHECKING:
    from optimiser.proof.verify import Verification
    from optimiser.questions.verify import PackVerification

_WORDS = {True: "yes", False: "NO", None: "open"}
DIFFERS, UNDECIDED = 1, 4


@click.command("verify", short_help="Re-check a saved run or a pack without a solver.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--dataset",
    type=click.Path(path_type=Path),
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
      footprints verify my_run --dataset inputs/england-42 --format json
      footprints verify outputs/pack
    """
    import optimiser as fp
    from optimiser.questions.verify import PackVerification

    found = fp.verify(run, dataset)
    if isinstance(found, PackVerification):
        _print_pack(found, shape)
    else:
        click.echo({"table": _as_text, "csv": _as_csv, "json": _as_json}[shape](found))
    if found.differs:
        raise SystemExit(DIFFERS)
    if not found.verified:
        raise SystemExit(UNDECIDED)


def _print_pack(found: PackVerification, shape: str) -> None:
    differences = [finding.detail for finding in found.findings]
    if shape == "json":
        told = {
            "pack": str(found.run),
            "verified": found.verified,
            "differences": differences,
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    elif shape == "csv":
        quoted = (line.replace('"', '""') for line in differences)
        click.echo("\n".join(["difference", *(f'"{line}"' for line in quoted)]))
    else:
        click.echo("\n".join([*(f"  {line}" for line in differences), found.verdict]))


def _as_text(found: Verification) -> str:
    from optimiser.reports.text import wrap

    lines = [
        wrap(f"  {_WORDS[one.passed]:<5} {one.check}: {one.detail}", " " * 8)
        for one in found.findings
    ]
    return "\n".join([*lines, found.verdict])


def _as_csv(found: Verification) -> str:
    return str(found.as_frame().to_csv(index=False, lineterminator="\n")).rstrip("\n")


def _as_json(found: Verification) -> str:
    told = {
        "run": str(found.run),
        "verified": found.verified,
        "verdict": found.verdict,
        "findings": [vars(one) for one in found.findings],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)
