"""Which coordinates meet, against the Hessian of log joints whose graphs are known."""

import autograd.numpy as anp
import numpy as np
import pytest
from targets import Target, layout

from ppl.fit.links import links

RNG = np.random.default_rng(0)


def target(pairs, **sizes):
    """Each pair (i, j) meets in a factor that is no quadratic; each coordinate has one of its own."""
    i, j = np.array(pairs, dtype=int).reshape(-1, 2).T

    def density(z, w):
        return anp.sum(anp.sin(z[:, i] * z[:, j]), axis=1) - anp.sum(z**2, axis=1)

    return Target({"x": density}, layout(**sizes))


def expected(pairs, D):
    found = np.eye(D, dtype=bool)
    for i, j in pairs:
        found[i, j] = found[j, i] = True
    return found


permuted = RNG.permutation(40)
CASES = {
    "nothing": ([], {"x": 30}),
    "a hierarchy": (
        [(0, 1), *((g, 2 + i) for g in (0, 1) for i in range(50))],
        {"mu": None, "tau": None, "x": 50},
    ),
    "some of them": ([(0, 1 + i) for i in range(0, 50, 3)], {"mu": None, "x": 50}),
    "a chain": ([(i, i + 1) for i in range(49)], {"x": 50}),
    "one pair far apart": ([(3, 35)], {"x": 64}),
    "intercepts and slopes": ([(i, 40 + i) for i in range(40)], {"a": 40, "b": 40}),
    "in another order": ([(i, 40 + int(permuted[i])) for i in range(40)], {"a": 40, "b": 40}),
    "members of groups": ([(i // 5, 20 + i) for i in range(100)], {"group": 20, "member": 100}),
    "answers": (
        [(i, 20 + j) for i in range(20) for j in range(30) if (i + j) % 3],
        {"item": 20, "student": 30},
    ),
    "arrays that are short": ([(0, 4), (2, 3)], {"a": 3, "b": 2}),
}


@pytest.mark.parametrize("name", list(CASES))
def test_links_are_those_of_the_factors(name):
    pairs, sizes = CASES[name]
    density = target(pairs, **sizes)
    np.testing.assert_array_equal(links(density), expected(pairs, density.layout.size))


def test_arrays_that_do_not_meet_themselves_are_not_moved_one_by_one():
    pairs, sizes = CASES["a hierarchy"]
    rows = []
    density = target(pairs, **sizes)
    counted = Target({"x": lambda z, w: rows.append(len(z)) or density(z)}, density.layout)
    links(counted)
    # Two scalars, and for each of six digits of the position both halves; the still point beside; at three points.
    assert sum(rows) == 3 * (2 + 1 + 2 * 6 + 1)


def test_what_is_not_finite_counts_as_met():
    density = Target(
        {"x": lambda z, w: anp.sum(anp.log(z[:, :1] - 5) * z[:, 1:], axis=1)}, layout(a=None, b=2)
    )
    with np.errstate(all="ignore"):
        assert links(density).all()


def test_learned_values_that_start_at_0_hide_nothing():
    pieces = {"x": lambda z, w: w[0] * anp.sin(z[:, 0] * z[:, 1]) - anp.sum(z**2, axis=1)}
    density = Target(pieces, layout(a=None, b=None), param_layout=layout(w=None), start_params=np.zeros(1))
    assert links(density).all()
