"""bootstrap.py: makes the environment once, says what is in the way, and starts fast after."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with a project of its own in which no command is really run."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("constraints.txt", "pyproject.toml"):
        (tmp_path / name).write_text(f"# {name}\n", encoding="utf-8")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "stamp")
    monkeypatch.setattr(module.shutil, "which", lambda name: f"/usr/bin/{name}")
    python = module.python_of(tmp_path / ".venv")
    python.parent.mkdir(parents=True)
    python.touch()
    return module


@pytest.fixture
def installed(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The extras of every installation that was asked for."""
    asked: list[tuple[str, ...]] = []

    def install(extras: tuple[str, ...]) -> int:
        asked.append(extras)
        return 0

    monkeypatch.setattr(bootstrap, "install", install)
    return asked


def test_an_old_python_is_refused_in_a_sentence(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python 3.10 is told that 3.11 is needed, and nothing is made."""
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 4))
    assert bootstrap.main(["solve"]) == 1
    assert "Python 3.11 or newer; this is 3.10.4" in capsys.readouterr().err


def test_a_python_without_ensurepip_is_told_the_remedy(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Debian's system Python lacks ensurepip: the message names the package to install."""
    bootstrap.python_of(bootstrap.VENV).unlink()
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    assert bootstrap.main(["solve"]) == 1
    assert "apt-get install python3-venv" in capsys.readouterr().err


def test_a_second_start_installs_nothing(
    bootstrap: ModuleType, installed: list[tuple[str, ...]]
) -> None:
    """As long as constraints and project file stand as they were."""
    assert [bootstrap.prepare(()), bootstrap.prepare(())] == [0, 0]
    assert installed == [()]


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml"])
def test_a_changed_file_installs_anew(
    bootstrap: ModuleType, installed: list[tuple[str, ...]], name: str
) -> None:
    """Either of the two files that say what the environment holds."""
    bootstrap.prepare(())
    (bootstrap.ROOT / name).write_text("other\n", encoding="utf-8")
    bootstrap.prepare(())
    assert installed == [(), ()]


def test_extras_are_added_and_kept(bootstrap: ModuleType, installed: list[tuple[str, ...]]) -> None:
    """After the tests were run, solving again installs nothing and takes nothing away."""
    for extras in (("test",), (), ("dev",), ("test",)):
        bootstrap.prepare(extras)
    assert installed == [("test",), ("dev", "test")]


def test_a_failed_installation_is_tried_again(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No stamp is left by one that failed, and its exit code is told."""
    monkeypatch.setattr(bootstrap, "install", lambda extras: 7)
    assert bootstrap.main(["solve"]) == 7
    assert bootstrap.read_stamp() == ("", set())


def test_commands_go_where_they_belong(
    bootstrap: ModuleType, installed: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`test` goes to pytest in the project's folder, others to footprints in the caller's."""
    calls: list[tuple[list[str], Path | None]] = []

    def call(command: list[str], folder: Path | None = None) -> int:
        calls.append((command[1:], folder))
        return 0

    monkeypatch.setattr(bootstrap, "call", call)
    bootstrap.main(["test", "-k", "maps"])
    bootstrap.main(["solve", "--format", "json"])
    assert calls == [
        (["-m", "pytest", "-n", "auto", "--dist", "worksteal", "-k", "maps"], bootstrap.ROOT),
        (["-m", "optimiser", "solve", "--format", "json"], None),
    ]


def test_ci_fails_with_the_first_step_that_fails(
    bootstrap: ModuleType, installed: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It passes where all do; that pytest finds no long test (5) is a failure too."""
    codes: dict[str, int] = {}

    def call(command: list[str], folder: Path | None = None) -> int:
        return next((code for word, code in codes.items() if word in command), 0)

    monkeypatch.setattr(bootstrap, "call", call)
    assert bootstrap.main(["ci"]) == 0
    codes["long"] = 5
    assert bootstrap.main(["ci"]) == 5
    codes["mypy"] = 3
    assert bootstrap.main(["ci"]) == 3


class Machine:
    """A machine on which nothing is installed at first; ``apt`` is what installing comes to."""

    def __init__(self, apt: bool, user: int = 0, packager: bool = True) -> None:
        self.apt, self.user, self.packager = apt, user, packager
        self.found: set[str] = set()
        self.asked: list[list[str]] = []

    def which(self, name: str) -> str | None:
        """Stands for shutil's."""
        return name if name in self.found or (name == "apt-get" and self.packager) else None

    def run(self, command: list[str]) -> bool:
        """Stands for a bounded command."""
        self.asked.append(command)
        if self.apt and "install" in command:
            self.found |= {"chromium", "soffice"}
        return self.apt


@pytest.mark.parametrize(
    ("machine", "asks", "skips"),
    [
        (Machine(apt=True), 2, 0),
        (Machine(apt=False), 1, 2),
        (Machine(apt=True, user=1000), 0, 2),
        (Machine(apt=True, packager=False), 0, 2),
    ],
    ids=["installs", "cannot reach the packages", "is not root", "has no apt-get"],
)
def test_ci_installs_what_it_may_and_tells_what_is_skipped(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    machine: Machine,
    asks: int,
    skips: int,
) -> None:
    """Browser and office are installed by root on a Debian; else each is said to be missing."""
    monkeypatch.setattr(bootstrap.shutil, "which", machine.which)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: machine.user, raising=False)
    monkeypatch.setattr(bootstrap, "bounded", machine.run)
    bootstrap.provide_programs()
    assert len(machine.asked) == asks
    assert capsys.readouterr().err.count("are skipped") == skips


def test_where_users_have_no_number_nothing_is_installed(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has no geteuid."""
    monkeypatch.delattr(bootstrap.os, "geteuid", raising=False)
    assert not bootstrap.can_install()


def test_an_installation_is_given_up_in_time(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that hangs or is not there is no success, and no error."""
    assert bootstrap.bounded([sys.executable, "-V"])
    monkeypatch.setattr(bootstrap, "LONGEST_INSTALL", 0.2)
    assert not bootstrap.bounded([sys.executable, "-c", "import time; time.sleep(60)"])
    assert not bootstrap.bounded(["no-such-program"])


def test_every_dependency_is_locked_and_no_address_is() -> None:
    """constraints.txt has each direct dependency of each extra, and lines of name==version."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+==[^ /@]+( ; .+)?", line) for line in lines)
    locked = {line.partition("==")[0] for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    direct = [*project["dependencies"], *(one for extra in extras for one in extra)]
    assert {re.split(r"[<>=\[ ]", one)[0] for one in direct} <= locked


def test_wheels_hold_what_an_installation_fetches(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This project with what its tests need, and what builds it; then no index is asked."""
    calls: list[list[str]] = []

    def call(command: list[str], folder: Path | None = None) -> int:
        calls.append(command)
        return 0

    monkeypatch.setattr(bootstrap, "call", call)
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda *words, **ways: 0)
    monkeypatch.setattr(bootstrap, "prepare", lambda extras: 0)
    bootstrap.install(())
    assert bootstrap.main(["wheels"]) == 0
    (bootstrap.ROOT / "wheels").mkdir()
    bootstrap.install(("test",))
    before, made, after = calls
    assert "--no-index" not in before
    assert made[1:4] == ["-m", "pip", "wheel"]
    assert {f"{bootstrap.ROOT}[docs,test]", *bootstrap.BUILDERS} <= set(made)
    assert after[after.index("--find-links") + 1] == str(bootstrap.ROOT / "wheels")
    assert "--no-index" in after


@pytest.mark.nightly
def test_the_bill_of_materials_lists_every_package(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CycloneDX: each package of this environment with its version, and not the tool itself."""
    monkeypatch.setattr(bootstrap, "ROOT", ROOT)
    monkeypatch.setattr(bootstrap, "python_of", _this_python_or(bootstrap.python_of))
    assert bootstrap.write_bom(tmp_path / "bom.json") == 0
    told = json.loads((tmp_path / "bom.json").read_text(encoding="utf-8"))
    assert told["bomFormat"] == "CycloneDX"
    listed = {part["name"].lower(): part["version"] for part in told["components"]}
    for name in ("highspy", "pyomo", "pandas", "pydantic"):
        assert listed[name] == metadata.version(name)
    assert "cyclonedx-bom" not in listed
    assert told["metadata"]["component"]["name"] == "footprints-optimiser"


def _this_python_or(plain: Callable[[Path], Path]) -> Callable[[Path], Path]:
    return lambda home: Path(sys.executable) if home.name == ".venv" else plain(home)
