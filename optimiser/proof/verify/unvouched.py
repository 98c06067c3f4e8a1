"""What verify can't work out again, said plainly rather than passed over.

A slip of the hand in any of it is seen by the hashes; a forger makes the hashes anew. Only whoever
saved the run can vouch for it, by giving the fingerprint of the manifest on another way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Unvouched:
    """Words and files that are taken as they are stated.

    Attributes:
        what: in a few words.
        places: patterns of files, or of words of the manifest with dots between.
    """

    what: str
    places: tuple[str, ...]


PICTURES = ("map.png", "map.svg")
SOLVER_FILES = ("solver.log", "selection.lp")
OF_A_RUN = (
    Unvouched(
        "that the settings are those you meant (the plan is held against those in manifest.json)",
        ("scenario.*",),
    ),
    Unvouched(
        "when, where and with what it was made, and how long it took",
        (
            "run",
            "scenario_name",
            "dataset_place",
            "sweep_key",
            "seconds*",
            "versions*",
            "peak_memory_mb",
        ),
    ),
    Unvouched(
        "pictures, the solver's log and its model (by their hash alone)",
        (*PICTURES, *SOLVER_FILES, "not_drawn"),
    ),
    Unvouched("answers of explain saved with it", ("explanation*",)),
)
OF_A_SOLVED_RUN = (
    *OF_A_RUN,
    Unvouched(
        "whether time or the user stopped it, and how many candidates were left to the solver",
        ("status", "scope.survivors"),
    ),
    Unvouched("that no other prices prove as much", ("certificate.*",)),
    Unvouched(
        "what it is set beside, and what each move is worth (evaluate that plan)", ("beside*",)
    ),
)
OF_A_GIVEN_RUN = (
    *OF_A_RUN,
    Unvouched(
        "the best plan that it is held against (verify the run of that one)",
        ("optimum*", "gap_to_optimum", "bound"),
    ),
    Unvouched("what the plan is called, where it is not one of the dataset's", ("plan",)),
)
OF_A_PACK = (
    Unvouched(
        "documents and pictures (by their hash alone: report makes them anew)",
        ("pictures/*", "*.docx", "*.pdf", "*.html", "*.xlsx", "*.geojson"),
    ),
    Unvouched("with what it was made", ("versions*",)),
)
RUNS_OF_A_PACK = Unvouched(
    "that its runs are what they claim (name their inputs with --dataset)", ("runs/*",)
)


def of_a_run(status: object) -> tuple[Unvouched, ...]:
    """What is taken as stated of a run with a status."""
    return OF_A_GIVEN_RUN if status == "evaluated" else OF_A_SOLVED_RUN


def is_vouched(place: str, unvouched: Iterable[Unvouched]) -> bool:
    """Whether a word or file is held against what is worked out again."""
    return not any(fnmatchcase(place, pattern) for about in unvouched for pattern in about.places)
