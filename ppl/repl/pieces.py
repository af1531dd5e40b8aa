"""A program as the pieces that were typed, and which of them a new one replaces.

A piece is one statement with the comments before and behind it. Whether `~` on a name replaces
something is decided as the language reads it: on declared data it is the likelihood, and stays
beside the declaration; on anything else it is what gives the name its meaning.
"""

from __future__ import annotations

from collections.abc import Iterator

from ppl.diagnostic import Source, Span
from ppl.syntax import ast
from ppl.syntax.lines import cut
from ppl.syntax.parse import parse

_CALLED = (ast.Function, ast.Net, ast.OwnDistribution)  # these have a namespace of their own


def pieces(text: str) -> tuple[str, ...]:
    """The statements of a text, each with its comments and at most one empty line before it."""
    spans, _ = cut(Source("", text))
    found, start = [], 0
    for k, span in enumerate(spans):
        end = text.find("\n", span.end)
        end = len(text) if end < 0 or k == len(spans) - 1 else end
        piece = text[start:end]
        found.append("\n" * piece.startswith("\n\n") + piece.strip("\n"))
        start = end
    return tuple(piece.rstrip() for piece in found)


def is_open(text: str) -> bool:
    """Whether a text goes on: a bracket is open, or the last line ends in an operator or comma."""
    spans, _ = cut(Source("", f"{text}\n0"))
    return bool(spans) and spans[-1].start < len(text.rstrip())


def revised(before: tuple[str, ...], piece: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The program with a piece in it, in the place of what it replaces; and what that was."""
    new = _statement(piece)
    after: list[str] = []
    replaced: list[str] = []
    place: int | None = None
    for old in before:
        rest = _without(old, new)
        if rest != old:
            replaced.append(old.strip())
            place = len(after) + (rest is not None) if place is None else place
        if rest is not None:
            after.append(rest)
    after.insert(len(after) if place is None else place, piece)
    return tuple(after), tuple(replaced)


def declared(piece: str) -> tuple[str, ...]:
    """The names that a piece declares or speaks of on its left side."""
    return tuple(_given(_statement(piece)))


def _statement(piece: str) -> ast.Statement:
    return parse(Source("", piece)).statements[0]


def _without(piece: str, new: ast.Statement) -> str | None:
    """A piece without what a new statement redefines: as it is, shortened, or None."""
    old = _statement(piece)
    names = set(_given(new))
    if isinstance(new, ast.GuideChoice) or isinstance(old, ast.GuideChoice):
        return None if isinstance(new, ast.GuideChoice) and isinstance(old, ast.GuideChoice) else piece
    if isinstance(new, _CALLED) or isinstance(old, _CALLED):
        both = isinstance(new, _CALLED) and isinstance(old, _CALLED)
        return None if both and names & {*_given(old)} else piece
    match old:
        case ast.Dim():
            return _thinned(piece, [(i.span, i.name) for i in old.idents], names)
        case ast.Declaration():
            targets = [(t.span, t.ident.name) for t in old.targets]
            return piece if _is_relation(new) else _thinned(piece, targets, names)
        case ast.Relation() | ast.Definition():
            return None if names & {*_given(old)} and _takes_over(new, old) else piece
    return piece


def _takes_over(new: ast.Statement, old: ast.Relation | ast.Definition) -> bool:
    """Whether a statement on the same name stands in the place of an earlier one, rather than beside it."""
    if isinstance(new, ast.Declaration):
        return isinstance(old, ast.Definition) or old.predict
    if isinstance(new, ast.Relation | ast.Definition):
        if _is_relation(new) and isinstance(old, ast.Definition) and not old.predict:
            return False  # likelihood of something computed
        # Of statements that speak for some elements each, only the one for the same elements goes.
        return not (_part(new) and _part(old)) or _part(new) == _part(old) or type(new) is not type(old)
    return True


def _is_relation(statement: ast.Statement) -> bool:
    return isinstance(statement, ast.Relation) and not statement.predict


def _part(statement: ast.Relation | ast.Definition) -> str:
    """What tells the elements that a statement speaks for; nothing where it speaks for all."""
    places = [f"[{k}]={i.position}" for k, i in enumerate(statement.target.indices) if i.dim is None]
    if statement.where is not None:
        places.append(_shape(statement.where))
    return " ".join(places)


def _shape(node: ast.Node) -> str:
    """An expression as text that doesn't depend on how it was spaced."""
    own = (getattr(node, key, "") for key in ("name", "text", "value", "operators", "kind"))
    texts = [value for value in own if isinstance(value, str | tuple)]
    return f"{type(node).__name__}({texts}{[_shape(child) for child in node.children()]})"


def _given(statement: ast.Statement) -> Iterator[str]:
    """The names that a statement declares or speaks of on its left side."""
    match statement:
        case ast.Dim():
            yield from (ident.name for ident in statement.idents)
        case ast.Declaration():
            yield from (target.ident.name for target in statement.targets)
        case ast.Relation() | ast.Definition():
            yield statement.target.ident.name
        case ast.Function() | ast.Net() | ast.OwnDistribution():
            yield statement.ident.name


def _thinned(piece: str, items: list[tuple[Span, str]], names: set[str]) -> str | None:
    """A declaration of several names without some of them."""
    kept = [span for span, name in items if name not in names]
    if len(kept) in (0, len(items)):
        return piece if kept else None
    start, end = items[0][0].start, items[-1][0].end
    return piece[:start] + ", ".join(piece[span.start : span.end] for span in kept) + piece[end:]
