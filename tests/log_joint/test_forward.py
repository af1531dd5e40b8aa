"""Draws from the prior follow the densities of the log joint, and what they predict follows from them.

The law: for z drawn from a density p that vanishes at the ends, E[grad log p] = 0 and E[z_i d_i log p] = -1. The
draws come from the distributions' samplers, the density from the compiled log joint, and the two share no code.
"""

import numpy as np
import pytest
from scipy import stats

import ppl

S = 4000
ERRORS = 5.0

PRIORS = {
    "hierarchy": "dim g = 3\nm ~ Normal(1, 2)\nt ~ Gamma(3, 1)\na[g] ~ Normal(m, t)",
    "truncated": "a ~ Normal(1, 2) > 0\nb ~ Gamma(2, 1) in (0.5, 3)\nc ~ Normal(0, 1) < -1",
    "truncated far out": "a ~ Normal(0, 1) > 6",
    "truncated at a latent": "u ~ Normal(0, 1)\nx ~ Normal(0, 1) > u",
    "ends that are latents": "a ~ Gamma(2, 1)\nb ~ Uniform(a, a + 2)",
    "ordered": "dim k = 3\nm[k] ~ Normal(0, 2) ordered",
    "ordered, elements apart": "dim k = 3\nm[k] ~ Normal([-1, 0, 1], 1) ordered",
    "positive and ordered": "dim k = 3\nm[k] ~ Gamma(2, 1) ordered",
    "simplexes": "dim d = 2\ndim k = 3\na ~ Gamma(4, 2)\np[d, k] ~ Dirichlet(a + 1)",
    "vectors": "dim i = 2\nL[i, i] ~ LKJCholesky(2)\nx[i] ~ MultiNormal(0, chol = L)",
    "pieces": "dim t = 4\nx[t] ~ Normal(2, 1) where t < 2\nx[t] ~ Normal(-3, 0.5) where t > 1",
    "walk": (
        "dim t = 5\ns ~ Gamma(4, 2)\nx[t] ~ Normal(0, 1) where t == 0\n"
        "x[t] ~ Normal(0.9 * x[t-1], s) where t > 0"
    ),
    "backwards, with two lags": (
        "dim t = 5\nx[t] ~ Normal(0, 1) where t > 2\n"
        "x[t] ~ Normal(0.5 * x[t+1] - 0.3 * x[t+2], 1) where t < 3"
    ),
    "walks side by side": (
        "dim i = 2\ndim t = 3\nx[i, t] ~ Normal(i, 1) where t == 0\n"
        "x[i, t] ~ StudentT(8, x[i, t-1], 1) where t > 0"
    ),
    "through a definition": "dim g = 2\nm ~ Normal(0, 1)\neta[g] = exp(m) + g\nx[g] ~ Normal(eta, 1)",
}


@pytest.mark.parametrize("name", PRIORS)
def test_prior_draws_follow_the_density(name):
    bound = ppl.model(PRIORS[name]).bind()
    draws = bound.prior(S, seed=2)
    z = bound.log_joint.unconstrain({slot.name: draws[slot.name] for slot in bound.log_joint.layout})
    assert np.isfinite(z).all()
    _, slope = bound.log_joint.value_and_grad(z)
    for values, expected in ((slope, 0.0), (z * slope, -1.0)):
        error = np.std(values, axis=0) / np.sqrt(S)
        assert np.max(np.abs(np.mean(values, axis=0) - expected) / (error + 1e-12)) < ERRORS


def test_the_law_would_notice_a_wrong_scale():
    bound = ppl.model(PRIORS["hierarchy"]).bind()
    draws = bound.prior(S, seed=2)
    draws["a"] = draws["a"] + 0.6 * draws["t"][:, None] * np.random.default_rng(0).normal(size=(S, 3))
    z = bound.log_joint.unconstrain({slot.name: draws[slot.name] for slot in bound.log_joint.layout})
    _, slope = bound.log_joint.value_and_grad(z)
    values = z * slope
    error = np.std(values, axis=0) / np.sqrt(S)
    assert np.max(np.abs(np.mean(values, axis=0) + 1) / error) > ERRORS


def test_same_seed_same_draws():
    bound = ppl.model(PRIORS["walk"]).bind()
    np.testing.assert_array_equal(bound.prior(50, seed=1)["x"], bound.prior(50, seed=1)["x"])
    assert not np.array_equal(bound.prior(50, seed=1)["x"], bound.prior(50, seed=2)["x"])


def test_prior_predictive_of_a_series_sees_its_own_simulated_past():
    text = """
dim time
data y[time]: real
y[time] ~ Normal(0, 1) where time == 0
y[time] ~ Normal(0.8 * y[time - 1], 0.6) where time > 0
"""
    bound = ppl.model(text).bind({"y": np.full(30, 100.0)})
    y = bound.prior(S)["y"]
    # Stationary with variance 1 and correlation 0.8: the data, far away, play no part.
    np.testing.assert_allclose(np.mean(y, axis=0), 0, atol=ERRORS / np.sqrt(S))
    np.testing.assert_allclose(np.var(y, axis=0), 1, atol=ERRORS * np.sqrt(2 / S))
    assert np.corrcoef(y[:, 10], y[:, 11])[0, 1] == pytest.approx(0.8, abs=0.03)


def test_prior_predictive_keeps_what_is_conditioned_on():
    text = "dim time\ndata y[time]: real\nphi ~ Normal(0, 1)\ny[time] ~ Normal(phi * y[time-1], 1) where time > 0"
    y = ppl.model(text).bind({"y": [7.0, 1.0, 2.0]}).prior(100)["y"]
    np.testing.assert_array_equal(y[:, 0], 7.0)
    assert np.std(y[:, 1]) > 1


def test_observed_things_see_each_other_as_simulated():
    text = """
dim obs
data x[obs], y[obs]: real
x[obs] ~ Normal(5, 1)
y[obs] ~ Normal(2 * x, 0.1)
"""
    found = ppl.model(text).bind({"x": [0.0, 0.0], "y": [0.0, 0.0]}).prior(S)
    np.testing.assert_allclose(found["y"], 2 * found["x"], atol=0.6)
    assert np.mean(found["y"]) == pytest.approx(10, abs=0.2)


def test_finite_latents_are_drawn_and_chosen_by():
    text = """
dim obs = 3
dim k = 2
data y[obs]: real
w[k] ~ Dirichlet([3, 1])
mu[k] ~ Normal([-5, 5], 0.1)
z[obs] ~ Categorical(w)
y[obs] ~ Normal(mu[z], 0.1)
"""
    found = ppl.model(text).bind({"y": [0.0, 0.0, 0.0]}).prior(S)
    assert found["z"].dtype.kind == "i"
    np.testing.assert_allclose(np.mean(found["z"], axis=0), 0.25, atol=ERRORS * np.sqrt(0.19 / S))
    np.testing.assert_array_equal(found["y"] > 0, found["z"] == 1)


def test_a_hidden_chain_is_drawn_step_by_step():
    text = """
dim time = 6
dim state = 2
data P[from in state, to in state]: real
data y[time]: real
begin[state] = [1, 0]
z[time] ~ Categorical(begin) where time == 0
z[time] ~ Categorical(P[z[time - 1]]) where time > 0
y[time] ~ Normal(10 * z, 1)
"""
    P = np.array([[0.9, 0.1], [0.4, 0.6]])
    z = ppl.model(text).bind({"P": P, "y": np.zeros(6)}).prior(S)["z"]
    share = np.array([1.0, 0.0])
    for t in range(6):
        assert np.mean(z[:, t]) == pytest.approx(share[1], abs=ERRORS * np.sqrt(0.25 / S))
        share = share @ P


def test_recursions_are_computed_on_the_draws():
    text = """
dim time = 4
a ~ Uniform(0, 1)
h[time] = 1 where time == 0
h[time] = a * h[time - 1] where time > 0
"""
    found = ppl.model(text).bind().prior(100)
    np.testing.assert_allclose(found["h"], found["a"][:, None] ** np.arange(4), rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x ~ Flat()", "improper prior"),
        ("latent x: real\nfactor -x^2", "no prior to draw from"),
        ("x ~ Normal(0, 1)\ny ~ Normal(0, 1)\nn ~ Gamma(x, exp(y))", "must be positive"),
    ],
)
def test_what_can_not_be_drawn_is_said(text, said):
    with pytest.raises(ppl.PplError) as caught:
        ppl.model(text).bind().prior(10)
    assert said in str(caught.value)


def test_bisection_finds_the_tail_that_rejection_misses():
    draws = ppl.model("a ~ Normal(0, 1) > 8\nb ~ Normal(0, 1) in (-9.5, -9)").bind().prior(S)
    for name, law in (("a", stats.truncnorm(8, np.inf)), ("b", stats.truncnorm(-9.5, -9))):
        assert stats.kstest(draws[name], law.cdf).pvalue > 1e-4
