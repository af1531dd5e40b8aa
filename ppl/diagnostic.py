"""What is said about a mistake: a record with places, and the error that carries such records.

A `Diagnostic` is data; `ppl.report.diagnostics` prints it (terminal, one line, JSON).
`PplError` is the only exception a user's mistake may raise; anything else is a bug of ours.
"""

from __future__ import annotations

import bisect
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal


@dataclass(frozen=True)
class Source:
    """A model's text and the name it is known by (a path, or `<repl>`)."""

    name: str
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(i + 1 for i, c in enumerate(self.text) if c == "\n")]

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset, both counted from 1."""
        line = bisect.bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from 1), without its newline."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)]


@dataclass(frozen=True)
class Span:
    """Half-open range of character offsets in a source."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True)
class Label:
    """A place in the source and what is to be seen there."""

    span: Span
    text: str = ""


@dataclass(frozen=True)
class Edit:
    """A replacement of a span's text; applying all edits of a fix removes the mistake."""

    span: Span
    text: str


@dataclass(frozen=True)
class Diagnostic:
    """One mistake: what, where, why, and one thing to try.

    `labels[0]`, if there is one, is the place of the mistake; the others say where the
    other side of it was declared. `edits` is machine-applicable, `fix` is the sentence.
    """

    code: str
    message: str
    labels: tuple[Label, ...] = ()
    facts: tuple[str, ...] = ()
    fix: str = ""
    edits: tuple[Edit, ...] = ()
    severity: Literal["error", "warning"] = "error"
    source: Source | None = None

    @property
    def place(self) -> Span | None:
        return self.labels[0].span if self.labels else None


class PplError(Exception):
    """A user's mistake, or several: `.diagnostics` in the order of their places."""

    def __init__(self, diagnostics: Iterable[Diagnostic]):
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(str(self))

    def __str__(self) -> str:
        return "\n".join(render(d) for d in self.diagnostics)


def one_line(d: Diagnostic) -> str:
    """`file:line:col: E204: text`: what an editor's error parser reads."""
    where = d.source.name if d.source else "ppl"
    if d.source is not None and d.place is not None:
        line, column = d.source.position(d.place.start)
        where = f"{where}:{line}:{column}"
    return visible(f"{where}: {d.code}: {d.message}")


def render(d: Diagnostic) -> str:
    """A diagnostic as plain text: the message, the source lines with carets, facts, the fix."""
    out = [f"{d.severity}[{d.code}]: {d.message}"]
    if d.source is not None and d.labels:
        out += _excerpt(d.source, d.labels)
    elif d.source is not None:
        out.append(f"  --> {d.source.name}")
    out += [f"   = {fact}" for fact in d.facts]
    if d.fix:
        out.append(f"   = fix: {d.fix}")
    return "\n".join(visible(line) for line in out)


def visible(text: str) -> str:
    """The text with what a terminal would obey, or not show, written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def clipped(text: str, width: int = 40) -> str:
    """The text, cut where it is too long to quote."""
    return text if len(text) <= width else text[: width - 1] + "…"


_WIDTH = 120  # columns of source that are shown; a longer line is shown around the mark


def _excerpt(source: Source, labels: tuple[Label, ...]) -> list[str]:
    line, column = source.position(labels[0].span.start)
    out = [f"  --> {source.name}:{line}:{column}"]
    placed = sorted({(*source.position(label.span.start), i) for i, label in enumerate(labels)})
    width = max(len(str(number)) for number, _, _ in placed) + 1
    shown: tuple[int, int] | None = None
    for number, column, i in placed:
        text = _line(source, number)
        start = 0 if len(text) <= _WIDTH else max(0, min(column - 1 - _WIDTH // 3, len(text) - _WIDTH))
        if (number, start) != shown:
            part = text[start : start + _WIDTH]
            cut = ("…" if start else "") + part + ("…" if start + _WIDTH < len(text) else "")
            out.append(f"{number:>{width + 1}} | {cut}".rstrip())
            shown = number, start
        span = labels[i].span
        before = _columns(text[start : column - 1]) + (1 if start else 0)
        inside = text[column - 1 : min(column - 1 + span.end - span.start, start + _WIDTH)]
        mark = ("^" if i == 0 else "-") * max(1, _columns(inside))
        out.append(f"{'':>{width + 1}} | {'':{before}}{mark} {labels[i].text}".rstrip())
    return out


def _line(source: Source, number: int) -> str:
    """A line of the source as it is shown: one character for one, so that columns stay where they are."""
    text = source.line(number).rstrip("\r").replace("\t", " ")
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    )


def _columns(text: str) -> int:
    """How many columns a terminal needs for a text: none for accents that combine, two for wide characters."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


@dataclass
class Findings:
    """Collects diagnostics of one source during a phase; `check()` raises what was found."""

    source: Source | None = None
    found: list[Diagnostic] = field(default_factory=list)

    def add(
        self,
        code: str,
        message: str,
        *labels: Label,
        fix: str = "",
        facts: Iterable[str] = (),
        edits: Iterable[Edit] = (),
    ) -> None:
        self.found.append(
            Diagnostic(code, message, tuple(labels), tuple(facts), fix, tuple(edits), source=self.source)
        )

    def check(self) -> None:
        if self.found:
            unique = dict.fromkeys(self.found)
            raise PplError(sorted(unique, key=lambda d: d.place.start if d.place else -1))
