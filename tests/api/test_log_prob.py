"""The log joint at values that people give."""

import math

import numpy as np
import pytest

import ppl

TEXT = """
dim obs
data y[obs]: real
mu ~ Normal(0, 2)
sigma ~ Gamma(2, 3)
p[obs] ~ Beta(2, 2)
y[obs] ~ Normal(mu + p, sigma)
"""
Y = np.array([0.3, -1.2])
GOOD = {"mu": 0.5, "sigma": 0.8, "p": [0.25, 0.6]}


@pytest.fixture(scope="module")
def bound():
    return ppl.model(TEXT).bind({"y": Y})


def _normal(x, loc, scale):
    return -0.5 * ((x - loc) / scale) ** 2 - math.log(scale) - 0.5 * math.log(2 * math.pi)


def test_terms_are_the_books(bound):
    terms = bound.terms(GOOD)
    assert terms["mu"] == pytest.approx(_normal(0.5, 0, 2), rel=1e-12)
    assert terms["sigma"] == pytest.approx(math.log(9 * 0.8) - 3 * 0.8, rel=1e-12)
    assert terms["p"] == pytest.approx(sum(math.log(6 * p * (1 - p)) for p in GOOD["p"]), rel=1e-12)
    assert terms["y"] == pytest.approx(sum(_normal(Y, 0.5 + np.array(GOOD["p"]), 0.8)), rel=1e-12)
    assert bound.log_prob(GOOD) == pytest.approx(sum(terms.values()), rel=1e-14)


def test_jacobian_is_that_of_exp_and_expit(bound):
    jacobian = math.log(0.8) + sum(math.log(p * (1 - p)) for p in GOOD["p"])
    assert bound.log_prob(GOOD, jacobian=True) - bound.log_prob(GOOD) == pytest.approx(jacobian, rel=1e-10)


def test_param_has_no_jacobian():
    bound = ppl.model("param s: real > 0 = 1\nx ~ Normal(0, s)").bind()
    assert bound.log_prob({"s": 2.0, "x": 1.0}) == pytest.approx(_normal(1.0, 0.0, 2.0))
    assert bound.log_prob({"s": 2.0, "x": 1.0}, jacobian=True) == pytest.approx(_normal(1.0, 0.0, 2.0))


@pytest.mark.parametrize("wrong", [{"sigma": -1.0}, {"p": [0.5, 1.5]}])
def test_outside_of_the_support_is_minus_infinity(bound, wrong):
    values = GOOD | wrong
    assert bound.log_prob(values) == -math.inf
    assert bound.log_prob(values, jacobian=True) == -math.inf
    terms = bound.terms(values)
    assert terms[next(iter(wrong))] == -math.inf
    assert not any(math.isnan(value) for value in terms.values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mu": None, "muu": 0.5}, "did you mean `mu`"),
        ({"mu": None}, "no `mu`"),
        ({"p": [0.5]}, "`p` is 1 numbers"),
        ({"p": 0.5}, "2 numbers"),
        ({"mu": "high"}, "neither a number"),
        ({"mu": math.nan}, "NaN"),
    ],
)
def test_wrong_values_are_errors(bound, change, said):
    values = {name: value for name, value in (GOOD | change).items() if value is not None}
    with pytest.raises(ppl.PplError) as caught:
        bound.log_prob(values)
    assert said in str(caught.value)


def test_log_joint_and_its_gradient(bound):
    z = np.random.default_rng(0).normal(size=(5, 4))
    value, slope = bound.log_joint.value_and_grad(z)
    assert value.shape == (5,)
    assert slope.shape == (5, 4)
    np.testing.assert_allclose(value, bound.log_joint(z), rtol=1e-14)
    step = 1e-6 * np.eye(4)
    for k in range(4):
        rise = (bound.log_joint(z + step[k]) - bound.log_joint(z - step[k])) / 2e-6
        np.testing.assert_allclose(slope[:, k], rise, rtol=1e-6, atol=1e-7)
    constrained = {name: value[0] for name, value in bound.log_joint.constrain(z[:1]).items()}
    assert bound.log_prob(constrained, jacobian=True) == pytest.approx(value[0], rel=1e-10)
