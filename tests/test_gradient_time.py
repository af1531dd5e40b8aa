"""The jobs of benchmarks/gradient_time.py compile at small sizes, and their gradients are those of differences."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import ppl

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import gradient_time


@pytest.mark.parametrize("name", gradient_time.DATA)
def test_value_and_gradient(name):
    data = gradient_time.DATA[name](12)
    log_joint = ppl.load(gradient_time.PROGRAMS / f"{name}.vi").bind(data).log_joint
    rng = np.random.default_rng(0)
    z = 0.3 * rng.normal(size=(2, log_joint.layout.size))
    value, slope = log_joint.value_and_grad(z)
    assert np.isfinite(value).all()
    step = 1e-5 * rng.normal(size=z.shape)
    change = (log_joint(z + step) - log_joint(z - step)) / 2
    assert change == pytest.approx((slope * step).sum(axis=1), rel=1e-6)


def test_disagreement_is_blind_to_constants_and_to_nothing_else():
    ours = np.array([1.0, 2.0, 4.0])
    assert gradient_time.disagreement(ours, ours - 7.0) == 0
    assert gradient_time.disagreement(ours, np.array([1.0, 2.0, 4.5])) == 0.5
