"""Nets: `decoder(z)` written out as matrix products, biases and activations."""

from __future__ import annotations

from ppl.diagnostic import Label
from ppl.functions import FUNCTIONS
from ppl.graph import densities, ir
from ppl.graph.model import Relation
from ppl.graph.scope import Context, Scope, spoken, union
from ppl.graph.symbols import Variable, did_you_mean, net_weights
from ppl.syntax import ast


def net(ctx: Context, node: ast.Call, declared: ast.Net, scope: Scope) -> ir.Expr:
    """A net applied along its axis."""
    name = declared.ident.name
    if len(node.args) != 1 or node.keywords or node.binders:
        ctx.fail(
            "E302",
            f"the net `{name}` takes one value",
            node.span,
            Label(declared.ident.span, "declared here"),
        )
    value = ctx.expr(node.args[0], scope)
    weights = net_weights(declared)
    for k, layer in enumerate(declared.layers):
        (w_name, (before, after)), (b_name, _) = weights[2 * k], weights[2 * k + 1]
        found = [axis for axis in value.axes if axis.dim == before]
        if len(found) != 1:
            ctx.fail(
                "E210",
                f"the net `{name}` goes along `{before}`, and this has {spoken(value.axes)}",
                node.args[0].span,
                Label(declared.axis.span, "declared here"),
            )
        given = scope.over(after)
        out = given[0] if len(given) == 1 and given[0] != found[0] else ir.Axis(after, after)
        if out in value.axes:
            ctx.fail(
                "E313",
                f"the net `{name}` would have the axis `{after}` twice",
                node.span,
                fix="use a dim of its own for what comes out",
            )
        w = ir.Use(node.span, (found[0], out), "real", False, f"{name}.{w_name}", (found[0], out))
        b = ir.Use(node.span, (out,), "real", False, f"{name}.{b_name}", (out,))
        product = ir.Apply(node.span, union([value.axes, w.axes]), "real", False, "multiply", (value, w))
        axes = (*(a for a in value.axes if a != found[0]), out)
        total = ir.Reduce(node.span, axes, "real", False, "sum", product, (found[0],))
        value = ir.Apply(node.span, axes, "real", False, "add", (total, b))
        if layer.activation is not None:
            value = ir.Apply(node.span, axes, "real", False, _activation(ctx, layer.activation), (value,))
    return value


def _activation(ctx: Context, ident: ast.Ident) -> str:
    name = {"sigmoid": "expit", "logistic": "expit"}.get(ident.name, ident.name)
    row = FUNCTIONS.get(name)
    if row is None or row.role != "elementwise" or row.arity != 1 or row.result == "int":
        known = ["tanh", "relu", "softplus", "sigmoid", "elu", "gelu", "exp", "sin"]
        ctx.fail(
            "E313",
            f"`{ident.name}` is no activation",
            ident.span,
            fix=did_you_mean(ident.name, known) or f"activations are {', '.join(known)}",
        )
    return name


def weight_prior(ctx: Context, variable: Variable, declared: ast.Net) -> Relation:
    """The prior of a net's weights, where it has one."""
    assert declared.prior is not None
    axes = tuple(ir.Axis(name, dim) for name, dim in variable.axes)
    density = densities.density(ctx, declared.prior, Scope(), ())
    if density.kind.event_rank or density.kind.discrete or any(arg.axes for arg in density.args.values()):
        ctx.fail(
            "E313",
            "the prior of a net is one distribution of real numbers for all its weights",
            declared.prior.span,
        )
    return Relation(variable.name, axes, density, None, declared.span)
