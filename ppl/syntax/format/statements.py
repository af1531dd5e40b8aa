"""What statements and their parts are written with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ppl.syntax import ast
from ppl.syntax.format.expressions import COMPARED
from ppl.syntax.format.marks import INDENT, Break, Close, Kind, Open, Piece, Slot, bracketed, in_a_row, listed

_WORD = re.compile(r"#[^\n]*|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?|[^\W\d]\w*")
_BRACE = re.compile(r"(?:[^{#]|#[^\n]*\n)*\{")


def _after(joiner: str, node: ast.Node, level: int = 0) -> list[Piece]:
    """`= value` and the like, on the same line unless a comment stands between."""
    return [" ", joiner, Open(), Break(1, Kind.QUIET), Close(), Slot(node, level)]


def _where(condition: ast.Expr | None) -> list[Piece]:
    return (
        []
        if condition is None
        else [" ", "where", Open(tail=True), Break(), Slot(condition, hang=0), Close()]
    )


def _bounds(bounds: Sequence[ast.Bound]) -> list[Piece]:
    return [piece for bound in bounds for piece in (" ", Slot(bound))]


def component(node: ast.Node, text: str) -> list[Piece]:
    """A part of a statement that is not an expression."""
    match node:
        case ast.Ident():
            return [node.name]
        case ast.Index() if node.position is not None:
            return [text[node.span.start : node.span.end]]
        case ast.Index(dim=ast.Ident() as dim) if dim.span != node.span:
            return [node.name, " ", "in", " ", dim.name]
        case ast.Index():
            return [node.name]
        case ast.Target():
            return [node.ident.name, *(listed("[", node.indices, "]", alone=True) if node.indices else ())]
        case ast.Keyword():
            return [node.name.name, " ", "=", " ", Slot(node.value)]
        case ast.Binder(stop=None):
            return [node.index.name, " ", "in", " ", Slot(node.over)]
        case ast.Binder(stop=ast.Expr() as stop):
            return [node.index.name, " ", "in", " ", Slot(node.over, COMPARED), "..", Slot(stop, COMPARED)]
        case ast.Bound():
            return _bound(node)
        case ast.Type():
            values: list[list[Piece]] = [[Slot(value, COMPARED)] for value in node.values]
            kind = [Slot(node.kind)] if node.kind else bracketed("{", values, "}", fills=True)
            return [*kind, *(["?"] if node.missing else ()), *_bounds(node.bounds)]
        case ast.Local():
            return ["let", " ", node.ident.name, *_after("=", node.value)]
        case ast.Family():
            return [node.ident.name, *(listed("(", node.settings, ")") if node.settings else ())]
        case ast.GuidePart():
            return [*in_a_row(node.names), ":", " ", Slot(node.family)]
    raise AssertionError(f"no layout for {type(node).__name__}")


def _bound(node: ast.Bound) -> list[Piece]:
    if node.lower is not None and node.upper is not None:
        opener, closer = "[" if node.lower_op == ">=" else "(", "]" if node.upper_op == "<=" else ")"
        return ["in", " ", *listed(opener, (node.lower, node.upper), closer)]
    if node.lower is not None:
        return [node.lower_op, " ", Slot(node.lower, COMPARED)]
    assert node.upper is not None, "a bound has an end"
    return [node.upper_op, " ", Slot(node.upper, COMPARED)]


def _layer(node: ast.Layer, text: str) -> list[Piece]:
    """The words of a layer as they stand: the node knows a width's value only, not how it was written."""
    words = [word for word in _WORD.findall(text, node.span.start, node.span.end) if word[0] != "#"]
    return [piece for k, word in enumerate(words) for piece in ([" ", word] if k else [word])]


def _layers(node: ast.Net, text: str) -> list[Piece]:
    """Layers fill lines, but `axis ~` never begins one: it would be taken for a new statement."""
    found: list[Piece] = [Open(fills=True)]
    for layer in node.layers:
        is_last = node.prior is not None and layer is node.layers[-1]
        found += [" ", "->", " " if is_last else Break(), *_layer(layer, text)]
    return [*found, Close(), *(_after("~", node.prior) if node.prior else [])]


def _braced(entries: Sequence[list[Piece]]) -> list[Piece]:
    found: list[Piece] = ["{", Open()]
    for entry in entries:
        found += [Break(kind=Kind.HARD), *entry]
    return [*found, Break(kind=Kind.HARD, offset=-INDENT), Close(), "}"]


def _variables(node: ast.OwnDistribution) -> list[Piece]:
    """`(x: real > 0 | a, b)`."""
    kind: list[Piece] = [":", " ", Slot(node.type)] if node.type else []
    names = [parameter.name for parameter in node.parameters]
    head: list[Piece] = [node.variable.name, *kind, " ", "|", *([" ", names[0]] if names else [])]
    rest: list[list[Piece]] = [[name] for name in names[1:]]
    return bracketed("(", [head, *rest], ")", alone=True)


def _clauses(node: ast.OwnDistribution) -> list[Piece]:
    """`= log density, sample = draw`, on lines of their own where they are too long for one."""
    found = _after("=", node.value)
    for clause in node.clauses:
        found += [",", Break(), Slot(clause)]
    return [Open(), *found, Close()] if node.clauses else found


def statement(node: ast.Statement, text: str) -> list[Piece]:
    """The pieces of a statement."""
    match node:
        case ast.Dim():
            size = _after("=", node.size) if node.size else []
            start: list[Piece] = [" ", "from", " ", Slot(node.start)] if node.start else []
            return ["dim", " ", *in_a_row(node.idents), *size, *start]
        case ast.Declaration():
            default = _after("=", node.default) if node.default else []
            return [node.role, " ", *in_a_row(node.targets), ":", " ", Slot(node.type), *default]
        case ast.Relation():
            role: list[Piece] = ["predict", " "] if node.predict else []
            ordered: list[Piece] = [" ", "ordered"] if node.ordered else []
            drawn = _after("~", node.distribution)
            return [*role, Slot(node.target), *drawn, *_bounds(node.bounds), *ordered, *_where(node.where)]
        case ast.Definition():
            words: list[Piece] = ["let", " "] if node.let else ["predict", " "] if node.predict else []
            return [*words, Slot(node.target), *_after("=", node.value), *_where(node.where)]
        case ast.Factor():
            return ["factor", " ", Slot(node.value), *_where(node.where)]
        case ast.Function():
            head = ["fn", " ", node.ident.name, *listed("(", node.parameters, ")", alone=True)]
            if not _BRACE.match(text, node.span.start, node.result.span.start):
                return [*head, *_after("=", node.result)]
            last: list[Piece] = ["return", " ", Slot(node.result)]
            body: list[list[Piece]] = [[Slot(local)] for local in node.locals]
            return [*head, " ", "=", " ", *_braced([*body, last])]
        case ast.OwnDistribution():
            return ["dist", " ", node.ident.name, *_variables(node), *_clauses(node)]
        case ast.Net():
            named: list[Piece] = ["net", " ", node.ident.name, ":", " ", node.axis.name]
            return [*named, *_layers(node, text)]
        case ast.GuideChoice(family=ast.Family() as family):
            return ["guide", " ", Slot(family)]
        case ast.GuideChoice(parts=(part,)) if not _BRACE.match(text, node.span.start, part.span.start):
            return ["guide", " ", Slot(part)]
        case ast.GuideChoice():
            return ["guide", " ", *_braced([[Slot(part)] for part in node.parts])]
        case ast.GuideOwn():
            return ["guide", " ", Slot(node.relation)]
    raise AssertionError(f"no layout for {type(node).__name__}")
