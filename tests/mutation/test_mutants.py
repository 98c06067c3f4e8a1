"""Mutants are what they say: one small fault each, and words are left alone."""

from __future__ import annotations

import re
import sys
from types import ModuleType
from unittest.mock import patch

from mutation.mutants import list_mutants, plant
from mutation.planting import plant_in
from mutation.reach import Reach

SOURCE = '''
"""A module of 3 lines."""

def within(value: float, least: float = 0.0) -> bool:
    """Whether 1 is at least 0."""
    if value < least or not value:
        raise ValueError(f"{value} is below {least + 1}")
    return min(value, 2) >= -least
'''


def test_each_mutant_changes_one_thing() -> None:
    """Comparisons with boundary and opposite, logic, signs, numbers, swaps, conditions, returns."""
    changes = {(m.before, m.after) for m in list_mutants(SOURCE)}
    assert changes == {
        ("0.0", "1.0"),
        ("if value < least or not value", "if not (value < least or not value)"),
        ("value < least or not value", "value < least and (not value)"),
        ("value < least", "value <= least"),
        ("value < least", "value >= least"),
        ("not value", "not not value"),
        ("return min(value, 2) >= -least", "return None"),
        ("min(value, 2) >= -least", "min(value, 2) > -least"),
        ("min(value, 2) >= -least", "min(value, 2) < -least"),
        ("min", "max"),
        ("2", "5"),
        ("-least", "+least"),
    }


def test_a_planted_mutant_is_the_module_with_that_change() -> None:
    """The changed module runs, and differs where the mutant says."""
    [mutant] = [m for m in list_mutants(SOURCE) if m.after == "max"]
    names: dict[str, object] = {}
    exec(plant(SOURCE, mutant), names)
    within = names["within"]
    assert callable(within)
    assert within(1.0)
    assert (mutant.first, mutant.last) == (8, 8)


PLANTED = """
from functools import cached_property
LEAST = 0.5
class Two:
    @cached_property
    def two(self): return 2
def one(): return 1
"""


def test_whoever_imported_a_function_runs_the_mutant() -> None:
    """Functions and methods keep who they are; constants change."""
    module = ModuleType("optimiser.invented")
    module.__file__ = "invented.py"
    exec(PLANTED, vars(module))
    names = vars(module)
    one, two = names["one"], names["Two"]()
    with patch.dict(sys.modules, {module.__name__: module}):
        plant_in(module, re.sub("return (.)", r"return -\1", PLANTED).replace("0.5", "0.25"))
    assert (one(), two.two, names["LEAST"]) == (-1, -2, 0.25)


def test_tests_that_reach_a_line_come_quickest_first() -> None:
    """What no test reaches has none."""
    reach = Reach({"m.py": {4: ["b", "a"], 5: ["c"]}}, {"a": 2.0, "b": 1.0, "c": 3.0})
    assert reach.tests("m.py", 4, 5) == ["b", "a", "c"]
    assert reach.quickest() == ["b", "a", "c"]
    assert reach.tests("m.py", 9, 9) == []
