"""A session at the keyboard, or from a pipe: the same phases, one statement at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator

from ppl.diagnostic import Diagnostic
from ppl.repl.pieces import is_open, pieces
from ppl.repl.session import Session
from ppl.repl.shell import Shell
from ppl.report.talk import say

__all__ = ["run"]


def run(model: str | None, data: tuple[str, ...]) -> bool:
    """Runs a session until its end; whether everything in it was understood."""
    is_live = sys.stdin.isatty() and sys.stdout.isatty()

    def tell(diagnostics: tuple[Diagnostic, ...]) -> None:
        say(diagnostics, sys.stdout if is_live else sys.stderr)

    shell = Shell(Session(), print, tell)
    if model is not None:
        _obey(shell, f":load {model}")
    if data:
        shell.session = shell.session.with_data(*data)
    if is_live:
        from ppl.repl.prompt import typed_lines

        print("Statements as in a file; `:help` for the rest.")
        inputs = typed_lines(shell)
    else:
        inputs = piped_lines(sys.stdin)
    for text in inputs:
        if not _obey(shell, text):
            break
    return is_live or not shell.failed


def piped_lines(lines: Iterable[str]) -> Iterator[str]:
    """Lines as statements and commands; those that go on are taken together, until another plainly begins."""
    gathered = ""
    for line in lines:
        if gathered and (line.lstrip().startswith(":") or len(pieces(gathered + line)) > 1):
            yield gathered
            gathered = ""
        gathered += line
        if gathered.lstrip().startswith(":") or not is_open(gathered):
            yield gathered
            gathered = ""
    yield gathered


def _obey(shell: Shell, text: str) -> bool:
    """Lets the shell hear a text. Whatever goes wrong, the session goes on."""
    try:
        return shell.hear(text)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    except Exception as error:
        shell.failed = True
        if os.environ.get("PPL_DEBUG"):
            import traceback

            traceback.print_exc()
        print(f"this is a bug of ours, please report it: {type(error).__name__}: {error}", file=sys.stderr)
    return True
