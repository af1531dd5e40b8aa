"""What a session knows: the program so far, its data, and the fit of exactly these two, if there is one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ppl.api.models import Model
from ppl.diagnostic import Diagnostic, PplError, Source
from ppl.graph.check import check
from ppl.repl.pieces import pieces, revised
from ppl.syntax.parse import parse

if TYPE_CHECKING:
    from ppl.api.fits import Fit

NAME = "<repl>"
_MAY_WAIT = frozenset({"E201", "E205"})  # a name that nothing declares; later lines may


@dataclass(frozen=True)
class Session:
    """A state of a session. A change gives another one, so that `:undo` is to go back to this one."""

    program: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    name: str = "repl"
    fit: Fit | None = None

    @property
    def text(self) -> str:
        """The program as a file."""
        return "".join(f"{piece}\n" for piece in self.program).removeprefix("\n")

    def model(self) -> Model:
        """The program, checked; raises `PplError`."""
        return Model(check(parse(Source(NAME, self.text))), self.name)

    def findings(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the program as it stands."""
        try:
            self.model()
        except PplError as error:
            return error.diagnostics
        return ()

    def missing(self) -> tuple[str, ...]:
        """The names that the program uses and that nothing declares yet."""
        return tuple(dict.fromkeys(name for d in self.findings() if (name := _awaited(d)) is not None))

    def with_data(self, *files: str) -> Session:
        """The same program with other data."""
        return replace(self, data=files, fit=None)


@dataclass(frozen=True)
class Change:
    """A session after statements were typed: what they replaced, and what doesn't fit any more."""

    session: Session
    replaced: tuple[str, ...]
    broken: tuple[Diagnostic, ...]


def typed(session: Session, text: str) -> Change:
    """The session with the statements of a text; raises `PplError` where one of these is wrong by itself.

    A statement may speak of names that come later, as in a file. What a new statement breaks
    elsewhere is told and not forbidden: otherwise nothing could be changed in two steps.
    """
    parse(Source(NAME, text))
    program, new = session.program, []
    replaced: tuple[str, ...] = ()
    for piece in pieces(text):
        program, gone = revised(program, piece)
        replaced += gone
        new.append(piece)
    after = replace(session, program=program, fit=None)
    known = {(d.code, d.message) for d in session.findings()}
    fresh = [d for d in after.findings() if _awaited(d) is None and (d.code, d.message) not in known]
    mine = [d for d in fresh if _stands_in(d, after.text, new)]
    if mine:
        raise PplError(mine)
    return Change(after, replaced, tuple(fresh))


def _awaited(d: Diagnostic) -> str | None:
    """The name that a finding is about, if all that is wrong with it is that nothing declares it."""
    if d.code not in _MAY_WAIT or d.source is None or d.place is None or len(d.labels) > 1:
        return None
    name = d.source.text[d.place.start : d.place.end]
    return name if name.isidentifier() and f"`{name}`" in d.message else None


def _stands_in(d: Diagnostic, text: str, new: list[str]) -> bool:
    if d.place is None:
        return True
    starts = [(text.find(piece.strip()), piece.strip()) for piece in new]
    return any(start <= d.place.start < start + len(piece) for start, piece in starts)
