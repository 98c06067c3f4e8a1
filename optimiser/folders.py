"""New folders for results: whole or absent, and never one that is there already."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from optimiser.errors import OutputExistsError

OUTPUTS = Path("outputs")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f]|[. ]$')
"""What names of files may not be or hold on Windows."""


@dataclass(frozen=True)
class Place:
    """A place that is taken.

    Attributes:
        draft: the folder to write into, beside the final one.
        final: what it becomes.
        run: the time it was taken, with a number where that alone was not free.
    """

    draft: Path
    final: Path
    run: str


def check_absent(to: Path | None) -> None:
    """Refuse a place that is taken or can't be made, before time is spent on what goes there.

    Args:
        to: a new folder or file; nothing is asked of None.

    Raises:
        OutputExistsError: there is something at ``to``, or what was cut off beside it.
        OSError: it can't be made: a file stands above it, the name is too long, it is barred.
    """
    if to is None:
        return
    above = next(parent for parent in to.absolute().parents if os.path.lexists(parent))
    if not above.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(above))
    # Asked of a place that is there, else a missing folder on the way would be all we hear of.
    with suppress(FileNotFoundError):
        os.lstat(above / draft_of(to).name)
    if os.path.lexists(to):
        raise OutputExistsError(f"{to} exists and is not written over. Name another place.")
    if os.path.lexists(draft_of(to)):
        raise _cut_off(draft_of(to))
    if not os.access(above, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(above))


@contextmanager
def new_folder(to: Path | None, scenario: str = "", kind: str = "") -> Iterator[Place]:
    """Take a place; it becomes the folder when all went well, else nothing is left.

    Args:
        to: the folder; ``outputs/<scenario>/<kind><time>`` when None.
        scenario: name of the scenario.
        kind: what the folder's name begins with.

    Raises:
        OutputExistsError: there is something at ``to``.
    """
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    parent = OUTPUTS / scenario
    place = _reserve(to, stamp) if to is not None else _reserve_free(parent, kind, stamp)
    try:
        yield place
        place.draft.rename(place.final)
    except BaseException:
        _remove(place.draft)
        raise


def _remove(folder: Path) -> None:
    """Remove a folder, also where a second Ctrl-C comes while that is done."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def from_any_system(path: str) -> str:
    """A path as this system reads it; Windows writes backslashes, which no name here has."""
    return path.replace("\\", "/")


def find_unfit_names(names: Iterable[str]) -> dict[str, str]:
    """Names that cannot be those of files on every system, each with the reason.

    Windows reserves some, takes fewer letters and does not tell capitals from small ones.
    """
    unfit: dict[str, str] = {}
    first: dict[str, str] = {}
    for name in names:
        earlier = first.setdefault(name.casefold(), name)
        if earlier != name:
            unfit[name] = f"it differs from {earlier} in capitals alone"
        elif RESERVED.fullmatch(name):
            unfit[name] = "Windows keeps this name for a device"
        elif UNFIT.search(name):
            unfit[name] = (
                'no file can have < > : " / \\ | ? * in its name, nor end with a point or space'
            )
    return unfit


def draft_of(final: Path) -> Path:
    """Where a folder is written before it is whole."""
    return final.with_name(f".{final.name}.partial")


def _reserve_free(parent: Path, kind: str, stamp: str) -> Place:
    count = 0
    while True:
        count += 1
        run = stamp if count == 1 else f"{stamp}-{count}"
        try:
            return _reserve(parent / f"{kind}{run}", run)
        except OutputExistsError:
            continue


def _reserve(final: Path, run: str) -> Place:
    """Take a place by making its draft folder; making a folder is atomic on every system."""
    check_absent(final)
    draft = draft_of(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        draft.mkdir()
    except FileExistsError:  # another process was quicker
        raise _cut_off(draft) from None
    if final.exists():
        draft.rmdir()
        check_absent(final)
    return Place(draft, final, run)


def _cut_off(draft: Path) -> OutputExistsError:
    message = f"{draft} exists: another result is being saved there, or was cut off."
    return OutputExistsError(f"{message} Remove it or name another place.")
