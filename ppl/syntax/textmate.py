"""The TextMate grammar that editors colour models by, made of the grammar's own words, signs and patterns.

`python -m ppl.syntax.textmate > grammar/vi.tmLanguage.json` writes it anew; a test holds the file against this.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from ppl.syntax.grammar import KEYWORDS, grammar_text, parser

Rule = dict[str, Any]

_OPERATING = frozenset({"and", "or", "not", "in"})
_PUNCTUATION = frozenset("()[]{},:")
_TYPES = ("bool", "int", "real")  # words of the checker, not of the grammar: any name may stand for a type


def textmate() -> Rule:
    """The TextMate grammar of `.vi`, as an object for JSON."""
    patterns = _patterns()
    name, declaring = patterns["NAME"], _declaring()
    signs = sorted(_literals() - _PUNCTUATION - {word for word in _literals() if word.isalpha()})
    operators = sorted(signs, key=lambda sign: (-len(sign), sign))
    types = {
        "match": rf"(:)[ \t]*({'|'.join(_TYPES)})\b",
        "captures": {"1": {"name": "punctuation.separator.ppl"}, "2": {"name": "storage.type.ppl"}},
    }
    rules = [
        _rule("comment.line.number-sign", patterns["COMMENT"]),
        _rule("string.quoted.double", patterns["STRING"]),
        _rule("keyword.operator.word", _one_of(_OPERATING)),
        _rule("keyword.declaration", _one_of(declaring & KEYWORDS)),
        _rule("keyword.control", _one_of(KEYWORDS - declaring - _OPERATING)),
        # Words only where they stand, and names elsewhere: before a distribution's name, and behind a dim's.
        _rule("keyword.declaration", rf"{_one_of(declaring - KEYWORDS)}(?=[ \t]+{name}[ \t]*\()"),
        _rule("keyword.control", r"\bfrom(?=[ \t]+[0-9])"),
        types,
        _rule("entity.name.type.distribution", r"\b[A-Z]\w*(?=[ \t]*\()"),
        _rule("entity.name.function", rf"{name}(?=[ \t]*\()"),
        _rule("variable.other", name),
        _rule("constant.numeric", patterns["NUMBER"]),
        _rule("keyword.operator", "|".join(map(re.escape, operators))),
        _rule("punctuation", "[" + re.escape("".join(sorted(_PUNCTUATION))) + "]"),
        _rule("invalid.illegal", r"\S"),
    ]
    return {"name": "ppl", "scopeName": "source.ppl", "fileTypes": ["vi"], "patterns": rules}


def as_json() -> str:
    """The text of `vi.tmLanguage.json`."""
    return json.dumps(textmate(), indent=2, ensure_ascii=False) + "\n"


def _rule(scope: str, match: str) -> Rule:
    return {"name": f"{scope}.ppl", "match": match}


def _one_of(words: frozenset[str]) -> str:
    return rf"\b(?:{'|'.join(sorted(words))})\b"


def _patterns() -> dict[str, str]:
    """The regular expressions of the grammar's terminals."""
    return dict(re.findall(r"^([A-Z]+): /(.*)/$", grammar_text(), re.MULTILINE))


def _literals() -> frozenset[str]:
    """What the grammar quotes: its words and signs."""
    rules = re.sub(r"//[^\n]*|/.*/$", "", grammar_text(), flags=re.MULTILINE)
    return frozenset(re.findall(r'"([^"]+)"', rules))


def _declaring() -> frozenset[str]:
    """The words that a statement may begin with."""
    interactive: Any = parser().parse_interactive("", start="statement")
    first = interactive.accepts() - {"NAME"}
    return frozenset(t.pattern.value for t in parser().terminals if t.name in first)


if __name__ == "__main__":
    sys.stdout.write(as_json())
