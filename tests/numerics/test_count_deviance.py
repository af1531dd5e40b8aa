"""The deviance of counts against mpmath, for d given exactly, from tiny to huge."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from ppl.numerics.count_deviance import count_deviance


def _true(a, d):
    with mp.workdps(60):
        a, d = mp.mpf(float(a)), mp.mpf(float(d))
        return float((a * mp.log(a / (a + d)) if a else 0) + d)


def test_against_mpmath():
    rng = np.random.default_rng(0)
    a = np.floor(10.0 ** rng.uniform(0, 9, 3000))
    d = a * rng.choice([-1, 1], 3000) * 10.0 ** rng.uniform(-12, 0, 3000)
    d = np.where(rng.random(3000) < 0.3, a * 10.0 ** rng.uniform(0, 6, 3000), d)
    d = np.maximum(d, -0.9 * a)
    got = count_deviance(a, a + d, d)
    for ai, di, value in zip(a, d, got, strict=True):
        # Small ones stand beside terms of size 1 in every density, so ulps of 1 are what counts there.
        assert value == pytest.approx(_true(ai, di), rel=4e-15, abs=1e-14), (ai, di)


def test_edges():
    a, m = np.array([0.0, 0.0, 3.0, 3.0]), np.array([0.0, 2.5, 0.0, np.inf])
    np.testing.assert_array_equal(count_deviance(a, m, m - a), [0.0, 2.5, np.inf, np.inf])
    assert count_deviance(5, 5.0, 0.0) == 0
    assert count_deviance(
        np.arange(3.0), np.full((2, 3), 1.0), 1.0 - np.arange(3.0) + np.zeros((2, 1))
    ).shape == (2, 3)
