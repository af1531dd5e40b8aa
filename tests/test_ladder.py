"""The ladder climbs where that pays, stays where it does not, and says why."""

import autograd.numpy as np
import numpy as onp
import pytest
from targets import Target, conjugate, eight_schools, gaussian, layout, normal

from ppl.ladder import WORTH, climb


def bent(b: float) -> Target:
    """Two coordinates, each sinh(b asinh(standard normal)): log evidence 0, and no Gaussian."""

    def density(z, w):
        y = np.arcsinh(z) / b
        slope = np.log(np.cosh(y)) - np.log(b) - 0.5 * np.log1p(z**2)
        return np.sum(normal(np.sinh(y), 0.0, 1.0) + slope, axis=1)

    return Target({"x": density}, layout(x=2))


def test_a_gaussian_needs_no_second_rung():
    f = climb(gaussian(5, 0, correlated=True)[0])
    assert [rung.guide for rung in f.rungs] == ["fullrank"]
    assert "nothing" in f.stopped


def test_it_climbs_to_where_the_posterior_is():
    f = climb(bent(2.0))
    assert f.guide == "skewed"
    first, last = f.rungs
    assert last.elbo == pytest.approx(0.0, abs=0.01)
    assert last.elbo - first.elbo > WORTH


def test_the_best_rung_is_kept_and_the_bill_is_whole():
    f = climb(eight_schools(centred=False))
    kept = next(rung for rung in f.rungs if rung.guide == f.guide)
    assert kept.elbo >= max(rung.elbo for rung in f.rungs) - WORTH
    assert f.stopped


def test_nothing_to_infer():
    target = Target({"y": lambda z, w: onp.full(len(z), -1.5)}, layout(), frozenset({"y"}))
    assert [rung.elbo for rung in climb(target).rungs] == [-1.5]


def test_the_same_seed_is_the_same_fit():
    one, other = (climb(conjugate(), seed=3) for _ in range(2))
    onp.testing.assert_array_equal(one.params, other.params)
