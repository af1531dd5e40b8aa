"""Statements to records of the graph: the right side aligned with the left side's axes, and `where`."""

from __future__ import annotations

import math
from dataclasses import replace

from ppl.diagnostic import Edit, Label
from ppl.distributions import Distribution
from ppl.graph import densities, ir
from ppl.graph.left_sides import brackets, keep_axes, left_over, left_side
from ppl.graph.model import Factor, Formula, Relation
from ppl.graph.scope import Abandoned, Context, Scope, spoken
from ppl.graph.symbols import Piece, Variable
from ppl.syntax import ast


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
            left_over(ctx, part, extra, tuple(scope.indices.values()), where, "statement")
        parts.append(part)
    if not parts:
        return None
    total = parts[0]
    for part in parts[1:]:
        axes = tuple(dict.fromkeys((*total.axes, *part.axes)))
        total = ir.Apply(part.span, axes, "bool", True, "and", (total, part))
    return total


def elaborated(ctx: Context, statement: ast.Relation, variable: Variable) -> Relation:
    """A `~` with all its names, axes and types resolved, whatever it is for."""
    target = statement.target
    axes, fixed = left_side(ctx, target, variable)
    scope = _scope(axes, statement.where)
    distribution = densities.known(ctx, statement.distribution)
    rank = distribution.event_rank
    if len(axes) < rank:
        ctx.fail(
            "E210",
            f"`{statement.distribution.function.name}` gives {'a vector' if rank == 1 else 'a matrix'}, "
            f"and `{variable.name}` has {spoken(axes)}",
            target.span,
            fix=f"`dim k = 3`, then `{variable.name}[{', '.join([axes[0].name if axes else 'k'] * rank)}]`",
        )
    event = axes[len(axes) - rank :]
    if rank == 2 and distribution.support.square and event[0].dim != event[1].dim:
        ctx.fail(
            "E210",
            f"`{statement.distribution.function.name}` gives a square matrix, and these axes are {spoken(event)}",
            target.span,
            fix=f"write `{variable.name}[{event[0].name}, {event[0].name}]`",
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
            "E212",
            f"`where` can't select parts of one draw of `{density.distribution}`",
            where.span,
            Label(statement.distribution.span, f"one draw fills {spoken(event)}"),
            fix="`where` may speak of the other axes",
        )
    density = _truncated(ctx, statement, density, distribution, scope, batch)
    if statement.ordered:
        _can_be_ordered(ctx, statement, axes, distribution)
    return Relation(
        variable.name, axes, density, where, statement.span, statement.ordered, statement.target.span
    )


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
    is_flat = not distribution.proper and not any(distribution.forms)  # a bound is all that it is cut by
    if not can and not is_flat:
        wrapped = name.partition("(")[0]
        ctx.fail(
            "E306",
            f"`{name}` can't be truncated",
            statement.bounds[0].span,
            fix=f"truncate inside: `{wrapped}(Truncated(...), ...)`"
            if wrapped != name
            else "delete the bound",
        )
    ends: dict[str, ir.Expr] = {}
    for bound in statement.bounds:
        for side, node in (("lower", bound.lower), ("upper", bound.upper)):
            if node is None:
                continue
            if side in ends:
                ctx.fail(
                    "E306",
                    f"there are two {side} ends",
                    bound.span,
                    fix="keep one of them",
                    edits=(Edit(bound.span, ""),),
                )
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
            "E306",
            f"nothing lies between {lower.value:g} and {upper.value:g}",
            statement.bounds[0].span,
            fix="exchange the ends" if lower.value > upper.value else "bring the ends apart",
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
        name = statement.target.ident.name
        ctx.fail(
            "E212",
            f"`ordered` needs an axis to be ordered along, and `{name}` has none",
            statement.target.span,
            fix=f"`dim k = 2`, then `{name}[k] ~ ... ordered`",
        )
    if distribution.event_rank or distribution.discrete:
        ctx.fail(
            "E306",
            f"`{statement.distribution.function.name}` can't be ordered: only single real numbers can",
            statement.distribution.function.span,
            fix="delete `ordered`",
        )


def prior(ctx: Context, statement: ast.Relation, variable: Variable) -> Relation:
    """`~` that gives a latent its density."""
    return elaborated(ctx, statement, variable)


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
            fix=f"`factor log_prob({statement.distribution.function.name}(...), {variable.name})` adds a log density; "
            "a Jacobian is yours to add",
        )
    relation = elaborated(ctx, statement, variable)
    name = relation.density.distribution
    if relation.density.kind.discrete and variable.kind == "real":
        edits: tuple[Edit, ...] = ()
        if variable.type is not None and variable.type.kind is not None:
            edits = (Edit(variable.type.kind.span, "int"),)
        ctx.findings.add(
            "E305",
            f"`{name}` speaks of whole numbers, and `{variable.name}` is real",
            Label(statement.distribution.function.span),
            Label(variable.span, "declared here"),
            fix=f"declare it `{variable.name}{brackets(variable)}: int`",
            edits=edits,
        )
        raise Abandoned
    for own in map(relation.density.own_axes, densities.CATEGORIES):
        if variable.of is not None and own and own[0].dim != variable.of and not relation.density.event:
            ctx.fail(
                "E208",
                f"`{variable.name}` holds positions of `{variable.of}`, "
                f"and these probabilities run over `{own[0].dim}`",
                statement.distribution.args[0].span
                if statement.distribution.args
                else statement.distribution.span,
                Label(variable.span, f"positions of `{variable.of}`"),
                fix=f"give the probabilities the axis `{variable.of}`",
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
    return Formula(variable.name, axes, value, where, statement.span, statement.target.span)


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
            ctx.fail("E306", "a prediction is not ordered", statement.target.span, fix="delete `ordered`")
        relation = elaborated(ctx, statement, variable)
        if relation.density.kind.sample is None:
            ctx.fail(
                "E306",
                f"`{relation.density.distribution}` has no draws to predict with",
                statement.distribution.span,
                fix=f"say how to draw from it: `dist {relation.density.distribution}(...) = ..., sample = ...`"
                if relation.density.distribution in ctx.symbols.distributions
                else "predict from a distribution that sums to 1",
            )
        return relation
    return formula(ctx, statement, variable)


def static(ctx: Context, node: ast.Expr, scope: Scope, what: str) -> ir.Expr:
    """An expression of data alone."""
    value = ctx.expr(node, scope)
    if not value.static:
        unknown = next(
            (n for n in node.walk() if isinstance(n, ast.Name | ast.Element) and _is_unknown(ctx, n)), None
        )
        name = "" if unknown is None else unknown.name if isinstance(unknown, ast.Name) else unknown.base.name
        ctx.fail(
            "E309",
            f"{what} is made of data and positions only" + (f", and `{name}` is unknown" if name else ""),
            node.span if unknown is None else unknown.span,
            *([Label(ctx.symbols.variables[name].span, "declared here")] if name else []),
            fix=f"`data {name}: ...` would make it known" if name else "",
        )
    return value


def _is_unknown(ctx: Context, node: ast.Name | ast.Element) -> bool:
    known = ctx.symbols.variables.get(node.name if isinstance(node, ast.Name) else node.base.name)
    return known is not None and not known.static
