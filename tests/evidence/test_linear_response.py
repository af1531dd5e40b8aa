"""Linear response: exact for a Gaussian whatever the guide, better sds elsewhere, none where it does not apply."""

import autograd.numpy as anp
import numpy as np
import pytest
from targets import Target, conjugate, eight_schools, gaussian, layout, normal, poisson

import ppl
from ppl.evidence import draw, measure
from ppl.evidence.hmc import Frame, sample
from ppl.evidence.linear_response import Curvature, applies, inverse
from ppl.evidence.rules import CHAINS, with_slopes
from ppl.fit import fit
from ppl.fit.noise import Stream, rng_of
from ppl.ladder import gaussian as frame_of
from ppl.verdict import findings, judge


def sds(target, fitted):
    """Those of z."""
    curvature = Curvature(target, fitted)
    directions, more = inverse(curvature)
    J = curvature.means
    return np.sqrt(np.sum(J**2, axis=1) + (J @ directions.T) ** 2 @ more)


@pytest.mark.parametrize("guide", ["meanfield", "fullrank", "structured", "lowrank", "{x: meanfield}"])
def test_of_a_gaussian_it_is_exact(guide):
    target, _, truth = gaussian(6, seed=3, correlated=True)
    np.testing.assert_allclose(sds(target, fit(target, guide=guide)), truth, rtol=1e-4)


@pytest.mark.parametrize("D", [6, 60])
def test_a_meanfield_guide_of_a_correlated_gaussian_reports_its_true_sds(D):
    target, mean, truth = gaussian(D, seed=3, correlated=True)
    found = measure(target, fit(target, guide="meanfield"), hmc="never")
    assert found.khat > 0.7
    assert found.corrected_by == "linear response"
    x = found.posterior["x"]
    assert np.max(truth / x.sd_guide) > 1.5
    np.testing.assert_allclose(x.sd, truth, rtol=2e-4)
    np.testing.assert_allclose(x.mean, mean, atol=1e-4)
    np.testing.assert_allclose(x.q95 - x.q50, 1.6449 * truth, rtol=0.03)
    np.testing.assert_allclose(x.stretch, np.log(truth / x.sd_guide), atol=1e-3)


def test_it_is_no_reason_to_trust_a_fit():
    target, _, _ = gaussian(6, seed=3, correlated=True)
    f = fit(target, guide="meanfield")
    found = measure(target, f, hmc="never")
    assert found.corrected_by == "linear response"
    assert found.log_evidence.high is None
    assert judge(findings(f, found)).word == "do not trust"


def chains_of(target, fitted, leapfrogs):
    """Draws (S, D) of long chains."""
    frame = frame_of(target, fitted)
    start = draw(target, fitted, CHAINS, 0)
    found = sample(
        lambda z: with_slopes(target, z), start, Frame(*frame), rng_of(1, Stream.chains), leapfrogs
    )
    return found.z.reshape(-1, target.layout.size)


def test_of_a_hierarchy_the_sds_are_better():
    # tau = exp(log_tau) too, of which the guide is not Gaussian.
    target = poisson(60)
    target.to["log_tau"] = np.exp
    reference = chains_of(target, fit(target, guide="structured"), 6_000)
    truth = {name: x.std(axis=0) for name, x in target.constrain(reference).items()}
    found = measure(target, fit(target, guide="meanfield"), hmc="never")
    assert target.layout.size > 50
    assert found.khat > 0.7
    assert found.corrected_by == "linear response"
    for name, q in found.posterior.items():
        off, was = np.abs(np.log(q.sd / truth[name])), np.abs(np.log(q.sd_guide / truth[name]))
        assert np.max(off) < 0.04
        assert np.mean(off) < np.mean(was)
    tau = found.posterior["log_tau"]
    assert tau.sd_guide < 0.7 * truth["log_tau"]


def test_what_is_not_linear_in_z_responds_itself():
    # tau = exp(z1): posteriordb's reference has sd 3.2 of it, of which this guide has a third.
    target = eight_schools(centred=True)
    found = measure(target, fit(target), hmc="never")
    tau = found.posterior["tau"]
    assert found.corrected_by == "linear response"
    assert tau.sd_guide < 1.5
    assert 2.7 < tau.sd < 3.9
    assert 0 < tau.q05 < tau.q50 < tau.q95


def test_means_are_the_guides_own():
    target = eight_schools(centred=True)
    f = fit(target)
    found = measure(target, f, hmc="never")
    np.testing.assert_allclose(found.posterior["mu"].mean, f.params[0])
    assert found.posterior["mu"].mean_error == np.max(np.abs(f.mean_error)) * found.posterior["mu"].sd_guide


def test_where_weights_or_chains_are_better_it_is_not_asked():
    target = eight_schools(centred=False)
    assert measure(target, fit(target), hmc="never").corrected_by == "psis"
    assert measure(target, fit(target), budget=60).corrected_by == "hmc"


@pytest.mark.parametrize(
    "how",
    [
        {"guide": "meanfield", "steps": 2},
        {"guide": "meanfield", "optimizer": "adam", "steps": 200},
        {"guide": "fullrank", "objective": "renyi(0.5)"},
        {"guide": "laplace"},
        {"guide": "delta"},
        {"guide": "skewed"},
    ],
)
def test_other_fits_have_no_such_response(how):
    target = eight_schools(centred=False)
    f = fit(target, **how)
    assert not applies(target, f)
    assert "linear response" not in measure(target, f, hmc="never").words


def test_a_fit_that_has_not_converged_keeps_its_sds():
    target, _, _ = gaussian(6, seed=3, correlated=True)
    f = fit(target, guide="meanfield", steps=3)
    assert not f.converged
    found = measure(target, f, hmc="never")
    assert found.khat > 0.7
    assert found.corrected_by is None
    np.testing.assert_array_equal(found.posterior["x"].sd, found.posterior["x"].sd_guide)


def test_where_there_is_no_optimum_it_says_so():
    target, mean, _ = gaussian(3, seed=1, correlated=False)
    f = fit(target, guide="meanfield")
    f.params[:] = np.concatenate([mean, np.full(3, 4.0)])
    saddle = Target({"x": lambda z, w: 0.05 * (z[:, 0] ** 2 - z[:, 1] ** 2 - z[:, 2] ** 2)}, target.layout)
    assert inverse(Curvature(saddle, f)) is None
    wide = Target({"x": lambda z, w: 0.05 * anp.sum(z[:, :1] ** 2 - z[:, 1:] ** 2, axis=1)}, layout(x=6))
    f = fit(Target({"x": lambda z, w: anp.sum(normal(z, 0, 1), axis=1)}, layout(x=6)), guide="meanfield")
    found = measure(wide, f, hmc="never")
    assert found.corrected_by is None
    assert "not curved downwards" in found.words


def test_no_time_for_it_is_said():
    target, _, _ = gaussian(6, seed=3, correlated=True)
    found = measure(target, fit(target, guide="meanfield"), hmc="never", budget=0.0)
    assert found.corrected_by is None
    assert "linear response would take" in found.words


def test_many_unknowns_are_too_many():
    target, _, _ = gaussian(600, seed=3, correlated=True)
    found = measure(target, fit(target, guide="meanfield"), hmc="never", budget=60)
    assert found.corrected_by is None
    assert "up to 500 unknowns" in found.words


def test_a_fit_by_newtons_method_gets_draws_of_its_own():
    # Forty rows that 60 coefficients separate: no Gaussian is near the posterior.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 40))
    text = "dim i\ndim k\ndata x[i, k]: real\ndata y[i]: int in [0, 1]\nb[k] ~ Normal(0, 3)\n"
    text += "y[i] ~ Bernoulli(logit = sum(x * b, k))\n"
    y = (x[:, 0] > 0).astype(int)
    found = ppl.model(text).fit({"x": x, "y": y}, guide="fullrank", hmc="never")
    assert found.optimizer == "newton"
    assert found.khat > 0.7
    assert found.corrected_by == "linear response"
    assert np.mean(found["b"].sd / found["b"].sd_guide) > 1.02


def test_an_exact_guide_needs_none():
    assert measure(conjugate(), fit(conjugate())).corrected_by != "linear response"
