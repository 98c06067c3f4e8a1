"""What a run says of itself, made anew from its grouping, its levels and the inputs.

A run's tables agree with each other when all were forged alike; they agree with tables made anew only
when they are true. Nothing is taken from the run here but who is with whom and who holds what.

What can't be worked out again is said plainly rather than passed over: a slip of the hand in it is seen
by the hashes; a forger makes the hashes anew, and only whoever saved the run can vouch for it, by giving
the fingerprint of the manifest on another way.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from optimiser.footprints.candidates import as_masks
from optimiser.footprints.system import System
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.flows import add_suppressed
from optimiser.plan.given_levels import read_given_levels
from optimiser.plan.measure_plan import make_plan
from optimiser.plan.plan import Plan, measure_headlines
from optimiser.runs.folder import Run, find_difference, is_same, write_plan_tables
from optimiser.runs.saving import plain

GIVEN, SOLVED = "evaluated", "optimal"
"""Status of a plan that was given; name of one that was solved."""


def measure_anew(run: Run, dataset: Dataset, system: System) -> Plan:
    """The plan measured anew: only its grouping, its levels and names that were given are kept.

    Raises:
        InputError: its levels can't be read.
        KeyError: an ICB is not of the dataset, or a footprint not in every table.
    """
    titles = [str(name) for name in run.plan.footprints["footprint"]]
    members = run.plan.grouping
    masks = as_masks((system.mask_of(members[title]) for title in titles), system.size)
    levels = run.folder / "services.csv"
    given, choice = read_given_levels(levels, system, titles, dataset.folder)
    names = titles if run.manifest["status"] == GIVEN else None
    plan = make_plan(run.plan.name, given, dataset, masks, choice, run.plan.outcome, names)
    return add_suppressed(plan, dataset)


def list_wrong_tables(
    run: Run, anew: Plan, dataset: Dataset, scenario: Scenario, further: Collection[str] = ()
) -> Iterator[str]:
    """Tables, and what the manifest says of them, that are not what the plan gives; but some further."""
    stated = run.manifest["tables"]
    with tempfile.TemporaryDirectory() as draft:
        folder = Path(draft)
        provenance = f"{run.manifest['scenario_name']}/{run.manifest['run']}"
        about = plain(write_plan_tables(anew, dataset, scenario, folder, provenance))
        for name in about:
            difference = find_difference(
                run.folder / name, (folder / name).read_text(encoding="utf-8")
            )
            if difference:
                yield difference
    for name in sorted({*about, *stated} - set(further)):
        if not is_same(stated.get(name), about.get(name)):
            yield f"{name} (what the manifest says of it)"


def list_wrong_words(run: Run, anew: Plan, dataset: Dataset, scenario: Scenario) -> Iterator[str]:
    """Words of the manifest that are not what plan, scenario and inputs give."""
    manifest = run.manifest
    expected = {
        "scenario": plain({**scenario.settings(), "dataset": manifest["scenario"]["dataset"]}),
        "dataset": plain({**asdict(dataset.about), "files": dataset.hashes}),
        "terms": plain(anew.terms),
        "measures": plain(asdict(measure_headlines(anew))),
        "notes": plain(anew.notes),
        **(_expect_given(manifest) if manifest["status"] == GIVEN else {"plan": SOLVED}),
    }
    for key, value in expected.items():
        if not is_same(manifest[key], value):
            yield key
    yield from (f"{key} (no word of a run)" for key in manifest if key not in KNOWN)
    files = {*manifest["tables"], *PICTURES, *SOLVER_FILES}
    if "explanation" not in manifest:  # which has tables of its own
        yield from (f"{name} (no file of a run)" for name in manifest["files"] if name not in files)
    yield from _list_misshapen(manifest)
    carried = manifest["status"] == GIVEN and run.plan.name in dataset.plans
    if carried and read_grouping(run.plan.name, dataset)[1] != run.plan.grouping:
        yield f"plan: the grouping is not the dataset's {run.plan.name}"


def _expect_given(manifest: Mapping[str, Any]) -> dict[str, object]:
    """A plan that was given has no proof of its own, and its gap is that to the stated optimum."""
    optimum, gap = manifest.get("optimum"), None
    if optimum is not None:
        gap = (manifest["objective"] - optimum["score"]) / max(
            abs(optimum["avoidable_score"]), 1e-9
        )
    stated = {"gap_to_optimum": gap} if "gap_to_optimum" in manifest else {}
    return {"gap": None, "scope": None, "certificate": {}, **stated}


def _list_misshapen(manifest: Mapping[str, Any]) -> Iterator[str]:
    for key, kinds in SHAPES.items():
        if key in manifest and not isinstance(manifest[key], kinds):
            yield f"{key} (no such thing as is saved there)"
    for key, kind in (("seconds", int | float), ("versions", str)):
        if not all(isinstance(value, kind) for value in manifest[key].values()):
            yield f"{key} (no such thing as is saved there)"


SHAPES = {
    "run": str,
    "scenario_name": str,
    "dataset_place": str,
    "seconds": dict,
    "versions": dict,
    "peak_memory_mb": int | float | None,
    "not_drawn": str,
    "sweep_key": str,
    "explanation": dict,
    "beside": dict,
    "optimum": dict | None,
}
"""Words that can't be worked out again, and what they are."""
KNOWN = {
    *SHAPES,
    *("scenario", "dataset", "plan", "status", "objective", "bound", "gap", "terms", "measures"),
    *("scope", "notes", "certificate", "gap_to_optimum", "broken_rules", "tables", "files", "seal"),
    *("roadmap", "roadmap_score"),
}
"""Every word that a run may have."""


@dataclass(frozen=True)
class Unvouched:
    """Words and files that are taken as they are stated.

    Attributes:
        what: in a few words.
        places: patterns of files, or of words of the manifest with dots between.
    """

    what: str
    places: tuple[str, ...]


PICTURES = ("map.png", "map.svg", "roadmap.png", "roadmap.svg")
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
