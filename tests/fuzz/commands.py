"""Every command on random countries: ``python -m fuzz.commands --cases N --seed S [--packs-every 10]``.

Each case draws a country and a scenario as :mod:`fuzz.countries` does, writes them, saves the best plan
where there is one, and puts to them every question of the command line that the dataset allows; each so
manieth run becomes a pack, which must pass ``verify``. A command must end with an answer or with a
sentence: a traceback or a warning is a fault, and so is ``verify`` finding fault with what was saved.
"""

from __future__ import annotations

import argparse
import io
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import click
from fuzz.countries import draw_case, write_country

from optimiser.cli import main as run_command
from optimiser.inputs.scenario.declared import to_toml
from optimiser.questions.case import Case

SENTENCES = (0, 1, 3)
"""Exit codes of an answer, a fault of the inputs, and no plan; 2 would be misuse by us, and 4, a limit
of time, is none that six ICBs come to."""
MUST_ANSWER = ("check", "compare", "report", "verify")
"""What no rule of a scenario may refuse: the country is sound, and these ask for saved runs alone."""
NO_OFFICE = patch("optimiser.reports.paper.pdf.find_office", return_value=None)
"""The paper without its PDF, which takes ten seconds and none of our code."""


def ask(words: list[str]) -> tuple[int, str]:
    """Run a command in this process: its exit code, and what went wrong or nothing.

    A warning counts as a failure, as everywhere in the tests.
    """
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            code = run_command(words, standalone_mode=False)
        except SystemExit as end:
            code = end.code
        except click.ClickException as error:
            code, _ = 2, said.write(error.format_message())
        except Exception:  # every kind of failure is a finding
            return 70, traceback.format_exc()
    code = code if isinstance(code, int) else 0
    return code, "" if code in SENTENCES else said.getvalue()


def list_questions(case: Case, scenario: Path, home: Path) -> Iterator[list[str]]:
    """The words of every command that a scenario and its country allow."""
    of, drawn = str(scenario), str(scenario.parent / "drawn")
    icb, service = case.system.icbs[0], str(case.dataset.services["service"][0])
    for shape in ("table", "csv", "json"):
        yield ["evaluate", of, "--plan", "all", "--format", shape]
    yield ["evaluate", of, "--plan", "halves", "--details", *_to(home, "halves")]
    yield ["frontier", of, "--x", "leakage", "--y", "volatility", "--points", "3", *_to(home, "f")]
    yield ["frontier", of, "--x", "leakage", "--y", "footprints", "--all", *_to(home, "fa")]
    yield ["alternatives", of, "--within", "5%", "--place", "halves", *_to(home, "near")]
    draws = ["--draws", "2", "--flows", "poisson", "--workers", "1", "--plan", "halves"]
    yield ["robust", of, *draws, *_to(home, "draws")]
    for asked in (["--prices"], ["--icb", icb], ["--service", service], ["--repair", "halves"]):
        yield ["explain", of, *asked]
    yield ["roadmap", of, "--years", "2023-2024", *_to(home, "roadmap")]
    for name in ("funding", "providers", "access"):
        yield [name, of, "--plan", "halves", "--format", "csv"]
    yield ["readiness", of, "--plan", "halves"]
    yield ["readiness", of, "--service", service]
    yield ["classify", of, "--details"]
    yield ["volatility", drawn]
    yield ["check", drawn]


def list_questions_of_runs(home: Path, packed: bool) -> Iterator[list[str]]:
    """The words of every command on what was saved."""
    run, halves, pack = str(home / "run"), str(home / "halves"), str(home / "pack")
    for name in ("funding", "providers", "access"):
        yield [name, run, "--details"]
    yield ["explain", run]
    yield ["compare", run, halves, "--details", *_to(home, "compared")]
    yield ["verify", run]
    if (home / "roadmap").is_dir():
        yield ["verify", str(home / "roadmap")]
    if packed:
        yield ["report", run, halves, "--workers", "1", "--to", pack]
        yield ["verify", pack]


def write_scenario(case: Case, path: Path) -> Path:
    """Write a case's scenario, of the country ``drawn`` beside it: what differs from the defaults."""
    changed = case.scenario.model_dump(mode="python", exclude_defaults=True)
    lines = [f"{section} = {to_toml(rules)}" for section, rules in changed.items()]
    path.write_text("\n".join(['dataset = "drawn"', *lines]), encoding="utf-8")
    return path


def _to(home: Path, name: str) -> list[str]:
    return ["--out", str(home / name)]


def try_case(seed: int, packed: bool, counts: Counter[str]) -> list[str]:
    """Put every question to one country.

    Args:
        seed: of the country.
        packed: whether its runs become a pack.
        counts: of commands and of exit codes; added to.

    Returns:
        what went wrong, a text each.
    """
    case, wrong = draw_case(seed), list[str]()

    def put(words: list[str]) -> int:
        code, fault = ask(words)
        counts["commands"] += 1
        counts[f"exit {code}"] += 1
        if fault or (code and words[0] in MUST_ANSWER):
            wrong.append(f"case {seed}: {' '.join(words)}: exit {code}\n{fault[-2000:]}\n")
        return code

    with TemporaryDirectory() as place, NO_OFFICE, chdir(place):  # some save beside where they run
        home = Path(place)
        write_country(case.dataset, home / "drawn")
        scenario = write_scenario(case, home / "scenario.toml")
        counts["countries"] += 1
        solved = not put(["solve", str(scenario), "--details", *_to(home, "run")])
        for words in list_questions(case, scenario, home):
            put(words)
        if solved:
            counts["solved"] += 1
            counts["packs"] += packed
            for words in list_questions_of_runs(home, packed):
                put(words)
    return wrong


def main() -> None:
    """Run the cases that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--packs-every", type=int, default=10, help="made a pack: each Nth")
    given = parser.parse_args()
    counts, wrong = Counter[str](), list[str]()
    for k in range(given.cases):
        found = try_case(given.seed * 1_000_000 + k, k % given.packs_every == 0, counts)
        print(*found, sep="\n", end="", flush=True)
        wrong += found
    print(", ".join(f"{number:,} {name}" for name, number in sorted(counts.items())))
    print(f"{len(wrong)} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
