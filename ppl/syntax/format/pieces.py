"""What a statement is written with: its tokens in their order, and marks where a line may end.

One level of the tree at a time is taken apart, with an explicit stack, so no depth of nesting is too deep.
"""

from __future__ import annotations

from collections.abc import Iterator

from ppl.syntax import ast
from ppl.syntax.format.expressions import expression, tightness
from ppl.syntax.format.marks import Mark, Piece, Slot, bracketed
from ppl.syntax.format.statements import component, statement


def pieces(node: ast.Node, text: str) -> Iterator[str | Mark]:
    """The tokens of a statement, single spaces, and marks. `text` is the source: some is kept as written."""
    stack: list[Piece] = [Slot(node)]
    while stack:
        piece = stack.pop()
        if isinstance(piece, Slot):
            stack.extend(reversed(_parts(piece, text)))
        else:
            yield piece


def _parts(slot: Slot, text: str) -> list[Piece]:
    node = slot.node
    if isinstance(node, ast.Expr):
        if tightness(node) < slot.level:
            return bracketed("(", [[Slot(node, hang=0)]], ")")
        return expression(node, slot.hang)
    if isinstance(node, ast.Statement):
        return statement(node, text)
    return component(node, text)
