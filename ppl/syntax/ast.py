"""The nodes of a program: frozen records, each with its span in the source.

Sums, products and comparisons are n-ary, so a sum of a thousand terms is one level deep;
`MAX_DEPTH` bounds the rest, so that passes over expressions may recurse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from ppl.diagnostic import Source, Span

MAX_DEPTH = 200


@dataclass(frozen=True)
class Node:
    """Anything with a place in the source."""

    span: Span

    def children(self) -> Iterator[Node]:
        """The nodes directly below this one, in the order of the source."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                for item in value:
                    if isinstance(item, Node):
                        yield item
                    elif isinstance(item, tuple):
                        yield from (part for part in item if isinstance(part, Node))

    def walk(self) -> Iterator[Node]:
        """This node and everything below it; an explicit stack, parents first."""
        stack: list[Node] = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(list(node.children())))


@dataclass(frozen=True)
class Ident(Node):
    """A name where it is declared or used other than as a value."""

    name: str


# -- expressions -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expr(Node):
    """An expression."""


@dataclass(frozen=True)
class Number(Expr):
    """A literal; `text` is how it was written, `value` an int where it was written as one."""

    text: str
    value: int | float


@dataclass(frozen=True)
class String(Expr):
    """A label in double quotes."""

    value: str


@dataclass(frozen=True)
class Name(Expr):
    """A variable, an index name, or a dim."""

    name: str


@dataclass(frozen=True)
class Element(Expr):
    """`a[i, j]`."""

    base: Ident
    indices: tuple[Expr, ...]


@dataclass(frozen=True)
class Keyword(Node):
    """`logit = e` among the arguments of a call."""

    name: Ident
    value: Expr


@dataclass(frozen=True)
class Binder(Node):
    """`k in lag` or `k in 1..11` among the arguments of a reduction; `stop` is inclusive."""

    index: Ident
    over: Expr
    stop: Expr | None = None


@dataclass(frozen=True)
class Call(Expr):
    """A function or a distribution and its arguments."""

    function: Ident
    args: tuple[Expr, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    binders: tuple[Binder, ...] = ()


@dataclass(frozen=True)
class Negative(Expr):
    """`-x`."""

    operand: Expr


@dataclass(frozen=True)
class Not(Expr):
    """`not x`."""

    operand: Expr


@dataclass(frozen=True)
class Chain(Expr):
    """Operands joined by operators of one precedence: `a + b - c`, `a * b @ c`, `0 < x <= 1`, `a or b`."""

    kind: Literal["sum", "product", "comparison", "and", "or"]
    operands: tuple[Expr, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Power(Expr):
    """`base ^ exponent`."""

    base: Expr
    exponent: Expr


@dataclass(frozen=True)
class IfElse(Expr):
    """`if condition then yes else no`."""

    condition: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True)
class ArrayLiteral(Expr):
    """`[a, b, c]`."""

    items: tuple[Expr, ...]


# -- parts of statements -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Index(Node):
    """An index on the left side: `school` (name and dim in one), `i in obs`, or a fixed place (`0`, `"drug"`)."""

    name: str
    dim: Ident | None
    position: int | float | str | None = None


@dataclass(frozen=True)
class Target(Node):
    """The left side of a statement."""

    ident: Ident
    indices: tuple[Index, ...]


@dataclass(frozen=True)
class Bound(Node):
    """`> 0`, or `in (0, 1)`; an operator tells whether its end belongs to the set (`>=`, `<=`) or not."""

    lower: Expr | None
    upper: Expr | None
    lower_op: Literal[">", ">="] = ">"
    upper_op: Literal["<", "<="] = "<"


@dataclass(frozen=True)
class Type(Node):
    """The type of declared names: `real > 0`, `int`, `bool`, a dim's name, or a set of values."""

    kind: Ident | None
    values: tuple[Expr, ...]
    missing: bool
    bounds: tuple[Bound, ...]


@dataclass(frozen=True)
class Local(Node):
    """`let name = value` in the body of a function."""

    ident: Ident
    value: Expr


@dataclass(frozen=True)
class Family(Node):
    """The name of a guide and its settings, e.g. `lowrank(5)`."""

    ident: Ident
    settings: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class GuidePart(Node):
    """`mu, tau: fullrank`."""

    names: tuple[Ident, ...]
    family: Family


@dataclass(frozen=True)
class Layer(Node):
    """One `-> 200 tanh` of a net; the last one names the axis that comes out."""

    width: int | float | None
    axis: Ident | None
    activation: Ident | None


# -- statements --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement(Node):
    """A statement of a program."""


@dataclass(frozen=True)
class Dim(Statement):
    """`dim a, b`, `dim c = size or labels`, `dim d from 1`."""

    idents: tuple[Ident, ...]
    size: Expr | None
    start: Expr | None


@dataclass(frozen=True)
class Declaration(Statement):
    """`data`, `param` or `latent` with targets, a type and a default (of a param: where to start)."""

    role: Literal["data", "param", "latent"]
    targets: tuple[Target, ...]
    type: Type
    default: Expr | None


@dataclass(frozen=True)
class Relation(Statement):
    """`target ~ Dist(...)`, with truncation, `ordered` and `where`; or the same under `predict`."""

    target: Target
    distribution: Call
    bounds: tuple[Bound, ...]
    ordered: bool
    where: Expr | None
    predict: bool = False


@dataclass(frozen=True)
class Definition(Statement):
    """`target = value`; `let` keeps it out of the results; under `predict` it is computed after the fit."""

    target: Target
    value: Expr
    where: Expr | None
    let: bool = False
    predict: bool = False


@dataclass(frozen=True)
class Factor(Statement):
    """`factor value`, summed over its axes and added to the log joint."""

    value: Expr
    where: Expr | None


@dataclass(frozen=True)
class Function(Statement):
    """`fn name(parameters) = result`, or with local definitions in braces."""

    ident: Ident
    parameters: tuple[Ident, ...]
    locals: tuple[Local, ...]
    result: Expr


@dataclass(frozen=True)
class OwnDistribution(Statement):
    """`dist Name(x: real > 0 | a, b) = log density of x, sample = a draw`; without a type x is real."""

    ident: Ident
    variable: Ident
    type: Type | None
    parameters: tuple[Ident, ...]
    value: Expr
    clauses: tuple[Keyword, ...] = ()


@dataclass(frozen=True)
class Net(Statement):
    """`net name: axis -> layers`, its weights params or, under a prior, latents."""

    ident: Ident
    axis: Ident
    layers: tuple[Layer, ...]
    prior: Call | None


@dataclass(frozen=True)
class GuideChoice(Statement):
    """`guide meanfield`, or `guide { mu, tau: fullrank  rest: meanfield }`, or `guide z: categorical`."""

    family: Family | None
    parts: tuple[GuidePart, ...]


@dataclass(frozen=True)
class GuideOwn(Statement):
    """`guide z[...] ~ Dist(...)`."""

    relation: Relation


@dataclass(frozen=True)
class Comment:
    """A comment, `#` included, and where it stands."""

    span: Span
    text: str


@dataclass(frozen=True)
class Program:
    """A source as statements in their order, and the comments between and behind them."""

    source: Source
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...] = ()
