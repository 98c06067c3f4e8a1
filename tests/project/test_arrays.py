"""What numpy would load for nobody is put off, and is there for whoever asks."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import optimiser.app.room
import numpy
assert "numpy.f2py.crackfortran" not in sys.modules
assert numpy.f2py.get_include() and "numpy.f2py.crackfortran" in sys.modules
"""


def test_the_generator_of_fortran_wrappers_is_loaded_by_whoever_uses_it_alone() -> None:
    """The what-if page has all it needs in memory, and it is not among it."""
    subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], check=True)
