"""One layout for everybody: `formatted(source)` is the same program, laid out in the one way there is.

Statements keep their order, and so do comments; blank lines are kept, at most one in a row. Parentheses
that precedence makes redundant go; numbers and labels stay as written. What is longer than a line is broken
inside of brackets, or after an operator or a comma.

Declarations are not set in columns, because one long name would move all its neighbours; but the comments
behind neighbouring lines are: they are read as one column, next to the code. A line much longer than its
neighbours begins a column of its own (`REACH`).
"""

from __future__ import annotations

from bisect import bisect_right

from ppl.diagnostic import Source, Span
from ppl.syntax import ast
from ppl.syntax.format.comments import Remark, remark, woven
from ppl.syntax.format.page import Line, lines
from ppl.syntax.format.pieces import pieces
from ppl.syntax.lines import cut
from ppl.syntax.parse import parse

__all__ = ["formatted"]

GAP = 2  # between code and the comment behind it
REACH = 40  # by how much lines may differ whose comments stand in one column


def formatted(source: Source) -> str:
    """The text of a source in the one layout; raises `PplError` if it doesn't parse."""
    text, program = source.text, parse(source)
    spans, comments = cut(source)
    inside, between = _sorted_out(comments, spans)
    items: list[tuple[Span, ast.Node | ast.Comment, list[ast.Comment]]] = [(c.span, c, []) for c in between]
    items += zip(spans, program.statements, inside, strict=True)
    page: list[Line] = []
    end = 0
    for span, item, within in sorted(items, key=lambda item: item[0].start):
        after_blank = text.count("\n", end, span.start) > 1
        if isinstance(item, ast.Comment):
            left = [remark(text, item, after_blank)]
        else:
            found, left = woven(pieces(item, text), text, span, within)
            page += [*([Line()] if after_blank and page else []), *lines(found)]
        for one in left:
            _add(page, one)
        end = span.end
    _align(page)
    return "".join(f"{line.code}{line.comment}\n" for line in page)


def _sorted_out(
    comments: tuple[ast.Comment, ...], spans: tuple[Span, ...]
) -> tuple[list[list[ast.Comment]], list[ast.Comment]]:
    """The comments inside of each statement, and those between statements."""
    starts = [span.start for span in spans]
    inside: list[list[ast.Comment]] = [[] for _ in spans]
    between: list[ast.Comment] = []
    for comment in comments:
        k = bisect_right(starts, comment.span.start) - 1
        (inside[k] if k >= 0 and comment.span.start < spans[k].end else between).append(comment)
    return inside, between


def _add(page: list[Line], remark: Remark) -> None:
    """A comment behind the last line, if it stood behind something and there is room for one, or below it."""
    if not remark.own and page and page[-1].code and not page[-1].comment:
        page[-1].comment = remark.text
        return
    if remark.after_blank and page:
        page.append(Line())
    page.append(Line(comment=remark.text))


def _align(page: list[Line]) -> None:
    """Sets the comments behind neighbouring lines in one column."""
    run: list[Line] = []
    shortest = longest = 0
    for line in [*page, Line()]:
        length = len(line.code)
        if not (line.code and line.comment) or max(longest, length) - min(shortest, length) > REACH:
            for other in run:
                other.code = other.code.ljust(longest + GAP)
            run = []
        if line.code and line.comment:
            shortest, longest = (min(shortest, length), max(longest, length)) if run else (length, length)
            run.append(line)
