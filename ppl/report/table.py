"""The posterior table: a row per element, as text, HTML, or a data frame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ppl.report.numbers import Posterior

COLUMNS = ("mean", "sd", "sd_guide", "q05", "q50", "q95")
HEADS = {"mean": "mean", "sd": "sd", "sd_guide": "sd_guide", "q05": "5%", "q50": "50%", "q95": "95%"}
SHOWN, FIRST, LAST = 12, 8, 2  # of a longer array, only the first and the last elements
SAME = 0.005  # relative difference of sds, below which they print alike


@dataclass(frozen=True)
class Row:
    """A name and the texts of its numbers; no numbers in a row that stands for others."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Summary:
    """The posterior of some quantities: prints, renders in notebooks, `.to_pandas()` has every element."""

    quantities: tuple[Posterior, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns worth showing: `sd_guide` only where it differs from `sd`."""
        differs = any(np.any(np.abs(q.sd - q.sd_guide) > SAME * np.abs(q.sd)) for q in self.quantities)
        return COLUMNS if differs else tuple(c for c in COLUMNS if c != "sd_guide")

    def rows(self, shown: int = SHOWN) -> Iterator[Row]:
        """A row per element; of arrays with more than `shown`, the first and the last."""
        for q in self.quantities:
            places = list(q.elements())
            is_cut = len(places) > max(shown, FIRST + LAST)
            places = places[:FIRST] + places[-LAST:] if is_cut else places
            decimals = _decimals(q, places)
            for k, place in enumerate(places):
                if is_cut and k == FIRST:
                    yield Row(f"... {math.prod(q.shape) - FIRST - LAST:,} more", ())
                yield Row(
                    q.element(place),
                    tuple(_cell(float(getattr(q, c)[place]), decimals) for c in self.columns),
                )

    def cut(self, shown: int = SHOWN) -> tuple[Posterior, ...]:
        """The quantities that are not shown in full."""
        return tuple(q for q in self.quantities if math.prod(q.shape) > max(shown, FIRST + LAST))

    def __str__(self) -> str:
        heads = ["", *(HEADS[c] for c in self.columns)]
        rows = [[row.name, *row.cells] for row in self.rows()]
        widths = [max(len(r[k]) for r in [heads, *rows] if k < len(r)) for k in range(len(heads))]
        return "\n".join(_line(row, widths) for row in [heads, *rows])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{escape(HEADS[c])}</th>" for c in self.columns)
        body = "".join(
            f"<tr><th style='text-align:left'>{escape(row.name)}</th>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells)
            + "</tr>"
            for row in self.rows()
        )
        return f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table>"

    def to_pandas(self) -> Any:
        """Every element as a row of a data frame, by name."""
        import pandas

        names = [q.element(place) for q in self.quantities for place in q.elements()]
        flat = {
            column: np.concatenate([np.ravel(getattr(q, column)) for q in self.quantities])
            for column in COLUMNS
            if self.quantities
        }
        return pandas.DataFrame(flat, index=pandas.Index(names, name="quantity"))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = f"{cells[0]:<{widths[0]}}"
    return "  ".join([first, *(f"{c:>{w}}" for c, w in zip(cells[1:], widths[1:], strict=False))]).rstrip()


def _decimals(q: Posterior, places: Sequence[tuple[int, ...]]) -> int:
    """Decimals that show three digits of the sds."""
    sds = [s for place in places if (s := float(q.sd[place])) > 0 and math.isfinite(s)]
    if not sds:
        return 4
    return max(0, min(8, 2 - math.floor(math.log10(float(np.median(sds))))))


def _cell(value: float, decimals: int) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:.3e}" if abs(value) >= 1e8 else f"{value:,.{decimals}f}"
