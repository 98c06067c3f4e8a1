"""Re-check a saved run without a solver: inputs, tables, plan, candidates, prices and the proof.

Nothing here solves anything, nor is HiGHS or Pyomo imported. The bound is proved again from the run's
prices (duals): by weak duality no plan costs less than what the prices earn plus the reduced costs of
its footprints, and those are computed anew for every candidate.
"""

from __future__ import annotations

from optimiser.proof.verify.checking import Verification, verify_run
from optimiser.proof.verify.proving import Finding

__all__ = ["Finding", "Verification", "verify_run"]
