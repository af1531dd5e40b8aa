"""Lark's trees to the nodes of `ast`: builds and never judges, without recursion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lark import Token, Tree

from ppl.diagnostic import Span
from ppl.syntax import ast

Kids = list[Any]


def build(tree: Tree[Token] | Token, shift: int) -> ast.Node:
    """The node of a tree whose positions are counted from `shift`; an explicit stack, children first."""
    stack: list[tuple[Any, bool]] = [(tree, False)]
    done: list[Any] = []
    while stack:
        item, ready = stack.pop()
        if not isinstance(item, Tree):
            done.append(item)
        elif not ready:
            stack.append((item, True))
            stack.extend((child, False) for child in reversed(item.children))
        else:
            count = len(item.children)
            kids = done[len(done) - count :]
            del done[len(done) - count :]
            done.append(_BUILDERS[item.data](_span(item.meta, shift), kids, shift))
    node: ast.Node = done[0]
    return node


def _span(place: Any, shift: int) -> Span:
    return Span(place.start_pos + shift, place.end_pos + shift)


def _ident(token: Token, shift: int) -> ast.Ident:
    return ast.Ident(_span(token, shift), str(token))


def _some(kids: Kids) -> tuple[Any, ...]:
    return tuple(kid for kid in kids if kid is not None)


def _number(span: Span, token: Token) -> ast.Number:
    text = str(token)
    plain = text.replace("_", "")
    return ast.Number(span, text, int(plain) if plain.isdigit() and len(plain) < 300 else float(plain))


def _chain(kind: Any) -> Callable[[Span, Kids, int], ast.Chain]:
    def build_chain(span: Span, kids: Kids, shift: int) -> ast.Chain:
        operators = tuple(str(kid) for kid in kids if isinstance(kid, Token))
        return ast.Chain(span, kind, tuple(kid for kid in kids if not isinstance(kid, Token)), operators)

    return build_chain


def _dim(span: Span, kids: Kids, shift: int) -> ast.Dim:
    *names, size, start = kids
    return ast.Dim(span, tuple(_ident(name, shift) for name in names), size, start)


def _declaration(span: Span, kids: Kids, shift: int) -> ast.Declaration:
    role, *targets, kind, default = kids
    return ast.Declaration(span, role, tuple(targets), kind, default)


def _type(span: Span, kids: Kids, shift: int) -> ast.Type:
    kind, missing, *bounds = kids
    named = isinstance(kind, Token)
    return ast.Type(
        span,
        _ident(kind, shift) if named else None,
        () if named else kind,
        missing is not None,
        tuple(bounds),
    )


def _index_position(span: Span, kids: Kids, shift: int) -> ast.Index:
    token = kids[0]
    value = str(token)[1:-1] if token.type == "STRING" else _number(span, token).value
    return ast.Index(span, "", None, value)


def _relation(span: Span, kids: Kids, shift: int) -> ast.Relation:
    target, call, *bounds, ordered, where = kids
    return ast.Relation(span, target, call, tuple(bounds), ordered is not None, where)


def _one_sided(span: Span, kids: Kids, shift: int) -> ast.Bound:
    op, end = str(kids[0]), kids[1]
    if op in (">", ">="):
        return ast.Bound(span, end, None, lower_op=op)  # type: ignore[arg-type]
    return ast.Bound(span, None, end, upper_op=op)  # type: ignore[arg-type]


def _two_sided(span: Span, kids: Kids, shift: int) -> ast.Bound:
    opened, lower, upper, closed = kids
    return ast.Bound(span, lower, upper, ">=" if opened == "[" else ">", "<=" if closed == "]" else "<")


def _call(span: Span, kids: Kids, shift: int) -> ast.Call:
    name, *given = kids
    arguments = _some(given)
    return ast.Call(
        span,
        _ident(name, shift),
        tuple(a for a in arguments if isinstance(a, ast.Expr)),
        tuple(a for a in arguments if isinstance(a, ast.Keyword)),
        tuple(a for a in arguments if isinstance(a, ast.Binder)),
    )


def _function(span: Span, kids: Kids, shift: int) -> ast.Function:
    name, *parameters = (kid for kid in kids if isinstance(kid, Token))
    body = [kid for kid in kids if isinstance(kid, ast.Local)]
    return ast.Function(
        span, _ident(name, shift), tuple(_ident(p, shift) for p in parameters), tuple(body), kids[-1]
    )


def _distribution(span: Span, kids: Kids, shift: int) -> ast.OwnDistribution:
    _, name, variable, kind, *rest = kids
    clauses = tuple(kid for kid in rest if isinstance(kid, ast.Keyword))
    *parameters, value = rest[: len(rest) - len(clauses)]
    names = tuple(_ident(p, shift) for p in _some(parameters))
    return ast.OwnDistribution(
        span, _ident(name, shift), _ident(variable, shift), kind, names, value, clauses
    )


def _hidden_layer(span: Span, kids: Kids, shift: int) -> ast.Layer:
    width, activation = kids
    return ast.Layer(span, _number(span, width).value, None, _ident(activation, shift))


def _last_layer(span: Span, kids: Kids, shift: int) -> ast.Layer:
    axis, activation = kids
    return ast.Layer(span, None, _ident(axis, shift), _ident(activation, shift) if activation else None)


def _net(span: Span, kids: Kids, shift: int) -> ast.Net:
    name, axis, *layers, prior = kids
    return ast.Net(span, _ident(name, shift), _ident(axis, shift), tuple(layers), prior)


_BUILDERS: dict[str, Callable[[Span, Kids, int], Any]] = {
    "dim": _dim,
    "declaration": _declaration,
    "role": lambda span, kids, shift: str(kids[0]),
    "type": _type,
    "value_set": lambda span, kids, shift: tuple(kids),
    "target": lambda span, kids, shift: ast.Target(span, _ident(kids[0], shift), _some(kids[1:])),
    "index_name": lambda span, kids, shift: ast.Index(span, str(kids[0]), _ident(kids[0], shift)),
    "index_of": lambda span, kids, shift: ast.Index(span, str(kids[0]), _ident(kids[1], shift)),
    "index_position": _index_position,
    "relation": _relation,
    "predict_draw": lambda span, kids, shift: replace(kids[0], span=span, predict=True),
    "predict_value": lambda span, kids, shift: ast.Definition(span, kids[0], kids[1], kids[2], predict=True),
    "definition": lambda span, kids, shift: ast.Definition(
        span, kids[1], kids[2], kids[3], let=kids[0] is not None
    ),
    "factor": lambda span, kids, shift: ast.Factor(span, *kids),
    "where": lambda span, kids, shift: kids[0],
    "one_sided": _one_sided,
    "two_sided": _two_sided,
    "open": lambda span, kids, shift: str(kids[0]),
    "close": lambda span, kids, shift: str(kids[0]),
    "function": _function,
    "local": lambda span, kids, shift: ast.Local(span, _ident(kids[0], shift), kids[1]),
    "distribution": _distribution,
    "clause": lambda span, kids, shift: ast.Keyword(span, _ident(kids[0], shift), kids[1]),
    "net": _net,
    "hidden_layer": _hidden_layer,
    "last_layer": _last_layer,
    "guide_all": lambda span, kids, shift: ast.GuideChoice(span, kids[0], ()),
    "guide_parts": lambda span, kids, shift: ast.GuideChoice(span, None, tuple(kids)),
    "guide_own": lambda span, kids, shift: ast.GuideOwn(span, kids[0]),
    "guide_entry": lambda span, kids, shift: ast.GuidePart(
        span, tuple(_ident(name, shift) for name in kids[:-1]), kids[-1]
    ),
    "family": lambda span, kids, shift: ast.Family(span, _ident(kids[0], shift), _some(kids[1:])),
    "if_else": lambda span, kids, shift: ast.IfElse(span, *kids),
    "or_test": lambda span, kids, shift: ast.Chain(span, "or", tuple(kids), ("or",) * (len(kids) - 1)),
    "and_test": lambda span, kids, shift: ast.Chain(span, "and", tuple(kids), ("and",) * (len(kids) - 1)),
    "negation": lambda span, kids, shift: ast.Not(span, kids[0]),
    "comparison": _chain("comparison"),
    "sum": _chain("sum"),
    "product": _chain("product"),
    "minus": lambda span, kids, shift: ast.Negative(span, kids[1]),
    "power": lambda span, kids, shift: ast.Power(span, *kids),
    "number": lambda span, kids, shift: _number(span, kids[0]),
    "string": lambda span, kids, shift: ast.String(span, str(kids[0])[1:-1]),
    "name": lambda span, kids, shift: ast.Name(span, str(kids[0])),
    "array": lambda span, kids, shift: ast.ArrayLiteral(span, tuple(kids)),
    "call": _call,
    "element": lambda span, kids, shift: ast.Element(span, _ident(kids[0], shift), tuple(kids[1:])),
    "keyword": lambda span, kids, shift: ast.Keyword(span, _ident(kids[0], shift), kids[1]),
    "over_dim": lambda span, kids, shift: ast.Binder(span, _ident(kids[0], shift), kids[1]),
    "over_range": lambda span, kids, shift: ast.Binder(span, _ident(kids[0], shift), kids[1], kids[2]),
}
