"""Is the set of fixed draws big enough? Fit again on an independent set, and compare.

Two optima on two sets differ by Monte Carlo error alone. Their spread is the published error of
the posterior summary, and how much better each is at home than away is what was over-fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ppl.fit.target import Array

FAR = 0.05  # in sds, in log sds, and in nats
LARGEST = 4096  # draws
WIDEST = 2**16  # numbers in a set of draws: bounds time and memory in high dimension
GROWTH = 4


@dataclass(frozen=True)
class Spread:
    """How far two optima are apart: of means in sds (D,), of log sds (D,), of values in nats.

    `gap` is the ELBO at home minus away, averaged over both sets: what is common to a set cancels.
    """

    mean: Array
    log_sd: Array
    gap: float

    @property
    def small(self) -> bool:
        """Whether the two optima are one for all practical purposes."""
        worst = max(np.max(np.abs(self.mean), initial=0.0), np.max(np.abs(self.log_sd), initial=0.0))
        return bool(worst <= FAR and self.gap <= FAR)


def spread(a: tuple[Array, Array], b: tuple[Array, Array], gap: float) -> Spread:
    """The spread of two optima whose guides have these (mean, sd)."""
    sd = np.sqrt(a[1] * b[1])
    return Spread((b[0] - a[0]) / sd, np.log(b[1] / a[1]), gap)


def next_size(draws: int, size: int) -> int | None:
    """How many draws to take after a set of `draws` was too small, or None at the limit."""
    grown = 2 * (min(draws * GROWTH, LARGEST, WIDEST // max(1, size)) // 2)
    return grown if grown >= 2 * draws else None  # less would hardly be told apart
