"""One named entry of the data, with the place it came from, for messages that name rows and lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Column:
    """Values as given (a number, an array, nested lists; None for an empty cell) and their origin.

    `first_line` is the line of the file that holds element 0, where each row has a line of its own.
    `columns` are the names of the second axis, where the entry is a table of its own.
    """

    name: str
    values: Any
    origin: str
    first_line: int | None = None
    columns: tuple[str, ...] | None = None

    def place(self, index: tuple[int, ...]) -> str:
        """An element as a reader would look for it: `people.csv:18`, `y[3]`, `y[3, 0]`, or `n`."""
        if self.first_line is not None and index:
            return f"{self.origin}:{self.first_line + index[0]}"
        return f"{self.name}[{', '.join(map(str, index))}]" if index else self.name


Columns = Mapping[str, Column]
