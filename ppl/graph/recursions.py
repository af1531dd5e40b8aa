"""Definitions that refer to their own past: along which axis, and that it is the past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ppl.diagnostic import Label
from ppl.graph import ir
from ppl.graph.model import Formula
from ppl.graph.scope import Context


def parts(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """The expressions that one is made of."""
    match expr:
        case ir.Apply():
            return expr.args
        case ir.Select():
            return (expr.condition, expr.yes, expr.no)
        case ir.Contract():
            return (expr.left, expr.right)
        case ir.Use():
            return tuple(i for i in expr.indices if isinstance(i, ir.Expr))
        case ir.Reduce():
            ends = tuple(e for limits in expr.ranges for e in (limits.lower, limits.upper))
            return (*ends, expr.arg)
        case ir.Along() | ir.Rename():
            return (expr.arg,)
        case ir.Linear():
            return expr.args
        case ir.Stack():
            return expr.items
        case ir.Ode():
            return (expr.rate, expr.start, expr.begin, expr.times)
        case ir.Draw():
            return tuple(expr.density.args.values())
        case ir.LogProb():
            found = [*expr.density.args.values(), expr.x]
            return tuple(found + [e for e in (expr.density.lower, expr.density.upper) if e is not None])
    return ()


def uses(expr: ir.Expr, names: frozenset[str]) -> Iterator[ir.Use]:
    """The places in an expression where any of some variables is used."""
    stack, seen = [expr], set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ir.Use) and node.name in names:
            yield node
        stack.extend(parts(node))


def check_recursion(
    ctx: Context, group: tuple[str, ...], formulas: Mapping[str, tuple[Formula, ...]]
) -> None:
    """Every use of a group's own variables must go back along one and the same axis; raises `Abandoned`."""
    names = frozenset(group)
    found: dict[str, ir.Use] = {}
    for name in group:
        for formula in formulas.get(name, ()):
            for use in uses(formula.value, names):
                _check_use(ctx, use, formula, found)
    if len(found) > 1:
        first, second = list(found.values())[:2]
        ctx.fail(
            "E209",
            f"this goes back along `{list(found)[1]}`, and elsewhere along `{next(iter(found))}`",
            second.span,
            Label(first.span, f"along `{next(iter(found))}`"),
            fix="a recursion runs along one axis",
        )


def _check_use(ctx: Context, use: ir.Use, formula: Formula, found: dict[str, ir.Use]) -> None:
    moved = [k for k, index in enumerate(use.indices) if isinstance(index, ir.Expr)]
    variable = ctx.symbols.variables[use.name]
    along = [variable.dims[k] for k in moved]
    if not moved:
        if use.name == formula.name:
            ctx.fail(
                "E209",
                f"`{use.name}` is made of itself at the same place",
                use.span,
                fix="refer to the past only: `x[time - 1]`, with `where` for the start",
            )
        return
    found.setdefault(along[0], use)
    index = use.indices[moved[0]]
    assert isinstance(index, ir.Expr)
    lag = lag_of(index)
    if lag is not None and (lag < 0 or (lag == 0 and use.name == formula.name)):
        what = "itself at the same place" if lag == 0 else "its own future"
        ctx.fail(
            "E209", f"`{use.name}` is made of {what}", use.span, fix="refer to the past only: `x[time - 1]`"
        )


def lag_of(index: ir.Expr) -> int | None:
    """k where an index is `time - k`; None where it is something else."""
    if isinstance(index, ir.Position):
        return 0 if index.axis.dim else None
    if (
        isinstance(index, ir.Apply)
        and index.function in ("add", "subtract")
        and isinstance(index.args[0], ir.Position)
    ):
        if not index.args[0].axis.dim:
            return None
        step = index.args[1]
        if isinstance(step, ir.Constant) and isinstance(step.value, int):
            return step.value if index.function == "subtract" else -step.value
    return None
