"""`ode(f, y0, t0, times, args...)`: the function written out over a state and a time of its own."""

from __future__ import annotations

from ppl.diagnostic import Label
from ppl.graph import ir
from ppl.graph.scope import Context, Scope, spoken
from ppl.graph.symbols import Variable
from ppl.syntax import ast

USAGE = "`ode(f, y0, t0, times, args...)` with `fn f(t, y, args...) = [...]`"


def ode(ctx: Context, node: ast.Call, scope: Scope) -> ir.Expr:
    """The solution at `times` as an array [times' axis, state's axis]."""
    if len(node.args) < 4 or node.keywords or node.binders:
        ctx.fail("E302", "`ode` takes a function, a start, a time and times", node.span, fix=USAGE)
    own = _rate_function(ctx, node)
    start, begin, times, *args = ctx.exprs(node.args[1:], scope)
    if not start.axes:
        ctx.fail(
            "E210",
            "the start of an `ode` runs over the state's axis, and this has none",
            start.span,
            fix=USAGE,
        )
    if len(times.axes) != 1 or begin.axes:
        ctx.fail(
            "E210",
            f"an `ode` is asked for at times along one axis, and this has {spoken(times.axes)}",
            times.span,
        )
    for expr in (begin, times):
        if not expr.static:
            ctx.fail("E309", "the times of an `ode` are made of data and positions only", expr.span)
    state, time = start.axes[-1], times.axes[0]
    known = set(scope.indices.values()) - {state, time}
    batch = tuple(dict.fromkeys(a for expr in (start, *args) for a in expr.axes if a in known))
    stray = [a for a in start.axes if a != state and a not in batch]
    if stray:
        ctx.fail(
            "E204", f"the start runs over {spoken(stray)}, which this statement does not have", start.span
        )
    rate, names = _rate(ctx, node, own, state, batch, args, scope)
    stray = [a for a in rate.axes if a not in (*batch, state)]
    if stray:
        ctx.fail(
            "E204",
            f"the rate of change runs over {spoken(stray)}, which the state does not have",
            own.result.span,
            Label(node.span, "asked for here"),
        )
    static = start.static and all(arg.static for arg in args)
    return ir.Ode(
        node.span,
        (*batch, time, state),
        "real",
        static,
        rate,
        *names,
        start,
        begin,
        times,
        state,
        time,
        batch,
    )


def _rate_function(ctx: Context, node: ast.Call) -> ast.Function:
    first = node.args[0]
    own = ctx.symbols.functions.get(first.name) if isinstance(first, ast.Name) else None
    if own is None:
        ctx.fail("E302", "`ode` wants the name of a function first", first.span, fix=USAGE)
    assert own is not None
    want = len(node.args) - 4 + 2
    if len(own.parameters) != want:
        ctx.fail(
            "E302",
            f"`{own.ident.name}` takes {len(own.parameters)} values, and `ode` hands it {want}: "
            "the time, the state, and what follows the times",
            node.span,
            Label(own.ident.span, "defined here"),
            fix=USAGE,
        )
    return own


def _rate(
    ctx: Context,
    node: ast.Call,
    own: ast.Function,
    state: ir.Axis,
    batch: tuple[ir.Axis, ...],
    args: list[ir.Expr],
    scope: Scope,
) -> tuple[ir.Expr, tuple[str, str]]:
    """The function's result, and the names of the state and the time in it."""
    state_name, time_name = (f"{what} of {own.ident.name} {ctx.nodes}" for what in ("state", "time"))
    axes = tuple((axis.name, axis.dim) for axis in (state, *batch))
    span = own.ident.span
    ctx.symbols.variables[state_name] = Variable(state_name, "state", span, axes, kept=False)
    ctx.symbols.variables[time_name] = Variable(time_name, "state", span, (), kept=False)
    inner = Scope(
        {**scope.indices, **{axis.name: axis for axis in (state, *batch)}},
        (state,),
        {
            own.parameters[0].name: ir.Use(node.span, (), "real", False, time_name, ()),
            own.parameters[1].name: ir.Use(
                node.span, (state, *batch), "real", False, state_name, (state, *batch)
            ),
            **{p.name: arg for p, arg in zip(own.parameters[2:], args, strict=True)},
        },
        own.ident.name,
        scope.depth + 1,
    )
    return ctx.body(own, inner), (state_name, time_name)
