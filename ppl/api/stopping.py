"""Ctrl-C during a fit: the first ends it and what it has is reported; the second leaves at once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppl.fit import Progress


class Stopping:
    """Takes SIGINT and SIGTERM while it is entered. `asked` tells whether one came."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stopping:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        print("\nending the fit; once more to leave without a report", file=sys.stderr)

    def watching(self, watch: Callable[[Progress], object]) -> Callable[[Progress], bool]:
        """The same watcher, that answers False once the fit is to end."""

        def told(progress: Progress) -> bool:
            watch(progress)
            return not self.asked

        return told
