"""flow: a full-rank Gaussian bent by a small normalizing flow, in which some coordinates scale and shift the others.

z = mean + C f(noise), where f is four coupling layers: in each, half of the coordinates stay as they are and, through
a net of eight tanh units, give each of the others a factor exp(s) (at most e² either way) and a shift. So scales
may depend on locations, as in a funnel, and means on each other, as in a banana. params = [those of fullrank, the
nets' weights]; f begins as the identity. With one coordinate there is nothing to couple, and it is `fullrank`.
Its weights take hundreds of steps on thousands of draws to fit: seconds to minutes, where a Gaussian takes a fraction
of a second.
Sources: Dinh, Sohl-Dickstein & Bengio, Density estimation using Real NVP, ICLR 2017, section 3; Rezende & Mohamed,
Variational inference with normalizing flows, ICML 2015.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cache

import autograd.numpy as np
import numpy as onp

from ppl.guides import HALF_LOG_2_PI, Array, Guide, fullrank
from ppl.layout import Layout

LAYERS, UNITS = 4, 8
STEEPEST = 2.0  # of log scales


@dataclass(frozen=True)
class Coupling:
    """One layer: the coordinates that stay, those that are moved, and where its weights are among all weights."""

    stay: Array
    moved: Array
    start: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers: weights and offsets into the units, weights and offsets out of them."""
        a, b = len(self.stay), len(self.moved)
        return a * UNITS, UNITS, UNITS * 2 * b, 2 * b

    @property
    def stop(self) -> int:
        """Where the next layer's begin."""
        return self.start + sum(self.sizes)

    def said(self, weights: Array, x: Array) -> tuple[Array, Array]:
        """(log scales, shifts), each (S, moved), by the coordinates x (S, stay)."""
        ends = onp.cumsum((self.start, *self.sizes))
        first, offset, second, base = (weights[i:j] for i, j in itertools.pairwise(ends))
        hidden = np.tanh(np.dot(x, np.reshape(first, (len(self.stay), UNITS))) + offset)
        out = np.dot(hidden, np.reshape(second, (UNITS, 2 * len(self.moved)))) + base
        raw, shift = out[:, : len(self.moved)], out[:, len(self.moved) :]
        return STEEPEST * np.tanh(raw / STEEPEST), shift


@cache
def layers(D: int) -> tuple[Coupling, ...]:
    """First halves, then odd and even places, each both ways."""
    if D < 2:
        return ()
    places = onp.arange(D)
    found: list[Coupling] = []
    for k in range(LAYERS):
        side = places < (D + 1) // 2 if k < 2 else places % 2 == 0
        stay = side if k % 2 == 0 else ~side
        found.append(Coupling(places[stay], places[~stay], found[-1].stop if found else 0))
    return tuple(found)


@cache
def size_of(n: int) -> int:
    """D, from the number of params."""
    return next(D for D in range(n + 1) if D * (D + 3) // 2 + count(D) == n)


def count(D: int) -> int:
    """How many weights there are."""
    return layers(D)[-1].stop if D > 1 else 0


def split(params: Array) -> tuple[Array, Array]:
    """(params of the Gaussian, weights)."""
    end = params.shape[0] - count(size_of(params.shape[0]))
    return params[:end], params[end:]


def untouched(D: int) -> Array:
    """Weights under which nothing is moved, and units that differ."""
    weights = onp.zeros(count(D))
    rng = onp.random.default_rng(0)
    for layer in layers(D):
        a, b, *_ = layer.sizes
        weights[layer.start : layer.start + a] = rng.normal(0.0, 1 / math.sqrt(len(layer.stay)), a)
        weights[layer.start + a : layer.start + a + b] = rng.normal(0.0, 0.5, b)
    return weights


def init(layout: Layout, mean: Array, sd: Array) -> Array:
    """Nothing moved, and no correlations."""
    return np.concatenate([fullrank.init(layout, mean, sd), untouched(layout.size)])


def upon(mean: Array, C: Array) -> Array:
    """Nothing moved."""
    return np.concatenate([fullrank.upon(mean, C), untouched(len(mean))])


def joined(layer: Coupling, stay: Array, moved: Array) -> Array:
    """Both halves in their places (S, D)."""
    order = onp.argsort(onp.concatenate([layer.stay, layer.moved]))
    return np.concatenate([stay, moved], axis=1)[:, order]


def transport(params: Array, noise: Array) -> Array:
    """noise (S, D) -> z (S, D)."""
    gaussian, weights = split(params)
    x = noise
    for layer in layers(noise.shape[1]):
        stay, moved = x[:, layer.stay], x[:, layer.moved]
        log_scale, shift = layer.said(weights, stay)
        x = joined(layer, stay, moved * np.exp(log_scale) + shift)
    return fullrank.transport(gaussian, x)


def log_prob(params: Array, z: Array) -> Array:
    """z (S, D) -> (S,)."""
    gaussian, weights = split(params)
    mean, C, log_diagonal = fullrank.factor(gaussian)
    x = np.linalg.solve(C, (z - mean).T).T
    total = -np.sum(log_diagonal) - mean.shape[0] * HALF_LOG_2_PI
    for layer in reversed(layers(z.shape[1])):
        stay, moved = x[:, layer.stay], x[:, layer.moved]
        log_scale, shift = layer.said(weights, stay)
        total = total - np.sum(log_scale, axis=1)
        x = joined(layer, stay, (moved - shift) * np.exp(-log_scale))
    return total - 0.5 * np.sum(x**2, axis=1)


@cache
def regular(D: int) -> Array:
    """Noise for moments (S, D), mirrored and whitened: of a Gaussian they are exact."""
    half = onp.random.default_rng(0).standard_normal((20_000, D))
    if D:
        half = onp.linalg.solve(onp.linalg.cholesky(half.T @ half / len(half)), half.T).T
    return onp.concatenate([half, -half])


def moments(params: Array) -> tuple[Array, Array]:
    """(mean, sd) of z, by many fixed draws."""
    z = transport(params, regular(size_of(params.shape[0])))
    return np.mean(z, axis=0), np.std(z, axis=0)


def move(params: Array, step: Array) -> Array:
    """That of the Gaussian; weights as they are."""
    gaussian, weights = split(params)
    first, second = split(step)
    return np.concatenate([fullrank.move(gaussian, first), weights + second])


guide = Guide(
    init,
    transport,
    log_prob,
    None,
    moments,
    move,
    lambda D: max(1024, 2 * fullrank.fixed_draws(D)) if D else 2,
    lambda D: max(2, 2 * D),
    upon=upon,
)
