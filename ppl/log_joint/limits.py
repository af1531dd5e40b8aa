"""Declared bounds of data, checked against the values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ppl.diagnostic import Findings, Label
from ppl.graph import ir
from ppl.graph.bad_data import told
from ppl.graph.model import Limits
from ppl.log_joint.lowering import Lowering

Array = Any


def check_limits(low: Lowering) -> None:
    """Raise `PplError` for all data outside of the bounds they are declared with."""
    bound = low.bound
    findings = Findings(bound.graph.source)
    for name in bound.graph.names("data"):
        limits = bound.graph.limits.get(name)
        if limits is not None and (limits.lower is not None or limits.upper is not None):
            _check(low, name, limits, findings)
    findings.check()


def _check(low: Lowering, name: str, limits: Limits, findings: Findings) -> None:
    values = low.bound.data[name]
    for end, is_open, is_lower in (
        (limits.lower, limits.lower_open, True),
        (limits.upper, limits.upper_open, False),
    ):
        if end is None:
            continue
        ends = _values(low, name, end)
        sign = 1 if is_lower else -1
        wrong = sign * (values - ends) < 0
        if is_open:
            wrong |= values == ends
        if name in low.bound.blanks:  # an empty cell has no value to be judged
            wrong.reshape(-1)[low.bound.blanks[name]] = False
        if not wrong.any():
            continue
        variable = low.bound.graph.variables[name]
        operator = (">" if is_open else ">=") if is_lower else ("<" if is_open else "<=")
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        limit = f"{np.broadcast_to(ends, values.shape)[at]:g}"
        source = low.bound.graph.source
        text = limit if isinstance(end, ir.Constant) else source.text[end.span.start : end.span.end]
        column = low.bound.columns.get(name)
        places = [tuple(int(i) for i in index) for index in np.argwhere(wrong)[:3]]
        shown = [
            told(column, i, float(values[i])) if column is not None else f"{values[i]:g}" for i in places
        ]
        count = int(wrong.sum())
        facts = [", ".join(shown) + (f" and {count - 3:,} more" if count > 3 else "")]
        if text != limit:
            facts.append(f"`{text}` is {limit} at the first of them")
        findings.add(
            "E403",
            f"{count:,} of {values.size:,} values of `{name}` {'is' if count == 1 else 'are'} not {operator} {text}",
            Label(variable.span, f"declared {operator} {text}"),
            facts=facts,
            fix="correct the data, or the bound",
        )


def _values(low: Lowering, name: str, end: ir.Expr) -> Array:
    """The end of a type for every element."""
    frame = low.frame()
    variable = low.bound.graph.variables[name]
    axes = frame.storages(tuple(ir.Axis(index, dim) for index, dim in variable.axes))
    return low.tape.value(low.tape.align(low.lower(end, frame), axes))
