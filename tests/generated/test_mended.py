"""Small programs that were once given another meaning than the language's: each with what went wrong then."""

import pytest
from agreement import examine
from programs import Generated

pytestmark = pytest.mark.filterwarnings("ignore")
TIMES = {"y": [1.0, 2.0, 0.5]}
CASES = {
    "a truncated count leaves out an open end": (
        "dim t\ndata y[t]: int\nr ~ Gamma(2, 1)\ny[t] ~ Poisson(r) in (0, 9)",
        {"y": [1, 3]},
    ),
    "a mean over the statement's own axis is over all of it, whatever `where` selects": (
        "dim t\ndata y[t]: real\nm[t] ~ Normal(0, 1)\ny[t] ~ Normal(mean(m, t) + softmax(m, t), 1) where t > 0",
        TIMES,
    ),
    "a piece that selects nothing": (
        "dim t\ndata y[t]: real\nm[t] ~ Normal(0, 1)\nu[t] = m where t >= 0\nu[t] = 2 * m where t < 0\n"
        "y[t] ~ Normal(u, 1)",
        TIMES,
    ),
    "pieces of data alone are one array, and not one per draw": (
        "dim t\ndata y[t]: real\nu[t] = y where t < 1\nu[t] = y[t - 1] where t > 0\nm ~ Normal(0, 1)\n"
        "y[t] ~ Normal(u, 1)",
        TIMES,
    ),
    "an index that stands twice selects the diagonal": (
        "dim t\ndata y[t]: real\nw[i in t, j in t] ~ Dirichlet(1)\ny[t] ~ Normal(w[t, t], 1)",
        TIMES,
    ),
    "what is infinite behind the end of a shorter range": (
        "dim t\ndata y[t]: real\nd ~ Gamma(2, 1)\ny[t] ~ Normal(sum(y[s] * (t - s)^(-d), s in 0..t - 1), 1)",
        TIMES,
    ),
    "all elements of a finite latent in one row": (
        "dim t, n\ndata y[t]: real\nz[n] ~ Bernoulli(0.3)\ny[t] ~ Normal(sum(z, n), 1)",
        {**TIMES, "n": 3},
    ),
    "finite latents in a matrix product": (
        "dim t\ndata y[t]: real\nK[i in t, j in t] = i + 2 * j\nz[t] ~ Bernoulli(0.3)\nm ~ Normal(0, 1)\n"
        "y[i in t] ~ Normal(m + sum(K[i, j] * z[j], j in t), 1)",
        TIMES,
    ),
    "finite latents among a distribution's categories": (
        "dim t, k\ndata y[t]: k\nz[k] ~ Bernoulli(0.3)\ny[t] ~ Categorical(logits = 2 * z)",
        {"y": [0, 2, 1], "k": 3},
    ),
    "log K! for each ordered vector, in pieces": (
        "dim g, k\nu[g, k] ~ Normal(0, 1) ordered where g == 0\nu[g, k] ~ Normal(1, 1) ordered where g > 0",
        {"g": 2, "k": 3},
    ),
    "log K! where the scale is a finite latent's": (
        "dim k\nz ~ Bernoulli(0.3)\nu[k] ~ Normal(0, 1 + z) ordered",
        {"k": 3},
    ),
    "whole numbers as inputs of a recursion": (
        "dim t\ndata n: int\ndata y[t]: real\nh[t] = m where t < 1\nh[t] = n + tanh(h[t - 1]) where t > 0\n"
        "m ~ Normal(0, 1)\ny[t] ~ Normal(h, 1)",
        {**TIMES, "n": 2},
    ),
    "the slope of a product with a factor of 0": (
        "dim t\ndata x[t]: real\nm[t] ~ Normal(0, 1)\nfactor -prod(m * x, t)^2",
        {"x": [0, 1.0, 2.5]},
    ),
    "whole matrices in a statement about some of the places that they run over": (
        "dim t\ndata y[t]: real\na ~ HalfNormal(1)\n"
        "K[i in t, j in t] = a * 0.5^abs(i - j) + (if i == j then 1 else 0)\n"
        "y[t] ~ Normal(diagonal(K) + solve(K, y) + logdet(K), 1) where t > 0",
        TIMES,
    ),
    "linear algebra in a statement about places of two axes jointly": (
        "dim t\ndim g = 2\ndata y[t]: real\na[g] ~ HalfNormal(1)\n"
        "K[i in t, j in t] = 0.5^abs(i - j) + (if i == j then 1 else 0)\n"
        "u[g, t] ~ Normal(a + solve(K, y), 1) where g + t != 2\nu[g, t] ~ Normal(0, 1) where g + t == 2",
        TIMES,
    ),
    "a transposed matrix where some of its columns are chosen": (
        "dim t\ndim g = 2\ndata y[t]: real\nu[g, t] ~ Normal(0, 1)\nv[t, g] = transpose(u) where t > 0\n"
        "v[t, g] = 1 where t == 0\ny[t] ~ Normal(sum(v, g), 1)",
        TIMES,
    ),
    "one logit for all kinds alike": (
        "dim k = 3\ndata n: int\ndata y[k]: int\nm ~ Normal(0, 1)\ny[k] ~ Multinomial(n, logits = m)",
        {"n": 4, "y": [1, 0, 3]},
    ),
    "bounds of data say nothing of empty cells": (
        "dim t\ndata y[t]: real? > 0\nm ~ HalfNormal(1)\ny[t] ~ Gamma(2, m)",
        {"y": [1.5, None, 0.5]},
    ),
    "the slope by a scale that many rows share": (
        "dim t\ndim g = 2\ns[g] ~ HalfNormal(1)\nu[t, g] ~ AsymmetricLaplace(0, s, quantile = 0.9)",
        {"t": 3},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_small_programs_mean_what_the_interpreter_says(case):
    text, data = CASES[case]
    assert examine(Generated(tuple(text.split("\n")), data)).wrong == []
