"""What a layout must not change: the program, up to where things stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import zip_longest

from ppl.syntax import ast


def same(one: ast.Program, other: ast.Program) -> bool:
    """Whether two programs are the same but for where things stand."""
    return all(a == b for a, b in zip_longest(_outline(one), _outline(other)))


def _outline(program: ast.Program) -> Iterator[tuple[object, ...]]:
    """Every node in order, its children by their number: that fixes the tree."""
    for statement in program.statements:
        for node in statement.walk():
            values = (getattr(node, field.name) for field in fields(node) if field.name != "span")
            yield type(node), *(_without_nodes(value) for value in values)


def _without_nodes(value: object) -> object:
    if isinstance(value, ast.Node):
        return ast.Node
    return tuple(map(_without_nodes, value)) if isinstance(value, tuple) else value
