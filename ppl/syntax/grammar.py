"""The grammar, from inside the wheel or from the checkout, and the parser made of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lark import Lark

_PLACES = (Path(__file__).parents[1] / "grammar", Path(__file__).parents[2] / "grammar")

KEYWORDS = frozenset(
    {
        "dim",
        "data",
        "param",
        "latent",
        "fn",
        "net",
        "factor",
        "guide",
        "predict",
        "let",
        "where",
        "if",
        "then",
        "else",
        "and",
        "or",
        "not",
        "in",
        "return",
        "ordered",
    }
)


def grammar_text() -> str:
    """The text of `vi.lark`."""
    for folder in _PLACES:
        path = folder / "vi.lark"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(f"vi.lark is in none of {', '.join(map(str, _PLACES))}")


@cache
def parser() -> Lark:
    """The LALR parser of one statement, or of one expression (for the REPL)."""
    return Lark(
        grammar_text(),
        parser="lalr",
        start=["statement", "expr"],
        propagate_positions=True,
        maybe_placeholders=True,
    )
