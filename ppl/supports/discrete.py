"""Sets of integers."""

from __future__ import annotations

import autograd.numpy as np

from ppl.supports import Array, Support


def _whole(x: Array) -> Array:
    return np.isfinite(x) & (np.floor(x) == x)


boolean = Support("0 or 1", contains=lambda x: (x == 0) | (x == 1), discrete=True)

integer = Support("an integer", contains=_whole, discrete=True)

nonnegative_integer = Support(
    "an integer, at least 0",
    contains=lambda x: _whole(x) & (x >= 0),
    discrete=True,
)

positive_integer = Support(
    "an integer, at least 1",
    contains=lambda x: _whole(x) & (x >= 1),
    discrete=True,
)

integer_interval = Support(
    "an integer in [{lower}, {upper}]",
    contains=lambda x, lower, upper: _whole(x) & (x >= lower) & (x <= upper),
    ends=("lower", "upper"),
    discrete=True,
)

integer_less_than = Support(
    "an integer, at most {upper}",
    contains=lambda x, upper: _whole(x) & (x <= upper),
    ends=("upper",),
    discrete=True,
)

category = Support(
    "a position below {size}",
    contains=lambda x, size: _whole(x) & (x >= 0) & (x < size),
    ends=("size",),
    discrete=True,
)


def _counts(x: Array, total: Array) -> Array:
    return np.all(_whole(x) & (x >= 0), axis=-1) & (np.sum(np.where(np.isfinite(x), x, -1), axis=-1) == total)


counts = Support(
    "a vector of counts that add up to {total}",
    contains=_counts,
    ends=("total",),
    event_rank=1,
    discrete=True,
)
