"""What names mean at a place: the indices in force, a function's parameters; and where findings go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from ppl.diagnostic import Edit, Findings, Label, Span
from ppl.distributions import Distribution
from ppl.graph.ir import Axis, Expr
from ppl.graph.symbols import Symbols
from ppl.syntax import ast

MAX_NODES = 500_000
MAX_AXES = 32
MAX_LEVELS = 160  # a level is at most five calls deep, and Python allows a thousand


class Abandoned(Exception):  # noqa: N818 - not an error: the finding is already recorded
    """An expression that can't be understood; its diagnostic has been added."""


@dataclass(frozen=True)
class Scope:
    """The indices in force by name, the axis that array literals run along, a function's own names.

    `function` is the function whose body this is: it sees nothing but its parameters and dims. `guards` are the
    indices that the statement's `where` speaks of. Where `draws`, a distribution stands for a draw of it.
    """

    indices: Mapping[str, Axis] = field(default_factory=dict)
    literal: tuple[Axis, ...] = ()
    locals: Mapping[str, Expr] = field(default_factory=dict)
    function: str | None = None
    depth: int = 0
    guards: frozenset[str] = frozenset()
    draws: bool = False

    def bind(self, axes: Iterable[Axis]) -> Scope:
        """This scope with more indices."""
        return replace(self, indices={**self.indices, **{axis.name: axis for axis in axes}})

    def over(self, dim: str) -> list[Axis]:
        """The indices in force that run over a dim."""
        return [axis for axis in self.indices.values() if axis.dim == dim]


@dataclass
class Context:
    """The symbols, the findings, and the elaboration of expressions, for all passes of the checker."""

    symbols: Symbols
    findings: Findings
    elaborate: Callable[[Context, ast.Expr, Scope], Expr]
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)  # of variables, where known
    nodes: int = 0
    level: int = 0
    is_beyond: bool = False  # the limits, and it has been said
    build_own: Callable[[Context, ast.OwnDistribution], Distribution] | None = None
    built: dict[str, Distribution | None] = field(default_factory=dict)
    building: set[str] = field(default_factory=set)

    def expr(self, node: ast.Expr, scope: Scope) -> Expr:
        """The typed expression of a node; raises `Abandoned` after recording why not."""
        self.nodes += 1
        if self.level >= MAX_LEVELS or self.nodes > MAX_NODES:
            self._beyond(node)
        self.level += 1
        try:
            found = self.elaborate(self, node, scope)
        finally:
            self.level -= 1
        if len(found.axes) > 2 * MAX_AXES - 8:  # what numpy can hold, less some for draws and events
            self.fail(
                "E110",
                f"an array with {len(found.axes)} axes is too much",
                node.span,
                fix="reduce some of them first",
            )
        return found

    def _beyond(self, node: ast.Expr) -> NoReturn:
        """Say once that the program is too deep or too large: what follows would say it again."""
        if self.is_beyond:
            raise Abandoned
        self.is_beyond = True
        if self.nodes > MAX_NODES:
            self.fail(
                "E110",
                f"the model grows past {MAX_NODES:,} operations once its functions are written out",
                node.span,
                fix="give a repeated value a name instead of calling the function again",
            )
        self.fail(
            "E110",
            f"brackets and functions are nested more than {MAX_LEVELS} levels deep here",
            node.span,
            fix="give a part of it a name of its own",
        )

    def own(self, name: str) -> Distribution:
        """The program's own distribution of a name, built when it is first used."""
        if name in self.building:
            place = self.symbols.distributions[name].ident.span
            self.fail(
                "E209", f"the distribution `{name}` is made of itself", place, fix="write its log density out"
            )
        if name not in self.built:
            self.built[name] = None  # until it is done; and for good, if something is wrong with it
            self.building.add(name)
            assert self.build_own is not None
            try:
                self.built[name] = self.build_own(self, self.symbols.distributions[name])
            finally:
                self.building.discard(name)
        found = self.built[name]
        if found is None:
            raise Abandoned
        return found

    def body(self, function: ast.Function, scope: Scope) -> Expr:
        """A function's result, in a scope that holds its parameters: local definitions one by one, then the rest."""
        for local in function.locals:
            value = self.expr(local.value, scope)
            scope = replace(scope, locals={**scope.locals, local.ident.name: value})
        return self.expr(function.result, scope)

    def exprs(self, nodes: Iterable[ast.Expr], scope: Scope) -> list[Expr]:
        """Several, so that the mistakes in all of them are found."""
        found: list[Expr] = []
        is_whole = True
        for node in nodes:
            try:
                found.append(self.expr(node, scope))
            except Abandoned:
                is_whole = False
        if not is_whole:
            raise Abandoned
        return found

    def fail(
        self,
        code: str,
        message: str,
        span: Span,
        *labels: Label,
        text: str = "",
        fix: str = "",
        edits: Iterable[Edit] = (),
    ) -> NoReturn:
        """Record a finding and abandon the expression."""
        self.findings.add(code, message, Label(span, text), *labels, fix=fix, edits=edits)
        raise Abandoned


def spoken(axes: Iterable[Axis]) -> str:
    """Axes as a reader would name them."""
    names = [
        f"`{axis.name}`" if axis.name == axis.dim or not axis.dim else f"`{axis.name} in {axis.dim}`"
        for axis in axes
    ]
    return " and ".join(names) if names else "no axis"


def union(parts: Iterable[Iterable[Axis]]) -> tuple[Axis, ...]:
    """All axes in the order in which they first appear."""
    return tuple(dict.fromkeys(axis for part in parts for axis in part))
