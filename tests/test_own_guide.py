"""Guides that the program gives: exact where they can be, amortised, and refused where they can't be one."""

import numpy as np
import pytest

import ppl

CONJUGATE = """
dim obs
data y[obs]: real
param a: real
param b: real > 0
mu ~ Normal(0, 2)
y[obs] ~ Normal(mu, 1)
guide mu ~ Normal(a, b)
"""
Y = [1.2, 0.3, -0.7, 2.1, 0.9, 1.4, -0.2, 0.8]


def test_it_finds_the_exact_posterior():
    fit = ppl.model(CONJUGATE).fit({"y": Y}, optimizer="lbfgs")
    assert fit.params["a"] == pytest.approx(sum(Y) / 8.25, abs=1e-6)
    assert fit.params["b"] == pytest.approx(8.25**-0.5, abs=1e-6)
    assert fit.elbo == pytest.approx(-12.0009742, abs=1e-6)
    assert fit.guide == "own"


def test_amortised_by_a_net_it_reaches_the_exact_elbo():
    text = """
dim item, one
data y[item, one]: real
net f: one -> one2
dim one2 = 1
param s: real > 0
z[item, one2] ~ Normal(0, 1)
let total[item] = sum(z, one2)
factor log_prob(Normal(total, 1), y[item, 0])
guide z[item, one2] ~ Normal(f(y), s)
"""
    y = np.random.default_rng(1).standard_normal((30, 1))
    fit = ppl.model(text).fit({"y": y}, optimizer="lbfgs")
    # The exact posterior of each z is Normal(y / 2, sqrt(1/2)): a linear net holds it.
    evidence = np.sum(-0.25 * y**2 - 0.5 * np.log(4 * np.pi))
    assert fit.elbo == pytest.approx(evidence, abs=1e-5)
    assert fit.params["s"] == pytest.approx(0.5**0.5, abs=1e-5)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("guide m ~ Normal(0, 1)", "a guide is for a latent"),
        ("guide mu ~ Cauchy(0, 1)", "is `Normal`, not `Cauchy`"),
        ("guide mu ~ Normal(mu, 1)", "made of itself"),
        ("guide mu ~ Normal(a, b)", "has two guides"),
    ],
)
def test_refusals(line, words):
    text = CONJUGATE if "two" in words else CONJUGATE.replace("guide mu ~ Normal(a, b)", "")
    with pytest.raises(ppl.PplError, match=words):
        ppl.model(f"{text}\n{line}\n")
