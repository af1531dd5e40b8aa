"""What the parser stumbled over, in the words of the language instead of the parser's."""

from __future__ import annotations

import re
import unicodedata

from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from ppl.diagnostic import Edit, Findings, Label, Span, clipped
from ppl.syntax.grammar import KEYWORDS, parser
from ppl.syntax.habits import masked, recognise

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_OPENERS = {closer: opener for opener, closer in _CLOSERS.items()}
Failure = UnexpectedToken | UnexpectedCharacters


def complain(error: Failure, text: str, span: Span, findings: Findings) -> None:
    """Add the one diagnostic for a statement that did not parse."""
    at = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    token = error.token if isinstance(error, UnexpectedToken) else None
    is_end = token is not None and token.type == "$END"
    at = len(text) if is_end else at
    habit = recognise(text, at, span.start)
    if habit is not None:
        findings.add("E102", habit.message, Label(habit.place), fix=habit.fix, edits=habit.edits)
    elif is_end:
        _ended(error, text, span, findings)
    elif token is None:
        _strange(text[at], span.start + at, findings)
    else:
        _unexpected(error, str(token), text, at, span, findings)


def _strange(found: str, start: int, findings: Findings) -> None:
    """A character that no token begins with."""
    place = Span(start, start + 1)
    if found == '"':
        line = findings.source.text[start:].split("\n", 1)[0] if findings.source is not None else found
        findings.add(
            "E103",
            "this text is never closed",
            Label(Span(start, start + len(line))),
            fix='end it with `"` on the same line',
        )
    elif found.isprintable():
        findings.add("E102", f"`{found}` is not part of the language", Label(place))
    else:
        kind = unicodedata.name(found, "an invisible character").lower()
        is_space = unicodedata.category(found) == "Zs"
        fix = "write a plain space" if is_space else "delete it"
        findings.add(
            "E102",
            f"{kind} (U+{ord(found):04X}) is not part of the language",
            Label(place),
            fix=fix,
            edits=(Edit(place, " " * is_space),),
        )


def _unexpected(error: Failure, found: str, text: str, at: int, span: Span, findings: Findings) -> None:
    place = Span(span.start + at, span.start + at + len(found))
    opened = _open(text[:at])
    if found in _OPENERS and (not opened or text[opened[-1]] != _OPENERS[found]):
        _mismatched(found, text, place, opened, span, findings)
        return
    labels = [Label(place)]
    closers = {")": "RPAR", "]": "RSQB", "}": "RBRACE"}
    if (
        opened
        and not _accepted(error) >= _VALUE
        and closers[_CLOSERS[text[opened[-1]]]] in _accepted(error)
        and not found[0].isalnum()
    ):
        labels.append(Label(_one(span, opened[-1]), "opened here"))
    joiner = _joined(text, at)
    if joiner is not None:
        labels.append(Label(_one(span, joiner), "the line ends with this, so the statement goes on"))
    if found in KEYWORDS:
        fix = f"`{found}` is a word of the language: a name would have to be another, such as `{found}_`"
        findings.add("E104", f"`{found}` can't stand here{_but(error)}", *labels, fix=fix)
        return
    if {"DIM", "FN"} <= _accepted(error):
        findings.add(
            "E100", f"a statement can't begin with `{clipped(found)}`", *labels, fix=_fix(error, text)
        )
        return
    expected = _expected(error)
    message = (
        f"expected {expected}, and found `{clipped(found)}`"
        if expected
        else f"`{clipped(found)}` can't stand here"
    )
    findings.add("E100", message, *labels, fix=_fix(error, text))


def _but(error: Failure) -> str:
    expected = _expected(error)
    return f": expected {expected}" if expected else ""


def _mismatched(
    found: str, text: str, place: Span, opened: list[int], span: Span, findings: Findings
) -> None:
    if not opened:
        findings.add(
            "E101", f"this `{found}` closes nothing", Label(place), fix="delete it", edits=(Edit(place, ""),)
        )
        return
    opener = text[opened[-1]]
    right = _CLOSERS[opener]
    findings.add(
        "E101",
        f"`{opener}` is closed by `{right}`, and here stands `{found}`",
        Label(place),
        Label(_one(span, opened[-1]), "opened here"),
        fix=f"write `{right}`",
        edits=(Edit(place, right),),
    )


def _one(span: Span, at: int) -> Span:
    return Span(span.start + at, span.start + at + 1)


def _open(text: str) -> list[int]:
    """Where the brackets stand that a text opens and does not close."""
    opened = []
    for match in re.finditer(r"[(\[{]|[)\]}]", masked(text)):
        if match.group() in _CLOSERS:
            opened.append(match.start())
        elif opened:
            opened.pop()
    return opened


def _joined(text: str, at: int) -> int | None:
    """The operator or comma at the end of the line above, if the mistake is among the first things on its line."""
    start = text.rfind("\n", 0, at) + 1
    if start == 0 or len(text[start:at].split()) > 2 or _open(text[:at]):
        return None
    before = re.sub(r"#[^\n]*", "", text[:start]).rstrip()
    return len(before) - 1 if before else None


def _ended(error: Failure, text: str, span: Span, findings: Findings) -> None:
    opened = _open(text)
    place = Span(span.end, span.end)
    if opened:
        opener = text[opened[-1]]
        closer = _CLOSERS[opener]
        rest = text[opened[-1] + 1 :]
        last = rest.rstrip()[-1:]
        edits = (
            (Edit(place, closer),)
            if len(opened) == 1 and (last.isalnum() or last in ")]") and "\n" not in rest
            else ()
        )
        findings.add(
            "E101",
            f"`{opener}` is never closed",
            Label(_one(span, opened[-1]), "opened here"),
            fix=f"close it with `{closer}`",
            edits=edits,
        )
        return
    expected = _expected(error)
    message = "the statement ends too early" + (f": expected {expected}" if expected else "")
    findings.add("E105", message, Label(place), fix=_fix(error, text))


_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a label in quotes",
    "EQUALITY": "`==`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "TIMES": "`*`",
    "MISSING": "`?`",
    "$END": "the end of the statement",
}
_VALUE = {"NUMBER", "NAME", "LPAR", "MINUS", "LSQB"}
_OPERATORS = {"PLUS", "MINUS", "TIMES", "CIRCUMFLEX", "BOUND", "EQUALITY", "AND", "OR"}
_ORDER = (
    "NAME",
    "NUMBER",
    "STRING",
    "TILDE",
    "EQUAL",
    "COLON",
    "LPAR",
    "LSQB",
    "COMMA",
    "RPAR",
    "RSQB",
    "RBRACE",
)


def _accepted(error: Failure) -> set[str]:
    if isinstance(error, UnexpectedToken):
        return set(error.accepts or error.expected)
    return set(error.allowed or ())


def _expected(error: Failure) -> str:
    """What may stand here in at most five alternatives, or nothing where there are more."""
    accepted = _accepted(error)
    if "NAME" in accepted:
        accepted -= {"DIST"}  # which is a word only before a name
    parts = []
    if accepted >= _VALUE:
        parts.append("a value")
        accepted -= _VALUE | {"STRING", "NOT", "IF", "RPAR"}
    if len(accepted & _OPERATORS) >= 3:
        parts.append("an operator")
        accepted -= _OPERATORS
        if accepted - {"LPAR", "LSQB"}:  # behind a name: true, and no help
            accepted -= {"LPAR", "LSQB"}
    if "BOUND" in accepted:
        parts.append("a bound such as `> 0`")
        accepted -= {"BOUND", "IN"}
    last = accepted & {"$END"}
    known = [name for name in _ORDER if name in accepted]
    parts += [_spoken(name) for name in (*known, *sorted(accepted - {*_ORDER, "$END"}), *last)]
    if len(parts) > 5:
        return ""
    return " or ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _spoken(terminal: str) -> str:
    if terminal in _WORDS:
        return _WORDS[terminal]
    pattern = next(t.pattern.value for t in parser().terminals if t.name == terminal)
    return f"`{pattern}`"


def _fix(error: Failure, text: str) -> str:
    accepted = _accepted(error)
    if "TILDE" in accepted and "EQUAL" in accepted and "LPAR" not in accepted:
        return (
            "a statement is `name ~ Distribution(...)` or `name = value`, or begins with `dim`, `data`, ..."
        )
    if {"DIM", "FN"} <= accepted:
        return (
            "a statement begins with a name, or with `dim`, `data`, `param`, `fn`, `factor`, `predict`, ..."
        )
    if "THEN" in accepted and re.search(r"\bif\b", text):
        return "write `if condition then a else b`"
    if "ELSE" in accepted:
        return "every `if ... then ...` needs its `else`"
    return ""
