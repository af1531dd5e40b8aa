"""Latents in the coordinates of their posteriors: evidence, moments and draws against what algebra says."""

import numpy as np
import pytest
from scipy.special import betaln, gammaln

import ppl
from ppl.log_joint.conjugate import is_exact

RNG = np.random.default_rng(6)
COUNTS = RNG.poisson(3, 30)
TIMES = RNG.exponential(0.4, 30)
HITS = RNG.random(30) < 0.7
Y = RNG.normal(1, 2, 30)
OBS = "dim obs\ndata y[obs]: {}\n"


def gamma_sum(a, b, shape, rate):
    """The log evidence where Gamma(a, b) becomes Gamma(shape, rate), but for the data's own factor."""
    return a * np.log(b) - gammaln(a) + gammaln(shape) - shape * np.log(rate)


def rates():
    shape, rate = COUNTS + 2.0, np.full(30, 1.0 + 0.5)
    evidence = np.sum(gamma_sum(2.0, 0.5, shape, rate) - gammaln(COUNTS + 1))
    return evidence, shape / rate, np.sqrt(shape) / rate


def precision():
    shape, rate = 2.0 + 15, 1.0 + np.sum((Y - 1) ** 2) / 2
    evidence = gamma_sum(2.0, 1.0, shape, rate) - 15 * np.log(2 * np.pi)
    return evidence, shape / rate, np.sqrt(shape) / rate


def variance():
    shape, scale = 3.0 + 15, 2.0 + np.sum((Y - 1) ** 2) / 2
    evidence = gamma_sum(3.0, 2.0, shape, scale) - 15 * np.log(2 * np.pi)
    return evidence, scale / (shape - 1), scale / (shape - 1) / np.sqrt(shape - 2)


def share(a, b, evidence):
    return evidence, a / (a + b), np.sqrt(a * b / (a + b + 1)) / (a + b)


h = int(np.sum(HITS))
MODELS = {
    "bernoulli": (
        OBS.format("bool") + "t ~ Beta(2, 3)\ny[obs] ~ Bernoulli(t)",
        HITS,
        share(2 + h, 33 - h, betaln(2 + h, 33 - h) - betaln(2, 3)),
    ),
    "uniform": (
        OBS.format("bool") + "t ~ Uniform(0, 1)\ny[obs] ~ Bernoulli(t)",
        HITS,
        share(1 + h, 31 - h, betaln(1 + h, 31 - h)),
    ),
    "binomial": (
        "data y: int\nt ~ Beta(2, 3)\ny ~ Binomial(10, t)",
        7,
        share(9, 6, betaln(9, 6) - betaln(2, 3) + np.log(120)),
    ),
    "rates": (OBS.format("int") + "t[obs] ~ Gamma(2, 0.5)\ny[obs] ~ Poisson(t)", COUNTS, rates()),
    "exponential": (
        OBS.format("real") + "t ~ Exponential(1.5)\ny[obs] ~ Exponential(t)",
        TIMES,
        (
            gamma_sum(1.0, 1.5, 31.0, 1.5 + np.sum(TIMES)),
            31 / (1.5 + np.sum(TIMES)),
            np.sqrt(31) / (1.5 + np.sum(TIMES)),
        ),
    ),
    "precision": (OBS.format("real") + "t ~ Gamma(2, 1)\ny[obs] ~ Normal(1, 1 / sqrt(t))", Y, precision()),
    "variance": (OBS.format("real") + "t ~ InverseGamma(3, 2)\ny[obs] ~ Normal(1, sqrt(t))", Y, variance()),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_elbo_is_the_evidence(name):
    source, y, (evidence, mean, sd) = MODELS[name]
    f = ppl.model(source).fit({"y": y})
    assert f.elbo == pytest.approx(evidence, abs=1e-8)
    assert f.elbo_error < 1e-8
    assert f.run.optimizer == "newton"
    np.testing.assert_allclose(f.mean("t"), mean, rtol=2e-3)
    np.testing.assert_allclose(f.sd("t"), sd, rtol=2e-2)
    draws = f.draws(4000)["t"]
    error = np.asarray(sd) / np.sqrt(4000)
    assert np.all(np.abs(np.mean(draws, axis=0) - mean) <= 4.5 * error)


@pytest.mark.parametrize("name", MODELS)
def test_the_coordinate_is_a_score(name):
    source, y, _ = MODELS[name]
    log_joint = ppl.model(source).bind({"y": y}).log_joint
    assert is_exact(log_joint.unknowns["t"].support)
    z = np.random.default_rng(1).standard_normal((9, log_joint.layout.size)) * 2
    values = log_joint.constrain(z)
    np.testing.assert_allclose(log_joint.unconstrain({"t": values["t"]}), z, atol=1e-6)
    value, slope = log_joint.value_and_grad(z)
    np.testing.assert_allclose(value - value[0], -0.5 * np.sum(z**2 - z[:1] ** 2, axis=1), atol=1e-8)
    np.testing.assert_allclose(slope, -z, atol=1e-8)


OTHERS = {
    "two_that_meet": "a ~ Normal(0, 1)\nt ~ Gamma(2, 1)\ny[obs] ~ Normal(a, 1 / sqrt(t))",
    "scale": "t ~ Gamma(2, 1)\ny[obs] ~ Normal(0, t)",
    "hyper": "a ~ Gamma(2, 1)\nt ~ Gamma(2, a)\ny[obs] ~ Normal(0, 1 / sqrt(t))",
    "cut": "t ~ Gamma(2, 1) > 1\ny[obs] ~ Normal(0, 1 / sqrt(t))",
    "spike": "t ~ Gamma(0.001, 0.001)\ny[obs] ~ Normal(3, 1)",
}


@pytest.mark.parametrize("name", OTHERS)
def test_others_stay_in_their_own(name):
    log_joint = ppl.model(f"{OBS.format('real')}{OTHERS[name]}").bind({"y": Y}).log_joint
    assert not is_exact(log_joint.unknowns["t"].support)


def test_a_latent_beside_those_that_meet():
    source = "dim obs\ndata y[obs]: real\ndata k: int\na ~ Normal(0, 1)\nt ~ HalfNormal(2)\np ~ Beta(1, 1)\n"
    log_joint = (
        ppl.model(f"{source}y[obs] ~ Normal(a, t)\nk ~ Binomial(9, p)").bind({"y": Y, "k": 4}).log_joint
    )
    assert is_exact(log_joint.unknowns["p"].support)
    assert not is_exact(log_joint.unknowns["t"].support)


def test_the_jacobian_that_users_ask_for_is_that_of_the_support():
    source, y, _ = MODELS["precision"]
    bound = ppl.model(source).bind({"y": y})
    change = bound.log_prob({"t": 0.7}, jacobian=True) - bound.log_prob({"t": 0.7})
    assert change == pytest.approx(np.log(0.7), abs=1e-12)
