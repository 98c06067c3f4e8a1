"""Tamper with runs and packs and ask ``verify``: ``python -m fuzz.tamper --cases N --seed S``.

Every file and every word of every manifest is a place; the places are gone through in an order drawn
anew each time round. Half of the cases leave the hashes as they were, half make them anew as a forger
would. Each case must be found, or lie where verify says by name that it takes things as stated.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.toy import TOY, write_toy_scenario

from optimiser.errors import FootprintsError
from optimiser.inputs.reading.load import read_dataset
from optimiser.proof.verify.words import (
    OF_A_PACK,
    Unvouched,
    is_vouched,
    of_a_run,
)
from optimiser.questions.evaluate import evaluate
from optimiser.questions.report import report
from optimiser.questions.solve import solve
from optimiser.questions.verify import verify
from optimiser.runs.saving import MANIFEST, SEAL, seal
from optimiser.tolerances import ROUNDING

Path_ = tuple[str | int, ...]
DROPPED = object()


@dataclass(frozen=True)
class Place:
    """Where a case tampers.

    Attributes:
        root: the run or pack that is verified.
        folder: the folder with the manifest of it: the root, or a run inside a pack.
        file: name of the file in it; the manifest for a word.
        word: keys down to a word of the manifest; empty for a file.
    """

    root: Path
    folder: Path
    file: str
    word: Path_ = ()

    @property
    def name(self) -> str:
        """As verify would name it."""
        return ".".join(map(str, self.word)) or self.file


def save_all(home: Path, documents: Sequence[str]) -> list[Path]:
    """Save a solved run, two given ones and a pack of them in an empty folder."""
    scenario = write_toy_scenario(home, "population_m = [1, 5]")
    runs = [solve(scenario).save(home / "solved")]
    runs.append(evaluate(scenario, "rows").save(home / "rows"))
    codes = list(read_dataset(TOY).icbs["icb"])
    own = {"One": codes[:4], "Two": codes[4:]}
    runs.append(evaluate(scenario, own, no_optimum=True).save(home / "own"))
    return [*runs, report(runs[:2], home / "pack", only=documents, dataset=TOY, workers=1)]


def list_places(root: Path) -> list[Place]:
    """Every file and every word of a run or pack, and of the runs inside."""
    places = []
    for manifest in sorted(root.rglob(MANIFEST)):
        folder = manifest.parent
        inside = [path for path in folder.rglob("*") if path.is_file()]
        own = [p for p in inside if _nearest_manifest(p, root) == folder or p == manifest]
        places += [Place(root, folder, p.relative_to(folder).as_posix()) for p in sorted(own)]
        words = json.loads(manifest.read_text(encoding="utf-8"))
        places += [Place(root, folder, MANIFEST, word) for word in _list_words(words)]
    return places


def _nearest_manifest(path: Path, root: Path) -> Path:
    return next((p for p in path.parents if (p / MANIFEST).exists()), root)


def _list_words(value: Any, above: Path_ = ()) -> Iterator[Path_]:
    keys: Sequence[Any] = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield (*above, key)
        yield from _list_words(value[key], (*above, key))


def tamper_word(manifest: Any, word: Path_, draw: random.Random) -> None:
    """Change, drop or replace a word of a manifest by something that is not the same."""
    holder = manifest
    for key in word[:-1]:
        holder = holder[key]
    old = holder[word[-1]]
    new = draw.choice(list(_list_changes(old)))
    if new is DROPPED:
        del holder[word[-1]]
    else:
        holder[word[-1]] = new


def _list_changes(old: object) -> Iterator[object]:
    yield DROPPED
    others: tuple[object, ...] = (None, "forged", -1.5, [], {}, True)
    for other in others:
        if type(other) is not type(old) or other != old:
            yield other
    if isinstance(old, bool):
        yield not old
    elif isinstance(old, int | float):
        yield from (old + 1, old * 1.001 + 0.001)
    elif isinstance(old, str):
        yield from (f"{old} ", old[1:] + "x", old.upper() + "y")
    elif isinstance(old, list):
        yield from ([*old, 1], old[:-1] if old else [0])
    elif isinstance(old, dict):
        yield {**old, "forged": 1}


def tamper_file(content: bytes, draw: random.Random) -> bytes:
    """Change some of a file's letters, cut it off, or add to it."""
    data = bytearray(content)
    place = draw.randrange(len(data))
    kind = draw.randrange(5)
    if kind == 0:
        data[place] = (data[place] + draw.randint(1, 255)) % 256
    elif kind == 1:
        del data[place:]
    elif kind == 2:
        data += data[-draw.randint(1, 30) :]
    else:
        digits = [at for at, byte in enumerate(data) if chr(byte).isdigit()]
        at = draw.choice(digits or [place])
        data[at] = ord(draw.choice([d for d in "123456789" if ord(d) != data[at]]))
    return bytes(data)


@contextmanager
def restored(place: Place) -> Iterator[None]:
    """The files that a case may change, put back after it."""
    paths = {place.root / MANIFEST, place.folder / MANIFEST, place.folder / place.file}
    kept = {path: path.read_bytes() for path in paths}
    try:
        yield
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
        (place.folder / "added.csv").unlink(missing_ok=True)


def tamper(place: Place, draw: random.Random, forged: bool) -> bool:
    """Spoil a place; hashes are made anew where forged. False when that gave what was there."""
    path = place.folder / place.file
    before = path.read_bytes()
    if place.word:
        manifest = json.loads(before)
        tamper_word(manifest, place.word, draw)
        path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    elif draw.random() < 0.1:
        path.unlink()
    elif draw.random() < 0.1:
        (place.folder / "added.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    else:
        path.write_bytes(tamper_file(before, draw))
    if forged:
        _renew(place)
    return not path.exists() or path.read_bytes() != before or not place.word


def is_rounding(before: bytes, path: Path) -> bool:
    """Whether a table differs alone in digits that rounding on another machine may change."""
    if path.suffix != ".csv" or not path.exists() or path.read_bytes() == before:
        return False
    texts = (before.decode("utf-8"), path.read_text(encoding="utf-8", errors="replace"))
    one, two = (list(csv.reader(io.StringIO(text))) for text in texts)
    if [len(row) for row in one] != [len(row) for row in two]:
        return False
    cells = [pair for rows in zip(one, two, strict=True) for pair in zip(*rows, strict=True)]
    try:
        return all(a == b or math.isclose(float(a), float(b), rel_tol=ROUNDING) for a, b in cells)
    except ValueError:
        return False


def _renew(place: Place) -> None:
    """Make every hash anew, in the folder and in the pack around it, where words are still words."""
    for folder in dict.fromkeys((place.folder, place.root)):
        try:
            words = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            kept = {key: value for key, value in words.items() if key not in (SEAL, "files")}
        except (OSError, ValueError, AttributeError):
            continue
        seal(folder, kept)


def judge(place: Place) -> str:
    """What verify makes of it: found, stated (where it says it takes things as stated) or missed."""
    try:
        # A pack alone is checked without inputs; a run inside it is proved anew from them.
        alone = place.folder == place.root and "pack" in place.root.name
        if verify(place.root, None if alone else TOY).differs:
            return "found"
    except FootprintsError:
        return "found"
    return "missed" if is_vouched(place.name, _list_unvouched(place)) else "stated"


def _list_unvouched(place: Place) -> tuple[Unvouched, ...]:
    manifest = json.loads((place.folder / MANIFEST).read_text(encoding="utf-8"))
    return OF_A_PACK if "kind" in manifest else of_a_run(manifest["status"])


def run_cases(
    cases: int, seed: int, documents: Sequence[str] = ("workbook",)
) -> tuple[Counter[str], list[str]]:
    """Run cases in turn over all places.

    Returns:
        counts: places, cases, found, stated, missed, tracebacks; a text for each that went wrong.
    """
    draw, counts, wrong = random.Random(seed), Counter[str](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        roots = save_all(Path(name), documents)
        places = [place for root in roots for place in list_places(root)]
        counts["places"] = len(places)
        order: list[Place] = []
        for case in range(cases):
            order = order or draw.sample(places, len(places))
            place, forged = order.pop(), bool(draw.randrange(2))
            path = place.folder / place.file
            with restored(place):
                before = path.read_bytes()
                if tamper(place, draw, forged) and not (forged and is_rounding(before, path)):
                    _count(place, forged, case, counts, wrong)
    return counts, wrong


def _count(place: Place, forged: bool, case: int, counts: Counter[str], wrong: list[str]) -> None:
    told = f"case {case} {place.folder.name}/{place.file} {place.name} {'forged' if forged else ''}"
    counts["cases"] += 1
    try:
        kind = judge(place)
    except Exception:  # whatever else escapes verify is what is looked for
        kind = "tracebacks"
        told += f": {traceback.format_exc(limit=-3)}"
    if kind == "stated" and not forged:
        kind = "missed"  # the hashes see every slip
    counts[kind] += 1
    if kind in ("missed", "tracebacks"):
        wrong.append(told)


def main(words: Sequence[str]) -> int:
    """Print the counts; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(words)
    counts, wrong = run_cases(chosen.cases, chosen.seed, ("pictures", "workbook", "paper", "page"))
    print("\n".join(wrong[:40]))
    kinds = ("places", "cases", "found", "stated", "missed", "tracebacks")
    print(", ".join(f"{counts[kind]:,} {kind}" for kind in kinds))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
