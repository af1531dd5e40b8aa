"""The von Mises distribution: its normaliser, mean direction and distribution function, on the circle's own terms.

1 - I1(x) / I0(x), how far the mean resultant length is from 1, solves Riccati's equation
B' = 1/x - B/x - 2 B + B²; far out its series in 1/x follows from that, coefficient by coefficient.
Source: Mardia & Jupp, Directional Statistics (2000), sec. 3.5.4 and app. 1.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.log_sums import logdiffexp
from ppl.numerics.logistic import log1mexp
from ppl.numerics.pieces import polynomial
from ppl.numerics.special import from_scipy

PI = float(onp.pi)
LOG_2PI = 1.8378770664093453
_FAR = 40.0


def _riccati(terms: int) -> list[float]:
    b = [0.0, 0.5]
    for m in range(2, terms):
        b.append(0.5 * ((m - 2) * b[m - 1] + sum(b[i] * b[m - i] for i in range(1, m))))
    return b[1:]


_SERIES = _riccati(18)


def _mean_shortfall(x: Array) -> Array:
    x = onp.asarray(x, dtype=float)
    far = 1.0 / onp.maximum(x, _FAR)
    near = onp.minimum(x, _FAR)
    with onp.errstate(invalid="ignore"):
        return onp.where(
            x > _FAR, polynomial(_SERIES, far) * far, 1.0 - from_scipy("i1e", near) / from_scipy("i0e", near)
        )


mean_shortfall: Elementwise = elementwise(
    _mean_shortfall,
    lambda ans, x: np.where(x == 0, -0.5, (1.0 - ans) / np.where(x == 0, 1.0, x) - 2.0 * ans + ans * ans),
)
"""1 - I1(x) / I0(x) for x >= 0."""


def _log_i0e(x: Array) -> Array:
    return onp.log(from_scipy("i0e", onp.asarray(x, dtype=float)))


log_i0e: Elementwise = elementwise(_log_i0e, lambda _ans, x: -mean_shortfall(x))
"""log I0(x) - x for x >= 0."""


# Mass beyond an angle d in [0, pi], by Gauss and Legendre up to where the density has fallen by exp(-40).
_ROOTS, _WEIGHTS = onp.polynomial.legendre.leggauss(80)
_FALL = 40.0


def _beyond(d: Array, concentration: Array) -> tuple[Array, Array, Array]:
    """(log density at d but for its normaliser, mass beyond relative to that, the same weighted by the fall)."""
    d, k = onp.broadcast_arrays(onp.asarray(d, dtype=float), onp.asarray(concentration, dtype=float))
    at = onp.sin(0.5 * d) ** 2
    with onp.errstate(divide="ignore"):
        end = 2.0 * onp.arcsin(onp.sqrt(onp.minimum(at + 0.5 * _FALL / k, 1.0)))
    width = onp.maximum(end - d, 0.0)
    t = 0.5 * width[..., None] * (1.0 + _ROOTS)
    fall = 2.0 * onp.sin(0.5 * t) * onp.sin(d[..., None] + 0.5 * t)
    terms = onp.exp(-k[..., None] * fall) * _WEIGHTS
    return -2.0 * k * at, 0.5 * width * onp.sum(terms, axis=-1), 0.5 * width * onp.sum(terms * fall, axis=-1)


def _log_beyond(d: Array, concentration: Array) -> Array:
    with onp.errstate(divide="ignore"):
        peak, mass, _ = _beyond(d, concentration)
        return peak + onp.log(mass) - (_log_i0e(concentration) + LOG_2PI)


def _fall_beyond(d: Array, concentration: Array) -> Array:
    # cos t - 1 averaged over what lies beyond d, less its average over the whole circle.
    _, mass, fallen = _beyond(d, concentration)
    safe = onp.where(mass > 0, mass, 1.0)
    return _mean_shortfall(concentration) - fallen / safe - 2.0 * onp.sin(0.5 * onp.asarray(d)) ** 2


def _central(function: Elementwise, at: Array) -> Array:
    h = 1e-5 * (1.0 + np.abs(at))
    return (function(at + h) - function(at - h)) / (2.0 * h)


_slope_by_concentration: Elementwise = elementwise(
    _fall_beyond,
    lambda _ans, d, k: _central(lambda at: _slope_by_concentration(at, k), d),
    lambda _ans, d, k: _central(lambda at: _slope_by_concentration(d, at), k),
    name="von_mises_slope",
)

_log_tail: Elementwise = elementwise(
    _log_beyond,
    lambda ans, d, k: -np.exp(-2.0 * k * np.sin(0.5 * d) ** 2 - log_i0e(k) - LOG_2PI - ans),
    lambda _ans, d, k: _slope_by_concentration(d, k),
    name="log_von_mises_tail",
)


def log_von_mises_cdf(x: Array, loc: Array, concentration: Array) -> Array:
    """log of the mass in [-pi, x] for x in [-pi, pi] and any `loc`; that in [x, pi] is by -x and -loc."""
    inside, behind = (x > -PI) & (x < PI), x >= PI
    x = np.where(inside, x, 0.0)
    centre = loc - 2.0 * PI * np.floor((loc + PI) / (2.0 * PI))
    # From -pi on we meet, if the centre is right of 0, first what the circle carries over from beyond pi.
    shape = 0.0 * (x + loc + concentration)
    right = centre > 0
    d = x - centre + shape
    seam = PI - np.abs(centre) + shape  # from the centre to where the circle is cut, the short way
    k = concentration + shape
    seam_tail = _log_tail(seam, k)

    def tail(distance: Array, where: Array) -> Array:
        return _log_tail(np.where(where, distance, 1.0), np.where(where, k, 1.0))

    # Centre right of 0: the cut at -pi is `seam` beyond the antipode.
    wrapped, left = right & (d <= -PI), d < 0
    begun = logdiffexp(seam_tail, tail(d + 2.0 * PI, wrapped))
    rising_tail = tail(-d, left & (d > -PI))
    falling = log1mexp(tail(d, ~left & (d <= PI)))
    body = np.where(left, rising_tail, falling)
    from_right = np.where(wrapped, begun, np.logaddexp(np.where(wrapped, 0.0, body), seam_tail))
    # Centre left of 0: what lies between the cut and the antipode is missing from the left tail.
    beyond = ~right & (d >= PI)  # past the antipode on the far side
    before = logdiffexp(rising_tail, np.where(left, seam_tail, -np.inf))
    most = log1mexp(np.logaddexp(tail(d, ~left & (d < PI)), seam_tail))
    last = log1mexp(logdiffexp(seam_tail, tail(2.0 * PI - d, beyond)))
    from_left = np.where(left, before, np.where(beyond, last, most))
    return np.where(inside, np.where(right, from_right, from_left), np.where(behind, 0.0, -np.inf))
