"""Markov chains on densities whose moments are known, and what is said of how they mixed."""

import numpy as np
import pytest
from scipy import stats

from ppl.evidence.hmc import Frame, next_path, sample, whitened
from ppl.evidence.mixing import mixing

STANDARD = Frame(np.zeros(3), np.eye(3))


def gaussian(covariance, mean):
    precision = np.linalg.inv(covariance)

    def slopes(z):
        r = (z - mean) @ precision
        return -0.5 * np.sum(r * (z - mean), axis=1), -r

    return slopes


def run(slopes, D, seed=0, wide=2.0, chains=128, most=3_000):
    rng = np.random.default_rng(seed)
    start = wide * rng.standard_normal((chains, D))
    with np.errstate(all="ignore"):
        return sample(slopes, start, Frame(np.zeros(D), np.eye(D)), rng, most)


@pytest.mark.parametrize("D", [1, 5, 40])
def test_moments_of_a_gaussian_are_right_within_their_errors(D):
    rng = np.random.default_rng(D)
    A = rng.standard_normal((D, D)) / np.sqrt(D)
    covariance, mean = A @ A.T + 0.1 * np.eye(D), 3 * rng.standard_normal(D)
    found = run(gaussian(covariance, mean), D)
    assert found.mixing.settled
    z = found.z.reshape(-1, D)
    error = np.std(found.z.mean(axis=0), axis=0, ddof=1) / np.sqrt(found.z.shape[1])
    assert np.all(np.abs(z.mean(axis=0) - mean) < 4.5 * error)
    assert np.all(error < 3 * np.sqrt(np.diag(covariance) / found.mixing.ess))
    np.testing.assert_allclose(np.cov(z.T, bias=True).reshape(D, D), covariance, atol=0.15 * covariance.max())
    assert found.log_density.shape == found.z.shape[:2]
    assert 0.6 < found.acceptance < 0.95


def test_tails_are_those_of_the_density():
    def slopes(z):
        return -3 * np.sum(np.log1p(z**2 / 5), axis=1), -6 * z / (5 + z**2)

    found = run(slopes, 3)
    assert found.mixing.settled
    z = np.sort(found.z[:, :, 0].ravel())
    levels = np.array([0.01, 0.1, 0.5, 0.9, 0.99])
    share = [np.mean(z < q) for q in stats.t.ppf(levels, 5)]
    np.testing.assert_allclose(share, levels, atol=0.02)


def test_the_same_seed_gives_the_same_draws():
    one, same, other = (run(gaussian(np.eye(3), np.zeros(3)), 3, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.z, same.z)
    assert not np.array_equal(one.z[0], other.z[0])


def test_chains_in_two_modes_have_not_mixed():
    def slopes(z):
        near, away = -0.5 * np.sum((z + 6) ** 2, axis=1), -0.5 * np.sum((z - 6) ** 2, axis=1)
        share = 1 / (1 + np.exp(away - near))[:, None]
        return np.logaddexp(near, away), -share * (z + 6) - (1 - share) * (z - 6)

    found = run(slopes, 2, wide=4.0, most=600)
    assert not found.mixing.settled
    assert found.mixing.rhat > 1.5


def test_chains_that_start_far_out_come_home_and_are_not_flung_away():
    # A wall on one side: who falls off it has the energy to fly to where the density is e^-400.
    def slopes(z):
        return np.sum(z - np.exp(z), axis=1), 1 - np.exp(z)

    rng = np.random.default_rng(0)
    start = rng.uniform(-8, 6, (128, 4))
    found = sample(slopes, start, Frame(np.zeros(4), np.eye(4)), rng, 3_000)
    assert found.mixing.settled
    assert found.z.min() > -25
    assert found.z.mean() == pytest.approx(-0.5772, abs=0.05)


def test_a_density_that_ends_is_not_left():
    def slopes(z):
        inside = np.all(z > 0, axis=1)
        return np.where(inside, -np.sum(z, axis=1), -np.inf), np.where(
            inside[:, None], -np.ones_like(z), np.nan
        )

    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        found = sample(slopes, rng.exponential(size=(64, 2)), Frame(np.ones(2), np.eye(2)), rng, 1_500)
    assert found.z.min() > 0
    assert found.z.mean() == pytest.approx(1, abs=0.1)


def test_a_run_can_be_stopped():
    rng = np.random.default_rng(0)
    slopes = gaussian(np.eye(3), np.zeros(3))
    found = sample(slopes, rng.standard_normal((8, 3)), STANDARD, rng, 10_000, go_on=lambda: False)
    assert len(found.z) == 32
    assert not found.mixing.settled


def test_coordinates_are_whitened_by_the_draws():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((5_000, 3)) @ np.diag([0.1, 1, 10]) + [5, 0, 0]
    at = whitened(z, STANDARD, len(z))
    np.testing.assert_allclose(np.cov(at.into(z).T), np.eye(3), atol=0.02)
    np.testing.assert_allclose(at.out(at.into(z)), z, atol=1e-9)


def test_the_path_that_pays_is_taken():
    assert next_path({2.6: 1.0}) == 5.2
    assert next_path({2.6: 1.0, 5.2: 0.7}) == 2.6
    assert next_path({2.6: 1.0, 5.2: 1.7}) == 10.4
    assert next_path({2.6: 1.0, 5.2: 1.7, 10.4: 2.0}) == 10.4


def test_rhat_and_effective_size_of_independent_and_of_slow_chains():
    rng = np.random.default_rng(1)
    independent = mixing(rng.standard_normal((100, 64, 3)))
    assert independent.rhat < 1.01
    assert independent.ess == pytest.approx(6_400, rel=0.35)
    # x' = 0.9 x + ...: a draw is worth (1 - 0.9) / (1 + 0.9) of an independent one.
    slow = [rng.standard_normal((64, 1))]
    for _ in range(1_999):
        slow.append(0.9 * slow[-1] + np.sqrt(0.19) * rng.standard_normal((64, 1)))
    found = mixing(np.array(slow))
    assert found.rhat < 1.02
    assert found.ess == pytest.approx(2_000 * 64 * 0.1 / 1.9, rel=0.35)


def test_scales_that_differ_between_chains_are_seen():
    rng = np.random.default_rng(2)
    values = rng.standard_normal((100, 64, 2))
    values[:, :8, 1] *= 3
    found = mixing(values)
    assert found.rhat > 1.05
    assert found.worst == 1


def test_a_chain_that_stands_still_is_seen():
    rng = np.random.default_rng(3)
    values = rng.standard_normal((64, 64, 1))
    values[:, 5] = 4.0
    assert mixing(values).rhat > 1.1
    assert not mixing(np.ones((64, 64, 1))).settled
