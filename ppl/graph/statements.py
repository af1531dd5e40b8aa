"""Statements to records of the graph: the left side's axes, the right side aligned with them, and `where`."""

from __future__ import annotations

import math
from dataclasses import replace

from ppl.diagnostic import Edit, Label
from ppl.distributions import Distribution
from ppl.graph import densities, ir
from ppl.graph.model import Factor, Formula, Relation
from ppl.graph.scope import Abandoned, Context, Scope, spoken
from ppl.graph.symbols import Piece, Variable
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
            )
        axes.append(ir.Axis(index.name, dim))
    for k, axis in enumerate(axes):
        if axis in axes[:k]:
            axes[k] = replace(axis, copy=1)  # `L[feature, feature] ~ LKJCholesky(2)`: a matrix
    return tuple(axes), conditions


def _index_count(ctx: Context, target: ast.Target, variable: Variable) -> None:
    want = ", ".join(variable.dims)
    edits = () if target.indices else (Edit(target.span, f"{variable.name}[{want}]"),)
    ctx.findings.add(
        "E207",
        f"`{variable.name}` runs over {', '.join(f'`{d}`' for d in variable.dims) or 'no axis'}, and its left side here has {len(target.indices)} ind{'ex' if len(target.indices) == 1 else 'ices'}",
        Label(target.span),
        Label(variable.span, "declared here"),
        fix=f"write `{variable.name}[{want}]`" if want else f"write `{variable.name}`",
        edits=edits,
    )
    raise Abandoned


def _at(ctx: Context, index: ast.Index, axis: ir.Axis) -> ir.Expr:
    position: ir.Expr
    if isinstance(index.position, str):
        position = ir.LabelPosition(index.span, (), "int", True, axis.dim, index.position)
    else:
        assert index.position is not None
        size = ctx.symbols.dims[axis.dim].fixed_size
        if size is not None and not 0 <= index.position < size:
            ctx.fail(
                "E214",
                f"position {index.position} is outside of `{axis.dim}`, which has {size} places",
                index.span,
            )
        position = ir.Constant(index.span, (), "int", True, index.position)
    here = ir.Position(index.span, (axis,), "int", True, axis)
    return ir.Apply(index.span, (axis,), "bool", True, "==", (here, position))


def _scope(axes: tuple[ir.Axis, ...], where: ast.Expr | None) -> Scope:
    """The indices of a left side, and which of them its `where` guards."""
    guards = (
        frozenset(n.name for n in where.walk() if isinstance(n, ast.Name))
        if where is not None
        else frozenset()
    )
    return Scope({axis.name: axis for axis in axes if not axis.copy}, literal=axes, guards=guards)


def condition(ctx: Context, where: ast.Expr | None, fixed: list[ir.Expr], scope: Scope) -> ir.Expr | None:
    """The conjunction of a `where` and the fixed places on the left side."""
    parts = list(fixed)
    if where is not None:
        part = ctx.expr(where, scope)
        if not part.static:
            ctx.fail(
                "E309",
                "`where` may speak of positions and data only: what is unknown can't select",
                where.span,
                fix="use `if ... then ... else` in the statement",
            )
        if part.kind == "real":
            ctx.fail(
                "E301",
                "`where` wants a condition, and this is a real number",
                where.span,
                fix="compare it: `where x > 0`",
            )
        extra = [axis for axis in part.axes if axis not in scope.indices.values()]
        if extra:
            ctx.fail(
                "E204", f"`where` runs over {spoken(extra)}, which the left side does not have", where.span
            )
        parts.append(part)
    if not parts:
        return None
    total = parts[0]
    for part in parts[1:]:
        axes = tuple(dict.fromkeys((*total.axes, *part.axes)))
        total = ir.Apply(part.span, axes, "bool", True, "and", (total, part))
    return total


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
    fix, edits = (
        f"reduce it, as in `sum(..., {extra[0].name})`, or put `{extra[0].name}` on the left side",
        (),
    )
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
            edits = (
                (Edit(culprit.span, f"{name}[{links[0]}]"),)
                if len(ctx.symbols.variables[name].axes) == 1
                else ()
            )  # type: ignore[assignment]
    subject = f"`{name}`" if name else "this"
    ctx.findings.add(
        "E204",
        f"{subject} runs over {spoken(extra[:1])}, but this {what} has {'only ' if axes else ''}{spoken(axes)}",
        *labels,
        fix=fix,
        edits=edits,
    )
    raise Abandoned


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
            case ir.Use():
                parts = [i for i in node.indices if isinstance(i, ir.Expr)]
            case ir.Reduce() | ir.Along() | ir.Rename():
                parts = [node.arg]
            case ir.LogProb():
                parts = [*node.density.args.values(), node.x]
        deeper = next((p for p in parts if axis in p.axes), None)
        if deeper is None:
            return node
        node = deeper


def _relation(ctx: Context, statement: ast.Relation, variable: Variable) -> Relation:
    target = statement.target
    axes, fixed = left_side(ctx, target, variable)
    scope = _scope(axes, statement.where)
    distribution = densities.known(ctx, statement.distribution)
    rank = distribution.event_rank
    if len(axes) < rank:
        ctx.fail(
            "E210",
            f"`{statement.distribution.function.name}` gives {'a vector' if rank == 1 else 'a matrix'}, and `{variable.name}` has {spoken(axes)}",
            target.span,
            fix=f"write `{variable.name}[{', '.join(['axis'] * rank)}]`",
        )
    event = axes[len(axes) - rank :]
    if rank == 2 and event[0].dim != event[1].dim:
        ctx.fail(
            "E210",
            f"`{statement.distribution.function.name}` gives a square matrix, and these axes are {spoken(event)}",
            target.span,
        )
    try:
        density = densities.density(ctx, statement.distribution, scope, event, variable.of)
    finally:
        where = condition(ctx, statement.where, fixed, scope)
    batch = axes[: len(axes) - rank]
    for name, arg in density.args.items():
        own = density.own_axes(name)
        plain = [axis for axis in arg.axes if axis not in own]
        extra = [axis for axis in plain if axis not in batch]
        if extra:
            left_over(ctx, arg, extra, batch, target, "statement")
    if where is not None and any(axis in event for axis in where.axes):
        ctx.fail(
            "E212", "`where` can't select parts of one draw of a multivariate distribution", statement.span
        )
    density = _truncated(ctx, statement, density, distribution, scope, batch)
    if statement.ordered:
        _can_be_ordered(ctx, statement, axes, distribution)
    return Relation(variable.name, axes, density, where, statement.span, statement.ordered)


def _truncated(
    ctx: Context,
    statement: ast.Relation,
    density: ir.Density,
    distribution: Distribution,
    scope: Scope,
    batch: tuple[ir.Axis, ...],
) -> ir.Density:
    if not statement.bounds:
        return density
    name = density.distribution
    can = (
        distribution.event_rank == 0 and distribution.log_cdf is not None and distribution.log_sf is not None
    )
    if not can and distribution.proper:
        ctx.fail(
            "E306",
            f"`{name}` can't be truncated",
            statement.bounds[0].span,
            Label(statement.distribution.span, "this"),
        )
    ends: dict[str, ir.Expr] = {}
    for bound in statement.bounds:
        for side, node in (("lower", bound.lower), ("upper", bound.upper)):
            if node is None:
                continue
            if side in ends:
                ctx.fail("E306", f"there are two {side} ends", bound.span, fix="keep one of them")
            ends[side] = keep_axes(ctx, ctx.expr(node, scope), batch, statement.target)
            if distribution.discrete:
                operator = bound.lower_op if side == "lower" else bound.upper_op
                ends[side] = _whole_end(ends[side], side == "lower", is_open=operator in ("<", ">"))
    lower, upper = ends.get("lower"), ends.get("upper")
    is_empty = (
        isinstance(lower, ir.Constant)
        and isinstance(upper, ir.Constant)
        and (lower.value > upper.value if distribution.discrete else lower.value >= upper.value)
    )
    if is_empty:
        assert isinstance(lower, ir.Constant)
        assert isinstance(upper, ir.Constant)
        ctx.fail(
            "E306", f"nothing lies between {lower.value:g} and {upper.value:g}", statement.bounds[0].span
        )
    return replace(density, lower=lower, upper=upper)


def _whole_end(end: ir.Expr, is_lower: bool, is_open: bool) -> ir.Expr:
    """The outermost whole number that an end lets through: `> 0` begins at 1, `< 2.5` ends at 2."""
    step = (1 if is_lower else -1) if is_open else 0
    rounding = "floor" if is_lower == is_open else "ceil"
    if isinstance(end, ir.Constant):
        if not math.isfinite(end.value):
            return end
        whole = math.floor(end.value) if rounding == "floor" else math.ceil(end.value)
        return replace(end, kind="int", value=whole + step)
    if end.kind == "real":
        end = ir.Apply(end.span, end.axes, "int", end.static, rounding, (end,))
    if not step:
        return end
    return ir.Apply(
        end.span, end.axes, "int", end.static, "add", (end, ir.Constant(end.span, (), "int", True, step))
    )


def _can_be_ordered(
    ctx: Context, statement: ast.Relation, axes: tuple[ir.Axis, ...], distribution: Distribution
) -> None:
    if not axes:
        ctx.fail("E212", "`ordered` wants an axis to be ordered along", statement.span)
    if distribution.event_rank or distribution.discrete:
        ctx.fail(
            "E306", f"`{statement.distribution.function.name}` can't be ordered", statement.distribution.span
        )


def prior(ctx: Context, statement: ast.Relation, variable: Variable) -> Relation:
    """`~` that gives a latent its density."""
    return _relation(ctx, statement, variable)


def likelihood(ctx: Context, statement: ast.Relation, variable: Variable) -> Relation:
    """`~` about data, or about a definition that is made of data."""
    if variable.name in ctx.symbols.poisoned:
        raise Abandoned
    if variable.role == "param":
        ctx.fail(
            "E219",
            f"`{variable.name}` is a param, a learned value without a prior",
            statement.target.span,
            Label(variable.span, "declared here"),
            fix="delete the `param` line to make it a latent",
        )
    if variable.role == "latent":
        ctx.fail(
            "E219",
            f"`{variable.name}` is declared `latent`, so that only factors speak of it",
            statement.target.span,
            Label(variable.span, "declared here"),
            fix="delete the `latent` line: `~` declares it",
        )
    if variable.role == "definition" and not variable.static:
        ctx.fail(
            "E218",
            f"`{variable.name}` is computed from unknowns, so it is neither data nor a latent",
            statement.target.span,
            Label(variable.span, "defined here"),
            fix=f"`factor log_prob({statement.distribution.function.name}(...), {variable.name})` adds a log density, without the Jacobian",
        )
    relation = _relation(ctx, statement, variable)
    name = relation.density.distribution
    if relation.density.kind.discrete and variable.kind == "real":
        edits = ()
        if variable.type is not None and variable.type.kind is not None:
            edits = (Edit(variable.type.kind.span, "int"),)
        ctx.findings.add(
            "E305",
            f"`{name}` speaks of whole numbers, and `{variable.name}` is real",
            Label(statement.distribution.span),
            Label(variable.span, "declared here"),
            fix=f"declare it `{variable.name}...: int`",
            edits=edits,
        )
        raise Abandoned
    for own in map(relation.density.own_axes, relation.density.own):
        if variable.of is not None and own and own[0].dim != variable.of and not relation.density.event:
            ctx.fail(
                "E208",
                f"`{variable.name}` holds positions of `{variable.of}`, and these probabilities run over `{own[0].dim}`",
                statement.distribution.span,
            )
    return relation


def formula(ctx: Context, statement: ast.Definition, variable: Variable) -> Formula:
    """`name = value`."""
    axes, fixed = left_side(ctx, statement.target, variable)
    scope = _scope(axes, statement.where)
    try:
        value = ctx.expr(statement.value, scope)
    finally:
        where = condition(ctx, statement.where, fixed, scope)
    value = keep_axes(ctx, value, axes, statement.target)
    return Formula(variable.name, axes, value, where, statement.span)


def factor(ctx: Context, statement: ast.Factor, name: str) -> Factor:
    """`factor value`: its axes are whatever the value has."""
    value = ctx.expr(statement.value, Scope())
    where = None
    if statement.where is not None:
        where = condition(ctx, statement.where, [], Scope({axis.name: axis for axis in value.axes}))
    return Factor(name, value, where, statement.span)


def prediction(ctx: Context, statement: Piece, variable: Variable) -> Relation | Formula:
    """A statement under `predict`."""
    if isinstance(statement, ast.Relation):
        if statement.ordered:
            ctx.fail("E306", "a prediction is not ordered", statement.span)
        relation = _relation(ctx, statement, variable)
        if relation.density.kind.sample is None:
            ctx.fail(
                "E306",
                f"`{relation.density.distribution}` has no draws to predict with",
                statement.distribution.span,
            )
        return relation
    return formula(ctx, statement, variable)


def static(ctx: Context, node: ast.Expr, scope: Scope, what: str) -> ir.Expr:
    """An expression of data alone."""
    value = ctx.expr(node, scope)
    if not value.static:
        ctx.fail("E309", f"{what} is made of data and positions only", node.span)
    return value
