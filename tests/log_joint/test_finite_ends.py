"""Counts without an end of their own are summed out between the ends that truncation gives them."""

import numpy as np
import pytest
from scipy import stats

import ppl

CAUGHT = np.array([2, 3])
POISSON = stats.poisson(5)
CASES = {
    "n ~ Poisson(5) <= 50": (POISSON, 0, 50),
    "n ~ Poisson(5) in [3, 20]": (POISSON, 3, 20),
    "n ~ Poisson(5) in (2, 20.5)": (POISSON, 3, 20),
    "n ~ Binomial(30, 0.4) > 9": (stats.binom(30, 0.4), 10, 30),
    "n ~ Geometric(0.2) < 15": (stats.geom(0.2, loc=-1), 0, 14),
    "n ~ Truncated(Poisson(5), high = 40)": (POISSON, 0, 40),
}


@pytest.mark.parametrize("text", CASES)
def test_the_sum_is_over_what_is_left(text):
    law, low, high = CASES[text]
    bound = ppl.model(f"dim day\ndata c[day]: int\n{text}\nc[day] ~ Binomial(n, 0.3)").bind({"c": CAUGHT})
    n = np.arange(low, high + 1)
    prior = law.logpmf(n) - np.log(law.pmf(n).sum())
    rows = stats.binom.logpmf(CAUGHT[:, None], n, 0.3).sum(axis=0)
    assert bound.log_prob({}) == pytest.approx(np.logaddexp.reduce(prior + rows), rel=1e-12)
    drawn = bound.prior(3000, seed=1)
    assert set(drawn["n"]) <= set(n.tolist())
    error = np.std(drawn["n"]) / np.sqrt(3000)
    assert np.mean(drawn["n"]) == pytest.approx(np.sum(np.exp(prior) * n), abs=5 * error)
    assert np.all(drawn["c"] <= drawn["n"][:, None])  # a size that is drawn is the size of the draw


def test_ends_may_differ_from_place_to_place():
    text = """
    dim site
    data most[site], y[site]: int
    n[site] ~ Poisson(4) <= most
    y[site] ~ Binomial(n, 0.5)
    """
    most, y = np.array([3, 9]), np.array([1, 4])
    want = 0.0
    for m, k in zip(most, y, strict=True):
        n = np.arange(m + 1)
        mass = stats.poisson.pmf(n, 4)
        want += np.log(np.sum(mass / mass.sum() * stats.binom.pmf(k, n, 0.5)))
    found = ppl.model(text).bind({"most": most, "y": y}).log_prob({})
    assert found == pytest.approx(want, rel=1e-12)
