"""Plant a mutant in a module that is loaded: its functions take the mutated code, its constants change.

Functions keep who they are, so that whoever imported one by its name runs the mutant too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any


def plant_in(module: ModuleType, source: str) -> None:
    """Make a loaded module what a changed source says."""
    fresh: dict[str, Any] = {"__name__": module.__name__, "__package__": module.__package__}
    fresh["__file__"] = module.__file__
    exec(compile(source, str(module.__file__), "exec"), fresh)
    sound, mutated = _functions(vars(module)), _functions(fresh)
    for name in sound.keys() & mutated.keys():
        sound[name].__code__ = mutated[name].__code__
        sound[name].__defaults__ = mutated[name].__defaults__
    for name, old in list(vars(module).items()):
        if isinstance(old, bool | int | float | tuple) and fresh.get(name, old) != old:
            _replace_everywhere(name, old, fresh[name])


def _replace_everywhere(name: str, old: object, new: object) -> None:
    for module in list(sys.modules.values()):
        if (
            getattr(module, "__name__", "").startswith("optimiser")
            and vars(module).get(name) is old
        ):
            setattr(module, name, new)


def _functions(names: Mapping[str, Any]) -> dict[str, FunctionType]:
    """Every function and method of a module by its place, below whatever wraps it."""
    own = {n: v for n, v in names.items() if getattr(v, "__module__", "") == names["__name__"]}
    places = {
        f"{name}.{key}": member
        for name, value in own.items()
        if isinstance(value, type)
        for key, member in vars(value).items()
    }
    bare = {place: _unwrap(value) for place, value in {**own, **places}.items()}
    return {place: function for place, function in bare.items() if function is not None}


def _unwrap(value: Any) -> FunctionType | None:
    """The function inside a property, a class method or a decorator that says what it wraps."""
    for wrapper in ("fget", "func", "__func__", "__wrapped__"):
        inner = getattr(value, wrapper, None)
        if inner is not None:
            return _unwrap(inner)
    return value if isinstance(value, FunctionType) else None
