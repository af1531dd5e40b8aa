"""Laws over the shelf of objectives, and what is known of each."""

import numpy as np
import pytest
from autograd import grad
from targets import bayes_em, conjugate, gaussian, two_modes

from ppl.diagnostic import PplError
from ppl.fit import fit
from ppl.fit.goal import aimed
from ppl.fit.noise import Stream, mirrored
from ppl.guides import guides
from ppl.objectives import objectives

DENSITIES = [name for name in guides if not guides[name].is_point]
SMALLER = ["iwelbo(3)", "renyi(0.5)", "renyi(2)", "stl"]


def noise_for(guide, seed, draws, D):
    return np.random.default_rng(seed).normal(size=(draws, guide.noise_size(D)))


def member(guide, target, seed=0):
    """Some member of a family, off its start in every number."""
    start = guide.init(target.layout, 0.1, 0.7)
    return start + 0.2 * np.random.default_rng(seed).normal(size=start.shape)


@pytest.mark.parametrize("guide", DENSITIES)
@pytest.mark.parametrize("objective", list(objectives))
def test_gradients_are_those_of_differences(guide, objective):
    target, _, _ = gaussian(3, seed=1, correlated=True)
    family, goal = guides[guide], objectives[objective]
    params = member(family, target)
    noise = noise_for(family, 1, 2 * max(3, goal.group), 3)

    def value(p):
        return goal.value(family, p, target, noise)

    differences = [(value(params + e) - value(params - e)) / 2e-6 for e in 1e-6 * np.eye(len(params))]
    np.testing.assert_allclose(grad(value)(params), differences, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("guide", DENSITIES)
@pytest.mark.parametrize("objective", [name for name in objectives if objectives[name].surrogate])
def test_what_is_followed_on_fresh_draws_has_the_same_value(guide, objective):
    target, _, _ = gaussian(3, seed=1, correlated=True)
    family, goal = guides[guide], objectives[objective]
    params = member(family, target)
    noise = noise_for(family, 1, 2 * max(3, goal.group), 3)
    ways = (way(family, params, target, noise) for way in (goal.value, goal.surrogate))
    assert next(ways) == pytest.approx(next(ways), rel=1e-12)


@pytest.mark.parametrize("guide", ["meanfield", "mixture"])
@pytest.mark.parametrize("objective", SMALLER)
def test_and_in_expectation_the_same_gradient(guide, objective):
    target, _, _ = gaussian(2, seed=1, correlated=True)
    family, goal = guides[guide], aimed(objective)
    params = member(family, target)
    apart = []
    for seed in range(80):
        noise = noise_for(family, seed, 6, 2)
        one, other = (grad(way, 1)(family, params, target, noise) for way in (goal.value, goal.surrogate))
        apart.append(one - other)
    error = np.std(apart, axis=0) / np.sqrt(len(apart)) + 1e-12
    assert np.max(np.abs(np.mean(apart, axis=0)) / error) < 5


@pytest.mark.parametrize("objective", ["iwelbo(4)", "renyi(0.5)", "renyi(2)", "forward_kl"])
def test_what_the_model_learns_has_the_plain_gradient(objective):
    # Only the guide's part of a gradient can be had by other ways: w isn't drawn.
    target, goal, family = bayes_em(), aimed(objective), guides["meanfield"]
    params, noise = member(family, target), np.random.default_rng(0).normal(size=(8, 8))

    def of_w(way):
        return grad(lambda w: way(family, params, lambda z: target(z, w), noise))(np.array([0.3]))

    if goal.bound:
        np.testing.assert_allclose(of_w(goal.surrogate), of_w(goal.value), rtol=1e-12)
    else:
        bound = aimed("iwelbo(8)")  # of the same draws, were they q's own
        assert of_w(goal.surrogate) * of_w(bound.value) > 0


def test_elbo_on_whitened_draws_is_the_closed_form():
    # E_q of a quadratic needs only q's first two moments, which these draws have exactly:
    # elbo = log Z - KL(q || target).
    target, mean, sd = gaussian(4, seed=2, correlated=False, log_z=-1.5)
    guide = guides["meanfield"]
    m, s = mean + 0.3, 1.7 * sd
    params, noise = guide.init(target.layout, m, s), mirrored(0, Stream.fixed, 0, 32, 4)
    kl = np.sum(np.log(sd / s) + (s**2 + (m - mean) ** 2) / (2 * sd**2) - 0.5)
    for name in ("elbo", "stl", "iwelbo(1)", "renyi(1)"):
        value = aimed(name).value(guide, params, target, noise)
        assert value == pytest.approx(-1.5 - kl, abs=1e-10), name


def test_at_the_posterior_sticking_the_landing_has_no_variance():
    target, mean, sd = gaussian(3, seed=1, correlated=False)
    guide = guides["meanfield"]
    params = guide.init(target.layout, mean, sd)
    noise = np.random.default_rng(0).normal(size=(1, 3))
    np.testing.assert_allclose(
        grad(objectives["stl"].surrogate, 1)(guide, params, target, noise), 0, atol=1e-9
    )
    assert np.max(np.abs(grad(objectives["elbo"].value, 1)(guide, params, target, noise))) > 0.1


def test_importance_weighting_rises_towards_the_evidence():
    target, mean, sd = gaussian(2, seed=3, correlated=False, log_z=-4.0)
    guide = guides["meanfield"]
    params = guide.init(target.layout, mean + 0.5 * sd, 1.3 * sd)
    noise = np.random.default_rng(0).normal(size=(20, 1000, 2))
    found = {}
    for K in (1, 5, 50, 1000):
        values = [aimed(f"iwelbo({K})").value(guide, params, target, part) for part in noise]
        found[K] = np.mean(values), np.std(values) / np.sqrt(len(values))
    for less, more in ((1, 5), (5, 50)):
        assert found[less][0] + 3 * found[less][1] < found[more][0] - 3 * found[more][1]
    assert found[50][0] < -4.0
    assert found[1000][0] == pytest.approx(-4.0, abs=5 * found[1000][1])
    assert found[1000][1] < 0.01


def renyi_divergence(alpha, m, s, mean, sd):
    """D_alpha between Gaussians; Gil, Alajaji & Linder, Rényi divergence measures, Inf. Sci. 249 (2013), table 2."""
    if alpha == 1:
        return np.sum(np.log(sd / s) + (s**2 + (m - mean) ** 2) / (2 * sd**2) - 0.5)
    mixed = alpha * sd**2 + (1 - alpha) * s**2
    shift = alpha * (m - mean) ** 2 / (2 * mixed)
    return np.sum(np.log(sd / s) + np.log(sd**2 / mixed) / (2 * (alpha - 1)) + shift)


@pytest.mark.parametrize("alpha", [0, 0.3, 0.9, 1 - 1e-9, 1, 1.5])
def test_renyi_is_the_evidence_minus_its_divergence(alpha):
    target, mean, sd = gaussian(2, seed=4, correlated=False, log_z=3.0)
    guide = guides["meanfield"]
    m, s = mean + 0.4 * sd, 0.9 * sd
    params, goal = guide.init(target.layout, m, s), aimed(f"renyi({alpha})")
    noise = np.random.default_rng(0).normal(size=(20, 5000, 2))
    values = [goal.value(guide, params, target, part) for part in noise]
    error = np.std(values) / np.sqrt(len(values))
    assert np.mean(values) == pytest.approx(
        3.0 - renyi_divergence(alpha, m, s, mean, sd), abs=4 * error + 1e-3
    )


def test_of_order_0_it_is_the_importance_weighted_bound_of_all_draws():
    target, _, _ = gaussian(3, seed=1, correlated=True)
    guide = guides["fullrank"]
    params, noise = member(guide, target), np.random.default_rng(0).normal(size=(7, 3))
    for way in ("value", "surrogate"):
        one, other = (getattr(aimed(name), way) for name in ("renyi(0)", "iwelbo(7)"))
        assert one(guide, params, target, noise) == pytest.approx(other(guide, params, target, noise))
        gradients = [grad(f, 1)(guide, params, target, noise) for f in (one, other)]
        np.testing.assert_allclose(*gradients, rtol=1e-12)


@pytest.mark.parametrize("objective", [*objectives, "iwelbo(2)", "renyi(2)"])
def test_every_objective_finds_a_posterior_that_the_guide_can_hold(objective):
    target, mean, sd = gaussian(2, seed=5, correlated=True)
    f = fit(target, guide="fullrank", objective=objective)
    assert f.converged
    found_mean, found_sd = guides["fullrank"].moments(f.params)
    error = 1e-3 + 4 * np.max(np.abs([f.mean_error, f.log_sd_error]))
    np.testing.assert_allclose((found_mean - mean) / sd, 0, atol=error)
    np.testing.assert_allclose(np.log(found_sd / sd), 0, atol=error)
    assert error < (0.2 if objective == "forward_kl" else 0.01)


@pytest.mark.parametrize("D", [1, 3])
def test_forward_kl_covers_both_modes(D):
    target, mean, sd = two_modes(D)
    forward, reverse = (
        guides["meanfield"].moments(fit(target, guide="meanfield", objective=name).params)
        for name in ("forward_kl", "elbo")
    )
    np.testing.assert_allclose((forward[0] - mean) / sd, 0, atol=0.15)
    np.testing.assert_allclose(forward[1], sd, rtol=0.15)
    assert reverse[1][0] < 0.4 * sd[0]


def test_forward_kl_has_the_marginal_sds_where_the_elbo_has_the_conditional_ones():
    target, mean, sd = gaussian(3, seed=0, correlated=True)
    f = fit(target, guide="meanfield", objective="forward_kl")
    found = guides["meanfield"].moments(f.params)
    np.testing.assert_allclose((found[0] - mean) / sd, 0, atol=0.1)
    np.testing.assert_allclose(found[1], sd, rtol=0.1)
    assert np.all(guides["meanfield"].moments(fit(target, guide="meanfield").params)[1] < 0.9 * sd)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nonesuch", "nonesuch"),
        ("iwelbo(0)", "whole number"),
        ("iwelbo(2.5)", "whole number"),
        ("iwelbo(1, 2)", "whole number"),
        ("iwelbo(many)", "numbers"),
        ("renyi(inf)", "finite"),
        ("renyi(1, 2)", "one number"),
        ("renyi(-1)", "from 0 up"),
        ("elbo(3)", "no numbers"),
        ("iwelbo(5", "iwelbo"),
    ],
)
def test_names_that_say_nothing_are_refused(name, words):
    with pytest.raises(PplError, match=words) as caught:
        fit(conjugate(), objective=name)
    assert caught.value.diagnostics[0].code == "E711"


def test_draws_that_do_not_divide_into_groups_are_refused():
    with pytest.raises(PplError, match="10 at a time") as caught:
        fit(conjugate(), objective="iwelbo", draws=64)
    assert caught.value.diagnostics[0].code == "E713"
    assert "--draws 70" in str(caught.value)
    assert fit(conjugate(), guide="meanfield", objective="iwelbo(5)", draws=75, steps=3).draws == 75


def test_forward_kl_can_not_fit_what_the_log_joint_holds():
    with pytest.raises(PplError, match="the program itself gives") as caught:
        fit(conjugate(), guide="own", objective="forward_kl")
    assert caught.value.diagnostics[0].code == "E716"


@pytest.mark.parametrize("objective", ["forward_kl", "iwelbo(2)", "renyi(0.9)"])
def test_what_has_no_maximum_on_fixed_draws_is_not_climbed_there(objective):
    with pytest.raises(PplError, match="fresh draws") as caught:
        fit(conjugate(), objective=objective, optimizer="lbfgs")
    assert caught.value.diagnostics[0].code == "E714"
