import autograd.numpy as anp
import numpy as np
import pytest
from autograd import value_and_grad
from targets import Target, gaussian, layout, normal

from ppl.fit import fit
from ppl.fit.noise import Stream, mirrored
from ppl.guides import guides
from ppl.objectives import objectives
from ppl.optimizers import Problem, optimizers

run = optimizers["natural"].run


def climbing(D, start_sd, **extra):
    """The problem of fitting a full-rank guide to a correlated Gaussian."""
    target, _, _ = gaussian(D, seed=1, correlated=True)
    guide, noise = guides["fullrank"], mirrored(0, Stream.fixed, 0, 64, D)
    ask = value_and_grad(lambda x: objectives["elbo"].value(guide, x, target, noise))
    start = guide.init(target.layout, np.zeros(D), np.full(D, start_sd))
    return Problem(start, lambda x, step: ask(x), guide.move, **extra), target, guide


def test_the_first_step_is_that_of_the_literature():
    # C <- C (tril(B, -1) + diag(exp B_ii)), m <- m + C mean(h), where G = tril(mean h z') + I and
    # B = tril(G, -1) + diag(G) / 2.
    D = 3
    problem, target, guide = climbing(D, 0.5)
    noise = mirrored(0, Stream.fixed, 0, 64, D)
    z = guide.transport(problem.start, noise)
    h = 0.5 * np.array([value_and_grad(lambda u: target(u[None])[0])(row)[1] for row in z])
    G = np.tril(h.T @ noise / len(z)) + np.eye(D)
    C = 0.5 * (np.tril(G, -1) + np.diag(np.exp(np.diag(G) / 2)))
    seen = []
    run(Problem(problem.start, problem.value_and_grad, problem.move, lambda k, v, x: bool(seen.append(x))))
    assert np.all(np.abs(np.diag(G) / 2) < 1.4)  # or else it would have been cut short
    assert np.all(np.abs(h.mean(axis=0)) < 2)
    np.testing.assert_allclose(seen[0][:D], 0.5 * h.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(np.exp(seen[0][D : 2 * D]), np.diag(C), rtol=1e-10)
    np.testing.assert_allclose(seen[0][2 * D :], C[np.tril_indices(D, -1)], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("start_sd", [1e-3, 1.0, 1e3])
def test_reaches_a_posterior_in_the_family_from_anywhere(start_sd):
    problem, _, _ = climbing(5, start_sd)
    out = run(problem)
    assert out.converged
    assert out.value == pytest.approx(2.5, abs=1e-9)
    assert list(out.history) == sorted(out.history)
    assert out.steps < 60
    assert len(out.history) == out.steps + 1


@pytest.mark.parametrize("optimizer", ["natural", "lbfgs"])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_what_has_units_of_its_own_is_climbed_in_any_of_them(scale, optimizer):
    # A model with a param in units of `scale`: z ~ Normal(theta, 1), y ~ Normal(z, 1); theta = y.
    target = Target(
        {
            "z": lambda z, w: normal(z[:, 0], w[0] / scale, 1.0),
            "y": lambda z, w: normal(3.0, z[:, 0], 1.0),
        },
        layout(z=None),
        frozenset({"y"}),
        layout(theta=None),
        np.zeros(1),
    )
    f = fit(target, optimizer=optimizer)
    assert f.converged
    assert f.gradients < 4000
    assert f.w[0] / scale == pytest.approx(3.0, abs=1e-4)


def test_the_watcher_and_the_number_of_steps_end_the_run():
    problem, _, _ = climbing(5, 1e3, watch=lambda step, value, x: step < 2)
    assert run(problem).steps == 2
    problem, _, _ = climbing(5, 1e3, steps=3)
    assert run(problem).steps == 3


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("call", [0, 1, 2, 5])
def test_a_step_that_is_not_finite_is_undone(bad, call):
    problem, _, _ = climbing(3, 1.0)
    calls = []

    def spoiled(x, step):
        calls.append(x)
        value, grad = problem.value_and_grad(x, step)
        return (bad, grad) if len(calls) == call + 1 else (value, grad)

    out = run(Problem(problem.start, spoiled, problem.move))
    assert out.converged
    assert out.value == pytest.approx(2.5, abs=1e-9)


def test_gives_up_where_nothing_is_finite_and_keeps_what_it_has():
    start = np.array([1.0])
    ask = value_and_grad(lambda x: anp.sum(x))
    out = run(Problem(start, lambda x, s: ask(x) if x[0] == 1.0 else (np.nan, x), lambda x, s: x + s))
    assert not out.converged
    assert out.stuck is not None
    np.testing.assert_array_equal(out.x, start)
