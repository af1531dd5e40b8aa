"""Draws of summed-out latents follow their joint posterior; they are drawn in few rounds of independent elements."""

from collections import Counter

import numpy as np
import pytest
from test_states import CASES, weights

import ppl
from ppl.log_joint.allocations import finite_draws, rounds

DRAWS = 20_000


@pytest.mark.parametrize("name", CASES)
def test_joint_frequencies(name):
    text, data, latents = CASES[name]
    log_joint = ppl.model(text).bind(data).log_joint
    z = 0.5 * np.random.default_rng(1).standard_normal((1, log_joint.layout.size))
    paths, logs = zip(*weights(name, log_joint, z), strict=True)
    shares = np.exp(np.array(logs) - np.logaddexp.reduce(logs))
    drawn = finite_draws(log_joint, np.repeat(z, DRAWS, axis=0), None, np.random.default_rng(2))
    together = np.concatenate([drawn[latent] for latent in latents], axis=1)
    counts = Counter(tuple(int(v) for v in row) for row in together)
    found = np.array([counts[tuple(path)] for path in paths])
    assert found.sum() == DRAWS
    assert np.all(np.abs(found - DRAWS * shares) <= 5 * np.sqrt(DRAWS * shares * (1 - shares)) + 5)


CHAIN = """
dim time
data y[time]: real
z[time] ~ Bernoulli(0.3) where time == 0
z[time] ~ Bernoulli(0.1 + 0.8 * z[time - 1]) where time > 0
y[time] ~ Normal(z, 1)
"""
GRID = """
dim node, edge
data a[edge], b[edge]: node
latent s[node]: {-1, 1}
factor 0.3 * s[a] * s[b]
"""


def hang_together(tables, start, stops):
    """The elements that can be reached from one without passing through others."""
    seen, stack = {start}, [start]
    links = [scope for t in tables if t.order > 1 for scope in t.scopes.tolist()]
    while stack:
        element = stack.pop()
        for scope in links:
            if element in scope:
                more = set(scope) - seen - stops
                seen |= more
                stack += more
    return seen


def grid(side):
    node = np.arange(side * side).reshape(side, side)
    right, down = (node[:, :-1], node[:, 1:]), (node[:-1], node[1:])
    a, b = (np.concatenate([right[k].ravel(), down[k].ravel()]).tolist() for k in (0, 1))
    return {"a": a, "b": b, "node": side * side}


@pytest.mark.parametrize(("text", "data"), [(CHAIN, {"y": [0.1] * 12}), (GRID, grid(4))])
def test_elements_of_a_round_do_not_hang_together(text, data):
    (summed,) = ppl.model(text).bind(data).log_joint.sums
    plan = rounds(summed.tables, len(summed.group.sizes))
    assert sorted(np.concatenate(plan).tolist()) == list(range(len(summed.group.sizes)))
    taken: set[int] = set()
    for chosen in plan:
        for element in chosen.tolist():
            others = set(chosen.tolist()) - {element}
            assert not hang_together(summed.tables, element, taken) & others
        taken |= set(chosen.tolist())


def test_a_chain_of_a_thousand_takes_ten_rounds():
    (summed,) = ppl.model(CHAIN).bind({"y": [0.1] * 1000}).log_joint.sums
    assert len(rounds(summed.tables, 1000)) == 10
