"""Making a pack: the same bytes however many processes share the work."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from support.saved import Saved

from optimiser.errors import InputError
from optimiser.reports.making import Ground, Order, draw, open_bench
from optimiser.reports.pack import check_pack, write_pack
from optimiser.reports.paper import Order as PaperOrder
from optimiser.runs.compare import Comparison
from optimiser.runs.saving import hash_files

PRODUCED = "board-paper.pdf"
"""LibreOffice writes the time into it."""


def _quiet(step: str, detail: str) -> None:
    """Say nothing."""


@pytest.mark.long
def test_two_processes_draw_what_one_draws(comparison: Comparison, tmp_path: Path) -> None:
    """Pictures are byte for byte the same, whichever process drew them."""
    names = ("terms", "services-rows", "together")
    for workers in (1, 2):
        ground = Ground(comparison, tmp_path / str(workers), Order(workers=workers))
        ground.folder.mkdir()
        with open_bench(ground) as bench:
            waits = [bench.start(partial(draw, name)) for name in names]
            assert [wait().name for wait in reversed(waits)] == list(reversed(names))
    assert hash_files(tmp_path / "1") == hash_files(tmp_path / "2")
    assert len(hash_files(tmp_path / "1")) == 4 * len(names)


@pytest.mark.long
def test_two_processes_write_what_one_writes(
    saved: Saved, comparison: Comparison, tmp_path: Path
) -> None:
    """Every document is byte for byte the same, and the pack is whole."""
    order = Order(datasets=saved.datasets)
    alone = write_pack(comparison, tmp_path / "alone", order, _quiet)
    shared = write_pack(comparison, tmp_path / "shared", replace(order, workers=2), _quiet)
    one, two = hash_files(alone), hash_files(shared)
    for name in (PRODUCED, "manifest.json"):  # the manifest has the hash of the PDF
        one.pop(name, None)
        two.pop(name, None)
    assert one == two
    assert check_pack(shared) == []


@pytest.mark.long
def test_what_goes_wrong_in_a_job_is_told(comparison: Comparison, tmp_path: Path) -> None:
    """A fault in a process of its own reaches the one that asked, as it was raised."""
    ground = Ground(comparison, tmp_path, Order(workers=2))
    with pytest.raises(KeyError, match="no such picture"), open_bench(ground) as bench:
        bench.start(partial(draw, "no such picture"))()


@pytest.mark.long
def test_a_pack_that_fails_leaves_nothing(comparison: Comparison, tmp_path: Path) -> None:
    """Neither the folder nor its draft is there after a fault, with work begun elsewhere."""
    order = Order(only=("workbook", "paper"), paper=PaperOrder(Path(__file__)), workers=2)
    with pytest.raises(InputError, match="template"):
        write_pack(comparison, tmp_path / "pack", order, _quiet)
    assert list(tmp_path.iterdir()) == []
