"""Lines of at most `WIDTH` characters, from tokens, places where a line may end, and blocks.

Oppen's algorithm (Prettyprinting, TOPLAS 2, 1980) with the whole statement at hand: the size of a block, or
of a break, is what must fit on the line with it, up to the next place outside of it where a line may end.
A trailing comment doesn't count: that a statement is explained is no reason to break it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from ppl.syntax.format.comments import Place, Woven
from ppl.syntax.format.marks import Close, Kind, Open

WIDTH = 100
TAIL = 40  # a condition longer than this goes to the next line before anything else is broken for it
_ENDLESS = 1 << 40  # the size of a block in which a line has to end


@dataclass
class Line:
    """A line of a layout and the comment behind it; without code, a comment alone, or a blank line."""

    code: str = ""
    comment: str = ""


class _Mode(Enum):
    FLAT = auto()
    FILLED = auto()
    BROKEN = auto()


@dataclass(frozen=True)
class _Block:
    indent: int
    mode: _Mode


def lines(pieces: Sequence[Woven]) -> list[Line]:
    """The lines of one statement."""
    page = _Page()
    for piece, size in zip(pieces, _sizes(pieces), strict=True):
        if isinstance(piece, Open):
            page.open(piece, size)
        elif isinstance(piece, Close):
            page.blocks.pop()
        elif isinstance(piece, Place):
            page.place(piece, size)
        else:
            page.at.code += str(piece)
    return page.lines


class _Page:
    def __init__(self) -> None:
        self.lines = [Line()]
        self.indent = 0  # of the line at hand
        self.blocks: list[_Block] = []

    @property
    def at(self) -> Line:
        return self.lines[-1]

    def open(self, piece: Open, size: int) -> None:
        mode = _Mode.FLAT if self._fits(size) else _Mode.FILLED if piece.fills else _Mode.BROKEN
        self.blocks.append(_Block(self.indent + piece.indent, mode))

    def place(self, piece: Place, size: int) -> None:
        block = self.blocks[-1]
        full = block.mode is _Mode.FILLED and not self._fits(size)
        if full and piece.mark.head and block.indent + size > WIDTH:
            full = not self._fits(piece.mark.blank + piece.mark.head)
        if not (piece.ends_line or full or block.mode is _Mode.BROKEN):
            self.at.code += " " * piece.mark.blank
            return
        hard, is_first = piece.mark.kind is Kind.HARD, self.at.code.endswith("{")
        for remark in piece.remarks:
            if not remark.own and self.at.code.strip() and not self.at.comment:
                self.at.comment = remark.text
            else:
                self._blank(hard and remark.after_blank and not is_first)
                self.lines.append(Line(comment=" " * block.indent + remark.text))
            is_first = False
        self._blank(hard and piece.blank_line and not is_first and not piece.mark.offset)
        self.indent = block.indent + piece.mark.offset
        self.lines.append(Line(" " * self.indent))

    def _fits(self, size: int) -> bool:
        return len(self.at.code) + size <= WIDTH

    def _blank(self, wanted: bool) -> None:
        if wanted:
            self.lines.append(Line())


def _sizes(pieces: Sequence[Woven]) -> list[int]:
    """For each `Open` and each `Place`, how much has to fit on the line with it."""
    sizes = [0] * len(pieces)
    waiting: list[tuple[int, int]] = []  # what is still to be measured: its position and its depth
    opened: list[int] = []
    total = 0
    for position, piece in enumerate(pieces):
        if isinstance(piece, Open):
            waiting.append((position, len(opened)))
            sizes[position] = -total
            opened.append(position)
        elif isinstance(piece, Close):
            block = opened.pop()
            mark = pieces[block]
            assert isinstance(mark, Open)
            if mark.alone:
                while waiting and waiting[-1][0] >= block:
                    sizes[waiting.pop()[0]] += total
            elif mark.tail and total + sizes[block] > TAIL:
                for other, _ in waiting:
                    if other < block and other not in opened:
                        sizes[other] -= sizes[block]
                waiting = [w for w in waiting if w[0] >= block or w[0] in opened]
        elif isinstance(piece, Place):
            while waiting and waiting[-1][1] >= len(opened):
                sizes[waiting.pop()[0]] += total
            if piece.ends_line:  # only the blocks around it go on behind it
                for other, _ in waiting:
                    sizes[other] += _ENDLESS if other in opened else total
                waiting.clear()
            waiting.append((position, len(opened)))
            sizes[position] = -total
            total += piece.mark.blank
        else:
            total += len(str(piece))
    for other, _ in waiting:
        sizes[other] += total
    return sizes
