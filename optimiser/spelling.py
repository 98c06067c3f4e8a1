"""The likely meant one: what to suggest when a code, name or word is not known."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

MOST_LISTED = 12
MOST_NAMED = 6
"""Codes that a sentence names one by one; more of them are counted."""


def find_likely(text: str, known: Iterable[str]) -> str:
    """The known word that is most like the text, or an empty string."""
    by_fold = {fold(word): word for word in reversed(list(known))}
    folded = fold(text)
    if folded in by_fold:
        return by_fold[folded]
    close = _find_close(folded, by_fold)
    return by_fold[close] if close else ""


def _find_close(text: str, words: Iterable[str]) -> str:
    """The word most like the text; of equals the one that begins most like it."""
    close = difflib.get_close_matches(text, words, n=5, cutoff=0.6)

    def likeness(word: str) -> tuple[float, int]:
        ratio = difflib.SequenceMatcher(None, word, text).ratio()
        same = takewhile(lambda pair: pair[0] == pair[1], zip(word, text, strict=False))
        return round(ratio, 6), len(list(same))

    return max(close, key=likeness, default="")


def find_likely_code(text: str, names: Mapping[str, str]) -> str:
    """The code that is most likely meant: by its name first if that fits, then by spelling."""
    by_name = {fold(name): code for code, name in names.items()}
    folded = fold(text)
    if folded in by_name:
        return by_name[folded]
    code = find_likely(text, names)
    if code and (len(text) <= 4 or fold(code) == folded):
        return code
    held = [by_name[name] for name in by_name if len(folded) > 4 and folded in name]
    if len(held) == 1:
        return held[0]
    close = _find_close(folded, by_name)
    return by_name[close] if close else code


def suggest(text: str, known: Iterable[str]) -> str:
    """A sentence that names the likely meant word, or lists the known ones when they are few."""
    words = list(known)
    likely = find_likely(text, words)
    if likely:
        return f'Did you mean "{likely}"?'
    return f"Known: {', '.join(words)}." if 0 < len(words) <= MOST_LISTED else ""


def suggest_code(text: str, names: Mapping[str, str]) -> str:
    """A sentence that names the likely meant code and what it stands for."""
    code = find_likely_code(text, names)
    if not code:
        return suggest(text, names)
    name = names[code]
    return f'Did you mean "{code}"' + (f" ({name})?" if name and name != code else "?")


def join_sentences(*parts: str) -> str:
    """Sentences with one space between; empty ones are left out."""
    return " ".join(part for part in parts if part)


def name_some(codes: Sequence[str]) -> str:
    """The codes, or the first few and the number of the others."""
    if len(codes) <= MOST_NAMED:
        return ", ".join(codes)
    return f"{', '.join(codes[:MOST_NAMED])} and {len(codes) - MOST_NAMED} more"


_COUNTED = re.compile(r"^(\D*s) (\d{1,3})(?!\d)")
_SPELT = {"icb": "ICB", "icbs": "ICBs", "sha": "SHA"}


def title_plan(name: str) -> str:
    """The name of a plan's file as a title: ``pan-icb-offices-2027``, Pan ICB offices 2027.

    A number of things stands before them: ``clusters-26`` is 26 clusters.
    """
    title = " ".join(_SPELT.get(word, word) for word in re.split(r"[-_ ]+", name))
    title = _COUNTED.sub(r"\2 \1", title)
    return title[:1].upper() + title[1:]


def shorten_name(name: str) -> str:
    """The name of an ICB without what every ICB's name has."""
    short = name.strip().removeprefix("NHS ")
    for end in (" Integrated Care Board", " ICB"):
        short = short.removesuffix(end)
    return short or name


def fold(text: str) -> str:
    """A text without case, marks and what every ICB's name has, so that spellings of one are equal."""
    folded = " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
    return folded.removeprefix("nhs ").removesuffix(" integrated care board").removesuffix(" icb")
