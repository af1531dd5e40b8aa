"""Censoring and truncation against direct differences of distribution functions, sums and quadrature of the density."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from autograd import grad
from scipy import integrate

import ppl
from ppl.combinators import PREFIX, combinators
from ppl.distributions import distributions

sys.path.append(str(Path(__file__).parents[1] / "distributions"))
from points import cases

CUT = [
    name
    for name, d in distributions.items()
    if d.log_cdf is not None and d.log_sf is not None and not d.event_rank and d.sample is not None
]
CENSORED, INTERVAL, TRUNCATED = (combinators[n] for n in ("Censored", "IntervalCensored", "Truncated"))


def inner(parameters):
    return {PREFIX + name: value for name, value in parameters.items()}


def points(name):
    """A case of the distribution, and two values it may well have."""
    d = distributions[name]
    parameters = next(cases(d))
    low, high = np.quantile(d.sample(np.random.default_rng(3), (2001,), **parameters), (0.2, 0.7))
    if d.discrete:
        low, high = np.floor(low), np.floor(high)
    elif low == high:
        pytest.skip("all its draws are alike")
    return d, parameters, low, high


def mass(d, parameters, low, high):
    """P(low <= X <= high), summed or integrated."""
    if d.discrete:
        return np.sum(np.exp(d.log_prob(np.arange(low, high + 1), **parameters)))
    return integrate.quad(lambda x: np.exp(d.log_prob(x, **parameters)), low, high, epsabs=0, epsrel=1e-11)[0]


@pytest.mark.parametrize("name", CUT)
def test_an_interval_has_the_mass_between_its_ends(name):
    d, parameters, low, high = points(name)
    wrapped = INTERVAL.wrap(d, ("high",))
    found = wrapped.log_prob(low, high=high, **inner(parameters))
    assert np.exp(found) == pytest.approx(mass(d, parameters, low, high), rel=1e-8)
    step = 1 if d.discrete else 0
    direct = np.exp(d.log_cdf(high, **parameters)) - np.exp(d.log_cdf(low - step, **parameters))
    assert np.exp(found) == pytest.approx(direct, rel=1e-10)
    known = wrapped.log_prob(low, high=low, **inner(parameters))
    assert known == pytest.approx(d.log_prob(low, **parameters), rel=1e-8)
    beyond = wrapped.log_prob(low, high=np.inf, **inner(parameters))
    assert beyond == pytest.approx(
        np.log1p(-np.exp(d.log_cdf(low - step, **parameters))), rel=1e-9, abs=1e-12
    )
    assert wrapped.log_prob(high + 1, high=high, **inner(parameters)) == -np.inf
    if not d.discrete:
        below = wrapped.log_prob(-np.inf, high=high, **inner(parameters))
        assert below == pytest.approx(d.log_cdf(high, **parameters), rel=1e-12)
        assert wrapped.log_prob(-np.inf, high=np.inf, **inner(parameters)) == 0


@pytest.mark.parametrize("name", CUT)
def test_censored_on_either_side(name):
    d, parameters, low, high = points(name)
    wrapped = CENSORED.wrap(d, ("low", "high"))
    step = 1 if d.discrete else 0
    x = np.array([low - 1, low, high, high + 1])
    found = wrapped.log_prob(x, low=low, high=high, **inner(parameters))
    below = np.exp(d.log_cdf(low, **parameters))
    above = 1 - np.exp(d.log_cdf(high - step, **parameters))
    if low < high:
        assert np.exp(found) == pytest.approx([below, below, above, above], rel=1e-9)
    middle = (low + high) / 2 if not d.discrete else low + 1
    if low < middle < high:
        here = wrapped.log_prob(middle, low=low, high=high, **inner(parameters))
        assert here == pytest.approx(d.log_prob(middle, **parameters), rel=1e-12)
        # Ends that leave a row alone.
        free = wrapped.log_prob(middle, low=-np.inf, high=np.inf, **inner(parameters))
        assert free == here


@pytest.mark.parametrize("name", CUT)
def test_a_truncated_distribution_has_a_distribution_function(name):
    d, parameters, low, high = points(name)
    if low == high:
        pytest.skip("one value only")
    wrapped = TRUNCATED.wrap(d, ("low", "high"))
    whole = mass(d, parameters, low, high)
    x = low + 1 if d.discrete else (low + high) / 2
    for at, want in ((low - 2, 0), (x, mass(d, parameters, low, min(x, high)) / whole), (high + 2, 1)):
        cdf = np.exp(wrapped.log_cdf(at, low=low, high=high, **inner(parameters)))
        sf = np.exp(wrapped.log_sf(at, low=low, high=high, **inner(parameters)))
        assert cdf == pytest.approx(want, rel=1e-7, abs=1e-12)
        assert sf == pytest.approx(1 - want, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", ["Normal", "Weibull", "Gamma", "StudentT", "LogNormal", "Poisson"])
def test_infinite_ends_have_no_slopes_of_their_own(name):
    """The gradient by each parameter is that of the same statement without the end."""
    d, parameters, low, high = points(name)
    wide, both = INTERVAL.wrap(d, ("high",)), CENSORED.wrap(d, ("low", "high"))
    some, one = TRUNCATED.wrap(d, ("low", "high")), TRUNCATED.wrap(d, ("low",))
    for key in parameters:

        def slope(of, key=key):
            return grad(lambda v: of({**parameters, key: v}))(float(parameters[key]))

        right = slope(lambda p: wide.log_prob(low, high=np.inf, **inner(p)))
        assert right == pytest.approx(slope(lambda p: d.log_sf(low - d.discrete, **p)), rel=1e-12)
        cut = slope(lambda p: some.log_prob(high, low=low, high=np.inf, **inner(p)))
        assert cut == pytest.approx(slope(lambda p: one.log_prob(high, low=low, **inner(p))), rel=1e-12)
        free = slope(lambda p: both.log_prob(high, low=-np.inf, high=np.inf, **inner(p)))
        assert free == pytest.approx(slope(lambda p: d.log_prob(high, **p)), rel=1e-12)


def test_every_kind_of_row_in_one_program():
    """Exact, left-, right- and interval-censored lifetimes, told by the data; and the same with entry after 0."""
    from scipy import stats

    text = """
    dim unit
    data seen[unit], missed[unit], entry[unit]: real
    data is_open[unit]: bool
    k ~ Gamma(2, 1)
    s ~ Gamma(2, 1)
    let until[unit] = if is_open then inf else missed
    seen[unit] ~ IntervalCensored(Truncated(Weibull(k, s), low = entry), until)
    """
    seen, missed, is_open = np.array([[1.2, 0, 2.5, 0.8], [1.2, 1.1, 0, 1.9], [0, 0, 1, 0]])
    bound = ppl.model(text)
    life = stats.weibull_min(1.7, scale=2.2)
    for entry in (np.zeros(4), np.array([0.5, 0, 2, 0.7])):
        data = {"seen": seen, "missed": missed, "entry": entry, "is_open": is_open}
        found = bound.bind(data).terms({"k": 1.7, "s": 2.2})["seen"]
        want = [life.logpdf(1.2), life.logcdf(1.1), life.logsf(2.5), np.log(life.cdf(1.9) - life.cdf(0.8))]
        assert found == pytest.approx(np.sum(want - life.logsf(entry)), rel=1e-12)


def test_two_sided_limits_by_row_are_fitted():
    """A gauge that stops at both ends: the posterior mean is where the likelihood's gradient vanishes."""
    rng = np.random.default_rng(8)
    y = rng.normal(1.0, 1.0, 400)
    low, high = np.where(np.arange(400) % 2, 0.2, -np.inf), np.where(np.arange(400) % 3, 1.5, 9.0)
    text = """
    dim obs
    data y[obs]: real
    data low[obs]: real
    data high[obs], has_low[obs]: real
    mu ~ Normal(0, 10)
    y[obs] ~ Censored(Normal(mu, 1), low = if has_low > 0 then low else -inf, high = high)
    """
    data = {
        "y": np.clip(y, low, high),
        "low": np.where(low > -9, low, 0.0),
        "high": high,
        "has_low": low > -9,
    }
    fit = ppl.model(text).fit(data)
    from scipy import optimize, stats

    def log_likelihood(mu):
        x = data["y"]
        inside = stats.norm.logpdf(x, mu)
        part = np.where(x <= low, stats.norm.logcdf(low, mu), inside)
        return np.sum(np.where(x >= high, stats.norm.logsf(high, mu), part)) + stats.norm.logpdf(mu, 0, 10)

    best = optimize.minimize_scalar(lambda mu: -log_likelihood(mu), bounds=(-5, 5), method="bounded").x
    assert fit.mean("mu") == pytest.approx(best, abs=0.2 * fit.sd("mu"))
    assert fit.verdict == "good"
