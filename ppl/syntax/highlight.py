"""A Pygments lexer for `.vi`, made of the grammar's own terminals: what colours a name is what parses one."""

from __future__ import annotations

import re

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from ppl.syntax.grammar import KEYWORDS, grammar_text

_PATTERNS = dict(re.findall(r"^([A-Z]+): /(.*)/$", grammar_text(), re.MULTILINE))
_DECLARING = frozenset({"dim", "data", "param", "latent", "fn", "net", "factor", "guide", "predict", "let"})
_WORD_OPERATORS = frozenset({"and", "or", "not", "in"})


class ViLexer(RegexLexer):
    """Tokens of a `.vi` model. Distributions are classes and functions are functions, as their capitals tell."""

    name = "ppl"
    aliases = ["ppl", "vi-model"]  # noqa: RUF012 - Pygments' own spelling of a lexer
    filenames = ["*.vi"]  # noqa: RUF012
    url = ""

    tokens = {  # noqa: RUF012
        "root": [
            (_PATTERNS["WS"], Whitespace),
            (_PATTERNS["COMMENT"], Comment.Single),
            (_PATTERNS["STRING"], String.Double),
            (words(sorted(_WORD_OPERATORS), prefix=r"\b", suffix=r"\b"), Operator.Word),
            (words(sorted(_DECLARING), prefix=r"\b", suffix=r"\b"), Keyword.Declaration),
            (words(sorted(KEYWORDS - _DECLARING - _WORD_OPERATORS), prefix=r"\b", suffix=r"\b"), Keyword),
            (rf"[A-Z]\w*(?=[ \t]*\()", Name.Class),
            (rf"{_PATTERNS['NAME']}(?=[ \t]*\()", Name.Function),
            (r"(?<=:)([ \t]*)(real|int|bool)\b", _type := None),  # replaced below
            (_PATTERNS["NAME"], Name.Variable),
            (_PATTERNS["NUMBER"], Number),
            (r"==|!=|<=|>=|->|\.\.|[-+*/@^=~<>?]", Operator),
            (r"[()\[\]{},:]", Punctuation),
            (r".", Error),
        ],
    }
