"""The waist: `log_joint(z)`, unconstrained draws (S, D) to log densities (S,), itemised by statement.

Above it nobody knows that there was a language; below it nobody knows that there is inference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as onp
from autograd.tracer import isbox

from ppl.graph.bind import Bound
from ppl.layout import Layout
from ppl.log_joint.blanks import axis_labels, axis_names
from ppl.log_joint.choices import Choices
from ppl.log_joint.coordinates import Coordinates
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.sums import SummedOut
from ppl.log_joint.sweep import Sweep, batches, is_plain, swept, total
from ppl.log_joint.tape import Slot, Tape
from ppl.log_joint.unknowns import Unknown
from ppl.numerics.memory import keep_freed_memory

Array = Any
CELLS = 1_000_000  # log densities of rows at a time


@dataclass(frozen=True, eq=False)
class LogJoint:
    """A log density over latents, with learned point values `w` (W,) beside them.

    `layout` names the columns of z. `param_layout` names the first entries of w, the model's params, and
    `tuned_layout` those after them: numbers of the guide that live in the log joint (`ppl.log_joint.tuned`),
    counted from 0. `start_params` (W,) is where w starts; a w of the params alone leaves the others there.
    `observed` are the terms that are likelihood: statements about data, and factors. `sums` are the finite
    latents that were summed out, `coordinates` say which are in coordinates of a centering.
    """

    bound: Bound
    low: Lowering
    layout: Layout
    param_layout: Layout
    tuned_layout: Layout
    start_params: Array
    unknowns: Mapping[str, Unknown]
    z: Slot
    w: Slot
    slots: Mapping[str, tuple[Slot, ...]]
    jacobians: tuple[Slot, ...]
    observed: frozenset[str]
    sums: tuple[SummedOut, ...] = ()
    coordinates: Coordinates = field(default_factory=Coordinates)

    def __post_init__(self) -> None:
        keep_freed_memory()

    @property
    def choices(self) -> Choices[LogJoint] | None:
        """The choices of coordinates that are left to a fit, if any are."""
        return Choices(self) if self.coordinates.layout.size else None

    def at(self, coordinates: Coordinates) -> LogJoint:
        """The same log joint in other coordinates."""
        return replace(self, coordinates=coordinates)

    @property
    def tape(self) -> Tape:
        """The operations that make the log joint."""
        return self.low.tape

    def __call__(self, z: Array, w: Array | None = None) -> Array:
        """log p(x, z) + log |Jacobian|, (S, D) -> (S,), in unconstrained space; differentiable by autograd."""
        if isbox(z) or isbox(w):
            return swept(z, w, Sweep(self, isbox(z), isbox(w))) if is_plain(z, w) else self.traced(z, w)
        if len(z) > self.at_once:
            return onp.concatenate([self(part, w) for part in batches(z, self.at_once)])
        return self.traced(z, w)

    def traced(self, z: Array, w: Array | None = None) -> Array:
        """The same without a gradient of its own: autograd's trace goes through every step."""
        with onp.errstate(all="ignore"):
            values = self.tape.run(self.inputs(z, w), self.summands)
        return total(values, z.shape[0])

    @cached_property
    def summands(self) -> tuple[Slot, ...]:
        """What the log joint is the sum of."""
        return (*(slot for group in self.slots.values() for slot in group), *self.jacobians)

    @cached_property
    def parts_of_w(self) -> tuple[tuple[Slot, slice], ...]:
        """The inputs that w is given to, and which of its entries each gets, as one row."""
        P, tuned = self.param_layout.size, self.low.tuned.slot
        return ((self.w, slice(0, P)), *(() if tuned is None else ((tuned, slice(P, None)),)))

    def value_and_grad(self, z: Array, w: Array | None = None) -> tuple[Array, Array]:
        """The same (S,), and its gradient in z (S, D)."""
        from autograd import make_vjp

        pull, value = make_vjp(lambda free: self(free, w))(onp.asarray(z, dtype=float))
        return value, pull(onp.ones(len(z)))  # no draw has a part in another's density

    def terms(self, z: Array, w: Array | None = None) -> dict[str, Array]:
        """The same number by statement, each (S,), with the log Jacobian as `log_jacobian`."""
        if len(z) > self.at_once and not (isbox(z) or isbox(w)):
            parts = [self.terms(part, w) for part in batches(z, self.at_once)]
            return {name: onp.concatenate([part[name] for part in parts]) for name in parts[0]}
        return self._itemised(self.inputs(z, w), z.shape[0], with_jacobian=True)

    def terms_at(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """The terms at constrained values, each (S, *shape): no Jacobian among them."""
        draws = next((onp.shape(v)[0] for v in values.values()), 1)
        return self._itemised(self._given(values), draws, with_jacobian=False)

    @cached_property
    def at_once(self) -> int:
        """How many draws are worked on together where no gradient is asked for: bounds memory, and fits caches."""
        names = self.bound.graph.likelihoods
        rows = sum(onp.size(self.bound.data[name]) for name in names if name in self.bound.data)
        return max(1, CELLS // max(1, rows))

    def _itemised(self, given: Mapping[int, Array], draws: int, with_jacobian: bool) -> dict[str, Array]:
        groups = dict(self.slots)
        if with_jacobian:
            groups["log_jacobian"] = self.jacobians
        with onp.errstate(all="ignore"):
            values = iter(self.tape.run(given, [slot for group in groups.values() for slot in group]))
        return {name: total([next(values) for _ in group], draws) for name, group in groups.items()}

    def constrain(self, z: Array, w: Array | None = None) -> dict[str, Array]:
        """Latents, kept definitions and params in constrained space, each (S, *shape)."""
        return self._values(self.kept, self.inputs(z, w), z.shape[0])

    def unknown_values(self, z: Array, w: Array | None = None) -> dict[str, Array]:
        """All latents and params in constrained space, each (S, *shape): with the weights of nets, no results."""
        names = [slot.name for layout in (self.layout, self.param_layout) for slot in layout]
        return self._values(names, self.inputs(z, w), z.shape[0])

    def definitions_at(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """Kept definitions at constrained values (S, *shape)."""
        names = [name for name in self.kept if self.bound.graph.variables[name].role == "definition"]
        return self._values(names, self._given(values), next((onp.shape(v)[0] for v in values.values()), 1))

    @property
    def bounded(self) -> tuple[str, ...]:
        """The finite latents that have guides (`ppl.log_joint.categorical`): the log joint is then a lower bound."""
        return tuple(name for summed in self.sums for name in summed.guided)

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """What the results speak of: latents, params and definitions that are not `let`, in the order of the source."""
        variables = self.bound.graph.variables.values()
        roles = ("latent", "param", "definition")
        names = [
            v.name
            for v in variables
            if v.role in roles and v.kept and not v.static and v.name in self.low.variables
        ]
        return (*names, *self.low.blanks)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a variable's value; of partly observed data, of its unknown cells."""
        return (len(self.bound.blanks[name]),) if name in self.low.blanks else self.bound.shape(name)

    def axis_names(self, name: str) -> tuple[str, ...]:
        """What a variable's axes are called, by the index names of its declaration."""
        return axis_names(self.low, name)

    def labels(self, name: str) -> dict[str, tuple[str, ...]]:
        """The labels of those of its axes that have any."""
        return axis_labels(self.low, name)

    def _values(self, names: Sequence[str], given: Mapping[int, Array], draws: int) -> dict[str, Array]:
        slots = [self.low.value(name) for name in names]
        with onp.errstate(all="ignore"):
            values = self.tape.run(given, slots)
        return {
            name: onp.broadcast_to(value if slot.drawn else value[None], (draws, *self.shape(name)))
            for name, slot, value in zip(names, slots, values, strict=True)
        }

    def unconstrain(self, values: Mapping[str, Array]) -> Array:
        """z (S, D) of constrained values (S, *shape)."""
        given = self._given(values)
        parts = []
        for slot in self.layout:
            unknown = self.unknowns[slot.name]
            ends = self.tape.run(given, unknown.ends)
            assert unknown.support.unconstrain is not None
            free = unknown.support.unconstrain(onp.asarray(values[slot.name], dtype=float), *ends)
            parts.append(onp.reshape(free, (onp.shape(free)[0], -1)))
        return onp.concatenate(parts, axis=1) if parts else onp.zeros((1, 0))

    def inputs(self, z: Array, w: Array | None) -> dict[int, Array]:
        """What the tape is given for z (S, D) and w (P,)."""
        params = self.start_params if w is None else w
        given = {self.z.id: z, **self.coordinates.inputs}
        for slot, part in self.parts_of_w:
            if slot is self.w or len(params) > self.param_layout.size:
                given[slot.id] = params[part].reshape((1, -1))
        return given

    def _given(self, values: Mapping[str, Array]) -> dict[int, Array]:
        given = {self.low.value(name).id: onp.asarray(value, dtype=float) for name, value in values.items()}
        return {**given, **self.coordinates.inputs}
