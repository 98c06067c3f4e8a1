"""Making the documents of a pack, in this process or shared among several.

Each picture, workbook and page is a job that reads the comparison alone and writes files of its
own, so the same pack comes out however the jobs are shared. The paper is written here meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

from optimiser.inputs.dataset import Dataset
from optimiser.progress import Report
from optimiser.reports.beside import list_drawings_beside
from optimiser.reports.drawing import Drawing, Illustration, describe, write_drawing, write_index
from optimiser.reports.ground import is_whole
from optimiser.reports.page import write_page
from optimiser.reports.paper import Order as PaperOrder
from optimiser.reports.paper import find_pages, finish_paper, plan_paper
from optimiser.reports.paper.brief import Brief
from optimiser.reports.pictures import list_drawings
from optimiser.reports.workbook import write_inputs, write_workbook
from optimiser.runs.compare import Comparison
from optimiser.workers import open_pool

PICTURES = "pictures"
DOCUMENTS = ("pictures", "workbook", "paper", "page")

T = TypeVar("T")
Job = Callable[["Ground"], T]


@dataclass(frozen=True)
class Order:
    """What a pack is to hold.

    Attributes:
        only: which of :data:`DOCUMENTS`.
        paper: what the team gives with its paper: template, details, draws.
        datasets: inputs of each run that are at hand, for maps and the workbook of inputs.
        beside: folders that frontier or alternatives wrote, to be drawn too.
        workers: processes that share the work, this one among them.
    """

    only: Sequence[str] = DOCUMENTS
    paper: PaperOrder = field(default_factory=PaperOrder)
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    beside: Sequence[Path] = ()
    workers: int = 1


@dataclass(frozen=True)
class Ground:
    """What every job reads, and the folder it writes into."""

    comparison: Comparison
    folder: Path
    order: Order

    @cached_property
    def drawings(self) -> Mapping[str, Drawing]:
        """Every picture, still to be drawn, by name and in order."""
        datasets = self.order.datasets
        brief = Brief(self.comparison, (), self.folder, self.order.paper.details)
        drawings = list_drawings(self.comparison, datasets, brief.preferred.label)
        first = datasets.get(self.comparison.baseline)
        more = list_drawings_beside(self.comparison, self.order.beside, first)
        return {drawing.name: drawing for drawing in chain(drawings, more)}


def write_documents(
    comparison: Comparison, folder: Path, order: Order, report: Report
) -> dict[str, list[Path]]:
    """Write the documents of an order into a folder.

    Returns:
        Each document to its files.
    """
    ground = Ground(comparison, folder, order)
    with open_bench(ground) as bench:
        names = ground.drawings if "pictures" in order.only else ()
        drawn = {name: bench.start(partial(draw, name)) for name in names}
        files = {
            name: [bench.start(job) for job in jobs]
            for name, jobs in (("workbook", (make_results, make_inputs)), ("page", (make_page,)))
            if name in order.only
        }
        written = {}
        for name, wait in _list_steps(ground, drawn, files):
            made = written[name] = wait()
            report(name, made[0].name if len(made) == 1 else f"{len(made)} files")
    return written


def _list_steps(
    ground: Ground,
    drawn: dict[str, Callable[[], Illustration]],
    files: Mapping[str, Sequence[Callable[[], list[Path]]]],
) -> Iterator[tuple[str, Callable[[], list[Path]]]]:
    """What is waited for, in order: the paper's pages are found while the pictures are drawn."""
    only = ground.order.only
    pictures = tuple(describe(ground.drawings[name]) for name in drawn)
    paper = None
    if "paper" in only:
        paper = plan_paper(ground.comparison, pictures, ground.folder, ground.order.paper)
    pages = find_pages(paper) if paper else {}
    if "pictures" in only:
        yield "pictures", partial(_collect, ground, drawn)
    if paper:
        yield "paper", partial(finish_paper, paper, ground.folder, pages)
    for name, waits in files.items():
        yield name, partial(_gather, waits)


def _gather(waits: Sequence[Callable[[], list[Path]]]) -> list[Path]:
    return [path for wait in waits for path in wait()]


def _collect(ground: Ground, drawn: dict[str, Callable[[], Illustration]]) -> list[Path]:
    folder = ground.folder / PICTURES
    folder.mkdir(exist_ok=True)
    saved = {name: drawn[name]() for name in reversed(drawn)}  # others begin at the front
    write_index([saved[name] for name in drawn], folder)
    return sorted(folder.iterdir())


def draw(name: str, ground: Ground) -> Illustration:
    """Draw and save one picture."""
    folder = ground.folder / PICTURES
    folder.mkdir(exist_ok=True)
    return write_drawing(ground.drawings[name], folder)


def make_results(ground: Ground) -> list[Path]:
    """Write the workbooks of results."""
    return write_workbook(ground.comparison, ground.folder)


def make_inputs(ground: Ground) -> list[Path]:
    """Write the workbook of inputs, where they are at hand and unchanged."""
    dataset = ground.order.datasets.get(ground.comparison.baseline)
    if dataset is None or not is_whole(dataset, ground.comparison):
        return []
    return write_inputs(ground.comparison, dataset, ground.folder)


def make_page(ground: Ground) -> list[Path]:
    """Write the web page."""
    return [write_page(ground.comparison, ground.folder, ground.order.datasets)]


@dataclass(frozen=True)
class Bench:
    """Where jobs are done: here, or wherever a process of the pool is free first."""

    ground: Ground
    pool: ProcessPoolExecutor | None = None

    def start(self, job: Job[T]) -> Callable[[], T]:
        """Take a job on; what is returned waits for its result."""
        if self.pool is None:
            return partial(job, self.ground)
        return partial(self._finish, self.pool.submit(_do, job), job)

    def _finish(self, future: Future[T], job: Job[T]) -> T:
        """Do here what no other process has begun, rather than wait for it."""
        return job(self.ground) if future.cancel() else future.result()


@contextmanager
def open_bench(ground: Ground) -> Iterator[Bench]:
    """A bench for an order's workers, of whom this process is one."""
    helpers = ground.order.workers - 1
    if helpers < 1:
        yield Bench(ground)
        return
    given = (ground.comparison, ground.folder, ground.order)
    with open_pool(helpers, _prepare, given) as pool:
        yield Bench(ground, pool)


_prepared: list[Ground] = []
"""In another process: the ground its jobs share, so that it is sent and prepared once."""


def _prepare(comparison: Comparison, folder: Path, order: Order) -> None:
    _prepared.append(Ground(comparison, folder, order))


def _do(job: Job[T]) -> T:
    return job(_prepared[0])
