"""Values at which a log joint is asked for: one for every latent and param, in the shape of its axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ppl.diagnostic import Findings, Label
from ppl.graph.symbols import did_you_mean
from ppl.log_joint import LogJoint

Array = Any


def checked(log_joint: LogJoint, values: Mapping[str, Any]) -> dict[str, Array]:
    """The values as arrays (1, *shape) of one draw; raises `PplError` with all that is wrong with them.

    Other names of the model (definitions, summed-out latents) may stand among them, and are left alone.
    """
    bound = log_joint.bound
    variables = bound.graph.variables
    findings = Findings(bound.graph.source)
    wanted = [slot.name for layout in (log_joint.layout, log_joint.param_layout) for slot in layout]
    rows: dict[str, Array] = {}
    for name in values:
        if name not in variables:
            findings.add(
                "E722",
                f"values are given for `{name}`, which the model doesn't have",
                fix=did_you_mean(name, wanted),
            )
    for name in wanted:
        place = Label(variables[name].span, "declared here")
        if name not in values:
            findings.add(
                "E722",
                f"the values have no `{name}`",
                place,
                fix=f"a value is needed for each of {', '.join(wanted)}",
            )
            continue
        try:
            array = np.asarray(values[name], dtype=float)
        except (TypeError, ValueError):
            what = f"the value of `{name}` is neither a number nor an array of numbers"
            findings.add("E722", what, place, fix=_wanted(log_joint, name))
            continue
        shape = log_joint.shape(name)
        if array.shape != shape:
            what = f"the value of `{name}` is {_spoken(array.shape)}, and the model has {_spoken(shape)}"
            findings.add("E722", what, place, fix=_wanted(log_joint, name))
        elif np.isnan(array).any():
            findings.add("E722", f"the value of `{name}` has NaN in it", place, fix=_wanted(log_joint, name))
        else:
            rows[name] = array[None]
    findings.check()
    return rows


def _spoken(shape: tuple[int, ...]) -> str:
    if not shape:
        return "one number"
    return f"{shape[0]} numbers" if len(shape) == 1 else f"an array of {' by '.join(map(str, shape))}"


def _wanted(log_joint: LogJoint, name: str) -> str:
    """What a value looks like."""
    axes, shape = log_joint.axis_names(name), log_joint.shape(name)
    over = " and ".join(f"`{axis}`" for axis in axes)
    return f"give {_spoken(shape)}" + (f", one for each {over}" if axes else "")


def outside(log_joint: LogJoint, rows: Mapping[str, Array]) -> frozenset[str]:
    """The latents and params whose values lie outside of their supports, where the density is 0."""
    given = {log_joint.low.value(name).id: value for name, value in rows.items()}
    found = set()
    for name, value in rows.items():
        unknown = log_joint.unknowns[name]
        with np.errstate(all="ignore"):
            ends = log_joint.tape.run(given, unknown.ends)
            if not np.all(unknown.support.contains(value, *ends)):
                found.add(name)
    return frozenset(found)


def unconstrained_params(log_joint: LogJoint, rows: Mapping[str, Array]) -> Array:
    """w (P,) of the params among the values."""
    given = {log_joint.low.value(name).id: value for name, value in rows.items()}
    parts = [np.zeros(0)]
    for slot in log_joint.param_layout:
        unknown = log_joint.unknowns[slot.name]
        assert unknown.support.unconstrain is not None
        parts.append(
            np.ravel(unknown.support.unconstrain(rows[slot.name], *log_joint.tape.run(given, unknown.ends)))
        )
    return np.concatenate(parts)
