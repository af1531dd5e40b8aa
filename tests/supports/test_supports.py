"""Laws over all supports, which are found by looking into the modules of `ppl.supports`."""

from __future__ import annotations

import importlib
import pkgutil
import string

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad, jacobian
from autograd.test_util import check_grads

import ppl.supports
from ppl.supports import Support, matrices, vectors


def _records() -> dict[str, Support]:
    found = {}
    for module in pkgutil.iter_modules(ppl.supports.__path__):
        for name, thing in vars(importlib.import_module(f"ppl.supports.{module.name}")).items():
            if isinstance(thing, Support):
                found[name] = thing
    return found


RECORDS = _records()
CONTINUOUS = {name: s for name, s in RECORDS.items() if not s.discrete}
DISCRETE = {name: s for name, s in RECORDS.items() if s.discrete}
SHAPES = {0: [()], 1: [(2,), (3,), (7,)], 2: [(1, 1), (2, 2), (4, 4)]}
CASES = [
    pytest.param(support, shape, id=f"{name}{list(shape)}")
    for name, support in CONTINUOUS.items()
    for shape in (*SHAPES[support.event_rank], *([] if support.square else [(2, 3)]))
]


def _ends(support: Support, rng: np.random.Generator, batch: tuple[int, ...]) -> list[np.ndarray]:
    """Increasing random ends, on scales from 0.01 to 100."""
    start = rng.normal(size=batch) * 10.0 ** rng.uniform(-2, 2, batch)
    return [start + i * 10.0 ** rng.uniform(-2, 2, batch) for i in range(len(support.ends))]


def _draw(support: Support, shape: tuple[int, ...], rng: np.random.Generator, batch: tuple[int, ...]):
    return rng.normal(size=(*batch, *support.unconstrained(shape)))


def test_the_scan_finds_every_kind():
    assert {"real", "interval", "simplex", "correlation_cholesky", "category"} <= set(RECORDS)


@pytest.mark.parametrize("support", RECORDS.values(), ids=RECORDS)
def test_names_speak_of_the_ends_and_of_nothing_else(support):
    fields = {field for _, field, _, _ in string.Formatter().parse(support.name) if field}
    assert fields == set(support.ends)


@pytest.mark.parametrize(("support", "shape"), CASES)
def test_round_trips(support, shape):
    rng = np.random.default_rng(1)
    ends = _ends(support, rng, (200,))
    z = _draw(support, shape, rng, (200,))
    x = support.constrain(z, *ends)
    assert x.shape == (200, *shape)
    scale = np.max(np.abs(ends), axis=0, initial=1.0) if ends else 1.0
    # z can't be known better than rounding x (which the ends may dwarf) lets it be.
    condition = scale / np.exp(support.log_jacobian(z, *ends)) if not shape else 1.0
    if support is matrices.correlation:  # its factor is lost as fast as it nears a singular matrix
        condition = 100 / np.linalg.eigvalsh(x)[..., 0]
    back = support.unconstrain(x, *ends)
    worst = np.abs(back - z).reshape(200, -1).max(axis=1, initial=0.0)
    assert np.all(worst <= 1e-12 + 1e-15 * condition)
    again = support.constrain(back, *ends)
    np.testing.assert_allclose(again, x, rtol=1e-12, atol=1e-12 * np.max(scale))


@pytest.mark.parametrize(("support", "shape"), CASES)
def test_log_jacobian_is_the_log_determinant(support, shape):
    rng = np.random.default_rng(2)
    free = support.unconstrained(shape)
    for _ in range(5):
        ends = _ends(support, rng, ())
        z = _draw(support, shape, rng, ())

        def coordinates(flat, ends=ends):
            x = support.constrain(anp.reshape(flat, free), *ends)
            return _free_coordinates(support, x)

        truth = _log_volume(jacobian(coordinates)(np.ravel(z))) if z.size else 0.0
        got = support.log_jacobian(z, *ends)
        assert np.shape(got) == ()
        assert got == pytest.approx(truth, rel=1e-10, abs=1e-10)


def _log_volume(slopes):
    """log of the volume that the columns span, of as many entries as columns or, on a curved surface, more."""
    return np.linalg.slogdet(slopes.T @ slopes)[1] / 2


def _free_coordinates(support: Support, x):
    """As many of the entries of `x` as it has degrees of freedom, in which densities are written."""
    if support is vectors.simplex:
        return x[:-1]
    if support is vectors.sum_to_zero:
        free = x.shape[0] - 1
        return anp.linalg.qr(np.eye(free + 1) - 1 / (free + 1))[0][:, :free].T @ x
    if support.event_rank == 2 and support.square:
        strict = support in (matrices.correlation_cholesky, matrices.correlation, matrices.adjacency)
        rows, columns = np.tril_indices(x.shape[0], -int(strict))
        return x[rows, columns]
    return anp.ravel(x)


@pytest.mark.parametrize(("support", "shape"), CASES)
def test_log_jacobian_is_the_slope_of_central_differences(support, shape):
    rng = np.random.default_rng(3)
    ends = [np.float64(0.3 + i) for i in range(len(support.ends))]
    z = np.ravel(_draw(support, shape, rng, ()))
    free = support.unconstrained(shape)
    h = 1e-5

    def coordinates(flat):
        return _free_coordinates(support, support.constrain(flat.reshape(free), *ends))

    steps = h * np.eye(z.size)
    columns = [(coordinates(z + step) - coordinates(z - step)) / (2 * h) for step in steps]
    truth = _log_volume(np.stack(columns, axis=-1)) if columns else 0.0
    assert support.log_jacobian(z.reshape(free), *ends) == pytest.approx(truth, abs=1e-7)


@pytest.mark.parametrize("size", [0.0, 1.0, 50.0, 700.0])
@pytest.mark.parametrize(("support", "shape"), CASES)
def test_images_and_slopes_at_saturation(support, shape, size):
    """x stays in the (closed) set, and neither x, log_jacobian nor a gradient is ever NaN or infinite."""
    if size > 100 and support is matrices.positive_definite:
        pytest.skip("its entries are squares, which overflow")
    rng = np.random.default_rng(4)
    for _ in range(20):
        ends = _ends(support, rng, ())
        z = size * rng.choice([-1.0, 1.0], support.unconstrained(shape))
        x = support.constrain(z, *ends)
        assert np.all(np.isfinite(x))
        if size <= 100:
            assert np.all(support.contains(x, *ends)), (z, ends, x)
        assert np.isfinite(support.log_jacobian(z, *ends))
        if not z.size:
            continue
        slope = jacobian(lambda z, ends=ends: support.constrain(z, *ends))(z)
        assert np.all(np.isfinite(slope))
        slope = jacobian(lambda z, ends=ends: support.log_jacobian(z, *ends))(z)
        assert np.all(np.isfinite(slope))


@pytest.mark.parametrize(("support", "shape"), CASES)
def test_gradients_to_second_order(support, shape):
    rng = np.random.default_rng(5)
    ends = [np.array([0.3, 0.7]) + i for i in range(len(support.ends))]
    z = _draw(support, shape, rng, (2,))
    check_grads(lambda z: support.constrain(z, *ends), modes=["rev"], order=2)(z)
    check_grads(lambda z: support.log_jacobian(z, *ends), modes=["rev"], order=2)(z)
    for i, end in enumerate(ends):

        def of_end(end, i=i):
            used = [*ends[:i], end, *ends[i + 1 :]]
            return support.constrain(z, *used) + support.log_jacobian(z, *used)

        check_grads(of_end, modes=["rev"], order=2)(end)


@pytest.mark.parametrize(("support", "shape"), CASES)
def test_gradient_at_the_middle_is_no_kink(support, shape):
    """Formulas that switch sides at z = 0 must not lose the slope there."""
    ends = [np.float64(i) for i in range(len(support.ends))]
    z, h = np.zeros(support.unconstrained(shape)), 1e-6
    if not z.size:
        pytest.skip("nothing is free here")
    direction = np.random.default_rng(6).normal(size=z.shape)
    slope = jacobian(lambda t: support.constrain(z + t * direction, *ends))(0.0)
    difference = support.constrain(z + h * direction, *ends) - support.constrain(z - h * direction, *ends)
    np.testing.assert_allclose(slope, difference / (2 * h), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(("support", "shape"), CASES)
def test_nan_is_no_member(support, shape):
    ends = [np.float64(i) for i in range(len(support.ends))]
    assert not np.any(support.contains(np.full(shape, np.nan), *ends))


@pytest.mark.parametrize("support", DISCRETE.values(), ids=DISCRETE)
def test_discrete_sets_hold_integers_only(support):
    ends = {"lower": -2, "upper": 5, "size": 4, "total": 3}
    x = np.array([0.5, -1.5, np.nan, np.inf, -np.inf])
    assert not np.any(support.contains(x, *(ends[e] for e in support.ends)))
    assert support.constrain is None


MEMBERS = {
    "boolean": {0, 1},
    "integer": set(range(-3, 7)),
    "nonnegative_integer": set(range(7)),
    "positive_integer": set(range(1, 7)),
    "integer_interval": set(range(-2, 6)),
    "integer_less_than": set(range(-3, 6)),
    "category": set(range(4)),
}


@pytest.mark.parametrize("name", [name for name, s in DISCRETE.items() if not s.event_rank])
def test_discrete_members(name):
    ends = {"lower": -2, "upper": 5, "size": 4}
    support = DISCRETE[name]
    x = np.arange(-3, 7)
    inside = support.contains(x, *(ends[e] for e in support.ends))
    assert set(x[inside].tolist()) == MEMBERS[name]


def test_counts_are_whole_and_add_up():
    x = np.array([[1, 2, 0], [3, 0, 0], [4, -1, 0], [1.5, 1.5, 0], [1, 1, 0], [np.inf, 1, 2]])
    np.testing.assert_array_equal(RECORDS["counts"].contains(x, 3), [True, True, False, False, False, False])
    np.testing.assert_array_equal(RECORDS["counts"].contains(x[:2], np.array([3, 4])), [True, False])


@pytest.mark.parametrize("z", [-60.0, -1.0, 0.0, 3.0, 60.0])
def test_an_interval_goes_over_into_a_half_line(z):
    """With a far or an infinite upper end it is the same map, and so is its Jacobian."""
    support = RECORDS["half_line_or_interval"]
    far = [support.constrain(z, -2.0, upper) for upper in (1e60, np.inf)]
    assert far[0] == pytest.approx(far[1], rel=1e-12)
    assert far[1] == pytest.approx(np.exp(z) - 2.0, rel=1e-12)
    assert support.unconstrain(far[1], -2.0, np.inf) == pytest.approx(z, rel=1e-9, abs=1e-9) or z < -30
    assert support.log_jacobian(z, -2.0, np.inf) == z


def test_ends_broadcast_against_z():
    interval = RECORDS["interval"]
    z, lower, upper = np.zeros((5, 1, 3)), np.zeros((5, 1, 1)), np.array([1.0, 2.0, 4.0])
    np.testing.assert_array_equal(interval.constrain(z, lower, upper)[2, 0], [0.5, 1.0, 2.0])
    assert interval.log_jacobian(z, lower, upper).shape == (5, 1, 3)


def test_an_interval_is_never_left_by_rounding():
    rng = np.random.default_rng(7)
    lower = rng.normal(size=100_000)
    upper = lower + rng.exponential(size=100_000)
    for z in (-50.0, 50.0):
        x = RECORDS["interval"].constrain(np.full(100_000, z), lower, upper)
        assert np.all((x >= lower) & (x <= upper))


def test_the_middle_of_the_simplex_is_uniform():
    np.testing.assert_allclose(vectors.simplex.constrain(np.zeros(6)), np.full(7, 1 / 7), rtol=1e-15)


def test_tiny_entries_of_a_simplex_keep_their_digits():
    x = np.array([1e-300, 1e-200, 1e-100, 1e-20, 1.0])
    np.testing.assert_allclose(vectors.simplex.constrain(vectors.simplex.unconstrain(x)), x, rtol=1e-12)


def test_correlation_factors_have_unit_rows():
    z = np.random.default_rng(8).normal(size=(50, 45))
    factor = matrices.correlation_cholesky.constrain(z)
    np.testing.assert_allclose(np.sum(factor**2, axis=-1), 1.0, rtol=1e-14)
    assert np.all(np.triu(factor, 1) == 0)


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize(
    "support", [s for s in CONTINUOUS.values() if s.ends], ids=[n for n, s in CONTINUOUS.items() if s.ends]
)
def test_slopes_by_ends_that_rows_share(support, turn):
    """The slope by what is narrower than the whole is the sum of the slopes at each row."""
    rng = np.random.default_rng(12)
    shapes = ((), (2, 1), (1, 3), (2, 3))
    ends = [float(end) for end in _ends(support, rng, ())]
    start = {"z": 0.3, **dict(zip(support.ends, ends, strict=True))}
    batch = {name: shapes[(turn + k) % 4] for k, name in enumerate(start)}
    for function in (support.constrain, support.log_jacobian):

        def total(v, key, sizes, function=function):
            given = {name: np.full(sizes[name], value) for name, value in start.items()}
            return anp.sum(function(*{**given, key: v}.values()) * np.ones((2, 3)))

        for key in start:
            slope = grad(total)(np.full(batch[key], start[key]), key, batch)
            every = grad(total)(np.full((2, 3), start[key]), key, dict.fromkeys(start, (2, 3)))
            shared = tuple(k for k, size in enumerate((1, 1, *batch[key])[-2:]) if size == 1)
            assert slope.shape == batch[key]
            np.testing.assert_allclose(slope, np.sum(every, axis=shared).reshape(slope.shape), rtol=1e-12)
