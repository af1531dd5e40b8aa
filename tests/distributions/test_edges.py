"""Values at the ends of supports and far out in the tails, where the laws' draws do not come."""

import numpy as np
import pytest
from autograd import elementwise_grad, grad

import ppl
from ppl.distributions import distributions


@pytest.mark.parametrize(
    ("name", "x", "parameters", "value"),
    [
        ("Exponential", 0.0, {"rate": 3.0}, np.log(3)),
        ("HalfNormal", 0.0, {"scale": 2.0}, 0.5 * np.log(2 / np.pi) - np.log(2)),
        ("HalfCauchy", 0.0, {"scale": 2.0}, np.log(2 / np.pi) - np.log(2)),
        ("Beta", 0.0, {"a": 1.0, "b": 3.0}, np.log(3)),
        ("Beta", 1.0, {"a": 3.0, "b": 1.0}, np.log(3)),
        ("Beta", 0.0, {"a": 2.0, "b": 3.0}, -np.inf),
        ("Beta", 1.0, {"a": 2.0, "b": 0.5}, np.inf),
        ("Uniform", 2.0, {"low": 2.0, "high": 4.0}, -np.log(2)),
        ("Uniform", 4.0, {"low": 2.0, "high": 4.0}, -np.log(2)),
        ("Gamma", 0.0, {"shape": 1.0, "rate": 1.0}, -np.inf),
    ],
)
def test_density_at_an_end(name, x, parameters, value):
    log_prob = distributions[name].log_prob
    assert float(log_prob(np.asarray(x), **parameters)) == pytest.approx(value, rel=1e-14)
    assert not np.any(np.isnan(elementwise_grad(lambda x: log_prob(x, **parameters))(np.array([x]))))
    for key in parameters:
        slope = grad(lambda v, key=key: 1.0 * log_prob(x, **{**parameters, key: v}))(parameters[key])
        assert not np.isnan(slope)


@pytest.mark.parametrize(
    ("name", "parameters", "x", "log_sf"),
    [
        ("Normal", {"loc": 0.0, "scale": 1.0}, 40.0, -804.608442),
        ("Cauchy", {"loc": 0.0, "scale": 1.0}, 1e200, -np.log(np.pi * 1e200)),
        ("HalfCauchy", {"scale": 1.0}, 1e200, -np.log(np.pi * 1e200 / 2)),
        ("Logistic", {"loc": 0.0, "scale": 1.0}, 1e4, -1e4),
        ("Laplace", {"loc": 0.0, "scale": 1.0}, 1e4, -1e4 - np.log(2)),
        ("Exponential", {"rate": 2.0}, 1e4, -2e4),
        ("Gamma", {"shape": 2.0, "rate": 1.0}, 1e4, -1e4 + np.log(1e4 + 1)),
        ("Weibull", {"shape": 2.0, "scale": 1.0}, 1e4, -1e8),
        ("InverseGamma", {"shape": 2.0, "scale": 1.0}, 1e100, -200 * np.log(10) - np.log(2)),
        ("StudentT", {"df": 2.0, "loc": 0.0, "scale": 1.0}, 1e100, -200 * np.log(10) - np.log(2)),
        ("Beta", {"a": 2.0, "b": 300.0}, 1 - 1e-9, 300 * np.log(1e-9) + np.log(301)),
    ],
)
def test_upper_tails_where_exp_is_long_zero(name, parameters, x, log_sf):
    distribution = distributions[name]
    assert float(distribution.log_sf(x, **parameters)) == pytest.approx(log_sf, rel=1e-7)
    for key in parameters:
        slope = grad(lambda v, key=key: distribution.log_sf(x, **{**parameters, key: v}))(parameters[key])
        assert np.isfinite(slope)


@pytest.mark.parametrize(
    "name", ["HalfNormal", "Exponential", "Gamma", "LogNormal", "Weibull", "InverseGamma"]
)
def test_tails_at_and_below_the_lower_end(name):
    distribution = distributions[name]
    parameters = dict.fromkeys(distribution.examples[0], 2.0)
    x = np.array([-3.0, 0.0])
    np.testing.assert_array_equal(distribution.log_cdf(x, **parameters), -np.inf)
    np.testing.assert_array_equal(distribution.log_sf(x, **parameters), 0.0)
    for tail in (distribution.log_cdf, distribution.log_sf):
        np.testing.assert_array_equal(elementwise_grad(lambda x, tail=tail: tail(x, **parameters))(x), 0)


def test_uniform_with_latent_ends_has_their_slopes():
    log_prob = distributions["Uniform"].log_prob
    x = np.array([1.5, 2.5, 9.0])
    slope = grad(lambda high: np.sum(log_prob(x, 1.0, high)[:2]))(3.0)
    assert slope == pytest.approx(-1.0)


def test_moments_that_do_not_exist_say_so():
    t = distributions["StudentT"]
    assert np.isnan(t.mean(df=1.0, loc=0.0, scale=1.0))
    assert t.variance(df=1.5, loc=0.0, scale=1.0) == np.inf
    assert np.isnan(t.variance(df=0.5, loc=0.0, scale=1.0))
    assert distributions["Cauchy"].mean is None
    assert distributions["InverseGamma"].mean(shape=0.5, scale=1.0) == np.inf


def test_flat_is_improper_and_indifferent():
    flat = distributions["Flat"]
    assert not flat.proper
    np.testing.assert_array_equal(flat.log_prob(np.array([-1e300, 0.0, 2.0])), np.zeros(3))


@pytest.mark.parametrize(
    "prior",
    [
        *(f"GeneralizedExtremeValue(0.3, 2, {shape})" for shape in (-0.4, 0, 0.4)),
        "GeneralizedExtremeValue(0, 1, 0.3) > 0",
        "GeneralizedExtremeValue(0, 1, -0.3) < 2",
        "GeneralizedExtremeValue(0, 1, 0) in (-1, 1)",
        "GeneralizedPareto(0, 1, 0.3) > 1",
        "GeneralizedPareto(0, 1, -0.3) > 1",
        "Truncated(GeneralizedPareto(0, 1, 0.3), low = 1)",
    ],
)
def test_latents_between_ends_that_may_be_infinite(prior):
    """The density integrates to one over the unconstrained line, whichever of its ends are finite."""
    log_joint = ppl.model(f"x ~ {prior}").bind({}).log_joint
    z = np.sinh(np.linspace(-7, 7, 4001))
    with np.errstate(all="ignore"):
        density = np.exp(log_joint(z[:, None]))
    weight = np.sqrt(1 + z * z) * 14 / 4000
    assert np.sum(np.where(np.isfinite(density), density, 0) * weight) == pytest.approx(1, abs=1e-9)
