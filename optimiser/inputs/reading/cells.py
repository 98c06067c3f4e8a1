"""From the text of one cell to its value, or to the rule it breaks and the remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from optimiser.inputs.reading.raw import has_stray_bytes
from optimiser.inputs.schema import Column
from optimiser.spelling import join_sentences, suggest

Value = str | float | bool
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
DATE = re.compile(rf"\d{{1,4}}[-/](\d{{1,2}}|{MONTHS})([-/]\d{{1,4}})?|({MONTHS})-\d{{1,4}}", re.I)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
SUPPRESSED = re.compile(r"\*|<\s*\d+|-|\.\.?|[cxsz]", re.I)
SPREADSHEET_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|#+)", re.I)
ROUNDED_CODE = re.compile(r"\d+(\.\d+)?E\+\d+", re.I)
NO_NUMBERS = ("nan", "na", "n/a", "null", "none", "nil", "inf", "infinity", "-inf", "+inf")


@dataclass(frozen=True)
class Cell:
    """What one text comes to.

    Attributes:
        value: the value; the missing value of its kind when the text has none.
        rule: rule that is broken, empty when the text is sound.
        remedy: what is wrong and what to do.
        usable: whether the value can be used in checks across tables.
    """

    value: Value
    rule: str = ""
    remedy: str = ""
    usable: bool = True


def read_cell(column: Column, text: str) -> Cell:
    """The value of a cell of this column, or its fault."""
    stripped = text.strip()
    cell = _read_stripped(column, stripped)
    if stripped == text or cell.rule:
        return cell
    remedy = "There are spaces before or after it. Take them out."
    return Cell(cell.value, "spaces", remedy)


def missing_value(column: Column) -> Value:
    """What stands where there is no value: NaN, False or the empty string."""
    if column.kind in ("number", "whole"):
        return math.nan
    return False if column.kind == "flag" else ""


def range_remedy(column: Column) -> str:
    """A sentence that states the range of a number column."""
    if math.isfinite(column.least) and math.isfinite(column.most):
        return f"It must be between {column.least:g} and {column.most:g}."
    if column.above_least:
        return f"It must be more than {column.least:g}."
    return f"It must be {column.least:g} or more."


def in_range(column: Column, number: float) -> bool:
    """Whether a number is inside the range of its column."""
    low = number > column.least if column.above_least else number >= column.least
    return low and number <= column.most


def _read_stripped(column: Column, text: str) -> Cell:
    if not text:
        return _read_blank(column)
    rule, remedy = _unfit_text(text)
    if rule:
        return _fault(column, rule, remedy)
    return _READERS[column.kind](column, text)


def _fault(column: Column, rule: str, remedy: str) -> Cell:
    return Cell(missing_value(column), rule, remedy, usable=False)


def _read_blank(column: Column) -> Cell:
    if column.blank or column.copies or column.default == "":
        return Cell(missing_value(column))
    if column.default is not None:  # may be left out whole, so may be in one row
        return _READERS[column.kind](column, column.default)
    return _fault(column, "blank", f"It is blank. Give the {column.meaning}.")


def _unfit_text(text: str) -> tuple[str, str]:
    """Rule and remedy of what no cell may hold, whatever its kind."""
    if has_stray_bytes(text):
        return "encoding", "It holds letters that are not UTF-8. Save the file as CSV UTF-8."
    if not text.isprintable():
        return "control_character", "It holds a line break or another hidden character. Delete it."
    if SPREADSHEET_ERROR.fullmatch(text):
        return "spreadsheet_error", "It is an error of a spreadsheet formula. Give the value."
    return "", ""


def _read_text(column: Column, text: str) -> Cell:
    return Cell(text)


def _read_code(column: Column, text: str) -> Cell:
    if ROUNDED_CODE.fullmatch(text):
        remedy = "A spreadsheet has made a number of a code. Type the code again, as text."
        return _fault(column, "mangled_code", remedy)
    if DATE.fullmatch(text):
        remedy = "A spreadsheet has made a date of a code. Type the code again, as text."
        return _fault(column, "mangled_code", remedy)
    return Cell(text)


def _read_flag(column: Column, text: str) -> Cell:
    folded = text.casefold()
    if folded in ("true", "false"):
        return Cell(folded == "true")
    return _fault(column, "true_or_false", "It must be true or false.")


def _read_choice(column: Column, text: str) -> Cell:
    if text in column.choices:
        return Cell(text)
    allowed = f"It must be one of {', '.join(column.choices)}."
    hint = suggest(text, column.choices) if len(column.choices) > 1 else ""
    hint = hint if hint.startswith("Did") else ""
    return _fault(column, "choice", join_sentences(allowed, hint))


def _read_number(column: Column, text: str) -> Cell:
    if not NUMBER.fullmatch(text):
        return _fault(column, "number", explain_no_number(text))
    number = float(text)
    if not math.isfinite(number):
        return _fault(column, "finite", "It is too large to be a number here.")
    if not in_range(column, number):
        return _fault(column, "range", range_remedy(column))
    if column.kind == "whole" and not number.is_integer():
        return _fault(column, "whole_number", "It must be a whole number.")
    return Cell(number)


def explain_no_number(text: str) -> str:
    """What is wrong with a text that stands where a number should."""
    for test, remedy in _NO_NUMBER:
        if test(text):
            return remedy
    return "It must be a number, with a point for decimals and nothing else."


_NO_NUMBER: tuple[tuple[Callable[[str], object], str], ...] = (
    (lambda text: text.casefold() in NO_NUMBERS, "It must be a finite number."),
    (
        SUPPRESSED.fullmatch,
        "It is a small number that was suppressed. In the flows, state a policy under [suppression] "
        "in dataset.toml; elsewhere fill in an estimate, and say so in sources.csv.",
    ),
    (THOUSANDS.fullmatch, "It must be a number: write it without thousands separators."),
    (DECIMAL_COMMA.fullmatch, "It must be a number: write decimals with a point, not a comma."),
    (
        DATE.fullmatch,
        "It must be a number; a spreadsheet has perhaps made a date of it. Type it again.",
    ),
    (
        lambda text: text.endswith("%"),
        "It must be a number: write 12% as 0.12 where a share is asked for.",
    ),
    (
        lambda text: text[0] in "£$€(" or text[-1] in "mMkK)",
        "It must be a number alone, without signs, letters or brackets.",
    ),
)

_READERS: dict[str, Callable[[Column, str], Cell]] = {
    "text": _read_text,
    "code": _read_code,
    "flag": _read_flag,
    "choice": _read_choice,
    "number": _read_number,
    "whole": _read_number,
}
