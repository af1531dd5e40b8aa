"""The vocabulary of a layout: tokens, places where a line may end, blocks, and nodes still to be written.

A line may end inside of brackets or after an operator or a comma, and nowhere else (`ppl.syntax.lines`), so
each `Break` has to stand at such a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from ppl.syntax import ast

INDENT = 4


class Kind(Enum):
    """When a `Break` ends a line."""

    SOFT = auto()  # where the line would be too long
    QUIET = auto()  # only where a comment stands here
    HARD = auto()  # always


@dataclass(frozen=True)
class Break:
    """A place where a line may end, and `blank` spaces where it doesn't.

    The next line begins at the block's indent and `offset`. What is too long for any line begins on this one
    nevertheless, if it has a bracket to be broken in, `head` characters away.
    """

    blank: int = 1
    kind: Kind = Kind.SOFT
    offset: int = 0
    head: int = 0


@dataclass(frozen=True)
class Open:
    """The beginning of a block, indented against the line that it begins on.

    If the block is too long for the line, all of its breaks end lines; if it `fills`, only those that must.
    What follows on the same line has to fit with it, unless it stands `alone`, or a long `tail` follows.
    """

    indent: int = INDENT
    fills: bool = False
    alone: bool = False
    tail: bool = False


@dataclass(frozen=True)
class Close:
    """The end of a block."""


@dataclass(frozen=True)
class Slot:
    """A node in its place: below `level` it needs parentheses; its further lines are indented by `hang`."""

    node: ast.Node
    level: int = 0
    hang: int = INDENT


Mark = Break | Open | Close
Piece = str | Mark | Slot


def bracketed(
    opener: str, items: Sequence[list[Piece]], closer: str, fills: bool = False, alone: bool = False
) -> list[Piece]:
    """Items in brackets: on the line; or all on the next one; or each on its own, or filling lines."""
    inner = [Break(0), Open(0, fills), *separated(items), Close()] if items else []
    return [opener, Open(alone=alone), *inner, Break(0, Kind.QUIET, -INDENT), Close(), closer]


def separated(items: Sequence[list[Piece]]) -> list[Piece]:
    """Items with commas between."""
    found = [*items[0]]
    for item in items[1:]:
        found += [",", Break(), *item]
    return found


def listed(
    opener: str, nodes: Sequence[ast.Node], closer: str, fills: bool = False, alone: bool = False
) -> list[Piece]:
    """Nodes in brackets; one alone has the bracket's indent for all of its lines."""
    hang = INDENT if len(nodes) > 1 else 0
    return bracketed(opener, [[Slot(node, hang=hang)] for node in nodes], closer, fills, alone)


def in_a_row(nodes: Sequence[ast.Node]) -> list[Piece]:
    """Nodes with commas between, outside of brackets."""
    return [Open(fills=True), *separated([[Slot(node)] for node in nodes]), Close()]
