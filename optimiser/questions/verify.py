"""A saved run or pack re-checked without a solver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from optimiser.proof.verify import Finding, Verification, verify_run
from optimiser.proof.verify.words import OF_A_PACK, OF_A_RUN, RUNS_OF_A_PACK
from optimiser.reports.pack import check_pack, is_pack, read_manifest, read_runs


def verify(folder: str | Path, dataset: str | Path | None = None) -> Verification:
    """Re-check a saved run or a pack, and say yes or what differs.

    Args:
        folder: a run folder, or a pack that ``report`` wrote.
        dataset: the run's inputs; looked for under ``inputs/`` by the dataset's name when None. The
            runs in a pack are proved anew where it is given.

    Raises:
        InputError: it is neither.
    """
    place = Path(folder)
    if not is_pack(place):
        return verify_run(place, dataset)
    found = tuple(Finding("pack", False, line) for line in check_pack(place))
    if not found:
        found = (Finding("pack", True, "every file, figure, table and word is what its runs give"),)
        if dataset is not None:
            proven = (*found, *_verify_runs(place, dataset))
            return Verification(place, proven, (*OF_A_RUN, *OF_A_PACK))
    return Verification(place, found, (RUNS_OF_A_PACK, *OF_A_PACK))


def _verify_runs(pack: Path, dataset: str | Path) -> Iterator[Finding]:
    for label, run in read_runs(pack, read_manifest(pack)).items():
        for finding in verify_run(run.folder, dataset).findings:
            yield Finding(f"run {label}, {finding.check}", finding.passed, finding.detail)
