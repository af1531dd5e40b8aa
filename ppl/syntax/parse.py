"""Source -> Program: cut into statements, parse each, and say of every one that fails what was expected."""

from __future__ import annotations

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from ppl.diagnostic import Findings, Label, PplError, Source, Span
from ppl.syntax import ast
from ppl.syntax.build import build
from ppl.syntax.complaint import complain
from ppl.syntax.grammar import parser
from ppl.syntax.lines import cut

MAX_CHARACTERS = 4_000_000
MAX_STATEMENTS = 50_000
MAX_NAME = 256
MAX_AXES = 32
MAX_MISTAKES = 1_000


def parse(source: Source) -> ast.Program:
    """The program of a source; raises `PplError` with every syntax error in it."""
    findings = Findings(source)
    _within(findings, "characters", len(source.text), MAX_CHARACTERS)
    spans, comments = cut(source)
    _within(findings, "statements", len(spans), MAX_STATEMENTS)
    statements = []
    for span in spans:
        statement = _parse_piece(source, span, "statement", findings)
        if statement is not None:
            statements.append(statement)
        elif len(findings.found) >= MAX_MISTAKES:
            break  # nobody reads on, and it is probably no model at all
    findings.check()
    return ast.Program(source, tuple(statements), comments)  # type: ignore[arg-type]


def parse_expression(source: Source) -> ast.Expr:
    """The one expression that is the whole source; raises `PplError`."""
    findings = Findings(source)
    node = _parse_piece(source, Span(0, len(source.text)), "expr", findings)
    findings.check()
    assert isinstance(node, ast.Expr)
    return node


def _within(findings: Findings, what: str, count: int, limit: int) -> None:
    if count > limit:
        findings.add(
            "E110",
            f"the model has {count:,} {what}; the limit is {limit:,}",
            fix="numbers belong into the data",
        )
        raise PplError(findings.found)


def _parse_piece(source: Source, span: Span, start: str, findings: Findings) -> ast.Node | None:
    text = source.text[span.start : span.end]
    try:
        tree = parser().parse(text, start=start)
    except (UnexpectedToken, UnexpectedCharacters) as error:
        complain(error, text, span, findings)
        return None
    except UnexpectedInput as error:  # pragma: no cover - the two above are all that LALR raises
        raise AssertionError(str(error)) from error
    node = ast.Ident(span, "") if isinstance(tree, Token) else build(tree, span.start)
    return node if _is_sane(node, findings) else None


def _is_sane(node: ast.Node, findings: Findings) -> bool:
    """Whether nesting and names are within the limits that later passes rely on."""
    stack = [(node, 1)]
    while stack:
        item, depth = stack.pop()
        if depth > ast.MAX_DEPTH:
            findings.add(
                "E110",
                f"this is nested more than {ast.MAX_DEPTH} levels deep",
                Label(item.span),
                fix="give a part of it a name with `let`",
            )
            return False
        name = getattr(item, "name", None)
        if isinstance(name, str) and len(name) > MAX_NAME:
            findings.add(
                "E110",
                f"a name of {len(name):,} characters; the limit is {MAX_NAME}",
                Label(item.span),
                fix="shorten it",
            )
            return False
        if isinstance(item, ast.Target) and len(item.indices) > MAX_AXES:
            text = f"an array with {len(item.indices):,} axes; the limit is {MAX_AXES}"
            findings.add("E110", text, Label(item.ident.span), fix="make several axes one")
            return False
        stack.extend((child, depth + 1) for child in item.children())
    return True
