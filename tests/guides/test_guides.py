"""Laws over the shelf of guides."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad, make_jvp

from ppl.guides import guides
from ppl.layout import Layout
from ppl.objectives import drawn

D = 3
LAYOUT = Layout.of([("a", (2,), (2,), ("i",)), ("b", (), (), ())])
NEARLY = {"skewed"}  # whose moves are measured so at the start, and only nearly so elsewhere
NETS = {"flow"}  # whose weights have no units of their own
IN_THE_MEAN = {"lowrank"}  # whose moves are measured so in the mean, and roughly elsewhere
DENSITIES = [name for name in guides if not guides[name].is_point]
everywhere = pytest.mark.parametrize("name", list(guides))
densities = pytest.mark.parametrize("name", DENSITIES)
one_transport = pytest.mark.parametrize(
    "name", [n for n in DENSITIES if guides[n].stratified is None and guides[n].noise_size(D) == D]
)
with_formula = pytest.mark.parametrize("name", [n for n in DENSITIES if guides[n].entropy is not None])
fitted = pytest.mark.parametrize("name", [n for n in DENSITIES if not guides[n].is_single])


def member(name, seed=0):
    """Some member of the family, off its start in every number."""
    guide = guides[name]
    start = guide.init(LAYOUT, 0.0, 0.5)
    return guide, start + 0.4 * np.random.default_rng(seed).normal(size=start.shape)


def noise_for(guide, seed, draws):
    """Independent standard normal noise, in as many columns as the guide takes."""
    return np.random.default_rng(seed).normal(size=(draws, guide.noise_size(D)))


def test_the_shelf_is_what_the_folder_holds():
    assert {"meanfield", "fullrank"} <= set(guides)


@fitted
def test_start_has_the_moments_asked_for(name):
    guide = guides[name]
    mean, sd = guide.moments(guide.init(LAYOUT, np.array([1.0, 2.0, 3.0]), 0.3))
    np.testing.assert_allclose(mean, [1, 2, 3])
    np.testing.assert_allclose(sd, 0.3)


@with_formula
def test_entropy_is_minus_the_mean_log_prob_of_its_draws(name):
    guide, params = member(name)
    z = guide.transport(params, noise_for(guide, 1, 100_000))
    log_q = guide.log_prob(params, z)
    error = log_q.std() / np.sqrt(len(z))
    assert abs(guide.entropy(params) + log_q.mean()) < 5 * error


@one_transport
def test_log_prob_is_the_density_of_the_transported_noise(name):
    # Change of variables, with the transport's own Jacobian by forward differentiation.
    guide, params = member(name)
    noise = np.random.default_rng(2).normal(size=(1, D))
    columns = [make_jvp(lambda e: guide.transport(params, e))(noise)(np.eye(D)[[i]])[1][0] for i in range(D)]
    log_det = np.linalg.slogdet(np.array(columns))[1]
    expected = -0.5 * np.sum(noise**2) - 0.5 * D * np.log(2 * np.pi) - log_det
    assert guide.log_prob(params, guide.transport(params, noise))[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", [name for name in guides if guides[name].is_gaussian])
def test_a_gaussian_is_linear_in_the_noise_and_its_entropy_has_a_formula(name):
    guide, params = member(name)
    one, other = noise_for(guide, 4, 5), noise_for(guide, 5, 5)
    middle = guide.transport(params, 0.3 * one + 0.7 * other)
    apart = 0.3 * guide.transport(params, one) + 0.7 * guide.transport(params, other)
    np.testing.assert_allclose(middle, apart, atol=1e-12)
    assert guide.entropy is not None
    assert guide.stratified is None


def test_the_gaussians_are_those():
    named = {"meanfield", "structured", "lowrank", "fullrank", "laplace"}
    assert {name for name in guides if guides[name].is_gaussian} == named


@densities
def test_moments_are_those_of_the_draws(name):
    guide, params = member(name)
    z = guide.transport(params, noise_for(guide, 3, 200_000))
    mean, sd = guide.moments(params)
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=5 * sd.max() / np.sqrt(len(z)))
    np.testing.assert_allclose(z.std(axis=0), sd, rtol=0.01)


@pytest.mark.parametrize("name", [name for name in guides if guides[name].stratified is not None])
def test_stratified_draws_have_the_moments_too(name):
    guide, params = member(name)
    z, weights = drawn(guide, params, noise_for(guide, 8, 50_000))
    mean, sd = guide.moments(params)
    assert weights.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(weights @ z, mean, atol=5 * sd.max() / np.sqrt(50_000))
    np.testing.assert_allclose(np.sqrt(weights @ (z - mean) ** 2), sd, rtol=0.02)


@densities
def test_density_integrates_to_one(name):
    guide, params = member(name)
    centre, sd = guide.moments(params)
    # Importance sampling of the density from wide Student tails.
    rng = np.random.default_rng(10)
    x = rng.standard_t(4, size=(200_000, D))
    log_wide = np.sum(-2.5 * np.log1p(x**2 / 4) + np.log(3 / 8), axis=1) - np.sum(np.log(2 * sd))
    ratio = np.exp(guide.log_prob(params, centre + 2 * sd * x) - log_wide)
    assert ratio.mean() == pytest.approx(1.0, abs=5 * ratio.std() / np.sqrt(len(ratio)))


@everywhere
def test_no_move_is_no_change(name):
    guide, params = member(name)
    np.testing.assert_allclose(guide.move(params, np.zeros_like(params)), params, atol=1e-14)


@pytest.mark.parametrize(
    "name",
    [n for n in DENSITIES if not guides[n].is_single and guides[n].stratified is None and n not in NETS],
)
def test_moves_are_measured_in_the_fisher_metric(name):
    guide, params = member(name)
    if name in NEARLY:
        params = guide.init(LAYOUT, 0.0, 0.5)
    z = guide.transport(params, noise_for(guide, 4, 50_000))

    def score(direction):
        there, back = (guide.log_prob(guide.move(params, h * direction), z) for h in (1e-4, -1e-4))
        return (there - back) / 2e-4

    sample = np.array([score(direction) for direction in np.eye(len(params))])
    exact = D if name in IN_THE_MEAN else len(params)
    np.testing.assert_allclose((sample @ sample.T / len(z))[:exact, :exact], np.eye(exact), atol=0.1)


@everywhere
def test_gradients_are_those_of_differences(name):
    guide, params = member(name)
    noise = noise_for(guide, 5, 4)
    weights = np.random.default_rng(6).normal(size=(4, D))

    def value(p):
        z, shares = drawn(guide, p, noise)
        entropy = 0.0 if guide.entropy is None else guide.entropy(p)
        return anp.dot(shares, anp.dot(z, weights[0])) + anp.sum(guide.log_prob(p, weights)) + entropy

    eye = 1e-6 * np.eye(len(params))
    differences = [(value(params + e) - value(params - e)) / 2e-6 for e in eye]
    np.testing.assert_allclose(grad(value)(params), differences, rtol=1e-6, atol=1e-6)


@everywhere
def test_nothing_to_infer_is_no_special_case(name):
    guide, empty = guides[name], Layout(())
    params = guide.init(empty, 0.0, 0.3)
    assert guide.transport(params, np.zeros((4, guide.noise_size(0)))).shape == (4, 0)
    np.testing.assert_array_equal(guide.log_prob(params, np.zeros((4, 0))), np.zeros(4))
    assert guide.entropy is None or guide.entropy(params) == 0


def test_a_single_member_leaves_its_params_alone():
    for name in set(guides) - {"meanfield", "fullrank"}:
        guide = guides[name]
        if guide.is_single:
            params = guide.init(LAYOUT, np.array([1.0, 2.0, 3.0]), 0.3)
            np.testing.assert_array_equal(guide.move(params, np.ones_like(params)), params)
            z = np.random.default_rng(5).normal(size=(4, D))
            np.testing.assert_array_equal(guide.transport(params, z), z)


def test_a_point_counts_as_having_density_1():
    for guide in (guides[name] for name in guides if guides[name].is_point):
        params = guide.init(LAYOUT, np.array([1.0, 2.0, 3.0]), 0.3)
        z = guide.transport(params, np.random.default_rng(5).normal(size=(4, D)))
        np.testing.assert_array_equal(z, np.broadcast_to([1, 2, 3], (4, D)))
        np.testing.assert_array_equal(guide.log_prob(params, z), np.zeros(4))
        assert guide.entropy(params) == 0
        np.testing.assert_array_equal(guide.moments(params), [[1, 2, 3], [0, 0, 0]])
