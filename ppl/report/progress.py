"""What is shown while something runs: on a terminal one line, live; else a plain line every 10 s."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

from ppl.fit import Progress

EVERY = 10.0  # seconds between plain lines
FRAME = 0.1  # seconds between pictures on a terminal
PATIENCE = 0.3  # seconds before the first picture: a fit that is done by then needs none


class Line:
    """A line that says how far something has come: a context manager that tidies up behind itself.

    It goes to stderr, where talk belongs; a terminal's line is redrawn in place and wiped at the end.
    """

    def __init__(self, stream: TextIO | None = None):
        self.stream = sys.stderr if stream is None else stream
        self.is_terminal = self.stream.isatty()
        self.began = self.last = time.monotonic()
        self.width = 0

    def __enter__(self) -> Self:
        self.began = self.last = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.width:
            self._draw("")

    def due(self) -> bool:
        """Whether it is time for another line."""
        now = time.monotonic()
        wait = FRAME if self.is_terminal else EVERY
        return now - self.last >= wait and now - self.began >= PATIENCE

    def show(self, line: str) -> None:
        """The line, in the place of the last one."""
        self.last = time.monotonic()
        if self.is_terminal:
            self._draw(line)
        else:
            self.stream.write(line + "\n")
            self.stream.flush()

    def _draw(self, line: str) -> None:
        self.stream.write("\r" + line.ljust(self.width) + ("" if line else "\r"))
        self.stream.flush()
        self.width = len(line)


class Live(Line):
    """A watcher for `fit(progress=...)`."""

    elbo: float | None = None

    def __call__(self, progress: Progress) -> None:
        """Told after each step."""
        if self.due():
            self.show(described(progress, self.elbo))
            self.elbo = progress.elbo


class Counting(Line):
    """A watcher of things done one by one."""

    def __call__(self, done: int, of: int) -> None:
        """Told after each."""
        if self.due():
            self.show(f"{done:,} of {of:,}")


def described(progress: Progress, before: float | None) -> str:
    """A step in words: `step 120  ELBO -31.54 (+0.02)  1.3 s`."""
    gain = "" if before is None else f" ({progress.elbo - before:+.3g})"
    return f"step {progress.step:,}  ELBO {progress.elbo:,.2f}{gain}  {progress.seconds:.1f} s"
