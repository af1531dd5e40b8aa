"""Values against mpmath, slopes and curvatures against differences, for every elementwise primitive."""

import mpmath as mp
import pytest
from autograd import grad
from autograd.test_util import check_grads

from ppl.numerics import (
    bessel,
    gamma_ratios,
    incomplete,
    logistic,
    normal,
    products,
    saddle_point,
    special,
    student,
)
from ppl.numerics.incomplete_beta import log_betainc_of_odds, log_half_student_cdf, log_student_cdf

HALF = mp.mpf(1) / 2
LINE = [(x,) for x in (-700.0, -40.0, -3.3, -1e-9, 1e-12, 0.4, 1.0, 9.0, 36.0, 700.0)]
POSITIVE = [(x,) for x in (1e-12, 0.03, 0.7, 1.0, 2.5, 8.9, 9.1, 150.0, 1e9)]
SHARES = [(x,) for x in (1e-300, 1e-9, 0.3, 0.4999999, 0.50001, 0.9, 1 - 1e-12)]
PAIRS = [(a, b) for a in (1e-9, 0.3, 2.0, 40.0, 1e8) for b in (1e-7, 0.7, 5.0, 43.0, 1e8)]


def log_gamma_tail(a, low, high):
    return mp.log(mp.gammainc(a, low, high, regularized=True))


def log_i(a, b, w):
    return mp.log(mp.betainc(a, b, 0, w / (1 + w), regularized=True))


# name: (function, truth, points, relative tolerance)
PRIMITIVES = {
    "softplus": (logistic.softplus, lambda x: mp.log1p(mp.exp(x)), LINE, 1e-15),
    "expit": (logistic.expit, lambda x: 1 / (1 + mp.exp(-x)), LINE, 1e-15),
    "log_expit": (logistic.log_expit, lambda x: -mp.log1p(mp.exp(-x)), LINE, 1e-15),
    "logit": (logistic.logit, lambda p: mp.log(p / (1 - p)), SHARES, 1e-15),
    "log1mexp": (logistic.log1mexp, lambda x: mp.log1p(-mp.exp(-abs(x))), LINE, 1e-15),
    "xlogy": (products.xlogy, lambda x, y: x * mp.log(y), PAIRS, 1e-15),
    "xlog1py": (products.xlog1py, lambda x, y: x * mp.log1p(y), PAIRS, 1e-15),
    "gammaln": (special.gammaln, mp.loggamma, POSITIVE[1:], 1e-14),
    "digamma": (special.digamma, mp.digamma, POSITIVE, 1e-14),
    "trigamma": (special.trigamma, lambda x: mp.polygamma(1, x), POSITIVE, 1e-14),
    "erf": (special.erf, mp.erf, LINE[2:7], 1e-15),
    "erfc": (special.erfc, mp.erfc, [(-3.0,), (0.1,), (5.0,), (20.0,)], 1e-14),
    "erfinv": (special.erfinv, mp.erfinv, [(-0.99,), (1e-9,), (0.3,)], 1e-14),
    "i0e": (bessel.i0e, lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), LINE, 1e-14),
    "i1e": (bessel.i1e, lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), LINE, 1e-14),
    "log_i0": (bessel.log_i0, lambda x: mp.log(mp.besseli(0, x)), LINE, 1e-14),
    "phi": (normal.phi, mp.ncdf, LINE[2:7], 1e-14),
    "phi_inverse": (normal.phi_inverse, lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1), SHARES[2:6], 1e-13),
    "log_phi": (normal.log_phi, lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2), LINE[:8], 1e-14),
    "log_erf": (normal.log_erf, lambda x: mp.log(mp.erf(x)), POSITIVE[:5], 1e-14),
    "log1pmx": (
        saddle_point.log1pmx,
        lambda t: mp.log1p(t) - t,
        [(-0.99,), (-0.3,), (1e-9,), (-1e-5,), (0.49,), (0.51,), (40.0,)],
        2e-15,
    ),
    "log_ratio": (
        saddle_point.log_ratio,
        lambda a, b: mp.log(a / b),
        [*PAIRS, (1e300, 1e-300), (3.0, 3.0000001)],
        1e-15,
    ),
    "deviance": (
        saddle_point.deviance,
        lambda a, m: a * mp.log(a / m) + m - a,
        [*PAIRS[:-1], (1e8, 1e8 + 1)],
        2e-15,
    ),
    "stirling_remainder": (
        saddle_point.stirling_remainder,
        lambda x: mp.loggamma(x) - ((x - HALF) * mp.log(x) - x + mp.log(2 * mp.pi) / 2),
        POSITIVE,
        2e-14,
    ),
    "factorial_remainder": (
        saddle_point.factorial_remainder,
        lambda x: mp.loggamma(x + 1) - x * mp.log(x) + x,
        POSITIVE[1:],
        4e-15,
    ),
    "lbeta": (
        gamma_ratios.lbeta,
        lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
        PAIRS,
        4e-15,
    ),
    "log_binomial_coefficient": (
        gamma_ratios.log_binomial_coefficient,
        lambda n, k: mp.log(mp.binomial(n, k)),
        [(5.0, 2.0), (1e6, 3.0), (1e6, 5e5), (100.0, 99.0)],
        1e-14,
    ),
    "digamma_difference": (
        gamma_ratios.digamma_difference,
        lambda a, b: mp.digamma(a + b) - mp.digamma(a),
        [(a, b) for a, b in PAIRS if b / a > 1e-4],  # (its own slopes are plain differences)
        2e-15,
    ),
    "log_gamma_half_step": (
        gamma_ratios.log_gamma_half_step,
        lambda x: mp.loggamma(x + HALF) - mp.loggamma(x) - mp.log(x) / 2,
        POSITIVE,
        2e-15,
    ),
    "log1p_square": (student.log1p_square, lambda x: mp.log1p(x * x), LINE, 1e-15),
    "student_kernel": (student.student_kernel, lambda t, v: (v + 1) / 2 * mp.log1p(t * t / v), PAIRS, 2e-15),
    "log_cauchy_cdf": (student.log_cauchy_cdf, lambda r: mp.log(HALF + mp.atan(r) / mp.pi), LINE, 2e-15),
    "log_half_cauchy_cdf": (
        student.log_half_cauchy_cdf,
        lambda r: mp.log(2 / mp.pi * mp.atan(r)),
        POSITIVE,
        2e-15,
    ),
    "log_gammainc": (
        incomplete.log_gammainc,
        lambda a, x: log_gamma_tail(a, 0, x),
        [(0.3, 1e-9), (2.5, 2.0), (2.5, 9.0), (40.0, 1e-9), (300.0, 20.0), (3000.0, 3010.0)],
        1e-12,
    ),
    "log_gammaincc": (
        incomplete.log_gammaincc,
        lambda a, x: log_gamma_tail(a, x, mp.inf),
        [(0.3, 0.1), (2.5, 2.0), (2.5, 900.0), (40.0, 1000.0), (300.0, 290.0)],
        1e-12,
    ),
    "log_betainc": (
        incomplete.log_betainc,
        lambda a, b, x: mp.log(mp.betainc(a, b, 0, x, regularized=True)),
        [(0.5, 2.0, 1e-9), (3.0, 4.0, 0.4), (3.0, 4.0, 0.9), (50.0, 3.0, 1e-8)],
        1e-12,
    ),
    "log_betainc_of_odds": (
        log_betainc_of_odds,
        log_i,
        [(0.5, 2.0, 1e-9), (3.0, 4.0, 0.6), (3.0, 4.0, 9.0), (50.0, 3.0, 1e-8), (30.0, 45.0, 0.7)],
        1e-12,
    ),
    "log_student_cdf": (
        log_student_cdf,
        lambda t, v: (
            log_i(v / 2, HALF, v / t**2) - mp.log(2)
            if t < 0
            else mp.log1p(-mp.exp(log_i(v / 2, HALF, v / t**2)) / 2)
        ),
        [(-1e6, 4.0), (-3.0, 0.7), (-0.1, 30.0), (0.2, 2.0), (8.0, 5.0)],
        1e-12,
    ),
    "log_half_student_cdf": (
        log_half_student_cdf,
        lambda t, v: mp.log1p(-mp.exp(log_i(v / 2, HALF, v / t**2))),
        [(0.2, 2.0), (8.0, 5.0), (1.1, 0.3)],
        1e-12,
    ),
}
CASES = [pytest.param(*case, id=name) for name, case in PRIMITIVES.items()]


@pytest.mark.parametrize(("function", "truth", "points", "tolerance"), CASES)
def test_values(function, truth, points, tolerance):
    with mp.workdps(60):
        for point in points:
            true = truth(*map(mp.mpf, point))
            if abs(true) < mp.mpf(10) ** -300:
                continue
            error = abs(mp.mpf(float(function(*point))) - true) / abs(true)
            # An argument's own rounding is not the function's fault.
            spread = sum(
                abs(
                    truth(*(mp.mpf(v) * (1 + mp.mpf(10) ** -25 * (i == j)) for j, v in enumerate(point)))
                    - true
                )
                for i in range(len(point))
            )
            condition = spread * mp.mpf(10) ** 25 / abs(true)
            assert error <= tolerance * max(1, condition), (point, float(error))


@pytest.mark.parametrize(("function", "truth", "points", "tolerance"), CASES)
def test_slopes(function, truth, points, tolerance):
    with mp.workdps(60):
        for point in points:
            for i, at in enumerate(point):
                h = abs(mp.mpf(at)) * mp.mpf(10) ** -20
                both = [truth(*(mp.mpf(v) + s * h * (i == j) for j, v in enumerate(point))) for s in (1, -1)]
                true = float((both[0] - both[1]) / (2 * h))
                value = grad(function, i)(*point)
                size = abs(float(both[0]) / at)
                assert abs(value - true) <= 1e-10 * abs(true) + 1e-14 * size + 1e-300, (i, point, value, true)


@pytest.mark.parametrize(("function", "truth", "points", "tolerance"), CASES)
def test_slopes_have_slopes(function, truth, points, tolerance):
    usual = [p for p in points if all(0.05 < abs(v) < 50 and not 0 < 1 - v < 1e-3 for v in p)] or points[2:3]
    for point in usual:
        check_grads(function, tuple(range(len(point))), modes=["rev"], order=2)(*point)
