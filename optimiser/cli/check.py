"""``footprints check``: every fault of the inputs at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import find_base, format_option
from optimiser.errors import Fault, InputError, NoPlanError

if TYPE_CHECKING:
    from optimiser.inputs.dataset import Dataset

_COUNTED = ("icbs", "neighbours", "services", "providers", "flows")
_FIELDS = ("file", "line", "column", "value", "rule", "remedy")


@dataclass(frozen=True)
class _Findings:
    """What was looked at, its faults, and what it holds when it could be read."""

    place: str
    faults: tuple[Fault, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@click.command("check")
@click.argument("inputs", required=False, metavar="[DATASET or SCENARIO]", type=click.Path())
@format_option
def command(inputs: str | None, shape: str) -> None:
    r"""Tell every fault of a dataset or a scenario, with the remedy.

    A folder is a dataset; a workbook (.xlsx) is a dataset and its scenario; a .toml file is a
    scenario, which is checked with its dataset. Without any, England's base scenario is checked.
    Exit code 1 when there are faults, 3 when the settings are sound but simple sums show that no
    plan can meet them.

    \b
    Examples:
      footprints check inputs/toy
      footprints check my_scenario.toml --format json
    """
    place = Path(inputs) if inputs else find_base()
    findings = _check(place)
    printers = {"csv": _as_csv, "json": _as_json, "table": _as_text}
    click.echo(printers[shape](findings))
    if findings.faults:
        raise SystemExit(_exit_code(findings.faults))


def _check(place: Path) -> _Findings:
    from optimiser.inputs.workbook import is_workbook

    if place.suffix == ".toml":
        return _check_scenario(place)
    return _check_workbook(place) if is_workbook(place) else _check_dataset(place)


def _check_workbook(path: Path) -> _Findings:
    """The tables and the sheet of settings, whose faults are told together."""
    from optimiser.inputs.checks.scenario import check_scenario
    from optimiser.inputs.reading.load import read_dataset
    from optimiser.inputs.workbook.settings import read_workbook_scenario

    findings = _check_dataset(path)
    if not path.is_file():
        return findings
    try:
        scenario = read_workbook_scenario(path)
    except InputError as error:
        faults = [fault for fault in error.faults if fault not in findings.faults]
        return replace(findings, faults=(*findings.faults, *faults))
    if findings.faults:
        return findings
    dataset = read_dataset(path)
    return _describe(
        str(path), dataset, check_scenario(scenario, dataset, f"{path} sheet scenario")
    )


def _check_dataset(folder: Path) -> _Findings:
    from optimiser.inputs.reading.load import read_dataset

    try:
        return _describe(str(folder), read_dataset(folder), ())
    except InputError as error:
        return _Findings(str(folder), error.faults)


def _check_scenario(path: Path) -> _Findings:
    from optimiser.inputs.checks.scenario import check_scenario
    from optimiser.inputs.reading.load import read_dataset
    from optimiser.inputs.scenario.scenario import read_scenario

    try:
        scenario = read_scenario(path)
        dataset = read_dataset(scenario.dataset_path)
    except InputError as error:
        return _Findings(str(path), error.faults)
    return _describe(str(path), dataset, check_scenario(scenario, dataset, str(path)))


def _describe(place: str, dataset: Dataset, faults: Sequence[Fault]) -> _Findings:
    counts = {name: len(getattr(dataset, name)) for name in _COUNTED}
    counts["plans"] = len(dataset.plans)
    return _Findings(place, tuple(faults), counts, dataset.notices)


def _exit_code(faults: Sequence[Fault]) -> int:
    impossible = all(fault.rule.startswith("impossible_") for fault in faults)
    return NoPlanError.exit_code if impossible else InputError.exit_code


def _as_text(findings: _Findings) -> str:
    from optimiser.cli.text import wrap

    if findings.faults:
        count = len(findings.faults)
        lines = [f"{count} fault{'s' if count != 1 else ''} in {findings.place}:"]
        lines += [f"  {fault}" for fault in findings.faults]
    else:
        held = ", ".join(f"{count:,} {name}" for name, count in findings.counts.items())
        lines = [f"No faults in {findings.place}: {held.replace('icbs', 'ICBs')}."]
    return "\n".join([*lines, *(wrap(notice, "  ") for notice in findings.notices)])


def _as_csv(findings: _Findings) -> str:
    import csv
    import io

    stream = io.StringIO()
    writer = csv.DictWriter(stream, _FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(fault.as_row() for fault in findings.faults)
    return stream.getvalue().rstrip("\n")


def _as_json(findings: _Findings) -> str:
    result = {
        "checked": findings.place,
        "faults": [fault.as_row() for fault in findings.faults],
        "counts": findings.counts,
        "notices": list(findings.notices),
    }
    return json.dumps(result, indent=2, ensure_ascii=False)
