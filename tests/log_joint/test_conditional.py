"""Definitions made of finite latents, and finite latents that select each other's elements: as if written out."""

import itertools

import numpy as np
import pytest
from scipy.stats import binom, norm

import ppl
from ppl.diagnostic import PplError

HEAD = """
dim obs, k
data y[obs]: real
mu[k] ~ Normal(0, 3)
w[k] ~ Dirichlet(1)
z[obs] ~ Categorical(w)
s ~ Bernoulli(0.3)
"""
PAIRS = {  # with a definition, and written out
    "indexed": ("eta[obs] = mu[z]\ny[obs] ~ Normal(eta, 1)", "y[obs] ~ Normal(mu[z], 1)"),
    "a choice": (
        "p[obs] = if z == 1 then mu[0] else mu[1]\ny[obs] ~ Normal(p, 1)",
        "y[obs] ~ Normal(if z == 1 then mu[0] else mu[1], 1)",
    ),
    "a scalar": ("sd1 = 1 + s\ny[obs] ~ Normal(mu[z], sd1)", "y[obs] ~ Normal(mu[z], 1 + s)"),
    "of a definition": (
        "a[obs] = mu[z]\nb[obs] = a^2 + s\ny[obs] ~ Normal(b, 1)",
        "y[obs] ~ Normal(mu[z]^2 + s, 1)",
    ),
    "elsewhere": (
        "eta[obs] = mu[z]\ny[obs] ~ Normal(eta[0] + eta[mod(obs + 1, 4)], 1)",
        "y[obs] ~ Normal(mu[z[0]] + mu[z[mod(obs + 1, 4)]], 1)",
    ),
    "summed": ("eta[obs] = mu[z]\ny[obs] ~ Normal(sum(eta), 1)", "y[obs] ~ Normal(sum(mu[z[obs]], obs), 1)"),
    "in pieces": (
        "eta[obs] = mu[z[obs]] where obs > 1\neta[obs] = 2 * mu[0] + s where obs == 1\neta[0] = mu[2]\n"
        "y[obs] ~ Normal(eta, 1)",
        "y[obs] ~ Normal(mu[z[obs]], 1) where obs > 1\ny[1] ~ Normal(2 * mu[0] + s, 1)\ny[0] ~ Normal(mu[2], 1)",
    ),
    "the same at all places": (
        "eta[k] = 1.5 * s\nl[k] = log_softmax(eta, k)\ny[obs] ~ Normal(l[0], 1)",
        "y[obs] ~ Normal(-log(3), 1)",
    ),
    "over an empty range": (
        "eta[obs] = mu[z]\ny[obs] ~ Normal(sum(eta[s], s in 0..obs - 1), 1) where obs < 1\n"
        "y[obs] ~ Normal(eta, 1) where obs >= 1",
        "y[obs] ~ Normal(0, 1) where obs < 1\ny[obs] ~ Normal(mu[z], 1) where obs >= 1",
    ),
    "selected by a value": (
        "eta[k] = mu[k] * s\ny[obs] ~ Normal(eta[z], 1)",
        "y[obs] ~ Normal(mu[z] * s, 1)",
    ),
    "a matrix": (
        "C[i in obs, j in obs] = (i == j) * (1 + s) + 0.1\ny[obs] ~ MultiNormal(0, cov = C)",
        "let A[i in obs, j in obs] = (i == j) + 0.1\nlet B[i in obs, j in obs] = 2 * (i == j) + 0.1\n"
        "factor if s == 1 then log_prob(MultiNormal(0, cov = B), y) else log_prob(MultiNormal(0, cov = A), y)",
    ),
}
Y = {"y": [0.3, -1.2, 2.0, 0.7], "k": 3}


@pytest.mark.parametrize("name", PAIRS)
def test_a_definition_is_what_it_stands_for(name):
    one, other = (ppl.model(HEAD + text).bind(Y).log_joint for text in PAIRS[name])
    z = np.random.default_rng(3).normal(size=(5, one.layout.size))
    start = {slot.name: slot.start for slot in other.layout}
    columns = np.concatenate([start[s.name] + np.arange(s.stop - s.start) for s in one.layout])
    values, slopes = other.value_and_grad(z[:, np.argsort(columns)])
    got, got_slopes = one.value_and_grad(z)
    assert got == pytest.approx(values, rel=1e-11)
    assert got_slopes == pytest.approx(slopes[:, columns], rel=1e-10, abs=1e-11)


def weight(values, y, clusters, kind):
    """The log weight of an assignment, by hand; `values` is one number for every element of `c` and `z`."""
    c, z = np.array(values[:clusters]), np.array(values[clusters:])
    total = binom.logpmf(c, 2, 0.3).sum() - len(z) * np.log(clusters)
    if kind == "one by another":
        return total + norm.logpdf(y, c[z], 1).sum()
    if kind == "by two":
        return total + norm.logpdf(y, c[z] - c[np.roll(z, -1)], 1).sum()
    return total + norm.logpdf(y, c[c[z]], 1).sum()


SELECTING = {
    "one by another": "y[obs] ~ Normal(c[z], 1)",
    "by two": "y[obs] ~ Normal(c[z] - c[z[mod(obs + 1, 3)]], 1)",
    "by itself": "y[obs] ~ Normal(c[c[z]], 1)",
}


@pytest.mark.parametrize("kind", SELECTING)
def test_finite_latents_select_elements_of_each_other(kind):
    text = f"""
dim obs, k
data y[obs]: real
c[k] ~ Binomial(2, 0.3)
z[obs] ~ Categorical(logits = 0 * k)
{SELECTING[kind]}
"""
    y = np.array([0.3, 1.8, -0.4])
    log_joint = ppl.model(text).bind({"y": y, "k": 3}).log_joint
    logs = [weight(v, y, 3, kind) for v in itertools.product(range(3), repeat=6)]
    assert log_joint(np.zeros((1, 0)))[0] == pytest.approx(np.logaddexp.reduce(logs), rel=1e-12)


def test_values_that_make_the_data_impossible_are_excluded():
    text = "dim obs\ndata y[obs]: int\nn ~ DiscreteUniform(1, 10)\ny[obs] ~ Binomial(n, 0.4)"
    y = np.array([3, 5])
    logs = [np.log(0.1) + binom.logpmf(y, n, 0.4).sum() for n in range(1, 11)]
    assert ppl.model(text).bind({"y": y}).log_prob({}) == pytest.approx(np.logaddexp.reduce(logs), rel=1e-12)


def test_draws_of_the_prior_and_of_predictions_follow_the_definition():
    text = (
        HEAD
        + "eta[obs] = mu[z] + 100 * s\ny[obs] ~ Normal(eta, 0.001)\npredict again[obs] ~ Normal(eta, 0.001)"
    )
    bound = ppl.model(text).bind(Y)
    drawn = bound.prior(draws=50, seed=1)
    eta = np.take_along_axis(drawn["mu"], drawn["z"].astype(int), axis=1) + 100 * drawn["s"][:, None]
    assert drawn["eta"] == pytest.approx(eta)
    assert drawn["again"] == pytest.approx(eta, abs=0.01)
    assert set(np.unique(drawn["s"])) == {0, 1}


ROWS = "dim obs\ndata y[obs]: real\nz[obs] ~ Bernoulli(0.3)\n"


@pytest.mark.parametrize(
    ("text", "code", "what"),
    [
        (ROWS + "x[obs] ~ Uniform(0, 1 + z)\ny[obs] ~ Normal(x, 1)", "E502", "an end of `x` is made of `z`"),
        (ROWS + "x[obs] ~ Normal(0, 1) > z\ny[obs] ~ Normal(x, 1)", "E502", "an end of `x` is made of `z`"),
        (ROWS + "c[obs] ~ Bernoulli(0.2)\ny[obs] ~ Normal(c[z - 1], 1)", "E414", "this index of `c` is -1"),
        (
            ROWS + "a[obs] ~ Binomial(999, 0.5)\nb[obs] ~ Binomial(999, 0.5)\ny[obs] ~ Normal(a + b + z, 1)",
            "E503",
            "3 elements of `a` and `b` and `z` stand in one row here",
        ),
    ],
)
def test_what_cannot_be_summed_is_refused(text, code, what):
    with pytest.raises(PplError) as caught:
        ppl.model(text).bind({"y": [0.1, 0.2]})
    assert caught.value.diagnostics[0].code == code
    assert what in caught.value.diagnostics[0].message
