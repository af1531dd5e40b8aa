"""Scattered starts find both of two modes, whatever the seed, and one where there is one."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
import pytest
from targets import Target, eight_schools, gaussian, layout, normal, two_modes

from ppl.fit import fit, made
from ppl.fit.explore import explore, peaks, scattered

SEEDS = range(15)


@pytest.mark.parametrize(("D", "apart", "share"), [(1, 8.0, 0.3), (3, 5.0, 0.1), (10, 8.0, 0.3)])
def test_both_modes_are_found_and_the_heavier_is_higher(D, apart, share):
    target = two_modes(D, apart, share)[0]
    for seed in SEEDS:
        ends = explore(target, seed)
        assert [np.sign(end.mean[0]) for end in ends[:2]] == [1, -1], seed
        for end, mass in zip(ends, (1 - share, share), strict=False):
            assert end.value == pytest.approx(np.log(mass), abs=0.1)
            np.testing.assert_allclose(end.sd, 0.5, rtol=0.1)


@pytest.mark.parametrize("target", [gaussian(4, 0, correlated=False)[0], eight_schools(centred=False)])
def test_one_mode_has_one_end(target):
    assert [len(explore(target, seed)) for seed in range(5)] == [1] * 5


def test_a_log_concave_density_has_one_peak():
    def heights(z):
        return -np.sum(z**2 + z**4, axis=1)

    points = np.random.default_rng(0).normal(size=(60, 3))
    assert peaks(points, heights(points), heights, 5) == [int(np.argmax(heights(points)))]


def test_peaks_are_on_both_sides_of_a_valley_and_the_higher_comes_first():
    def heights(z):
        return np.logaddexp(np.log(0.9) - (z[:, 0] + 3) ** 2, np.log(0.1) - (z[:, 0] - 3) ** 2)

    points = np.array([[-3.0], [-2.9], [0.0], [2.8], [3.1], [9.0]])
    assert peaks(points, heights(points), heights, 5) == [0, 4]


def test_starts_are_as_many_as_asked_for_and_no_two_alike():
    found = scattered(two_modes(2)[0], 0, 6, None)
    assert len({tuple(point) for point in found}) == len(found) == 6
    assert len(scattered(two_modes(2)[0], 0, 1, None)) == 1


def test_points_without_density_are_no_peaks():
    inside = Target(
        {"x": lambda z, w: anp.where(z[:, 0] > 0.2, normal(z[:, 0], 1.0, 0.5), -np.inf)}, layout(x=1)
    )
    assert np.all(scattered(inside, 0, 6, None)[1:] > 0.2)


@pytest.mark.parametrize("seed", range(8))
def test_a_gaussian_is_at_one_mode_and_not_between_two(seed):
    target = two_modes(2)[0]
    f = fit(target, "fullrank", seed=seed)
    assert made(f.guide, target).moments(f.params)[1] == pytest.approx([0.5, 0.5], rel=0.05)
