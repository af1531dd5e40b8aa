"""The graph: what every statement of a program says, with all names, axes and types resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ppl.diagnostic import Source, Span
from ppl.graph import ir
from ppl.graph.symbols import DimSymbol, Variable


@dataclass(frozen=True, eq=False)
class Relation:
    """`name ~ density` over the axes of its left side, for the elements where `where` holds."""

    name: str
    axes: tuple[ir.Axis, ...]
    density: ir.Density
    where: ir.Expr | None
    span: Span
    ordered: bool = False
    target: Span | None = None  # the left side, for messages about it

    @property
    def place(self) -> Span:
        return self.target or self.span


@dataclass(frozen=True, eq=False)
class Formula:
    """`name = value` over the axes of its left side, for the elements where `where` holds."""

    name: str
    axes: tuple[ir.Axis, ...]
    value: ir.Expr
    where: ir.Expr | None
    span: Span
    target: Span | None = None

    @property
    def place(self) -> Span:
        return self.target or self.span


@dataclass(frozen=True, eq=False)
class Factor:
    """A summand of the log joint; `name` is what reports call it."""

    name: str
    value: ir.Expr
    where: ir.Expr | None
    span: Span


@dataclass(frozen=True, eq=False)
class Limits:
    """The ends of a declared type, where it has any, and whether they belong to the set."""

    lower: ir.Expr | None = None
    upper: ir.Expr | None = None
    lower_open: bool = True
    upper_open: bool = True
    values: tuple[ir.Expr, ...] = ()  # of a finite set


@dataclass(frozen=True)
class Pin:
    """How far a latent is to be centered, and where that is said."""

    c: float
    span: Span


@dataclass(frozen=True, eq=False)
class Graph:
    """A checked program. `order` has every variable behind all that it is made of.

    `priors[name]` are the relations that give a latent its density, `likelihoods[name]` those that
    speak of something observed, `formulas[name]` the pieces of a definition; `recursions` are the groups of
    definitions that refer to their own past. `centering` pins the coordinates of latents, `rest` those of all others.
    """

    source: Source
    dims: Mapping[str, DimSymbol]
    variables: Mapping[str, Variable]
    order: tuple[str, ...]
    sizes: Mapping[str, ir.Expr]
    limits: Mapping[str, Limits]
    defaults: Mapping[str, ir.Expr]
    priors: Mapping[str, tuple[Relation, ...]]
    likelihoods: Mapping[str, tuple[Relation, ...]]
    formulas: Mapping[str, tuple[Formula, ...]]
    predictions: tuple[Relation | Formula, ...]
    factors: tuple[Factor, ...]
    recursions: tuple[tuple[str, ...], ...] = ()
    guide: str | None = None
    own_guides: Mapping[str, Relation] = field(default_factory=dict)
    categorical: frozenset[str] = frozenset()  # finite latents with a guide, which are not summed out
    centering: Mapping[str, Pin] = field(default_factory=dict)

    def names(self, role: Literal["data", "param", "latent", "definition", "predict"]) -> tuple[str, ...]:
        """The variables of a role, in the order of the source."""
        return tuple(v.name for v in self.variables.values() if v.role == role)

    def is_finite(self, name: str) -> bool:
        """Whether a latent has finitely many values, so that it is summed out."""
        return self.variables[name].role == "latent" and self.variables[name].kind != "real"

    def may_miss(self, name: str) -> bool:
        """Whether empty cells of some data become latents: declared with `?`, and given a density."""
        kind = self.variables[name].type
        return kind is not None and kind.missing and name in self.likelihoods

    @property
    def is_normalised(self) -> bool:
        """Whether the priors are densities, so that the evidence means something."""
        declared = any(self.variables[name].type is not None for name in self.names("latent"))
        proper = all(r.density.kind.proper for pieces in self.priors.values() for r in pieces)
        return proper and not declared
