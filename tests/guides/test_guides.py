"""Laws over the shelf of guides."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad, make_jvp

from ppl.guides import guides
from ppl.layout import Layout

D = 3
LAYOUT = Layout.of([("a", (2,), (2,), ("i",)), ("b", (), (), ())])
NEARLY = {"skewed"}  # whose moves are measured so at the start, and only nearly so elsewhere
everywhere = pytest.mark.parametrize("name", list(guides))
fitted = pytest.mark.parametrize("name", [name for name in guides if not guides[name].is_single])


def member(name, seed=0):
    """Some member of the family, off its start in every number."""
    guide = guides[name]
    start = guide.init(LAYOUT, 0.0, 0.5)
    return guide, start + 0.4 * np.random.default_rng(seed).normal(size=start.shape)


def test_the_shelf_is_what_the_folder_holds():
    assert {"meanfield", "fullrank"} <= set(guides)


@fitted
def test_start_has_the_moments_asked_for(name):
    guide = guides[name]
    mean, sd = guide.moments(guide.init(LAYOUT, np.array([1.0, 2.0, 3.0]), 0.3))
    np.testing.assert_allclose(mean, [1, 2, 3])
    np.testing.assert_allclose(sd, 0.3)


@everywhere
def test_entropy_is_minus_the_mean_log_prob_of_its_draws(name):
    guide, params = member(name)
    z = guide.transport(params, np.random.default_rng(1).normal(size=(100_000, D)))
    log_q = guide.log_prob(params, z)
    error = log_q.std() / np.sqrt(len(z))
    assert abs(guide.entropy(params) + log_q.mean()) < 5 * error


@everywhere
def test_log_prob_is_the_density_of_the_transported_noise(name):
    # Change of variables, with the transport's own Jacobian by forward differentiation.
    guide, params = member(name)
    noise = np.random.default_rng(2).normal(size=(1, D))
    columns = [make_jvp(lambda e: guide.transport(params, e))(noise)(np.eye(D)[[i]])[1][0] for i in range(D)]
    log_det = np.linalg.slogdet(np.array(columns))[1]
    expected = -0.5 * np.sum(noise**2) - 0.5 * D * np.log(2 * np.pi) - log_det
    assert guide.log_prob(params, guide.transport(params, noise))[0] == pytest.approx(expected, abs=1e-12)


@everywhere
def test_moments_are_those_of_the_draws(name):
    guide, params = member(name)
    z = guide.transport(params, np.random.default_rng(3).normal(size=(200_000, D)))
    mean, sd = guide.moments(params)
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=5 * sd.max() / np.sqrt(len(z)))
    np.testing.assert_allclose(z.std(axis=0), sd, rtol=0.01)


@everywhere
def test_no_move_is_no_change(name):
    guide, params = member(name)
    np.testing.assert_allclose(guide.move(params, np.zeros_like(params)), params, atol=1e-14)


@fitted
def test_moves_are_measured_in_the_fisher_metric(name):
    guide, params = member(name)
    if name in NEARLY:
        params = guide.init(LAYOUT, 0.0, 0.5)
    z = guide.transport(params, np.random.default_rng(4).normal(size=(4_000, D)))
    step = np.zeros_like(params)
    sample = np.array(
        [grad(lambda s, at: guide.log_prob(guide.move(params, s), at)[0])(step, at[None]) for at in z]
    )
    fisher = sample.T @ sample / len(sample)
    np.testing.assert_allclose(fisher, np.eye(len(params)), atol=0.25)


@everywhere
def test_gradients_are_those_of_differences(name):
    guide, params = member(name)
    noise = np.random.default_rng(5).normal(size=(4, D))
    weights = np.random.default_rng(6).normal(size=(4, D))

    def value(p):
        z = guide.transport(p, noise)
        return anp.sum(weights * z) + anp.sum(guide.log_prob(p, weights)) + guide.entropy(p)

    eye = 1e-6 * np.eye(len(params))
    differences = [(value(params + e) - value(params - e)) / 2e-6 for e in eye]
    np.testing.assert_allclose(grad(value)(params), differences, rtol=1e-6, atol=1e-6)


@everywhere
def test_nothing_to_infer_is_no_special_case(name):
    guide, empty = guides[name], Layout(())
    params = guide.init(empty, 0.0, 0.3)
    assert guide.transport(params, np.zeros((4, 0))).shape == (4, 0)
    np.testing.assert_array_equal(guide.log_prob(params, np.zeros((4, 0))), np.zeros(4))
    assert guide.entropy(params) == 0


def test_a_single_member_leaves_its_params_alone():
    for name in set(guides) - {"meanfield", "fullrank"}:
        guide = guides[name]
        if guide.is_single:
            params = guide.init(LAYOUT, np.array([1.0, 2.0, 3.0]), 0.3)
            np.testing.assert_array_equal(guide.move(params, np.ones_like(params)), params)
            z = np.random.default_rng(5).normal(size=(4, D))
            np.testing.assert_array_equal(guide.transport(params, z), z)
