"""Distributions of integers at their edges: certainty, impossibility, no trials, numbers beyond exp."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from autograd import grad
from autograd.test_util import check_grads

from ppl.distributions import distributions

INF = np.inf
EDGES = [
    ("Bernoulli", 0, {"prob": 0.0}, 0.0, -1.0),
    ("Bernoulli", 1, {"prob": 1.0}, 0.0, 1.0),
    ("Bernoulli", 1, {"prob": 0.0}, -INF, 0.0),
    ("Bernoulli", 0, {"prob": 1.0}, -INF, 0.0),
    ("Bernoulli", 1, {"logit": -800.0}, -800.0, 1.0),
    ("Bernoulli", 1, {"logit": 800.0}, 0.0, 0.0),
    ("Bernoulli", True, {"prob": 0.25}, np.log(0.25), 4.0),
    ("Bernoulli", 2, {"prob": 0.5}, -INF, 0.0),
    ("Binomial", 0, {"prob": 0.0, "n": 3}, 0.0, -3.0),
    ("Binomial", 3, {"prob": 1.0, "n": 3}, 0.0, 3.0),
    ("Binomial", 1, {"prob": 0.0, "n": 3}, -INF, 0.0),
    ("Binomial", 1, {"prob": 1.0, "n": 3}, -INF, 0.0),
    ("Binomial", 0, {"prob": 0.5, "n": 0}, 0.0, 0.0),
    ("Binomial", 0, {"logit": 0.5, "n": 0}, 0.0, 0.0),
    ("Binomial", 4, {"prob": 0.5, "n": 3}, -INF, 0.0),
    ("Binomial", -1, {"logit": 0.5, "n": 3}, -INF, 0.0),
    ("Binomial", 1, {"logit": -900.0, "n": 3}, np.log(3.0) - 900.0, 1.0),
    ("Binomial", 1, {"logit": 900.0, "n": 3}, np.log(3.0) - 1800.0, -2.0),
    ("Poisson", 0, {"rate": 0.0}, 0.0, -1.0),
    ("Poisson", 2, {"rate": 0.0}, -INF, 0.0),
    ("Poisson", -1, {"rate": 2.0}, -INF, 0.0),
    ("Poisson", 0.5, {"rate": 2.0}, -INF, 0.0),
    ("Poisson", 2, {"log_rate": -800.0}, -1600.0 - np.log(2.0), 2.0),
    ("Poisson", 0, {"log_rate": -800.0}, 0.0, 0.0),
    ("NegativeBinomial", -1, {"mean": 2.0, "concentration": 3.0}, -INF, 0.0),
    ("NegativeBinomial", 0, {"prob": 1.0, "concentration": 3.0}, 0.0, 3.0),
    ("NegativeBinomial", 2, {"prob": 1.0, "concentration": 3.0}, -INF, 0.0),
    ("NegativeBinomial", 0, {"prob": 0.0, "concentration": 3.0}, -INF, 0.0),
    ("NegativeBinomial", 0, {"log_mean": 900.0, "concentration": 1.0}, -900.0, -1.0),
    ("NegativeBinomial", 3, {"log_mean": -900.0, "concentration": 1.0}, -2700.0, 3.0),
    ("GeneralizedPoisson", 0, {"rate": 2.0, "dispersion": 0.3}, -2.0, -1.0),
    ("BetaBinomial", 0, {"a": 1.0, "b": 1.0, "n": 0}, 0.0, 0.0),
    ("BetaBinomial", 5, {"a": 1.0, "b": 1.0, "n": 3}, -INF, 0.0),
    ("DiscreteWeibull", 0, {"prob": 0.0, "shape": 2.0}, 0.0, 0.0),
    ("DiscreteWeibull", 0, {"prob": 1.0, "shape": 2.0}, -INF, 0.0),
    ("LogSeries", 1, {"prob": 0.0}, 0.0, -0.5),
    ("LogSeries", 0, {"prob": 0.3}, -INF, 0.0),
    ("Zeta", 1, {"exponent": 1.0}, -INF, 0.0),
    ("Geometric", 0, {"prob": 1.0}, 0.0, 1.0),
    ("Geometric", 1, {"prob": 1.0}, -INF, 0.0),
    ("Geometric", 3, {"prob": 0.0}, -INF, 0.0),
    ("DiscreteUniform", 7, {"low": 1.0, "high": 6}, -INF, 0.0),
    ("DiscreteUniform", 2, {"low": 6.0, "high": 1}, -INF, 0.0),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "x", "parameters", "value", "slope"), EDGES)
def test_edges(name, x, parameters, value, slope):
    """The slope is by the first parameter of each row."""
    d, which = distributions[name], next(iter(parameters))
    assert d.log_prob(np.asarray(x), **parameters) == pytest.approx(value, rel=1e-15)
    got = grad(lambda v: d.log_prob(np.asarray(x), **{**parameters, which: v}))(parameters[which])
    assert got == pytest.approx(slope, rel=1e-14)


def test_parts_of_an_array_may_be_impossible():
    d = distributions["Poisson"]
    rate = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    x = np.array([2, -1, 3])
    got = d.log_prob(x, rate=rate)
    assert np.all(got[:, 1] == -INF)
    assert np.all(np.isfinite(got[:, [0, 2]]))
    slope = grad(lambda r: d.log_prob(x, rate=r).sum())(rate)
    assert np.all(slope[:, 1] == 0)
    np.testing.assert_allclose(slope[:, [0, 2]], (x / rate - 1)[:, [0, 2]], rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "x", "n", "parameters"),
    [
        ("Bernoulli", [0, 1, 1], {}, {"logit": [-0.3, 2.0, 0.1]}),
        ("Bernoulli", [0, 1, 1], {}, {"prob": [0.3, 0.2, 0.9]}),
        ("Binomial", [0, 7, 4], {"n": [3, 7, 9]}, {"prob": [0.3, 0.2, 0.9]}),
        ("Binomial", [0, 7, 4], {"n": [3, 7, 9]}, {"logit": [0.3, -2.0, 0.9]}),
        ("Poisson", [0, 7, 4], {}, {"rate": [0.3, 5.0, 0.9]}),
        ("Poisson", [0, 7, 4], {}, {"log_rate": [0.3, 2.0, -0.9]}),
        ("NegativeBinomial", [0, 7, 4], {}, {"mean": [0.3, 5.0, 0.9], "concentration": [0.4, 3.0, 20.0]}),
        ("Geometric", [0, 7, 4], {}, {"prob": [0.3, 0.2, 0.9]}),
    ],
)
def test_slopes_of_slopes(name, x, n, parameters):
    d = distributions[name]
    fixed = {key: np.array(value) for key, value in n.items()}

    def log_prob(*values):
        return d.log_prob(np.array(x), **fixed, **dict(zip(parameters, values, strict=True)))

    check_grads(log_prob, modes=["rev"], order=2)(*(np.array(v) for v in parameters.values()))


def _slope(name, x, parameters, which):
    """The oracle's slope, and how far rounding the parameter itself would move it."""
    d = distributions[name]
    with mp.workdps(80):
        given = {k: mp.mpf(v) for k, v in parameters.items()}
        h = abs(given[which]) * mp.mpf(10) ** -25
        low, middle, high = (
            d.oracle(mp.mpf(x), **{**given, which: given[which] + s * h}) for s in (-1, 0, 1)
        )
        return float((high - low) / (2 * h)), float(abs(given[which] * (high - 2 * middle + low) / h**2))


@pytest.mark.parametrize("seed", range(60))
def test_negative_binomial_slopes_over_orders_of_magnitude(seed):
    """By the textbook's digammas these would keep no digits at all at large concentrations."""
    rng = np.random.default_rng(seed)
    parameters = {
        "mean": float(10.0 ** rng.uniform(-2, 6)),
        "concentration": float(10.0 ** rng.uniform(-3, 9)),
    }
    x = int(
        rng.poisson(rng.gamma(parameters["concentration"]) * parameters["mean"] / parameters["concentration"])
    )
    for which in parameters:
        true, blur = _slope("NegativeBinomial", x, parameters, which)
        got = grad(
            lambda v, which=which: distributions["NegativeBinomial"].log_prob(
                np.array(x), **{**parameters, which: v}
            )
        )(parameters[which])
        assert abs(got - true) <= 1e-11 * max(abs(true), blur)
