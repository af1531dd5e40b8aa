"""The sweep's gradients are those of plain autograd: for every program at hand, at draws near and far."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from autograd import grad, make_vjp

import ppl
from ppl.log_joint import compile_log_joint
from ppl.log_joint.sweep import Sweep

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "generated"))

from programs import finite_program, program

TESTS = Path(__file__).resolve().parents[1]
PROGRAMS = sorted([*(TESTS / "good").glob("*.vi"), *(TESTS.parent / "examples").glob("*.vi")])
REACHES = (0.0, 0.3, 3.0, 30.0, 700.0)

pytestmark = pytest.mark.filterwarnings("ignore")


def bound(path):
    data = next((d for end in (".json", ".csv") if (d := path.with_suffix(end)).is_file()), None)
    return ppl.load(path).bind(data).log_joint


def points(log_joint, draws=3, seed=0):
    """z and w ever farther out."""
    rng = np.random.default_rng(seed)
    start = np.asarray(log_joint.start_params, dtype=float)
    for reach in REACHES:
        z = np.clip(reach * rng.standard_normal((draws, log_joint.layout.size)), -reach, reach)
        yield z, start + min(reach, 30.0) * rng.standard_normal(len(start)) if len(start) else None


def by_both(function, z, w):
    """The value, and the adjoints of z and w for a cotangent."""
    g = np.random.default_rng(1).standard_normal(len(z))
    if w is None:
        pull, value = make_vjp(lambda z: function(z, None))(z)
        return value, pull(g), None
    pull, value = make_vjp(lambda both: function(both[0], both[1]))((z, w))
    return value, *pull(g)


def assert_alike(ours, plain, nudged=None):
    """Equal but for rounding, of the largest entry, since terms cancel; NaN and infinite together.

    Far out adjoints can be so large that they cancel to nothing: `nudged` are gradients at draws a few ulps
    away, and the two may differ by as much as those do.
    """
    if plain is None:
        assert ours is None
        return
    assert np.shape(ours) == np.shape(plain)
    assert np.array_equal(np.isnan(ours), np.isnan(plain))
    ours, plain = np.atleast_2d(ours), np.atleast_2d(plain)
    finite = np.isfinite(plain)
    assert np.array_equal(ours[~finite], plain[~finite], equal_nan=True)
    axis = -1 if nudged is None else None
    size = np.max(np.where(finite, np.abs(plain), 0.0), axis=axis, keepdims=True, initial=0.0)
    blur = 0.0 if nudged is None else np.nan_to_num(np.max(np.abs(nudged - plain), axis=0, initial=0.0))
    assert np.all(np.abs(np.where(finite, ours - plain, 0.0)) <= 1e-12 * (1 + size) + 100 * blur)


def check(log_joint, seed=0):
    for z, w in points(log_joint, seed=seed):
        ours, plain = by_both(log_joint, z, w), by_both(log_joint.traced, z, w)
        assert np.array_equal(ours[0], plain[0], equal_nan=True)
        assert np.array_equal(log_joint.traced(z, w), plain[0], equal_nan=True)
        far = np.max(np.abs(z), initial=0.0) > 10
        nudged = by_both(log_joint.traced, z * (1 + 2e-15), w) if far else (None, None, None)
        for k in (1, 2):
            assert_alike(ours[k], plain[k], nudged[k])
        if w is not None and not far:
            _, by_z = log_joint.value_and_grad(z, w)
            assert_alike(by_z * np.random.default_rng(1).standard_normal((len(z), 1)), plain[1])


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_programs(path):
    check(bound(path))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_programs_in_the_coordinates_of_centerings(path):
    plain = bound(path)
    opened = compile_log_joint(plain.bound, {})
    if opened.coordinates.centred:
        check(opened)


@pytest.mark.parametrize("block", range(4))
def test_generated_programs(block):
    for seed in range(15 * block, 15 * block + 15):
        made = program(seed)
        check(ppl.model(made.text).bind(made.data).log_joint, seed)


@pytest.mark.parametrize("kind", ["independent", "plates", "chain", "tree", "loop", "nested"])
def test_generated_finite_programs(kind):
    for seed in range(6):
        made = finite_program(seed, kind)
        check(ppl.model(made.text).bind(made.data).log_joint, seed)


HIERARCHY = """
dim group
data y[group]: real
param shift: real
mu ~ Normal(shift, 5)
tau ~ HalfCauchy(5)
theta[group] ~ Normal(mu, tau)
y[group] ~ StudentT(4, theta, exp(shift))
"""


def hierarchy():
    return ppl.model(HIERARCHY).bind({"y": [1.0, -2.0, 0.5]}).log_joint


def test_second_derivatives_are_those_of_plain_autograd():
    log_joint = hierarchy()
    rng = np.random.default_rng(2)
    z, v = rng.standard_normal((2, 1, log_joint.layout.size))
    w, u = rng.standard_normal((2, 1))

    def twice(function):
        first = grad(lambda z, w: function(z, w).sum())
        by_w = grad(lambda z, w: function(z, w).sum(), 1)
        return (
            grad(lambda z: (first(z, w) * v).sum())(z),
            grad(lambda w: (first(z, w) * v).sum())(w),
            grad(lambda z: (by_w(z, w) * u).sum())(z),
        )

    for ours, plain in zip(twice(log_joint), twice(log_joint.traced), strict=True):
        assert np.any(plain != 0)
        assert ours == pytest.approx(plain, rel=1e-12)


def test_a_pullback_is_differentiable_and_can_be_used_twice():
    log_joint = hierarchy()
    z = np.random.default_rng(3).standard_normal((2, log_joint.layout.size))
    w = np.array([0.3])
    pull, _ = make_vjp(lambda z: log_joint(z, w))(z)
    again, _ = make_vjp(pull)(np.ones(2))  # the slope along a direction, by two passes in reverse
    direction = np.random.default_rng(4).standard_normal(z.shape)
    assert again(direction) == pytest.approx((pull(np.ones(2)) * direction).sum(axis=1), rel=1e-12)
    assert np.array_equal(pull(np.ones(2)), pull(np.ones(2)))
    assert pull(np.array([1.0, 0.0])) == pytest.approx(pull(np.ones(2)) * [[1.0], [0.0]], rel=1e-14)


def test_what_nothing_depends_on_has_gradient_0():
    log_joint = ppl.model("x ~ Flat()\nmu ~ Normal(0, 1)").bind({}).log_joint
    _, slope = log_joint.value_and_grad(np.array([[3.0, 2.0]]))
    assert slope.tolist() == [[0.0, -2.0]]


def test_the_usual_operations_have_rules():
    log_joint = bound(TESTS.parent / "examples" / "eight_schools_noncentred.vi")
    sweep = Sweep(log_joint, True, False)
    sweep.forward(np.zeros((1, log_joint.layout.size)), None)
    assert not sweep.traced
