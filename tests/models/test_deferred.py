"""What Pyomo would load for nobody is put off, and is there for whoever asks."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import matplotlib, scipy.sparse
import models.selection
assert "scipy.stats._stats_py" not in sys.modules and "matplotlib.axes" not in sys.modules
import matplotlib.pyplot as plt
import scipy.stats as stats
from scipy.spatial.transform import Rotation
assert stats.norm.cdf(0.0) == 0.5 and callable(plt.plot) and Rotation.identity()
assert sys.modules["scipy.stats"].norm is stats.norm
"""


def test_statistics_and_plotting_are_loaded_by_whoever_asks_for_them_and_not_by_pyomo() -> None:
    """A solve has no use for them; a user's own code may."""
    subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], check=True)
