"""Guides of finite latents: bounds below the exact sum, exact where the posterior is in the family."""

import sys
from pathlib import Path

import numpy as np
import pytest
from autograd import value_and_grad
from scipy.optimize import minimize

import ppl
from ppl.diagnostic import PplError
from ppl.log_joint.states import most_probable, probabilities

sys.path.insert(0, str(Path(__file__).parents[1] / "generated"))
from programs import finite_program

ROUNDING = 1e-10


def compiled(text, data, *names):
    """The log joint with guides for some finite latents."""
    return (
        ppl.model(text + (f"\nguide {', '.join(names)}: categorical" if names else "")).bind(data).log_joint
    )


def optimum(log_joint, z):
    """The largest bound at a point z (1, D), by its logits."""
    count = log_joint.param_layout.size

    def loss(logits):
        w = np.concatenate([log_joint.start_params[:count], logits]) if count else logits
        return -log_joint(z, w)[0]

    found = minimize(value_and_grad(loss), log_joint.start_params[count:], jac=True, method="L-BFGS-B")
    return -found.fun, found.x


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["independent", "plates", "chain", "tree", "loop", "nested"])
def test_never_above_the_sum(kind):
    rng, apart = np.random.default_rng(4), []
    for seed in range(40, 45):
        generated = finite_program(seed, kind)
        exact = compiled(generated.text, generated.data)
        names = [n for n in exact.low.enumeration.finite if exact.bound.graph.variables[n].role == "latent"]
        z = 0.5 * rng.normal(size=(3, exact.layout.size))
        for guided in (names, names[:1]):
            bound = compiled(generated.text, generated.data, *guided)
            P = bound.param_layout.size
            for spread in (0.0, 1.0, 5.0):
                w = np.concatenate(
                    [bound.start_params[:P], spread * rng.normal(size=bound.tuned_layout.size)]
                )
                gap = exact(z, exact.start_params) - bound(z, w)
                assert np.all(gap >= -ROUNDING * (1 + np.abs(exact(z, exact.start_params)))), generated.text
                apart += gap.tolist()
    assert np.median(apart) > 0.01


MIXTURE = """
dim obs, k
data y[obs]: real
mu[k] ~ Normal(0, 3)
w[k] ~ Dirichlet(1)
z[obs] ~ Categorical(w)
y[obs] ~ Normal(mu[z], 1)
"""
Y = {"y": [0.3, -1.2, 2.0, 0.7], "k": 3}


def test_exact_where_the_latents_are_independent_given_the_data():
    exact, bound = compiled(MIXTURE, Y), compiled(MIXTURE, Y, "z")
    z = np.random.default_rng(1).normal(size=(1, exact.layout.size))
    best, logits = optimum(bound, z)
    assert best == pytest.approx(exact(z)[0], abs=1e-8)
    found, wanted = (probabilities(m, z, w)["z"] for m, w in ((bound, logits), (exact, None)))
    assert found == pytest.approx(wanted, abs=1e-4)
    assert np.array_equal(most_probable(bound, z, logits)["z"], most_probable(exact, z)["z"])


def test_slopes_in_draws_and_in_logits():
    bound = compiled(MIXTURE, Y, "z")
    rng = np.random.default_rng(2)
    z, w = rng.normal(size=(1, bound.layout.size)), rng.normal(size=bound.start_params.shape)
    for function, at in ((lambda w: bound(z, w)[0], w), (lambda z: bound(z[None], w)[0], z[0])):
        slope = value_and_grad(function)(at)[1]
        step = 1e-5
        for k, direction in enumerate(np.eye(len(at))):
            apart = function(at + step * direction) - function(at - step * direction)
            assert slope[k] == pytest.approx(apart / (2 * step), rel=1e-6, abs=1e-8)


ISING = """
dim node, edge
data a[edge], b[edge]: node
data J, h: real
latent s[node]: {-1, 1}
factor J * s[a] * s[b]
factor h * s
"""


def lattice(side, J, h):
    node = np.arange(side * side).reshape(side, side)
    right, down = (node[:, :-1], node[:, 1:]), (node[:-1], node[1:])
    a, b = (np.concatenate([right[k].ravel(), down[k].ravel()]).tolist() for k in (0, 1))
    return {"a": a, "b": b, "node": side * side, "J": J, "h": h}


def transfer(side, J, h):
    """log Z of the square lattice, row by row."""
    rows = 1 - 2 * ((np.arange(2**side)[:, None] >> np.arange(side)) & 1)
    within = J * np.sum(rows[:, 1:] * rows[:, :-1], axis=1) + h * rows.sum(axis=1)
    between, logs = J * rows @ rows.T, within
    for _ in range(side - 1):
        logs = np.logaddexp.reduce(logs[:, None] + between, axis=0) + within
    return np.logaddexp.reduce(logs)


def magnetised(side, J, h):
    """The bound at the solution of the mean-field equations m_i = tanh(J sum_j m_j + h), by their iteration."""
    m = np.full((side, side), 0.5)
    for _ in range(5000):
        near = np.zeros_like(m)
        near[1:] += m[:-1]
        near[:-1] += m[1:]
        near[:, 1:] += m[:, :-1]
        near[:, :-1] += m[:, 1:]
        m = np.tanh(J * near + h)
    p = (1 + m) / 2
    energy = J * (np.sum(m[1:] * m[:-1]) + np.sum(m[:, 1:] * m[:, :-1])) + h * np.sum(m)
    return energy - np.sum(p * np.log(p) + (1 - p) * np.log1p(-p))


@pytest.mark.parametrize(("J", "h"), [(0.1, 0.2), (0.35, 0.3)])
def test_ising_lattice(J, h):
    data = lattice(8, J, h)
    exact = compiled(ISING, data)(np.zeros((1, 0)))[0]
    assert exact == pytest.approx(transfer(8, J, h), rel=1e-12)
    best, _ = optimum(compiled(ISING, data, "s"), np.zeros((1, 0)))
    assert best < exact
    assert best == pytest.approx(magnetised(8, J, h), abs=1e-5)


def test_the_rest_of_a_group_is_summed_out_exactly():
    """Two chains behind one series: with a guide for one of them the bound is tighter than with both."""
    text = """
dim time
data y[time]: real
u[time] ~ Bernoulli(0.4) where time == 0
u[time] ~ Bernoulli(0.1 + 0.7 * u[time - 1]) where time > 0
v[time] ~ Bernoulli(0.4) where time == 0
v[time] ~ Bernoulli(0.2 + 0.6 * v[time - 1]) where time > 0
y[time] ~ Normal(u + 2 * v, 0.7)
"""
    data, z = {"y": [0.1, 1.2, 2.8, 2.9, 0.4]}, np.zeros((1, 0))
    one, both = (compiled(text, data, *names) for names in (("u",), ("u", "v")))
    exact = compiled(text, data)(z)[0]
    assert optimum(both, z)[0] < optimum(one, z)[0] - 1e-3
    assert optimum(one, z)[0] < exact - 1e-3
    assert "1 chain of up to 5 by the forward recursion" in str(one.sums[0])
    assert "`u`: 5 finite values, each under probabilities of its own" in str(one.sums[0])


def test_impossible_values_have_no_probability():
    text = "dim obs\ndata y[obs]: int?\ndata x[obs]: real\ny[obs] ~ Binomial(2, 0.4)\nx[obs] ~ Normal(y, 1)"
    data, z = {"y": [1, None, 2], "x": [0.3, 0.8, 1.1]}, np.zeros((1, 0))
    bound = compiled(text, data, "y")
    best, logits = optimum(bound, z)
    assert best == pytest.approx(compiled(text, data)(z)[0], abs=1e-8)
    assert probabilities(bound, z, logits)["y"][0, [0, 2]].tolist() == [[0, 1, 0], [0, 0, 1]]


def test_what_is_reported():
    text = "dim obs\ndata y[obs]: real\np ~ Beta(2, 2)\nz[obs] ~ Bernoulli(p)\ny[obs] ~ Normal(3 * z, 1)\n"
    fit, exact = (ppl.model(text + more).fit(Y) for more in ("guide z: categorical", ""))
    assert fit.states["z"].guided
    assert fit.states["z"].probabilities == pytest.approx(exact.states["z"].probabilities, abs=0.1)
    assert fit.elbo < exact.log_evidence.estimate - 0.05
    assert (fit.log_evidence.high, fit.log_evidence.method) == (None, "bound")
    assert fit.verdict == "usable with corrections"
    assert "z, under its guide: the probability of each value" in str(fit)


def test_values_that_exclude_each_other_are_refused():
    text = ISING + "factor if s[0] == 1 and s[1] == 1 then log(0) else 0"
    with pytest.raises(PplError, match=r"E504.*some values of `s\[0\]` and `s\[1\]` exclude each other"):
        compiled(text, lattice(2, 0.1, 0.0), "s")


def test_above_the_cap_the_message_names_the_way_out():
    data = lattice(24, 0.3, 0.1)
    with pytest.raises(PplError, match=r"E503.*summing out(.|\n)*`guide s: categorical`"):
        compiled(ISING, data)
    fit = ppl.model(ISING + "guide s: categorical").fit(data)
    assert fit.elbo == pytest.approx(magnetised(24, 0.3, 0.1), abs=1e-3)
