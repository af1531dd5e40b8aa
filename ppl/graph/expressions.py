"""Expressions of the program to typed expressions of the graph."""

from __future__ import annotations

import math
from dataclasses import replace

from ppl.diagnostic import Edit, Label, clipped
from ppl.graph import ir
from ppl.graph.calls import call, elementwise
from ppl.graph.references import element, name
from ppl.graph.scope import Context, Scope, spoken, union
from ppl.syntax import ast

MAX_WHOLE = 2**53  # larger whole numbers are not exact
_ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}


def elaborate(ctx: Context, node: ast.Expr, scope: Scope) -> ir.Expr:
    """The typed expression of a node; raises `Abandoned` after recording what is wrong."""
    match node:
        case ast.Number():
            if not math.isfinite(node.value):
                text = clipped(node.text)
                ctx.fail(
                    "E301", f"`{text}` is larger than a number can be", node.span, fix="`inf` is infinity"
                )
            if isinstance(node.value, int) and node.value <= MAX_WHOLE:
                return ir.Constant(node.span, (), "int", True, node.value)
            return ir.Constant(node.span, (), "real", True, float(node.value))
        case ast.Name():
            return name(ctx, node, scope)
        case ast.Element():
            return element(ctx, node, scope)
        case ast.Call():
            return call(ctx, node, scope)
        case ast.Chain(kind="sum"):
            return _sum(ctx, node, scope)
        case ast.Chain(kind="product"):
            return _product(ctx, node, scope)
        case ast.Chain(kind="comparison"):
            return _comparison(ctx, node, scope)
        case ast.Chain():
            return _logical(ctx, node, scope)
        case ast.Negative():
            return _negative(ctx, node, scope)
        case ast.Not():
            operand = _condition(ctx, ctx.expr(node.operand, scope))
            return ir.Apply(node.span, operand.axes, "bool", operand.static, "not", (operand,))
        case ast.Power():
            base, exponent = (elementwise(ctx, e) for e in ctx.exprs([node.base, node.exponent], scope))
            return _apply(node, "power", [base, exponent], _power_kind(base, exponent))
        case ast.IfElse():
            return _select(ctx, node, scope)
        case ast.ArrayLiteral():
            return _array(ctx, node, scope)
        case ast.String():
            ctx.fail(
                "E301",
                f'the label "{node.value}" stands where a number is wanted',
                node.span,
                fix='a label stands in an index, `a["drug"]`; elsewhere write its position: 0, 1, ...',
            )
    raise AssertionError(f"no rule for {type(node).__name__}")


def _apply(node: ast.Node, function: str, args: list[ir.Expr], kind: ir.Kind) -> ir.Expr:
    return ir.Apply(
        node.span, union(a.axes for a in args), kind, all(a.static for a in args), function, tuple(args)
    )


def _number_kind(args: list[ir.Expr]) -> ir.Kind:
    return "real" if any(a.kind == "real" for a in args) else "int"


def _power_kind(base: ir.Expr, exponent: ir.Expr) -> ir.Kind:
    whole = isinstance(exponent, ir.Constant) and exponent.kind == "int" and exponent.value >= 0
    return "int" if whole and base.kind != "real" else "real"


def _sum(ctx: Context, node: ast.Chain, scope: Scope) -> ir.Expr:
    """A sum of any length as one node per run of terms, left to right."""
    terms = [elementwise(ctx, e) for e in ctx.exprs(node.operands, scope)]
    total = terms[0]
    for operator, term in zip(node.operators, terms[1:], strict=True):
        total = _apply(
            replace(node, span=total.span.to(term.span)),
            _ARITHMETIC[operator],
            [total, term],
            _number_kind([total, term]),
        )
    return total


def _product(ctx: Context, node: ast.Chain, scope: Scope) -> ir.Expr:
    factors = ctx.exprs(node.operands, scope)
    total = factors[0]
    for operator, factor in zip(node.operators, factors[1:], strict=True):
        span = total.span.to(factor.span)
        if operator == "@":
            total = _contract(ctx, replace(node, span=span), total, factor, scope)
            continue
        args = [elementwise(ctx, total), elementwise(ctx, factor)]
        kind = "real" if operator == "/" else _number_kind(args)
        total = _apply(replace(node, span=span), _ARITHMETIC[operator], args, kind)
    return total


def _contract(ctx: Context, node: ast.Node, left: ir.Expr, right: ir.Expr, scope: Scope) -> ir.Expr:
    for side in (left, right):
        if not side.axes:
            ctx.fail(
                "E211",
                "`@` sums over an axis, and this has none",
                side.span,
                fix="a plain product is written `*`",
            )
    over = _contracted(left, right)
    if over is None:
        swapped = _contracted(right, left) is not None
        source = ctx.findings.source
        edits: tuple[Edit, ...] = ()
        if swapped and source is not None:
            sides = [source.text[side.span.start : side.span.end] for side in (left, right)]
            edits = (Edit(left.span, sides[1]), Edit(right.span, sides[0]))
        ctx.fail(
            "E211",
            f"`@` sums over the last axis of the left, {spoken(left.axes[-1:])}, "
            f"which is not the first of the right, {spoken(right.axes[:1])}",
            node.span,
            Label(left.span, f"has {spoken(left.axes)}"),
            Label(right.span, f"has {spoken(right.axes)}"),
            fix="exchange the sides" if swapped else "`sum(a * b, axis)` aligns by name",
            edits=edits,
        )
    assert over is not None
    axes = union([[a for a in left.axes if a != over[0]], [a for a in right.axes if a != over[1]]])
    product = ir.Contract(node.span, axes, "real", left.static and right.static, left, right, *over)
    named = tuple(_single(axis, axes, scope) for axis in axes)
    return product if named == axes else ir.Rename(node.span, named, "real", product.static, product)


def _single(axis: ir.Axis, axes: tuple[ir.Axis, ...], scope: Scope) -> ir.Axis:
    """What is left of a matrix when its first axis is summed over is a plain axis, and aligns like one."""
    if not axis.copy or replace(axis, copy=0) in axes:
        return axis
    candidates = scope.over(axis.dim)
    return candidates[0] if len(candidates) == 1 else replace(axis, copy=0)


def _contracted(left: ir.Expr, right: ir.Expr) -> tuple[ir.Axis, ir.Axis] | None:
    """The last axis of the left and the first of the right, if they run over the same dim."""
    last, first = left.axes[-1], right.axes[0]
    return (last, first) if last.dim == first.dim and last.dim else None


def _comparison(ctx: Context, node: ast.Chain, scope: Scope) -> ir.Expr:
    """`a < b <= c` holds where all its steps hold; `first` and `last` take their dim from the other side."""
    sides: list[ir.Expr | None] = [
        None if _is_end(ctx, operand, scope) else elementwise(ctx, ctx.expr(operand, scope))
        for operand in node.operands
    ]
    steps: list[ir.Expr] = []
    for k, operator in enumerate(node.operators):
        left, right = (
            _ended(ctx, node.operands[k], sides[k], sides[k + 1]),
            _ended(ctx, node.operands[k + 1], sides[k + 1], sides[k]),
        )
        steps.append(_apply(node, operator, [left, right], "bool"))
    total = steps[0]
    for step in steps[1:]:
        total = _apply(node, "and", [total, step], "bool")
    return total


def _is_end(ctx: Context, node: ast.Expr, scope: Scope) -> bool:
    return (
        isinstance(node, ast.Name)
        and node.name in ("first", "last")
        and node.name not in ctx.symbols.variables
        and node.name not in scope.locals
    )


def _ended(ctx: Context, node: ast.Expr, side: ir.Expr | None, other: ir.Expr | None) -> ir.Expr:
    if side is not None:
        return side
    assert isinstance(node, ast.Name)
    if other is None or len(other.axes) != 1 or not other.axes[0].dim:
        ctx.fail(
            "E215",
            f"`{node.name}` is compared with an index, and this is none",
            node.span,
            fix=f"as in `where time == {node.name}`",
        )
    assert other is not None
    if node.name == "first":
        return ir.Constant(node.span, (), "int", True, 0)
    return ir.LastPosition(node.span, (), "int", True, other.axes[0].dim)


def _condition(ctx: Context, expr: ir.Expr) -> ir.Expr:
    elementwise(ctx, expr)
    if expr.kind == "real":
        ctx.fail(
            "E301",
            "a condition is wanted here, and this is a real number",
            expr.span,
            fix="compare it: `x > 0`",
        )
    return expr


def _logical(ctx: Context, node: ast.Chain, scope: Scope) -> ir.Expr:
    parts = [_condition(ctx, e) for e in ctx.exprs(node.operands, scope)]
    total = parts[0]
    for part in parts[1:]:
        total = _apply(node, node.kind, [total, part], "bool")
    return total


def _negative(ctx: Context, node: ast.Negative, scope: Scope) -> ir.Expr:
    operand = elementwise(ctx, ctx.expr(node.operand, scope))
    if isinstance(operand, ir.Constant):
        return replace(operand, span=node.span, value=-operand.value)
    return _apply(node, "negative", [operand], _number_kind([operand]))


def _select(ctx: Context, node: ast.IfElse, scope: Scope) -> ir.Expr:
    condition, yes, no = (elementwise(ctx, e) for e in ctx.exprs([node.condition, node.yes, node.no], scope))
    _condition(ctx, condition)
    kind: ir.Kind = "bool" if yes.kind == no.kind == "bool" else _number_kind([yes, no])
    axes = union(part.axes for part in (condition, yes, no))
    static = condition.static and yes.static and no.static
    return ir.Select(node.span, axes, kind, static, condition, yes, no)


def _array(ctx: Context, node: ast.ArrayLiteral, scope: Scope) -> ir.Expr:
    """`[a, b, c]` along the last axis of the statement; a list of lists along the last two."""
    if not scope.literal:
        ctx.fail(
            "E212",
            "an array in brackets runs along the last axis of its statement, and there is none here",
            node.span,
            fix="give it a line of its own, with an axis on the left: `w[k] = [1, 2]`",
        )
    axis = scope.literal[-1]
    inner = replace(scope, literal=scope.literal[:-1])
    if any(isinstance(item, ast.ArrayLiteral) for item in node.items):
        if len(scope.literal) < 2:
            ctx.fail(
                "E212",
                "a list of lists runs along two axes, and there is only one here",
                node.span,
                fix="put both axes on the left side: `P[i in k, j in k] = [[...], [...]]`",
            )
        axis, inner = scope.literal[-2], replace(scope, literal=scope.literal[-1:])
    items = [elementwise(ctx, e) for e in ctx.exprs(node.items, inner)]
    size = ctx.symbols.dims[axis.dim].fixed_size if axis.dim in ctx.symbols.dims else None
    if size is not None and size != len(items):
        ctx.fail(
            "E402",
            f"`{axis.dim}` has {size} places, and {len(items)} values stand here",
            node.span,
            Label(ctx.symbols.dims[axis.dim].span, f"{size} places"),
            fix="give as many values as places",
        )
    axes = (*union([a for a in item.axes if a != axis] for item in items), axis)
    return ir.Stack(node.span, axes, _number_kind(items), all(i.static for i in items), tuple(items), axis)
