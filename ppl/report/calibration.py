"""Simulation-based calibration: are true values spread through their posteriors as they should be?

Unknowns drawn from the prior, and data drawn from them, make the rank of the true value among draws of its exact
posterior uniform. So the normal scores u of the ranks are standard normal; their mean is by how many sds the guide's
means are off, and their sd by which factor its sds are too small. The tests are of that mean, of that sd, and of the
whole distribution (Kolmogorov-Smirnov), at a level that allows for there being many (Holm).
With u of a symmetric guide, mean and sd are what variational SBC looks at.
Sources: Talts, Betancourt, Simpson, Vehtari & Gelman, Validating Bayesian inference algorithms with
simulation-based calibration (2018); Yao, Vehtari, Simpson & Gelman, Yes, but did it work?, ICML 2018; Modrák et al.,
Simulation-based calibration checking for Bayesian computation, Bayesian Analysis 20 (2025).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
from scipy.special import kolmogorov, ndtr, ndtri

Array = Any
LEVEL = 0.01
NARROWED, SHIFTED = 0.9, 0.1  # the planted faults: sds times this, means off by so many sds
SHOWN = 24


@dataclass(frozen=True)
class Calibrated:
    """What the ranks of one quantity say: `shift` in sds, `ratio` of true to printed sds, each with its error."""

    name: str
    shift: float
    shift_error: float
    ratio: float
    ratio_error: float
    p: float


@dataclass(frozen=True)
class Calibration:
    """The quantities; those that fail; and which planted faults would have been seen in how many of them."""

    model: str
    guide: str
    replications: int
    failed: int
    draws: int
    seed: int
    quantities: tuple[Calibrated, ...]
    off: tuple[str, ...]
    seen: Mapping[str, int]

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.off and bool(self.quantities)

    def as_object(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {
            "schema": 1,
            "model": self.model,
            "guide": self.guide,
            "seed": self.seed,
            "replications": self.replications,
            "failed": self.failed,
            "draws": self.draws,
            "passed": self.passed,
            "off": list(self.off),
            "quantities": [vars(q) for q in self.quantities],
            "planted": dict(self.seen),
        }

    def __str__(self) -> str:
        return "\n".join(_page(self)) + "\n"


def scores(ranks: Array, draws: int) -> Array:
    """Normal scores of ranks 0 ... draws."""
    return ndtri((np.asarray(ranks) + 0.5) / (draws + 1))


def examined(name: str, u: Array) -> Calibrated:
    """The tests on the normal scores u (R,) of one quantity."""
    R = len(u)
    mean, sd = float(np.mean(u)), max(float(np.std(u)), 1e-12)
    by_mean = 2 * ndtr(-abs(mean) * math.sqrt(R))
    by_sd = 2 * ndtr(-abs(math.log(sd)) * math.sqrt(2 * R))
    ranked = np.sort(ndtr(u))
    steps = np.arange(R + 1) / R
    distance = max(float(np.max(steps[1:] - ranked)), float(np.max(ranked - steps[:-1])))
    by_shape = float(kolmogorov(math.sqrt(R) * distance))
    p = min(1.0, 3 * float(min(by_mean, by_sd, by_shape)))
    return Calibrated(name, mean, sd / math.sqrt(R), sd, sd / math.sqrt(2 * R), p)


def rejected(p: Sequence[float], level: float = LEVEL) -> list[int]:
    """Which of many tests fail, by Holm's step-down rule."""
    found = []
    for k, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        if p[i] > level / (len(p) - k):
            break
        found.append(i)
    return found


def calibration(
    about: Mapping[str, Any], names: Sequence[str], truths: Array, draws: Array, rng: np.random.Generator
) -> Calibration:
    """From the true values (R, Q) and as many draws of their fitted posteriors (R, L, Q).

    `about` has the fields model, guide, seed and failed. Ties are broken at random.
    """
    R, L = draws.shape[:2]
    quantities = [examined(name, u) for name, u in zip(names, _scores(truths, draws, rng).T, strict=True)]
    off = [names[i] for i in rejected([q.p for q in quantities])]
    mean, sd = draws.mean(axis=1, keepdims=True), draws.std(axis=1, keepdims=True)
    planted = {
        f"sds x {NARROWED:g}": mean + NARROWED * (draws - mean),
        f"means + {SHIFTED:g} sds": draws + SHIFTED * sd,
    }
    seen = {}
    for fault, faulty in planted.items():
        p = [examined(name, u).p for name, u in zip(names, _scores(truths, faulty, rng).T, strict=True)]
        seen[fault] = len(rejected(p))
    return Calibration(
        replications=R, draws=L, quantities=tuple(quantities), off=tuple(off), seen=seen, **about
    )


def _scores(truths: Array, draws: Array, rng: np.random.Generator) -> Array:
    below = np.sum(draws < truths[:, None], axis=1)
    ties = np.sum(draws == truths[:, None], axis=1)
    return scores(below + rng.integers(0, ties + 1), draws.shape[1])


def _page(c: Calibration) -> Iterator[str]:
    word = "calibrated, as far as this can tell" if c.passed else "not calibrated"
    yield f"{c.model}: {word}"
    failed = f", {c.failed} fits failed" if c.failed else ""
    yield f"{c.replications:,} data sets from the prior, each fitted ({c.guide}): {c.draws:,} draws{failed}"
    yield ""
    worst = sorted(c.quantities, key=lambda q: q.p)
    shown = worst if len(worst) <= SHOWN else worst[:SHOWN]
    order = [q for q in c.quantities if q in shown]
    width = max((len(q.name) for q in order), default=0)
    yield f"  {'':<{width}}  {'mean off by (sds)':>19}  {'true sd / printed':>19}  {'p':>7}"
    for q in order:
        shift = f"{q.shift:+.3f} ± {q.shift_error:.3f}"
        ratio = f"{q.ratio:.3f} ± {q.ratio_error:.3f}"
        mark = "  <- off" if q.name in c.off else ""
        yield f"  {q.name:<{width}}  {shift:>19}  {ratio:>19}  {q.p:>7.2g}{mark}"
    if len(worst) > SHOWN:
        yield f"  (the worst {SHOWN} of {len(worst):,}; all with --json)"
    yield ""
    for fault, count in c.seen.items():
        text = f"planted {fault}: seen in {count} of {len(c.quantities)} quantities"
        yield from wrap(text, 78, initial_indent="  ", subsequent_indent="    ")
    if c.passed and not all(c.seen.values()):
        yield "  too few replications to see such faults: --replications gives more"
