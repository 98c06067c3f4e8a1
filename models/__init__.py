"""The maths: the decision models in Pyomo, readable beside FORMULATION.md and NOTATION.md.

Pyomo and the standard library only; never imports optimiser.
"""

from models.deferred import defer_unused

defer_unused()
