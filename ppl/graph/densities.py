"""A distribution with its arguments: which form is meant, which axes are whose, which values can't be."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NoReturn

from ppl.combinators import combinators
from ppl.diagnostic import Edit, Label, Span
from ppl.distributions import Distribution, Parameter, distributions
from ppl.functions import FUNCTIONS
from ppl.graph import ir
from ppl.graph.borrowed import DISTRIBUTIONS, PARAMETERS, asked, suggested
from ppl.graph.combined import combined, known_combined
from ppl.graph.scope import Abandoned, Context, Scope, spoken, union
from ppl.graph.symbols import Variable
from ppl.supports.continuous import nonnegative, positive, unit_interval
from ppl.syntax import ast


def known(ctx: Context, node: ast.Call) -> Distribution:
    """The distribution that a call names."""
    name = node.function.name
    if name in ctx.symbols.distributions:
        return ctx.own(name)
    if name in distributions:
        return distributions[name]
    if name in combinators:
        return known_combined(ctx, node, known)
    close = suggested(name, [*ctx.symbols.distributions, *distributions, *combinators], DISTRIBUTIONS)
    hint = asked(close)
    if name in FUNCTIONS or name in ctx.symbols.functions:
        ctx.fail(
            "E202",
            f"`{name}` is a function, and a distribution is wanted behind `~`",
            node.function.span,
            fix=hint or "a definition is `name = value`",
        )
    edits = (Edit(node.function.span, close),) if close else ()
    if name in _BY_PRECISION:
        edits = ()
        hint = f"`{close}` takes a standard deviation where BUGS takes a precision: `{_BY_PRECISION[name]}`"
    fix = hint or "`ppl show distributions` lists them"
    ctx.findings.add(
        "E202", f"there is no distribution `{name}`", Label(node.function.span), fix=fix, edits=edits
    )
    raise Abandoned


_BY_PRECISION = {
    "dnorm": "Normal(mean, 1 / sqrt(precision))",
    "dlnorm": "LogNormal(mean, 1 / sqrt(precision))",
    "dt": "StudentT(df, mean, 1 / sqrt(precision))",
}


def is_discrete(ctx: Context, node: ast.Call) -> bool:
    """Whether a call names a distribution of whole numbers, as far as its name tells."""
    own = ctx.symbols.distributions
    while node.function.name in combinators:
        calls = [arg for arg in node.args if isinstance(arg, ast.Call)]
        inner = [call for call in calls if call.function.name in {*distributions, *combinators, *own}]
        if not inner:
            return False
        node = inner[0]
    name = node.function.name
    if name in own:
        kind = own[name].type
        return kind is not None and kind.kind is not None and kind.kind.name in ("int", "bool")
    return name in distributions and distributions[name].discrete


CATEGORIES = (
    "probs",
    "logits",
)  # parameters with one entry per category, so that a draw is a position among them


def event_rank(ctx: Context, node: ast.Call) -> int:
    """How many axes one draw fills."""
    return known(ctx, node).event_rank


def signature(name: str, form: tuple[Parameter, ...]) -> str:
    """A form as one would write it: `Bernoulli(logit = ...)` for those that need a name."""
    first = distributions[name].forms[0] if name in distributions else form
    shown = [p.name if k < len(first) and p == first[k] else f"{p.name} =" for k, p in enumerate(form)]
    return f"{name}({', '.join(shown)})"


def density(
    ctx: Context, node: ast.Call, scope: Scope, event: tuple[ir.Axis, ...], categories: str | None = None
) -> ir.Density:
    """The density of a call for a statement whose draws fill the axes `event`."""
    name = node.function.name
    if name in combinators:
        return combined(ctx, node, scope, event, known, density)
    distribution = known(ctx, node)
    if node.binders:
        ctx.fail(
            "E302",
            f"`{name}` takes no index of its own",
            node.binders[0].span,
            fix="a sum over an index is `sum(x[k], k in obs)`",
        )
    form, nodes = _match(ctx, node, distribution)
    args: dict[str, ir.Expr] = {}
    own: dict[str, tuple[ir.Axis | None, ...]] = {}
    is_whole = True
    for parameter in form:
        item = nodes.get(parameter.name)
        if item is None:
            assert parameter.default is not None
            args[parameter.name] = ir.Constant(node.span, (), "real", True, parameter.default)
            continue
        inner = scope
        if parameter.event_rank > distribution.event_rank and categories is not None:
            inner = replace(scope, literal=(*scope.literal, ir.Axis(categories, categories)))
        try:
            arg = ctx.expr(item, inner)
            own[parameter.name] = _own_axes(ctx, name, parameter, arg, event, scope)
            _can_be(ctx, name, parameter, arg)
            args[parameter.name] = arg
        except Abandoned:
            is_whole = False
    if not is_whole:
        raise Abandoned
    return ir.Density(node.span, name, distribution, args, event, own)


def _match(
    ctx: Context, node: ast.Call, distribution: Distribution
) -> tuple[tuple[Parameter, ...], dict[str, ast.Expr]]:
    """The form that is meant, and the node for each of its parameters."""
    name = node.function.name
    keywords = {k.name.name: k for k in node.keywords}
    every = list(dict.fromkeys(p.name for form in distribution.forms for p in form))
    wrong = [keyword.name for keyword in node.keywords if keyword.name.name not in every]
    for ident in wrong:
        close = suggested(ident.name, every, PARAMETERS)
        ctx.findings.add(
            "E303",
            f"`{name}` has no parameter `{ident.name}`",
            Label(ident.span),
            fix=asked(close) or f"it has {', '.join(f'`{p}`' for p in every)}",
            edits=(Edit(ident.span, close),) if close else (),
        )
    if wrong:
        raise Abandoned
    if len(keywords) < len(node.keywords):
        again = next(
            k for i, k in enumerate(node.keywords) if k.name.name in [b.name.name for b in node.keywords[:i]]
        )
        ctx.fail(
            "E302", f"`{again.name.name}` of `{name}` is given twice", again.span, fix="delete one of them"
        )
    for form in distribution.forms:
        names = [p.name for p in form]
        given = {**dict(zip(names, node.args, strict=False)), **{k: v.value for k, v in keywords.items()}}
        complete = all(p.name in given or p.default is not None for p in form)
        fits = len(node.args) <= len(form) and set(keywords) <= set(names[len(node.args) :])
        if complete and fits:
            return form, given
    return _wrong_arguments(ctx, node, distribution)


def _wrong_arguments(ctx: Context, node: ast.Call, distribution: Distribution) -> NoReturn:
    """Say which argument is missing, too many, or given twice."""
    name = node.function.name
    forms = " or ".join(f"`{signature(name, form)}`" for form in distribution.forms)
    given = len(node.args) + len(node.keywords)
    form = distribution.forms[0]
    keywords = {k.name.name: k for k in node.keywords}
    twice = next((keywords[p.name] for p in form[: len(node.args)] if p.name in keywords), None)
    left = [p.name for p in form[len(node.args) :] if p.name not in keywords and p.default is None]
    span = node.span
    if len(node.args) > len(form) or (given > max(len(f) for f in distribution.forms) and twice is None):
        message = f"`{name}` takes {_counted(len(form))}, and {given} stand{'s' * (given == 1)} here"
        if len(node.args) > len(form):
            span = node.args[len(form)].span.to(node.args[-1].span)
    elif twice is not None:
        message = f"`{twice.name.name}` of `{name}` is given by its place and by its name"
        span = twice.span
    elif left and set(keywords) <= {p.name for p in form}:
        needs = " and ".join(f"`{p}`" for p in left)
        message = f"`{name}` needs {needs}, and has {given or 'no'} argument{'s' * (given != 1)}"
        span = Span(node.span.end - 1, node.span.end) if given else node.span
    else:
        message = f"these arguments of `{name}` don't go together"
    ctx.fail("E302", message, span, fix=f"write {forms}")
    raise AssertionError


def _counted(arguments: int) -> str:
    return "no argument" if arguments == 0 else f"{arguments} argument{'s' * (arguments != 1)}"


def _own_axes(
    ctx: Context, name: str, parameter: Parameter, arg: ir.Expr, event: tuple[ir.Axis, ...], scope: Scope
) -> tuple[ir.Axis | None, ...]:
    """The axes of an argument that belong to the parameter and not to the batch."""
    along = parameter.axes_along(len(event))
    if not along:
        twice = next((axis for axis in arg.axes if axis.copy), None)
        if twice is not None:
            ctx.fail(
                "E206",
                f"`{parameter.name}` of `{name}` is a single number per draw, and this is a matrix over `{twice.dim}`",
                arg.span,
                fix="give it two indices",
            )
        return ()
    if len(along) == 2 and along[0] == along[1] and along[0] is not None:
        return _matrix(ctx, name, parameter, arg, event[along[0]])
    free = _free_axis(ctx, name, parameter, arg, event, scope) if None in along else None
    own = tuple(free if k is None else event[k] if event[k] in arg.axes else None for k in along)
    return own if any(own) else ()


def _free_axis(
    ctx: Context, name: str, parameter: Parameter, arg: ir.Expr, event: tuple[ir.Axis, ...], scope: Scope
) -> ir.Axis:
    """The one axis of an argument that neither the statement nor the draw has."""
    free = [axis for axis in arg.axes if axis not in scope.indices.values() and axis not in event]
    if len(free) != 1:
        fix = f"an array over the categories: `w[category] ~ Dirichlet(1)`, `{name}(w)`"
        if event:
            short = parameter.name
            fix = f"`dim k = 2`, `{short}[k] ~ Normal(0, 1)`, and then `{name}({short}, ...)`"
        ctx.fail(
            "E210",
            f"`{parameter.name}` of `{name}` has one axis of its own, "
            f"and this has {spoken(free)} besides the statement's",
            arg.span,
            fix=fix,
        )
    return free[0]


def _matrix(
    ctx: Context, name: str, parameter: Parameter, arg: ir.Expr, over: ir.Axis
) -> tuple[ir.Axis, ir.Axis]:
    """The rows and columns of a matrix over the dim of one of the draw's axes."""
    dims = [axis for axis in arg.axes if axis.dim == over.dim]
    first = [axis for axis in dims if not axis.copy]
    second = [axis for axis in dims if axis.copy]
    if first and second:
        return first[-1], second[-1]
    if len(first) < 2:
        ctx.fail(
            "E210",
            f"`{parameter.name}` of `{name}` is a matrix over `{over.dim}` twice, and this has {spoken(arg.axes)}",
            arg.span,
            fix="`diag(x)` is the matrix with the vector x on its diagonal"
            if len(arg.axes) == 1
            else f"define one: `K[i in {over.dim}, j in {over.dim}] = ...`",
        )
    return first[-2], first[-1]


def _can_be(ctx: Context, name: str, parameter: Parameter, arg: ir.Expr) -> None:
    """Refuse what is never, or not surely, in the parameter's set: `Normal(0, -1)`, an unbounded latent as a scale."""
    if parameter.support not in (positive, nonnegative, unit_interval) or parameter.event_rank:
        return
    lower, upper = (0.0, 1.0) if parameter.support is unit_interval else (0.0, math.inf)
    if isinstance(arg, ir.Constant):
        if not lower <= arg.value <= upper or (parameter.support is positive and arg.value == 0):
            ctx.fail(
                "E304",
                f"`{parameter.name}` of `{name}` must be {parameter.support.name}, and this is {arg.value:g}",
                arg.span,
                fix=_instead(known_forms(ctx, name), parameter, arg.value),
            )
        return
    if not isinstance(arg, ir.Use) or arg.name not in ctx.ranges:
        return
    low, high = ctx.ranges[arg.name]
    if low < lower or high > upper:
        variable = ctx.symbols.variables[arg.name]
        what = "negative" if low < lower else "larger than 1"
        bound = " > 0" if upper == math.inf else " in (0, 1)"
        edits: tuple[Edit, ...] = ()
        if variable.role == "latent" and len(variable.pieces) == 1:
            piece = variable.pieces[0]
            assert isinstance(piece, ast.Relation)
            if not piece.bounds:
                edits = (Edit(Span(piece.distribution.span.end, piece.distribution.span.end), bound),)
        ctx.findings.add(
            "E304",
            f"`{parameter.name}` of `{name}` must be {parameter.support.name}, and `{arg.name}` may be {what}",
            Label(arg.span),
            Label(variable.span, "declared here"),
            fix=f"truncate its prior: `{_prior(ctx, variable)}{bound}`"
            if variable.role == "latent"
            else f"bound it: `{variable.role} {arg.name}: real{bound}`",
            edits=edits,
        )
        raise Abandoned


def known_forms(ctx: Context, name: str) -> tuple[tuple[Parameter, ...], ...]:
    """The forms of a distribution of the shelf; none for others."""
    return (
        distributions[name].forms if name in distributions and name not in ctx.symbols.distributions else ()
    )


def _instead(forms: tuple[tuple[Parameter, ...], ...], parameter: Parameter, value: float) -> str:
    """What may have been meant by a number that a parameter can't be."""
    names = {p.name for form in forms for p in form}
    if parameter.support is unit_interval and "logit" in names:
        return f"log odds are `logit = {value:g}`"
    if value == 0:
        return "without spread it would be a definition: `name = value`"
    return f"write a number that is {parameter.support.name}"


def _prior(ctx: Context, variable: Variable) -> str:
    """The statement that declares a latent, as it is written, up to its distribution."""
    piece = variable.pieces[0] if variable.pieces else None
    source = ctx.findings.source
    if not isinstance(piece, ast.Relation) or source is None:
        return f"{variable.name} ~ ..."
    text = source.text[piece.target.span.start : piece.distribution.span.end]
    return text if len(text) <= 60 and "\n" not in text else f"{variable.name} ~ ..."


def log_prob(span: Span, density: ir.Density, x: ir.Expr) -> ir.LogProb:
    """The log density at `x` over all batch axes."""
    parts = [[a for a in arg.axes if a not in density.own_axes(name)] for name, arg in density.args.items()]
    event = set(density.event)
    axes = tuple(axis for axis in union([x.axes, *parts]) if axis not in event)
    static = x.static and all(arg.static for arg in density.args.values())
    return ir.LogProb(span, axes, "real", static, density, x)
