"""Guides at the peak of the log joint: a point, and a Gaussian with the curvature there."""

import autograd.numpy as anp
import numpy as np
import pytest
from targets import Target, bayes_em, conjugate, eight_schools, gaussian, layout, normal

from ppl.diagnostic import PplError
from ppl.evidence import measure
from ppl.fit import fit, made
from ppl.fit.peak import at_peak, curvature
from ppl.fit.run import Run
from ppl.guides import guides
from ppl.objectives import Objective, objectives
from ppl.optimizers import optimizers
from ppl.verdict import findings, judge


@pytest.mark.parametrize("D", [1, 3, 100])
def test_laplace_is_exact_on_gaussians(D):
    target, mean, sd = gaussian(D, seed=D, correlated=True)
    f = fit(target, guide="laplace")
    assert f.converged
    found, spread = made("laplace", target).moments(f.params)
    np.testing.assert_allclose((found - mean) / sd, 0, atol=1e-4)
    np.testing.assert_allclose(spread, sd, rtol=1e-8)
    e = measure(target, f, 200)
    assert e.elbo == pytest.approx(2.5, abs=1e-6)
    assert e.log_evidence.estimate == pytest.approx(2.5, abs=1e-6)


def test_laplace_is_the_textbook_gaussian_of_a_gamma():
    # log x for x ~ Gamma(a, b): mode log(a / b), precision a.
    a, b = 7.0, 2.0
    target = Target({"x": lambda z, w: a * z[:, 0] - b * anp.exp(z[:, 0])}, layout(x=None))
    mean, sd = made("laplace", target).moments(fit(target, guide="laplace").params)
    assert mean[0] == pytest.approx(np.log(a / b), abs=1e-6)
    assert sd[0] == pytest.approx(a**-0.5, rel=1e-7)


def test_units_do_not_matter():
    target = Target({"x": lambda z, w: anp.sum(normal(z, [1e6, -3e-9], [1e-3, 1e-12]), axis=1)}, layout(x=2))
    mean, sd = made("laplace", target).moments(fit(target, guide="laplace").params)
    np.testing.assert_allclose((mean - [1e6, -3e-9]) / [1e-3, 1e-12], 0, atol=1e-3)
    np.testing.assert_allclose(sd, [1e-3, 1e-12], rtol=1e-5)


def test_curvature_is_the_hessian():
    target = eight_schools(False)
    z = np.random.default_rng(0).normal(size=10)

    def second(i, j, h=1e-3):
        e, d = h * np.eye(10)[[i, j]]
        corners = np.array([z + e + d, z - e + d, z + e - d, z - e - d])
        return -np.dot(target(corners), [1, -1, -1, 1]) / (4 * h * h)

    expected = [[second(i, j) for j in range(10)] for i in range(10)]
    np.testing.assert_allclose(curvature(target, z, None, np.full(10, 0.01)), expected, atol=1e-5)


def test_a_point_is_the_mode_and_never_trusted():
    target, mean, sd = gaussian(4, seed=1, correlated=True)
    f = fit(target, guide="delta")
    assert f.converged
    np.testing.assert_allclose((f.params - mean) / sd, 0, atol=1e-5)
    e = measure(target, f, 200)
    assert e.elbo == pytest.approx(target(f.params[None])[0], abs=1e-12)
    assert e.log_evidence.estimate == -np.inf
    assert e.log_evidence.high is None
    assert e.kl_posterior.estimate == np.inf
    verdict = judge(findings(f, e))
    assert verdict.word == "do not trust"
    assert "a point is no posterior" in verdict.reasons[0]


def test_learned_values_are_at_the_peak_too():
    f = fit(bayes_em(), guide="laplace")
    assert f.w[0] == pytest.approx(0.725, abs=1e-5)
    np.testing.assert_allclose(made("laplace", bayes_em()).moments(f.params)[1], np.sqrt(0.5), rtol=1e-6)


@pytest.mark.parametrize("guide", ["delta", "laplace"])
def test_a_funnel_has_no_peak(guide):
    with pytest.raises(PplError, match="no peak in `tau`") as caught:
        fit(eight_schools(True), guide=guide)
    assert caught.value.diagnostics[0].code == "E704"


def test_where_it_is_flat_there_is_no_gaussian():
    flat = Target({"x": lambda z, w: normal(z[:, 0] + z[:, 1], 0.0, 1.0)}, layout(a=None, b=None))
    with pytest.raises(PplError, match=r"no peak in `[ab]`"):
        fit(flat, guide="laplace")


def test_no_objective_but_the_log_joint():
    other, climber = Objective(objectives["elbo"].value), optimizers["lbfgs"]
    run = Run(conjugate(), guides["laplace"], other, climber, 0, lambda _step, _value: True)
    with pytest.raises(PplError, match="whatever the objective"):
        at_peak(run)


def test_they_are_for_all_latents_at_once():
    target, _, _ = gaussian(3, seed=0, correlated=False)
    split = Target(target.pieces, layout(a=2, b=None))
    for guide in ("delta", "laplace"):
        with pytest.raises(PplError, match="all latents at once"):
            made(f"{{a: {guide}  b: meanfield}}", split)
