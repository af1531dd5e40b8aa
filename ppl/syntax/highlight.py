"""A Pygments lexer for `.vi`, made of the grammar's own terminals: what colours a name is what parses one."""

from __future__ import annotations

import re
from typing import ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from ppl.syntax.grammar import KEYWORDS, grammar_text

_PATTERNS: dict[str, str] = dict(re.findall(r"^([A-Z]+): /(.*)/$", grammar_text(), re.MULTILINE))
_DECLARING = frozenset({"dim", "data", "param", "latent", "fn", "net", "factor", "guide", "predict", "let"})
_OPERATING = frozenset({"and", "or", "not", "in"})


def _one_of(group: frozenset[str]) -> words:
    return words(sorted(group), prefix=r"\b", suffix=r"\b")


class ViLexer(RegexLexer):
    """Tokens of a `.vi` model; capitals tell distributions (classes here) from functions."""

    name: ClassVar[str] = "ppl"
    aliases: ClassVar[list[str]] = ["ppl"]
    filenames: ClassVar[list[str]] = ["*.vi"]

    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (_PATTERNS["WS"], Whitespace),
            (_PATTERNS["COMMENT"], Comment.Single),
            (_PATTERNS["STRING"], String.Double),
            (_one_of(_OPERATING), Operator.Word),
            (_one_of(_DECLARING), Keyword.Declaration),
            (_one_of(KEYWORDS - _DECLARING - _OPERATING), Keyword),
            (r":(?=[ \t]*(real|int|bool)\b)", Punctuation, "type"),
            # Words only where they stand: behind a dim's name, and before a distribution's.
            (r"from(?=[ \t]+[0-9])", Keyword),
            (r"dist(?=[ \t]+[^\W\d]\w*[ \t]*\()", Keyword.Declaration),
            (r"[A-Z]\w*(?=[ \t]*\()", Name.Class),
            (rf"{_PATTERNS['NAME']}(?=[ \t]*\()", Name.Function),
            (_PATTERNS["NAME"], Name.Variable),
            (_PATTERNS["NUMBER"], Number),
            (r"==|!=|<=|>=|->|\.\.|[-+*/@^=~<>?|]", Operator),
            (r"[()\[\]{},:]", Punctuation),
            (r".", Error),
        ],
        "type": [(r"[ \t]+", Whitespace), (r"real|int|bool", Keyword.Type, "#pop")],
    }
