"""Log joints that are a Gaussian prior and rows that each see z through one linear predictor: found on the tape.

What the terms do is looked at, and not how they are spelled: a term without third differences is part of the
Gaussian; of any other, the last value on the way from z to its rows that is affine in z and has a number for each row
is the predictor. Its coefficients are its values at unit vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd import make_vjp

from ppl.distributions import distributions
from ppl.graph.model import Relation
from ppl.log_joint.conjugate import is_exact
from ppl.log_joint.tape import Slot, Step
from ppl.log_joint.waist import LogJoint
from ppl.supports import continuous

Array = Any
WIDEST = 500  # latents
MOST = 30_000_000  # coefficients
LONGEST = 200  # operations on the way from z to a row
CELLS = 4_000_000  # numbers that are worked on at once
ROUNDING = 1e-9
REACHES = (0.1, 3.0, 100.0)  # how far from 0 it is checked that what looks affine is
WITHIN = (0.1, 0.5, 1.0, 1.5)  # the same in scores of posteriors, beyond which there is next to nothing
GRID = onp.array([-8.0, -4.0, -2.0, -1.0, -0.5, -0.25, -0.1, 0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
SLACK = 0.3  # of a slope: the tails of t distributions and mixtures turn back by more, rounding by less

# Log densities that are concave functions of a parameter, whatever the others are.
CONCAVE = {
    "Bernoulli": "logit",
    "Binomial": "logit",
    "Gumbel": "loc",
    "Laplace": "loc",
    "LogNormal": "loc",
    "Logistic": "loc",
    "NegativeBinomial": "log_mean",
    "Normal": "loc",
    "Poisson": "log_rate",
}


@dataclass(frozen=True, eq=False)
class Predictor:
    """Rows with log densities log_prob(eta), eta = z @ design + offset.

    `design` is (D, n) and `offset` (n,). `log_prob` takes (K, n) to (K, n), row by row and differentiable by autograd.
    """

    design: Array
    offset: Array
    log_prob: Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Linear:
    """A log joint height + slope·z - z' precision z / 2 + the rows of all predictors, which are concave functions."""

    height: float
    slope: Array
    precision: Array
    predictors: tuple[Predictor, ...]


def linear(log_joint: object) -> Linear | None:
    """The log joint taken apart in that way, or None where it is not of that form."""
    if not isinstance(log_joint, LogJoint):
        return None
    D = log_joint.layout.size
    if not 0 < D <= WIDEST or len(log_joint.start_params) or log_joint.sums or log_joint.low.blanks:
        return None
    curved = [u.support for u in log_joint.unknowns.values() if u.support is not continuous.real]
    with onp.errstate(all="ignore"):
        if not curved:
            return _Search(log_joint).found()
        return _Search(log_joint).whole() if all(is_exact(support) for support in curved) else None


class _Search:
    """The terms of a log joint, and random points to look at them from."""

    def __init__(self, log_joint: LogJoint):
        self.log_joint, self.tape, self.z = log_joint, log_joint.tape, log_joint.z
        self.size = log_joint.layout.size
        self.rng = onp.random.default_rng(0)

    def found(self) -> Linear | None:
        """The parts, if there are such."""
        terms = [(name, k) for name, slots in self.log_joint.slots.items() for k in range(len(slots))]
        curved = [(name, k) for name, k in terms if not self.is_quadratic(self.log_joint.slots[name][k])]
        gaussian = self.gaussian([self.log_joint.slots[n][k] for n, k in terms if (n, k) not in curved])
        if gaussian is None or len(curved) > LONGEST:
            return None
        height, slope, precision = gaussian
        predictors = []
        for name, k in curved:
            total = self.log_joint.slots[name][k]
            found = self.predictor(total, precision)
            if found is None:
                return None
            predictor, step, place = found
            if not (self.named_concave(name, k, step, place) or is_concave(predictor, slope, precision)):
                return None
            predictors.append(predictor)
        return Linear(height, slope, precision, tuple(predictors))

    def whole(self) -> Linear | None:
        """A log joint whose terms are no Gaussian one by one, but all together are."""
        slots = [
            *(slot for group in self.log_joint.slots.values() for slot in group),
            *self.log_joint.jacobians,
        ]
        found = self.gaussian(slots, WITHIN)
        return None if found is None else Linear(*found, ())

    def run(self, slot: Slot, z: Array) -> Array:
        """The values (S, *shape) of a slot at points z."""
        value = self.tape.run({self.z.id: z}, [slot])[0]
        return value if slot.drawn else onp.broadcast_to(value, (len(z), *onp.shape(value)))

    def is_quadratic(self, slot: Slot) -> bool:
        """Whether a term has no differences of third and fourth order along a line."""
        if not slot.drawn:
            return True
        line = onp.arange(-2.0, 3.0)[:, None] * self.rng.standard_normal(self.size)
        f = self.run(slot, line)
        rounding = ROUNDING * onp.max(onp.abs(f))
        third, fourth = f[4] - 2 * f[3] + 2 * f[1] - f[0], f[4] - 4 * f[3] + 6 * f[2] - 4 * f[1] + f[0]
        return bool(abs(third) <= rounding and abs(fourth) <= rounding)

    def gaussian(
        self, slots: Sequence[Slot], reaches: Sequence[float] = REACHES
    ) -> tuple[float, Array, Array] | None:
        """(height, slope, precision) of a sum of terms, if its slopes are affine far and near."""

        def total(z: Array) -> Array:
            value = np.zeros(len(z)) + 0.0 * z[:, 0]
            for term in self.tape.run({self.z.id: z}, slots):
                value = value + term
            return value

        def slopes(z: Array) -> Array:
            pull, value = make_vjp(total)(z)
            return pull(onp.ones_like(value))

        rows = max(1, CELLS // max(1, self.widest(slots)))
        origin = onp.zeros((1, self.size))
        height, slope = float(total(origin)[0]), slopes(origin)[0]
        eye = onp.eye(self.size)
        there = onp.concatenate([slopes(eye[i : i + rows]) for i in range(0, self.size, rows)])
        precision = -(there - slope)
        precision = 0.5 * (precision + precision.T)
        for reach in reaches:
            z = reach * self.rng.standard_normal(self.size)
            size = onp.abs(precision) @ onp.abs(z) + onp.abs(slope)
            if not onp.all(onp.abs(slopes(z[None])[0] - slope + precision @ z) <= ROUNDING * size):
                return None
        return (height, slope, precision) if onp.isfinite(height) else None

    def widest(self, slots: Sequence[Slot]) -> int:
        """About how many numbers go into some terms, for each draw."""
        read = {i for step in self.behind({slot.id for slot in slots}) for i in step.args}
        return max((self.tape.constants[i].size for i in read if i in self.tape.constants), default=1)

    def behind(self, wanted: set[int]) -> list[Step]:
        """The operations that some values are made by."""
        needed, found = set(wanted), []
        for step in reversed(self.tape.steps):
            if step.out in needed:
                found.append(step)
                needed.update(step.args)
        return found[::-1]

    def predictor(self, total: Slot, precision: Array) -> tuple[Predictor, Step, int] | None:
        """The predictor of a term, the operation that makes its rows, and the number of the slot of eta."""
        steps = self.between(total.id)
        if steps is None:
            return None
        gates = gateways(self.z.id, steps)
        probe = self.rng.standard_normal((3, self.size))
        rows = next((g for g in gates[1:2] if self.adds_up(g, total, probe)), total.id)
        made = next(step for step in steps if step.out == rows)
        for eta in gates[gates.index(rows) + 1 :]:
            shape = onp.shape(self.run(_drawn(eta), probe))[1:]
            log_prob = self.by_row(eta, rows, shape)
            if self.is_affine(eta, probe[0]) and is_by_row(
                log_prob, self.run(_drawn(eta), probe).reshape(3, -1)
            ):
                design = self.design(eta, precision)
                if design is not None:
                    return Predictor(*design, log_prob), made, eta
        return None

    def between(self, last: int) -> list[Step] | None:
        """The operations that lead from z to a value, if they are few."""
        reached, way = {self.z.id}, []
        for step in self.behind({last}):
            if any(i in reached for i in step.args):
                reached.add(step.out)
                way.append(step)
        return way if last in reached and len(way) <= LONGEST else None

    def adds_up(self, rows: int, total: Slot, z: Array) -> bool:
        """Whether a term is the sum of some values."""
        sums = self.run(_drawn(rows), z).reshape(len(z), -1).sum(axis=1)
        return bool(onp.allclose(sums, self.run(total, z), rtol=1e-10, atol=0.0))

    def is_affine(self, eta: int, z: Array) -> bool:
        """Whether a value has no second differences along a line: a first look."""
        back, middle, there = self.run(_drawn(eta), onp.array([0.3 * z, 0.8 * z, 1.3 * z]))
        rounding = ROUNDING * (onp.max(onp.abs(back), initial=0.0) + onp.max(onp.abs(middle), initial=0.0))
        return bool(onp.all(onp.abs(there - 2 * middle + back) <= rounding))

    def by_row(self, eta: int, rows: int, shape: tuple[int, ...]) -> Callable[[Array], Array]:
        """The log densities of rows as functions of eta (K, n) alone; of all rows together that share a number."""

        def log_prob(values: Array) -> Array:
            K = values.shape[0]
            found = self.tape.run({eta: np.reshape(values, (K, *shape))}, [_drawn(rows)])[0]
            if onp.prod(shape) == 1:
                found = np.sum(np.reshape(found, (K, -1)), axis=1)
            elif len(np.shape(found)) == len(shape) + 1:
                shared = tuple(k for k in range(1, len(shape) + 1) if shape[k - 1] == 1 < np.shape(found)[k])
                found = np.sum(found, axis=shared) if shared else found
            return np.reshape(found, (K, -1))

        return log_prob

    def design(self, eta: int, precision: Array) -> tuple[Array, Array] | None:
        """(coefficients (D, n), offset (n,)) of a value that is affine in z at all the points that are looked at."""
        slot, D = _drawn(eta), self.size
        offset = self.run(slot, onp.zeros((1, D))).reshape(-1)
        if D * len(offset) > MOST:
            return None
        curvature = onp.diag(precision)
        step = onp.where(curvature > 0, 1 / onp.sqrt(onp.where(curvature > 0, curvature, 1.0)), 1.0)
        rows = max(1, CELLS // len(offset))
        points = onp.diag(step)
        blocks = [self.run(slot, points[i : i + rows]).reshape(-1, len(offset)) for i in range(0, D, rows)]
        coefficients = (onp.concatenate(blocks) - offset) / step[:, None]
        for reach in REACHES:
            z = reach * step * self.rng.standard_normal(D)
            size = onp.abs(z) @ onp.abs(coefficients) + onp.abs(offset)
            away = onp.abs(self.run(slot, z[None]).reshape(-1) - z @ coefficients - offset)
            if not onp.all(away <= ROUNDING * size):
                return None
        return coefficients, offset

    def named_concave(self, name: str, number: int, step: Step, eta: int) -> bool:
        """Whether a term's rows are densities whose parameter eta is, in which they are known to be concave."""
        graph = self.log_joint.bound.graph
        relations = (*graph.priors.get(name, ()), *graph.likelihoods.get(name, ()))
        if len(relations) != len(self.log_joint.slots[name]):
            return False
        relation: Relation = relations[number]
        density = relation.density
        if density.lower is not None or density.upper is not None:
            return False
        places = [k for k, i in enumerate(step.args) if i == eta]
        names = [name for name, parameter in CONCAVE.items() if distributions[name] is density.kind]
        arguments = ("", *density.args)
        return (
            bool(names)
            and len(arguments) == len(step.args)
            and [arguments[k] for k in places] == [CONCAVE[names[0]]]
        )


def gateways(first: int, steps: Sequence[Step]) -> list[int]:
    """The values that every way from a value to the last one goes through, from the last to the first."""
    through: dict[int, tuple[int, ...]] = {first: (first,)}
    for step in steps:
        ways = [through[i] for i in step.args if i in through]
        through[step.out] = (*(i for i in ways[0] if all(i in way for way in ways[1:])), step.out)
    return list(through[steps[-1].out][::-1])


def is_by_row(log_prob: Callable[[Array], Array], eta: Array) -> bool:
    """Whether log densities are there for each number of eta (3, n), and depend on no other."""
    n = eta.shape[1]
    before = onp.asarray(log_prob(eta[:2]))
    if before.shape != (2, n):
        return False
    for kept in (onp.arange(n) % 2 == 0, onp.arange(n) % 3 == 0, onp.arange(n) < n // 2):
        after = onp.asarray(log_prob(onp.where(kept, eta[:2], eta[2:])))
        if not onp.allclose(before[:, kept], after[:, kept], rtol=1e-12, atol=0.0, equal_nan=True):
            return False
    return True


def is_concave(predictor: Predictor, slope: Array, precision: Array) -> bool:
    """Whether no row's slope rises with eta, as far as the prior reaches: there is but one mode then."""
    try:
        root = onp.linalg.cholesky(precision)
    except onp.linalg.LinAlgError:
        return False
    scaled = onp.linalg.solve(root, predictor.design)
    middle = onp.linalg.solve(root, slope) @ scaled + predictor.offset
    sd = onp.sqrt(onp.sum(scaled**2, axis=0))
    before = onp.full(len(middle), onp.inf)
    for reach in GRID:
        pull, value = make_vjp(predictor.log_prob)((middle + reach * sd)[None])
        there = pull(onp.ones_like(value))[0]
        known = onp.isfinite(there) & onp.isfinite(value[0])
        if onp.any(known & (there - before > SLACK * onp.abs(before) + ROUNDING)):
            return False
        before = onp.where(known, there, before)
    return True


def _drawn(number: int) -> Slot:
    """A value that depends on z, by its number."""
    return Slot(number, (), True)
