"""The low-rank guide against dense algebra, and on Gaussians that have its covariance."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import jacobian
from targets import HALF_LOG_2_PI, Target, layout

from ppl.fit import fit, made
from ppl.guides import lowrank

D, K = 5, 2


def member(scale=0.4):
    """The guide, a member, and its mean and covariance as its transport shows them."""
    guide = lowrank.of(K)
    start = guide.init(layout(x=D), np.arange(D), 0.5)
    params = start + scale * np.random.default_rng(0).normal(size=start.shape)
    mean = guide.transport(params, np.zeros((1, D + K)))[0]
    A = (guide.transport(params, np.eye(D + K)) - mean).T
    return guide, params, mean, A @ A.T


def test_density_entropy_and_moments_are_those_of_its_covariance():
    guide, params, mean, covariance = member()
    z = np.random.default_rng(1).normal(size=(4, D))
    log_det = np.linalg.slogdet(covariance)[1]
    r = z - mean
    expected = (
        -0.5 * np.sum(r * np.linalg.solve(covariance, r.T).T, axis=1) - 0.5 * log_det - D * HALF_LOG_2_PI
    )
    np.testing.assert_allclose(guide.log_prob(params, z), expected, rtol=1e-12)
    assert guide.entropy(params) == pytest.approx(0.5 * log_det + D * (0.5 + HALF_LOG_2_PI), abs=1e-12)
    np.testing.assert_allclose(guide.moments(params)[1], np.sqrt(np.diag(covariance)), rtol=1e-12)


def test_log_prob_keeps_its_digits_where_factors_dominate():
    guide = lowrank.of(1)
    F = np.full(D, 1e6)
    params = np.concatenate([np.zeros(2 * D), F])
    # Along the factor the squares are (1e6 t)² D / (1 + 1e12 D); across it those of the coordinates' own noise.
    across = np.array([1.0, -1.0, 0, 0, 0])
    expected = -0.5 * (2.0 + 1e12 * D / (1 + 1e12 * D)) - 0.5 * np.log1p(1e12 * D) - D * HALF_LOG_2_PI
    assert guide.log_prob(params, (F + across)[None])[0] == pytest.approx(expected, rel=1e-10)


def test_moves_are_measured_exactly_in_the_mean_and_boundedly_elsewhere():
    guide, params, _, covariance = member()
    precision = np.linalg.inv(covariance)

    def gaussian_at(step):
        moved = guide.move(params, step)
        mean = guide.transport(moved, np.zeros((1, D + K)))
        A = guide.transport(moved, np.eye(D + K)) - mean
        return anp.concatenate([mean, anp.dot(A.T, A)])

    found = np.moveaxis(jacobian(gaussian_at)(0 * params), -1, 0)
    mean, changes = found[:, 0], [precision @ f[1:] for f in found]
    in_mean = mean @ precision @ mean.T
    in_scale = np.array([[0.5 * np.trace(s @ t) for t in changes] for s in changes])
    np.testing.assert_allclose(in_mean[:D, :D], np.eye(D), atol=1e-10)
    np.testing.assert_allclose(in_mean[D:], 0, atol=1e-10)
    np.testing.assert_allclose(in_scale[:D], 0, atol=1e-10)
    own = np.exp(2 * params[D : 2 * D]) * np.diag(precision)
    expected = np.minimum(1, (own / lowrank.LEAST) ** 2)
    assert np.sum(expected == 1) >= 3
    np.testing.assert_allclose(np.diag(in_scale)[D : 2 * D], expected, atol=1e-10)
    assert np.max(np.linalg.eigvalsh(in_scale[2 * D :, 2 * D :])) < 2


@pytest.mark.parametrize("size", [6, 40])
def test_a_gaussian_with_such_a_covariance_is_fitted_exactly(size):
    rng = np.random.default_rng(size)
    F, own, mean = rng.normal(size=(size, K)), np.exp(rng.normal(size=size) / 2), rng.normal(size=size)
    covariance = np.diag(own**2) + F @ F.T
    precision = np.linalg.inv(covariance)
    constant = 0.5 * np.linalg.slogdet(precision)[1] - size * HALF_LOG_2_PI

    def density(z, w):
        r = z - mean
        return constant - 0.5 * anp.sum(anp.dot(r, precision) * r, axis=1)

    target = Target({"x": density}, layout(x=size))
    for name, worst in ((f"lowrank({K})", 1e-8), ("lowrank", 1e-6)):
        f = fit(target, guide=name)
        assert f.converged
        assert f.guide == name
        assert f.history[-1] == pytest.approx(0, abs=worst)
        z = made(name, target).moments(f.params)
        np.testing.assert_allclose(z[0], mean, atol=1e-4)
        np.testing.assert_allclose(z[1] ** 2, np.diag(covariance), rtol=1e-3)


def test_factors_are_counted_in_its_params():
    target = Target({"x": lambda z, w: -0.5 * anp.sum(z**2, axis=1)}, layout(x=7))
    assert len(made("lowrank(3)", target).init(target.layout, 0.0, 1.0)) == 7 * (3 + 2)
    assert len(made("lowrank", target).init(target.layout, 0.0, 1.0)) == 7 * (lowrank.FACTORS + 2)


def test_noise_is_even_enough_with_few_draws():
    x = lowrank.regular(np.random.default_rng(2).normal(size=(12, 30 + K)), K)
    moments = x.T @ x / 12
    np.testing.assert_allclose(np.diag(moments), 1, atol=1e-12)
    np.testing.assert_allclose(moments[30:], np.eye(30 + K)[30:], atol=1e-12)


def test_where_rounding_hides_a_coordinate_it_is_not_finite():
    guide, params, _, _ = member()
    params[D : 2 * D] = -40.0  # 1e-17 of what the factors give it
    assert np.isnan(guide.entropy(params))
    assert np.isnan(guide.log_prob(params, np.zeros((1, D)))).all()
