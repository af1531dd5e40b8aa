"""A mixture finds both masses of two modes; apart, its components move in their own units."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from targets import Target, layout, normal

from ppl.fit import made
from ppl.guides import fullrank, mixture
from ppl.ladder import gather
from ppl.layout import Layout

LAYOUT = Layout.of([("a", (2,), (2,), ("i",))])


def two_modes(share: float, apart: float) -> Target:
    """share Normal(-apart, 1) + (1 - share) Normal(apart, 0.5) in one dimension, a standard normal in the other."""

    def density(z, w):
        one = anp.log(share) + normal(z[:, 0], -apart, 1.0)
        other = anp.log(1 - share) + normal(z[:, 0], apart, 0.5)
        return anp.logaddexp(one, other) + normal(z[:, 1], 0.0, 1.0)

    return Target({"x": density}, layout(x=2))


def test_both_masses_are_found():
    target = two_modes(0.3, 4.0)
    f = gather(target, "mixture(2)")
    guide = made(f.guide, target)
    shares = np.exp(mixture.log_shares(f.params, 2))
    assert sorted(shares) == pytest.approx([0.3, 0.7], abs=0.02)
    assert guide.moments(f.params)[0][0] == pytest.approx(0.3 * -4 + 0.7 * 4, abs=0.1)
    assert f.history[-1] == pytest.approx(0.0, abs=0.01)


def test_apart_each_component_moves_in_its_own_fisher_metric():
    K = 2
    parts = [fullrank.init(LAYOUT, np.array([20.0 * k, 0.0]), 0.7) for k in range(K)]
    params = np.concatenate([np.log([0.25, 0.75]), *parts])
    z = mixture.transport(params, np.random.default_rng(0).normal(size=(20_000, 3)), K)
    step = np.zeros_like(params)

    def score(at):
        return grad(lambda s: mixture.log_prob(mixture.move(params, s, K), at, K)[0])(step)

    sample = np.array([score(at[None]) for at in z[:6000]])
    fisher = sample.T @ sample / len(sample)
    np.testing.assert_allclose(fisher[K:, K:], np.eye(len(params) - K), atol=0.25)


def test_one_component_is_fullrank():
    start = fullrank.init(LAYOUT, np.array([1.0, -1.0]), np.array([0.5, 2.0]))
    z = np.random.default_rng(1).normal(size=(5, 2))
    np.testing.assert_allclose(
        mixture.log_prob(np.concatenate([[0.0], start]), z, 1), fullrank.log_prob(start, z)
    )
