"""How long every dim is, and by which labels its places are known: from the model, the data's arrays, or an entry of its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.data.column import Column
from ppl.diagnostic import Findings, Label
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
        self.findings.add(
            "E402",
            f"`{dim}` has {self.size[dim]:,} places by {self.source[dim]}, and {size:,} by {source}",
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
                if value is not None:
                    self._set(name, int(value), "its expression in the model")

    def _set(self, name: str, size: int, source: str) -> None:
        if size < 0:
            self.findings.add("E402", f"`{name}` can't have {size} places", Label(self.graph.dims[name].span))
            size = 0
        self.say(name, size, source)

    def from_entry(self, name: str, column: Column) -> None:
        """A data entry named after the axis: its size, or its labels."""
        values = column.values
        if isinstance(values, str) or (np.ndim(values) > 1):
            self.findings.add(
                "E406",
                f"`{name}` is an axis: its entry in {column.origin} is a size or a list of labels",
                Label(self.graph.dims[name].span),
            )
        elif np.ndim(values) == 0:
            if not isinstance(values, int | np.integer) or isinstance(values, bool) or values < 0:
                self.findings.add(
                    "E407",
                    f"the size of `{name}` in {column.origin} is a whole number, not {values!r}",
                    Label(self.graph.dims[name].span),
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
                    )
                else:
                    self.labels[name] = labels
            elif len(set(labels)) < len(labels):
                twice = next(v for v in labels if labels.count(v) > 1)
                self.findings.add(
                    "E405",
                    f"the labels `{name}` in {column.origin} hold {twice!r} twice",
                    Label(self.graph.dims[name].span),
                    fix=f"if these are not the labels of the axis, rename the entry or the dim `{name}`",
                )


def scalar(expr: ir.Expr, values: Mapping[str, Any]) -> float | None:
    """An expression of scalar data; None where it can't be told yet."""
    match expr:
        case ir.Constant():
            return expr.value
        case ir.Use(indices=()):
            return values.get(expr.name)
        case ir.Apply(function=function) if function in _SCALAR:
            args = [scalar(arg, values) for arg in expr.args]
            return None if any(a is None for a in args) else _SCALAR[function](*args)
        case ir.Reduce(arg=ir.Use() as use, function="max" | "min" | "sum") if use.name in values:
            return {"max": np.max, "min": np.min, "sum": np.sum}[expr.function](values[use.name])  # type: ignore[no-any-return]
    return None


_SCALAR: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "negative": lambda a: -a,
    "power": lambda a, b: a**b,
    "maximum": max,
    "minimum": min,
    "mod": lambda a, b: a % b,
    "floor": np.floor,
    "ceil": np.ceil,
    "divide": lambda a, b: a / b,
}
