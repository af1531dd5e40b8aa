"""Names and elements: which variable, which of its axes go with which index, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

from ppl.diagnostic import Edit, Label
from ppl.functions import FUNCTIONS
from ppl.graph import ir
from ppl.graph.scope import Abandoned, Context, Scope
from ppl.graph.symbols import CONSTANTS, Variable, did_you_mean, nearest
from ppl.syntax import ast


def name(ctx: Context, node: ast.Name, scope: Scope) -> ir.Expr:
    """A bare name: a function's parameter, an index, a variable, a dim, or a constant."""
    known = node.name
    if known in scope.locals:
        return scope.locals[known]
    if known in scope.indices:
        axis = scope.indices[known]
        return ir.Position(node.span, (axis,), "int", True, axis)
    if known in ctx.symbols.variables:
        _is_visible(ctx, node, known, scope)
        return _use(ctx, node, ctx.symbols.variables[known], (), scope)
    if known in ctx.symbols.dims:
        axis = ir.Axis(known, known)
        return ir.Position(node.span, (axis,), "int", True, axis)
    if known in CONSTANTS:
        return ir.Constant(node.span, (), "real", True, CONSTANTS[known])
    if known in ("first", "last"):
        ctx.fail("E215", f"`{known}` is compared with an index", node.span, fix=f"`where time == {known}`")
    unknown(ctx, ast.Ident(node.span, known), scope)
    raise AssertionError


def unknown(ctx: Context, ident: ast.Ident, scope: Scope) -> None:
    """The finding for a name that means nothing here."""
    if ident.name in ctx.symbols.poisoned:
        raise Abandoned
    if ident.name in FUNCTIONS or ident.name in ctx.symbols.functions:
        ctx.fail(
            "E201",
            f"`{ident.name}` is a function, and stands here without its arguments",
            ident.span,
            fix=f"`{ident.name}(...)`",
        )
    known = [*scope.indices, *ctx.symbols.variables, *ctx.symbols.dims, *scope.locals, *CONSTANTS]
    close = nearest(ident.name, known)
    edits = (Edit(ident.span, close),) if close else ()
    fix = (
        did_you_mean(ident.name, known)
        or f"declare it: `data {ident.name}: real`, or give it a prior: `{ident.name} ~ ...`"
    )
    ctx.findings.add(
        "E201", f"nothing here is called `{ident.name}`", Label(ident.span), fix=fix, edits=edits
    )
    raise Abandoned


def _is_visible(ctx: Context, node: ast.Node, known: str, scope: Scope) -> None:
    if scope.function is not None:
        ctx.fail(
            "E216",
            f"the function `{scope.function}` uses `{known}`, which is not one of its parameters",
            node.span,
            Label(ctx.symbols.variables[known].span, "declared here"),
            fix=f"hand it in: `fn {scope.function}(..., {known})`",
        )


def element(ctx: Context, node: ast.Element, scope: Scope) -> ir.Expr:
    """`a[i, j]`."""
    base = node.base.name
    if base in scope.locals:
        return _local_element(ctx, node, scope)
    if base not in ctx.symbols.variables:
        if base in scope.indices or base in ctx.symbols.dims:
            ctx.fail("E207", f"`{base}` is an index, which has no elements", node.base.span)
        unknown(ctx, node.base, scope)
    _is_visible(ctx, node.base, base, scope)
    return _use(ctx, node, ctx.symbols.variables[base], node.indices, scope)


def _local_element(ctx: Context, node: ast.Element, scope: Scope) -> ir.Expr:
    """An element of a function's parameter: possible where a whole variable was handed in."""
    whole = scope.locals[node.base.name]
    if isinstance(whole, ir.Use) and whole.name in ctx.symbols.variables:
        variable = ctx.symbols.variables[whole.name]
        return _use(ctx, node, variable, node.indices, replace(scope, function=None))
    ctx.fail("E207", f"`{node.base.name}` is not a variable, so it has no elements", node.span)
    raise AssertionError


def _use(
    ctx: Context, node: ast.Expr, variable: Variable, given: tuple[ast.Expr, ...], scope: Scope
) -> ir.Expr:
    if variable.name in ctx.symbols.poisoned:
        raise Abandoned
    if variable.role == "predict":
        ctx.fail(
            "E217",
            f"`{variable.name}` is predicted: it has no value while the model is fitted",
            node.span,
            Label(variable.span, "declared here"),
        )
    if len(given) > len(variable.axes):
        what = (
            f"{len(variable.axes)} {'axis' if len(variable.axes) == 1 else 'axes'}"
            if variable.axes
            else "no axis"
        )
        ctx.fail(
            "E207",
            f"`{variable.name}` has {what}, and {len(given)} {'index stands' if len(given) == 1 else 'indices stand'} here",
            node.span,
            Label(variable.span, "declared here"),
        )
    indices: list[ir.Axis | ir.Expr] = []
    is_whole = True
    for item, dim in zip(given, variable.dims, strict=False):
        try:
            indices.append(_index(ctx, item, dim, variable, scope))
        except Abandoned:
            is_whole = False
    if not is_whole:
        raise Abandoned
    indices += _aligned(ctx, node, variable, indices, scope)
    axes: dict[ir.Axis, None] = {}
    static = variable.static
    for index in indices:
        if isinstance(index, ir.Expr):
            axes.update(dict.fromkeys(index.axes))
            static = static and index.static
        elif index in axes and variable.dims.count(index.dim) < 2:
            pass
        else:
            axes[index] = None
    return ir.Use(node.span, tuple(axes), variable.kind, static, variable.name, tuple(indices), variable.of)


def _index(ctx: Context, item: ast.Expr, dim: str, variable: Variable, scope: Scope) -> ir.Axis | ir.Expr:
    """One index in brackets, for an axis over `dim`."""
    declared = Label(variable.span, f"runs over `{dim}`")
    if isinstance(item, ast.String):
        labels = ctx.symbols.dims[dim].labels
        if labels is not None and item.value not in labels:
            ctx.fail(
                "E214",
                f'`{dim}` has no label "{item.value}"',
                item.span,
                declared,
                fix=did_you_mean(item.value, labels),
            )
        return ir.LabelPosition(item.span, (), "int", True, dim, item.value)
    if isinstance(item, ast.Name) and item.name not in scope.locals:
        if item.name in ("first", "last") and item.name not in ctx.symbols.variables:
            if item.name == "first":
                return ir.Constant(item.span, (), "int", True, 0)
            return ir.LastPosition(item.span, (), "int", True, dim)
        axis = scope.indices.get(item.name)
        if axis is None and item.name in ctx.symbols.dims:
            axis = ir.Axis(item.name, item.name)
        if axis is not None and axis.dim == dim:
            return axis
        if axis is not None and axis.dim and axis.name not in scope.guards:
            _wrong_axis(ctx, item, axis, dim, variable)
    index = ctx.expr(item, scope)
    if index.kind != "int":
        ctx.fail("E301", f"an index is a whole number, and this is {_a(index.kind)}", item.span, declared)
    of = index.of if isinstance(index, ir.Use) else None
    if of is not None and of != dim:
        ctx.fail("E208", f"this holds positions of `{of}`, but the axis is `{dim}`", item.span, declared)
    size = ctx.symbols.dims[dim].fixed_size if dim in ctx.symbols.dims else None
    if isinstance(index, ir.Constant) and size is not None and not 0 <= index.value < size:
        ctx.fail(
            "E214",
            f"position {index.value} is outside of `{dim}`, which has {size} places, 0 to {size - 1}",
            item.span,
            declared,
        )
    if not index.static and not _is_finite(ctx, index):
        ctx.fail(
            "E309",
            "an index is made of positions, data and finite latents, and this depends on a continuous unknown",
            item.span,
        )
    return index


def _is_finite(ctx: Context, expr: ir.Expr) -> bool:
    """Whether an expression is made of data, positions and latents with finitely many values."""
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, ir.Use) and not node.static:
            if (
                ctx.symbols.variables[node.name].role != "latent"
                or ctx.symbols.variables[node.name].kind == "real"
            ):
                return False
            stack += [i for i in node.indices if isinstance(i, ir.Expr)]
        elif isinstance(node, ir.Apply):
            stack += node.args
        elif isinstance(node, ir.Select):
            stack += [node.condition, node.yes, node.no]
        elif not node.static:
            return False
    return True


def _wrong_axis(ctx: Context, item: ast.Name, axis: ir.Axis, dim: str, variable: Variable) -> None:
    links = [v.name for v in ctx.symbols.variables.values() if v.of == dim and v.dims == (axis.dim,)]
    fix = (
        f"say which {dim} each {axis.dim} belongs to: `{variable.name}[{links[0]}]`"
        if links
        else f"if its position is meant: `{item.name} + 0`"
    )
    edits = (Edit(item.span, links[0]),) if links else ()
    ctx.findings.add(
        "E208",
        f"`{item.name}` runs over `{axis.dim}`, but this axis of `{variable.name}` is `{dim}`",
        Label(item.span),
        Label(variable.span, f"runs over `{dim}`"),
        fix=fix,
        edits=edits,
    )
    raise Abandoned


def _aligned(
    ctx: Context, node: ast.Expr, variable: Variable, given: list[ir.Axis | ir.Expr], scope: Scope
) -> list[ir.Axis | ir.Expr]:
    """The axes that stand without an index, aligned by dim."""
    rest = variable.dims[len(given) :]
    taken = [index for index in given if isinstance(index, ir.Axis)]
    found: list[ir.Axis | ir.Expr] = []
    for k, dim in enumerate(rest):
        if rest.count(dim) > 1:
            found.append(ir.Axis(dim, dim, rest[:k].count(dim)))
            continue
        candidates = [axis for axis in scope.over(dim) if axis not in taken]
        if len(candidates) > 1:
            names = [axis.name for axis in candidates]
            ctx.fail(
                "E206",
                f"`{variable.name}` runs over `{dim}`, for which this statement has {len(names)} indices",
                node.span,
                Label(variable.span, "declared here"),
                fix=f"write `{variable.name}[{names[0]}]` or `{variable.name}[{names[1]}]`",
            )
        found.append(candidates[0] if candidates else ir.Axis(dim, dim))
    return found


def _a(kind: str) -> str:
    return {"real": "a real number", "bool": "a condition", "int": "a whole number"}[kind]
