"""Memory for large arrays that come and go: what is freed stays with the process, for the next gradient to take."""

from __future__ import annotations

import numpy as onp

LARGEST = 2**25 - 2**14  # bytes; the allocator's own limit is 32 MiB with its bookkeeping


def keep_freed_memory() -> None:
    """Ask for one large block and free it untouched, which costs nothing and moves the allocator's thresholds.

    glibc gives freed blocks above a threshold back to the system, and faults their pages in anew when they are asked
    for again: half the time of a gradient over large arrays. It raises that threshold to the size of any block up to
    32 MiB that it sees freed (mallopt(3), M_MMAP_THRESHOLD). Other allocators take no notice.
    """
    onp.empty(LARGEST, dtype=onp.uint8)
