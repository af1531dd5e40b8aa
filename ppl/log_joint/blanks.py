"""Empty cells of data that have a density: latents under the data's own name, with the labels of their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.diagnostic import Findings
from ppl.graph.bad_data import BadData
from ppl.graph.model import Relation
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pieces import frame_of, places
from ppl.log_joint.tape import Slot
from ppl.log_joint.unknowns import Unknown, axes_of, low_error
from ppl.numerics.rows import sum_rows

Array = Any


def check_spoken_of(low: Lowering, name: str, cells: Array) -> None:
    """Every empty cell has a density; raises `PplError` naming those that no statement speaks of."""
    bound, graph = low.bound, low.bound.graph
    relations = graph.likelihoods.get(name, ())
    covered = [places(bound, frame_of(low, relation.where), relation.axes) for relation in relations]
    bare = onp.setdiff1d(cells, onp.concatenate([*covered, onp.zeros(0, dtype=int)]))
    if not bare.size:
        return
    findings = Findings(graph.source)
    holes = onp.stack(onp.unravel_index(bare, bound.shape(name)), axis=1)
    BadData(graph, bound.columns, findings).bare(graph.variables[name], bound.columns[name], holes)
    findings.check()


def blanks(low: Lowering, name: str, relations: Sequence[Relation], count: int) -> Unknown:
    """The unknown cells of partly observed data, in the set that their density allows."""
    supports = {relation.density.kind.support for relation in relations}
    support = next(iter(supports))
    is_cut = any(r.density.lower is not None or r.density.upper is not None for r in relations)
    if len(supports) > 1 or support.ends or support.event_rank or is_cut:
        fix = "fill the cells in, or give them a density over all numbers, or over the positive ones"
        raise low_error(
            low, "E311", f"the empty cells of `{name}` lie in a set with ends of their own", relations, fix
        )
    return Unknown(name, (count,), support, ())


def filled(low: Lowering, name: str, cells: Slot, at: Array) -> Slot:
    """The whole array: observed values, and the unknown cells at their flat places `at`."""
    observed = low.bound.data[name]
    shape, size = observed.shape, observed.size
    flat = observed.reshape(-1).astype(float)

    def fill(x: Array) -> Array:
        spread = sum_rows(np.reshape(x, (x.shape[0], -1, 1)), at, size)
        return np.reshape(spread[..., 0] + flat, (x.shape[0], *shape))

    return low.tape.emit(("fill blanks", name), fill, [cells], axes_of(name, shape))


def pinned_values(low: Lowering, name: str, cells: Array) -> Array:
    """Log weights (elements, values) that hold the observed cells of finite data at what was observed."""
    observed = low.bound.data[name].reshape(-1)
    values = low.enumeration.finite[name].values
    weights = onp.where(values[None, :] == observed[:, None], 0.0, -onp.inf)
    weights[cells] = 0.0
    return weights


def axis_names(low: Lowering, name: str) -> tuple[str, ...]:
    """The index names of a variable's axes; the unknown cells of partly observed data are one axis."""
    names = tuple(index for index, _ in low.bound.graph.variables[name].axes)
    return (", ".join(names),) if name in low.blanks else names


def axis_labels(low: Lowering, name: str) -> dict[str, tuple[str, ...]]:
    """Labels by index name; those of unknown cells are the labels or positions of their places."""
    bound = low.bound
    axes = bound.graph.variables[name].axes
    if name not in low.blanks:
        return {index: bound.labels[dim] for index, dim in axes if dim in bound.labels}
    places = onp.unravel_index(bound.blanks[name], bound.shape(name))
    columns = [
        [bound.labels[dim][i] if dim in bound.labels else str(i) for i in place.tolist()]
        for (_, dim), place in zip(axes, places, strict=True)
    ]
    return {axis_names(low, name)[0]: tuple(", ".join(parts) for parts in zip(*columns, strict=True))}
