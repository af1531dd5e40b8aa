"""Nets: `decoder(z)` written out as matrix products, biases and activations."""

from __future__ import annotations

from collections.abc import Callable

from ppl.diagnostic import Findings, Label
from ppl.functions import FUNCTIONS
from ppl.graph import densities, ir
from ppl.graph.model import Relation
from ppl.graph.scope import Context, Scope, spoken, union
from ppl.graph.spelling import did_you_mean
from ppl.graph.symbols import DimSymbol, Role, Symbols, Variable
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
            fix="`~ Normal(0, 1)`",
        )
    return Relation(variable.name, axes, density, None, declared.span)


def declare_net(
    net: ast.Net, symbols: Symbols, findings: Findings, unknown_dim: Callable[[ast.Ident], None]
) -> None:
    """The dims and the weights of a net: `decoder.w1` [code, decoder.1], `decoder.b1` [decoder.1], ..."""
    name = net.ident.name
    before = symbols.nets.get(name) or symbols.functions.get(name)
    if before is not None:
        first = Label(before.ident.span, "first defined here")
        findings.add(
            "E203",
            f"`{name}` is defined twice",
            Label(net.ident.span, "again here"),
            first,
            fix="rename one",
        )
        return
    ends = [net.axis, *(layer.axis for layer in net.layers if layer.axis is not None)]
    for ident in ends:
        if ident.name not in symbols.dims:
            unknown_dim(ident)
            return
    if net.layers[-1].axis is None or any(layer.axis is not None for layer in net.layers[:-1]):
        findings.add(
            "E313",
            "a net ends in a dim, and only there",
            Label(net.span),
            fix=f"net {name}: {net.axis.name} -> 20 tanh -> out",
        )
        return
    wrong = next(
        (x for x in net.layers if x.width is not None and not (isinstance(x.width, int) and x.width)),
        None,
    )
    if wrong is not None:
        findings.add(
            "E313",
            f"the width of a layer is a whole number over 0, not {wrong.width}",
            Label(wrong.span),
            fix="as in `-> 20 tanh`",
        )
        return
    symbols.nets[name] = net
    for suffix, axes in net_weights(net):
        for dim in axes:
            width = dim.rpartition(".")[2]
            if dim not in symbols.dims:
                layer = net.layers[int(width) - 1]
                size = ast.Number(layer.span, str(layer.width), layer.width or 1)
                symbols.dims[dim] = DimSymbol(dim, layer.span, size)
        full = f"{name}.{suffix}"
        role: Role = "param" if net.prior is None else "latent"
        pairs = tuple((dim, dim) for dim in axes)
        symbols.variables[full] = Variable(full, role, net.ident.span, pairs, kept=False, net=net)


def net_weights(net: ast.Net) -> list[tuple[str, tuple[str, ...]]]:
    """The weights and biases of each layer, with their dims: what goes in, what comes out."""
    found: list[tuple[str, tuple[str, ...]]] = []
    before = net.axis.name
    for k, layer in enumerate(net.layers, 1):
        after = layer.axis.name if layer.axis is not None else f"{net.ident.name}.{k}"
        found += [(f"w{k}", (before, after)), (f"b{k}", (after,))]
        before = after
    return found
