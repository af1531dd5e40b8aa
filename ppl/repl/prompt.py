"""The keyboard: history, completion, colours, and Enter that knows when a statement goes on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from ppl.repl.commands import COMMANDS
from ppl.repl.pieces import is_open
from ppl.syntax.grammar import KEYWORDS
from ppl.syntax.highlight import ViLexer

if TYPE_CHECKING:
    from ppl.repl.shell import Shell

_WITH_FILE = ("load", "data", "save")
# The terminal's own colours, which can be read on dark and on light; names stay as they are.
COLOURS = {
    "pygments.keyword": "ansimagenta",
    "pygments.name.class": "ansigreen",
    "pygments.name.function": "ansicyan",
    "pygments.literal.number": "ansiblue",
    "pygments.literal.string": "ansiyellow",
    "pygments.comment": "italic",
    "pygments.error": "ansired",
}


def typed_lines(shell: Shell) -> Iterator[str]:
    """What is typed, one statement, expression or command at a time, until Ctrl-D."""
    prompt: PromptSession[str] = PromptSession(
        "ppl> ",
        multiline=True,
        prompt_continuation="...  ",
        history=_history(),
        completer=Words(shell),
        complete_while_typing=False,
        lexer=PygmentsLexer(ViLexer),
        style=Style.from_dict(COLOURS),
        include_default_pygments_style=False,
        key_bindings=_keys(),
        color_depth=ColorDepth.DEPTH_1_BIT if os.environ.get("NO_COLOR") else None,
    )
    while True:
        try:
            yield prompt.prompt()
        except KeyboardInterrupt:
            continue  # Ctrl-C drops the line, not the session
        except EOFError:
            return


def is_finished(text: str) -> bool:
    """Whether Enter ends an input: a command, a whole statement, or an empty line behind an open one."""
    return text.lstrip().startswith(":") or not is_open(text) or text.endswith("\n")


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.is_cursor_at_the_end and is_finished(buffer.text):
            buffer.validate_and_handle()
        elif is_finished(buffer.text) and not buffer.document.on_last_line:
            buffer.cursor_down()
        elif is_finished(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys


def _history() -> History:
    """In the user's state folder; in memory where that can't be written."""
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "ppl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "history").touch()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(folder / "history"))


class Words(Completer):
    """Commands after a colon, files where one is wanted; else the language and all known names."""

    def __init__(self, shell: Shell):
        self.shell = shell
        self.files = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may stand at the cursor."""
        before = document.current_line_before_cursor.lstrip()
        command, space, rest = before.removeprefix(":").partition(" ")
        if before.startswith(":") and not space:
            yield from _beginning(command, COMMANDS)
        elif before.startswith(":") and any(name.startswith(command) for name in _WITH_FILE):
            yield from self.files.get_completions(Document(rest.split(" ")[-1]), complete_event)
        else:
            word = (
                document.get_word_before_cursor(WORD=False)
                if before[-1:].isidentifier() or before[-1:].isdigit()
                else ""
            )
            yield from _beginning(word, self._known(command if before.startswith(":") else None))

    def _known(self, command: str | None) -> list[str]:
        from ppl.report.page import names

        pages = names()
        if command == "fit":
            return [name for name, shelf in pages.items() if shelf == "guides"]
        shelves = ("distributions", "functions") if command is None else None
        language = [name for name, shelf in pages.items() if shelves is None or shelf in shelves]
        return [*self._declared(), *language, *(sorted(KEYWORDS) if command is None else ())]

    def _declared(self) -> list[str]:
        from ppl.repl.pieces import declared

        return list(dict.fromkeys(name for piece in self.shell.session.program for name in declared(piece)))


def _beginning(word: str, known: Iterable[str]) -> Iterator[Completion]:
    for name in sorted(known, key=str.lower):
        if name.lower().startswith(word.lower()):
            yield Completion(name, start_position=-len(word))
