"""The von Mises distribution: its normaliser, mean direction and distribution function, on the circle's own terms.

1 - I1(x) / I0(x), how far the mean resultant length is from 1, solves Riccati's equation
B' = 1/x - B/x - 2 B + B²; far out its series in 1/x follows from that, coefficient by coefficient.
Source: Mardia & Jupp, Directional Statistics (2000), sec. 3.5.4 and app. 1.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
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


def _shortfall_slope(ans: Array, x: Array) -> Array:
    small = x < 1e-3  # the equation would divide a rounded difference by x
    riccati = (1.0 - ans) / np.where(small, 1.0, x) - 2.0 * ans + ans * ans
    return np.where(small, 0.1875 * x * x - 0.5, riccati)


mean_shortfall: Elementwise = elementwise(_mean_shortfall, _shortfall_slope)
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


def _parts(x: Array, loc: Array, concentration: Array) -> tuple[Array, Array]:
    """log of the mass in [-pi, x], and its slope by the concentration."""
    x, loc, k = onp.broadcast_arrays(*(onp.asarray(v, dtype=float) for v in (x, loc, concentration)))
    centre = loc - 2.0 * PI * onp.floor((loc + PI) / (2.0 * PI))
    d, right = x - centre, centre > 0
    # The mass is 0 or 1, and plus or minus what lies beyond the cut (from the centre, the short way) and beyond x.
    past_cut = onp.where(right, d <= -PI, d >= PI)
    short = onp.clip(onp.where(past_cut, 2.0 * PI - onp.abs(d), onp.abs(d)), 0.0, PI)
    whole = d >= 0
    sign_cut = onp.where(right, 1.0, -1.0)
    sign_x = onp.where(past_cut, -sign_cut, onp.where(d < 0, 1.0, -1.0))
    cut = PI - onp.abs(centre)
    with onp.errstate(all="ignore"):
        logs = _log_beyond(cut, k), _log_beyond(short, k)
        peak = onp.maximum(*logs)
        peak = onp.where(onp.isfinite(peak), peak, 0.0)
        rest = sign_cut * onp.exp(logs[0] - peak) + sign_x * onp.exp(logs[1] - peak)
        log_mass = onp.where(whole, onp.log1p(onp.exp(peak) * rest), peak + onp.log(rest))
        slopes = [_fall_beyond(at, k) for at in (cut, short)]
        shares = [sign * onp.exp(log - log_mass) for sign, log in zip((sign_cut, sign_x), logs, strict=True)]
        slope = sum(onp.where(share == 0, 0.0, share * by) for share, by in zip(shares, slopes, strict=True))
    return log_mass, slope


def _log_density(x: Array, loc: Array, k: Array) -> Array:
    return -2.0 * k * np.sin(0.5 * (x - loc)) ** 2 - log_i0e(k) - LOG_2PI


def _central(function: Elementwise, at: Array) -> Array:
    h = 1e-5 * (0.01 + np.abs(at))
    return (function(at + h) - function(at - h)) / (2.0 * h)


_slope_by_concentration: Elementwise = elementwise(
    lambda x, loc, k: _parts(x, loc, k)[1],
    lambda _ans, x, loc, k: _central(lambda at: _slope_by_concentration(at, loc, k), x),
    lambda _ans, x, loc, k: _central(lambda at: _slope_by_concentration(x, at, k), loc),
    lambda _ans, x, loc, k: _central(lambda at: _slope_by_concentration(x, loc, at), k),
    name="von_mises_slope",
)

_log_von_mises_cdf: Elementwise = elementwise(
    lambda x, loc, k: _parts(x, loc, k)[0],
    lambda ans, x, loc, k: np.exp(_log_density(x, loc, k) - ans),
    lambda ans, x, loc, k: np.exp(_log_density(PI, loc, k) - ans) - np.exp(_log_density(x, loc, k) - ans),
    lambda _ans, x, loc, k: _slope_by_concentration(x, loc, k),
    name="log_von_mises_cdf",
)


def log_von_mises_cdf(x: Array, loc: Array, concentration: Array) -> Array:
    """log of the mass in [-pi, x] for x in [-pi, pi] and any `loc`; that in [x, pi] is by -x and -loc."""
    inside = (x > -PI) & (x < PI)
    value = _log_von_mises_cdf(np.where(inside, x, 0.0), loc, concentration)
    return np.where(inside, value, np.where(x >= PI, 0.0, -np.inf))
