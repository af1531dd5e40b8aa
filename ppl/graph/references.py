"""Names and elements: which variable, which of its axes go with which index, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

from ppl.diagnostic import Edit, Label
from ppl.functions import FUNCTIONS
from ppl.graph import ir
from ppl.graph.borrowed import asked
from ppl.graph.scope import Abandoned, Context, Scope
from ppl.graph.spelling import is_misdeclared, nearest
from ppl.graph.symbols import CONSTANTS, Variable
from ppl.syntax import ast
from ppl.syntax.grammar import KEYWORDS


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
        ctx.fail(
            "E215",
            f"`{known}` is compared with an index, and stands alone here",
            node.span,
            fix=f"as in `where time == {known}`",
        )
    unknown(ctx, ast.Ident(node.span, known), scope)
    raise AssertionError


def unknown(ctx: Context, ident: ast.Ident, scope: Scope, axes: str = "") -> None:
    """The finding for a name that means nothing here; `axes` is what stands behind it in brackets."""
    if ident.name in KEYWORDS:
        ctx.fail(
            "E104",
            f"`{ident.name}` is a word of the language, so it can't be a name",
            ident.span,
            fix=f"call it `{ident.name}_`",
        )
    if ident.name in ctx.symbols.poisoned:
        raise Abandoned
    known = [*scope.indices, *ctx.symbols.variables, *ctx.symbols.dims, *scope.locals, *CONSTANTS]
    _misdeclared(ctx, ident, nearest(ident.name, known))
    if ident.name in FUNCTIONS or ident.name in ctx.symbols.functions:
        ctx.fail(
            "E201",
            f"`{ident.name}` is a function, and stands here without its arguments",
            ident.span,
            fix=f"`{ident.name}(...)`",
        )
    close = nearest(ident.name, [*known, "first", "last"])
    named = [axis.name for axis in scope.indices.values() if axis.name != axis.dim]
    if len(ident.name) == 1 and not axes and (named or (scope.indices and close is None)):
        close = None
        fix = f"the indices here are {', '.join(f'`{i}`' for i in scope.indices)}"
    else:
        whole = ident.name + axes
        other = next((v for v in ctx.symbols.variables.values() if ident.name in dict(v.axes)), None)
        fix = asked(close) or f"declare it: `data {whole}: real`, or give it a prior: `{whole} ~ ...`"
        if close is None and other is not None:
            fix = f"`{ident.name}` is an index of `{other.name}`; elsewhere it means nothing"
    edits = (Edit(ident.span, close),) if close else ()
    ctx.findings.add(
        "E201", f"nothing here is called `{ident.name}`", Label(ident.span), fix=fix, edits=edits
    )
    raise Abandoned


def _misdeclared(ctx: Context, ident: ast.Ident, close: str | None) -> None:
    """The finding for a name that is right, where the one slip is in its declaration; said once."""
    place = None if close is None else ctx.symbols.place(close)
    source = ctx.findings.source
    if close is None or place is None or source is None or not is_misdeclared(source.text, ident.name, close):
        return
    ctx.symbols.poisoned.add(ident.name)
    ctx.fail(
        "E201",
        f"nothing here is called `{ident.name}`",
        ident.span,
        Label(place, f"`{close}` is used nowhere"),
        fix=f"did you mean `{ident.name}` there?",
        edits=(Edit(place, ident.name),),
    )


def _is_visible(ctx: Context, node: ast.Node, known: str, scope: Scope) -> None:
    if scope.function is not None:
        name = scope.function.rpartition(" > ")[2]
        word = "fn" if name in ctx.symbols.functions else "dist"
        parameters = [p for p in scope.locals if " " not in p]
        ctx.fail(
            "E216",
            f"the {'function' if word == 'fn' else 'distribution'} `{name}` uses `{known}`, "
            "which is not one of its parameters",
            node.span,
            Label(ctx.symbols.variables[known].span, "declared here"),
            fix=f"hand it in: `{word} {name}({_handed(word, parameters, known)})`",
        )


def _handed(word: str, parameters: list[str], known: str) -> str:
    """The parameters of a function, or of a distribution of one's own, with another one."""
    if word == "fn":
        return ", ".join([*parameters, known])
    return f"{parameters[0]} | {', '.join([*parameters[1:], known])}"


def element(ctx: Context, node: ast.Element, scope: Scope) -> ir.Expr:
    """`a[i, j]`."""
    base = node.base.name
    if base in scope.locals:
        return _local_element(ctx, node, scope)
    if base not in ctx.symbols.variables:
        if base in scope.indices or base in ctx.symbols.dims:
            ctx.fail(
                "E207",
                f"`{base}` is an index, which has no elements",
                node.base.span,
                fix=f"`{base}` alone is its position",
            )
        names = [i.name if isinstance(i, ast.Name) else "..." for i in node.indices]
        unknown(ctx, node.base, scope, f"[{', '.join(names)}]")
    _is_visible(ctx, node.base, base, scope)
    return _use(ctx, node, ctx.symbols.variables[base], node.indices, scope)


def _local_element(ctx: Context, node: ast.Element, scope: Scope) -> ir.Expr:
    """An element of a function's parameter: possible where a whole variable was handed in."""
    whole = scope.locals[node.base.name]
    if isinstance(whole, ir.Use) and whole.name in ctx.symbols.variables:
        variable = ctx.symbols.variables[whole.name]
        return _use(ctx, node, variable, node.indices, replace(scope, function=None))
    ctx.fail(
        "E207",
        f"`{node.base.name}` was handed in as a computed value, so it has no elements",
        node.span,
        fix="define it first, as in `let u[obs] = ...`, and hand in `u`",
    )
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
            Label(variable.span, "predicted here"),
            fix=f"without `predict` it would be part of the model; or put `predict` before what uses `{variable.name}`",
        )
    if len(given) > len(variable.axes):
        what = (
            f"{len(variable.axes)} {'axis' if len(variable.axes) == 1 else 'axes'}"
            if variable.axes
            else "no axis"
        )
        ctx.fail(
            "E207",
            f"`{variable.name}` has {what}, "
            f"and {len(given)} {'index stands' if len(given) == 1 else 'indices stand'} here",
            node.span,
            Label(variable.span, "declared here"),
            fix=f"write `{variable.name}`"
            if not variable.axes
            else f"its axes are {', '.join(f'`{d}`' for d in variable.dims)}",
            edits=(Edit(node.span, variable.name),) if not variable.axes else (),
        )
    _in_order(ctx, node, variable, given, scope)
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


def _in_order(
    ctx: Context, node: ast.Expr, variable: Variable, given: tuple[ast.Expr, ...], scope: Scope
) -> None:
    """Refuse `x[column, row]` where the axes of `x` are row and column."""
    names = [item.name for item in given if isinstance(item, ast.Name) and item.name not in scope.locals]
    dims = [scope.indices[n].dim if n in scope.indices else n for n in names]
    if len(set(dims)) < 2 or tuple(dims) == variable.dims or sorted(dims) != sorted(variable.dims):
        return
    want = ", ".join(sorted(names, key=lambda n: variable.dims.index(dims[names.index(n)])))
    ctx.fail(
        "E208",
        f"the axes of `{variable.name}` are {' and '.join(f'`{d}`' for d in variable.dims)}, in this order",
        node.span,
        Label(variable.span, "declared here"),
        fix=f"write `{variable.name}[{want}]`",
        edits=(Edit(node.span, f"{variable.name}[{want}]"),),
    )


def _index(ctx: Context, item: ast.Expr, dim: str, variable: Variable, scope: Scope) -> ir.Axis | ir.Expr:
    """One index in brackets, for an axis over `dim`."""
    declared = Label(variable.span, f"runs over `{dim}`")
    if isinstance(item, ast.String):
        labels = ctx.symbols.dims[dim].labels
        if labels is not None and item.value not in labels:
            close = nearest(item.value, labels)
            ctx.fail(
                "E214",
                f'`{dim}` has no label "{item.value}"',
                item.span,
                declared,
                fix=f'did you mean "{close}"?' if close else f"its labels are {', '.join(labels[:8])}",
                edits=(Edit(item.span, f'"{close}"'),) if close else (),
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
        _not_whole(ctx, item, index, dim, declared)
    of = index.of if isinstance(index, ir.Use) else None
    if of is not None and of != dim:
        assert isinstance(index, ir.Use)
        ctx.fail(
            "E208",
            f"`{index.name}` holds positions of `{of}`, but this axis of `{variable.name}` is `{dim}`",
            item.span,
            declared,
            Label(ctx.symbols.variables[index.name].span, f"positions of `{of}`"),
            fix=f"index it by positions of `{dim}`, or give `{variable.name}` the axis `{of}`",
        )
    size = ctx.symbols.dims[dim].fixed_size if dim in ctx.symbols.dims else None
    if isinstance(index, ir.Constant) and size is not None and not 0 <= index.value < size:
        ctx.fail(
            "E214",
            f"position {index.value} is outside of `{dim}`, which has {size} places, 0 to {size - 1}",
            item.span,
            declared,
            fix=f"positions count from 0: the last is {size - 1}" if index.value == size else "",
        )
    if not index.static and not _is_finite(ctx, index):
        ctx.fail(
            "E309",
            "an index is made of positions, data and finite latents, and this depends on a continuous unknown",
            item.span,
            fix="draw it as a whole number: `k ~ Categorical(w)`, or choose by `if ... then ... else`",
        )
    return index


def _not_whole(ctx: Context, item: ast.Expr, index: ir.Expr, dim: str, declared: Label) -> None:
    variable = ctx.symbols.variables.get(index.name) if isinstance(index, ir.Use) else None
    fix = ""
    edits: tuple[Edit, ...] = ()
    if variable is not None and variable.role == "data" and variable.type is not None and variable.type.kind:
        fix = f"declare what it holds: `data {variable.name}{_brackets(variable)}: {dim}`"
        edits = (Edit(variable.type.kind.span, dim),)
    elif index.static and index.kind == "real" and ctx.findings.source is not None:
        whole = f"floor({ctx.findings.source.text[item.span.start : item.span.end]})"
        fix, edits = f"write `{whole}`", (Edit(item.span, whole),)
    elif not index.static:
        fix = "only data, positions and finite latents index: `z ~ Categorical(w)`, then `mu[z]`"
    ctx.fail(
        "E301",
        f"an index is a whole number, and this is {_a(index.kind)}",
        item.span,
        declared,
        fix=fix,
        edits=edits,
    )


def _brackets(variable: Variable) -> str:
    return f"[{', '.join(variable.dims)}]" if variable.dims else ""


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
