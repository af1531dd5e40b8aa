"""Gaussian rows about an affine mean, compressed: the same log density, whoever asks, and only where it is one."""

import autograd.numpy as anp
import numpy as np
import pytest

import ppl
from ppl.log_joint import gaussian_rows

N = 1500
RNG = np.random.default_rng(4)
X = RNG.standard_normal((N, 3))
DATA = {"x": X, "g": RNG.integers(0, 4, N), "y": 50 + X @ [1.0, 2.0, -1.0] + 0.3 * RNG.standard_normal(N)}
HEAD = "dim obs, feature, group\ndata x[obs, feature]: real\ndata g[obs]: group\ndata y[obs]: real\n"
LINE = "a ~ Normal(0, 50)\nbeta[feature] ~ Normal(0, 5)\n"
SIGMA = "s ~ HalfNormal(2)\n"

COMPRESSED = {
    "regression": LINE + SIGMA + "y[obs] ~ Normal(a + x @ beta, s)",
    "known_scale": LINE + "y[obs] ~ Normal(a + x @ beta, 0.3)",
    "groups": SIGMA
    + "mu ~ Normal(0, 50)\ntau ~ HalfNormal(1)\nb[group] ~ Normal(mu, tau)\ny[obs] ~ Normal(b[g], s)",
    "positive_slope": SIGMA + "a ~ Normal(0, 50)\nk ~ HalfNormal(1)\ny[obs] ~ Normal(a + k * x[obs, 0], s^2)",
    "params": "param a: real\nparam s: real > 0\nbeta[feature] ~ Normal(0, 5)\ny[obs] ~ Normal(a + x @ beta, s)",
    "a_part": LINE
    + SIGMA
    + "y[obs] ~ Normal(a + x @ beta, s) where g > 0\ny[obs] ~ Normal(a, 3) where g == 0",
    "offset": LINE + SIGMA + "let o[obs] = 3 * x[obs, 0]^2\ny[obs] ~ Normal(a + x @ beta + o, s)",
}
PLAIN = {
    "product": LINE + SIGMA + "y[obs] ~ Normal(a + beta[0] * beta[1], s)",
    "row_scales": LINE + "t[obs] ~ HalfNormal(1)\ny[obs] ~ Normal(a + x @ beta, t)",
    "curved": LINE + SIGMA + "y[obs] ~ Normal(exp(a) + x @ beta, s)",
    "own_unknowns": SIGMA + "b[obs] ~ Normal(0, 1)\ny[obs] ~ Normal(b, s)",
    "cut": LINE + SIGMA + "y[obs] ~ Normal(a + x @ beta, s) > 0",
}


def log_joints(text, monkeypatch):
    """The log joint as it is compiled, and row by row."""
    model = ppl.model(f"{HEAD}{text}\n")
    short = model.bind(DATA).log_joint
    monkeypatch.setattr(gaussian_rows, "FEWEST", 10 * N)
    return short, model.bind(DATA).log_joint


def is_compressed(short, long):
    return [s.id for s in short.slots["y"]] != [s.id for s in long.slots["y"]]


@pytest.mark.parametrize("name", COMPRESSED)
def test_it_is_the_same_log_density(name, monkeypatch):
    short, long = log_joints(COMPRESSED[name], monkeypatch)
    assert is_compressed(short, long)
    z = np.random.default_rng(1).standard_normal((20, long.layout.size)) * 2
    w = long.start_params + 0.4 if len(long.start_params) else None
    np.testing.assert_allclose(short(z, w), long(z, w), rtol=1e-12)
    np.testing.assert_allclose(short.terms(z, w)["y"], long.terms(z, w)["y"], rtol=1e-12)
    for one, other in zip(short.value_and_grad(z, w), long.value_and_grad(z, w), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.max(np.abs(other)))


@pytest.mark.parametrize("name", PLAIN)
def test_other_rows_stay(name, monkeypatch):
    short, long = log_joints(PLAIN[name], monkeypatch)
    assert not is_compressed(short, long)


def test_few_rows_stay():
    model = ppl.model(f"{HEAD}{COMPRESSED['regression']}\n")
    few = {**{k: v[:200] for k, v in DATA.items()}}
    lengths = {step.function.__name__ for step in model.bind(few).log_joint.tape.steps}
    assert "total" not in lengths


def test_a_fit_has_its_rows_and_predictions_all_the_same():
    source = f"{HEAD}{COMPRESSED['regression']}\npredict again[obs] ~ Normal(a + x @ beta, s)\n"
    f = ppl.model(source).fit(DATA)
    rows = f.log_likelihood(20)["y"]
    assert rows.shape == (20, N)
    at = f.draws(20)
    direct = -0.5 * ((DATA["y"] - at["a"][:, None] - at["beta"] @ X.T) / at["s"][:, None]) ** 2
    expected = direct - np.log(at["s"])[:, None] - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(rows, expected, rtol=1e-9, atol=1e-12)
    assert f.predict(draws=3)["again"].shape == (3, N)
    design = np.column_stack([np.ones(N), X])
    np.testing.assert_allclose(
        np.append(f.mean("a"), f.mean("beta")), np.linalg.lstsq(design, DATA["y"], rcond=None)[0], atol=5e-3
    )


def test_what_it_costs_does_not_grow_with_the_rows():
    source = f"{HEAD}{COMPRESSED['regression']}\n"
    many = {
        "x": RNG.standard_normal((60 * N, 3)),
        "g": RNG.integers(0, 4, 60 * N),
        "y": RNG.standard_normal(60 * N),
    }
    log_joint = ppl.model(source).bind(many).log_joint
    z = RNG.standard_normal((4, log_joint.layout.size))
    sizes = [np.size(v) for v in log_joint.tape.run({log_joint.z.id: z}, list(log_joint.slots["y"]))]
    assert sizes == [4]
    touched = _touched(log_joint)
    assert max(touched) < 100


def _touched(log_joint):
    """The sizes of all values that are made on the way to the likelihood."""
    values = {log_joint.z.id: anp.zeros((1, log_joint.layout.size)), **log_joint.tape.constants}
    plan = log_joint.tape._plan(
        frozenset([log_joint.z.id, log_joint.w.id]), tuple(s.id for s in log_joint.slots["y"])
    )
    for step in plan:
        values[step.out] = step.function(*(values[i] for i in step.args))
    return [np.size(values[step.out]) for step in plan]


def test_many_draws_of_many_rows_are_taken_in_parts(monkeypatch):
    short, long = log_joints(COMPRESSED["regression"], monkeypatch)
    z = np.random.default_rng(2).standard_normal((long.at_once + 7, long.layout.size))
    assert 1 < long.at_once < len(z)
    for log_joint in (short, long):
        whole = log_joint(z)
        assert whole.shape == (len(z),)
        np.testing.assert_allclose(whole[-7:], log_joint(z[-7:]), rtol=1e-13)
        np.testing.assert_allclose(sum(log_joint.terms(z).values()), whole, rtol=1e-12)
