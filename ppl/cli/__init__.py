"""Arguments in, text out, exit codes. Every verb is a file here, and loads what it needs when it runs."""

from __future__ import annotations

import sys

from ppl.cli.exits import run

__all__ = ["main"]


def main() -> None:
    """The command `ppl`."""
    sys.exit(run(sys.argv[1:]))
