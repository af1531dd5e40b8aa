"""A program's own distributions: `dist Name(x: real > 0 | a, b) = log density of x, sample = a draw`.

The log density is elaborated once, over plain numbers, and evaluated on arrays of any shape; so it works wherever
a distribution of the shelf does that has no distribution function. In the sampler, which may be left out, each
distribution that is named stands for a draw of it: `sample = a + b * Normal(0, 1)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.diagnostic import Edit, Label
from ppl.distributions import Distribution, Parameter
from ppl.functions import ARITHMETIC, FUNCTIONS
from ppl.graph import ir
from ppl.graph.borrowed import asked
from ppl.graph.recursions import parts
from ppl.graph.scope import Context, Scope, spoken
from ppl.graph.spelling import nearest
from ppl.graph.symbols import Variable
from ppl.numerics.choose import choose
from ppl.supports import Support, continuous, discrete
from ppl.syntax import ast

Array = Any


def own_distribution(ctx: Context, node: ast.OwnDistribution) -> Distribution:
    """The distribution that a statement defines; raises `Abandoned` after saying what is wrong with it."""
    name = node.ident.name
    names = [node.variable, *node.parameters]
    scalars = {ident.name: f"{ident.name} of {name}" for ident in names}
    for ident in names:
        full = scalars[ident.name]
        ctx.symbols.variables.setdefault(full, Variable(full, "state", ident.span, (), kept=False))
    local = {short: ir.Use(node.span, (), "real", False, full, ()) for short, full in scalars.items()}
    value = _plain(ctx, node, node.value, Scope(locals=local, function=name, depth=1), "log density")
    support, ends = _support(ctx, node)
    sampler = _sampler(ctx, node, local, support)
    kind = Parameter("x", continuous.real).support

    def log_prob(x: Array, **parameters: Array) -> Array:
        inside = support.contains(x, *ends)
        safe = choose(inside, x, _inner(ends, support))
        given = {scalars[node.variable.name]: safe, **{scalars[k]: v for k, v in parameters.items()}}
        return choose(inside, evaluate(value, given), -np.inf)

    def sample(rng: onp.random.Generator, shape: tuple[int, ...], **parameters: Array) -> Array:
        assert sampler is not None
        given = {scalars[name]: value for name, value in parameters.items()}
        drawn = onp.broadcast_to(evaluate(sampler, given, lambda kind, args: kind(rng, shape, **args)), shape)
        if not onp.all(inside := support.contains(drawn, *ends)):
            found = onp.asarray(drawn)[~onp.asarray(inside)][0]
            raise ValueError(f"its `sample` gave {found:g}, which the values of `{name}` can't be")
        return onp.array(drawn)

    return Distribution(
        forms=(tuple(Parameter(p.name, kind) for p in node.parameters),),
        support=support,
        log_prob=log_prob,
        sample=None if sampler is None else sample,
        ends=lambda **parameters: ends,
    )


def _plain(ctx: Context, node: ast.OwnDistribution, expr: ast.Expr, scope: Scope, what: str) -> ir.Expr:
    """An expression made of single numbers."""
    value = ctx.expr(expr, scope)
    if value.axes or not _is_plain(value):
        ctx.fail(
            "E315",
            f"a {what} is one number for one value, and this has {spoken(value.axes)}",
            expr.span,
            Label(node.ident.span, "defined here"),
            fix="hand in what it needs as a parameter, and an array where it is used",
        )
    return value


def _sampler(
    ctx: Context, node: ast.OwnDistribution, local: Mapping[str, ir.Expr], support: Support
) -> ir.Expr | None:
    """The expression of a draw, where there is one; it knows the parameters and not the value."""
    name = node.ident.name
    for k, clause in enumerate(node.clauses):
        word, place = clause.name.name, clause.name.span
        if word != "sample":
            close = nearest(word, ["sample"])
            ctx.fail(
                "E315",
                f"behind the log density of `{name}` only `sample = ...` can stand, and this is `{word}`",
                place,
                fix=asked(close) or "write it into the log density, or delete it",
                edits=(Edit(place, close),) if close else (),
            )
        if k:
            first = Label(node.clauses[0].name.span, "the first")
            ctx.fail("E315", f"`{name}` has its sampler twice", place, first, fix="delete one of them")
    if not node.clauses:
        return None
    known_names = {parameter.name: local[parameter.name] for parameter in node.parameters}
    expr = node.clauses[0].value
    for used in expr.walk():
        if isinstance(used, ast.Name) and used.name == node.variable.name:
            ctx.fail(
                "E315",
                f"a draw of `{name}` is made of its parameters, and `{used.name}` is what is drawn",
                used.span,
                fix=f"as in `sample = {node.parameters[0].name if node.parameters else '2'} * Exponential(1)`",
            )
    found = _plain(ctx, node, expr, Scope(locals=known_names, function=name, depth=1, draws=True), "draw")
    if support.discrete and found.kind == "real":
        ctx.fail(
            "E315",
            f"`{name}` is about whole numbers, and this draw is a real number",
            expr.span,
            Label(node.type.span if node.type is not None else node.ident.span, "declared here"),
            fix="round it: `floor(...)`",
        )
    return found


def _inner(ends: tuple[float, ...], support: Support) -> float:
    """A value inside of the support."""
    if len(ends) == 2:
        return ends[0] if support.discrete else (ends[0] + ends[1]) / 2
    if support is continuous.less_than:
        return ends[0] - 1.0
    return (
        ends[0] + 1.0
        if ends
        else -1.0
        if support is continuous.negative
        else 0.5
        if support is continuous.unit_interval
        else 1.0
    )


def _is_plain(expr: ir.Expr) -> bool:
    """Whether an expression is made of numbers by functions of elements."""
    stack = [expr]
    while stack:
        node = stack.pop()
        if not isinstance(node, ir.Constant | ir.Apply | ir.Select | ir.LogProb | ir.Draw | ir.Use):
            return False
        stack.extend(parts(node))
    return True


def _support(ctx: Context, node: ast.OwnDistribution) -> tuple[Support, tuple[float, ...]]:
    kind = node.type
    if kind is None:
        return continuous.real, ()
    if kind.kind is None or kind.kind.name not in ("real", "int", "bool"):
        ctx.fail(
            "E315",
            "the values of a distribution of one's own are `real`, `int` or `bool`",
            kind.span,
            fix=f"`dist {node.ident.name}({node.variable.name}: real > 0 | ...) = ...`",
        )
    low, high = -math.inf, math.inf
    for bound in kind.bounds:
        for side, end in (("low", bound.lower), ("high", bound.upper)):
            if end is None:
                continue
            number = ctx.expr(end, Scope())
            if not isinstance(number, ir.Constant):
                ctx.fail(
                    "E315",
                    "a bound of a distribution's values is a number",
                    end.span,
                    fix="write the number, or truncate where the distribution is used",
                )
            assert isinstance(number, ir.Constant)
            low, high = (number.value, high) if side == "low" else (low, number.value)
    assert kind.kind is not None
    if kind.kind.name == "bool":
        return discrete.boolean, ()
    if kind.kind.name == "int":
        if low == 0 and high == math.inf:
            return discrete.nonnegative_integer, ()
        return (
            (discrete.integer, ()) if -low == high == math.inf else (discrete.integer_interval, (low, high))
        )
    known = {
        (-math.inf, math.inf): continuous.real,
        (0, math.inf): continuous.positive,
        (-math.inf, 0): continuous.negative,
    }
    known[0, 1] = continuous.unit_interval
    if (low, high) in known:
        return known[low, high], ()
    if high == math.inf:
        return continuous.greater_than, (low,)
    return (continuous.less_than, (high,)) if low == -math.inf else (continuous.interval, (low, high))


def evaluate(
    expr: ir.Expr,
    given: Mapping[str, Array],
    draw: Callable[[Callable[..., Array], dict[str, Array]], Array] | None = None,
) -> Array:
    """The value of an expression of plain numbers where its variables are arrays: a stack, children first.

    `draw(sample, args)` gives a draw, in a sampler.
    """
    done: dict[int, Array] = {}
    stack = [(expr, False)]
    while stack:
        node, ready = stack.pop()
        if id(node) in done:
            continue
        if not ready:
            stack.append((node, True))
            stack.extend((part, False) for part in parts(node))
            continue
        match node:
            case ir.Constant():
                done[id(node)] = float(node.value)
            case ir.Use():
                done[id(node)] = given[node.name]
            case ir.Apply():
                call = ARITHMETIC.get(node.function) or FUNCTIONS[node.function].call
                done[id(node)] = call(*(done[id(arg)] for arg in node.args))
            case ir.Select():
                done[id(node)] = choose(*(done[id(part)] for part in (node.condition, node.yes, node.no)))
            case ir.Draw():
                assert draw is not None
                assert node.density.kind.sample is not None
                args = {name: done[id(arg)] for name, arg in node.density.args.items()}
                done[id(node)] = draw(node.density.kind.sample, args)
            case ir.LogProb():
                args = {name: done[id(arg)] for name, arg in node.density.args.items()}
                done[id(node)] = node.density.kind.log_prob(done[id(node.x)], **args)
    return done[id(expr)]
