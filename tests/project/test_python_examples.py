"""docs/python.md: every example of every command's help stands there in Python, and runs.

The examples run in an empty folder where the England datasets are the toy country under England's
codes, so that they end in seconds; files that the examples name as the reader's own are made beforehand.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import geopandas as gpd
import pytest
from click.testing import CliRunner
from docx import Document
from support.datasets import write_tiny_dataset
from support.rtt_files import HAND, with_totals, write_extract
from support.toy import ROOT, TOY

import optimiser as fp
from optimiser.cli import COMMANDS, main

PAGE = ROOT / "docs" / "python.md"
CODES = {"A1": "S0E4D", "S1": "11", "S2": "6", "T01": "RGT"}
"""Codes of the toy country that stand for the England codes of the examples."""

SAVED = {
    "solve": ["outputs/eight/manifest.json"],
    "evaluate": ["outputs/offices/manifest.json"],
    "sweep": ["outputs/sweeps/weights/catalogue.sqlite"],
    "explain": ["outputs/why/manifest.json"],
    "classify": ["outputs/portfolio/services.csv"],
    "roadmap": ["outputs/years/roadmap_levels.csv", "outputs/years/roadmap.png"],
    "compare": ["measures.csv"],
    "report": ["outputs/pack/figures.csv", "outputs/charts/manifest.json"],
    "template": ["empty.xlsx", "england.xlsx"],
    "neighbours": ["my/neighbours.csv"],
    "carry": ["my/36/icbs.csv", "new_plan.csv"],
}
"""What the examples of a command save."""


LONG = ("compare", "explain", "report", "sweep", "verify")
"""Commands whose examples draw a whole pack, start processes of their own, or solve many times."""


def _sections() -> dict[str, str]:
    """Each section's Python code by its heading; the code before the first is under ``""``."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    named = {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
    blocks = {name: re.findall(r"```python\n(.*?)```", text, re.S) for name, text in named.items()}
    return {name: "\n".join(found) for name, found in blocks.items()}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_of_the_help_stands_in_python(command: str) -> None:
    """Each example line is a comment in the section of its command, with code below it."""
    text = main.get_command(click.Context(main), command)
    assert text is not None
    printed = CliRunner().invoke(main, [command, "--help"]).output
    examples = re.findall(r"^ +(footprints .+)$", printed.partition("Example")[2], re.M)
    assert examples
    lines = _sections()[command].splitlines()
    for example in examples:
        at = lines.index(f"# {example.strip()}")
        assert not lines[at + 1].startswith("#")


def _write_england(folder: Path) -> None:
    """The toy country under England's codes, with the plans and scenarios that the examples name."""
    shutil.copytree(TOY, folder)
    for path in [*folder.rglob("*.csv"), folder / "boundaries.geojson"]:
        text = path.read_text(encoding="utf-8")
        for code, other in CODES.items():
            text = re.sub(rf"\b{code}\b", other, text)
        path.write_text(text.replace(",South,", ",London,"), encoding="utf-8")
    (folder / "dataset.toml").write_text(
        (TOY / "dataset.toml").read_text(encoding="utf-8").replace('"toy"', '"england"'),
        encoding="utf-8",
    )
    plans, icbs = folder / "plans", fp.load(folder).icbs["icb"].tolist()
    shutil.copyfile(plans / "rows.csv", plans / "pan-icb-offices-2027.csv")
    alone = "".join(f"{icb},{icb}\n" for icb in icbs)
    for name in ("clusters-26", "nine-committees-2023"):
        (plans / f"{name}.csv").write_text(f"icb,footprint\n{alone}", encoding="utf-8")
    scenarios = folder / "scenarios"
    (scenarios / "today.toml").write_text(
        'dataset = ".."\n[footprints]\ncount = [2, 8]\nbaseline = "pan-icb-offices-2027"\n',
        encoding="utf-8",
    )
    (scenarios / "impossible-members.toml").write_text(
        'extends = "today.toml"\n[footprints]\ncount = 2\nmembers = [1, 4]\n', encoding="utf-8"
    )
    (scenarios / "roadmap-2023.toml").write_text(
        'extends = "today.toml"\n[roadmap]\nyears = [2023, 2024]\n', encoding="utf-8"
    )
    (folder / "mapping").mkdir()
    same = "".join(f"{icb},{icb},1\n" for icb in icbs)
    (folder / "mapping" / "icbs-36-2026.csv").write_text(
        f"from_icb,to_icb,share\n{same}", encoding="utf-8"
    )


def _write_own_files(folder: Path) -> None:
    """What the examples call the reader's own."""
    toy, england = folder / "inputs" / "toy", folder / "inputs" / "england"
    shutil.copytree(TOY, toy)
    (folder / "my_scenario.toml").write_text('dataset = "inputs/toy"\n', encoding="utf-8")
    shutil.copyfile(TOY / "plans" / "rows.csv", folder / "my_grouping.csv")
    shutil.copyfile(england / "plans" / "rows.csv", folder / "my_plan.csv")
    shutil.copyfile(england / "funding.csv", folder / "my_allocations.csv")
    (folder / "weights.toml").write_text(
        'base = "inputs/toy/scenarios/base.toml"\n[grid]\n"objective.leakage" = [1, 2]\n',
        encoding="utf-8",
    )
    write_tiny_dataset(folder / "my_dataset")
    Document().save(str(folder / "board.docx"))
    (folder / "paper.toml").write_text('sponsor = "A. Director"\n', encoding="utf-8")
    shapes = gpd.read_file(TOY / "boundaries.geojson").rename(columns={"icb": "LAD24CD"})
    shapes.to_file(folder / "la.gpkg")
    (folder / "my").mkdir()
    fp.template(folder / "my.xlsx", toy, toy / "scenarios" / "base.toml")


def _write_extracts(folder: Path) -> None:
    """Zipped extracts of January and February, and their map of four ICBs as the base dataset."""
    for name, month in (("Full-CSV-Jan26", "JANUARY"), ("jan", "JANUARY"), ("feb", "FEBRUARY")):
        path = write_extract(folder / f"{name}.csv", with_totals(HAND))
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\b(JANUARY|January)\b", month.title(), text), encoding="utf-8")
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.write(path, path.name)


def _write_runs(folder: Path) -> None:
    """Runs under the names of the examples."""
    today = fp.read_scenario("inputs/england/scenarios/today.toml")
    found = fp.evaluate(today, "rows")
    assert found.optimum is not None
    for name in ("offices", "best", "clusters"):
        found.save(folder / "outputs" / name)
    fp.compare([found.save(folder / "outputs" / "one"), found.optimum.save(folder / "my_run")])
    found.optimum.save(folder / "outputs" / "today" / "2026-01-31T120000Z")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's working folder as it is before any example."""
    home = tmp_path_factory.mktemp("home")
    _write_england(home / "inputs" / "england")
    shutil.copytree(home / "inputs" / "england", home / "inputs" / "england-42")
    _write_own_files(home)
    return home


@pytest.fixture
def reader(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's working folder."""
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(folder: Path, section: str) -> None:
    """Run the code of a section after the opening one, as a script."""
    script = folder / "example.py"
    code = _sections()
    script.write_text(f"{code['']}\n{code[section]}", encoding="utf-8")
    if section == "sweep":  # its workers import the script again, so it has a process of its own
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, str(script)], check=True, timeout=120, env=environment)
    else:
        runpy.run_path(str(script), run_name="__example__")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(c, marks=[pytest.mark.long] if c in LONG else [])
        for c in COMMANDS
        if c not in ("import-rtt", "calibrate", "robust")
    ],
)
def test_examples_run(reader: Path, command: str) -> None:
    """Nothing raises; what is saved is where the example says."""
    if command in ("compare", "report", "verify"):
        _write_runs(reader)
    if command == "solve":
        today = fp.read_scenario("inputs/england/scenarios/today.toml")
        fp.robust(today, draws=1, flows="poisson", workers=1).save("outputs/draws")
    if command == "verify":
        fp.report(["outputs/offices", "outputs/best"], "outputs/pack", only=["workbook"])
    _run(reader, command)
    assert all((reader / place).exists() for place in SAVED.get(command, ()))


@pytest.mark.long
def test_examples_of_robust_run(reader: Path) -> None:
    """Draws of a weight with a range, each solved to proof."""
    today = reader / "inputs" / "england" / "scenarios" / "today.toml"
    ranges = "[uncertainty]\nweights = { leakage = [0.15, 0.6] }\n"
    today.write_text(today.read_text(encoding="utf-8") + ranges, encoding="utf-8")
    _run(reader, "robust")


def _write_today(folder: Path) -> None:
    """The scenario that every section opens with, beside the small dataset."""
    shutil.copytree(folder / "inputs" / "england-42", folder / "inputs" / "england")
    scenarios = folder / "inputs" / "england" / "scenarios"
    scenarios.mkdir(exist_ok=True)
    (scenarios / "today.toml").write_text('dataset = ".."\n', encoding="utf-8")


def test_examples_of_import_rtt_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On extracts that can be counted by hand, over the map of four ICBs."""
    monkeypatch.chdir(tmp_path)
    write_tiny_dataset(tmp_path / "inputs" / "england-42")
    _write_today(tmp_path)
    (tmp_path / "my").mkdir()
    _write_extracts(tmp_path)
    _run(tmp_path, "import-rtt")
    assert (tmp_path / "my" / "rtt-2" / "flows.csv").exists()


def test_examples_of_calibrate_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a table of shares and on an extract, over the map of four ICBs."""
    monkeypatch.chdir(tmp_path)
    england = write_tiny_dataset(tmp_path / "inputs" / "england-42")
    (tmp_path / "my").mkdir()
    (england / "mapping").mkdir()
    _write_today(tmp_path)
    dataset = fp.load(england)
    rows = "".join(f"{service},general\n" for service in dataset.services["service"])
    (england / "mapping" / "families.csv").write_text(f"service,family\n{rows}", encoding="utf-8")
    icb = dataset.icbs["icb"].iloc[0]
    shares = f"family,icb,host_icb,share_percent,patients\ngeneral,{icb},{icb},60,500\n"
    (tmp_path / "my" / "shares.csv").write_text(shares, encoding="utf-8")
    _write_extracts(tmp_path)
    _run(tmp_path, "calibrate")
    fitted = fp.load(tmp_path / "my" / "england-rtt")
    assert fitted.flows["spend_m"].sum() == pytest.approx(dataset.flows["spend_m"].sum())
