"""Lines of Python by package, beside those of another revision.

    python docs/build/house_size.py              the files of the working tree
    python docs/build/house_size.py 6c9dfff      and what they were at that revision of git

Every line counts, docstrings and blank lines too, as ``wc -l`` counts them; files that git does not
know are left out. A package that moved shows as one that went and one that came: read the sums.
Below stands what is long: functions, counted from their docstring on, and modules of the source.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import tarfile
from collections import Counter
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ("optimiser", "models", "inputs")
"""What `source` sums. The England build left `optimiser` for `inputs`: without it here, a move between
folders would read as a saving. Tests, `bootstrap.py` and the builders of documents stand apart."""

LONG_FUNCTION, LONG_MODULE = 45, 400
"""Lines that fit a screen, and an hour's reading."""


def main() -> None:
    """Print one row for each package, then the sums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", nargs="?", help="compare with this revision of git")
    revision = parser.parse_args().revision
    now = count_by_package(read_tree())
    before = count_by_package(read_revision(revision)) if revision else None
    names = sorted({*now, *(before or ())})
    print(
        f"{'package':28s} {'lines':>7s}" + (f" {revision[:9]:>9s} {'change':>7s}" if before else "")
    )
    for name in names:
        print(describe(name, now, before, (name,)))
    source = tuple(name for name in names if name.split("/")[0] in SOURCE)
    print(describe("source", now, before, source))
    print(describe("everything", now, before, tuple(names)))
    for line in list_long(read_tree()):
        print(line)


def describe(
    title: str, now: Counter[str], before: Counter[str] | None, names: tuple[str, ...]
) -> str:
    """One row: the lines of some packages together, now and before."""
    lines = sum(now[name] for name in names)
    if before is None:
        return f"{title:28s} {lines:7,d}"
    earlier = sum(before[name] for name in names)
    return f"{title:28s} {lines:7,d} {earlier:9,d} {lines - earlier:+7,d}"


def count_by_package(files: dict[str, bytes]) -> Counter[str]:
    """Lines of each package: `optimiser/cli`, `tests/laws`; loose files count for their folder."""
    counts: Counter[str] = Counter()
    for path, text in files.items():
        counts[package_of(path)] += text.count(b"\n")
    return counts


def list_long(files: dict[str, bytes]) -> list[str]:
    """Each function and module of the source that is long, with its lines, and how many of each."""
    source = {name: text for name, text in files.items() if name.split("/")[0] in SOURCE}
    sizes = {name: text.count(b"\n") for name, text in source.items()}
    modules = [f"{lines:5d} {name}" for name, lines in sizes.items() if lines > LONG_MODULE]
    functions = [
        f"{lines:5d} {name}: {node.name}"
        for name, text in source.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and (lines := (node.end_lineno or 0) - node.body[0].lineno + 1) > LONG_FUNCTION
    ]
    return [
        f"{len(modules)} modules of more than {LONG_MODULE} lines",
        *sorted(modules, reverse=True),
        f"{len(functions)} functions of more than {LONG_FUNCTION} lines",
        *sorted(functions, reverse=True),
    ]


def package_of(path: str) -> str:
    """The first two folders of a file, or the file itself at the top.

    >>> package_of("optimiser/engine/highs/adapter.py")
    'optimiser/engine'
    """
    folders = PurePosixPath(path).parts[:-1]
    return "/".join(folders[:2]) or path


def read_tree() -> dict[str, bytes]:
    """Python files of the working tree that git knows, changed or not."""
    listed = git("ls-files", "-z", "*.py").decode().split("\0")
    return {name: (ROOT / name).read_bytes() for name in listed if (ROOT / name).is_file()}


def read_revision(revision: str) -> dict[str, bytes]:
    """Python files of a revision, from git's own archive: nothing is checked out."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", revision))) as archive:
        members = [m for m in archive if m.isfile() and m.name.endswith(".py")]
        return {m.name: (archive.extractfile(m) or io.BytesIO()).read() for m in members}


def git(*arguments: str) -> bytes:
    """What a command of git prints; its own message ends the program where it fails."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    main()
