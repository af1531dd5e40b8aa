"""What the parser stumbled over, in the words of the language instead of the parser's."""

from __future__ import annotations

import re

from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from ppl.diagnostic import Edit, Findings, Label, Span
from ppl.syntax.grammar import KEYWORDS, parser

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_OTHER_LANGUAGES = {
    ";": ("a newline ends a statement", ""),
    "**": ("a power is written `^`", "^"),
    "%": ("there is no `%` operator; `mod(a, b)` is the remainder", None),
    "&": ("write `and`", " and "),
    "|": ("write `or`", " or "),
    "!": ("write `not`", "not "),
    "'": ('labels stand in double quotes: `"drug"`', None),
    "<-": ("a definition is written `name = value`", "="),
    ":=": ("a definition is written `name = value`", "="),
    "'s": ("", None),
}


def complain(
    error: UnexpectedToken | UnexpectedCharacters, text: str, span: Span, findings: Findings
) -> None:
    """Add the one diagnostic for a statement that did not parse."""
    at = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    token = error.token if isinstance(error, UnexpectedToken) else None
    if token is not None and token.type == "$END":
        _ended(error, text, span, findings)
        return
    found = str(token) if token is not None else text[at]
    place = Span(span.start + at, span.start + at + len(found))
    for foreign, (advice, instead) in _OTHER_LANGUAGES.items():
        start = text.find(foreign, max(0, at - 1), at + 2)
        if start >= 0 and found in (foreign, *foreign) and advice:
            where = Span(span.start + start, span.start + start + len(foreign))
            edits = () if instead is None else (Edit(where, instead),)
            findings.add(
                "E102", f"`{foreign}` is not part of the language", Label(where), fix=advice, edits=edits
            )
            return
    if found == ".":
        findings.add(
            "E102",
            "a number can't begin or end with a point here",
            Label(place),
            fix="write `0.5`, not `.5`, and `1.0`, not `1.`",
        )
    elif found == '"':
        findings.add(
            "E103", "this text is never closed", Label(place), fix='end it with `"` on the same line'
        )
    elif token is None and not found.isprintable():
        findings.add("E102", f"an unprintable character (U+{ord(found):04X})", Label(place), fix="delete it")
    elif token is not None and found in KEYWORDS:
        findings.add(
            "E104",
            f"`{found}` is a word of the language and can't stand here",
            Label(place, _expected(error)),
            fix=f"if it is a name, call it something else, `{found}_` for instance",
        )
    elif found in _CLOSERS.values():
        findings.add(
            "E101", f"`{found}` closes nothing, or too early", Label(place, _expected(error)), fix=_fix(error)
        )
    else:
        findings.add("E100", f"`{found}` can't stand here", Label(place, _expected(error)), fix=_fix(error))


def _ended(error: UnexpectedToken | UnexpectedCharacters, text: str, span: Span, findings: Findings) -> None:
    opened = []
    for match in re.finditer(r'#[^\n]*|"[^"\n]*"|[(\[{]|[)\]}]', text):
        if match.group() in _CLOSERS:
            opened.append(match)
        elif match.group() in _CLOSERS.values() and opened:
            opened.pop()
    if opened:
        bracket = opened[-1]
        where = Span(span.start + bracket.start(), span.start + bracket.end())
        closer = _CLOSERS[bracket.group()]
        findings.add(
            "E101",
            f"`{bracket.group()}` is never closed",
            Label(where, "opened here"),
            fix=f"close it with `{closer}`",
        )
        return
    place = Span(span.end - 1, span.end)
    findings.add("E105", "the statement ends too early", Label(place, _expected(error)), fix=_fix(error))


_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a label in quotes",
    "BOUND": "`<`, `<=`, `>` or `>=`",
    "EQUALITY": "`==` or `!=`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "TIMES": "`*`, `/` or `@`",
    "MISSING": "`?`",
    "$END": "the end of the statement",
}
_VALUE = {"NUMBER", "NAME", "LPAR", "MINUS", "LSQB"}
_OPERATORS = {"PLUS", "MINUS", "TIMES", "CIRCUMFLEX", "BOUND", "EQUALITY", "AND", "OR"}


def _accepted(error: UnexpectedToken | UnexpectedCharacters) -> set[str]:
    if isinstance(error, UnexpectedToken):
        return set(error.accepts or error.expected)
    return set(error.allowed or ())


def _expected(error: UnexpectedToken | UnexpectedCharacters) -> str:
    """The sentence "expected ..." in at most four alternatives, or nothing where too many things may follow."""
    accepted = _accepted(error)
    parts = []
    if _VALUE <= accepted:
        parts.append("a value")
        accepted -= _VALUE | {"STRING", "NOT", "IF"}
    if len(accepted & _OPERATORS) >= 3:
        parts.append("an operator")
        accepted -= _OPERATORS
    parts += sorted({_spoken(name) for name in accepted})
    if len(parts) > 5:
        return ""
    return "expected " + (
        " or ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
    )


def _spoken(terminal: str) -> str:
    if terminal in _WORDS:
        return _WORDS[terminal]
    pattern = next(t.pattern.value for t in parser().terminals if t.name == terminal)
    return f"`{pattern}`"


def _fix(error: UnexpectedToken | UnexpectedCharacters) -> str:
    accepted = _accepted(error)
    if "TILDE" in accepted and "EQUAL" in accepted and "LPAR" not in accepted:
        return "a statement is `name ~ Distribution(...)`, `name = value`, or begins with a keyword such as `data`"
    if {"DIM", "FN"} <= accepted:
        return "a statement begins with a name, or with `dim`, `data`, `param`, `latent`, `fn`, `factor`, ..."
    if "THEN" in accepted:
        return "write `if condition then a else b`"
    if "ELSE" in accepted:
        return "every `if ... then ...` needs its `else`"
    return ""
