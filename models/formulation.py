"""FORMULATION.md: the models written out, from the docstrings of the functions that build them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from models.assignment import ASSIGNMENT_FAMILIES, add_assignment_choices
from models.objectives import add_assignment_objective, add_selection_objective
from models.selection import SELECTION_FAMILIES, add_selection_choices

FORMULATION = Path(__file__).with_name("FORMULATION.md")

_HEAD = """# The models, written out

Written by `python -m models` from the docstrings of the functions that build the models; change
those, not this page. `NOTATION.md` says what each symbol is and which column of the data it comes
from. Money is £m a year.

Two independent models state the same problem. The *selection* model is the one that is solved; the
*assignment* model checks it on maps small enough for it.
"""


def formulation_text() -> str:
    """The whole page."""
    selection = [add_selection_choices, *SELECTION_FAMILIES, add_selection_objective]
    assignment = [add_assignment_choices, *ASSIGNMENT_FAMILIES, add_assignment_objective]
    parts = [_HEAD, *_chapter("Selection", selection), *_chapter("Assignment", assignment)]
    return "\n".join(parts)


def _chapter(title: str, functions: Sequence[Callable[..., None]]) -> list[str]:
    return [f"## {title}\n", *(_section(function) for function in functions)]


def _section(function: Callable[..., None]) -> str:
    first, _, rest = (inspect.getdoc(function) or "").partition("\n")
    body = re.sub(r"^(Why|Reads|Adds): ", _label, rest.strip("\n"), flags=re.MULTILINE)
    place = f"{function.__module__}.{function.__name__}"
    return f"### {first.rstrip('.')}\n\n{body}\n\nBuilt by `{place}`.\n"


def _label(match: re.Match[str]) -> str:
    # Markdown would run "Adds" on behind "Reads" without a blank line between them.
    return ("\n" if match[1] == "Adds" else "") + f"*{match[1]}*: "
