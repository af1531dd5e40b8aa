"""What the interpreter's parts share: axes, places on them, and the names in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from book import NEVER
from mpmath import mp

from ppl.syntax import ast

Number = Any
Place = tuple[int, ...]


class Undefined(Exception):  # noqa: N818 - a program or data that the language's page gives no meaning to
    """What this program asks for has no meaning."""


@dataclass(frozen=True)
class Axis:
    """An axis of an expression; `copy` tells the second axis of a matrix over one dim, `serial` a binder's own."""

    name: str
    dim: str
    copy: int = 0
    serial: int = 0


Env = Mapping[Axis, int]


@dataclass(eq=False)
class Scope:
    """What names mean in a statement: its indices, the axes of array literals, a function's parameters."""

    indices: dict[str, Axis]
    literal: tuple[Axis, ...] = ()
    given: dict[str, tuple[ast.Expr, Scope]] = field(default_factory=dict)
    of: str | None = None

    def bind(self, axis: Axis) -> Scope:
        return Scope({**self.indices, axis.name: axis}, self.literal, self.given, self.of)

    def over(self, dim: str) -> list[Axis]:
        return [axis for axis in self.indices.values() if axis.dim == dim]


def logsumexp(values: Sequence[Number]) -> Number:
    """log of the sum of exp."""
    top = max(values, default=NEVER)
    return top if top == NEVER else top + mp.log(mp.fsum(mp.exp(v - top) for v in values))
