"""How long every dim is, and its labels: from the model, the data's arrays, or an entry of its name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.data.column import Column
from ppl.diagnostic import Findings, Label, clipped
from ppl.graph import ir
from ppl.graph.model import Graph


@dataclass
class Sizes:
    """Sizes and labels of dims, each with the source that first told it."""

    graph: Graph
    findings: Findings
    size: dict[str, int] = field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    source: dict[str, str] = field(default_factory=dict)

    def say(self, dim: str, size: int, source: str) -> bool:
        """One source's word on a dim's size; a finding where two differ."""
        if dim not in self.size:
            self.size[dim], self.source[dim] = size, source
            return True
        if self.size[dim] == size:
            return True
        first = self.source[dim]
        _, _, file = source.rpartition(" in ")
        if first.endswith(f" in {file}"):
            first = first.removesuffix(f" in {file}")
        self.findings.add(
            "E402",
            f"`{dim}` has {self.size[dim]:,} places by {first}, and {size:,} by {source}",
            Label(self.graph.dims[dim].span, "this axis"),
            fix="give both the same length, or another dim to one of them",
        )
        return False

    def from_model(self, scalars: Mapping[str, Any]) -> None:
        """Fixed sizes and labels, and sizes that are expressions of integer data."""
        for name, dim in self.graph.dims.items():
            if dim.labels is not None:
                self.labels[name] = dim.labels
            if dim.fixed_size is not None:
                self._set(name, dim.fixed_size, "the model")
            elif name in self.graph.sizes:
                value = scalar(self.graph.sizes[name], scalars)
                if value is not None and math.isfinite(value):
                    self._set(name, int(value), self._text(name))

    def _set(self, name: str, size: int, source: str) -> None:
        if size < 0:
            self.findings.add(
                "E402",
                f"`{name}` can't have {size} places",
                Label(self.graph.dims[name].span),
                facts=[f"that is what {source} gives"],
                fix="correct the data that it is made of",
            )
            size = 0
        self.say(name, size, source)

    def _text(self, name: str) -> str:
        """The expression for a dim's size, as it is written."""
        span = self.graph.sizes[name].span
        return f"`{self.graph.source.text[span.start : span.end]}` in the model"

    def from_entry(self, name: str, column: Column) -> None:
        """A data entry named after the axis: its size, or its labels."""
        values = column.values
        if isinstance(values, str) or not _is_flat(values):
            self.findings.add(
                "E406",
                f"`{name}` is an axis, so its entry in {column.origin} is a size or a list of labels",
                Label(self.graph.dims[name].span),
                facts=[f"it is {clipped(_spoken(values))}"],
                fix=f'`"{name}": 3`, or `"{name}": ["a", "b", "c"]`; or rename the dim',
            )
        elif np.ndim(values) == 0:
            if not isinstance(values, int | np.integer) or isinstance(values, bool) or values < 0:
                self.findings.add(
                    "E407",
                    f"the size of `{name}` in {column.origin} is a whole number, not {clipped(_spoken(values))}",
                    Label(self.graph.dims[name].span),
                    fix=f'`"{name}": 3`, or a list of labels',
                )
            else:
                self.say(name, int(values), f"`{name}` in {column.origin}")
        else:
            labels = tuple(str(v) for v in values)
            if len(set(labels)) == len(labels) and self.say(
                name, len(labels), f"the labels `{name}` in {column.origin}"
            ):
                if name in self.labels and self.labels[name] != labels:
                    self.findings.add(
                        "E402",
                        f"the labels of `{name}` in {column.origin} are not those of the model",
                        Label(self.graph.dims[name].span),
                        facts=[
                            f"the model has {clipped(', '.join(self.labels[name]), 100)}",
                            f"the data have {clipped(', '.join(labels), 100)}",
                        ],
                        fix="leave one of the two lists out, or make them alike",
                    )
                else:
                    self.labels[name] = labels
            elif len(set(labels)) < len(labels):
                twice = next(v for v in labels if labels.count(v) > 1)
                self.findings.add(
                    "E405",
                    f'the labels `{name}` in {column.origin} hold "{clipped(twice)}" twice',
                    Label(self.graph.dims[name].span),
                    fix=f"if these are not the labels of the axis, rename the entry or the dim `{name}`",
                )


def _is_flat(values: Any) -> bool:
    """Whether an entry is one value or a plain list of values."""
    if isinstance(values, list | tuple):
        return not any(isinstance(v, list | tuple | dict) for v in values)
    return not isinstance(values, Mapping) and np.ndim(values) < 2


def _spoken(values: Any) -> str:
    """A value as a reader of the data file would write it."""
    return f'"{values}"' if isinstance(values, str) else str(values)


def scalar(expr: ir.Expr, values: Mapping[str, Any]) -> float | None:
    """An expression of scalar data; None where it can't be told yet, or is no number."""
    match expr:
        case ir.Constant():
            return expr.value
        case ir.Use(indices=()):
            value = values.get(expr.name)
            return None if value is None or np.ndim(value) else float(value)
        case ir.Apply(function=function) if function in _SCALAR:
            args = [scalar(arg, values) for arg in expr.args]
            if any(a is None for a in args):
                return None
            with np.errstate(all="ignore"):  # floats, not Python's numbers: 9^9^9 is inf at once
                return float(_SCALAR[function](*(np.float64(a) for a in args)))
        case ir.Reduce(arg=ir.Use() as use, function="max" | "min" | "sum") if np.size(
            values.get(use.name, [])
        ):
            reduction: Any = {"max": np.max, "min": np.min, "sum": np.sum}[expr.function]
            return float(reduction(values[use.name]))
    return None


_SCALAR: dict[str, Any] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "negative": np.negative,
    "power": np.power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mod": np.mod,
    "floor": np.floor,
    "ceil": np.ceil,
    "divide": np.divide,
}
