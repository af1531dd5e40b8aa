"""The left side of a statement: its axes, the fixed places on it, and what the right side brings in too many."""

from __future__ import annotations

from dataclasses import replace

from ppl.diagnostic import Edit, Label
from ppl.graph import ir
from ppl.graph.scope import Abandoned, Context, spoken
from ppl.graph.symbols import Variable
from ppl.syntax import ast


def left_side(
    ctx: Context, target: ast.Target, variable: Variable
) -> tuple[tuple[ir.Axis, ...], list[ir.Expr]]:
    """The axes of a statement, and the conditions that fixed places (`x[0]`) stand for."""
    if variable.name in ctx.symbols.poisoned:
        raise Abandoned
    if len(target.indices) != len(variable.axes):
        _index_count(ctx, target, variable)
    axes: list[ir.Axis] = []
    conditions: list[ir.Expr] = []
    for index, (name, dim) in zip(target.indices, variable.axes, strict=True):
        if index.dim is None:
            if not dim:
                ctx.fail(
                    "E207",
                    f"no piece of `{variable.name}` says which axis this is",
                    index.span,
                    fix="name the dim in another piece",
                )
            axis = ir.Axis(name or dim, dim)
            axes.append(axis)
            conditions.append(_at(ctx, index, axis))
            continue
        if index.dim.name not in ctx.symbols.dims:
            raise Abandoned  # said when the names were collected
        if index.dim.name != dim:
            ctx.fail(
                "E208",
                f"this axis of `{variable.name}` is `{dim}`, not `{index.dim.name}`",
                index.span,
                Label(variable.span, "declared here"),
                fix=f"write `{variable.name}{brackets(variable)}`",
                edits=(Edit(target.span, f"{variable.name}{brackets(variable)}"),),
            )
        axes.append(ir.Axis(index.name, dim))
    for k, axis in enumerate(axes):
        if axis in axes[:k]:
            axes[k] = replace(axis, copy=1)  # `L[feature, feature] ~ LKJCholesky(2)`: a matrix
    return tuple(axes), conditions


def _index_count(ctx: Context, target: ast.Target, variable: Variable) -> None:
    want = ", ".join(variable.dims)
    over = ", ".join(f"`{d}`" for d in variable.dims) or "no axis"
    count = len(target.indices)
    given = "no index" if count == 0 else "1 index" if count == 1 else f"{count} indices"
    edits = () if target.indices else (Edit(target.span, f"{variable.name}[{want}]"),)
    ctx.findings.add(
        "E207",
        f"`{variable.name}` runs over {over}, and its left side here has {given}",
        Label(target.span),
        Label(variable.span, "declared here"),
        fix=f"write `{variable.name}[{want}]`" if want else f"write `{variable.name}`",
        edits=edits,
    )
    raise Abandoned


def brackets(variable: Variable) -> str:
    """The axes of a variable as one writes them behind its name."""
    return f"[{', '.join(variable.dims)}]" if variable.dims else ""


def _at(ctx: Context, index: ast.Index, axis: ir.Axis) -> ir.Expr:
    position: ir.Expr
    if isinstance(index.position, str):
        position = ir.LabelPosition(index.span, (), "int", True, axis.dim, index.position)
    else:
        assert index.position is not None
        if not isinstance(index.position, int):
            ctx.fail("E301", f"a position is a whole number, not {index.position}", index.span)
        size = ctx.symbols.dims[axis.dim].fixed_size
        if size is not None and not 0 <= index.position < size:
            ctx.fail(
                "E214",
                f"position {index.position} is outside of `{axis.dim}`, which has {size} places, 0 to {size - 1}",
                index.span,
                fix=f"positions count from 0: the last is {size - 1}" if index.position == size else "",
            )
        position = ir.Constant(index.span, (), "int", True, index.position)
    here = ir.Position(index.span, (axis,), "int", True, axis)
    return ir.Apply(index.span, (axis,), "bool", True, "==", (here, position))


def keep_axes(
    ctx: Context, value: ir.Expr, axes: tuple[ir.Axis, ...], target: ast.Node, what: str = "statement"
) -> ir.Expr:
    """The value, if it runs over nothing but the left side's axes; a whole matrix takes the left side's index names."""
    renamed = []
    for axis in value.axes:
        same = [a for a in axes if a.dim == axis.dim and a.dim]
        is_free = axis not in axes and axis.name == axis.dim
        pair = len(same) == 2 and sum(a.dim == axis.dim for a in value.axes) == 2
        renamed.append(same[axis.copy] if pair and (is_free or axis.copy) else axis)
    if tuple(renamed) != value.axes:
        value = ir.Rename(value.span, tuple(renamed), value.kind, value.static, value)
    extra = [axis for axis in value.axes if axis not in axes]
    if extra:
        left_over(ctx, value, extra, axes, target, what)
    return value


def left_over(
    ctx: Context, value: ir.Expr, extra: list[ir.Axis], axes: tuple[ir.Axis, ...], target: ast.Node, what: str
) -> None:
    """The finding for an axis that the left side does not have, at the innermost place that brings it in."""
    culprit = _culprit(value, extra[0])
    dim = extra[0].dim
    labels = [Label(culprit.span, f"runs over `{dim or extra[0].name}`")]
    fix, edits = _advice(ctx, value, extra, target)
    name = culprit.name if isinstance(culprit, ir.Use) else None
    if name is not None:
        labels.append(Label(ctx.symbols.variables[name].span, f"one per {dim}"))
        links = [
            v.name
            for v in ctx.symbols.variables.values()
            if v.of == dim and len(v.axes) == 1 and v.dims[0] in [a.dim for a in axes]
        ]
        if links:
            fix = f"say which {dim} each {axes[-1].dim} belongs to: `{name}[{links[0]}]`"
            is_plain = len(ctx.symbols.variables[name].axes) == 1
            edits = (Edit(culprit.span, f"{name}[{links[0]}]"),) if is_plain else ()
        elif len(axes) == 1 and ctx.symbols.variables[name].dims == (dim,) and dim:
            here = axes[0].dim
            if ctx.symbols.variables[name].role == "data":
                fix = f"if there is one per {here}, declare `{name}[{here}]`; if not, say which {dim} each {here} has"
            else:
                fix = f"say which {dim} each {here} has: `data {dim}_of[{here}]: {dim}`, then `{name}[{dim}_of]`"
    subject = f"`{name}`" if name else "this"
    ctx.findings.add(
        "E204",
        f"{subject} runs over {spoken(extra[:1])}, but this {what} has {'only ' if axes else ''}{spoken(axes)}",
        *labels,
        fix=fix,
        edits=edits,
    )
    raise Abandoned


def _advice(
    ctx: Context, value: ir.Expr, extra: list[ir.Axis], target: ast.Node
) -> tuple[str, tuple[Edit, ...]]:
    """What to do about an axis too many, in the words of the statement."""
    source = ctx.findings.source
    names = ", ".join(axis.name for axis in extra)
    if isinstance(target, ast.Target) and not target.indices and all(a.name == a.dim for a in extra):
        whole = f"{target.ident.name}[{names}]"
        return f"write `{whole}` on the left side", (Edit(target.span, whole),)
    text = source.text[value.span.start : value.span.end] if source is not None else "..."
    text = text if len(text) <= 30 and "\n" not in text else "..."
    return f"reduce it: `sum({text}, {extra[0].name})`; or put `{extra[0].name}` on the left side", ()


def _culprit(value: ir.Expr, axis: ir.Axis) -> ir.Expr:
    """The deepest expression that has the axis and is not made of one that has it."""
    node = value
    while True:
        parts: list[ir.Expr] = []
        match node:
            case ir.Apply():
                parts = list(node.args)
            case ir.Select():
                parts = [node.condition, node.yes, node.no]
            case ir.Contract():
                parts = [node.left, node.right]
            case ir.Use():  # `y[time - 1]`: it is `y` that brings in `time`; `a[group]` has it from `group`
                parts = [i for i in node.indices if isinstance(i, ir.Use)]
            case ir.Reduce() | ir.Along() | ir.Rename():
                parts = [node.arg]
            case ir.LogProb():
                parts = [*node.density.args.values(), node.x]
        deeper = next((p for p in parts if axis in p.axes), None)
        if deeper is None:
            return node
        node = deeper
