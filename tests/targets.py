"""Log joints with known answers, written by hand: what inference is tested against without a language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.layout import Layout

Array = Any
HALF_LOG_2_PI = 0.5 * float(onp.log(2 * onp.pi))


@dataclass
class Target:
    """A log joint from functions of (z, w), one per statement; `to` has the supports that aren't the line."""

    pieces: dict[str, Callable[[Array, Array | None], Array]]
    layout: Layout
    observed: frozenset[str] = frozenset()
    param_layout: Layout = field(default_factory=lambda: Layout(()))
    start_params: Array = field(default_factory=lambda: onp.zeros(0))
    to: dict[str, Callable[[Array], Array]] = field(default_factory=dict)
    tuned_layout: Layout = field(default_factory=lambda: Layout(()))
    bounded: tuple[str, ...] = ()
    calls: int = 0

    def __call__(self, z: Array, w: Array | None = None) -> Array:
        self.calls += 1
        return sum((piece(z, w) for piece in self.pieces.values()), onp.zeros(len(z)))

    def terms(self, z: Array, w: Array | None = None) -> dict[str, Array]:
        return {"log_jacobian": onp.zeros(len(z))} | {
            name: piece(z, w) for name, piece in self.pieces.items()
        }

    def constrain(self, z: Array, w: Array | None = None) -> dict[str, Array]:
        found = {}
        for slot in self.layout:
            values = z[:, slot.columns].reshape(len(z), *slot.shape)
            found[slot.name] = self.to.get(slot.name, lambda v: v)(values)
        for slot in self.param_layout:
            found[slot.name] = onp.broadcast_to(w[slot.columns].reshape(slot.shape), (len(z), *slot.shape))
        return found


def layout(**sizes: int | None) -> Layout:
    """Latents by name: None for a scalar, else the length of a vector."""
    shapes = {name: () if n is None else (n,) for name, n in sizes.items()}
    return Layout.of([(name, shape, shape, ("i",) * len(shape)) for name, shape in shapes.items()])


def normal(x: Array, loc: Array, scale: Array) -> Array:
    """The log density of a Gaussian, element by element."""
    return -0.5 * ((x - loc) / scale) ** 2 - np.log(scale) - HALF_LOG_2_PI


def gaussian(D: int, seed: int, correlated: bool, log_z: float = 2.5) -> tuple[Target, Array, Array]:
    """A Gaussian target with evidence exp(log_z), and its mean and sds."""
    rng = onp.random.default_rng(seed)
    mean = 3 * rng.normal(size=D)
    if correlated:
        A = rng.normal(size=(D, D))
        precision = A @ A.T / D + 0.1 * onp.eye(D)
    else:
        precision = onp.diag(onp.exp(2 * rng.normal(size=D)))
    constant = 0.5 * onp.linalg.slogdet(precision)[1] - D * HALF_LOG_2_PI + log_z

    def density(z: Array, w: Array | None) -> Array:
        r = z - mean
        return constant - 0.5 * np.sum(np.dot(r, precision) * r, axis=1)

    sds = onp.sqrt(onp.diag(onp.linalg.inv(precision)))
    return Target({"x": density}, layout(x=D)), mean, sds


CONJUGATE_Y = onp.array([1.2, 0.3, -0.7, 2.1, 0.9, 1.4, -0.2, 0.8])


def conjugate() -> Target:
    """mu ~ Normal(0, 2), y ~ Normal(mu, 1): posterior Normal(0.7030303, 0.3481553), evidence -12.0009742."""
    return Target(
        {
            "mu": lambda z, w: normal(z[:, 0], 0.0, 2.0),
            "y": lambda z, w: np.sum(normal(CONJUGATE_Y, z, 1.0), axis=1),
        },
        layout(mu=None),
        frozenset({"y"}),
    )


def bayes_em() -> Target:
    """param theta, z_i ~ Normal(theta, 1), y_i ~ Normal(z_i, 1): theta = mean(y)."""
    return Target(
        {
            "z": lambda z, w: np.sum(normal(z, w[0], 1.0), axis=1),
            "y": lambda z, w: np.sum(normal(CONJUGATE_Y, z, 1.0), axis=1),
        },
        layout(z=8),
        frozenset({"y"}),
        layout(theta=None),
        onp.zeros(1),
    )


EFFECT = onp.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
EFFECT_SD = onp.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


class EightSchools(Target):
    """Eight schools, with tau = exp(z1) and its Jacobian; log evidence -31.3113."""

    def terms(self, z: Array, w: Array | None = None) -> dict[str, Array]:
        found = super().terms(z, w)
        found["tau"] = found["tau"] - z[:, 1]
        return found | {"log_jacobian": z[:, 1]}


def eight_schools(centred: bool) -> Target:
    def theta_prior(z: Array, w: Array | None) -> Array:
        if centred:
            return np.sum(normal(z[:, 2:], z[:, :1], np.exp(z[:, 1:2])), axis=1)
        return np.sum(normal(z[:, 2:], 0.0, 1.0), axis=1)

    def likelihood(z: Array, w: Array | None) -> Array:
        theta = z[:, 2:] if centred else z[:, :1] + np.exp(z[:, 1:2]) * z[:, 2:]
        return np.sum(normal(EFFECT, theta, EFFECT_SD), axis=1)

    def tau_prior(z: Array, w: Array | None) -> Array:
        # The half-Cauchy's density with the Jacobian of exp.
        return np.log(2 / (5 * np.pi)) - np.log1p((np.exp(z[:, 1]) / 5) ** 2) + z[:, 1]

    pieces = {
        "mu": lambda z, w: normal(z[:, 0], 0.0, 5.0),
        "tau": tau_prior,
        "theta": theta_prior,
        "y": likelihood,
    }
    return EightSchools(pieces, layout(mu=None, tau=None, theta=8), frozenset({"y"}), to={"tau": onp.exp})


def two_modes(D: int, apart: float = 8.0, share: float = 0.3) -> tuple[Target, Array, Array]:
    """A mixture of two Gaussians of sd 0.5, `apart` along the first axis; its mean and sds. Evidence 1."""
    ends = onp.zeros((2, D))
    ends[:, 0] = -0.5 * apart, 0.5 * apart

    def density(z: Array, w: Array | None) -> Array:
        heights = [
            np.log(s) + np.sum(normal(z, end, 0.5), axis=1)
            for s, end in zip((share, 1 - share), ends, strict=True)
        ]
        return np.logaddexp(*heights)

    mean = share * ends[0] + (1 - share) * ends[1]
    sd = onp.sqrt(0.25 + share * (1 - share) * (ends[1] - ends[0]) ** 2)
    return Target({"x": density}, layout(x=D)), mean, sd


def logistic(D: int, N: int, seed: int = 0) -> Target:
    """Logistic regression of N rows on D columns, beta ~ Normal(0, 2.5)."""
    rng = onp.random.default_rng(seed)
    x, beta = rng.normal(size=(N, D)), rng.normal(size=D)
    sign = onp.where(rng.uniform(size=N) < 1 / (1 + onp.exp(-x @ beta)), 1.0, -1.0)
    columns = onp.ascontiguousarray(x.T) * sign
    return Target(
        {
            "beta": lambda z, w: np.sum(normal(z, 0.0, 2.5), axis=1),
            "y": lambda z, w: -np.sum(np.logaddexp(0, -np.dot(z, columns)), axis=1),
        },
        layout(beta=D),
        frozenset({"y"}),
    )


def poisson(J: int, n: int = 5, seed: int = 0) -> Target:
    """Counts in J groups of n rows, y ~ Poisson(exp(a[group] + b x)), a ~ Normal(mu, tau); up to a constant."""
    rng = onp.random.default_rng(seed)
    x, a = rng.normal(size=(J, n)), 0.7 + 0.5 * rng.normal(size=J)
    y = rng.poisson(onp.exp(a[:, None] + 0.3 * x)).astype(float)

    def counts(z: Array, w: Array | None) -> Array:
        a, b = z[:, 3:], z[:, 1]
        rates = np.exp(a[:, :, None] + b[:, None, None] * x)
        return np.dot(a, y.sum(axis=1)) + b * onp.sum(x * y) - np.sum(rates, axis=(1, 2))

    return Target(
        {
            "mu": lambda z, w: normal(z[:, 0], 0.0, 5.0),
            "b": lambda z, w: normal(z[:, 1], 0.0, 1.0),
            "tau": lambda z, w: np.log(2.0) + normal(np.exp(z[:, 2]), 0.0, 1.0) + z[:, 2],
            "a": lambda z, w: np.sum(normal(z[:, 3:], z[:, :1], np.exp(z[:, 2:3])), axis=1),
            "y": counts,
        },
        layout(mu=None, b=None, log_tau=None, a=J),
        frozenset({"y"}),
    )
