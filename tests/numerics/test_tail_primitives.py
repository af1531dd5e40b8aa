"""The primitives behind tails, tables and zetas: values against mpmath, slopes against central differences there."""

import mpmath as mp
import numpy as np
import pytest
from autograd import grad

from ppl.numerics import circular, contingency, double_exponential, mills, power_tail, skew, zeta

SIZES = (1e-9, 0.3, 2.0, 40.0, 1e8)
TRIPLES = [(a, r, b) for a in SIZES for r in (1e-7, 0.7, 43.0, 1e6) for b in (1e-8, 5.0, 1e7)]


def gamma_cross(a, r, b):
    return mp.loggamma(a + r + b) + mp.loggamma(a) - mp.loggamma(a + r) - mp.loggamma(a + b)


def skew_cdf(r, shape):
    t = mp.quad(
        lambda t: mp.npdf(t) * mp.erfc(-shape * t / mp.sqrt(2)),
        [r - step for step in (12, 3, 1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.003, 0)],
    )
    return mp.log(t)


PRIMITIVES = {
    "log1mexpexp": (
        double_exponential.log1mexpexp,
        lambda y: mp.log(-mp.expm1(-mp.exp(y))),
        [(y,) for y in (-700.0, -38.0, -36.0, -1.0, 0.1, 3.0)],
    ),
    "log1p_over": (
        power_tail.log1p_over,
        lambda k, z: mp.log1p(k * z) / k,
        [(k, z) for k in (-0.3, -1e-14, 1e-9, 0.7, 40.0) for z in (1e-8, 0.4, 2.5)],
    ),
    "mills": (mills.mills, lambda x: mp.ncdf(-x) / mp.npdf(x), [(x,) for x in (-8.0, 0.3, 4.9, 5.1, 30.0)]),
    "mills_gap": (
        mills.mills_gap,
        lambda x: mp.npdf(x) / mp.ncdf(-x) - x,
        [(x,) for x in (-8.0, 0.3, 4.9, 5.1, 30.0)],
    ),
    "log_phi_shifted": (
        mills.log_phi_shifted,
        lambda r, v: v**2 / 2 - v * r + mp.log(mp.ncdf(r - v)),
        [(r, v) for r in (-9.0, 0.2, 8.0) for v in (1e-6, 0.5, 30.0)],
    ),
    "log_weighted_phi_shifted": (
        mills.log_weighted_phi_shifted,
        lambda r, v: mp.log(v) + v**2 / 2 - v * r + mp.log(mp.erfc((v - r) / mp.sqrt(2)) / 2),
        [(r, v) for r in (-9.0, 0.2, 8.0) for v in (1e-6, 0.5, 30.0, 300.0)],
    ),
    "log_skew_cdf": (
        skew.log_skew_cdf,
        skew_cdf,
        [(r, shape) for r in (-7.0, -0.3, 0.5) for shape in (-0.5, 1e-4, 0.7, 5.0)],
    ),
    "mean_shortfall": (
        circular.mean_shortfall,
        lambda x: 1 - mp.besseli(1, x) / mp.besseli(0, x),
        [(x,) for x in (1e-9, 0.7, 39.0, 41.0, 1e5)],
    ),
    "log_gamma_cross": (contingency.log_gamma_cross, gamma_cross, TRIPLES),
    "digamma_cross": (
        contingency.digamma_cross,
        lambda a, r, b: mp.digamma(a + r + b) + mp.digamma(a) - mp.digamma(a + r) - mp.digamma(a + b),
        TRIPLES,
    ),
    "log_zeta": (
        zeta.log_zeta,
        lambda s, q: mp.log(mp.zeta(s, q)),
        [(s, q) for s in (1.001, 2.5, 30.0) for q in (1.0, 7.0)],
    ),
}
CASES = [
    pytest.param(name, at, id=f"{name}{at}") for name, (_, _, points) in PRIMITIVES.items() for at in points
]


@pytest.mark.parametrize(("name", "at"), CASES)
def test_values_and_slopes(name, at):
    function, truth, _ = PRIMITIVES[name]
    with mp.workdps(40 if name == "log_skew_cdf" else 100):
        exact = [mp.mpf(v) for v in at]
        true = truth(*exact)
        assert abs(function(*at) - true) <= 4e-13 * abs(true) + 1e-300
        for which in range(1 if name == "log_zeta" else len(at)):
            h = exact[which] * mp.mpf(10) ** -20
            moved = [[v + s * h * (k == which) for k, v in enumerate(exact)] for s in (1, -1)]
            slope = (truth(*moved[0]) - truth(*moved[1])) / (2 * h)
            if name == "digamma_cross":  # its slopes serve second derivatives only, and are plain differences
                continue
            value = grad(function, which)(*at)
            assert abs(value - slope) <= 1e-9 * abs(slope) + 1e-290, (which, value, slope)


@pytest.mark.parametrize("table", [(3, 4, 5, 6), (0.5, 1e6, 2.0, 3e6), (700, 10, 70000, 1001)])
def test_a_table_next_to_independence(table):
    """Sum of cell log(cell / expected), and 0 where rows are proportional."""
    a, b, c, d = (mp.mpf(v) for v in table)
    with mp.workdps(40):
        n = a + b + c + d
        cells = ((a, a + b, a + c), (b, a + b, b + d), (c, c + d, a + c), (d, c + d, b + d))
        true = mp.fsum(cell * mp.log(cell * n / (row * column)) for cell, row, column in cells)
    assert float(contingency.table_deviance(*table)) == pytest.approx(float(true), rel=1e-9, abs=1e-13)
    assert contingency.table_deviance(2.0, 6.0, 30.0, 90.0) == 0.0


def test_the_slope_through_an_exponential_tail():
    """log(1 + k z) / k at k = 0 is z, with the slope -z² / 2."""
    assert power_tail.log1p_over(0.0, 3.0) == 3.0
    assert grad(power_tail.log1p_over)(0.0, 3.0) == pytest.approx(-4.5, rel=1e-12)
    assert np.isfinite(grad(grad(power_tail.log1p_over))(0.0, 3.0))
