"""What is said to people: in colour on a terminal, plain in a pipe or under NO_COLOR or TERM=dumb."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from ppl.diagnostic import Diagnostic, render

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ppl.report.numbers import Report


def is_colourful(stream: TextIO) -> bool:
    """Whether colour would be seen, and is wanted."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(diagnostics: Sequence[Diagnostic], stream: TextIO) -> None:
    """Diagnostics, an empty line between them."""
    for k, diagnostic in enumerate(diagnostics):
        if k:
            print(file=stream)
        if is_colourful(stream):
            # Rich is worth its import only where there is colour to be seen.
            from ppl.report.diagnostics import coloured

            _print(coloured(diagnostic), stream, soft_wrap=True)
        else:
            print(render(diagnostic), file=stream)


def show_report(report: Report, stream: TextIO) -> None:
    """The page of a fit."""
    from ppl.report.text import as_text, page

    if is_colourful(stream):
        _print(page(report), stream)
    else:
        stream.write(as_text(report))


def _print(what: RenderableType, stream: TextIO, soft_wrap: bool = False) -> None:
    from rich.console import Console

    Console(file=stream, highlight=False).print(what, soft_wrap=soft_wrap)
