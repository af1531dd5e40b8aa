"""Diagnostics for a terminal in colour, and as JSON with the ranges of the Language Server Protocol.

The words and the layout are `ppl.diagnostic.render`'s; colour only adds to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.text import Text

from ppl.diagnostic import Diagnostic, Source, Span, one_line, render

SEVERITIES = {"error": 1, "warning": 2}
_STYLES = (
    (re.compile(r"^(error|warning)\[\w+\]: "), {"error": "bold red", "warning": "bold yellow"}),
    (re.compile(r"^ +--> .*$"), "blue"),
    (re.compile(r"^ +\d+ \|"), "blue"),
    (re.compile(r"^ +\| +\^+.*$"), "red"),
    (re.compile(r"^ +\| +-+.*$"), "blue"),
    (re.compile(r"^ +\|$"), "blue"),
    (re.compile(r"^ +=( fix:)?"), "green"),
)


def coloured(diagnostic: Diagnostic) -> Text:
    """The text of `render`, in colour."""
    out = Text()
    for k, line in enumerate(render(diagnostic).split("\n")):
        out.append("\n" if k else "")
        start = len(out)
        out.append(line)
        for pattern, style in _STYLES:
            found = pattern.match(line)
            if found is not None:
                chosen = style if isinstance(style, str) else style[found.group(1)]
                out.stylize(chosen, start + found.start(), start + found.end())
                break
    return out


def to_dict(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as the Language Server Protocol has it; facts, the fix and its edits are in `data`."""
    d, source = diagnostic, diagnostic.source
    found: dict[str, Any] = {
        "file": source.name if source else None,
        "range": _range(source, d.place),
        "severity": SEVERITIES[d.severity],
        "code": d.code,
        "source": "ppl",
        "message": d.message,
        "relatedInformation": [
            {"location": {"file": source.name, "range": _range(source, label.span)}, "message": label.text}
            for label in d.labels[1:]
            if source is not None
        ],
        "data": {
            "facts": list(d.facts),
            "fix": d.fix or None,
            "edits": [{"range": _range(source, edit.span), "newText": edit.text} for edit in d.edits],
        },
    }
    return found


def _range(source: Source | None, span: Span | None) -> dict[str, Any]:
    """Lines from 0, characters in UTF-16 units; a diagnostic without a place is at the start of its file."""
    if source is None or span is None:
        nowhere = {"line": 0, "character": 0}
        return {"start": nowhere, "end": dict(nowhere)}
    return {"start": _position(source, span.start), "end": _position(source, span.end)}


def _position(source: Source, offset: int) -> dict[str, int]:
    line, column = source.position(offset)
    before = source.text[offset - column + 1 : offset]
    return {"line": line - 1, "character": len(before.encode("utf-16-le")) // 2}


def one_lines(diagnostics: Iterable[Diagnostic]) -> str:
    """A line for each, as editors' error parsers read them."""
    return "\n".join(one_line(d) for d in diagnostics)
