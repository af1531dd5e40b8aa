"""Comments in their places among the pieces of a statement.

The tokens of a layout are the source's own, less redundant parentheses; so the source is read along with
them, and a comment that is met waits for the next place where a line may end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ppl.diagnostic import Span
from ppl.syntax import ast
from ppl.syntax.format.marks import Break, Kind, Mark


@dataclass(frozen=True)
class Remark:
    """A comment: behind something on its line or on a line of its `own`, after a blank one or not."""

    text: str
    own: bool
    after_blank: bool


@dataclass(frozen=True)
class Place:
    """A `Break` and the comments that stand there; a hard one may keep a `blank_line` behind them."""

    mark: Break
    remarks: tuple[Remark, ...] = ()
    blank_line: bool = False

    @property
    def ends_line(self) -> bool:
        """Whether a line ends here, however short."""
        return bool(self.remarks) or self.mark.kind is Kind.HARD


Woven = str | Mark | Place


def woven(
    pieces: Iterable[str | Mark], text: str, span: Span, comments: Sequence[ast.Comment]
) -> tuple[list[Woven], list[Remark]]:
    """The pieces of a statement with the comments inside of its span, and those left when it ended."""
    reader = _Reader(text, span, comments)
    found: list[Woven] = []
    breaks: list[tuple[int, Break]] = []  # since the last token
    for piece in pieces:
        if isinstance(piece, Break):
            breaks.append((len(found), piece))
        elif isinstance(piece, str) and piece != " ":
            reader.skip(piece)
            for position, mark in breaks:
                found[position] = _place(mark, reader)
            breaks.clear()
            reader.pass_over(piece)
        found.append(piece)
    reader.skip()
    return found, list(reader.taken())


def _place(mark: Break, reader: _Reader) -> Woven:
    remarks = reader.taken()
    if mark.kind is Kind.QUIET and not remarks:
        return " " * mark.blank
    return Place(mark, remarks, reader.blank_line)


class _Reader:
    """Reads a statement's source from token to token, and gathers the comments on the way."""

    def __init__(self, text: str, span: Span, comments: Sequence[ast.Comment]):
        self.text, self.at, self.end = text, span.start, span.end
        self.comments = {comment.span.start: comment for comment in comments}
        self.waiting: list[Remark] = []
        self.blank_line = False  # whether there is one just before `at`

    def skip(self, token: str = "") -> None:
        """Go to a token, or to the end: past white space, comments and redundant parentheses."""
        self.blank_line = False
        while self.at < self.end:
            comment = self.comments.get(self.at)
            if comment is not None:
                self.waiting.append(remark(self.text, comment, self.blank_line))
                self.at = comment.span.end
                self.blank_line = False
            elif self.text[self.at].isspace():
                self._skip_space()
            elif token and self.text.startswith(token, self.at):
                return
            else:
                assert self.text[self.at] in "()", f"{self.text[self.at]!r} where `{token}` is laid out"
                self.at += 1

    def _skip_space(self) -> None:
        start = self.at
        while self.at < self.end and self.text[self.at].isspace():
            self.at += 1
        self.blank_line = self.text.count("\n", start, self.at) > 1

    def pass_over(self, token: str) -> None:
        """Go to the end of a token."""
        self.at += len(token)

    def taken(self) -> tuple[Remark, ...]:
        """The comments gathered since the last time."""
        found, self.waiting = tuple(self.waiting), []
        return found


def remark(text: str, comment: ast.Comment, after_blank: bool) -> Remark:
    """A comment and how it stands in a text."""
    start = text.rfind("\n", 0, comment.span.start) + 1
    return Remark(comment.text, not text[start : comment.span.start].strip(), after_blank)
