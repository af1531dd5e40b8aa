"""What generated programs are made of: dims, variables, the scope of an expression, and the whole with its data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from textbook import BOOK

MOST_ASSIGNMENTS = 600
CONTINUOUS = [n for n in BOOK if n != "Flat" and not BOOK[n].discrete and not BOOK[n].event_rank]
DISCRETE = [n for n in BOOK if BOOK[n].discrete and not BOOK[n].event_rank]


@dataclass(frozen=True)
class Dim:
    name: str
    size: int
    fixed: bool = False
    labels: tuple[str, ...] = ()
    start: int = 0


@dataclass(frozen=True)
class Var:
    """A variable; `kind` is real, positive, unit, int, bool or index; `simplex` along its last axis."""

    name: str
    dims: tuple[str, ...]
    kind: str
    static: bool = False
    finite: bool = False
    of: str = ""
    top: int = 0
    simplex: bool = False
    factor: bool = False
    lag_only: bool = False


@dataclass(frozen=True)
class Scope:
    """Indices as (name, dim); `lags` how far back each may go; `numbers` range indices with their largest value.

    `fixed` is the dim of an index of the left side that stands at one place.
    """

    indices: tuple[tuple[str, str], ...] = ()
    lags: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    unknown: bool = True
    finite: bool = False
    fixed: str = ""

    def over(self, dim: str) -> list[str]:
        return [name for name, d in self.indices if d == dim]

    def bind(self, name: str, dim: str) -> Scope:
        return replace(self, indices=(*self.indices, (name, dim)))


@dataclass(frozen=True)
class Generated:
    """A program and its data."""

    statements: tuple[str, ...]
    data: dict[str, Any]

    @property
    def text(self) -> str:
        return "\n".join(self.statements) + "\n"
