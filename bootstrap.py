"""Make the environment and run, with nothing but Python 3.11 or newer.

    python bootstrap.py solve            any command of `footprints`, with its arguments
    python bootstrap.py test             the tests; arguments go to pytest
    python bootstrap.py docs             the documents as a site, in outputs/site
    python bootstrap.py ci               every check of continuous integration
    python bootstrap.py wheels           every package that is needed, in the folder wheels here
    python bootstrap.py bom FILE         a bill of materials (CycloneDX) of the environment

The first run makes .venv here with the versions of constraints.txt; later runs start at once. That
needs a package index once. For a machine without one, run `wheels` on a like machine with the same
Python and bring the folder along: where it is here, nothing is looked for elsewhere.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WHEELS = "wheels"
"""Folder for machines without a package index."""
STAMP = VENV / "footprints-stamp.txt"
OLDEST = (3, 11)
EXTRAS = {
    "test": ("docs", "test"),
    "docs": ("docs",),
    "ci": ("cluster", "dev", "docs", "england-build", "test"),
}
BUILDERS = ("hatchling>=1.27", "editables")
"""What pip fetches by itself to install this project, and so must be among the wheels too."""
BOM_TOOL = "cyclonedx-bom==7.5.0"
"""Writes the bill of materials, from an environment of its own: it is no part of what it lists."""
SAY_SKIPPED = "-rs"
COVERAGE = ("--cov", "--cov-report=", "--cov-fail-under=0")
"""Branches of the source that the ordinary tests reach; the long ones add theirs."""
WHOLE_COVERAGE = ("--cov", "--cov-append", "--cov-report=term")
"""Both together, printed; pyproject.toml says how many must be reached."""
PROGRAMS = {
    "chromium": (
        ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
        "tests that open the web pages in a browser",
    ),
    "libreoffice-writer-nogui": (
        ("soffice", "libreoffice"),
        "tests of the paper as PDF",
    ),
}
"""Debian's package, the programs any of which will do, and what is skipped without them."""

LONGEST_INSTALL = 80
"""Seconds that CI gives to each of the two steps of installing them."""


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
    if command == "docs":
        return call(site(), ROOT)
    if command == "ci":
        return check_all()
    if command == "wheels":
        return make_wheels()
    if command == "bom":
        return write_bom(Path(rest[0] if rest else "bom.json"))
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
    constraints, wheels = str(ROOT / "constraints.txt"), ROOT / WHEELS
    offline = ("--no-index", "--find-links", str(wheels)) if wheels.is_dir() else ()
    return call(
        python("-m", "pip", "install", "--quiet", *offline, "-c", constraints, "-e", target)
    )


def make_wheels() -> int:
    """Put the wheels of everything that is needed to run and test into a folder here."""
    target = f"{ROOT}[{','.join(EXTRAS['test'])}]"
    wheel = python("-m", "pip", "wheel", "--quiet", "-c", str(ROOT / "constraints.txt"))
    failed = call([*wheel, "-w", str(ROOT / WHEELS), target, *BUILDERS])
    if not failed:
        say(f"{len(list((ROOT / WHEELS).glob('*.whl')))} wheels in {ROOT / WHEELS}")
    return failed


def write_bom(file: Path) -> int:
    """Write which packages the environment holds, with versions, licences and origins."""
    with tempfile.TemporaryDirectory() as home:
        tool = Path(home) / "tool"
        venv.create(tool, with_pip=True)
        install_tool = [str(python_of(tool)), "-m", "pip", "install", "--quiet", BOM_TOOL]
        list_packages = [
            *(str(python_of(tool)), "-m", "cyclonedx_py", "environment", str(python_of(VENV))),
            *("--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"),
            *("--output-format", "JSON", "--output-file", str(file.absolute())),
        ]
        return first_failure((install_tool, list_packages))


def check_all() -> int:
    """The checks of continuous integration, cheapest first; stops at the first that fails."""
    checks = (
        python("-m", "ruff", "format", "--check", "."),
        python("-m", "ruff", "check", "."),
        python("-m", "mypy"),
        [str(python_of(VENV).with_name("lint-imports"))],
        site(),
    )
    failed = first_failure(checks)
    if failed:
        return failed
    provide_programs()
    failed = told(tests(SAY_SKIPPED, *COVERAGE))
    if failed:
        return failed
    return told(tests(SAY_SKIPPED, *WHOLE_COVERAGE, "-m", "long"))


def first_failure(steps: Iterable[list[str]]) -> int:
    """Run steps until one fails; its exit code, or 0."""
    return next((failed for failed in map(told, steps) if failed), 0)


def provide_programs() -> None:
    """Install the programs that some tests need, where that is possible, and tell what is skipped.

    Nothing of it is fatal: without them those tests are skipped.
    """
    missing = list_missing()
    if missing and can_install():
        say(f"> apt-get install {' '.join(missing)}")
        get = ["apt-get", "-q", "-y"]
        done = bounded([*get, "update"]) and bounded(
            [*get, "install", "--no-install-recommends", *missing]
        )
        if not done:
            say("  It did not succeed in time.")
    for package in list_missing():
        say(f"  {package} is not installed: {PROGRAMS[package][1]} are skipped.")


def list_missing() -> list[str]:
    """Packages of which no program is found."""
    return [
        package
        for package, (programs, _) in PROGRAMS.items()
        if not any(shutil.which(program) for program in programs)
    ]


def can_install() -> bool:
    """Whether this is a Debian or Ubuntu, and this process may install on it."""
    return shutil.which("apt-get") is not None and getattr(os, "geteuid", lambda: 1)() == 0


def bounded(command: list[str]) -> bool:
    """Run a command that asks nothing, for a bounded time; whether it succeeded."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=LONGEST_INSTALL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def tests(*arguments: str) -> list[str]:
    """The test command of the README: one worker for each core.

    Each begins with tests that stand together, so that what they share is made once.
    """
    return python("-m", "pytest", "-n", "auto", "--dist", "worksteal", *arguments)


def site() -> list[str]:
    """Build the documents; a link that leads nowhere is an error."""
    return python("-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs", ".", "outputs/site")


def told(step: list[str]) -> int:
    """Run one step at the project's root, saying which and how long it took; its exit code."""
    say(f"> {Path(step[0]).stem} {' '.join(step[1:])}")
    began = time.monotonic()
    failed = call(step, ROOT)
    say(f"  {time.monotonic() - began:.0f} s")
    return failed


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


def python_of(home: Path) -> Path:
    """The environment's Python."""
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def say(text: str) -> None:
    """Progress goes to stderr, results to stdout."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
