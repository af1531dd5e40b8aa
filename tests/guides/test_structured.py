"""The structured guide in graphs of its own: the laws of the shelf, and fullrank's answers with fewer numbers."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad, jacobian
from targets import HALF_LOG_2_PI, Target, eight_schools, gaussian, layout

from ppl.evidence.lacking import lacking
from ppl.fit import fit, made
from ppl.guides import structured
from ppl.numerics.elimination import tree
from ppl.numerics.paths import Paths

STAR = np.eye(6, dtype=bool)
STAR[[1, 4]] = STAR[:, [1, 4]] = True
CHAIN = np.abs(np.subtract.outer(np.arange(7), np.arange(7))) <= 1
WIDE = np.eye(132, dtype=bool)
WIDE[:2] = WIDE[:, :2] = True
GRAPHS = {"star": STAR, "chain": CHAIN, "apart": np.eye(3, dtype=bool), "dense": np.ones((4, 4), dtype=bool)}
everywhere = pytest.mark.parametrize("name", list(GRAPHS))


def member(name):
    """Some member in a graph, and the dense C that its transport shows."""
    links = GRAPHS[name]
    guide = structured.upon_paths(Paths(tree(links)))
    D = len(links)
    start = guide.init(layout(x=D), np.arange(D), 0.5)
    params = start + 0.4 * np.random.default_rng(0).normal(size=start.shape)
    mean = guide.transport(params, np.zeros((1, D)))[0]
    return guide, params, mean, (guide.transport(params, np.eye(D)) - mean).T


@everywhere
def test_density_entropy_and_moments_are_those_of_its_covariance(name):
    guide, params, mean, C = member(name)
    D = len(mean)
    z = np.random.default_rng(1).normal(size=(5, D))
    log_det = np.linalg.slogdet(C)[1]
    r = np.linalg.solve(C, (z - mean).T)
    expected = -0.5 * np.sum(r**2, axis=0) - log_det - D * HALF_LOG_2_PI
    np.testing.assert_allclose(guide.log_prob(params, z), expected, rtol=1e-10)
    assert guide.entropy(params) == pytest.approx(log_det + D * (0.5 + HALF_LOG_2_PI), abs=1e-12)
    np.testing.assert_allclose(guide.moments(params)[0], mean)
    np.testing.assert_allclose(guide.moments(params)[1], np.sqrt(np.diag(C @ C.T)), rtol=1e-12)


@everywhere
def test_moves_are_measured_in_the_fisher_metric(name):
    # For a Gaussian: m' P m + tr(P dS P dS) / 2, from the derivatives of mean and covariance.
    guide, params, _, C = member(name)
    D = len(C)
    eye = np.eye(len(params))
    np.testing.assert_allclose(guide.move(params, 0 * params), params, atol=1e-14)

    def gaussian_at(step):
        moved = guide.move(params, step)
        mean = guide.transport(moved, np.zeros((1, D)))
        return anp.concatenate([mean, guide.transport(moved, np.eye(D)) - mean])

    found = np.moveaxis(jacobian(gaussian_at)(0 * params), -1, 0)
    precision = np.linalg.inv(C @ C.T)
    changes = [(t[0], t[1:].T @ C.T + C @ t[1:]) for t in found]
    fisher = [
        [m @ precision @ n + 0.5 * np.trace(precision @ dS @ precision @ dT) for n, dT in changes]
        for m, dS in changes
    ]
    np.testing.assert_allclose(fisher, eye, atol=1e-9)


@everywhere
def test_gradients_are_those_of_differences(name):
    guide, params, mean, _ = member(name)
    rng = np.random.default_rng(5)
    noise, weights = rng.normal(size=(2, 4, len(mean)))

    def value(p):
        z = guide.transport(p, noise)
        sd = anp.sum(guide.moments(p)[1])
        return anp.sum(weights * z) + anp.sum(guide.log_prob(p, weights)) + guide.entropy(p) + sd

    differences = [(value(params + e) - value(params - e)) / 2e-6 for e in 1e-6 * np.eye(len(params))]
    np.testing.assert_allclose(grad(value)(params), differences, rtol=1e-6, atol=1e-6)


def gaussian_on(links, seed=0):
    """A Gaussian target whose precision has this graph; its evidence is 1."""
    rng = np.random.default_rng(seed)
    D = len(links)
    off = np.triu(rng.uniform(-1, 1, size=(D, D)) * links, 1)
    off = off + off.T
    precision = off + np.diag(np.sum(np.abs(off), axis=1) + rng.uniform(0.1, 1, D))
    mean = rng.normal(size=D)
    constant = 0.5 * np.linalg.slogdet(precision)[1] - D * HALF_LOG_2_PI

    def density(z, w):
        r = z - mean
        return constant - 0.5 * anp.sum(anp.dot(r, precision) * r, axis=1)

    return Target({"x": density}, layout(x=D)), mean, np.linalg.inv(precision)


@pytest.mark.parametrize(
    "links", [STAR, CHAIN, WIDE, np.ones((9, 9), dtype=bool)], ids=["star", "chain", "wide", "dense"]
)
def test_on_a_gaussian_with_its_graph_it_is_fullrank(links):
    target, mean, covariance = gaussian_on(links)
    f = fit(target, guide="structured")
    guide = made(f.guide, target)
    assert f.converged
    assert f.history[-1] == pytest.approx(0, abs=1e-6)
    C = guide.transport(f.params, np.eye(len(mean))) - mean
    np.testing.assert_allclose(guide.moments(f.params)[0], mean, atol=1e-6)
    np.testing.assert_allclose(C.T @ C, covariance, atol=1e-5 * np.max(covariance))


def test_its_numbers_and_draws_are_those_of_the_tree():
    target, _, _ = gaussian_on(WIDE)
    guide = made("structured", target)
    D = len(WIDE)
    assert len(guide.init(target.layout, 0.0, 1.0)) == 2 * D + 1 + 2 * (D - 2)
    assert guide.fixed_draws(D) == 16  # rows of three entries
    assert guide.least_draws(D) == 6


def test_without_a_graph_it_is_fullrank():
    target, _, sd = gaussian(4, seed=1, correlated=True)
    f, full = (fit(target, guide=name) for name in ("structured", "fullrank"))
    np.testing.assert_allclose(made(f.guide, target).moments(f.params)[1], sd, rtol=1e-6)
    assert f.history[-1] == pytest.approx(full.history[-1], abs=1e-8)


def test_on_schools_it_has_the_elbo_of_fullrank():
    target = eight_schools(False)
    f, full = (fit(target, guide=name) for name in ("structured", "fullrank"))
    assert len(f.params) < len(full.params)
    assert f.history[-1] == pytest.approx(full.history[-1], abs=0.1)


def test_what_a_guide_lacks_is_named():
    target, _, covariance = gaussian_on(STAR, seed=3)
    assert lacking(target, fit(target, guide="structured")) == ()
    assert lacking(target, fit(target, guide="fullrank")) == ()
    precision = np.linalg.inv(covariance)
    scale = np.sqrt(np.diag(precision))
    missing = np.abs(precision / np.outer(scale, scale))
    found = lacking(target, fit(target, guide="meanfield"))
    # What mean-field lacks are the partial correlations; those near the limit may or may not be told.
    pairs = {tuple(sorted((lack.one[1][0], lack.other[1][0]))) for lack in found}
    assert pairs <= {(i, j) for i in range(6) for j in range(i + 1, 6) if missing[i, j] > 0.08}
    assert pairs >= {(i, j) for i in range(6) for j in range(i + 1, 6) if missing[i, j] > 0.3}
    worst = found[0]
    assert abs(worst.correlation) == pytest.approx(np.max(missing - np.eye(6)), abs=0.15)
