"""Where a statement ends: at a newline outside of brackets and not behind an operator or a comma.

Cutting the text before parsing it means that a mistake in one statement never hides the next
one's. A bracket that is never closed ends where the next line plainly starts a statement.
"""

from __future__ import annotations

import re

from ppl.diagnostic import Source, Span
from ppl.syntax.ast import Comment

_TOKEN = re.compile(
    r'(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<blank>[ \t\f\r]+)|(?P<string>"[^"\n]*"?)'
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])"
    r"|(?P<joiner>==|!=|<=|>=|->|\.\.|[-+*/@^,=~<>:])|(?P<word>[^\W\d]\w*)|(?P<other>.)",
    re.VERBOSE,
)
_JOINING_WORDS = frozenset({"and", "or", "not", "if", "then", "else", "where", "in"})
_START = re.compile(
    r"(dim|data|param|latent|predict|factor|fn|net|guide|let)\b|[^\W\d]\w*[ \t]*(\[[^\]\n]*\])?[ \t]*~"
)


def _is_cut(text: str, start: int, here: int, depth: int, braces: int, joined: bool) -> bool:
    """Whether a line plainly starts a statement although the one before it is not complete."""
    if not (depth > 0 or joined) or not _START.match(text, here):
        return False
    # Inside the braces of a function `let` is at home; in a block of another language everything is.
    return braces == 0 or (text.startswith(("fn", "guide"), start) and not text.startswith("let", here))


def cut(source: Source) -> tuple[tuple[Span, ...], tuple[Comment, ...]]:
    """The spans of a source's statements, and its comments."""
    text = source.text
    statements: list[Span] = []
    comments: list[Comment] = []
    start, end = -1, 0  # of the statement at hand; -1 between statements
    depth, braces = 0, 0
    joined = fresh = False  # the last token asks for more; at the first token of a line
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match.group()
        if kind == "blank":
            continue
        if kind == "comment":
            comments.append(Comment(Span(match.start(), match.end()), token.rstrip()))
            continue
        if kind == "newline":
            fresh = True
            if start >= 0 and depth == 0 and not joined:
                statements.append(Span(start, end))
                start = -1
            continue
        if fresh and start >= 0 and _is_cut(text, start, match.start(), depth, braces, joined):
            statements.append(Span(start, end))
            start, depth, braces = -1, 0, 0
        fresh = False
        if start < 0:
            start = match.start()
        end = match.end()
        joined = kind == "joiner" or (kind == "word" and token in _JOINING_WORDS)
        if kind in ("open", "close"):
            depth = max(0, depth + (1 if kind == "open" else -1))
            braces = max(0, braces + {"{": 1, "}": -1}.get(token, 0))
            if depth == 0:
                braces = 0
    if start >= 0:
        statements.append(Span(start, end))
    return tuple(statements), tuple(comments)
