"""The forward recursion against the sum over all paths, and its gradient, with impossible and extreme weights."""

import itertools

import numpy as np
import pytest
from autograd import grad

from ppl.numerics import chains
from ppl.numerics.chains import log_chain


def by_enumeration(unary, pair):
    length, states = unary.shape
    totals = []
    for path in itertools.product(range(states), repeat=length):
        total = sum(unary[t, z] for t, z in enumerate(path))
        total += sum(pair[min(t, len(pair) - 1), a, b] for t, (a, b) in enumerate(itertools.pairwise(path)))
        totals.append(total)
    return np.logaddexp.reduce(totals)


def weights(case, rng, links):
    unary = rng.standard_normal((3, 2, 6, 3))
    pair = rng.standard_normal((3, 2, links, 3, 3))
    if case == "impossible":
        pair[..., 0, 1] = -np.inf
        pair[..., 2, 0] = -np.inf
        unary[..., 3, 1] = -np.inf
    if case == "extreme":
        unary *= 400.0
        pair *= 300.0
    return unary, pair


@pytest.mark.parametrize("links", [1, 5])
@pytest.mark.parametrize("case", ["tame", "impossible", "extreme"])
def test_sum_over_all_paths(case, links):
    unary, pair = weights(case, np.random.default_rng(1), links)
    found = log_chain(unary, pair)
    for s, n in np.ndindex(3, 2):
        assert found[s, n] == pytest.approx(by_enumeration(unary[s, n], pair[s, n]), rel=1e-12)


@pytest.mark.parametrize("links", [1, 5])
@pytest.mark.parametrize("case", ["tame", "impossible", "extreme"])
def test_gradient_is_the_posterior(case, links):
    unary, pair = weights(case, np.random.default_rng(2), links)
    by_unary = grad(lambda u: np.sum(log_chain(u, pair)))(unary)
    assert np.allclose(by_unary.sum(axis=-1), 1.0)
    by_pair = grad(lambda p: np.sum(log_chain(unary, p)))(pair)
    assert np.allclose(by_pair.sum(axis=(-1, -2, -3)), 5.0)
    rng = np.random.default_rng(3)
    for values, slope, of in ((unary, by_unary, 0), (pair, by_pair, 1)):
        step = np.where(np.isfinite(values), rng.standard_normal(values.shape), 0.0)
        step *= 1e-6

        def at(sign, of=of, values=values, step=step):
            moved = np.where(np.isfinite(values), values + sign * step, values)
            return log_chain(moved, pair) if of == 0 else log_chain(unary, moved)

        axes = tuple(range(2, values.ndim))
        assert np.allclose((at(1) - at(-1)) / 2, (slope * step).sum(axis=axes), rtol=1e-5, atol=1e-11)


@pytest.mark.parametrize("size", [0.1, 8.0, 20.0])
@pytest.mark.parametrize("links", [1, 299])
def test_long_chains_as_in_logs(size, links, monkeypatch):
    """The states' shares are scaled at every second to every three hundredth step."""
    rng = np.random.default_rng(5)
    unary, pair = (size * rng.standard_normal(shape) for shape in ((2, 300, 4), (2, links, 4, 4)))

    def both():
        total = lambda *args: np.sum(log_chain(*args))  # noqa: E731 - what is differentiated
        return log_chain(unary, pair), *(grad(total, k)(unary, pair) for k in (0, 1))

    found = both()
    monkeypatch.setattr(chains, "_steps_between_rests", lambda *_: 0)
    rounding = 10 * np.finfo(float).eps * np.abs(found[0]).max()  # of alpha, and so of the shares made of it
    for one, other in zip(found, both(), strict=True):
        np.testing.assert_allclose(one, other, rtol=rounding, atol=rounding)


def test_shared_draws_are_summed():
    rng = np.random.default_rng(4)
    unary, pair = rng.standard_normal((4, 1, 5, 3)), rng.standard_normal((1, 1, 1, 3, 3))
    by_pair = grad(lambda p: np.sum(log_chain(unary, p)))(pair)
    assert by_pair.shape == pair.shape
    assert by_pair.sum() == pytest.approx(4 * 4)
