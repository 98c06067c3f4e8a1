"""Every failure a user can meet, with the exit code the command line gives it."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One fault of the inputs: where it is, what stands there, the rule it breaks, the remedy.

    Attributes:
        file: path as the user would type it, such as ``inputs/england-42/icbs.csv``.
        line: line in the file (1 is the header), 0 when the fault is not in one line.
        column: column or setting name, empty when it is not in one column.
        value: the value as it stands in the file, empty when a value is missing.
        rule: short name of the rule that is broken.
        remedy: what is wrong and what to do, in a sentence.
    """

    file: str
    line: int
    column: str
    value: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        """One sentence: file, line, column, value and remedy."""
        place = self.file
        if self.line:
            place += f" line {self.line}"
        if self.column:
            place += f", {self.column}"
        shown = f' "{self.value}".' if self.value else ""
        return f"{place}:{shown} {self.remedy}"

    def as_row(self) -> dict[str, str | int]:
        """The fault as one row of a table."""
        return asdict(self)


class FootprintsError(Exception):
    """Base of all errors that are told to the user without a traceback."""

    exit_code = 1


class InputError(FootprintsError):
    """The inputs have faults; all of them are listed."""

    exit_code = 1

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class OutputExistsError(FootprintsError):
    """Something would be written over."""

    exit_code = 1


class UnsupportedError(FootprintsError):
    """The scenario asks for a combination that this engine does not solve; the reason is given."""

    exit_code = 1


class TooManyAreasError(UnsupportedError):
    """The map has more areas than the best plan can be found on; plans that are given can be scored."""


class NoPlanError(FootprintsError):
    """It is proven that no plan meets the scenario."""

    exit_code = 3


class StoppedWithoutPlanError(FootprintsError):
    """A limit was reached before any plan was found."""

    exit_code = 4


class CapacityError(StoppedWithoutPlanError):
    """The question needs more memory than there is: the machine's limit, not the inputs' fault."""


class InterruptedWithoutPlanError(FootprintsError):
    """The user stopped the run before any plan was found."""

    exit_code = 130


FULL = "The disk is full. Free some space or name a place on another disk, and run it again."
BARRED = "It may not be read or written by you. Ask for the right to, or name another place."
SYSTEM_REMEDIES = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: "The file would be larger than this system allows. Name a place on another disk.",
    errno.EACCES: BARRED,
    errno.EPERM: BARRED,
    errno.EROFS: "The disk can only be read. Name a place where you may write.",
    errno.ENAMETOOLONG: "The name is longer than this system allows. Give a shorter one.",
    errno.ENOTDIR: "A file stands where a folder should be. Name another place, or move the file.",
    errno.EISDIR: "A folder stands where a file should be. Name a file.",
    errno.EEXIST: "There is something of that name already. Name another place.",
    errno.ENOENT: "There is no such file or folder. See that the path is right.",
    errno.EMFILE: "Too many files are open at once. Close other programs, and run it again.",
    errno.ENOMEM: "There is not enough memory. Close other programs, and run it again.",
}
"""What a user can do about an error of the operating system."""
MOST_LETTERS = 120
"""Letters of a path that are shown: a name that is too long for the system is too long to read."""


def tell_system_error(error: OSError) -> str:
    """An error of the operating system in a sentence: the place, what is wrong, what to do."""
    name = str(error.filename or "")
    name = name if len(name) <= MOST_LETTERS else f"{name[:MOST_LETTERS]}…"
    place = f"{name}: " if name else ""
    said = (error.strerror or str(error)).rstrip(".")
    other = f"The system says: {said}. See that the place is there and can be used, and try again."
    return place + SYSTEM_REMEDIES.get(error.errno or 0, other)


class RefereeError(FootprintsError):
    """The engine's plan does not pass the referee: a bug of this tool, never the user's fault."""


def hush_lost_files() -> None:
    """Tell nothing of files that are thrown away half written: why they are is told already."""
    usual = sys.unraisablehook

    def tell(lost: sys.UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, OSError):
            usual(lost)

    sys.unraisablehook = tell
