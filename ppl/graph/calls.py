"""Calls: functions of elements, reductions, functions along an axis, linear algebra, a program's own functions."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from ppl.diagnostic import Edit, Label, Span
from ppl.distributions import distributions
from ppl.functions import FUNCTIONS, Function
from ppl.graph import densities, ir
from ppl.graph.borrowed import FUNCTIONS as FOREIGN
from ppl.graph.borrowed import asked, suggested
from ppl.graph.nets import net
from ppl.graph.odes import ode
from ppl.graph.scope import Abandoned, Context, Scope, spoken, union
from ppl.graph.spelling import nearest
from ppl.syntax import ast


def call(ctx: Context, node: ast.Call, scope: Scope) -> ir.Expr:
    """A call in an expression."""
    name = node.function.name
    if name == "log_prob":
        return _log_prob(ctx, node, scope)
    if name == "ode":
        return ode(ctx, node, scope)
    own = ctx.symbols.functions.get(name)
    if own is not None:
        return _own(ctx, node, own, scope)
    if name in ctx.symbols.nets:
        return net(ctx, node, ctx.symbols.nets[name], scope)
    if scope.draws and name not in FUNCTIONS:
        return _draw(ctx, node, scope)
    row = FUNCTIONS.get(name)
    if row is None:
        _unknown(ctx, node)
    if node.keywords:
        keyword = node.keywords[0]
        ctx.fail(
            "E302",
            f"the arguments of `{name}` have no names",
            keyword.name.span,
            fix=f"in the order of `{row.signature}`",
            edits=(Edit(Span(keyword.span.start, keyword.value.span.start), ""),),
        )
    if row.role == "elementwise":
        _count(ctx, node, row, len(node.args) + len(node.binders))
        args = ctx.exprs(node.args, scope)
        return apply(ctx, node, name, args, row)
    if row.role == "linear":
        _count(ctx, node, row, len(node.args) + len(node.binders))
        return _linear(ctx, node, row, ctx.exprs(node.args, scope))
    return _over_axes(ctx, node, row, scope)


def _draw(ctx: Context, node: ast.Call, scope: Scope) -> ir.Expr:
    """A draw of a distribution of numbers."""
    name = node.function.name
    kind = densities.known(ctx, node)
    if kind.event_rank or kind.sample is None:
        what = "gives vectors" if kind.event_rank else "has no draws"
        ctx.fail(
            "E315", f"`{name}` {what}, and a draw is one number", node.span, fix="take one of single numbers"
        )
    density = densities.density(ctx, node, scope, ())
    return ir.Draw(node.span, (), "int" if kind.discrete else "real", False, density)


def _unknown(ctx: Context, node: ast.Call) -> NoReturn:
    name = node.function.name
    if name in distributions:
        ctx.fail(
            "E301",
            f"`{name}` is a distribution, and a value is wanted here",
            node.span,
            fix=f"`log_prob({name}(...), x)` is its log density; `x ~ {name}(...)` a statement",
        )
    if name in ctx.symbols.variables:
        ctx.fail(
            "E202",
            f"`{name}` is a variable, not a function",
            node.function.span,
            fix=f"elements stand in square brackets: `{name}[...]`",
        )
    known = [*ctx.symbols.functions, *ctx.symbols.nets, *FUNCTIONS, "log_prob", "ode"]
    close = suggested(name, known, FOREIGN)
    edits = (Edit(node.function.span, close),) if close else ()
    operator = {"pow": "a power is written `x ^ y`", "ifelse": "a choice is written `if c then a else b`"}
    operator |= {
        "dot": "a product that sums is written `x @ y`",
        "dot_product": "a product that sums is written `x @ y`",
    }
    ctx.findings.add(
        "E202",
        f"there is no function `{name}`",
        Label(node.function.span),
        fix=operator.get(name) or asked(close) or "`ppl show functions` lists them",
        edits=() if name in operator else edits,
    )
    raise Abandoned


def _count(ctx: Context, node: ast.Call, row: Function, given: int) -> None:
    if given != row.arity:
        ctx.fail(
            "E302",
            f"`{row.name}` takes {row.arity} value{'s' * (row.arity != 1)}, and {given} stand{'s' * (given == 1)} here",
            node.span,
            fix=f"`{row.signature}`: {row.doc}",
        )


def apply(ctx: Context, node: ast.Node, function: str, args: list[ir.Expr], row: Function) -> ir.Expr:
    """An elementwise function of typed arguments."""
    for arg in args:
        elementwise(ctx, arg)
    if row.result == "same":
        kind: ir.Kind = "real" if any(a.kind == "real" for a in args) else "int"
    else:
        kind = row.result  # type: ignore[assignment]
    return ir.Apply(
        node.span, union(a.axes for a in args), kind, all(a.static for a in args), function, tuple(args)
    )


def elementwise(ctx: Context, arg: ir.Expr) -> ir.Expr:
    """An argument whose axes can be aligned: not a whole matrix over one dim."""
    twice = next((axis for axis in arg.axes if axis.copy), None)
    if twice is not None:
        what = arg.name if isinstance(arg, ir.Use) else "this matrix"
        ctx.fail(
            "E206",
            f"`{what}` has the axis `{twice.dim}` twice, so it can't be aligned by name",
            arg.span,
            fix=f"give it indices: `{what}[i, j]` with `[i in {twice.dim}, j in {twice.dim}]` on the left",
        )
    return arg


def _over_axes(ctx: Context, node: ast.Call, row: Function, scope: Scope) -> ir.Expr:
    """Reductions `sum(x, feature)`, `sum(x, k in 1..n)`, and functions along an axis."""
    if not node.args:
        ctx.fail("E302", f"`{row.name}` wants a value", node.span, fix=f"`{row.signature}`: {row.doc}")
    bound: list[ir.Axis] = []
    ranges: list[ir.IndexRange] = []
    for binder in node.binders:
        axis, limits = _binder(ctx, binder, scope)
        bound.append(axis)
        if limits is not None:
            ranges.append(limits)
    inner = scope.bind(bound)
    arg = ctx.expr(node.args[0], replace(inner, literal=inner.literal))
    over = bound + [_axis(ctx, item, arg, row) for item in node.args[1:]]
    if row.role == "along":
        if len(over) != 1:
            only = arg.axes[0].name if len(arg.axes) == 1 and not over else ""
            ctx.fail(
                "E210",
                f"`{row.name}` goes along one axis, and {'none' if not over else len(over)} is named here",
                node.span,
                fix=f"name it last: `{row.name}(..., {only or 'axis'})`",
                edits=(Edit(Span(node.args[0].span.end, node.args[0].span.end), f", {only}"),)
                if only
                else (),
            )
        return ir.Along(node.span, arg.axes, _kind(row, arg), arg.static, row.name, arg, over[0])
    over = over or list(arg.axes)
    axes = tuple(
        axis
        for axis in union([arg.axes, *(r.upper.axes for r in ranges), *(r.lower.axes for r in ranges)])
        if axis not in over
    )
    if not over and row.name in ("sd", "var"):
        ctx.fail(
            "E210",
            f"`{row.name}` is of several values, and this is a single number",
            arg.span,
            fix=f"`{row.name}` takes an array: `{row.signature}`",
        )
    static = arg.static and all(r.lower.static and r.upper.static for r in ranges)
    return ir.Reduce(node.span, axes, _kind(row, arg), static, row.name, arg, tuple(over), tuple(ranges))


def _kind(row: Function, arg: ir.Expr) -> ir.Kind:
    if row.result == "real":
        return "real"
    return "int" if arg.kind in ("int", "bool") else "real"


def _binder(ctx: Context, binder: ast.Binder, scope: Scope) -> tuple[ir.Axis, ir.IndexRange | None]:
    if binder.stop is None:
        if isinstance(binder.over, ast.Name) and binder.over.name in ctx.symbols.dims:
            return ir.Axis(binder.index.name, binder.over.name), None
        known = ctx.symbols.dims
        given = binder.over.name if isinstance(binder.over, ast.Name) else ""
        close = nearest(given, known)
        ctx.fail(
            "E205",
            f"there is no dim `{given}`" if given else f"`{binder.index.name} in` wants a dim or a range",
            binder.over.span,
            fix=asked(close)
            or f"`{binder.index.name} in lag` for a `dim lag`, or `{binder.index.name} in 1..11`",
            edits=(Edit(binder.over.span, close),) if close else (),
        )
    lower, upper = ctx.exprs([binder.over, binder.stop], scope)
    for end in (lower, upper):
        if end.kind != "int" or not end.static:
            what = "is a real number" if end.static else "is unknown"
            ctx.fail(
                "E301",
                f"a range's ends are whole numbers made of positions and data, and this {what}",
                end.span,
                fix="round it: `floor(...)`"
                if end.static
                else "sum over a dim, with `if` for what is to count",
            )
    axis = ir.Axis(binder.index.name, "", serial=ctx.nodes)
    return axis, ir.IndexRange(axis, lower, upper)


def _axis(ctx: Context, item: ast.Expr, arg: ir.Expr, row: Function) -> ir.Axis:
    """The axis that an argument such as `feature` names."""
    if not isinstance(item, ast.Name):
        ctx.fail(
            "E210",
            f"`{row.name}` takes one value, and behind it the names of axes",
            item.span,
            fix=f"`{row.signature}`",
        )
    found = [axis for axis in arg.axes if axis.name == item.name] or [
        axis for axis in arg.axes if axis.dim == item.name
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        if item.name not in ctx.symbols.dims and item.name not in [axis.name for axis in arg.axes]:
            known = [axis.name for axis in arg.axes]
            close = nearest(item.name, [*known, *ctx.symbols.dims])
            ctx.fail(
                "E205",
                f"there is no axis `{item.name}`",
                item.span,
                fix=asked(close) or f"this has {spoken(arg.axes)}",
                edits=(Edit(item.span, close),) if close else (),
            )
        ctx.fail(
            "E210",
            f"`{row.name}` can't go over `{item.name}`: the value has {spoken(arg.axes)}",
            item.span,
            Label(arg.span, f"has {spoken(arg.axes)}"),
            fix=f"name {'it' if len(arg.axes) == 1 else 'one of these'}"
            if arg.axes
            else "a number has nothing to go over",
        )
    ctx.fail(
        "E206",
        f"`{item.name}` may mean any of {spoken(found)}",
        item.span,
        fix="name the index instead of the dim",
    )
    raise AssertionError


def _linear(ctx: Context, node: ast.Call, row: Function, args: list[ir.Expr]) -> ir.Expr:
    events: list[tuple[ir.Axis, ...]] = []
    for arg, rank in zip(args, row.events, strict=True):
        axes = matrix_axes(arg) if rank == 2 else arg.axes[-1:]
        if len(axes) < rank:
            what = "a matrix (two axes)" if rank == 2 else "a vector (an axis)"
            ctx.fail(
                "E210",
                f"`{row.name}` wants {what}, and this has {spoken(arg.axes)}",
                arg.span,
                fix=f"`{row.signature}`: {row.doc}",
            )
        events.append(axes)
    batch = union([a for a in arg.axes if a not in event] for arg, event in zip(args, events, strict=True))
    first = events[0]
    result: tuple[ir.Axis, ...]
    if row.name == "transpose" and first[0].dim != first[1].dim:
        result = (first[1], first[0])
    elif row.name in ("diag", "outer"):
        second = first[0] if row.name == "diag" else events[1][0]
        result = (first[0], replace(second, copy=1) if second.dim == first[0].dim else second)
    else:
        result = first[: row.event]
    static = all(a.static for a in args)
    return ir.Linear(
        node.span, (*batch, *result), "real", static, row.name, tuple(args), tuple(events), result
    )


def matrix_axes(arg: ir.Expr) -> tuple[ir.Axis, ...]:
    """The two axes of a matrix: the pair over one dim if there is one, else the last two."""
    for second in arg.axes:
        if second.copy:
            first = next((a for a in arg.axes if a.dim == second.dim and not a.copy), None)
            if first is not None:
                return (first, second)
    return arg.axes[-2:]


def _own(ctx: Context, node: ast.Call, own: ast.Function, scope: Scope) -> ir.Expr:
    """A program's own function, written out with its arguments."""
    name = own.ident.name
    given = len(node.args) + len(node.keywords)
    names = [p.name for p in own.parameters]
    strange = next((k.name for k in node.keywords if k.name.name not in names), None)
    if strange is not None:
        close = nearest(strange.name, names)
        ctx.fail(
            "E302",
            f"`{name}` has no parameter `{strange.name}`",
            strange.span,
            Label(own.ident.span, "defined here"),
            fix=asked(close) or f"`{name}({', '.join(names)})`",
            edits=(Edit(strange.span, close),) if close else (),
        )
    if node.binders or given != len(names):
        ctx.fail(
            "E302",
            f"`{name}` takes {len(names)} value{'s' * (len(names) != 1)}, and {given} stand{'s' * (given == 1)} here",
            node.span,
            Label(own.ident.span, "defined here"),
            fix=f"`{name}({', '.join(names)})`",
        )
    if name in _callers(scope):
        chain = [*_callers(scope)[_callers(scope).index(name) :], name]
        ctx.fail(
            "E209",
            f"the function `{name}` calls itself"
            + (": " + " -> ".join(f"`{n}`" for n in chain) if len(chain) > 2 else ""),
            node.span,
            Label(own.ident.span, "defined here"),
            fix="write out the steps; functions do not recurse",
        )
    values = ctx.exprs([*node.args, *(k.value for k in node.keywords)], scope)
    order = [*names[: len(node.args)], *(k.name.name for k in node.keywords)]
    inner = Scope(
        scope.indices,
        scope.literal,
        dict(zip(order, values, strict=True)),
        " > ".join([*_callers(scope), name]),
        scope.depth + 1,
    )
    return ctx.body(own, inner)


def _callers(scope: Scope) -> list[str]:
    return scope.function.split(" > ") if scope.function else []


def _log_prob(ctx: Context, node: ast.Call, scope: Scope) -> ir.Expr:
    if len(node.args) != 2 or not isinstance(node.args[0], ast.Call):
        ctx.fail(
            "E302",
            "`log_prob` takes a distribution and a value, in this order",
            node.span,
            fix="as in `log_prob(Normal(0, 1), x)`",
        )
    distribution = node.args[0]
    assert isinstance(distribution, ast.Call)
    x = ctx.expr(node.args[1], scope)
    rank = densities.event_rank(ctx, distribution)
    event = x.axes[-rank:] if rank else ()
    if rank == 2:
        event = matrix_axes(x)
    if len(event) < rank:
        ctx.fail(
            "E210",
            f"`{distribution.function.name}` speaks of {'a vector' if rank == 1 else 'a matrix'}, "
            f"and this has {spoken(x.axes)}",
            x.span,
            fix=f"the value's last {'axis is' if rank == 1 else 'two axes are'} what one draw fills",
        )
    density = densities.density(ctx, distribution, scope, event)
    return densities.log_prob(node.span, density, x)
