"""The log likelihood row by row where finite latents are summed out, against sums written out by hand."""

import numpy as np
import pytest
from scipy.stats import binom, norm, poisson

import ppl
from ppl.diagnostic import PplError
from ppl.log_joint.rows import observed_rows

MIXTURE = """
dim obs, k
data y[obs]: real
mu[k] ~ Normal(0, 3)
w[k] ~ Dirichlet(1)
z[obs] ~ Categorical(w)
"""
Y = {"y": [0.3, -1.2, 2.0, 0.7], "k": 3}


def at(text, data, draws=3):
    """The rows at some draws, the values there, and the log joint."""
    log_joint = ppl.model(text).bind(data).log_joint
    z = np.random.default_rng(2).normal(size=(draws, log_joint.layout.size))
    return observed_rows(log_joint, z), log_joint.constrain(z), log_joint, z


def mixed(values, y):
    """log p(y_i | mu, w) of the mixture (S, obs)."""
    densities = norm.pdf(np.asarray(y)[:, None], values["mu"][:, None, :], 1)
    return np.log(np.einsum("sik,sk->si", densities, values["w"]))


@pytest.mark.parametrize(
    "likelihood",
    [
        "y[obs] ~ Normal(mu[z], 1)",
        "eta[obs] = mu[z]\ny[obs] ~ Normal(eta, 1)",
        "y[obs] ~ Normal(mu[z], 1) where obs > 1\ny[obs] ~ Normal(mu[z], 1) where obs <= 1",
        "u[obs] ~ Bernoulli(0.2)\ny[obs] ~ Normal(mu[z] + 0 * u, 1)",
    ],
)
def test_rows_of_a_mixture(likelihood):
    rows, values, log_joint, z = at(MIXTURE + likelihood, Y)
    assert rows["y"] == pytest.approx(mixed(values, Y["y"]), rel=1e-12)
    assert rows["y"].sum(axis=1) == pytest.approx(log_joint.terms(z)["y"], rel=1e-12)


def test_rows_beside_a_likelihood_without_finite_latents_and_rows_of_no_element():
    text = MIXTURE + (
        "data x[obs]: real\nx[obs] ~ Normal(mu[0], 2)\n"
        "eta[obs] = mu[z[obs]] where obs > 0\neta[0] = 1.5\ny[obs] ~ Normal(eta, 1)"
    )
    rows, values, _, _ = at(text, {**Y, "x": [1.0, 2.0, 3.0, 4.0]})
    assert rows["x"] == pytest.approx(norm.logpdf([1.0, 2.0, 3.0, 4.0], values["mu"][:, :1], 2), rel=1e-12)
    assert rows["y"][:, 1:] == pytest.approx(mixed(values, Y["y"])[:, 1:], rel=1e-12)
    assert rows["y"][:, 0] == pytest.approx(norm.logpdf(0.3, 1.5, 1))


def test_rows_given_a_continuous_latent_that_tells_of_the_finite_one():
    text = """
dim obs
data y[obs]: real
z[obs] ~ Bernoulli(0.3)
x[obs] ~ Normal(3 * z, 1)
y[obs] ~ Normal(z, 1)
"""
    rows, values, _, _ = at(text, {"y": Y["y"]})
    x, y, prior = values["x"], np.array(Y["y"]), np.log([0.7, 0.3])
    told = [prior[k] + norm.logpdf(x, 3 * k, 1) for k in (0, 1)]
    both = [told[k] + norm.logpdf(y, k, 1) for k in (0, 1)]
    assert rows["y"] == pytest.approx(np.logaddexp(*both) - np.logaddexp(*told), rel=1e-12)


def test_rows_of_finite_data_of_which_some_are_missing():
    text = "dim obs\ndata y[obs]: int?\ndata x[obs]: int\np ~ Beta(2, 2)\ny[obs] ~ Binomial(3, p)\nx[obs] ~ Poisson(2)"
    rows, values, _, _ = at(text, {"y": [1, None, 3], "x": [0, 1, 2]})
    assert rows["y"] == pytest.approx(binom.logpmf([[1, 3]], 3, values["p"][:, None]), rel=1e-12)
    assert rows["x"] == pytest.approx(np.tile(poisson.logpmf([0, 1, 2], 2), (3, 1)), rel=1e-12)


SHARED = {
    "a chain": "z[obs] ~ Bernoulli(0.3) where obs == 0\nz[obs] ~ Bernoulli(0.1 + 0.8 * z[obs - 1]) where obs > 0\n"
    "y[obs] ~ Normal(z, 1)",
    "one for all": "z ~ Bernoulli(0.3)\ny[obs] ~ Normal(z, 1)",
    "two data": "data x[obs]: real\nz[obs] ~ Bernoulli(0.3)\ny[obs] ~ Normal(z, 1)\nx[obs] ~ Normal(z, 1)",
}


@pytest.mark.parametrize("kind", SHARED)
def test_rows_that_share_a_latent_are_refused(kind):
    with pytest.raises(PplError, match=r"E726.*has no likelihood row by row: rows share `z`"):
        at("dim obs\ndata y[obs]: real\n" + SHARED[kind], {"y": [0.1, 0.9], "x": [0.3, 0.2]})
