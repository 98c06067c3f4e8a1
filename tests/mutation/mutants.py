"""Mutants of a module: one small fault each, planted in its syntax tree.

Words are left alone (docstrings, annotations, what is raised, formatted text and the rest of strings),
and so is that what is zipped is of one length. A mutant changes how something is compared, reckoned,
bounded, counted, decided or given back.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

Change = Callable[[ast.AST], None]

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
"""Each comparison with its neighbour at the boundary and its opposite."""
RECKONED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.MatMult: ast.Mult,
}
SWAPPED = {"min": "max", "any": "all", "minimum": "maximum", "floor": "ceil", "argmin": "argmax"}
SWAPPED |= {other: name for name, other in SWAPPED.items()}
"""Functions and methods that are easily taken for one another."""


@dataclass(frozen=True)
class Mutant:
    """One fault that can be planted.

    Attributes:
        first: first line of the statement's own part that holds it, counted from 1.
        last: last line of it.
        before: that node as it is.
        after: as it is planted.
        place: the node's place in a walk of the tree.
        number: of the node's own changes.
    """

    first: int
    last: int
    before: str
    after: str
    place: int
    number: int

    def __str__(self) -> str:
        """Where it is and what it changes."""
        return f"line {self.first}: {self.before}  ->  {self.after}"


def list_mutants(source: str) -> list[Mutant]:
    """Every mutant of a module's source."""
    tree = ast.parse(source)
    places = {id(node): place for place, node in enumerate(ast.walk(tree))}
    found = []
    for node, span in _list_places(tree, (1, 1)):
        for number, change in enumerate(_list_changes(node)):
            after = copy.deepcopy(node)
            change(after)
            found.append(Mutant(*span, _show(node), _show(after), places[id(node)], number))
    return found


def plant(source: str, mutant: Mutant) -> str:
    """A module's source with one fault planted."""
    tree = ast.parse(source)
    node = list(ast.walk(tree))[mutant.place]
    list(_list_changes(node))[mutant.number](node)
    return ast.unparse(ast.fix_missing_locations(tree))


def _show(node: ast.AST) -> str:
    """A node as text: of a statement with a body, what it asks."""
    if isinstance(node, ast.If | ast.While):
        return f"{type(node).__name__.lower()} {ast.unparse(node.test)}"
    return ast.unparse(ast.fix_missing_locations(node))


def _list_places(node: ast.AST, span: tuple[int, int]) -> Iterator[tuple[ast.AST, tuple[int, int]]]:
    """Nodes that may be mutated, with the lines of their statement's own part."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_of_words(child):
                own = _own_lines(child) or span
                yield child, own
                yield from _list_places(child, own)


def _is_of_words(node: ast.AST) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    guard = isinstance(node, ast.keyword) and node.arg == "strict"
    return text or guard or isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert | ast.Import)


def _own_lines(node: ast.AST) -> tuple[int, int] | None:
    """Lines of a statement without those of its body; None for what is no statement."""
    if not isinstance(node, ast.stmt):
        return None
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
    return node.lineno, max(node.lineno, last)


def _list_changes(node: ast.AST) -> Iterator[Change]:
    """What may be done to a node: each change writes into the node that it is given."""
    match node:
        case ast.Compare():
            for at, op in enumerate(node.ops):
                yield from (
                    partial(_compare_by, at=at, other=other) for other in COMPARED[type(op)]
                )
        case ast.BinOp() | ast.AugAssign():
            yield _set("op", RECKONED[type(node.op)]())
        case ast.BoolOp():
            yield _set("op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            yield _set("operand", ast.UnaryOp(node.op, node.operand))
        case ast.UnaryOp(op=ast.USub()):
            yield _set("op", ast.UAdd())
        case ast.Constant(value=bool()):
            yield _set("value", not node.value)
        case ast.Constant(value=int() | float() as number):
            # A double alone would pass for a tolerance, one more alone for millions.
            yield _set("value", 2 * number + 1)
        case ast.Return(value=ast.expr()):
            yield _set("value", ast.Constant(None))
        case ast.If() | ast.While() | ast.IfExp():
            yield _set("test", ast.UnaryOp(ast.Not(), node.test))
        case ast.Name(id=name) if name in SWAPPED:
            yield _set("id", SWAPPED[name])
        case ast.Attribute(attr=name) if name in SWAPPED:
            yield _set("attr", SWAPPED[name])


def _set(field: str, value: object) -> Change:
    return lambda node: setattr(node, field, value)


def _compare_by(node: ast.AST, at: int, other: type[ast.cmpop]) -> None:
    assert isinstance(node, ast.Compare)
    node.ops[at] = other()
