"""Programs for the laws of the syntax: the repository's own, and statements drawn from the grammar."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark
from lark import Lark

from ppl.syntax.grammar import grammar_text, parser

ROOT = Path(__file__).resolve().parents[2]
OWN = sorted((ROOT / "examples").glob("*.vi")) + sorted((ROOT / "benchmarks").rglob("*.vi"))
PROGRAMS = OWN + sorted((ROOT.parent / "shared" / "programs").glob("*.vi"))

DRAWN = {
    "NAME": ["a", "b", "mu", "σ_1", "Normal", "a_long_name_for_a_quantity"],
    "NUMBER": ["0", "1", "0.50", "1_000", "2.5e-3"],
    "STRING": ['"drug"', '"# no comment"'],
    "BOUND": ["<", "<=", ">", ">="],
    "EQUALITY": ["==", "!="],
    "TIMES": ["*", "/", "@"],
    "WS": [""],
    "COMMENT": [""],
}
GAPS = ["", "", " ", " ", "   ", "\n", "\n\n\n", " #\n", "\n#\n", "\n\n  #\n#\n"]
JOINERS = re.compile(r"==|!=|<=|>=|->|\.\.|[-+*/@^,=~<>:]|and|or|not|if|then|else|where|in")


def statements() -> st.SearchStrategy[list[str]]:
    """Statements of the grammar, token by token."""
    terminals = {t.name: DRAWN.get(t.name, [t.pattern.value]) for t in parser().terminals}
    explicit = {name: st.sampled_from([f"\0{text}\0" for text in texts]) for name, texts in terminals.items()}
    grammar = Lark(grammar_text(), parser="lalr", start="statement")
    any_kind = from_lark(grammar, start="statement", explicit=explicit)
    return any_kind.map(lambda text: re.findall(r"[^\0]+", text)) | definitions()


def definitions() -> st.SearchStrategy[list[str]]:
    """Definitions whose values are deep, with parentheses that are needed and others that are not."""
    return expressions().map(lambda tokens: ["mu", "=", *tokens])


def expressions() -> st.SearchStrategy[list[str]]:
    """Expressions, token by token; `if` and `not` stand in parentheses wherever they are an operand."""
    leaf = st.sampled_from([[text] for text in (*DRAWN["NAME"], *DRAWN["NUMBER"], '"drug"')])

    def deeper(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
        wrapped = inner.map(lambda e: ["(", *e, ")"])
        operand = wrapped | inner.filter(lambda e: e[0] not in ("if", "not"))
        operator = st.sampled_from(["+", "-", "*", "/", "@", "^", "<", ">=", "==", "and", "or"])
        return st.one_of(
            st.tuples(operand, operator, operand).map(lambda t: [*_closed(t[0], t[1]), t[1], *t[2]]),
            operand.map(lambda e: ["-", *e]),
            wrapped.map(lambda e: ["not", *e]),
            st.tuples(inner, inner, inner).map(lambda t: ["if", *t[0], "then", *t[1], "else", *t[2]]),
            st.lists(inner, min_size=1, max_size=6).map(lambda es: ["f", "(", *_listed(es), ")"]),
            st.lists(inner, min_size=1, max_size=6).map(lambda es: ["[", *_listed(es), "]"]),
            st.lists(inner, min_size=1, max_size=3).map(lambda es: ["a", "[", *_listed(es), "]"]),
            wrapped,
        )

    return st.recursive(leaf, deeper, max_leaves=25)


def _closed(tokens: list[str], operator: str) -> list[str]:
    return ["(", *tokens, ")"] if operator == "^" else tokens


def _listed(items: list[list[str]]) -> list[str]:
    return [token for k, item in enumerate(items) for token in ([",", *item] if k else item)]


def spread(tokens: list[str], gaps: list[str]) -> str:
    """A statement with gaps between its tokens: new lines only where they may stand, comments numbered."""
    text, depth = tokens[0], tokens[0] in "([{"
    for k, (before, token) in enumerate(pairwise(tokens)):
        gap = gaps[k % len(gaps)].replace("#", f"# {k}")
        starts = tokens[k + 2 : k + 3] == ["~"]  # a line that begins with `name ~` is a new statement
        if "\n" in gap and (starts or not (depth or JOINERS.fullmatch(before))):
            gap = " "
        if not gap and re.search(r"\w$", before) and re.match(r"\w", token):
            gap = " "
        text += gap + token
        depth += (token in "([{") - (token in ")]}")
    return text
