"""A saved run or pack re-checked without a solver."""

from __future__ import annotations

from pathlib import Path

from optimiser.proof.verify import Finding, Verification, verify_run
from optimiser.reports.pack import check_pack, is_pack


class PackVerification(Verification):
    """What re-checking a pack found: one finding for each difference."""

    @property
    def verdict(self) -> str:
        """Yes, or how many things differ."""
        if self.verified:
            return "Verified: every file, figure and table is as it was written."
        return f"NOT verified: {len(self.findings)} differences."


def verify(folder: str | Path, dataset: str | Path | None = None) -> Verification:
    """Re-check a saved run or a pack, and say yes or what differs.

    Args:
        folder: a run folder, or a pack that ``report`` wrote.
        dataset: the run's inputs; looked for under ``inputs/`` by the dataset's name when None.

    Raises:
        InputError: it is neither.
    """
    place = Path(folder)
    if not is_pack(place):
        return verify_run(place, dataset)
    found = tuple(Finding("pack", False, line) for line in check_pack(place))
    return PackVerification(place, found)
