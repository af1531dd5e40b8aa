"""Families of problems of any size, as program and data: what `ladder.py` and `peer_ladder.py` fit; numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np

SIZES = {"logistic": (10, 50, 200), "Poisson hierarchy": (23, 303)}  # unknowns


def logistic(D: int) -> tuple[str, dict[str, Any]]:
    """Ten rows for each of D coefficients."""
    rng = np.random.default_rng(D)
    x = rng.normal(size=(10 * D, D))
    y = (rng.uniform(size=10 * D) < 1 / (1 + np.exp(-x @ rng.normal(size=D)))).astype(int)
    text = "dim obs, col\ndata x[obs, col]: real\ndata y[obs]: int\nb[col] ~ Normal(0, 2.5)\n"
    return text + "y[obs] ~ Bernoulli(logit=sum(x * b, col))\n", {"x": x, "y": y}


def poisson(D: int) -> tuple[str, dict[str, Any]]:
    """D - 3 groups of five counts each."""
    groups = D - 3
    rng = np.random.default_rng(groups)
    of = np.repeat(np.arange(groups), 5)
    counts = rng.poisson(np.exp(1 + 0.5 * rng.normal(size=groups)[of]))
    text = "dim obs\ndim group = {}\ndata of[obs]: group\ndata y[obs]: int\nmu ~ Normal(0, 2)\nslope ~ Normal(0, 1)\n"
    text += "tau ~ HalfNormal(1)\ndata x[obs]: real\na[group] ~ Normal(mu, tau)\n"
    text += "y[obs] ~ Poisson(log_rate=a[of] + slope * x)\n"
    return text.format(groups), {"of": of, "y": counts, "x": rng.normal(size=len(of))}
