"""Guides by name: what a name means, what it is called in results, and what is said of those that mean nothing."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from targets import Target, layout, normal

import ppl
from ppl.diagnostic import PplError
from ppl.fit import fit, made
from ppl.fit.family import resolved

LAYOUT = layout(mu=None, tau=None, theta=3)
SCHOOLS = """
dim school
data y[school], sigma[school]: real
mu ~ Normal(0, 5)
tau ~ HalfCauchy(5)
eta[school] ~ Normal(0, 1)
y[school] ~ Normal(mu + tau * eta, sigma)
"""
DATA = {"y": [28, 8, -3, 7, -1, 1, 18, 12], "sigma": [15, 10, 16, 11, 9, 11, 10, 18]}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" fullrank ", "fullrank"),
        ("auto", "fullrank"),
        ("{rest: meanfield}", "meanfield"),
        ("{ tau,mu:fullrank\n theta : auto }", "{tau, mu: fullrank  theta: fullrank}"),
        ("{mu: meanfield  theta, rest: fullrank}", "{mu: meanfield  theta, rest: fullrank}"),
        ("{mu, tau, theta: fullrank  rest: meanfield}", "fullrank"),
    ],
)
def test_names_have_one_spelling(text, name):
    assert resolved(text, LAYOUT) == name
    assert resolved(name, LAYOUT) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("blub", "no guide `blub`"),
        ("{mu: blub  rest: auto}", "no guide `blub`"),
        ("mu: fullrank", "no guide"),
        ("{}", "not a part"),
        ("{mu fullrank}", "`mu fullrank` is not a part"),
        ("{mu: fullrank, rest: auto}", "not a part"),
        ("{mu: fullrank}", "no part of the guide speaks of `tau`"),
        ("{mu, mu: fullrank  rest: auto}", "two parts"),
        ("{nu: fullrank  rest: auto}", "there is no `nu`"),
        ("fullrank(2)", "takes no numbers"),
        ("{mu: meanfield(2)  rest: auto}", "takes no numbers"),
    ],
)
def test_what_means_nothing_is_refused(text, words):
    with pytest.raises(PplError, match=words) as caught:
        resolved(text, LAYOUT)
    assert caught.value.diagnostics[0].code == "E711"


def test_a_guide_is_made_once_for_a_log_joint():
    bound = ppl.model(SCHOOLS).bind(DATA)
    name = "{mu: fullrank  rest: meanfield}"
    assert made(name, bound.log_joint) is made(name, bound.log_joint)


def blocks():
    """A Gaussian with two independent blocks, (a, c) correlated and b apart; its evidence is 1."""
    precision = np.array([[2.0, 1.2], [1.2, 1.0]])

    def pair(z, w):
        u = z[:, [0, 3]] - np.array([1.0, -2.0])
        quadratic = anp.sum(anp.dot(u, precision) * u, axis=1)
        return 0.5 * np.linalg.slogdet(precision)[1] - np.log(2 * np.pi) - 0.5 * quadratic

    pieces = {"pair": pair, "b": lambda z, w: anp.sum(normal(z[:, 1:3], 3.0, 0.5), axis=1)}
    return Target(pieces, layout(a=None, b=2, c=None)), np.linalg.inv(precision)


def test_a_gaussian_in_blocks_is_fitted_exactly():
    target, covariance = blocks()
    f = fit(target, guide="{a, c: fullrank  rest: meanfield}")
    assert f.converged
    assert f.history[-1] == pytest.approx(0, abs=1e-8)
    mean, sd = made(f.guide, target).moments(f.params)
    np.testing.assert_allclose(mean, [1, 3, 3, -2], atol=1e-6)
    np.testing.assert_allclose(sd**2, [covariance[0, 0], 0.25, 0.25, covariance[1, 1]], rtol=1e-6)
    z = made(f.guide, target).transport(f.params, np.eye(4))
    assert (z[0] - mean)[[1, 2]] == pytest.approx([0, 0], abs=1e-12)


def test_parts_that_are_correlated_lose_what_they_share():
    target, covariance = blocks()
    f = fit(target, guide="{a: meanfield  rest: fullrank}")
    lost = -0.5 * np.log(1 - covariance[0, 1] ** 2 / (covariance[0, 0] * covariance[1, 1]))
    assert f.history[-1] == pytest.approx(-lost, abs=1e-6)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("guide { mu, tau: fullrank   eta: meanfield }", "{mu, tau: fullrank  eta: meanfield}"),
        ("guide {\n  mu: meanfield\n  rest: auto\n}", "{mu: meanfield  rest: fullrank}"),
        ("guide mu ~ Normal(4, 3)", "{mu: own  rest: fullrank}"),
        (
            "guide mu ~ Normal(4, 3)\nguide { tau: fullrank  rest: meanfield }",
            "{mu: own  tau: fullrank  rest: meanfield}",
        ),
    ],
)
def test_programs_choose_guides_by_parts(line, name, tmp_path):
    found = ppl.model(f"{SCHOOLS}\n{line}\n").fit(DATA, seed=1)
    assert found.guide == name
    assert found.converged
    assert -32.5 < found.elbo < -31.3113 + 3 * found.elbo_error
    found.save(tmp_path / "fit.ppl")
    again = ppl.open_fit(tmp_path / "fit.ppl")
    assert again.guide == name
    np.testing.assert_array_equal(again.draws(5)["eta"], found.draws(5)["eta"])


def test_own_guides_beside_others_are_exact_where_they_can_be():
    text = """
a ~ Normal(0, 2)
b ~ Normal(1, 3)
param m: real
param s: real > 0
factor log_prob(Normal(1, 1), a)
guide a ~ Normal(m, s)
"""
    found = ppl.model(text).fit({})
    assert found.guide == "{a: own  rest: fullrank}"
    assert found.params["m"] == pytest.approx(0.8, abs=1e-6)
    assert found.params["s"] == pytest.approx(np.sqrt(0.8), abs=1e-6)
    assert found.elbo == pytest.approx(-0.5 * np.log(2 * np.pi * 5) - 0.1, abs=1e-6)


def test_the_density_of_parts_is_the_product_of_theirs():
    target, _ = blocks()
    guide = made("{a, c: lowrank(1)  b: fullrank}", target)
    start = guide.init(target.layout, np.arange(4.0), 0.5)
    params = start + 0.3 * np.random.default_rng(0).normal(size=start.shape)
    assert guide.noise_size(4) == 5
    mean = guide.transport(params, np.zeros((1, 5)))[0]
    A = guide.transport(params, np.eye(5)) - mean
    covariance = A.T @ A
    assert np.all(covariance[np.ix_([0, 3], [1, 2])] == 0)
    z = np.random.default_rng(1).normal(size=(4, 4))
    log_det = np.linalg.slogdet(covariance)[1]
    squares = np.sum((z - mean) * np.linalg.solve(covariance, (z - mean).T).T, axis=1)
    np.testing.assert_allclose(
        guide.log_prob(params, z), -0.5 * squares - 0.5 * log_det - 2 * np.log(2 * np.pi), rtol=1e-10
    )
    assert guide.entropy(params) == pytest.approx(0.5 * log_det + 2 * (1 + np.log(2 * np.pi)), abs=1e-10)
    np.testing.assert_allclose(guide.moments(params)[0], mean)
    np.testing.assert_allclose(guide.moments(params)[1], np.sqrt(np.diag(covariance)), rtol=1e-12)
    np.testing.assert_allclose(guide.move(params, 0 * params), params, atol=1e-14)


def test_the_gradients_of_parts_are_those_of_differences():
    target, _ = blocks()
    guide = made("{b: structured  rest: lowrank(1)}", target)
    params = guide.init(target.layout, 0.3, 0.5) + 0.1
    noise, weights = np.random.default_rng(2).normal(size=(2, 3, 5))

    def value(p):
        moved = guide.move(p, 0.1 * np.ones(len(params)))
        z = guide.transport(moved, noise)
        return anp.sum(weights[:, :4] * z) + anp.sum(guide.log_prob(p, weights[:, :4])) + guide.entropy(p)

    differences = [(value(params + e) - value(params - e)) / 2e-6 for e in 1e-6 * np.eye(len(params))]
    np.testing.assert_allclose(grad(value)(params), differences, rtol=1e-5, atol=1e-6)


def test_a_structured_part_has_the_graph_of_its_latents():
    links = [(0, i) for i in range(1, 20)]
    i, j = np.array(links).T

    def density(z, w):
        return (
            anp.sum(anp.sin(z[:, i] * z[:, j]), axis=1)
            - anp.sum(z**2, axis=1)
            - 0.1 * anp.sum(z, axis=1) ** 4
        )

    target = Target({"x": density}, layout(hub=None, leaf=19))
    apart = Target({"x": lambda z, w: anp.sum(anp.sin(z[:, i] * z[:, j]), axis=1)}, target.layout)
    assert len(made("structured", apart).init(target.layout, 0.0, 1.0)) == 2 * 20 + 19
    assert len(made("{leaf: structured  rest: meanfield}", apart).init(target.layout, 0.0, 1.0)) == 2 * 20
    assert (
        len(made("{leaf: structured  rest: meanfield}", target).init(target.layout, 0.0, 1.0)) == 40 + 19 * 9
    )
