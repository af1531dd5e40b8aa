"""The typed expressions of the graph: every axis explicit, every name resolved, every function inlined.

`axes` are the axes an expression runs over, as index names of its statement; `kind` is its type;
`static` says that it is made of data and positions alone, so that it is computed once, when data arrive.
Nodes are compared by identity: a shared node is computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ppl.diagnostic import Span
from ppl.distributions import Distribution, Parameter

Kind = Literal["real", "int", "bool"]


@dataclass(frozen=True)
class Axis:
    """An index over a dim. A free axis (no index of the statement) is named for its dim.

    `copy` tells the second axis of a matrix over one dim from the first. An axis of a range
    (`k in 1..11`) has no dim; its ends are in `IndexRange`, and `serial` tells it from others of its name.
    """

    name: str
    dim: str
    copy: int = 0
    serial: int = 0


@dataclass(frozen=True, eq=False)
class Expr:
    """A typed expression."""

    span: Span
    axes: tuple[Axis, ...]
    kind: Kind
    static: bool


@dataclass(frozen=True, eq=False)
class Constant(Expr):
    """A number."""

    value: float | int


@dataclass(frozen=True, eq=False)
class Position(Expr):
    """The position along an index: 0, 1, ..."""

    axis: Axis


@dataclass(frozen=True, eq=False)
class LastPosition(Expr):
    """The last position of a dim."""

    dim: str


@dataclass(frozen=True, eq=False)
class LabelPosition(Expr):
    """The position that has this label."""

    dim: str
    label: str


@dataclass(frozen=True, eq=False)
class Use(Expr):
    """An element of a variable: for each of its declared axes an axis of the statement, or a computed position."""

    name: str
    indices: tuple[Axis | Expr, ...]
    of: str | None = None  # the dim whose positions the values are


@dataclass(frozen=True, eq=False)
class Apply(Expr):
    """A function of aligned elements."""

    function: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class Select(Expr):
    """`if condition then yes else no`, element by element."""

    condition: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True)
class IndexRange:
    """The ends of `k in lower..upper`, both inclusive; `axis.dim` is empty."""

    axis: Axis
    lower: Expr
    upper: Expr


@dataclass(frozen=True, eq=False)
class Reduce(Expr):
    """A reduction over axes of `arg`; `ranges` are those among them that are ranges."""

    function: str
    arg: Expr
    over: tuple[Axis, ...]
    ranges: tuple[IndexRange, ...] = ()


@dataclass(frozen=True, eq=False)
class Along(Expr):
    """A function along one axis that keeps it: softmax, cumsum."""

    function: str
    arg: Expr
    axis: Axis


@dataclass(frozen=True, eq=False)
class Contract(Expr):
    """`left @ right`: the sum over an axis of the product."""

    left: Expr
    right: Expr
    left_axis: Axis
    right_axis: Axis


@dataclass(frozen=True, eq=False)
class Linear(Expr):
    """Linear algebra: `events[i]` are the axes of `args[i]` that are the function's, `result` the result's."""

    function: str
    args: tuple[Expr, ...]
    events: tuple[tuple[Axis, ...], ...]
    result: tuple[Axis, ...]


@dataclass(frozen=True, eq=False)
class Rename(Expr):
    """The same values with axes called otherwise: `axes[k]` for `arg.axes[k]`."""

    arg: Expr


@dataclass(frozen=True, eq=False)
class Ode(Expr):
    """The solution of d state / dt = rate at `times`, from `start` at `begin`.

    `rate` uses two variables that exist nowhere else, `state` (its axes: `state_axis`, then `batch`) and `time`.
    """

    rate: Expr
    state: str
    time: str
    start: Expr
    begin: Expr
    times: Expr
    state_axis: Axis
    time_axis: Axis
    batch: tuple[Axis, ...]


@dataclass(frozen=True, eq=False)
class Stack(Expr):
    """An array literal along an axis."""

    items: tuple[Expr, ...]
    axis: Axis


@dataclass(frozen=True, eq=False)
class Density:
    """A distribution with its arguments: what stands to the right of `~`.

    `distribution` is what messages call it, `kind` what it is. `event` are the axes of the statement that one
    draw fills. `own[name]` are the axes of a parameter that are its own (the categories of `Categorical`'s
    probabilities), in order; None stands for one that the argument lacks, where one value serves all places.
    """

    span: Span
    distribution: str
    kind: Distribution
    args: dict[str, Expr]
    event: tuple[Axis, ...]
    own: dict[str, tuple[Axis | None, ...]]
    lower: Expr | None = None  # truncation
    upper: Expr | None = None

    def own_axes(self, name: str) -> tuple[Axis, ...]:
        """The axes of an argument that are its parameter's own."""
        return tuple(axis for axis in self.own.get(name, ()) if axis is not None)

    @property
    def form(self) -> tuple[Parameter, ...]:
        """The parameters that the arguments are for, in their order."""
        known = {p.name: p for form in self.kind.forms for p in form}
        return tuple(known[name] for name in self.args)


@dataclass(frozen=True, eq=False)
class LogProb(Expr):
    """The log density of a distribution at `x`, one value per batch element."""

    density: Density
    x: Expr


@dataclass(frozen=True, eq=False)
class Draw(Expr):
    """A draw of a distribution: what its name stands for in the sampler of a program's own."""

    density: Density
