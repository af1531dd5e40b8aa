"""Sets of real numbers: the line, half-lines and intervals.

Half-lines are reached by `exp`, so that a change of unit is a shift of `z`; intervals by the logistic
curve, measured from the nearer end, so that rounding never carries `x` past an end.
Sets with ends of their own are closed: `x` may round to an end, where `log_jacobian` is still right.
"""

from __future__ import annotations

from collections.abc import Sequence

import autograd.numpy as np
import numpy as onp

from ppl.numerics.adjoints import elementwise, unbroadcast
from ppl.numerics.choose import choose
from ppl.numerics.logistic import expit, logit, softplus
from ppl.supports import Array, Support


def _zero(z: Array, *_ends: Array) -> Array:
    return np.zeros(np.shape(z))


def identity(z: Array, *_ends: Array) -> Array:
    """z itself."""
    return z


real = Support(
    name="a finite number",
    contains=lambda x: np.isfinite(x),
    constrain=identity,
    unconstrain=identity,
    log_jacobian=_zero,
)

extended_real = Support(
    name="a number, or infinite",
    contains=lambda x: ~np.isnan(x),
    constrain=identity,
    unconstrain=identity,
    log_jacobian=_zero,
)

positive = Support(
    name="positive",
    contains=lambda x: (x > 0) & (x < np.inf),
    constrain=np.exp,
    unconstrain=np.log,
    log_jacobian=identity,
)

nonnegative = Support(
    name="at least 0",
    contains=lambda x: (x >= 0) & (x < np.inf),
    constrain=positive.constrain,
    unconstrain=positive.unconstrain,
    log_jacobian=identity,
)

negative = Support(
    name="negative",
    contains=lambda x: (x < 0) & (x > -np.inf),
    constrain=lambda z: -np.exp(z),
    unconstrain=lambda x: np.log(-x),
    log_jacobian=identity,
)

greater_than = Support(
    name="at least {lower}",
    contains=lambda x, lower: (x >= lower) & (x < np.inf),
    ends=("lower",),
    constrain=lambda z, lower: lower + np.exp(z),
    unconstrain=lambda x, lower: np.log(x - lower),
    log_jacobian=identity,
)

less_than = Support(
    name="at most {upper}",
    contains=lambda x, upper: (x <= upper) & (x > -np.inf),
    ends=("upper",),
    constrain=lambda z, upper: upper - np.exp(z),
    unconstrain=lambda x, upper: np.log(upper - x),
    log_jacobian=identity,
)


extended_less_than = Support(
    name="at most {upper}",
    contains=lambda x, upper: x <= upper,
    ends=("upper",),
    constrain=less_than.constrain,
    unconstrain=less_than.unconstrain,
    log_jacobian=identity,
)


def _interval_constrain(z: Array, lower: Array, upper: Array) -> Array:
    # The part cut off at the nearer end is at most half the width, whatever rounding does to it.
    # (The sign is chosen by `where` and not by `abs`, whose gradient at 0 would be 0.)
    low = z < 0
    part = (upper - lower) * expit(np.where(low, z, -z))
    return np.where(low, lower + part, upper - part)


def _pull_interval(g: Array, _ans: Array, args: Sequence[Array], which: Sequence[int]) -> list[Array]:
    # Written as autograd goes, so that the same is infinite, or nothing, far out.
    z, lower, upper = args
    low = z < 0
    t = onp.where(low, z, -z)
    e = expit(t)
    of_low, of_high = onp.where(low, g, 0.0), onp.where(low, 0.0, g)
    of_part = of_low - of_high
    of_width = e * of_part
    of_t = (upper - lower) * of_part * (e * expit(-t))
    by = (onp.where(low, of_t, 0.0) - onp.where(low, 0.0, of_t), of_low - of_width, of_high + of_width)
    return [unbroadcast(by[k], onp.shape(args[k])) for k in which]


interval = Support(
    name="in [{lower}, {upper}]",
    contains=lambda x, lower, upper: (x >= lower) & (x <= upper),
    ends=("lower", "upper"),
    constrain=_interval_constrain,
    unconstrain=lambda x, lower, upper: np.log(x - lower) - np.log(upper - x),
    log_jacobian=lambda z, lower, upper: np.log(upper - lower) + z - 2 * softplus(z),
    pullbacks=(
        _pull_interval,
        elementwise(
            lambda g, _ans, z, lower, upper: g - 2 * g * expit(z),
            lambda g, _ans, z, lower, upper: -g / (upper - lower),
            lambda g, _ans, z, lower, upper: g / (upper - lower),
        ),
    ),
)


# An interval whose upper end may be infinite: expit(z - log width) width goes over into exp(z) as the width grows.
def _stretch(lower: Array, upper: Array) -> tuple[Array, Array]:
    """The width where it is finite (else 1), and where that is."""
    finite = upper < np.inf
    return choose(finite, choose(finite, upper, 1.0) - choose(finite, lower, 0.0), 1.0), finite


def _stretch_constrain(z: Array, lower: Array, upper: Array) -> Array:
    width, finite = _stretch(lower, upper)
    t = z - choose(finite, np.log(width), 0.0)
    low = t < 0
    part = width * expit(choose(low, t, -t))
    inner = choose(low, lower + part, choose(finite, upper, 0.0) - part)
    return choose(finite, inner, lower + np.exp(choose(finite, 0.0, z)))


def _stretch_unconstrain(x: Array, lower: Array, upper: Array) -> Array:
    width, finite = _stretch(lower, upper)
    left = choose(finite, choose(finite, upper, 1.0) - choose(finite, x, 0.0), 1.0)
    return np.log(x - lower) + choose(finite, np.log(width) - np.log(left), 0.0)


def _stretch_log_jacobian(z: Array, lower: Array, upper: Array) -> Array:
    width, finite = _stretch(lower, upper)
    return z - 2 * choose(finite, softplus(z - np.log(width)), 0.0)


half_line_or_interval = Support(
    name="at least {lower}, and at most {upper}",
    contains=lambda x, lower, upper: (x >= lower) & (x <= upper) & (x < np.inf),
    ends=("lower", "upper"),
    constrain=_stretch_constrain,
    unconstrain=_stretch_unconstrain,
    log_jacobian=_stretch_log_jacobian,
)


# An interval either of whose ends may be infinite: the chart is that of whatever it is.
def _free_ends(lower: Array, upper: Array) -> tuple[Array, Array, Array, Array]:
    """Which ends are finite, and finite ends to work with elsewhere."""
    has_lower, has_upper = lower > -np.inf, upper < np.inf
    low = choose(has_lower, lower, choose(has_upper, upper - 1.0, 0.0))
    return has_lower, has_upper, low, choose(has_upper, upper, low + 1.0)


def _any_constrain(z: Array, lower: Array, upper: Array) -> Array:
    has_lower, has_upper, low, high = _free_ends(lower, upper)
    inside = _interval_constrain(choose(has_lower & has_upper, z, 0.0), low, high)
    away = np.exp(choose(has_lower == has_upper, 0.0, z))
    return choose(has_lower, choose(has_upper, inside, low + away), choose(has_upper, high - away, z))


def _any_unconstrain(x: Array, lower: Array, upper: Array) -> Array:
    has_lower, has_upper, low, high = _free_ends(lower, upper)
    above = np.log(choose(has_lower, x - low, 1.0))
    below = np.log(choose(has_upper, high - x, 1.0))
    return choose(has_lower, above - below, choose(has_upper, below, x))


def _any_log_jacobian(z: Array, lower: Array, upper: Array) -> Array:
    has_lower, has_upper, low, high = _free_ends(lower, upper)
    both = np.log(high - low) + z - 2 * softplus(z)
    return choose(has_lower & has_upper, both, choose(has_lower | has_upper, z, 0.0 * z))


any_interval = Support(
    name="between {lower} and {upper}, if these are finite",
    contains=lambda x, lower, upper: (x >= lower) & (x <= upper) & np.isfinite(x),
    ends=("lower", "upper"),
    constrain=_any_constrain,
    unconstrain=_any_unconstrain,
    log_jacobian=_any_log_jacobian,
)

MAYBE_OPEN = (half_line_or_interval, any_interval)  # those with ends that may be infinite

at_least_one = Support(
    name="at least 1",
    contains=lambda x: (x >= 1) & (x < np.inf),
    constrain=lambda z: 1.0 + np.exp(z),
    unconstrain=lambda x: np.log(x - 1.0),
    log_jacobian=identity,
)

unit_interval = Support(
    name="in [0, 1]",
    contains=lambda x: (x >= 0) & (x <= 1),
    constrain=expit,
    unconstrain=logit,
    log_jacobian=lambda z: z - 2 * softplus(z),
    pullbacks=(None, elementwise(lambda g, _ans, z: g - 2 * g * expit(z))),
)
