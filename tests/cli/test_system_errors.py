"""What the operating system does to a command: told in a sentence, before the solve where it can be."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from support.toy import TOY, write_toy_scenario

import optimiser as fp
from optimiser.cli import main
from optimiser.cli.signals import heed_signals
from optimiser.cli.sweep import tell_failures
from optimiser.deadline import OutOfTimeError
from optimiser.errors import SYSTEM_REMEDIES, hush_lost_files, tell_system_error
from optimiser.folders import check_absent
from optimiser.proof.referee import BrokenRule, check_plan
from optimiser.questions.verify import verify
from optimiser.runs.folder import read_run
from optimiser.runs.saving import MANIFEST, is_sealed, seal
from optimiser.sweeps.catalogue import Catalogue

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and pipes of POSIX")


def _under_a_file(folder: Path) -> Path:
    (folder / "file").write_text("", encoding="utf-8")
    return folder / "file" / "run"


def _too_long(folder: Path) -> Path:
    return folder / "missing" / ("n" * 250)


def _cut_off(folder: Path) -> Path:
    (folder / ".run.partial").mkdir()
    return folder / "run"


def _dangling(folder: Path) -> Path:
    (folder / "run").symlink_to(folder / "nowhere")
    return folder / "run"


@POSIX
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_under_a_file, "A file stands where a folder should be"),
        (_too_long, "longer than this system allows"),
        (_cut_off, "was cut off"),
        (_dangling, "exists and is not written over"),
    ],
)
def test_a_place_that_cannot_be_is_told_before_the_solve(
    tmp_path: Path, make: Callable[[Path], Path], told: str
) -> None:
    """In one line, with nothing solved and nothing made."""
    out, scenario = make(tmp_path), write_toy_scenario(tmp_path)
    before = sorted(tmp_path.iterdir())
    result = CliRunner().invoke(main, ["solve", str(scenario), "--out", str(out)])
    assert result.exit_code == 1
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_barred_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may not write there hears so, wherever in the missing folders it ends."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError) as caught:
        check_absent(tmp_path / "a" / "b")
    assert tell_system_error(caught.value).startswith(f"{tmp_path}: It may not be read or written")


def test_every_error_of_the_system_has_a_remedy() -> None:
    """Known ones in our words; others with what the system says; long paths are cut."""
    for number in SYSTEM_REMEDIES:
        told = tell_system_error(OSError(number, os.strerror(number), "x" * 500))
        assert told.endswith(SYSTEM_REMEDIES[number])
        assert len(told) < 250
    assert "The system says: Broken" in tell_system_error(OSError(errno.EIO, "Broken"))
    assert "odd" in tell_system_error(OSError("odd"))


def test_a_full_disk_keeps_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder is left, and the plan that cannot be saved is shown."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    scenario = write_toy_scenario(tmp_path)
    monkeypatch.setattr("optimiser.runs.folder.seal", fail)
    result = CliRunner().invoke(main, ["solve", str(scenario), "--out", str(tmp_path / "run")])
    assert result.exit_code == 1
    assert "The disk is full." in result.stderr
    assert "Best plan: 3 footprints" in result.stderr
    assert not list(tmp_path.glob("*run*"))


def test_a_disk_that_fills_while_drawing_keeps_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run stays as it was saved, without the pictures its manifest cannot name."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    scenario, out = write_toy_scenario(tmp_path), tmp_path / "run"
    monkeypatch.setattr("optimiser.runs.saving._tell_pictures", fail)
    result = CliRunner().invoke(main, ["solve", str(scenario), "--out", str(out)])
    assert result.exit_code == 0
    assert "not drawn (The disk is full." in result.stderr
    assert not (out / "map.png").exists()
    assert verify(out).verified


def test_a_disk_that_fills_while_a_manifest_is_renewed_leaves_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier manifest stays; half of a new one would pass for a forgery."""
    seal(tmp_path, {"run": "one"})

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        seal(tmp_path, {"run": "two"})
    assert is_sealed(tmp_path / MANIFEST)
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


@pytest.mark.parametrize(("free", "number"), [(4_096, errno.ENOSPC), (10**9, errno.EIO)])
def test_a_catalogue_that_cannot_be_written_is_told_as_the_system_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, number: int
) -> None:
    """SQLite calls a full disk by many names; whatever it says, it is a sentence and no traceback."""
    catalogue = Catalogue(tmp_path / "catalogue.sqlite")
    catalogue.path.write_bytes(b"")
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OSError, match=r"\[Errno") as caught:
        catalogue.release()
    assert caught.value.errno == number
    told = tell_system_error(caught.value)
    assert ("The disk is full." in told) == (number == errno.ENOSPC)
    assert "catalogue.sqlite" in told


def test_a_sweep_says_why_runs_failed() -> None:
    """Each cause once, with the first run it befell; those that are done are passed over."""
    runs = pd.DataFrame(
        [("one", "done", None), ("two", "failed", "Full."), ("three", "failed", "Full.")],
        columns=["name", "state", "message"],
    )
    assert tell_failures(runs) == ["two failed: Full."]


def test_a_signal_at_the_last_step_is_heard_once_the_plan_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the referee is at work the plan is as good as saved: it is not thrown away."""

    def interrupted(*words: Any) -> tuple[BrokenRule, ...]:
        signal.raise_signal(signal.SIGINT)
        return check_plan(*words)

    monkeypatch.setattr("optimiser.questions.solve.check_plan", interrupted)
    out = tmp_path / "run"
    result = CliRunner().invoke(
        main, ["solve", str(write_toy_scenario(tmp_path)), "--out", str(out)]
    )
    assert (result.exit_code, "Interrupted." in result.stderr) == (130, True)
    assert read_run(out).plan.outcome.status == "optimal"


def test_a_second_signal_stops_at_once() -> None:
    """The first is noted alone where the answer is about to be saved; whoever insists is heard."""
    with heed_signals() as signals:
        signals.finishing = True
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signals.heard == [signal.SIGINT, signal.SIGINT]


@pytest.mark.long
def test_a_signal_during_an_import_waits_for_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python may keep its import lock for ever when it is stopped inside an import."""
    code = "import signal\nsignal.raise_signal(signal.SIGINT)\nDONE = True\n"
    (tmp_path / "slow_to_load.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with heed_signals() as signals:
        assert import_module("slow_to_load").DONE
        with pytest.raises(KeyboardInterrupt):
            time.sleep(10)  # until it is heard again
    assert signals.heard == [signal.SIGINT]


def _start(scenario: Path, out: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "optimiser", "solve", str(scenario), "--out", str(out)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@POSIX
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.long)],
)
def test_a_signal_keeps_the_best_plan(number: int, code: int, tmp_path: Path) -> None:
    """After the first plan was found: it is saved, and the exit code says which signal it was."""
    process = _start(write_toy_scenario(tmp_path), tmp_path / "run")
    assert process.stderr is not None
    for line in process.stderr:
        if line.split()[2:3] == ["plan"]:
            process.send_signal(number)
            break
    told = process.communicate(timeout=60)[1]
    assert process.returncode == code, told
    assert "Interrupted." in told
    assert "Traceback" not in told
    run = read_run(tmp_path / "run")
    assert len(run.plan.footprints) == 3
    assert run.plan.outcome.status in ("interrupted", "optimal")  # as far as it had come
    assert not list(tmp_path.glob(".*partial"))


@POSIX
def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    """As after ``| head``: nothing on stderr but the steps, and the run is saved."""
    with _start(write_toy_scenario(tmp_path), tmp_path / "run") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert "Traceback" not in told
    assert "Error" not in told
    assert "Exception" not in told
    assert read_run(tmp_path / "run").plan.outcome.status == "optimal"


def test_the_end_of_time_is_no_error_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OutOfTimeError is an OSError by descent; it is told as what it is, with the code of a limit."""

    def never(*_: object, **__: object) -> None:
        raise OutOfTimeError

    monkeypatch.setattr(fp, "alternatives", never, raising=False)
    base = str(TOY / "scenarios" / "base.toml")
    result = CliRunner().invoke(main, ["alternatives", base, "--out", str(tmp_path / "new")])
    assert result.exit_code == 4
    assert "--time-limit" in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("raise ImportError('libhighs.so: no such file')", "cannot be loaded (libhighs.so"),
        ("import os; os._exit(9)", "ended unexpectedly. Run it again"),
    ],
)
def test_a_solver_that_is_broken_is_told_with_what_to_do(
    tmp_path: Path, text: str, words: str
) -> None:
    """In a sentence, without the worker's traceback."""
    (tmp_path / "highspy.py").write_text(text, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "optimiser", "solve", str(TOY / "scenarios" / "base.toml")]
    ended = subprocess.run(
        [*command, "--out", str(tmp_path / "run")],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert words in ended.stderr
    assert "pip install" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_files_that_are_thrown_away_say_nothing_but_other_failures_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A zip file that is let go on a full disk printed a traceback beside the sentence."""
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: told.append(lost.exc_value))
    hush_lost_files()
    for error in (OSError(28, "full"), ValueError("other")):
        sys.unraisablehook(SimpleNamespace(exc_value=error))
    assert [type(error) for error in told] == [ValueError]
