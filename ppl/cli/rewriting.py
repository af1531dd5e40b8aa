"""A model's file rewritten in one step, for the verbs that change what their user wrote."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path


def rewrite(path: Path, text: str) -> None:
    """Write a new text in one step: an interruption leaves the old model or the new one, never half of one.

    A link stays a link, and the file keeps its mode.
    """
    place = path.resolve()
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(beside, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, stat.S_IMODE(place.stat().st_mode))
        os.replace(beside, place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
