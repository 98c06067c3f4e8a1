"""Reading age of the board paper's first page: ``python tests/benchmarks/reading_age.py PACK``.

Flesch-Kincaid grade (Kincaid et al. 1975, Navy Research Branch Report 8-75): 0.39 words a sentence +
11.8 syllables a word - 15.59; the reading age is the grade and five years. Syllables are groups of
vowels, a silent final e left out: within a few per cent of a dictionary's count on long texts.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import docx

YEARS_AT_GRADE_0 = 5


def count_syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end; at least one."""
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith(("le", "ee"))
    return max(groups - silent, 1)


def measure_grade(text: str) -> float:
    """Flesch-Kincaid grade of a text; figures and abbreviations count as words of one syllable."""
    sentences = [part for part in re.split(r"[.!?]\s", text) if re.search(r"[A-Za-z]", part)]
    words = re.findall(r"[A-Za-z][A-Za-z'’-]*|\d[\d.,]*", text)
    syllables = sum(count_syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def read_summary(paper: Path) -> str:
    """The paragraphs of the summary, from its heading to the contents."""
    texts: list[str] = []
    inside = False
    for paragraph in docx.Document(str(paper)).paragraphs:
        if paragraph.style.name == "TOC Heading":
            break
        words = "".join(run.text for run in paragraph.runs if not run.font.superscript)
        if inside and paragraph.style.name == "Normal" and words.strip():
            texts.append(words.strip())
        inside = inside or paragraph.text == "Summary"
    return " ".join(texts)


def main() -> None:
    """Print grade and reading age of the first page of a pack's paper."""
    text = read_summary(Path(sys.argv[1]) / "board-paper.docx")
    grade = measure_grade(text)
    age = grade + YEARS_AT_GRADE_0
    print(f"{len(text.split())} words, Flesch-Kincaid grade {grade:.1f}, reading age {age:.0f}")


if __name__ == "__main__":
    main()
