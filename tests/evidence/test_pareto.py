import numpy as np
import pytest

from ppl.evidence.pareto import fit_tail, log_mean_exp, normalised, smooth


def pareto_quantiles(k, n):
    """A generalized Pareto sample without noise: its quantiles at the middle of n equal parts, sigma = 1."""
    p = (np.arange(n) + 0.5) / n
    return np.expm1(-k * np.log1p(-p)) / k


@pytest.mark.parametrize("k", [-0.3, 0.1, 0.3, 0.5, 0.7, 1.0, 1.5])
def test_the_shape_of_a_known_tail_is_found(k):
    n = 20_000
    found, sigma = fit_tail(pareto_quantiles(k, n))
    assert found == pytest.approx(k, abs=0.03)
    assert sigma == pytest.approx(1, abs=0.05)


def test_a_short_tail_is_drawn_towards_a_half():
    assert 0.1 < fit_tail(pareto_quantiles(0.1, 20))[0] < 0.5


@pytest.mark.parametrize(("k", "tolerance"), [(0.3, 0.12), (0.6, 0.12), (0.9, 0.15)])
def test_khat_of_pareto_weights(k, tolerance):
    # Weights u^-k have the tail index k exactly.
    rng = np.random.default_rng(0)
    found = [smooth(-k * np.log(rng.uniform(size=20_000))).khat for _ in range(10)]
    assert np.mean(found) == pytest.approx(k, abs=tolerance)


def test_smoothing_keeps_the_order_and_the_body_and_never_exceeds_the_largest():
    raw = -0.6 * np.log(np.random.default_rng(1).uniform(size=2_000))
    smoothed = smooth(raw).log_weights
    tail = int(np.ceil(3 * np.sqrt(2_000)))
    np.testing.assert_array_equal(np.argsort(raw), np.argsort(smoothed, kind="stable"))
    body = np.argsort(raw)[:-tail]
    np.testing.assert_allclose(smoothed[body], raw[body], atol=1e-12)
    assert smoothed.max() <= raw.max()
    assert not np.allclose(smoothed, raw)


def test_smoothing_makes_the_mean_of_heavy_weights_more_stable():
    rng = np.random.default_rng(2)
    k = 0.7
    raws = [-k * np.log(rng.uniform(size=1_000)) for _ in range(200)]
    raw = [np.mean(np.exp(r)) for r in raws]
    smoothed = [np.mean(np.exp(smooth(r).log_weights)) for r in raws]
    truth = 1 / (1 - k)
    assert np.mean((np.array(smoothed) - truth) ** 2) < 0.7 * np.mean((np.array(raw) - truth) ** 2)


def test_equal_weights_have_no_tail():
    smoothed = smooth(np.full(1_000, -3.0))
    assert smoothed.khat == 0
    np.testing.assert_array_equal(smoothed.log_weights, np.full(1_000, -3.0))


@pytest.mark.parametrize(
    "weights", [np.full(100, -np.inf), np.r_[0.0, np.full(999, -np.inf)], np.r_[0.0, np.full(999, -2000.0)]]
)
def test_one_draw_with_all_the_weight_is_no_support(weights):
    assert smooth(weights).khat == np.inf


def test_means_of_weights_far_below_what_numbers_hold():
    assert log_mean_exp(np.full(4, -5_000.0)) == -5_000
    assert log_mean_exp(np.array([0.0, -np.inf])) == pytest.approx(-np.log(2))
    assert log_mean_exp(np.full(3, -np.inf)) == -np.inf
    np.testing.assert_allclose(normalised(np.array([-5_000.0, -5_000 + np.log(3)])), [0.25, 0.75])


def test_a_peak_in_the_bulk_is_not_taken_for_a_tail():
    # The weights of a Gaussian guide on a slightly skewed target in one dimension: bounded but for a
    # light tail, with a local maximum near -1 sd at which many draws pile up.
    rng = np.random.default_rng(0)
    found = []
    for _ in range(50):
        x = rng.normal(size=4_000)
        found.append(smooth(0.05 * (x**3 - 3 * x) - 0.005 * x**4).khat)
    assert np.mean(np.array(found) < 0.7) > 0.8
    assert max(found) < 1


@pytest.mark.parametrize("k", [0.8, 0.9, 0.99])
def test_heavy_tails_are_rarely_taken_for_light_ones(k):
    rng = np.random.default_rng(1)
    found = [smooth(-k * np.log(rng.uniform(size=4_000))).khat for _ in range(300)]
    assert np.mean(np.array(found) < 0.5) < 0.03
