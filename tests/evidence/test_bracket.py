import numpy as np
import pytest

from ppl.evidence.bracket import weigh


def log_weights(k, seed, S=4_000):
    """Weights with tail index k and mean 1: log evidence 0."""
    return -k * np.log(np.random.default_rng(seed).uniform(size=S)) + np.log(1 - k)


def test_equal_weights_are_exact():
    e, w = weigh(np.full(100, -7.25))
    assert e.exact
    assert (e.low, e.estimate, e.high, e.method) == (-7.25, -7.25, -7.25, "exact")
    assert e.error == 0
    assert w.ess == 100
    assert w.khat == 0


@pytest.mark.parametrize(("k", "least"), [(0.1, 0.95), (0.35, 0.95), (0.55, 0.95), (0.65, 0.95)])
def test_brackets_cover_where_an_upper_end_is_printed(k, least):
    found = [weigh(log_weights(k, seed)) for seed in range(200)]
    closed = [e for e, _ in found if e.high is not None]
    assert len(closed) > 60
    assert np.mean([e.low <= 0 <= e.high for e in closed]) >= least


@pytest.mark.parametrize("k", [0.1, 0.55, 0.8, 0.95])
def test_the_low_end_holds_whatever_the_tail(k):
    assert np.mean([weigh(log_weights(k, seed))[0].low <= 0 for seed in range(200)]) >= 0.95


@pytest.mark.parametrize("k", [0.1, 0.35])
def test_the_error_is_the_scatter_of_estimates(k):
    found = [weigh(log_weights(k, seed))[0] for seed in range(200)]
    scatter = np.std([e.estimate for e in found])
    assert 0.8 < np.mean([e.error for e in found]) / scatter < 2


def test_no_upper_end_over_the_limit():
    e, w = weigh(log_weights(0.95, 0, S=40_000))
    assert w.khat > 0.7
    assert not w.supported
    assert e.high is None
    assert "no upper end" in e.words
    assert e.low <= e.estimate


def test_draws_without_density_count_as_weight_0():
    weights = np.zeros(1_000)
    weights[:500] = -np.inf
    e, _ = weigh(weights)
    assert e.estimate == pytest.approx(-np.log(2), abs=1e-12)
    assert not e.exact


def test_no_density_anywhere():
    e, w = weigh(np.full(50, -np.inf))
    assert e.high is None
    assert not w.supported
    assert w.ess == 0
