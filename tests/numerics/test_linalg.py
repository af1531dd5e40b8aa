"""Triangular factors: values against numpy, gradients to second order, and what bad matrices come to."""

from __future__ import annotations

import numpy as np
import pytest
from autograd import grad
from autograd.test_util import check_grads

from ppl.numerics import linalg

BATCHES = [(), (4,), (30,), (2, 3)]


def _positive(rng: np.random.Generator, batch: tuple[int, ...], size: int) -> np.ndarray:
    root = rng.normal(size=(*batch, size, size))
    return root @ np.swapaxes(root, -1, -2) + np.eye(size)


@pytest.mark.parametrize("size", [1, 2, 3, 6])
@pytest.mark.parametrize("batch", BATCHES)
def test_cholesky(batch, size):
    matrix = _positive(np.random.default_rng(0), batch, size)
    np.testing.assert_array_equal(linalg.cholesky(matrix), np.linalg.cholesky(matrix))
    assert np.all(linalg.cholesky_jitter(matrix) == 0)
    check_grads(
        lambda m: linalg.cholesky((m + np.swapaxes(m, -1, -2)) / 2),
        modes=["rev"],
        order=2,
    )(matrix)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("columns", [1, 3, 40])
@pytest.mark.parametrize("size", [1, 2, 5, 20])
@pytest.mark.parametrize("batch", BATCHES)
def test_solve_lower(batch, size, columns, transposed):
    rng = np.random.default_rng(1)
    factor = np.linalg.cholesky(_positive(rng, batch, size))
    right = rng.normal(size=(*batch, size, columns))
    used = np.swapaxes(factor, -1, -2) if transposed else factor
    noise = np.triu(rng.normal(size=(size, size)), 1)  # above the diagonal, where nobody should look
    got = linalg.solve_lower(factor + noise, right, transposed=transposed)
    np.testing.assert_allclose(used @ got, right, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(
    ("factor_batch", "right_batch"), [((), (5,)), ((5,), ()), ((2, 1), (3,)), ((40,), (40,)), ((), ())]
)
def test_solve_lower_broadcasts_and_differentiates(factor_batch, right_batch, transposed):
    rng = np.random.default_rng(2)
    factor = np.linalg.cholesky(_positive(rng, factor_batch, 3))
    right = rng.normal(size=(*right_batch, 3, 2))
    got = linalg.solve_lower(factor, right, transposed=transposed)
    assert got.shape == (*np.broadcast_shapes(factor_batch, right_batch), 3, 2)
    check_grads(
        lambda L, b: linalg.solve_lower(L, b, transposed=transposed),
        modes=["rev"],
        order=2,
    )(factor, right)


def test_the_two_ways_of_solving_agree():
    rng = np.random.default_rng(3)
    factor = np.linalg.cholesky(_positive(rng, (50,), 4))
    right = rng.normal(size=(50, 4, 3))
    for transposed in (False, True):
        many = linalg.solve_lower(factor, right, transposed=transposed)  # 50 > 3 * 4: row by row
        few = np.stack([linalg.solve_lower(factor[i], right[i], transposed=transposed) for i in range(50)])
        np.testing.assert_allclose(many, few, rtol=1e-12, atol=1e-14)


def test_solve_positive_and_half_logdet():
    rng = np.random.default_rng(4)
    matrix, right = _positive(rng, (6,), 5), rng.normal(size=(6, 5, 2))
    np.testing.assert_allclose(
        linalg.solve_positive(matrix, right), np.linalg.solve(matrix, right), rtol=1e-10
    )
    factor = linalg.cholesky(matrix)
    np.testing.assert_allclose(2 * linalg.half_logdet(factor), np.linalg.slogdet(matrix)[1], rtol=1e-13)
    check_grads(linalg.half_logdet, modes=["rev"], order=2)(factor)


@pytest.mark.parametrize("size", [1, 3, 16, 17, 30])
def test_inverse_and_energy(size):
    rng = np.random.default_rng(6)
    matrix, right = _positive(rng, (4,), size), rng.normal(size=(2, 1, size, 3))
    inverse = linalg.inverse_positive(matrix)
    np.testing.assert_allclose(inverse @ matrix, np.broadcast_to(np.eye(size), (4, size, size)), atol=1e-9)
    np.testing.assert_array_equal(inverse, np.swapaxes(inverse, -1, -2))
    energy = linalg.normal_energy(matrix, right)
    solved = np.linalg.solve(matrix, right)
    true = np.sum(right * solved, axis=-2) / 2 + np.linalg.slogdet(matrix)[1][:, None] / 2
    np.testing.assert_allclose(energy, true, rtol=1e-11)

    def symmetric(m, b):
        return linalg.normal_energy((m + np.swapaxes(m, -1, -2)) / 2, b)

    check_grads(symmetric, modes=["rev"], order=2)(matrix, right)
    check_grads(
        lambda m: linalg.inverse_positive((m + np.swapaxes(m, -1, -2)) / 2),
        modes=["rev"],
        order=2,
    )(matrix)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_triangles_as_vectors(size, strict):
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(3, size, size))
    entries = linalg.lower_entries(matrix, strict)
    assert linalg.triangle_size(entries.shape[-1], strict) == size
    np.testing.assert_array_equal(linalg.lower_triangle(entries, size, strict), np.tril(matrix, -int(strict)))
    check_grads(
        lambda m: linalg.lower_triangle(linalg.lower_entries(m, strict) ** 2, size, strict),
        modes=["rev"],
        order=2,
    )(matrix)


def test_jitter_is_the_smallest_that_helps_and_only_where_needed():
    singular = np.ones((3, 3))
    batch = np.stack([np.eye(3), singular, 100 * singular])
    jitter = linalg.cholesky_jitter(batch)
    np.testing.assert_array_equal(jitter, [0.0, 1e-10, 1e-10])
    factor = linalg.cholesky(batch)
    np.testing.assert_array_equal(factor[0], np.eye(3))
    np.testing.assert_allclose(factor @ np.swapaxes(factor, -1, -2), batch, rtol=1e-9)


def test_a_kernel_matrix_of_close_points_is_factored():
    place = np.linspace(0, 1, 100)
    kernel = np.exp(-0.5 * (place[:, None] - place) ** 2)
    assert 0 < linalg.cholesky_jitter(kernel) <= 1e-8
    assert np.all(np.isfinite(linalg.cholesky(kernel)))


@pytest.mark.parametrize(
    "bad", [np.array([[1.0, 2.0], [2.0, 1.0]]), np.full((2, 2), np.nan), -np.eye(2), np.full((2, 2), np.inf)]
)
def test_hopeless_matrices_end_in_minus_infinity_and_not_in_nan(bad):
    batch = np.stack([np.eye(2), bad])
    np.testing.assert_array_equal(linalg.cholesky_jitter(batch), [0.0, np.inf])

    def log_density(matrix):
        factor = linalg.cholesky(matrix)
        white = linalg.solve_lower(factor, np.ones((2, 1)))
        return -0.5 * (white**2).sum(axis=(-1, -2)) - linalg.half_logdet(factor)

    np.testing.assert_array_equal(log_density(batch), [-1.0, -np.inf])
    np.testing.assert_array_equal(linalg.normal_energy(batch, np.ones((2, 1)))[:, 0], [1.0, np.inf])
    np.testing.assert_array_equal(linalg.inverse_positive(batch), np.stack([np.eye(2), np.zeros((2, 2))]))
    for energy in (log_density, lambda m: -linalg.normal_energy(m, np.ones((2, 1)))):
        _is_flat_where_hopeless(grad(lambda m, energy=energy: energy(m).sum())(batch))


def _is_flat_where_hopeless(slope):
    assert np.all(np.isfinite(slope))
    assert np.all(slope[1] == 0)
