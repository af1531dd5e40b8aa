"""Picking one entry per place: values against plain loops, the adjoint to second order."""

from __future__ import annotations

import numpy as np
import pytest
from autograd.test_util import check_grads

from ppl.numerics.pick import pick, unpick


@pytest.mark.parametrize(
    ("batch", "places"),
    [
        ((), ()),
        ((), (6,)),
        ((6,), (6,)),
        ((4, 1), (6,)),
        ((4, 6), (6,)),
        ((6,), (4, 6)),
        ((4, 1), (4, 6)),
        ((3, 1, 5), (2, 1)),
    ],
)
def test_pick(batch, places):
    rng = np.random.default_rng(0)
    table, index = rng.normal(size=(*batch, 3)), rng.integers(0, 3, places)
    got = pick(table, index)
    shape = np.broadcast_shapes(batch, places)
    rows, columns = np.broadcast_to(table, (*shape, 3)), np.broadcast_to(index, shape)
    assert got.shape == shape
    for place in np.ndindex(*shape):
        assert got[place] == rows[place][columns[place]]
    check_grads(lambda t: pick(t, index) ** 2, modes=["rev"], order=2)(table)
    g = rng.normal(size=shape)
    np.testing.assert_allclose(np.sum(unpick(g, index, table.shape) * table), np.sum(g * got), rtol=1e-12)


def test_every_entry_in_order_is_the_table_itself():
    table = np.random.default_rng(1).normal(size=(2, 1, 5, 3))
    got = pick(table, np.arange(3)[:, None])
    np.testing.assert_array_equal(got, np.swapaxes(table[:, 0], 1, 2))
    assert np.shares_memory(got, table)
    check_grads(lambda t: pick(t, np.arange(3)[:, None]) ** 2, modes=["rev"], order=2)(table)


def test_nothing_to_pick():
    table, nowhere = np.ones((4, 1, 3)), np.zeros(0, dtype=int)
    assert pick(table, nowhere).shape == (4, 0)
    assert unpick(np.ones((4, 0)), nowhere, table.shape).shape == table.shape
