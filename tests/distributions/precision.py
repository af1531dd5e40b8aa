"""How many bits a log density loses beyond what its arguments' rounding explains, against mpmath."""

from __future__ import annotations

import mpmath as mp
import numpy as np
from points import form_of

DIGITS = 60


def exact(values):
    """Numbers as mpmath numbers, arrays as arrays of them."""
    if np.ndim(values) == 0:
        return mp.mpf(float(values))
    out = np.empty(np.shape(values), dtype=object)
    out.flat = [mp.mpf(float(v)) for v in np.ravel(values)]
    return out


def truth(distribution, x, parameters):
    """The oracle's value, computed at two precisions that must agree."""
    values = []
    for digits in (DIGITS, 2 * DIGITS):
        with mp.workdps(digits):
            values.append(distribution.oracle(exact(x), **{name: exact(v) for name, v in parameters.items()}))
    if not mp.isfinite(values[1]):
        return values[1]
    assert abs(values[0] - values[1]) <= mp.mpf(10) ** (-25) * (1 + abs(values[1])), "the oracle is not exact"
    return values[1]


def slopes(distribution, x, parameters):
    """The oracle's derivative by x and every continuous parameter, where they are inside their sets."""
    found = {}
    form = {p.name: p for p in form_of(distribution, parameters)}
    with mp.workdps(2 * DIGITS):
        base = {name: exact(v) for name, v in parameters.items()}
        at = exact(x)
        for name in (*form, "x"):
            support = distribution.support if name == "x" else form[name].support
            if support.discrete:
                continue
            centre = at if name == "x" else base[name]
            limits = distribution.ends(**parameters) if name == "x" else ()
            around = float(centre) * np.array([1 - 1e-12, 1 + 1e-12]) + np.array([-1e-300, 1e-300])
            if not np.all(support.contains(around, *limits)):
                continue  # at an end there is no two-sided slope
            h = mp.mpf(10) ** -40 * (abs(centre) or 1)

            def value(v, name=name):
                return (
                    distribution.oracle(v, **base)
                    if name == "x"
                    else distribution.oracle(at, **{**base, name: v})
                )

            found[name] = (value(centre + h) - value(centre - h)) / (2 * h)
    return found


def excess_bits(distribution, x, parameters):
    """log2 of the error in ulps over max(condition, 1/2)."""
    value = float(distribution.log_prob(np.asarray(float(x)), **parameters))
    true = truth(distribution, x, parameters)
    if true == 0:
        return 0.0 if value == 0 else np.inf
    if not np.isfinite(float(true)):
        return 0.0 if value == float(true) else np.inf
    # Nearer to 0 than this, what led there has itself been rounded as a denormal number.
    ulp = mp.mpf(float(np.spacing(max(abs(float(true)), 1e-300))))
    ulps = abs(mp.mpf(value) - true) / ulp
    at = {"x": x, **parameters}
    condition = sum(
        abs(exact(at[name]) * s) for name, s in slopes(distribution, x, parameters).items()
    ) / abs(true)
    return float(mp.log(ulps / max(condition, mp.mpf(0.5)) + mp.mpf("1e-9"), 2))
