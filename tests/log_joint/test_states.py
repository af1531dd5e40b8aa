"""Finite latents after the fit: their posterior and their best assignment, against the sum over all assignments."""

import itertools

import numpy as np
import pytest

import ppl
from ppl.log_joint.states import moments, most_probable, probabilities

CHAIN = """
dim time
dim state = 3
data y[time]: real
P[from in state, to in state] ~ Dirichlet(1)
mu[state] ~ Normal(0, 3)
z[time] ~ Categorical(P[0]) where time == 0
z[time] ~ Categorical(P[z[time - 1]]) where time > 0
y[time] ~ Normal(mu[z], 1)
"""
LOOP = """
dim node, edge
data a[edge], b[edge]: node
data field[node]: real
latent s[node]: {-1, 1}
factor 0.7 * s[a] * s[b]
factor field * s
"""
TWO = """
dim row
data y[row]: real
p ~ Beta(2, 2)
u[row] ~ Bernoulli(p)
v[row] ~ Binomial(2, 0.4)
y[row] ~ Normal(u + v, 0.5)
"""


def weights(name, log_joint, z):
    """The log joint of every assignment, from the model's own numbers, written out by hand."""
    found = log_joint.constrain(z)
    data = log_joint.bound.data
    if name == "chain":
        P, mu, y = found["P"][0], found["mu"][0], data["y"]
        for path in itertools.product(range(3), repeat=len(y)):
            total = np.log(P[0, path[0]]) + sum(np.log(P[a, b]) for a, b in itertools.pairwise(path))
            yield path, total - 0.5 * sum((y - mu[list(path)]) ** 2)
    elif name == "loop":
        for spins in itertools.product((-1, 1), repeat=len(data["field"])):
            s = np.array(spins)
            yield spins, np.sum(0.7 * s[data["a"]] * s[data["b"]]) + np.sum(data["field"] * s)
    else:
        p, y = found["p"][0], data["y"]
        prior = np.log([0.36, 0.48, 0.16])
        for u, v in itertools.product(
            itertools.product((0, 1), repeat=len(y)), itertools.product(range(3), repeat=len(y))
        ):
            total = np.sum(np.where(u, np.log(p), np.log1p(-p))) + prior[list(v)].sum()
            yield u + v, total - 0.5 * np.sum(((y - np.array(u) - np.array(v)) / 0.5) ** 2)


CASES = {
    "chain": (CHAIN, {"y": [0.3, -1.0, 2.0, 0.1, 0.4]}, ["z"]),
    "loop": (LOOP, {"a": [0, 1, 2, 3, 0], "b": [1, 2, 3, 0, 2], "field": [0.1, -0.2, 0.4, 0.3]}, ["s"]),
    "two": (TWO, {"y": [0.9, 2.2, 1.4]}, ["u", "v"]),
}


@pytest.mark.parametrize("name", CASES)
def test_posterior_and_best_assignment(name):
    text, data, latents = CASES[name]
    log_joint = ppl.model(text).bind(data).log_joint
    z = 0.5 * np.random.default_rng(1).standard_normal((1, log_joint.layout.size))
    paths, logs = zip(*weights(name, log_joint, z), strict=True)
    logs = np.array(logs)
    shares = np.exp(logs - np.logaddexp.reduce(logs))
    best = most_probable(log_joint, z)
    assert [int(v) for latent in latents for v in best[latent][0]] == list(paths[int(np.argmax(logs))])
    found = probabilities(log_joint, z)
    column = 0
    for latent in latents:
        values = log_joint.low.enumeration.finite[latent].values
        for element in found[latent][0]:
            expected = [
                sum(s for s, path in zip(shares, paths, strict=True) if path[column] == v) for v in values
            ]
            assert element == pytest.approx(expected, abs=1e-12)
            column += 1


def test_the_sum_itself():
    text, data, _ = CASES["loop"]
    log_joint = ppl.model(text).bind(data).log_joint
    _, logs = zip(*weights("loop", log_joint, np.zeros((1, 0))), strict=True)
    assert log_joint(np.zeros((1, 0)))[0] == pytest.approx(np.logaddexp.reduce(logs), rel=1e-13)
    assert "summed out exactly" in str(log_joint.sums[0])


def test_ordered_categories_are_one_more_than_their_cutpoints():
    text = """
dim obs
dim cut = 2
data y[obs]: real
c[cut] ~ Normal(0, 2) ordered
z[obs] ~ OrderedLogistic(0.3, c)
y[obs] ~ Normal(z, 1)
"""
    y, c = np.array([0.2, 1.5, 2.2]), np.array([-1.0, 0.8])
    bound = ppl.model(text).bind({"y": y})
    edges = 1 / (1 + np.exp(-(0.3 - c)))
    shares = -np.diff(np.concatenate([[1.0], edges, [0.0]]))
    densities = np.exp(-0.5 * (y[:, None] - np.arange(3)) ** 2) / np.sqrt(2 * np.pi)
    assert bound.terms({"c": c})["y"] == pytest.approx(np.log(densities @ shares).sum(), rel=1e-12)


def test_moments_of_definitions():
    text = CHAIN + (
        "eta[time] = mu[z[time]] + z[time - 1] where time > 0\neta[0] = 2 * mu[1]\n"
        "let hidden[time] = mu[z]\nall_of = sum(z, time)\nscaled[time] = mu[0] * time\n"
    )
    log_joint = ppl.model(text).bind(CASES["chain"][1]).log_joint
    z = 0.5 * np.random.default_rng(1).standard_normal((2, log_joint.layout.size))
    found = moments(log_joint, z)
    assert set(found) == {"eta", "all_of"}
    for k in range(2):
        mu = log_joint.constrain(z)["mu"][k]
        paths, logs = zip(*weights("chain", log_joint, z[k : k + 1]), strict=True)
        paths, shares = np.array(paths), np.exp(np.array(logs) - np.logaddexp.reduce(logs))
        eta = np.column_stack([np.full(len(paths), 2 * mu[1]), mu[paths[:, 1:]] + paths[:, :-1]])
        for name, values in (("eta", eta), ("all_of", paths.sum(axis=1))):
            for power, moment in enumerate(found[name], start=1):
                assert moment[k] == pytest.approx(shares @ values**power, rel=1e-10)


def test_definitions_are_reported_with_mean_and_sd():
    text = "dim obs\ndata y[obs]: real\nz[obs] ~ Bernoulli(0.4)\neta[obs] = 3.0 * z\ny[obs] ~ Normal(eta, 1)"
    y = np.array([0.2, 1.4, 2.9])
    fit = ppl.model(text).fit({"y": y})
    odds = 0.4 * np.exp(-0.5 * (y - 3) ** 2), 0.6 * np.exp(-0.5 * y**2)
    p = odds[0] / (odds[0] + odds[1])
    assert fit["eta"].mean == pytest.approx(3 * p, rel=1e-10)
    assert fit["eta"].sd == pytest.approx(3 * np.sqrt(p * (1 - p)), rel=1e-8)
    assert "mean and sd are known, and no quantiles" in str(fit)
