"""Statements, expressions and commands, one after another; an error leaves the session as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ppl.diagnostic import Diagnostic, PplError, Source
from ppl.graph.symbols import did_you_mean
from ppl.repl.commands import COMMANDS, refused
from ppl.repl.session import Session, typed
from ppl.syntax.parse import parse, parse_expression

Tell = Callable[[tuple[Diagnostic, ...]], None]


@dataclass
class Shell:
    """A session and its past. `say` prints an answer, `tell` diagnostics."""

    session: Session
    say: Callable[[str], None]
    tell: Tell
    past: list[Session] = field(default_factory=list)
    failed: bool = False

    def hear(self, text: str) -> bool:
        """Takes in what was typed; False to leave."""
        if not text.strip():
            return True
        try:
            if text.lstrip().startswith(":"):
                return self._command(text.strip()[1:])
            self._model(text)
        except PplError as error:
            self.failed = True
            self.tell(error.diagnostics)
        return True

    def _command(self, text: str) -> bool:
        word, _, rest = text.strip().partition(" ")
        fitting = [name for name in COMMANDS if word and name.startswith(word)]
        if len(fitting) != 1 and word not in COMMANDS:
            raise refused(
                f"there is no command `:{word}`", did_you_mean(word, COMMANDS) or "`:help` lists them"
            )
        name = word if word in COMMANDS else fitting[0]
        if name == "quit":
            return False
        if name == "undo":
            self._undo()
            return True
        after, says = COMMANDS[name].run(self.session, rest.strip())
        self._become(after)
        if says:
            self.say(says)
        return True

    def _model(self, text: str) -> None:
        try:
            parse(Source("<repl>", text))
        except PplError as error:
            if not _is_expression(text):
                raise error from None
            from ppl.repl.answer import answer

            self.say(answer(self.session, text.strip()))
            return
        change = typed(self.session, text)
        waiting = [name for name in change.session.missing() if name not in self.session.missing()]
        self._become(change.session)
        for old in change.replaced:
            self.say(f"# replaced: {' '.join(old.split())}")
        if waiting:
            self.say(f"# still to come: {', '.join(waiting)}")
        if change.broken:
            self.say("# this does not fit any more:")
            self.tell(change.broken)

    def _become(self, after: Session) -> None:
        if after != self.session:
            self.past.append(self.session)
            self.session = after

    def _undo(self) -> None:
        if not self.past:
            raise refused("there is nothing to undo")
        self.session = self.past.pop()
        self.say(
            f"# {len(self.session.program)} statements" + (", fitted" if self.session.fit is not None else "")
        )


def _is_expression(text: str) -> bool:
    try:
        parse_expression(Source("<repl>", text))
    except PplError:
        return False
    return True
