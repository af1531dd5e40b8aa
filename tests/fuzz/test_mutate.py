"""Mutated programs, a sample of what `mutate.py` runs by the ten thousand; every case that once failed among them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import mutate

MANY = 600
ONCE_FAILED = [
    ("dim K = 1_000_000_000_000\nx[K] ~ Normal(0, 1)", {}),
    ("data n: int\ndim K = n\nx[K] ~ Normal(0, 1)", {"n": float("inf")}),
    ("data n: int\ndim K = n\nx[K] ~ Normal(0, 1)", {"n": float("nan")}),
    ("data n: int\ndim K = n\nx[K] ~ Normal(0, 1)", {"n": []}),
    ("data n: int\ndim K = 4 / n\nx[K] ~ Normal(0, 1)", {"n": 0}),
    ("dim K = 9^9^9^9\nx[K] ~ Normal(0, 1)", {}),
    ("a ~ Normal(0, 9999999999999999999999999)", {}),
    ("dim k = 2\ndata s[k]: real\nb = s[99999999999999999999]", {"s": [1, 2]}),
    ("dim t\ndata y[t]: real\nh[0] = 1\nh[t] = h[t - 1] + 1 where t > 0\ny[t] ~ Normal(h, 1)", {"y": []}),
    (
        "dim o\ndim k = 2\ndata y[o]: real\nw[k] ~ Dirichlet(1)\nz[o] ~ Categorical(w)\ny[o] ~ Normal(z, 1)",
        {"y": []},
    ),
    ("dim k from 99999999999999999999999\ndim o\ndata z[o]: k\nx[k] ~ Normal(0, 1)", {"z": [1], "k": 2}),
    ("c = sum(k, k in 1..1_000_000_000_000)", {}),
    ("c = " + "9" * 5000, {}),
    ("data y: int\nb ~ Normal(y, 1)", {"y": 2**70}),
    ("dim k\ndata y[k]: k", {"y": [1e300, 2]}),
    ("dim k\ndata y[k]: real\nm = max(y)", {"y": []}),
    ("fn f(x) = f(x)\nb = f(1)", {}),
    ("data y: real", {"y": {"a": [1], "b": [1, 2]}}),
    ("data K: int\ndim level = K - 1\ncut[level] ~ Normal(0, 1) ordered", {"K": 1}),
    ("dim k\ndata S[i in k, j in k]: real\ndata v[k]: real\nlet s[k] = solve(S, v)", {"S": [], "v": [1, 2]}),
    ("b ~ Uniform(0, 1 - b)", {}),
    ("n ~ DiscreteUniform(99999999999999999999999, 1)\ny ~ Normal(n, 1)", {}),
    ("dim o\ndata y[o]: real\nparam a: real = o\ny[o] ~ Normal(a, 1)", {"y": [1, 2]}),
]


@pytest.mark.parametrize("number", range(MANY))
def test_mutant(number: int) -> None:
    wrong, _, _ = mutate.fails(number, seed=3).partition("\t")
    assert not wrong, f"`python tests/fuzz/mutate.py --seed 3 --only {number}` shows it\n{wrong}"


@pytest.mark.parametrize(("text", "data"), ONCE_FAILED)
def test_what_once_failed(text: str, data: dict[str, object]) -> None:
    with mutate.at_most(2 * mutate.LIMIT):
        mutate.run(text, data)
