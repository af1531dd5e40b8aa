import autograd.numpy as anp
import numpy as np
import pytest
from autograd import value_and_grad

from ppl.optimizers import Problem, optimizers


def problem(f, start, **extra):
    ask = value_and_grad(f)
    return Problem(np.asarray(start, float), lambda x, step: ask(x), lambda x, s: x + s, **extra)


def rosenbrock(x):
    return -anp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


run = optimizers["lbfgs"].run


def test_climbs_a_bent_valley():
    out = run(problem(rosenbrock, np.full(10, -1.0)))
    assert out.converged
    np.testing.assert_allclose(out.x, 1, atol=1e-6)
    assert out.evaluations < 200
    assert list(out.history) == sorted(out.history)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_stops_by_what_is_left_to_gain_whatever_the_units(scale):
    with np.errstate(over="ignore"):
        out = run(problem(lambda x: -anp.sum(anp.cosh(x / scale)), np.full(3, 2 * scale)))
    assert out.converged
    np.testing.assert_allclose(out.x / scale, 0, atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e308 * 10])
@pytest.mark.parametrize("call", [1, 2, 5, 9])
def test_a_step_that_is_not_finite_is_undone(bad, call):
    ask, calls = value_and_grad(rosenbrock), []

    def spoiled(x, step):
        calls.append(x)
        value, grad = ask(x)
        return (
            (bad, grad) if len(calls) == call + 1 else (value, grad * (bad if len(calls) == call + 3 else 1))
        )

    out = run(Problem(np.full(4, -1.0), spoiled, lambda x, s: x + s))
    assert out.converged
    np.testing.assert_allclose(out.x, 1, atol=1e-5)


def test_gives_up_where_nothing_is_finite_and_keeps_what_it_has():
    start = np.array([1.0])
    ask = value_and_grad(lambda x: anp.sum(x))
    out = run(Problem(start, lambda x, s: ask(x) if x[0] == 1.0 else (np.nan, x), lambda x, s: x + s))
    assert not out.converged
    assert out.stuck is not None
    np.testing.assert_array_equal(out.x, start)
    assert out.evaluations <= 30


def test_the_watcher_ends_the_run():
    out = run(problem(rosenbrock, np.full(4, -1.0), watch=lambda step, value, x: step < 3))
    assert out.steps == 3
    assert not out.converged


def test_the_number_of_steps_is_a_limit():
    assert run(problem(rosenbrock, np.full(4, -1.0), steps=2)).steps == 2
