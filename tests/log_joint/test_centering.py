"""Centerings change the coordinates and nothing else, whatever their numbers: densities, evidence, inverses, slopes."""

from dataclasses import replace

import numpy as np
import pytest

import ppl
from ppl.log_joint import compile_log_joint

HYPER = "mu ~ Normal(0, 3)\ntau ~ HalfCauchy(2)\n"
GROUPS = "dim g\ndata y[g]: real\n" + HYPER
NESTED = f"""
dim g, h
data y[g, h]: real
{HYPER}
m[g] ~ StudentT(4, mu, tau)
s[h] ~ LogNormal(mu / 5, tau / 3)
theta[g, h] ~ Normal(m, s)
y[g, h] ~ Normal(theta, 1)
"""
AUTOREGRESSION = f"""
dim time
data y[time]: real
{HYPER}
x[time] ~ Normal(mu, 1) where time == 0
x[time] ~ Normal(mu + 0.8 * (x[time - 1] - mu), tau) where time > 0
y[time] ~ Normal(x, 1)
"""
LANES = f"""
dim unit, time
data y[unit, time]: real
{HYPER}
s[unit] ~ LogNormal(0, tau)
x[unit, time] ~ Normal(0, 1) where time <= 1
x[unit, time] ~ Normal(0.8 * x[unit, time - 1] - 0.1 * x[unit, time - 2]^2, s) where time > 1
y[unit, time] ~ Normal(x, 1)
"""
CURVE = f"""
dim g
data x[g], y[g]: real
{HYPER}
K[i in g, j in g] = gp_exp_quad(x[i], x[j], tau, 1.5) + (if i == j then 0.1 else 0)
f[g] ~ MultiNormal(mu, cov = K)
y[g] ~ Normal(f, 1)
"""
SLOPES = f"""
dim g, k
data y[k, g]: real
{HYPER}
m[g] ~ Normal(mu, 1)
L[i in g, j in g] = if i > j then tau / 3 else if i == j then tau else 0
b[k, g] ~ MultiNormal(m, chol = L)
y[k, g] ~ Normal(b, 1)
"""
MAP = f"""
dim g
data y[g]: real
data W[i in g, j in g]: real
{HYPER}
f[g] ~ CAR(mu, tau, 0.5, W)
y[g] ~ Normal(f, 1)
"""
Y, Z = [1.0, 2.0, 3.0], [[1.0, 2.0, 3.0, 0.5], [0.0, 1.0, 2.0, -1.0]]
CASES = {
    "groups": (GROUPS + "theta[g] ~ Normal(mu, tau)\ny[g] ~ Normal(theta, 1)\n", {"y": Y}),
    "scalar": (HYPER + "x ~ Gumbel(mu, tau)\n", None),
    "nested": (NESTED, {"y": Z}),
    "logit": (GROUPS + "p[g] ~ LogitNormal(mu, tau)\ny[g] ~ Normal(p, 1)\n", {"y": Y}),
    "pieces": (
        GROUPS
        + "t[g] ~ Normal(mu, tau) where g > 0\nt[g] ~ Normal(0, 3) where g == 0\ny[g] ~ Normal(t, 1)\n",
        {"y": Y},
    ),
    "autoregression": (AUTOREGRESSION, {"y": Z[0]}),
    "lanes": (LANES, {"y": Z}),
    "zero sum": (GROUPS + "f[g] ~ ZeroSumNormal(tau)\ny[g] ~ Normal(f + mu, 1)\n", {"y": Y}),
    "walk": (GROUPS + "f[g] ~ GaussianRandomWalk(tau)\ny[g] ~ Normal(f + mu, 1)\n", {"y": Y}),
    "curve": (CURVE, {"y": Y, "x": [0.0, 1.0, 2.0]}),
    "slopes": (SLOPES, {"y": [Y, Y]}),
    "map": (MAP, {"y": Y, "W": [[0, 1, 0], [1, 0, 1], [0, 1, 0]]}),
}


def with_numbers(log_joint, numbers):
    return replace(log_joint, coordinates=replace(log_joint.coordinates, numbers=np.asarray(numbers)))


def both(name, seed=0):
    """The log joint as it is written, and with random centerings and units."""
    text, data = CASES[name]
    plain = ppl.model(text).bind(data).log_joint
    opened = compile_log_joint(plain.bound, {})
    rng = np.random.default_rng(seed)
    z = 0.5 * rng.normal(size=(4, plain.layout.size))
    return plain, with_numbers(opened, rng.uniform(0, 1, opened.coordinates.numbers.shape)), z


def moved(log_joint, plain, z):
    """The same values in the coordinates of the text."""
    values = log_joint.constrain(z)
    return plain.unconstrain({slot.name: values[slot.name] for slot in plain.layout})


@pytest.mark.parametrize("name", CASES)
def test_densities_are_those_of_the_text(name):
    plain, opened, z = both(name)
    assert opened.coordinates.centred
    there = moved(opened, plain, z)
    assert np.ptp(there - z) > 0.01
    before, after = plain.terms(there), opened.terms(z)
    for term in set(before) - {"log_jacobian"}:
        np.testing.assert_allclose(after[term], before[term], rtol=1e-10, atol=1e-10)
    D, h = plain.layout.size, 1e-5
    for row in range(len(z)):
        steps = np.repeat(z[row : row + 1], 2 * D, axis=0) + h * np.concatenate([np.eye(D), -np.eye(D)])
        ends = moved(opened, plain, steps)
        jacobian = np.linalg.slogdet((ends[:D] - ends[D:]).T / (2 * h))[1]
        grown = after["log_jacobian"][row] - before["log_jacobian"][row]
        assert grown == pytest.approx(jacobian, abs=1e-7)


@pytest.mark.parametrize("name", CASES)
def test_unconstrain_is_the_inverse(name):
    plain, opened, z = both(name)
    values = opened.constrain(z)
    again = opened.unconstrain({slot.name: values[slot.name] for slot in plain.layout})
    np.testing.assert_allclose(again, z, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_slopes(name):
    _, opened, z = both(name)
    _, slope = opened.value_and_grad(z)
    h = 1e-5
    for k, step in enumerate(h * np.eye(z.shape[1])):
        rise = (opened(z + step) - opened(z - step)) / (2 * h)
        np.testing.assert_allclose(rise, slope[:, k], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_centered_is_as_written(name):
    plain, opened, z = both(name)
    np.testing.assert_array_equal(with_numbers(opened, np.ones_like(opened.coordinates.numbers))(z), plain(z))
    pinned = compile_log_joint(plain.bound, dict.fromkeys(opened.coordinates.centred, 1.0))
    assert not pinned.coordinates.centred
    np.testing.assert_array_equal(pinned(z), plain(z))


def test_standardised_is_standard():
    _, opened, z = both("groups")
    zero = with_numbers(opened, np.zeros_like(opened.coordinates.numbers))
    values = zero.constrain(z)
    expected = values["mu"][:, None] + values["tau"][:, None] * z[:, zero.layout["theta"].columns]
    np.testing.assert_allclose(values["theta"], expected, rtol=1e-14)


@pytest.mark.parametrize("c", [0.0, 0.37, 1.0])
def test_evidence_is_the_same(c):
    # tau and theta by the trapezoidal rule, which is exact to rounding for densities that die out like these.
    text = "data y: real\ntau ~ LogNormal(0, 0.5)\ntheta ~ Normal(2, tau)\ny ~ Normal(theta, 0.7)\n"
    log_joint = compile_log_joint(ppl.model(text).bind({"y": 1.3}).log_joint.bound, {"theta": c})
    first, h = np.linspace(-6, 6, 401), np.linspace(-60, 70, 4001)
    cells = np.stack(np.meshgrid(first, h, indexing="ij"), axis=-1).reshape(-1, 2)
    evidence = np.sum(np.exp(log_joint(cells))) * (first[1] - first[0]) * (h[1] - h[0])
    tau = np.exp(0.5 * np.linspace(-9, 9, 4001))
    rest = np.exp(-0.5 * (1.3 - 2) ** 2 / (tau**2 + 0.49)) / np.sqrt(2 * np.pi * (tau**2 + 0.49))
    weights = np.exp(-0.5 * np.linspace(-9, 9, 4001) ** 2) / np.sqrt(2 * np.pi)
    assert evidence == pytest.approx(np.sum(rest * weights) * (18 / 4000), rel=1e-8)


@pytest.mark.parametrize(
    "statement",
    [
        "theta[g] ~ Normal(0, 2)",  # neither location nor scale is latent
        "theta[g] ~ Normal(m, 2)",  # it is learned, and has one value
        "theta[g] ~ Normal(mu, tau) > 0",
        "theta[g] ~ Normal(mu, tau) ordered",
        "theta[g] ~ Gamma(tau, 1)",
        "theta[g] ~ Normal(a[k], 1)",  # it is summed out
    ],
)
def test_what_has_no_centering(statement):
    text = (
        GROUPS
        + "param m: real\ndim j = 2\nk ~ Bernoulli(0.5)\na[j] ~ Normal(0, 1)\n"
        + f"{statement}\ny[g] ~ Normal(theta, 1)\n"
    )
    bound = ppl.model(text).bind({"y": Y}).log_joint.bound
    assert "theta" not in compile_log_joint(bound, {}).coordinates.centred


def test_a_guide_of_ones_own_has_no_centering():
    text = CASES["groups"][0] + "guide theta[g] ~ Normal(y, 1)\n"
    log_joint = ppl.model(text).bind({"y": Y}).log_joint
    assert not compile_log_joint(log_joint.bound, {}).coordinates.centred


def test_a_path_by_its_future_has_no_centering():
    text = AUTOREGRESSION.replace("[time - 1]", "[time + 1]").replace("== 0", "== 3").replace("> 0", "< 3")
    log_joint = ppl.model(text).bind({"y": Z[0]}).log_joint
    assert not compile_log_joint(log_joint.bound, {}).coordinates.centred


def test_data_say_how_far():
    # y informs the last group alone: 1 - B = n tau² / (n tau² + sigma²) with tau near 1.
    text = GROUPS.replace("data y[g]: real", "data y[g], s[g]: real") + (
        "theta[g] ~ Normal(mu, 1 + 0.01 * tau)\ny[g] ~ Normal(theta, s)\n"
    )
    plain = ppl.model(text).bind({"y": [0.0, 0.0, 0.0], "s": [100.0, 1.0, 0.1]}).log_joint
    opened = compile_log_joint(plain.bound, {})
    zero = with_numbers(opened, np.zeros_like(opened.coordinates.numbers))
    rng = np.random.default_rng(1)
    z = 0.01 * rng.normal(size=(4000, plain.layout.size))
    sds = np.sqrt(1 / (1 + 1 / np.array([100.0, 1.0, 0.1]) ** 2))  # of the standardised theta, given all else
    z[:, zero.layout["theta"].columns] = sds * rng.normal(size=(4000, 3))
    to = zero.choices.informed(z, None).coordinates
    np.testing.assert_allclose(to.numbers[to.entries("theta")], 1 - sds**2, atol=0.05)
