"""Ordinary differential equations: values against closed forms and published digits, gradients against
sensitivities in closed form, complex steps along the same steps, and finite differences; failures stay local."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp
import pytest
from autograd import grad, make_vjp, value_and_grad
from scipy.integrate import solve_ivp
from scipy.linalg import expm, expm_frechet

from ppl.numerics.ode import Ode, adjoint, dormand_prince, march, radau
from ppl.numerics.ode.replay import Replay


def lotka_volterra(t, y, rates):
    u, v = y[..., 0], y[..., 1]
    a, b, c, d = (rates[:, k : k + 1] for k in range(4))
    return np.stack([u * (a - b * v), v * (d * u - c)], axis=-1)


def van_der_pol(t, y, mu):
    u, v = y[..., 0], y[..., 1]
    return np.stack([v, mu * (1.0 - u * u) * v - u], axis=-1)


def robertson(t, y, k):
    a, b, c = (y[..., i] for i in range(3))
    first, second, third = k[:, :1] * a, k[:, 1:2] * b * c, k[:, 2:] * b * b
    return np.stack([second - first, first - second - third, third], axis=-1)


def linear(t, y, matrix):
    return np.einsum("sij,sbj->sbi", matrix * np.ones((len(y), 1, 1)), y)


def logistic(t, y, rate):
    return rate[:, :, None] * y * (1.0 - y)


def square(t, y, p):
    return p[:, :, None] * y * y


def turning(t, y, p):
    return p[:, :, None] * np.stack([y[..., 1], -y[..., 0]], axis=-1)


def explosion(t, y, p):
    return np.exp(p[:, :, None] * y)


def hole(t, y, p):
    return np.log(y) - p[:, :, None]


def finite_sum(x):
    return np.sum(np.where(np.isfinite(x), x, 0.0))


RATES = onp.array([0.55, 0.028, 0.8, 0.024])
KINETICS = onp.array([[0.04, 1e4, 3e7]])


def predators(draws, seed=0):
    rng = onp.random.default_rng(seed)
    y0 = onp.array([30.0, 4.0]) * onp.exp(0.1 * rng.normal(size=(draws, 1, 2)))
    return y0, RATES * onp.exp(0.1 * rng.normal(size=(draws, 4)))


def steps_of(ode):
    steps = ode._latest[2].steps
    return len(steps), sum(step.stages is not None for step in steps)


def differences(f, x, direction, step):
    """The derivative along a direction by central differences of order 4."""
    at = [f(*(a + k * step * d for a, d in zip(x, direction, strict=True))) for k in (-2, -1, 1, 2)]
    return (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step)


# Coefficients


def test_explicit_coefficients_meet_the_conditions_of_order_8():
    A, B, C = dormand_prince.A, dormand_prince.B, dormand_prince.C
    onp.testing.assert_allclose(A.sum(axis=1), C, atol=5e-15)
    for q in range(8):
        assert B @ C**q == pytest.approx(1 / (q + 1), abs=1e-15)
    onp.testing.assert_allclose(B @ (A @ C**5), 1 / 42 + 0 * B[0], atol=1e-15)  # order 7
    onp.testing.assert_allclose(B @ (A @ (A @ C**5)), 1 / 336, atol=1e-15)  # order 8
    onp.testing.assert_allclose(dormand_prince.ERRORS @ onp.ones(len(C)), 0.0, atol=1e-15)


def test_implicit_coefficients_meet_the_conditions_of_order_9():
    A, B, C = radau.A, radau.B, radau.C
    for q in range(1, 6):
        onp.testing.assert_allclose(A @ C ** (q - 1), C**q / q, atol=1e-15)
    for q in range(9):
        assert B @ C**q == pytest.approx(1 / (q + 1), abs=1e-15)
    assert B @ onp.linalg.solve(A, onp.ones(5)) == pytest.approx(1.0, abs=1e-13)  # L-stable: R(inf) = 0


# Values


def test_linear_systems_are_matrix_exponentials():
    rng = onp.random.default_rng(1)
    matrix, y0 = rng.normal(size=(3, 4, 4)), rng.normal(size=(3, 2, 4))
    times = onp.array([0.5, 0.7, 1.5, 4.0])
    got = Ode(linear, 1e-11, 1e-11).call(y0, times, matrix)
    assert got.shape == (3, 2, 3, 4)
    for s in range(3):
        for k, t in enumerate(times[1:]):
            onp.testing.assert_allclose(
                got[s, :, k], y0[s] @ expm(matrix[s] * (t - 0.5)).T, rtol=1e-9, atol=1e-9
            )


@pytest.mark.parametrize("start", [0.0, -3.0, 2000.0, 1.7e9])
def test_logistic_growth_in_closed_form(start):
    rate, y0 = onp.array([[0.5], [2.0], [-1.0]]), onp.array([0.01, 0.3]).reshape(1, 2, 1)
    times = start + onp.arange(8.0)
    got = Ode(logistic).call(y0, times, rate)[..., 0]
    grown = onp.exp(rate[:, :, None] * (times[1:] - start))
    onp.testing.assert_allclose(got, y0 * grown / (1 + y0 * (grown - 1)), rtol=1e-8, atol=1e-9)


def test_lotka_volterra_agrees_with_another_solver():
    y0, rates = predators(5)
    times = onp.arange(21.0)
    ode = Ode(lotka_volterra)
    got = ode.call(y0, times, rates)
    for s in range(5):
        other = solve_ivp(
            lambda t, y, s=s: lotka_volterra(t, y[None, None], rates[s : s + 1])[0, 0],
            (0, 20),
            y0[s, 0],
            t_eval=times[1:],
            method="DOP853",
            rtol=1e-12,
            atol=1e-12,
        )
        onp.testing.assert_allclose(got[s, 0], other.y.T, rtol=1e-8)
    count, implicit = steps_of(ode)
    assert implicit == 0
    assert count < 150


def test_van_der_pol_to_published_digits():
    """Mazzia and Magherini, Test Set for Initial Value Problem Solvers: mu = 1000, t = 2000."""
    ode = Ode(van_der_pol)
    got = ode.call(onp.array([[[2.0, 0.0]]]), onp.array([0.0, 1.0, 2000.0]), onp.array([[1000.0]]))
    onp.testing.assert_allclose(got[0, 0, -1], [1.706167732170483, -0.8928097010247975e-3], rtol=1e-8)
    count, implicit = steps_of(ode)
    assert implicit > 0.8 * count
    assert count < 800


def test_robertson_to_published_digits():
    """The same test set: t = 1e11; Hairer and Wanner: t = 40."""
    ode = Ode(robertson, 1e-9, 1e-14)
    times = onp.array([0.0, 40.0, 1e11])
    got = ode.call(onp.array([[[1.0, 0.0, 0.0]]]), times, KINETICS)[0, 0]
    onp.testing.assert_allclose(got[0], [0.7158270688, 0.9185534765e-5, 0.2841637458], rtol=1e-9)
    onp.testing.assert_allclose(
        got[1], [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050], rtol=1e-6
    )
    assert steps_of(ode)[0] < 1000


def test_rates_that_depend_on_time():
    """y' = p cos(w t): every point of time reaches the rate, also when many are handed over at once."""
    p, w = onp.array([[1.0], [2.0]]), onp.array([[3.0], [0.5]])
    ode = Ode(lambda t, y, p, w: (p * np.cos(w * t))[:, :, None] + 0.0 * y)
    y0, times = onp.zeros((1, 1, 1)), onp.array([1.0, 2.0, 5.0])

    def exact(p, w):
        return p / w * (np.sin(w * times[1:]) - np.sin(w * times[0]))

    onp.testing.assert_allclose(ode.call(y0, times, p, w)[:, 0, :, 0], exact(p, w), atol=1e-8)
    for k in (0, 1):
        got = grad(lambda *args: np.sum(ode.call(y0, times, *args) ** 2), k)(p, w)
        want = grad(lambda *args: np.sum(exact(*args) ** 2), k)(p, w)
        onp.testing.assert_allclose(got, want, rtol=1e-7)


@pytest.mark.parametrize(
    "times",
    [
        [0.0, 2.0],
        [0.0, 0.0, 0.0, 1.0, 2.0],
        [0.0, 1.0, 1.0, 1.0 + 2.0**-52, 1.0 + 1e-13, 1.0 + 1e-9, 2.0],
        [5.0, 5.0 + 1e-15, 5.0 + 1e-12, 7.0],
        [0.0, 1e-300, 1e-30, 1e-3, 2.0],
        [*onp.linspace(0, 2, 400)],
    ],
)
def test_times_that_repeat_or_nearly_do(times):
    times = onp.array(times)
    rate, y0 = onp.array([[1.0], [0.2]]), onp.full((2, 1, 1), 0.1)
    ode = Ode(logistic)

    def exact(y0, rate):
        return (
            y0
            * np.exp(rate[:, :, None] * (times[1:] - times[0]))
            / (1 + y0 * (np.exp(rate[:, :, None] * (times[1:] - times[0])) - 1))
        )

    onp.testing.assert_allclose(ode.call(y0, times, rate)[..., 0], exact(y0, rate), rtol=1e-8)
    got = grad(lambda y: np.sum(ode.call(y, times, rate) ** 2))(y0)
    onp.testing.assert_allclose(got, grad(lambda y: np.sum(exact(y, rate) ** 2))(y0), rtol=1e-7)


def test_no_times_no_lanes_no_motion():
    rate, y0 = onp.array([[1.0]]), onp.ones((1, 1, 1))
    assert Ode(logistic).call(y0, onp.array([1.0]), rate).shape == (1, 1, 0, 1)
    assert Ode(logistic).call(onp.ones((1, 0, 1)), onp.array([0.0, 1.0]), rate).shape == (1, 0, 1, 1)
    onp.testing.assert_array_equal(Ode(logistic).call(y0, onp.array([0.0, 1e6]), rate), y0[:, :, None])


# Gradients


def test_gradients_are_the_sensitivities_of_linear_systems():
    rng = onp.random.default_rng(2)
    matrix, y0, g = rng.normal(size=(3, 4, 4)), rng.normal(size=(3, 2, 4)), rng.normal(size=(3, 2, 2, 4))
    times = onp.array([0.0, 0.6, 1.7])
    ode = Ode(linear, 1e-11, 1e-11)
    start, slope = make_vjp(lambda x: ode.call(x[0], times, x[1]))((y0, matrix))[0](g)
    for s in range(3):
        want = sum(g[s, :, k] @ expm(matrix[s] * times[k + 1]) for k in range(2))
        onp.testing.assert_allclose(start[s], want, rtol=1e-8, atol=1e-8)
        outer = [g[s, :, k].T @ y0[s] for k in range(2)]  # d(g' expm(M t) y) = <g y', d expm(M t)>
        want = sum(
            t * expm_frechet(matrix[s].T * t, o, compute_expm=False)
            for t, o in zip(times[1:], outer, strict=True)
        )
        onp.testing.assert_allclose(slope[s], want, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("draws_y0", "lanes", "draws_args"), [(1, 1, 1), (4, 1, 1), (1, 1, 4), (4, 3, 4), (1, 3, 4), (4, 3, 1)]
)
def test_gradients_take_the_shapes_of_what_they_belong_to(draws_y0, lanes, draws_args):
    rng = onp.random.default_rng(3)
    y0 = onp.array([30.0, 4.0]) * onp.exp(0.1 * rng.normal(size=(draws_y0, lanes, 2)))
    rates = RATES * onp.exp(0.1 * rng.normal(size=(draws_args, 4)))
    times = onp.array([0.0, 1.0, 3.5, 9.0])
    ode = Ode(lotka_volterra)

    def f(y0, rates):
        return np.sum(np.log(ode.call(y0, times, rates)))

    assert ode.call(y0, times, rates).shape == (max(draws_y0, draws_args), lanes, 3, 2)
    got = grad(lambda x: f(*x))((y0, rates))
    assert [x.shape for x in got] == [y0.shape, rates.shape]
    along = rng.normal(size=y0.shape), rng.normal(size=rates.shape) * RATES
    want = differences(f, (y0, rates), along, 1e-3)
    assert sum(onp.sum(a * b) for a, b in zip(got, along, strict=True)) == pytest.approx(want, rel=1e-6)
    only = grad(lambda rates: f(y0, rates))(rates)
    onp.testing.assert_allclose(only, got[1], rtol=1e-14)


@pytest.mark.parametrize(
    ("rhs", "y0", "times", "args"),
    [
        (van_der_pol, [2.0, 0.0], [0.0, 1.0, 100.0, 500.0, 1000.0, 2000.0], [[1000.0]]),
        (robertson, [1.0, 1e-5, 0.1], [0.0, 0.4, 4.0, 4e2, 4e5], KINETICS),
        (
            robertson,
            [1.0, 1e-5, 0.1],
            [0.0, 0.4, 4.0, 4e2, 4e5],
            KINETICS * [[1, 1, 1], [2, 1, 0.5], [0.3, 1, 2]],
        ),
    ],
    ids=["van_der_pol", "robertson", "robertson, 3 draws"],
)
def test_gradients_of_stiff_problems(rhs, y0, times, args):
    ode, times, args = Ode(rhs), onp.array(times), onp.array(args)
    y0 = onp.broadcast_to(onp.array(y0), (len(args), 1, len(y0))) + 0.0

    def f(y0, args):
        return np.sum(np.log(1.1 + ode.call(y0, times, args) ** 2))

    got = grad(lambda x: f(*x))((y0, args))
    assert steps_of(ode)[1] > 20
    rng = onp.random.default_rng(4)
    along = rng.normal(size=y0.shape) * y0, rng.normal(size=args.shape) * args
    want = differences(f, (y0, args), along, 1e-3)
    assert sum(onp.sum(a * b) for a, b in zip(got, along, strict=True)) == pytest.approx(want, rel=1e-6)


def explicit_again(tape, y, mu):
    """The same steps once more, in complex numbers."""
    found = [y]
    for step in tape.steps:
        slopes = []
        for row in dormand_prince.A:
            y_stage = y + step.h * sum(a * k for a, k in zip(row, slopes, strict=False))
            slopes.append(van_der_pol(0.0, y_stage, mu))
        y = y + step.h * sum(b * k for b, k in zip(dormand_prince.B, slopes, strict=True))
        found.append(y)
    return found


def implicit_again(tape, y, mu):
    """The same steps once more, in complex numbers: Newton's method on all stages, without shortcuts."""
    found = [y]
    for step in tape.steps:
        stages = (step.stages if step.stages is not None else onp.stack([step.y] * 5)).reshape(5, 2) + 0j
        for _ in range(8):
            slopes = van_der_pol(0.0, stages, mu)
            jacobian = onp.zeros((5, 2, 5, 2), complex)
            for j, (u, v) in enumerate(stages):
                local = onp.array([[0.0, 1.0], [-2.0 * mu * u * v - 1.0, mu * (1.0 - u * u)]])
                for i in range(5):
                    jacobian[i, :, j] = -step.h * radau.A[i, j] * local
            jacobian = jacobian.reshape(10, 10) + onp.eye(10)
            residual = stages - y.reshape(2) - step.h * radau.A @ slopes
            stages = stages - onp.linalg.solve(jacobian, residual.reshape(10)).reshape(5, 2)
        y = stages[-1].reshape(y.shape)
        found.append(y)
    return found


@pytest.mark.parametrize("again", [explicit_again, implicit_again])
def test_the_adjoint_is_that_of_the_steps_themselves(again, monkeypatch):
    """Against complex steps through the recorded steps: no truncation error, whatever the tolerance."""
    if again is implicit_again:
        monkeypatch.setattr(march, "Explicit", radau.Implicit)
    ode = Ode(van_der_pol, 1e-8, 1e-8)
    y0, times, mu = onp.array([[[2.0, 0.5]]]), onp.array([0.0, 3.0, 7.0]), onp.array([[3.0]])

    def f(out):
        return np.sum(np.sin(out))

    got = grad(lambda x: f(ode.call(x[0], times, x[1])))((y0, mu))
    tape = ode._latest[2]
    assert steps_of(ode)[1] == (len(tape.steps) if again is implicit_again else 0)
    tiny = 1e-40j
    for k in range(2):
        moved = again(tape, y0 + tiny * onp.eye(2)[k], 3.0)
        want = f(onp.stack([moved[m] for m in tape.marks])).imag / tiny.imag
        assert got[0][0, 0, k] == pytest.approx(want, rel=1e-9)
    moved = again(tape, y0 + 0j, 3.0 + tiny)
    want = f(onp.stack([moved[m] for m in tape.marks])).imag / tiny.imag
    assert got[1][0, 0] == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("what", ["small blocks", "stage by stage"])
def test_ways_of_the_adjoint_agree(what, monkeypatch):
    y0, rates = predators(6)
    rates[2] = [3.0, -3.0, -3.0, 3.0]  # u' = 3 u (1 + v), v' = 3 v (1 + u): ends early
    ode, times = Ode(lotka_volterra), onp.array([0.0, 1e-3, 1.0, 6.0])

    def f(x):
        return finite_sum(np.sin(ode.call(x[0], times, x[1])))

    want = grad(f)((y0, rates))
    monkeypatch.setattr(adjoint, *(("_NUMBERS", 1) if what == "small blocks" else ("_LARGE", 0)))
    for a, b in zip(grad(f)((y0, rates)), want, strict=True):
        onp.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def test_many_states():
    """Heat along 40 cells, against the eigenvectors of the chain."""
    cells, times = 40, onp.array([0.0, 0.3, 2.0])
    k = onp.arange(1, cells + 1)
    chain = 2 * onp.eye(cells) - onp.eye(cells, k=1) - onp.eye(cells, k=-1)
    ode = Ode(lambda t, y, p: -p[:, :, None] * np.dot(y, chain))
    values, vectors = onp.linalg.eigh(chain)
    y0, p = onp.sin(k).reshape(1, 1, cells), onp.array([[0.5], [1.5], [1.0]] * 12)

    def spectrum(p):
        return (y0 @ vectors) * np.exp(-p[:, :, None] * times[1:, None] * values)

    onp.testing.assert_allclose(ode.call(y0, times, p)[:, 0], spectrum(p) @ vectors.T, atol=1e-8)
    got = grad(lambda p: np.sum(ode.call(y0, times, p) ** 2))(p)
    onp.testing.assert_allclose(got, grad(lambda p: np.sum(spectrum(p) ** 2))(p), rtol=1e-7)


def test_two_solutions_in_one_objective():
    """Each adjoint follows the steps of its own call; one whose steps are gone makes them again."""
    y0, rates = predators(2)
    ode, times = Ode(lotka_volterra), onp.array([0.0, 2.0, 5.0])

    def one(rates):
        return np.sum(np.log(ode.call(y0, times, rates)))

    both = grad(lambda rates: one(rates) + one(2.0 * rates))(rates)
    onp.testing.assert_allclose(both, grad(one)(rates) + 2 * grad(one)(2.0 * rates), rtol=1e-13)
    pull = ode._vjp((3,), ode.call(y0, times, rates) + 0.0, (y0, times, rates), {})
    want = grad(lambda rates: np.sum(ode.call(y0, times, rates)))(rates)
    with pytest.raises(IndexError):
        pull(onp.ones((2, 1, 2, 2)))
    pull = ode._vjp((2,), ode.call(y0, times, rates) + 0.0, (y0, times, rates), {})
    onp.testing.assert_allclose(pull(onp.ones((2, 1, 2, 2)))[0], want, rtol=1e-13)


def test_what_has_no_gradient_says_so():
    ode, y0 = Ode(logistic), onp.full((1, 1, 1), 0.5)
    times, rate = onp.array([0.0, 1.0]), onp.ones((1, 1))
    with pytest.raises(TypeError, match="times"):
        grad(lambda times: np.sum(ode.call(y0, times, rate)))(times)
    slope = grad(lambda y: np.sum(ode.call(y, times, rate)))
    with pytest.raises(NotImplementedError, match="VJP"):
        grad(lambda y: np.sum(slope(y)))(y0)


# Recordings


def seasons(t, y, p):
    """Views, branches, reductions, products and time, all at once."""
    u, v = y[..., 0], np.moveaxis(y, -1, 0)[1]
    season = np.where(np.sin(t) > 0.2, np.exp(-t), np.cos(p[:, :1] * t))
    mixed = np.einsum("sbi,ij->sbj", y, onp.array([[0.0, 1.0], [-1.0, 0.1]]))
    return mixed + np.stack([np.where(u > v, u * v, season), season * np.sum(y, axis=-1)], axis=-1) / 8.0


@pytest.mark.parametrize("rhs", [lotka_volterra, seasons])
def test_a_recording_gives_the_very_same_numbers(rhs):
    rng = onp.random.default_rng(5)
    p = rng.normal(size=(3, 4))
    recorded = Replay(lambda t, y: rhs(t, y, p), 0.3, rng.normal(size=(3, 2, 2)))
    for _ in range(20):
        t, y = float(rng.normal()), rng.normal(size=(3, 2, 2))
        onp.testing.assert_array_equal(recorded(t, y), rhs(t, y, p))
    at_points = Replay(lambda t, y: rhs(t, y, p), onp.zeros((3, 1)), onp.zeros((3, 2, 2)))
    t, y = rng.normal(size=(3, 1)), rng.normal(size=(3, 2, 2))
    onp.testing.assert_array_equal(at_points(t, y), rhs(t, y, p))


@pytest.mark.parametrize("rhs", [seasons, lotka_volterra])
def test_recordings_change_nothing(rhs, monkeypatch):
    y0, rates = predators(3)
    f = value_and_grad(lambda x: np.sum(np.sin(Ode(rhs).call(x[0] / 30.0, onp.array([0.0, 1.0, 4.0]), x[1]))))
    fast = f((y0, rates))
    monkeypatch.setattr("ppl.numerics.ode.rate._OFTEN", -1)
    slow = f((y0, rates))
    assert fast[0] == slow[0]
    for a, b in zip(fast[1], slow[1], strict=True):
        onp.testing.assert_array_equal(a, b)


def branch(t, y, p):
    return p[:, :, None] * (y if (y > 2.0).any() else 1.0 + 0.0 * y)


def leak(t, y, p):
    return p[:, :, None] * y + 0.0 * float(onp.asarray(t).reshape(-1)[0]) * onp.sqrt(2.0)


def test_a_recording_that_misses_a_branch_is_found_out():
    """A rate that turns from 1 to y once y passes 2: from 1.5, y is 2 exp(t - 1/2) in the end."""
    ode = Ode(branch)
    got = ode.call(onp.full((1, 1, 1), 1.5), onp.array([0.0, 0.5, 2.0]), onp.ones((1, 1)))
    assert got[0, 0, 1, 0] == pytest.approx(2.0 * onp.exp(1.5), rel=1e-3)


def test_what_can_not_be_recorded_runs_as_it_is():
    times = onp.array([0.0, 1.0])
    got = Ode(leak).call(onp.ones((1, 1, 1)), times, onp.ones((1, 1)))
    assert got.item() == pytest.approx(onp.e, rel=1e-8)


# Failures


def test_solutions_that_end_early_end_for_their_own_draws():
    """y' = p y^2 from 1 is 1 / (1 - p t)."""
    p, y0 = onp.array([[0.1], [1.0], [-1.0], [0.7], [300.0]]), onp.ones((1, 1, 1))
    times = onp.array([0.0, 0.3, 0.9, 1.2, 2.0])
    ode = Ode(square)
    got = ode.call(y0, times, p)[:, 0, :, 0]
    exact = 1.0 / (1.0 - p * times[1:])
    onp.testing.assert_array_equal(onp.isfinite(got), p * times[1:] < 1)
    onp.testing.assert_allclose(got[p * times[1:] < 1], exact[p * times[1:] < 1], rtol=1e-7)
    assert steps_of(ode)[0] < 1000

    def f(p):
        return finite_sum(ode.call(y0, times, p))

    want = onp.where(p * times[1:] < 1, times[1:] * exact**2, 0.0).sum(axis=1, keepdims=True)
    onp.testing.assert_allclose(grad(f)(p), want, rtol=1e-6)


def test_a_wild_draw_is_given_up_and_the_others_go_on():
    p, times = onp.array([[1.0], [2.0], [1e9], [3.0]]), onp.array([0.0, 1.0, 2.0])
    y0 = onp.array([[[0.0, 1.0]]])
    ode = Ode(turning)
    got = ode.call(y0, times, p)
    assert steps_of(ode)[0] < 2 * march._ALONE
    onp.testing.assert_allclose(got[[0, 1, 3], 0, :, 0], onp.sin(p[[0, 1, 3]] * times[1:]), atol=1e-8)
    assert onp.isnan(got[2]).all()


def test_work_is_bounded(monkeypatch):
    monkeypatch.setattr(march, "MOST", 300)
    ode = Ode(turning)
    got = ode.call(onp.array([[[0.0, 1.0]]]), onp.array([0.0, 1e-9, 2.0]), onp.array([[1e9], [2e9]]))
    onp.testing.assert_array_equal(onp.isnan(got).all(axis=(0, 1, 3)), [False, True])
    assert steps_of(ode)[0] <= 300


@pytest.mark.parametrize("bad", [onp.nan, onp.inf, -onp.inf, 1e308])
def test_numbers_that_make_no_sense_never_raise(bad):
    rates = onp.array([[1.0], [bad], [0.5]])
    for rhs in (logistic, square, explosion, hole):
        ode, times = Ode(rhs), onp.array([0.0, 0.1, 0.2])

        def f(y0, p, ode=ode, times=times):
            return finite_sum(ode.call(y0, times, p))

        y0 = onp.full((3, 1, 1), 0.5)
        alone = ode.call(y0[[0, 2]], times, rates[[0, 2]])
        onp.testing.assert_allclose(ode.call(y0, times, rates)[[0, 2]], alone, rtol=1e-8)
        assert onp.isfinite(grad(f, 1)(y0, rates)[[0, 2]]).all()
        y0[1] = bad
        got = ode.call(y0, times, onp.full((3, 1), 0.5))
        assert onp.isfinite(got[[0, 2]]).all()
        assert onp.isfinite(bad) or onp.isnan(got[1]).all()
    for times in ([0.0, bad], [bad, 1.0], [1.0, 0.5]):
        if onp.isfinite(times).all() and times[1] > times[0]:
            continue
        got = Ode(logistic).call(onp.ones((1, 1, 1)), onp.array(times), onp.ones((1, 1)))
        assert onp.isnan(got).all()


@pytest.mark.filterwarnings("error")
def test_rates_that_depend_on_nothing():
    y0, p, q = onp.zeros((2, 1, 2)), onp.ones((2, 1)), onp.ones((1, 1))
    ode, times = Ode(lambda t, y, p, q: onp.ones(y.shape)), onp.array([0.0, 2.0])
    onp.testing.assert_allclose(ode.call(y0, times, p, q), 2.0, rtol=1e-14)
    for k, want in ((0, 1.0), (2, 0.0), (3, 0.0)):
        got = grad(lambda *args: np.sum(ode.call(*args)), k)(y0, times, p, q)
        onp.testing.assert_array_equal(got, want)


@pytest.mark.filterwarnings("error")
def test_rates_with_edges_and_noise_end(monkeypatch):
    """Not solvable to the tolerance: some answer, NaN or not, in bounded time."""
    monkeypatch.setattr(march, "MOST", 4000)
    monkeypatch.setattr(march, "_EXPLICIT", 2000)
    y0, p, times = onp.ones((1, 1, 1)), onp.array([[1.0], [3.0]]), onp.array([0.0, 0.01, 1.0])
    for rhs in (
        lambda t, y, p: np.where(y > 1.005, -100.0, 1.0) * p[:, :, None],
        lambda t, y, p: np.sin(1e12 * y) * p[:, :, None],
    ):
        ode = Ode(rhs)
        value, slope = value_and_grad(lambda p, ode=ode: finite_sum(ode.call(y0, times, p)))(p)
        assert onp.isfinite(value)
        assert slope.shape == p.shape
        assert steps_of(ode)[0] <= march.MOST
