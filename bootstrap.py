"""Make the environment and run, with nothing but Python 3.11 or newer.

    python bootstrap.py solve            any command of `footprints`, with its arguments
    python bootstrap.py test             the tests; arguments go to pytest
    python bootstrap.py ci               every check of continuous integration

The first run makes .venv here with the versions of constraints.txt; later runs start at once.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "footprints-stamp.txt"
OLDEST = (3, 11)
EXTRAS = {"test": ("test",), "ci": ("cluster", "dev", "england-build", "test")}
NO_TESTS_SELECTED = 5


def main(arguments: list[str]) -> int:
    """Run one command in the environment, made first where it is missing."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    remedy = find_remedy()
    if remedy:
        print(remedy, file=sys.stderr)
        return 1
    command, rest = arguments[0], arguments[1:]
    failed = prepare(EXTRAS.get(command, ()))
    if failed:
        return failed
    if command == "test":
        return call(tests(*rest), ROOT)
    if command == "ci":
        return check_all()
    return call(python("-m", "optimiser", *arguments))


def find_remedy() -> str:
    """What the user must do first, in a sentence; empty when nothing is in the way."""
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        return f"Footprints needs Python 3.11 or newer; this is {found}. Run it with a newer one."
    if not python_of(VENV).exists() and importlib.util.find_spec("ensurepip") is None:
        return (
            "This Python cannot make a virtual environment: its part 'ensurepip' is missing. "
            "On Debian or Ubuntu run 'sudo apt-get install python3-venv', then try again."
        )
    return ""


def prepare(extras: tuple[str, ...]) -> int:
    """Make .venv and install the locked versions, unless the stamp says that it is done.

    Returns:
        0, or the exit code of the step that failed.
    """
    wanted = fingerprint()
    stamped, installed = read_stamp()
    if stamped == wanted and set(extras) <= installed:
        return 0
    if stamped == wanted:
        extras = tuple(sorted({*extras, *installed}))
    say("Making the environment in .venv (once; a minute or two) ...")
    failed = make_venv() or install(extras)
    if not failed:
        STAMP.write_text("\n".join((wanted, *extras)) + "\n", encoding="utf-8")
    return failed


def fingerprint() -> str:
    """SHA-256 of the files that say what the environment holds."""
    digest = hashlib.sha256()
    for name in ("constraints.txt", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def read_stamp() -> tuple[str, set[str]]:
    """The fingerprint and the extras of the environment as installed; empty when there is none."""
    if not (STAMP.exists() and python_of(VENV).exists()):
        return "", set()
    first, *extras = STAMP.read_text(encoding="utf-8").split() or [""]
    return first, set(extras)


def make_venv() -> int:
    """Make .venv where it is missing or broken."""
    if python_of(VENV).exists():
        return 0
    return subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)])


def install(extras: tuple[str, ...]) -> int:
    """Install this project, editable, with its extras at the locked versions."""
    if subprocess.call(python("-c", "import pip"), stderr=subprocess.DEVNULL):
        failed = call(python("-m", "ensurepip"))
        if failed:
            return failed
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    constraints = str(ROOT / "constraints.txt")
    return call(python("-m", "pip", "install", "--quiet", "-c", constraints, "-e", target))


def check_all() -> int:
    """The checks of continuous integration, cheapest first; stops at the first that fails."""
    steps = (
        python("-m", "ruff", "format", "--check", "."),
        python("-m", "ruff", "check", "."),
        python("-m", "mypy"),
        [str(python_of(VENV).with_name("lint-imports"))],
        tests(),
    )
    for step in steps:
        failed = told(step)
        if failed:
            return failed
    failed = told(tests("-m", "long"))
    return 0 if failed == NO_TESTS_SELECTED else failed


def tests(*arguments: str) -> list[str]:
    """The test command of the README: one worker for each core."""
    return python("-m", "pytest", "-n", "auto", *arguments)


def told(step: list[str]) -> int:
    """Run one step at the project's root, saying which; its exit code."""
    say(f"> {Path(step[0]).stem} {' '.join(step[1:])}")
    return call(step, ROOT)


def python(*arguments: str) -> list[str]:
    """A command of the environment's Python."""
    return [str(python_of(VENV)), *arguments]


def call(command: list[str], folder: Path | None = None) -> int:
    """Run a command, in the caller's folder unless another is given; its exit code."""
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    process = subprocess.Popen(command, env=environment, cwd=folder)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the child hears it too, and ends in its own way
            continue


def python_of(venv: Path) -> Path:
    """The environment's Python."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def say(text: str) -> None:
    """Progress goes to stderr, results to stdout."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
