"""Graph + data -> Bound: every entry checked and made an array, every dim given its size; all mistakes at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.data.column import Column, Columns
from ppl.diagnostic import Findings, Label, clipped
from ppl.graph.bad_data import BadData
from ppl.graph.model import Graph
from ppl.graph.sizes import Sizes, scalar
from ppl.graph.symbols import Variable

Array = np.ndarray[Any, Any]
MAX_ELEMENTS = 200_000_000
MAX_WHOLE = 2**53  # whole numbers beyond this are not exact
_HOLES = "if it stands for a missing value, leave the cell empty (in JSON: null)"


@dataclass(frozen=True, eq=False)
class Bound:
    """A graph with its data: sizes and labels by dim, arrays by name (positions where the type is a dim).

    `blanks[name]` are the flat places of the empty cells of data that may miss some; they hold 0.
    `written` is the whole graph where the data switch statements off, which `graph` is then without.
    """

    graph: Graph
    sizes: Mapping[str, int]
    labels: Mapping[str, tuple[str, ...]]
    data: Mapping[str, Array]
    blanks: Mapping[str, Array] = field(default_factory=dict)
    columns: Columns = field(default_factory=dict)
    written: Graph | None = None

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a variable, by its axes."""
        return tuple(self.sizes[dim] for dim in self.graph.variables[name].dims)


def bind(graph: Graph, columns: Columns) -> Bound:
    """Bind data to a graph; raises `PplError` with every mistake in the data."""
    return _Binding(graph, columns, Findings(graph.source)).bound()


@dataclass
class _Binding:
    graph: Graph
    columns: Columns
    findings: Findings
    arrays: dict[str, Array] = field(default_factory=dict)
    blanks: dict[str, Array] = field(default_factory=dict)

    @property
    def bad(self) -> BadData:
        return BadData(self.graph, self.columns, self.findings)

    def bound(self) -> Bound:
        graph = self.graph
        sizes = Sizes(graph, self.findings)
        names = graph.names("data")
        raw = {name: array for name in names if (array := self._array(graph.variables[name])) is not None}
        sizes.from_model(
            {
                name: array[()] if array.ndim == 0 else array
                for name, array in raw.items()
                if array.dtype.kind in "biuf"
            }
        )
        for dim in graph.dims:
            if dim in self.columns and dim not in graph.variables and dim not in graph.sizes:
                sizes.from_entry(dim, self.columns[dim])
        for name, array in raw.items():
            self._shape(graph.variables[name], array, sizes)
        for name, array in raw.items():
            typed = self._typed(graph.variables[name], array, sizes)
            if typed is not None:
                self.arrays[name] = typed
        self._all_sized(sizes)
        self._not_too_large(sizes)
        self.findings.check()
        for name in names:
            if name not in self.arrays:
                self.arrays[name] = self._default(graph.variables[name], sizes)
        return Bound(graph, sizes.size, sizes.labels, self.arrays, self.blanks, self.columns)

    def _array(self, variable: Variable) -> Array | None:
        """The entry of a variable as an array of numbers or of texts."""
        column = self.columns.get(variable.name)
        if column is None:
            if variable.name not in self.graph.defaults:
                self.bad.absent(variable)
            return None
        if isinstance(column.values, Mapping):
            self.bad.ragged(variable, column)
            return None
        try:
            array = np.asarray(column.values)
        except ValueError:
            self.bad.ragged(variable, column)
            return None
        if array.dtype == object:
            return self._objects(variable, column, array)
        if array.dtype.kind in "US" and variable.of is None:
            self.bad.not_numbers(variable, column, np.asarray(column.values, dtype=object))
            return None
        return array

    def _objects(self, variable: Variable, column: Column, array: Array) -> Array | None:
        """An array with holes or of mixed things: holes become NaN where the rest is numbers."""
        flat = array.reshape(-1)
        if any(isinstance(v, list | tuple | dict) for v in flat):
            self.bad.ragged(variable, column)
            return None
        holes = np.array([v is None or v != v for v in flat])
        if holes.any() and self.graph.may_miss(variable.name):
            array = np.array(
                [np.nan if hole else v for v, hole in zip(flat, holes, strict=True)], dtype=object
            ).reshape(array.shape)
            flat = array.reshape(-1)
        elif holes.any():
            self.bad.missing(variable, column, np.argwhere(holes.reshape(array.shape)), array.size)
            return None
        if all(isinstance(v, int | float | np.number | np.bool_) for v in flat):
            return array.astype(float)
        if variable.of is not None and all(isinstance(v, str | int | np.integer) for v in flat):
            return array.astype(str)
        self.bad.not_numbers(variable, column, array)
        return None

    def _shape(self, variable: Variable, array: Array, sizes: Sizes) -> None:
        column = self.columns[variable.name]
        if array.ndim != len(variable.axes):
            if array.ndim == 1 and array.size == 0 and variable.axes:
                sizes.say(variable.dims[0], 0, f"`{variable.name}` in {column.origin}")
                return  # an empty list says nothing about further axes
            self.bad.shape(variable, column, array)
            return
        for k, (dim, size) in enumerate(zip(variable.dims, array.shape, strict=True)):
            source = (
                f"`{variable.name}` in {column.origin}"
                if len(variable.dims) == 1
                else f"axis {k + 1} of `{variable.name}` in {column.origin}"
            )
            is_agreed = sizes.say(dim, size, source)
            if k == 1 and column.columns is not None and is_agreed:
                sizes.labels.setdefault(dim, column.columns)

    def _typed(self, variable: Variable, array: Array, sizes: Sizes) -> Array | None:
        column = self.columns[variable.name]
        if array.ndim == 1 and array.size == 0 and len(variable.axes) > 1:
            array = array.reshape(
                tuple(0 if k == 0 else sizes.size.get(d, 0) for k, d in enumerate(variable.dims))
            )
        if variable.of is not None:
            return self._positions(variable, column, array, sizes)
        if array.dtype.kind not in "biuf":
            self.bad.not_numbers(variable, column, array)
            return None
        values = array.astype(float)
        missing = np.isnan(values)
        if missing.any() and self.graph.may_miss(variable.name):
            self.blanks[variable.name] = np.flatnonzero(missing)
            values = np.where(missing, 0.0, values)
        elif missing.any():
            self.bad.missing(variable, column, np.argwhere(missing), array.size)
            return None
        if not np.isfinite(values).all():
            self.bad.values(variable, column, array, ~np.isfinite(values), "E404", "a finite number", _HOLES)
            return None
        if variable.kind == "real":
            return values
        if variable.kind == "int" and (abs(values) > MAX_WHOLE).any():
            self.bad.values(
                variable,
                column,
                array,
                abs(values) > MAX_WHOLE,
                "E404",
                f"at most {MAX_WHOLE:,}",
                f"larger ones are not exact: declare `{variable.name}` real",
            )
            return None
        wrong = (values != np.round(values)) if variable.kind == "int" else ~np.isin(values, (0.0, 1.0))
        if wrong.any():
            self.bad.values(
                variable,
                column,
                array,
                wrong,
                "E407",
                "a whole number" if variable.kind == "int" else "true or false (1 or 0)",
                f"correct the data, or declare `{variable.name}` {'real' if variable.kind == 'int' else 'int'}",
            )
            return None
        return values.astype(np.int64)

    def _positions(self, variable: Variable, column: Column, array: Array, sizes: Sizes) -> Array | None:
        """Labels or codes of a dim to positions."""
        assert variable.of is not None
        dim = self.graph.dims[variable.of]
        if array.dtype.kind in "US":
            labels = sizes.labels.get(dim.name)
            if labels is None:
                labels = tuple(str(v) for v in np.unique(array))
                if not sizes.say(dim.name, len(labels), f"the labels in `{variable.name}`"):
                    return None
                sizes.labels[dim.name] = labels
            where = {label: k for k, label in enumerate(labels)}
            if not all(str(v) in where for v in array.reshape(-1)):
                self.bad.label(variable, column, array, dim, labels)
                return None
            return np.array([where[str(v)] for v in array.reshape(-1)], dtype=np.int64).reshape(array.shape)
        values = array.astype(float)
        if np.isnan(values).any():
            self.bad.missing(variable, column, np.argwhere(np.isnan(values)), array.size)
            return None
        if np.isinf(values).any():
            self.bad.values(variable, column, array, np.isinf(values), "E404", "a finite number", _HOLES)
            return None
        if (values != np.round(values)).any():
            self.bad.values(
                variable,
                column,
                array,
                values != np.round(values),
                "E407",
                f"a whole number, so no code of `{dim.name}`",
                f"correct the data, or declare `{variable.name}` real",
            )
            return None
        positions: Array = np.clip(values, -MAX_WHOLE, MAX_WHOLE).astype(np.int64) - dim.start
        if dim.name not in sizes.size:
            sizes.say(dim.name, int(positions.max(initial=-1)) + 1, f"the largest code in `{variable.name}`")
        size = sizes.size[dim.name]
        outside = (positions < 0) | (positions >= size)
        if outside.any():
            self.bad.codes(variable, column, array, outside, dim, size)
            return None
        return positions

    def _all_sized(self, sizes: Sizes) -> None:
        for name, dim in self.graph.dims.items():
            if name not in sizes.size and not self.findings.found:
                self.findings.add(
                    "E411",
                    f"nothing tells how long `{name}` is",
                    Label(dim.span, "declared here"),
                    fix=f'write `dim {name} = 3`, or give an entry `"{name}": 3` in the data',
                )

    def _not_too_large(self, sizes: Sizes) -> None:
        """Refuse arrays that no machine holds, before one is made."""
        for variable in self.graph.variables.values():
            if all(dim in sizes.size for dim in variable.dims):
                count = math.prod(sizes.size[dim] for dim in variable.dims)
                if count > MAX_ELEMENTS:
                    lengths = " times ".join(f"{sizes.size[dim]:,} ({dim})" for dim in variable.dims)
                    self.findings.add(
                        "E418",
                        f"`{variable.name}` would have {clipped(f'{count:,}')} elements; the limit is {MAX_ELEMENTS:,}",
                        Label(variable.span, "declared here"),
                        facts=[clipped(lengths, 100)],
                        fix="make one of its dims shorter",
                    )

    def _default(self, variable: Variable, sizes: Sizes) -> Array:
        value = scalar(
            self.graph.defaults[variable.name], {k: v[()] for k, v in self.arrays.items() if v.ndim == 0}
        )
        if value is None:
            self.findings.add(
                "E413",
                f"the default of `{variable.name}` is not one number that the data tell",
                Label(self.graph.defaults[variable.name].span),
                Label(variable.span, "declared here"),
                fix="a default is a number, or made of single numbers by + - * / ^",
            )
            self.findings.check()
        assert value is not None
        kind = float if variable.kind == "real" else np.int64
        return np.full(tuple(sizes.size[d] for d in variable.dims), value, dtype=kind)
