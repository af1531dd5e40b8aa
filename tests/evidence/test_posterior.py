import numpy as np
import pytest

from ppl.evidence.posterior import quantiles, summarise


def test_weighted_quantiles_are_those_of_repeated_draws():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 2))
    times = rng.integers(1, 5, size=50)
    repeated = np.repeat(x, times, axis=0)
    found = quantiles(x, times / times.sum(), (0.05, 0.5, 0.95))
    expected = quantiles(repeated, np.full(len(repeated), 1 / len(repeated)), (0.05, 0.5, 0.95))
    np.testing.assert_allclose(found, expected, atol=0.1)
    np.testing.assert_allclose(expected, np.quantile(repeated, [0.05, 0.5, 0.95], axis=0), atol=0.1)


def test_quantiles_of_few_and_of_equal_values():
    assert quantiles(np.array([3.0, 3.0]), np.array([0.5, 0.5]), (0.05,))[0] == 3
    assert quantiles(np.array([1.0, 2.0]), np.array([0.5, 0.5]), (0.5,))[0] == pytest.approx(1.5)


def reweighted(S=40_000, seed=0):
    """Draws of Normal(0, 1) weighted to Normal(0.3, 0.8)."""
    rng = np.random.default_rng(seed)
    half = rng.normal(size=S // 2)
    regular = np.concatenate([half, -half]) / np.sqrt(np.mean(half**2))
    x = rng.normal(size=S)
    w = np.exp(-0.5 * ((x - 0.3) / 0.8) ** 2 + 0.5 * x**2)
    return regular, x, w / w.sum()


def test_corrected_moments_are_the_targets():
    q = summarise(*reweighted(), correct=True, guide_error=0.0)
    assert q.mean == pytest.approx(0.3, abs=4 * q.mean_error)
    assert q.mean_error < 0.01
    assert q.sd == pytest.approx(0.8, abs=0.02)
    assert q.sd_guide == pytest.approx(1.0, abs=1e-12)
    assert q.q05 == pytest.approx(0.3 - 0.8 * 1.6449, abs=0.04)
    assert q.q95 == pytest.approx(0.3 + 0.8 * 1.6449, abs=0.04)
    assert q.shift == pytest.approx(0.3, abs=0.03)
    assert q.stretch == pytest.approx(np.log(0.8), abs=0.03)


def test_published_errors_are_the_scatter():
    found = [summarise(*reweighted(1_000, seed), correct=True, guide_error=0.0) for seed in range(200)]
    scatter = np.std([q.mean for q in found])
    assert np.mean([q.mean_error for q in found]) == pytest.approx(scatter, rel=0.2)


def test_uncorrected_moments_are_the_guides_own():
    q = summarise(*reweighted(), correct=False, guide_error=0.02)
    assert q.mean == pytest.approx(0, abs=1e-12)
    assert q.sd == q.sd_guide == pytest.approx(1, abs=1e-12)
    assert q.mean_error == pytest.approx(0.02)
    assert q.q95 == pytest.approx(1.6449, abs=0.03)
    assert abs(q.shift) > 0.2


def test_quantiles_stay_among_the_values():
    regular, x, w = reweighted(2_000)
    q = summarise(np.exp(3 * regular), np.exp(3 * x), w, correct=True, guide_error=0.0)
    assert 0 < q.q05 < q.q50 < q.q95
    assert q.q50 == pytest.approx(np.exp(0.9), rel=0.2)


def test_what_does_not_vary_has_no_error():
    q = summarise(
        np.full((10, 2), 4.0), np.full((20, 2), 4.0), np.full(20, 0.05), correct=True, guide_error=0.0
    )
    np.testing.assert_allclose(q.mean, [4, 4], rtol=1e-15)
    np.testing.assert_allclose(q.sd, [0, 0], atol=1e-14)
    np.testing.assert_allclose(q.q05, [4, 4], rtol=1e-15)
    np.testing.assert_array_equal(q.wrongness, [0, 0])


def test_draws_that_overflow_are_left_out():
    regular, x, w = reweighted(2_000)
    x[3] = np.inf
    assert np.isfinite(summarise(regular, x, w, correct=True, guide_error=0.0).mean)


def test_many_elements_are_each_as_if_alone():
    rng = np.random.default_rng(0)
    regular, x = rng.normal(size=(400, 3, 700)), rng.normal(size=(400, 3, 700))
    w = rng.uniform(size=400)
    w /= w.sum()
    q = summarise(regular, x, w, correct=True, guide_error=0.0)
    one = summarise(regular[:, 2, 650], x[:, 2, 650], w, correct=True, guide_error=0.0)
    assert q.mean.shape == (3, 700)
    for name in ("mean", "sd", "sd_guide", "mean_error", "q05", "q50", "q95", "shift", "stretch"):
        assert getattr(q, name)[2, 650] == pytest.approx(getattr(one, name), rel=1e-12)
