"""Graph + data -> Bound: every entry checked and turned into an array, every dim given its size. All mistakes at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.data.column import Column, Columns
from ppl.diagnostic import Findings, Label
from ppl.graph.model import Graph
from ppl.graph.sizes import Sizes, scalar
from ppl.graph.symbols import Variable, did_you_mean

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Bound:
    """A graph with its data: sizes and labels by dim, arrays by name (positions where the type is a dim).

    `blanks[name]` are the flat places of the empty cells of data that may miss some; they hold 0.
    """

    graph: Graph
    sizes: Mapping[str, int]
    labels: Mapping[str, tuple[str, ...]]
    data: Mapping[str, Array]
    blanks: Mapping[str, Array] = field(default_factory=dict)
    columns: Columns = field(default_factory=dict)

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
            if dim in self.columns and dim not in graph.variables and not (dim in graph.sizes):
                sizes.from_entry(dim, self.columns[dim])
        for name, array in raw.items():
            self._shape(graph.variables[name], array, sizes)
        for name, array in raw.items():
            typed = self._typed(graph.variables[name], array, sizes)
            if typed is not None:
                self.arrays[name] = typed
        self._all_sized(sizes)
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
                self.findings.add(
                    "E401",
                    f"the data have no `{variable.name}`",
                    Label(variable.span, "declared here"),
                    fix=did_you_mean(
                        variable.name, [k for k in self.columns if k not in self.graph.variables]
                    )
                    or (
                        f"they have {', '.join(f'`{k}`' for k in list(self.columns)[:8])}"
                        if self.columns
                        else "give a data file: `--data FILE`"
                    ),
                )
            return None
        try:
            array = np.asarray(column.values)
        except ValueError:
            self._ragged(variable, column)
            return None
        if array.dtype == object:
            return self._objects(variable, column, array)
        return array

    def _ragged(self, variable: Variable, column: Column) -> None:
        self.findings.add(
            "E406",
            f"the rows of `{variable.name}` have different lengths",
            Label(variable.span, "declared here"),
            facts=[f"in {column.origin}"],
        )

    def _objects(self, variable: Variable, column: Column, array: Array) -> Array | None:
        """An array with holes or of mixed things: holes become NaN where the rest is numbers."""
        flat = array.reshape(-1)
        if any(isinstance(v, list | tuple | dict) for v in flat):
            self._ragged(variable, column)
            return None
        holes = np.array([v is None or v != v for v in flat])
        if holes.any() and self.graph.may_miss(variable.name):
            array = np.array(
                [np.nan if hole else v for v, hole in zip(flat, holes, strict=True)], dtype=object
            ).reshape(array.shape)
            flat = array.reshape(-1)
        elif holes.any():
            self._missing(variable, column, np.argwhere(holes.reshape(array.shape)), array.size)
            return None
        if all(isinstance(v, int | float | np.number | np.bool_) for v in flat):
            return array.astype(float)
        if all(isinstance(v, str) for v in flat):
            return array.astype(str)
        odd = next(k for k, v in enumerate(flat) if not isinstance(v, str))
        self._wrong_type(variable, column, np.unravel_index(odd, array.shape), flat[odd])
        return None

    def _missing(self, variable: Variable, column: Column, holes: Array, size: int) -> None:
        places = [column.place(tuple(int(i) for i in hole)) for hole in holes[:3]]
        more = f" and {len(holes) - 3:,} more" if len(holes) > 3 else ""
        self.findings.add(
            "E412",
            f"{len(holes):,} of {size:,} values of `{variable.name}` {'is' if len(holes) == 1 else 'are'} missing",
            Label(variable.span, "declared here"),
            facts=[f"at {', '.join(places)}{more}", "nothing was dropped or filled in for you"],
            fix=f"drop these rows from the data, or fill them in; `data {variable.name}...: real?` will infer them",
        )

    def _shape(self, variable: Variable, array: Array, sizes: Sizes) -> None:
        column = self.columns[variable.name]
        if array.ndim != len(variable.axes):
            if array.ndim == 1 and array.size == 0:
                return  # an empty list says nothing about further axes
            have = (
                "a single value"
                if array.ndim == 0
                else f"{array.ndim} {'axis' if array.ndim == 1 else 'axes'}"
            )
            want = ", ".join(variable.dims) or "a single value"
            self.findings.add(
                "E406",
                f"`{variable.name}` in {column.origin} has {have}, the model wants {f'[{want}]' if variable.dims else want}",
                Label(variable.span, "declared here"),
            )
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
        if array.dtype.kind in "US":
            first = np.unravel_index(0, array.shape) if array.ndim else ()
            self._wrong_type(variable, column, first, array.reshape(-1)[0])
            return None
        if array.dtype.kind not in "biuf":
            self._wrong_type(variable, column, (), array.reshape(-1)[0] if array.size else "nothing")
            return None
        values = array.astype(float)
        missing = np.isnan(values)
        if missing.any() and self.graph.may_miss(variable.name):
            self.blanks[variable.name] = np.flatnonzero(missing)
            values = np.where(missing, 0.0, values)
        elif missing.any():
            self._missing(variable, column, np.argwhere(missing), array.size)
            return None
        if not np.isfinite(values).all():
            self._bad(variable, column, array, ~np.isfinite(values), "E404", "finite")
            return None
        if variable.kind == "real":
            return values
        wrong = (values != np.round(values)) if variable.kind == "int" else ~np.isin(values, (0.0, 1.0))
        if wrong.any():
            self._bad(
                variable,
                column,
                array,
                wrong,
                "E407",
                "whole numbers" if variable.kind == "int" else "true or false (1 or 0)",
            )
            return None
        return values.astype(np.int64)

    def _wrong_type(self, variable: Variable, column: Column, index: Any, value: object) -> None:
        want = {"real": "a number", "int": "a whole number", "bool": "true or false"}[variable.kind]
        if variable.of is not None:
            want = f"a label or a code of `{variable.of}`"
        self.findings.add(
            "E407",
            f"`{variable.name}` holds {value!r}, and {want} is wanted",
            Label(variable.span, "declared here"),
            facts=[f"at {column.place(tuple(int(i) for i in index))}"],
        )

    def _bad(
        self, variable: Variable, column: Column, array: Array, wrong: Array, code: str, must: str
    ) -> None:
        places = np.argwhere(wrong)
        shown = [f"{column.place(tuple(int(i) for i in p))} is {array[tuple(p)]}" for p in places[:3]]
        more = f" and {len(places) - 3:,} more" if len(places) > 3 else ""
        self.findings.add(
            code,
            f"{len(places):,} of {array.size:,} values of `{variable.name}` {'is' if len(places) == 1 else 'are'} not {must}",
            Label(variable.span, "declared here"),
            facts=[", ".join(shown) + more],
        )

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
            unknown = next((str(v) for v in array.reshape(-1) if str(v) not in where), None)
            if unknown is not None:
                at = tuple(int(i) for i in np.argwhere(array == unknown)[0])
                self.findings.add(
                    "E405",
                    f'`{dim.name}` has no label "{unknown}"',
                    Label(variable.span, "declared here"),
                    Label(dim.span, f"{len(labels)} labels"),
                    facts=[f"at {column.place(at)}"],
                    fix=did_you_mean(unknown, labels) or f"its labels are {', '.join(labels[:8])}",
                )
                return None
            return np.array([where[str(v)] for v in array.reshape(-1)], dtype=np.int64).reshape(array.shape)
        values = array.astype(float)
        if np.isnan(values).any():
            self._missing(variable, column, np.argwhere(np.isnan(values)), array.size)
            return None
        if (values != np.round(values)).any():
            self._bad(
                variable,
                column,
                array,
                values != np.round(values),
                "E407",
                f"whole numbers (codes of `{dim.name}`)",
            )
            return None
        positions = values.astype(np.int64) - dim.start
        if dim.name not in sizes.size:
            sizes.say(dim.name, int(positions.max(initial=-1)) + 1, f"the largest code in `{variable.name}`")
        size = sizes.size[dim.name]
        outside = (positions < 0) | (positions >= size)
        if outside.any():
            must = f"codes of `{dim.name}`, {dim.start} to {dim.start + size - 1}"
            self._bad(variable, column, array, outside, "E410", must)
            low = (
                array[outside].min() == 0
                and dim.start == 1
                or array[outside].max() == size
                and dim.start == 0
            )
            if low:
                last = self.findings.found.pop()
                fix = f"the codes start at {1 - dim.start}: " + (
                    f"write `dim {dim.name} from 1`"
                    if dim.start == 0
                    else f"write `dim {dim.name}` without `from 1`"
                )
                self.findings.add(last.code, last.message, *last.labels, facts=last.facts, fix=fix)
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

    def _default(self, variable: Variable, sizes: Sizes) -> Array:
        value = scalar(
            self.graph.defaults[variable.name], {k: v[()] for k, v in self.arrays.items() if v.ndim == 0}
        )
        if value is None:
            self.findings.add("E413", f"the default of `{variable.name}` is one number", Label(variable.span))
            self.findings.check()
        assert value is not None
        kind = float if variable.kind == "real" else np.int64
        return np.full(tuple(sizes.size[d] for d in variable.dims), value, dtype=kind)
