"""Bound -> LogJoint: every statement to its slot, in the order in which names can be computed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ppl.graph.bind import Bound
from ppl.graph.model import Relation
from ppl.layout import Layout
from ppl.log_joint.blanks import axis_names, blanks, check_spoken_of, filled, pinned_values
from ppl.log_joint.centering import Centred, centred
from ppl.log_joint.conditional import define
from ppl.log_joint.conjugate import Array, Family, conjugate, in_posterior_units, is_exact
from ppl.log_joint.coordinates import Coordinates
from ppl.log_joint.finite import declared_finite, finite_latent
from ppl.log_joint.gaussian_rows import gaussian_total
from ppl.log_joint.limits import check_limits
from ppl.log_joint.paths import path
from ppl.log_joint.pieces import check_cover, frame_of, places
from ppl.log_joint.pins import pins_of
from ppl.log_joint.recursions import recursion
from ppl.log_joint.rules import lowering
from ppl.log_joint.standard import standard
from ppl.log_joint.starts import start_values
from ppl.log_joint.stated import stated
from ppl.log_joint.sums import sum_out
from ppl.log_joint.tape import Slot
from ppl.log_joint.terms import Summand, factor_term, relation_term
from ppl.log_joint.unknowns import Unknown, axes_of, constrained, declared, guided, latent, part_of
from ppl.log_joint.waist import LogJoint


def compile_log_joint(bound: Bound, pins: Mapping[str, float] | None = None) -> LogJoint:
    """The log joint of a graph and its data; raises `PplError` for what only the data could show.

    Its coordinates are those of the text, but for latents whose posterior is known: these are in its units. With
    `pins`, latents that have a centering are in its coordinates, with the numbers c that are pinned, and open ones for
    the rest.
    """
    known = stated(bound)
    first = _Compiling(known, {}, None).log_joint()
    exact = conjugate(first)
    return _Compiling(known, exact, pins).log_joint() if exact or pins is not None else first


def in_plain_units(log_joint: LogJoint) -> LogJoint:
    """The same where each latent's coordinate is that of its support alone."""
    if not any(is_exact(unknown.support) for unknown in log_joint.unknowns.values()):
        return log_joint
    return _Compiling(log_joint.bound, {}, None).log_joint()


class _Compiling:
    """The tape as it grows."""

    def __init__(
        self,
        bound: Bound,
        exact: Mapping[str, tuple[Family, Array, Array]],
        pins: Mapping[str, float] | None,
    ):
        self.bound, self.exact = bound, exact
        self.low = lowering(bound)
        self.z = self.low.tape.input()
        self.w = self.low.tape.input()
        self.unknowns: dict[str, Unknown] = {}
        self.jacobians: list[Slot] = []
        self.columns = {"latent": 0, "param": 0}
        self.pins = pins
        self.centred: dict[str, Centred] = {}

    def log_joint(self) -> LogJoint:
        graph = self.bound.graph
        if graph.centering:
            pins_of(graph, {})
        recursive = {name: group for group in graph.recursions for name in group}
        for name in graph.order:
            if name not in recursive:
                self._variable(name)
            elif name == recursive[name][-1]:
                recursion(self.low, recursive[name])
        check_limits(self.low)
        found: dict[str, list[Slot | Summand]] = {}
        for name in graph.variables:
            relations = (*graph.priors.get(name, ()), *graph.likelihoods.get(name, ()))
            if relations:
                found[name] = [self._term(relation) for relation in relations]
        for factor in graph.factors:
            found[factor.name] = [factor_term(self.low, factor)]
        terms = {name: tuple(s for s in slots if isinstance(s, Slot)) for name, slots in found.items()}
        summands = [s for slots in found.values() for s in slots if isinstance(s, Summand)]
        likelihoods = frozenset({*graph.likelihoods, *(factor.name for factor in graph.factors)})
        sums = sum_out(self.low, summands, likelihoods)
        for summed in sums:
            terms[summed.name] = (*terms.get(summed.name, ()), summed.slot)
        terms = {name: slots for name, slots in terms.items() if slots}
        latents = [u for name, u in self.unknowns.items() if graph.variables[name].role != "param"]
        params = [u for name, u in self.unknowns.items() if graph.variables[name].role == "param"]
        tuned, numbers = self.low.tuned, self.low.centerings
        if tuned.slot is not None:
            self.low.tape.defaults[tuned.slot.id] = tuned.start.reshape((1, -1))
        return LogJoint(
            self.bound,
            self.low,
            self._layout(latents),
            self._layout(params),
            tuned.layout,
            np.concatenate([start_values(self.low, params), tuned.start]),
            {u.name: u for u in (*latents, *params)},
            self.z,
            self.w,
            terms,
            tuple(self.jacobians),
            likelihoods | {summed.name for summed in sums if summed.is_observed},
            sums,
            Coordinates(self.pins, self.centred, numbers.slot, numbers.layout, numbers.start),
        )

    def _term(self, relation: Relation) -> Slot | Summand:
        """The summand of a relation, in the form that is the quickest."""
        term = relation_term(self.low, relation)
        if isinstance(term, Summand) or relation.name in self.low.blanks:
            return term
        return gaussian_total(self.low, relation, term, self.unknowns) or term

    def _variable(self, name: str) -> None:
        graph, low = self.bound.graph, self.low
        role = graph.variables[name].role
        if role == "data" and name in self.bound.blanks:
            self._partly_observed(name)
        elif role == "data":
            low.variables[name] = low.tape.constant(
                self.bound.data[name], axes_of(name, self.bound.shape(name))
            )
        elif role == "definition":
            define(low, graph.formulas[name])
        elif role == "latent" and name in graph.priors:
            relations = graph.priors[name]
            flats = [places(self.bound, frame_of(low, r.where), r.axes) for r in relations]
            if graph.is_finite(name):
                low.enumeration.finite[name] = finite_latent(low, name, relations)
                check_cover(self.bound, relations, flats, complete=True)
                return
            unknown = latent(low, name, relations)
            check_cover(self.bound, relations, flats, complete=True)
            own = graph.own_guides.get(name)
            if own is not None:
                self._unknown(guided(low, unknown, own), "latent")
            elif not self._centred(unknown):
                self._unknown(unknown, "latent")
        elif role == "latent" and graph.limits[name].values:
            low.enumeration.finite[name] = declared_finite(low, name)
        elif role in ("latent", "param"):
            self._unknown(declared(low, name, graph.limits.get(name)), role)

    def _partly_observed(self, name: str) -> None:
        """Data with empty cells: these are latents, and the array is made of both."""
        graph, low = self.bound.graph, self.low
        cells = self.bound.blanks[name]
        check_spoken_of(low, name, cells)
        if graph.variables[name].kind != "real":
            low.enumeration.finite[name] = finite_latent(low, name, graph.likelihoods[name])
            low.enumeration.pinned[name] = pinned_values(low, name, cells)
            return
        self._unknown(blanks(low, name, graph.likelihoods[name], len(cells)), "latent")
        low.blanks[name] = low.variables[name]
        low.variables[name] = filled(low, name, low.blanks[name], cells)

    def _centred(self, unknown: Unknown) -> bool:
        """A latent in the coordinates of its centering; False where it has none."""
        name, low = unknown.name, self.low
        what = None if self.pins is None else standard(self.bound.graph, name)
        pin = None if self.pins is None else self.pins.get(name)
        if what is None or pin == 1:
            return False
        if not what.is_path:
            unknown, self.centred[name] = centred(low, unknown, what, pin)
            self._unknown(unknown, "latent")
            return True
        found = path(
            low, unknown, what, pin, part_of(low, unknown, self.z, self._columns(unknown, "latent"), False)
        )
        if found is not None:
            value = low.variables[name]
            unknown, self.centred[name] = found
            self._unknown(unknown, "latent")
            low.variables[name] = value  # the same by its past, element by element
        return found is not None

    def _columns(self, unknown: Unknown, role: str) -> slice:
        """The next columns of z or w, as many as an unknown has."""
        size = Layout.of([(unknown.name, unknown.shape, unknown.free_shape, ())]).size
        return slice(self.columns[role], self.columns[role] + size)

    def _unknown(self, unknown: Unknown, role: str) -> None:
        if unknown.name in self.exact:
            family, *values = self.exact[unknown.name]
            axes = axes_of(unknown.name, unknown.shape)
            a, b = (self.low.tape.constant(value, axes) for value in values)
            unknown = in_posterior_units(unknown, family, a, b)
        columns = self._columns(unknown, role)
        self.columns[role] = columns.stop
        is_param = role == "param"
        value, jacobian = constrained(self.low, unknown, self.w if is_param else self.z, columns, is_param)
        self.low.variables[unknown.name] = value
        self.unknowns[unknown.name] = unknown
        if not is_param:
            self.jacobians.append(jacobian)

    def _layout(self, unknowns: list[Unknown]) -> Layout:
        return Layout.of([(u.name, u.shape, u.free_shape, axis_names(self.low, u.name)) for u in unknowns])
