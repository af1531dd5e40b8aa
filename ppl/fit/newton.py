"""The full-rank Gaussian of a log joint with linear predictors, by Newton's method on its ELBO, without draws.

With P the precision and m the mean of q, P0 and b the Gaussian part's, and all expectations under q,
    P <- P0 + X' diag(-E l'') X        m <- m + P^-1 (b - P0 m + X' E l')
is a natural gradient step of length 1. E l, E l' and E l'' of a row are integrals over its predictor alone, which is
normal: Gauss-Hermite, with E l'' = E[l'(eta) t] / sd for eta = mean + sd t, so that slopes are those of the sum that is
taken for E l. Rows are concave functions of their predictors, so the ELBO has one maximum.
Sources: Opper & Archambeau, The variational Gaussian approximation revisited, Neural Computation 21 (2009); Khan & Rue,
The Bayesian learning rule, JMLR 24 (2023), section 3; Challis & Barber, Gaussian Kullback-Leibler approximate
inference, JMLR 14 (2013), for the concavity.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

import numpy as np
from autograd import make_vjp

from ppl.fit.target import Array, LogJoint
from ppl.guides import HALF_LOG_2_PI, fullrank
from ppl.log_joint.predictors import Linear, Predictor, linear

NODES = (3, 5, 7, 21, 41, 81, 161, 321)
UP_TO = (0.05, 0.2, 0.7, 2.0)  # sds of a predictor for which they are tried first
REACH = {
    81: 9.0,
    161: 12.0,
    321: 16.0,
}  # sds, of the trapezium rule: where sds are large it is the quicker to converge
POINT = 1e-3  # the sd of all predictors on the way to the peak, where the ELBO's climb starts
MOST = 100  # steps
HALVINGS = 20
NEAR, LITTLE = 1e-2, 1e-6  # nats: after a step that promised less than that, about its square is left
EXACT = 1e-5  # nats between a quadrature and a finer one
ROUNDING = 1e-12  # of the ELBO
CELLS = 500_000  # values of predictors at a time
BLOCK = 20_000  # rows at a time
_FOUND: WeakKeyDictionary[LogJoint, Linear | None] = WeakKeyDictionary()


@dataclass(frozen=True)
class Ascent:
    """Where Newton's method ended: the params of `fullrank`, and the ELBO after each step.

    `gradients` counts how often the slopes of all rows were taken.
    """

    params: Array
    history: tuple[float, ...]
    gradients: int
    converged: bool


@dataclass(frozen=True)
class Point:
    """A mean and a precision, the ELBO there with its slope by the mean, and the precision that Newton goes to."""

    mean: Array
    precision: Array
    value: float
    slope: Array
    wanted: Array

    @property
    def is_finite(self) -> bool:
        """Whether one can go on from here."""
        return all(np.isfinite(x).all() for x in (self.value, self.slope, self.wanted))


class LostError(Exception):
    """There is no way on."""


def parts(log_joint: LogJoint) -> Linear | None:
    """The Gaussian part and the linear predictors of a log joint, looked for once."""
    if not isinstance(log_joint, Hashable):
        return linear(log_joint)
    if log_joint not in _FOUND:
        _FOUND[log_joint] = linear(log_joint)
    return _FOUND[log_joint]


def by_newton(log_joint: LogJoint, watch: Callable[[int, float], bool]) -> Ascent | None:
    """The optimum among all Gaussians; None where the log joint is not of the form, or numbers run out of range."""
    found = parts(log_joint)
    if found is None:
        return None
    try:
        return _Climb(found, watch).ascent()
    except (LostError, np.linalg.LinAlgError):
        return None


class _Climb:
    """A log joint in parts, and the bill so far."""

    def __init__(self, found: Linear, watch: Callable[[int, float], bool]):
        self.parts, self.watch = found, watch
        self.history: list[float] = []
        self.gradients = 0
        self.in_time = True

    def ascent(self) -> Ascent:
        """To the peak, and from there to the optimum under ever finer quadrature, until that makes no difference."""
        here = self.peak()
        here = self.at(here.mean, here.wanted, NODES[0])
        level = int(np.searchsorted(UP_TO, self.widest(here.precision)))
        while True:
            here = self.climb(self.at(here.mean, here.precision, NODES[level]), NODES[level])
            if not self.in_time:
                break
            level += 1
            if level == len(NODES):
                raise LostError
            finer = self.at(here.mean, here.precision, NODES[level])
            if abs(finer.value - here.value) <= EXACT:
                break
        # C C' = P⁻¹ with C lower triangular: the inverse of an upper factor of P, which is one of P read backwards.
        backwards = np.linalg.cholesky(here.precision[::-1, ::-1])
        params = fullrank.upon(here.mean, np.linalg.inv(backwards).T[::-1, ::-1])
        return Ascent(params, tuple(self.history), self.gradients, self.in_time)

    def peak(self) -> Point:
        """Close to the highest point of the log joint."""
        base, slope = self.parts.precision, self.parts.slope
        try:
            starts = [np.linalg.solve(base, slope), np.zeros(len(slope))]
        except np.linalg.LinAlgError:
            starts = [np.zeros(len(slope))]
        for mean in starts:
            here = self.at(mean, base, 2, POINT)
            if here.is_finite:
                return self.climb(here, 2, POINT)
        raise LostError

    def climb(self, here: Point, nodes: int, sd: float | None = None) -> Point:
        """Newton's steps, halved where they don't lead up; to the peak where all predictors have some fixed sd."""
        for _ in range(MOST):
            if not here.is_finite:
                raise LostError
            promise, turned = self.promise(here, sd is None), here.wanted - here.precision
            for halving in range(HALVINGS):
                rho = 0.5**halving
                precision = here.precision + rho * turned
                mean = here.mean + rho * np.linalg.solve(precision, here.slope)
                there = self.at(mean, precision, nodes, sd)
                if there.is_finite and there.value >= here.value - ROUNDING * abs(here.value):
                    break
            else:
                raise LostError
            here = there
            if sd is None:
                self.history.append(here.value)
                self.in_time = self.watch(len(self.history), here.value)
            if promise <= (LITTLE if sd is None else NEAR) or not self.in_time:
                return here
        raise LostError

    def promise(self, here: Point, with_precision: bool) -> float:
        """What a step should gain, in nats, as long as the ELBO is as curved as it is here."""
        gain = 0.5 * float(here.slope @ np.linalg.solve(here.wanted, here.slope))
        if with_precision:
            turned = np.linalg.solve(here.precision, here.wanted) - np.eye(len(here.mean))
            gain += 0.25 * float(np.sum(turned * turned.T))
        return gain

    def at(self, mean: Array, precision: Array, nodes: int, sd: float | None = None) -> Point:
        """The ELBO of a Gaussian; with `sd`, the log joint's mean where each predictor has that sd."""
        base, D = self.parts.precision, len(mean)
        value = self.parts.height + self.parts.slope @ mean - 0.5 * mean @ base @ mean
        slope, wanted = self.parts.slope - base @ mean, base.copy()
        root = None
        if sd is None:
            root = np.linalg.inv(np.linalg.cholesky(precision))
            value += -0.5 * np.sum((root @ base) * root) + np.sum(np.log(np.diag(root)))
            value += D * (0.5 + HALF_LOG_2_PI)
        for predictor in self.parts.predictors:
            middle = mean @ predictor.design + predictor.offset
            sds = np.full(len(middle), sd) if root is None else deviations(root, predictor.design)
            total, slopes, curvatures = expected(predictor, middle, sds, nodes)
            value += total
            slope += predictor.design @ slopes
            for rows in blocks(len(middle)):
                X = predictor.design[:, rows]
                wanted -= (X * curvatures[rows]) @ X.T
        self.gradients += nodes
        return Point(mean, precision, float(value), slope, 0.5 * (wanted + wanted.T))

    def widest(self, precision: Array) -> float:
        """The largest sd of a predictor."""
        root = np.linalg.inv(np.linalg.cholesky(precision))
        return max((float(np.max(deviations(root, p.design))) for p in self.parts.predictors), default=0.0)


def expected(predictor: Predictor, middle: Array, sd: Array, nodes: int) -> tuple[float, Array, Array]:
    """The sum of E l, and E l' and E l'' (n,) for predictors that are normal."""
    points, weights = rule(nodes)
    total, slopes, curvatures = 0.0, np.zeros_like(middle), np.zeros_like(middle)
    step = max(1, CELLS // len(middle))
    for first in range(0, nodes, step):
        t, w = points[first : first + step, None], weights[first : first + step, None]
        pull, value = make_vjp(predictor.log_prob)(middle + sd * t)
        there = pull(w * np.ones_like(value))
        total += float(np.sum(w * value))
        slopes += np.sum(there, axis=0)
        curvatures += np.sum(there * t, axis=0)
    return total, slopes, curvatures / sd


def deviations(root: Array, design: Array) -> Array:
    """The sds (n,) of predictors where the inverse of the precision's Cholesky factor is `root`."""
    found = [np.sum((root @ design[:, rows]) ** 2, axis=0) for rows in blocks(design.shape[1])]
    # Rows that see no latent have none: any small one will do, as their curvature is not used.
    return np.maximum(np.sqrt(np.concatenate(found)), 1e-9)


def blocks(rows: int) -> list[slice]:
    """Rows, some at a time."""
    return [slice(first, first + BLOCK) for first in range(0, rows, BLOCK)]


@cache
def rule(nodes: int) -> tuple[Array, Array]:
    """Points and weights of a mean over the standard normal."""
    if nodes in REACH:
        points = np.linspace(-REACH[nodes], REACH[nodes], nodes)
        weights = np.exp(-0.5 * points**2)
    else:
        points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return points, weights / np.sum(weights)
