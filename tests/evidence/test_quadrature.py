"""Integrals in one to four dimensions against formulas, with the errors that are claimed."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln, digamma, gammaln, polygamma

from ppl.evidence.chart import chart
from ppl.evidence.lattice import spread
from ppl.evidence.quadrature import integrate


def integral(log_density, D, mean=0.0, sd=1.0, **how):
    """Of a density, from 2,000 draws of a Gaussian."""
    z = mean + sd * np.random.default_rng(D).standard_normal((2_000, D))
    with np.errstate(all="ignore"):
        return integrate(log_density, z, log_density(z) - stats.norm.logpdf(z, mean, sd).sum(axis=1), **how)


def log_gamma(shape):
    return lambda z: np.sum(shape * z - np.exp(z) - gammaln(shape), axis=1)


def logit_beta(a, b):
    return lambda z: np.sum(-a * np.logaddexp(0, -z) - b * np.logaddexp(0, z) - betaln(a, b), axis=1)


SMOOTH = {
    "normal": (lambda z: stats.norm.logpdf(z, 1, 2).sum(axis=1), 1, 2),
    "log gamma": (log_gamma(3), digamma(3), np.sqrt(polygamma(1, 3))),
    "a long tail on one side": (log_gamma(0.4), digamma(0.4), np.sqrt(polygamma(1, 0.4))),
    "logit beta": (
        logit_beta(0.7, 4),
        digamma(0.7) - digamma(4),
        np.sqrt(polygamma(1, 0.7) + polygamma(1, 4)),
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("D", [1, 2, 3, 4])
def test_smooth_densities_are_exact(name, D):
    log_density, mean, sd = SMOOTH[name]
    found = integral(log_density, D, mean, sd, limit=400_000)
    assert found.exact
    assert found.log_integral == pytest.approx(0, abs=found.error + 1e-12)
    assert found.weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.weights @ found.z, np.full(D, mean), atol=1e-6 * sd)
    np.testing.assert_allclose(np.sqrt(found.weights @ (found.z - mean) ** 2), np.full(D, sd), rtol=1e-6)


@pytest.mark.parametrize(("D", "freedom"), [(1, 1), (1, 4), (2, 4), (3, 4)])
def test_power_tails_are_exact(D, freedom):
    found = integral(lambda z: stats.t.logpdf(z, freedom).sum(axis=1), D)
    assert found.exact
    assert found.log_integral == pytest.approx(0, abs=found.error + 1e-9)


@pytest.mark.parametrize("D", [1, 2, 3])
def test_a_mode_that_the_draws_never_saw_is_found(D):
    def two(z):
        near, away = (stats.norm.logpdf(z[:, 0], loc, 1) for loc in (0, 14))
        return np.logaddexp(near, np.log(2) + away) - np.log(3) + stats.norm.logpdf(z[:, 1:]).sum(axis=1)

    found = integral(two, D)
    assert found.log_integral == pytest.approx(0, abs=max(found.error, 1e-9))
    assert found.weights @ found.z[:, 0] == pytest.approx(28 / 3, abs=1e-3)


def kinked(z):
    return stats.laplace.logpdf(z).sum(axis=1)


def banana(z):
    return stats.norm.logpdf(z[:, 0], 0, 1.5) + stats.norm.logpdf(z[:, 1:], z[:, :1] ** 2, 0.7).sum(axis=1)


def funnel(z):
    return stats.norm.logpdf(z[:, 0], 0, 1.5) + stats.norm.logpdf(z[:, 1:], 0, np.exp(z[:, :1] / 2)).sum(
        axis=1
    )


@pytest.mark.parametrize("log_density", [kinked, banana, funnel])
@pytest.mark.parametrize("D", [2, 3])
def test_what_is_hard_has_an_error_that_says_so(log_density, D):
    found = integral(log_density, D)
    if found is not None:
        assert abs(found.log_integral) <= 3 * found.error
        assert found.error > 1e-10


def test_a_limit_is_kept():
    counted = []

    def counting(z):
        counted.append(len(z))
        return stats.norm.logpdf(z).sum(axis=1)

    integral(counting, 4, limit=20_000)
    assert sum(counted) < 2 * 20_000
    assert integral(counting, 4, limit=100) is None


def test_the_chart_undoes_itself_and_its_slope_is_its_derivative():
    rng = np.random.default_rng(3)
    z = np.column_stack([rng.standard_t(3, 4_000), np.log(rng.gamma(0.5, size=4_000))]) @ [[1, 0.5], [0, 1]]
    at = chart(z, np.full(4_000, 1 / 4_000))
    v = rng.standard_normal((50, 2))
    out, slope = at.out(v)
    np.testing.assert_allclose(at.into(out), v, atol=1e-9)
    for i in range(5):
        columns = [(at.out(v[[i]] + h)[0] - at.out(v[[i]] - h)[0])[0] / 2e-6 for h in 1e-6 * np.eye(2)]
        assert slope[i] == pytest.approx(np.log(abs(np.linalg.det(columns))), abs=1e-6)
    seen = at.into(z)
    np.testing.assert_allclose(np.cov(seen.T, bias=True), np.eye(2), atol=1e-9)
    # Skewed and heavy-tailed as they were, they are near a standard normal here.
    assert np.all(np.abs(stats.kurtosis(seen)) < 0.5)
    assert np.all(np.abs(stats.skew(seen)) < 0.3)


def test_both_lattices_reach_as_far_as_the_density_does():
    def normal(v):
        return stats.norm.logpdf(v).sum(axis=1)

    found = spread(normal, np.zeros((1, 2)), 0.5, 20.0, 10_000)
    radius = np.linalg.norm(found.v, axis=1)
    assert found.second == pytest.approx(len(found.v) / 2, rel=0.1)
    # All points inside of the circle where the density is e^-20 of its top, and none twice.
    inside = np.sum(radius < np.sqrt(40))
    assert inside == pytest.approx(2 * np.pi * 40 / 0.25, rel=0.02)
    assert len(np.unique(np.round(found.v, 9), axis=0)) == len(found.v)
    assert np.all(radius[found.rim] > np.sqrt(40) - 1e-9)
