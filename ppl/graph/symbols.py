"""What a program declares: dims, variables and functions, each once, with the place of its declaration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ppl.diagnostic import Span
from ppl.graph.ir import Kind
from ppl.graph.spelling import did_you_mean as did_you_mean
from ppl.graph.spelling import nearest as nearest
from ppl.syntax import ast

Role = Literal["data", "param", "latent", "definition", "predict", "state"]
Piece = ast.Relation | ast.Definition
CONSTANTS = {"pi": 3.141592653589793, "inf": float("inf")}


@dataclass(frozen=True)
class DimSymbol:
    """A named axis: `size` an integer expression of data, `labels` its fixed labels, `start` its first code."""

    name: str
    span: Span
    size: ast.Expr | None = None
    labels: tuple[str, ...] | None = None
    start: int = 0

    @property
    def fixed_size(self) -> int | None:
        """The size where the model alone tells it."""
        if self.labels is not None:
            return len(self.labels)
        if isinstance(self.size, ast.Number) and isinstance(self.size.value, int):
            return self.size.value
        return None


@dataclass(frozen=True)
class Variable:
    """A named array. `axes` are (index name, dim) in order; `of` is the dim its values are positions of."""

    name: str
    role: Role
    span: Span
    axes: tuple[tuple[str, str], ...]
    kind: Kind = "real"
    of: str | None = None
    type: ast.Type | None = None
    default: ast.Expr | None = None
    kept: bool = True
    static: bool = False
    pieces: tuple[Piece, ...] = ()  # that give it its values
    relations: tuple[ast.Relation, ...] = ()  # that speak of it as observed
    net: ast.Net | None = None  # whose weights these are

    @property
    def dims(self) -> tuple[str, ...]:
        return tuple(dim for _, dim in self.axes)


@dataclass
class Symbols:
    """The names of a program. Functions have a namespace of their own."""

    dims: dict[str, DimSymbol] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    functions: dict[str, ast.Function] = field(default_factory=dict)
    nets: dict[str, ast.Net] = field(default_factory=dict)
    distributions: dict[str, ast.OwnDistribution] = field(default_factory=dict)
    poisoned: set[str] = field(default_factory=set)  # declared, but wrongly: no follow-up messages

    def place(self, name: str) -> Span | None:
        """Where a name was declared."""
        if name in self.variables:
            return self.variables[name].span
        return self.dims[name].span if name in self.dims else None
