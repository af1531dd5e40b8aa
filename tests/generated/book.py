"""What a book says of a distribution: a log density, its distribution function, its values; in mpmath.

Arguments are numbers, or for multivariate distributions lists of them. `respelled` takes the arguments of another form
to those of the first, and `by_form` holds log densities of forms that are better said directly. `along` tells of the
axes of a parameter along which axis of a draw they run (None: an axis of its own); left out, along the last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mpmath import mp, mpf

Form = tuple[str, ...]
Number = Any
NEVER = -mp.inf


@dataclass(frozen=True)
class Book:
    """`forms`: parameter names with their event ranks. `values(*args)`: what a finite distribution can give.

    `cdf` is for continuous distributions; the masses of whole numbers are added up one by one, from `lowest`.
    """

    forms: tuple[tuple[tuple[str, int], ...], ...]
    log_prob: Callable[..., Number]
    event_rank: int = 0
    discrete: bool = False
    lowest: int | None = None
    cdf: Callable[..., Number] | None = None
    values: Callable[..., Sequence[int]] | None = None
    proper: bool = True
    respelled: Mapping[Form, Callable[..., Sequence[Any]]] = field(default_factory=dict)
    by_form: Mapping[Form, Callable[..., Number]] = field(default_factory=dict)
    along: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)


def names(*names: str) -> tuple[tuple[str, int], ...]:
    return tuple((name, 0) for name in names)


def log(x: Number) -> Number:
    """The logarithm, with that of 0."""
    return NEVER if x == 0 else mp.log(x)


def log_choose(n: Number, k: Number) -> Number:
    return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)


def expit(x: Number) -> Number:
    """The logistic function."""
    return 1 / (1 + mp.exp(-mpf(x)))


def half(full: Callable[..., Number]) -> Callable[..., Number]:
    return lambda x, *args: mp.log(2) + full(x, *args) if x >= 0 else NEVER


def half_cdf(full: Callable[..., Number]) -> Callable[..., Number]:
    return lambda x, *args: 2 * full(x, *args) - 1 if x > 0 else mpf(0)


def positive(full: Callable[..., Number]) -> Callable[..., Number]:
    return lambda x, *args: full(x, *args) if x > 0 else NEVER


def positive_cdf(full: Callable[..., Number]) -> Callable[..., Number]:
    return lambda x, *args: full(x, *args) if x > 0 else mpf(0)
