"""Where things stand: every node's span is the text it was made of, and a statement ends where it should."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from corpus import GAPS, PROGRAMS, spread, statements
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ppl.diagnostic import Source, Span
from ppl.syntax import ast
from ppl.syntax.lines import cut
from ppl.syntax.parse import parse


def covers(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def assert_spans_are_right(text: str) -> None:
    source = Source("model.vi", text)
    program = parse(source)
    spans, _ = cut(source)
    assert len(spans) == len(program.statements)
    for span, statement in zip(spans, program.statements, strict=True):
        assert covers(span, statement.span)
        for node in statement.walk():
            assert covers(Span(0, len(text)), node.span)
            assert node.span.start < node.span.end
            below = list(node.children())
            assert all(covers(node.span, child.span) for child in below), node
            assert all(
                a.span.end <= b.span.start or b.span.end <= a.span.start for a, b in combinations(below, 2)
            )
            assert_text_is(node, text[node.span.start : node.span.end])


def assert_text_is(node: ast.Node, text: str) -> None:
    match node:
        case ast.Name() | ast.Ident():
            assert text == node.name
        case ast.Number():
            assert text == node.text
            assert float(text.replace("_", "")) == node.value
        case ast.String():
            assert text == f'"{node.value}"'
        case ast.Call():
            assert text.startswith(node.function.name)
            assert text.endswith(")")
        case ast.Element():
            assert text.startswith(node.base.name)
            assert text.endswith("]")
        case ast.Statement() | ast.Expr():
            assert text == text.strip()


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_spans_of_a_program(path):
    assert_spans_are_right(path.read_text(encoding="utf-8"))


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(statements(), st.lists(st.sampled_from(GAPS), min_size=1)), min_size=1, max_size=3))
def test_spans_of_any_statements(drawn):
    assert_spans_are_right("\n".join(spread(tokens, gaps) for tokens, gaps in drawn))


def pieces(text: str) -> list[str]:
    return [text[span.start : span.end] for span in cut(Source("model.vi", text))[0]]


@pytest.mark.parametrize(
    "statement",
    [
        "x = f(a,\n  b)",
        "x = [1,\n\n  2\n]",
        "guide {\n mu: fullrank\n rest: meanfield\n}",
        "fn f(x) = {\n  let a = x\n  return a\n}",
        "x =\n  1",
        "x ~\n  Normal(0, 1)",
        "x = a +\n  b -\n  c *\n d /\n e @\n f ^\n g",
        "x = a <\n  b",
        "x = a and\n  b or\n not\n c",
        "x = if\n a then\n b else\n c",
        "x = 1 where\n  i > 0",
        "x ~ D() in\n (0, 1)",
        "data a,\n  b: real",
        "data a:\n  real",
        "net a: b ->\n c",
        "x = a + # plus\n\n  # more\n b",
        "x = f( # opened\n a)",
        'x = f("# [",\n 1)',
    ],
)
def test_a_statement_goes_on(statement):
    assert pieces(f"before = 0\n{statement}\nafter = 1\n") == ["before = 0", statement, "after = 1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("\n # only\n", []),
        ("a = 1", ["a = 1"]),
        ("a = 1  # behind +\nb = 2", ["a = 1", "b = 2"]),
        ("a = 1\n\n\n  b = 2  \n", ["a = 1", "b = 2"]),
        ("a = 1\r\nb = 2\r\n", ["a = 1", "b = 2"]),
        ("a = b\n- c", ["a = b", "- c"]),
        ("a = f(b\nc ~ Normal(0, 1)", ["a = f(b", "c ~ Normal(0, 1)"]),
        ("a = [b\ndata c: real", ["a = [b", "data c: real"]),
    ],
)
def test_a_statement_ends(text, found):
    assert pieces(text) == found


def test_comments_are_found_and_labels_are_none():
    text = 'a = "# b" # c\n# d  \nx = f(# e\n 1)'
    source = Source("model.vi", text)
    assert [comment.text for comment in parse(source).comments] == ["# c", "# d", "# e"]
    assert all(re.match("#", text[comment.span.start :]) for comment in parse(source).comments)
