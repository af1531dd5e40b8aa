"""Matrices that join each vertex of a tree with its ancestors, against dense algebra; and the trees themselves."""

import numpy as np
import pytest
from autograd import grad, make_jvp
from autograd.test_util import check_grads

from ppl.numerics import tree_matrices as tm
from ppl.numerics.elimination import ROOT, tree
from ppl.numerics.paths import Paths


def star(hubs, leaves):
    """Hubs that meet everything, leaves that meet nothing else."""
    links = np.eye(hubs + leaves, dtype=bool)
    links[:hubs] = links[:, :hubs] = True
    return links


def chain(n, hubs=0):
    links = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= 1
    whole = star(hubs, n)
    whole[hubs:, hubs:] = links
    return whole


def nested():
    """Two globals, five groups, four members of each: members meet their group's vertex and the globals."""
    links = star(2, 5 + 20)
    for member in range(20):
        links[7 + member, 2 + member // 4] = links[2 + member // 4, 7 + member] = True
    return links


def scattered(n, seed):
    links = np.random.default_rng(seed).random((n, n)) < 2.5 / n
    return links | links.T | np.eye(n, dtype=bool)


GRAPHS = {
    "nothing": np.zeros((0, 0), dtype=bool),
    "one": np.ones((1, 1), dtype=bool),
    "apart": np.eye(7, dtype=bool),
    "dense": np.ones((30, 30), dtype=bool),
    "star": star(3, 150)[::-1, ::-1],
    "hubs": star(40, 12),
    "chain": chain(40),
    "chain below hubs": chain(33, 2),
    "nested": nested(),
    "scattered": scattered(60, 1),
}
everywhere = pytest.mark.parametrize("name", list(GRAPHS))


def ancestors(parent, i):
    while parent[i] != ROOT:
        i = parent[i]
        yield i


@everywhere
def test_linked_vertices_are_on_one_path(name):
    links = GRAPHS[name]
    parent = tree(links)
    for i in range(len(links)):
        for j in np.flatnonzero(links[i]):
            assert i == j or j in ancestors(parent, i) or i in ancestors(parent, j)


def test_trees_are_as_flat_as_they_can_be():
    def total(links):
        return int(Paths(tree(links)).depth.sum())

    assert total(star(3, 150)) == 0 + 1 + 2 + 3 * 150
    assert total(np.ones((30, 30))) == 30 * 29 / 2
    assert total(nested()) == 0 + 1 + 5 * 2 + 20 * 3
    # A chain cut in halves: floor(log2) of each position in a balanced tree.
    assert total(chain(31)) == sum(int(np.log2(i)) for i in range(1, 32))
    # Students and the items they all answer: items above, students side by side below.
    both = np.eye(50, dtype=bool)
    both[:10, 10:] = both[10:, :10] = True
    assert total(both) == 45 + 40 * 10


@pytest.fixture(params=list(GRAPHS))
def case(request):
    """(paths, dense matrix of entries, generator)."""
    paths = Paths(tree(GRAPHS[request.param]))

    def dense(v):
        matrix = np.zeros((paths.size, paths.size))
        matrix[paths.rows, paths.columns] = v
        return matrix

    return paths, dense, np.random.default_rng(3)


def test_products_are_those_of_dense_matrices(case):
    paths, dense, rng = case
    v, u = rng.normal(size=(2, paths.count))
    x, y = rng.normal(size=(2, 5, paths.size))
    N, U, at = dense(v), dense(u), (paths.rows, paths.columns)
    np.testing.assert_allclose(tm.times(v, x, paths), x @ N.T, atol=1e-12)
    np.testing.assert_allclose(tm.times_transposed(v, x, paths), x @ N, atol=1e-12)
    np.testing.assert_allclose(tm.outer(y, x, paths), (y.T @ x)[at], atol=1e-12)
    np.testing.assert_allclose(dense(tm.product(v, u, paths)), N @ U, atol=1e-12)  # the pattern is closed
    np.testing.assert_allclose(tm.by_right(v, u, paths), (N @ U.T)[at], atol=1e-12)
    np.testing.assert_allclose(tm.by_left(v, u, paths), (N.T @ U)[at], atol=1e-12)


def test_solutions_are_those_of_dense_matrices(case):
    paths, dense, rng = case
    v, d = 0.3 * rng.normal(size=paths.count), rng.uniform(0.5, 2, size=paths.size)
    x = rng.normal(size=(5, paths.size))
    C = dense(v) + np.diag(d)
    np.testing.assert_allclose(tm.solve(v, d, x, paths) @ C.T, x, atol=1e-11)
    np.testing.assert_allclose(tm.solve_transposed(v, d, x, paths) @ C, x, atol=1e-11)


@pytest.mark.parametrize("name", ["star", "hubs", "nested", "chain below hubs"])
def test_gradients_of_any_order(name):
    paths, rng = Paths(tree(GRAPHS[name])), np.random.default_rng(5)
    v, u = 0.3 * rng.normal(size=(2, paths.count))
    x, y = rng.normal(size=(2, 3, paths.size))
    d = rng.uniform(1, 2, size=paths.size)
    for function in (tm.times, tm.times_transposed):
        check_grads(lambda a, b, f=function: f(a, b, paths), modes=["rev"], order=2)(v, x)
    check_grads(lambda a, b: tm.outer(a, b, paths), modes=["rev"], order=2)(y, x)
    for function in (tm.product, tm.by_right, tm.by_left):
        check_grads(lambda a, b, f=function: f(a, b, paths), modes=["rev"], order=2)(v, u)
    for function in (tm.solve, tm.solve_transposed):
        check_grads(lambda a, b, c, f=function: f(a, b, c, paths), modes=["rev"], order=2)(v, d, x)
    tangent = make_jvp(lambda a: tm.times(v, a, paths))(x)(y)[1]
    np.testing.assert_allclose(tangent, tm.times(v, y, paths), atol=1e-12)
    assert grad(lambda a: np.float64(0) + tm.times(a, x, paths).sum())(v).shape == v.shape


def test_noise_is_evened_where_the_pattern_joins():
    for name in ("star", "hubs", "nested", "chain below hubs", "scattered"):
        paths = Paths(tree(GRAPHS[name]))
        m = int(paths.depth.max()) + 4
        x = paths.evened(np.random.default_rng(0).normal(size=(m, paths.size)))
        moments = x.T @ x / m
        np.testing.assert_allclose(np.diag(moments), 1, atol=1e-12)
        np.testing.assert_allclose(moments[paths.rows, paths.columns], 0, atol=1e-12)
