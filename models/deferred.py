"""Pyomo without what it loads and never uses here.

Where scipy or matplotlib is there, importing Pyomo imports scipy.stats, scipy.integrate, scipy.spatial
and pyplot as well: 0.6 to 1 s of a solve that takes three. In their place stand modules that are
loaded with the first name that anybody asks of them, as Python's own ``LazyLoader`` would have it; that
one does not serve, for it takes the import statement itself for a use.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType

UNUSED = (
    "scipy.stats",
    "scipy.integrate",
    "scipy.spatial",
    "matplotlib.pyplot",
    "matplotlib.pylab",
)

LOOKED_FOR = ("__file__", "__warningregistry__")
"""What Python's own tools look for in every module there is; that is no use of this one."""


class Deferred(ModuleType):
    """Stands for a module until one of its names is asked for."""

    def __getattr__(self, name: str) -> object:
        """A name of the real module, which takes this one's place."""
        if name in LOOKED_FOR:
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        real = import_module(self.__name__)
        self.__dict__.update(real.__dict__)
        return getattr(real, name)


def defer_unused() -> None:
    """Put off what Pyomo would import, where it is not imported yet."""
    for name in UNUSED:
        if name not in sys.modules:
            module = Deferred(name)
            module.__spec__ = ModuleSpec(name, None)
            sys.modules[name] = module
