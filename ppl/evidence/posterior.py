"""The posterior of each named quantity: mean, sd and quantiles, under the guide and corrected.

The guide's own moments come from mirrored, whitened draws, on which those of anything linear in z
are exact. Where the importance weights support it, they are then corrected by the difference (for
means) and the ratio (for sds) of weighted and unweighted moments on independent draws: with equal
weights nothing is added, so exact stays exact. Quantiles are corrected as means are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
LEVELS = (0.05, 0.5, 0.95)
CACHED = 200_000  # numbers worked on at a time


@dataclass(frozen=True)
class Quantity:
    """A latent's or definition's posterior; all arrays have its shape.

    `sd` is the best available and `sd_guide` the guide's own; `mean_error` is the Monte Carlo error
    of `mean` (nan where not known). `shift` is by how many sds of the guide, and `stretch` by how
    much in log sd, the weights move the guide's moments, whether or not they are trusted to; or better moments do,
    where there are any.
    """

    mean: Array
    sd: Array
    sd_guide: Array
    mean_error: Array
    q05: Array
    q50: Array
    q95: Array
    shift: Array
    stretch: Array
    corrected: bool

    @property
    def wrongness(self) -> Array:
        """How wrong the guide looks in each element, in sds or log sds, whichever is worse."""
        return np.maximum(np.abs(self.shift), np.abs(self.stretch))


def summarise(
    regular: Array, independent: Array, weights: Array, correct: bool, guide_error: float
) -> Quantity:
    """A quantity from its values (R, ...) on regular draws and (S, ...) on weighted independent ones.

    `guide_error` is the Monte Carlo error of the guide's means, in sds.
    """
    shape = regular.shape[1:]
    regular, x = regular.reshape(len(regular), -1), independent.reshape(len(independent), -1)
    regular, keep = regular[_usable(regular)], _usable(x)
    x, w = x[keep], weights[keep]
    w = w / np.sum(w) if np.sum(w) > 0 else np.full(len(x), 1 / len(x))
    width = max(1, CACHED // max(len(x), len(regular)))
    starts = range(0, max(1, x.shape[1]), width)
    blocks = [
        _columns(regular[:, i : i + width], x[:, i : i + width], w, correct, guide_error) for i in starts
    ]
    fields = [np.concatenate(parts).reshape(shape) for parts in zip(*blocks, strict=True)]
    mean, sd, sd_guide, mean_error, q05, q50, q95, shift, stretch = fields
    return Quantity(mean, sd, sd_guide, mean_error, q05, q50, q95, shift, stretch, correct)


def _columns(regular: Array, x: Array, w: Array, correct: bool, guide_error: float) -> tuple[Array, ...]:
    """All but the last field of a Quantity, for values (R, n) and (S, n)."""
    mean_q = np.mean(regular, axis=0)
    sd_q = np.sqrt(np.mean((regular - mean_q) ** 2, axis=0))
    mean_u, mean_w = np.mean(x, axis=0), w @ x
    sd_u = np.sqrt(np.mean((x - mean_u) ** 2, axis=0))
    sd_w = np.sqrt(w @ (x - mean_w) ** 2)
    constant = sd_u <= 1e-14 * np.abs(mean_u)
    scale = np.where(constant, 1.0, sd_u)
    # A weighted sd of 0 is one draw with all the weight.
    stretch = np.where(constant, 0.0, np.log(np.maximum(sd_w, 1e-12 * scale) / scale))
    shift = np.where(constant, 0.0, (mean_w - mean_u) / scale)
    even = np.full(len(x), 1 / len(x))
    cuts = quantiles(regular, np.full(len(regular), 1 / len(regular)), LEVELS)
    if not correct:
        return mean_q, sd_q, sd_q, guide_error * sd_q, *cuts, shift, stretch
    error = np.std((len(x) * w - 1)[:, None] * (x - mean_w), axis=0) / np.sqrt(len(x))
    moved = [
        q + b - a for q, a, b in zip(cuts, quantiles(x, even, LEVELS), quantiles(x, w, LEVELS), strict=True)
    ]
    # A difference of quantiles may overshoot: they stay in order, and among the values.
    moved = list(np.sort(np.clip(moved, np.min(x, axis=0), np.max(x, axis=0)), axis=0))
    return mean_q + (mean_w - mean_u), sd_q * np.exp(stretch), sd_q, error, *moved, shift, stretch


def quantiles(x: Array, weights: Array, levels: tuple[float, ...]) -> list[Array]:
    """Weighted quantiles along the first axis, linear between the draws."""
    order = np.argsort(x, axis=0, kind="stable")
    ranked = np.take_along_axis(x, order, 0)
    w = weights[order]
    centre = np.cumsum(w, axis=0) - 0.5 * w
    found = []
    for level in levels:
        above = np.clip(np.sum(centre < level, axis=0), 1, len(x) - 1)[None]
        c0, c1 = np.take_along_axis(centre, above - 1, 0)[0], np.take_along_axis(centre, above, 0)[0]
        x0, x1 = np.take_along_axis(ranked, above - 1, 0)[0], np.take_along_axis(ranked, above, 0)[0]
        part = np.clip((level - c0) / np.maximum(c1 - c0, 1e-300), 0.0, 1.0)
        found.append(x0 + part * (x1 - x0))
    return found


def _usable(x: Array) -> Array:
    """Which draws of a quantity are finite throughout (all of them, if none is)."""
    finite = np.all(np.isfinite(x), axis=1)
    return finite if np.any(finite) else ~finite
