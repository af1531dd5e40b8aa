"""Bridge sampling and sequential Monte Carlo against integrals that are known."""

import numpy as np
import pytest
from scipy import stats

from ppl.evidence.bridge import bridge
from ppl.evidence.hmc import Frame
from ppl.evidence.smc import PARTICLES, POPULATIONS, resampled, temper

LOG_Z = -7.3


def ratios(seed, scale, S=4_000, T=64, N=128, shift=0.0, D=5):
    """l at draws of a standard normal guide and at independent draws of a normal posterior."""
    rng = np.random.default_rng(seed)

    def ratio(z):
        return LOG_Z + np.sum(stats.norm.logpdf(z, shift, scale) - stats.norm.logpdf(z), axis=-1)

    return ratio(rng.standard_normal((S, D))), ratio(shift + scale * rng.standard_normal((T, N, D)))


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.5), (1.6, 0.0), (0.6, 0.3)])
def test_the_error_of_a_bridge_is_its_scatter(scale, shift):
    found = [bridge(*ratios(seed, scale, shift=shift, S=1_000, T=8)) for seed in range(100)]
    away = np.array([b.estimate for b in found]) - LOG_Z
    error = np.mean([b.error for b in found])
    assert abs(away.mean()) < 4 * error / 10
    assert away.std() == pytest.approx(error, rel=0.3)
    if scale >= 1:  # else the reciprocal weights have no variance
        assert np.mean([b.agrees for b in found]) >= 0.97


def test_a_bridge_is_far_better_than_either_end_alone():
    guide, posterior = ratios(0, 2.0, D=10)
    found = bridge(guide, posterior)
    assert found.estimate == pytest.approx(LOG_Z, abs=4 * found.error)
    assert found.error < 0.05
    assert abs(np.log(np.mean(np.exp(guide))) - LOG_Z) > 3 * found.error


def test_equal_ratios_are_exact():
    found = bridge(np.full(100, LOG_Z), np.full((10, 8), LOG_Z))
    assert found.estimate == pytest.approx(LOG_Z, abs=1e-9)
    assert found.error == pytest.approx(0, abs=1e-9)
    assert found.agrees


def test_posterior_draws_from_elsewhere_do_not_agree():
    guide, posterior = ratios(0, 1.6)
    rng = np.random.default_rng(1)
    assert not bridge(guide, posterior - 3 * (posterior > np.median(posterior)) * rng.random()).agrees


def test_density_0_at_some_draws_of_the_guide():
    # The posterior is the guide where z > 0, times e^LOG_Z: half of the guide's draws have weight 0.
    rng = np.random.default_rng(0)
    guide = np.where(rng.random(4_000) < 0.5, LOG_Z, -np.inf)
    found = bridge(guide, np.full((32, 128), LOG_Z))
    assert found.estimate == pytest.approx(LOG_Z - np.log(2), abs=4 * found.error + 1e-9)


def normal(mean, sd, log_z=0.0):
    def slopes(z):
        r = (z - mean) / sd
        constant = log_z - z.shape[1] * (np.log(sd) + 0.5 * np.log(2 * np.pi))
        return constant - 0.5 * np.sum(r**2, axis=1), -r / sd

    return slopes


@pytest.mark.parametrize("D", [2, 8])
def test_a_sequential_run_reaches_a_wider_posterior_elsewhere(D):
    away = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        start = rng.standard_normal((POPULATIONS * PARTICLES, D))
        frame = Frame(np.zeros(D), np.eye(D))
        found = temper(normal(0.0, 1.0), normal(1.0, 2.0, LOG_Z), start, frame, rng)
        assert found.finished
        assert found.stages > 2
        away.append((found.estimate - LOG_Z) / found.error)
    assert np.max(np.abs(away)) < 6
    assert abs(np.mean(away)) < 2.5


def test_resampling_follows_the_weights_population_by_population():
    rng = np.random.default_rng(0)
    weights = np.array([[0.5, 0.25, 0.25, 1e-300], [1e-300, 1e-300, 1e-300, 1.0]])
    counts = np.mean([np.bincount(resampled(np.log(weights), rng), minlength=8) for _ in range(500)], axis=0)
    np.testing.assert_allclose(counts, [2, 1, 1, 0, 0, 0, 0, 4], atol=0.1)
