"""Distributions made of distributions: `Mixture(w, Normal(mu, sd))` written out as one with the parameters of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ppl.combinators import PREFIX, Combinator, combinators
from ppl.diagnostic import Label
from ppl.distributions import Distribution
from ppl.graph import ir
from ppl.graph.scope import Abandoned, Context, Scope, spoken
from ppl.graph.symbols import did_you_mean
from ppl.syntax import ast

Known = Callable[[Context, ast.Call], Distribution]
Build = Callable[[Context, ast.Call, Scope, tuple[ir.Axis, ...]], ir.Density]


def split(ctx: Context, node: ast.Call) -> tuple[Combinator, ast.Call, dict[str, ast.Expr]]:
    """The combinator of a call, its inner distribution, and its own arguments by name."""
    name = node.function.name
    combinator = combinators[name]
    names = [p.name for p in combinator.parameters]
    before, behind = names[: combinator.position], names[combinator.position :]
    usage = f"`{name}({', '.join([*before, 'distribution', *(f'{n} = ...' for n in behind)])})`"
    if len(node.args) <= combinator.position or not isinstance(node.args[combinator.position], ast.Call):
        at = node.args[combinator.position].span if len(node.args) > combinator.position else node.span
        ctx.fail("E302", f"`{name}` wants a distribution here", at, fix=f"write {usage}")
    inner = node.args[combinator.position]
    assert isinstance(inner, ast.Call)
    positional = [arg for k, arg in enumerate(node.args) if k != combinator.position]
    for keyword in node.keywords:
        if keyword.name.name not in names:
            ctx.fail(
                "E303",
                f"`{name}` has no parameter `{keyword.name.name}`",
                keyword.name.span,
                fix=did_you_mean(keyword.name.name, names) or f"write {usage}",
            )
    given = {**dict(zip(names, positional, strict=False)), **{k.name.name: k.value for k in node.keywords}}
    missing = [n for n in names if n not in given and n not in combinator.optional]
    twice = len(positional) + len(node.keywords) > len(given) or len(positional) > len(names)
    if missing:
        ctx.fail("E302", f"`{name}` needs `{'` and `'.join(missing)}`", node.span, fix=f"write {usage}")
    if not given:
        ctx.fail("E302", f"`{name}` needs `{'`, `'.join(names)}` or both", node.span, fix=f"write {usage}")
    if twice:
        ctx.fail("E302", f"`{name}` has too many arguments here", node.span, fix=f"write {usage}")
    return combinator, inner, given


def known_combined(ctx: Context, node: ast.Call, known: Known) -> Distribution:
    """The distribution that a combinator makes of the one inside."""
    combinator, inner, given = split(ctx, node)
    base = known(ctx, inner)
    name = node.function.name
    if combinator.needs_cdf and (base.event_rank or base.log_cdf is None or base.log_sf is None):
        ctx.fail(
            "E306",
            f"`{inner.function.name}` has no distribution function, which `{name}` needs",
            inner.span,
            fix="those of single numbers have one, such as `Normal`, `Weibull` and `Poisson`",
        )
    if combinator.of_numbers and base.event_rank:
        ctx.fail(
            "E306", f"`{name}` works on single numbers, and `{inner.function.name}` gives vectors", inner.span
        )
    if combinator.of_counts and not base.discrete:
        ctx.fail(
            "E306",
            f"`{inner.function.name}` is continuous, so it gives 0 with probability 0",
            inner.span,
            fix=f"`Hurdle(p, {inner.function.name}(...))` is for those",
        )
    return combinator.wrap(base, tuple(p.name for p in combinator.parameters if p.name in given))


def combined(
    ctx: Context, node: ast.Call, scope: Scope, event: tuple[ir.Axis, ...], known: Known, build: Build
) -> ir.Density:
    """The density of a combinator: its own arguments, and those of the distribution inside."""
    combinator, inner, given = split(ctx, node)
    kind = known_combined(ctx, node, known)
    own_nodes = [given[p.name] for p in combinator.parameters if p.name in given]
    values = dict(
        zip(
            [p.name for p in combinator.parameters if p.name in given],
            ctx.exprs(own_nodes, scope),
            strict=True,
        )
    )
    axis: ir.Axis | None = None
    if combinator.over_axis:
        weights = values[combinator.parameters[0].name]
        free = [a for a in weights.axes if a not in scope.indices.values()]
        if len(free) != 1:
            ctx.fail(
                "E210",
                f"the weights want one axis of their own, and this has {spoken(free)} besides the statement's",
                weights.span,
                fix="`w[cluster] ~ Dirichlet(1)`, `Mixture(w, ...)`",
            )
        axis = free[0]
        scope = replace(scope.bind([axis]), literal=(axis,))
    base = build(ctx, inner, scope, event)
    args: dict[str, ir.Expr] = dict(values)
    own: dict[str, tuple[ir.Axis | None, ...]] = dict.fromkeys(values, ())
    if axis is not None:
        own[combinator.parameters[0].name] = (axis,)
    ranks = {p.name: p.event_rank for p in base.form}
    for name, arg in base.args.items():
        args[PREFIX + name] = arg
        inside = (*base.own.get(name, ()), *[None] * (ranks[name] - len(base.own.get(name, ()))))
        own[PREFIX + name] = inside if axis is None else (axis if axis in arg.axes else None, *inside)
    if axis is not None and not any(axis in arg.axes for arg in base.args.values()):
        ctx.findings.add(
            "E210",
            f"nothing inside depends on {spoken([axis])}, so all components are alike",
            Label(inner.span),
            fix=f"give a parameter one value per component: `mu[{axis.dim}]`",
        )
        raise Abandoned
    if base.lower is not None or base.upper is not None:
        raise AssertionError("truncation inside a combinator is `Truncated`")
    return ir.Density(node.span, f"{node.function.name}({base.distribution})", kind, args, event, own)
