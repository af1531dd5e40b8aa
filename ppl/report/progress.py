"""What is shown while a fit runs: on a terminal ELBO, gain and time, live; else a plain line every 10 s."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

from ppl.fit import Progress

EVERY = 10.0  # seconds between plain lines
FRAME = 0.1  # seconds between pictures on a terminal
PATIENCE = 0.3  # seconds before the first picture: a fit that is done by then needs none


class Live:
    """A watcher for `fit(progress=...)`: a context manager that tidies up behind itself.

    It writes to stderr, where talk belongs; a terminal's line is redrawn in place and wiped at the end.
    """

    def __init__(self, stream: TextIO | None = None):
        self.stream = sys.stderr if stream is None else stream
        self.is_terminal = self.stream.isatty()
        self.began = self.last = time.monotonic()
        self.width = 0
        self.elbo: float | None = None

    def __enter__(self) -> Live:
        self.began = self.last = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.width:
            self._draw("")

    def __call__(self, progress: Progress) -> None:
        """Told after each step."""
        now = time.monotonic()
        wait = FRAME if self.is_terminal else EVERY
        if now - self.last < wait or now - self.began < PATIENCE:
            return
        self.last = now
        line = described(progress, self.elbo)
        self.elbo = progress.elbo
        if self.is_terminal:
            self._draw(line)
        else:
            self.stream.write(line + "\n")
            self.stream.flush()

    def _draw(self, line: str) -> None:
        self.stream.write("\r" + line.ljust(self.width) + ("" if line else "\r"))
        self.stream.flush()
        self.width = len(line)


def described(progress: Progress, before: float | None) -> str:
    """A step in words: `step 120  ELBO -31.54 (+0.02)  1.3 s`."""
    gain = "" if before is None else f" ({progress.elbo - before:+.3g})"
    return f"step {progress.step:,}  ELBO {progress.elbo:,.2f}{gain}  {progress.seconds:.1f} s"
