"""Thirty models that go wrong: each must end soon, with a finite answer or a verdict that names the trouble.

    python benchmarks/stress.py [NAME...] [--limit 60]

A row: processor seconds, verdict or error, and its first reason. A fit fails where it takes longer than the limit,
raises anything but a `PplError`, or says "good" with a number that is not finite.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np

import ppl

RNG = np.random.default_rng(0)
N = 40
X = RNG.normal(size=N)
Y = 1.0 + 2.0 * X + 0.5 * RNG.normal(size=N)
COUNTS = RNG.poisson(3, N)
LINE = "dim obs\ndata x[obs], y[obs]: real\n"
REGRESSION = (
    LINE
    + "a ~ Normal(0, {wide})\nb ~ Normal(0, {wide})\ns ~ HalfNormal({wide})\ny[obs] ~ Normal(a + b * x, s)\n"
)
LOGISTIC = (
    "dim obs\ndata x[obs]: real\ndata y[obs]: int\na ~ Normal(0, {wide})\nb ~ Normal(0, {wide})\n"
    "y[obs] ~ Bernoulli(logit=a + b * x)\n"
)
NORMAL = "dim obs\ndata y[obs]: real\nmu ~ Normal(0, {wide})\ns ~ {scale}\ny[obs] ~ Normal(mu, s)\n"
OUTLIER = np.append(Y, 1e12)

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "flat direction": (
        LINE + "a ~ Normal(0, 1e6)\nb ~ Normal(0, 1e6)\ny[obs] ~ Normal(a + b, 1)\n",
        {"x": X, "y": Y},
    ),
    "flat prior, no data": ("latent a: real\nb ~ Normal(a, 1)\n", {}),
    "improper posterior": (
        LINE + "latent a: real\nlatent b: real\ny[obs] ~ Normal(a + b, 1)\n",
        {"x": X, "y": Y},
    ),
    "improper scale": (
        "dim obs\ndata y[obs]: real\nlatent s: real > 0\ny[obs] ~ Normal(0, s)\n",
        {"y": np.zeros(5)},
    ),
    "separation": (LOGISTIC.format(wide=1e3), {"x": X, "y": (X > 0).astype(int)}),
    "separation, flat prior": (
        "dim obs\ndata x[obs]: real\ndata y[obs]: int\nlatent b: real\ny[obs] ~ Bernoulli(logit=b * x)\n",
        {"x": X, "y": (X > 0).astype(int)},
    ),
    "funnel": ("dim k = 9\nv ~ Normal(0, 3)\nx[k] ~ Normal(0, exp(v / 2))\n", {}),
    "steep funnel": ("dim k = 30\nv ~ Normal(0, 10)\nx[k] ~ Normal(0, exp(v))\n", {}),
    "centred hierarchy, few data": (
        "dim g = 8\ndata y[g]: real\nmu ~ Normal(0, 100)\ntau ~ HalfCauchy(100)\n"
        "t[g] ~ Normal(mu, tau)\ny[g] ~ Normal(t, 10)\n",
        {"y": RNG.normal(size=8)},
    ),
    "one observation, unknown scale": (NORMAL.format(wide=1e3, scale="HalfCauchy(1)"), {"y": [3.0]}),
    "scale to zero": (NORMAL.format(wide=10, scale="HalfCauchy(1)"), {"y": np.full(5, 2.0)}),
    "Cauchy outlier at 1e12": (
        "dim obs\ndata y[obs]: real\nmu ~ Normal(0, 10)\ns ~ HalfNormal(1)\ny[obs] ~ Cauchy(mu, s)\n",
        {"y": OUTLIER},
    ),
    "normal with an outlier at 1e12": (NORMAL.format(wide=10, scale="HalfNormal(1)"), {"y": OUTLIER}),
    "student outliers": (
        "dim obs\ndata y[obs]: real\nmu ~ Normal(0, 10)\ns ~ HalfNormal(1)\nnu ~ Gamma(2, 0.1)\n"
        "y[obs] ~ StudentT(nu, mu, s)\n",
        {"y": OUTLIER},
    ),
    "data times 1e-12": (REGRESSION.format(wide=1), {"x": X * 1e-12, "y": Y * 1e-12}),
    "data times 1e12": (REGRESSION.format(wide=1), {"x": X * 1e12, "y": Y * 1e12}),
    "priors times 1e12 too": (REGRESSION.format(wide=1e12), {"x": X, "y": Y * 1e12}),
    "priors times 1e-12 too": (REGRESSION.format(wide=1e-12), {"x": X, "y": Y * 1e-12}),
    "constant column": (REGRESSION.format(wide=10), {"x": np.ones(N), "y": Y}),
    "column of zeros": (REGRESSION.format(wide=10), {"x": np.zeros(N), "y": Y}),
    "collinear columns": (
        LINE
        + "data w[obs]: real\na ~ Normal(0, 10)\nb ~ Normal(0, 10)\ny[obs] ~ Normal(a * x + b * w, 0.1)\n",
        {"x": X, "w": X + 1e-9, "y": Y},
    ),
    "no rows": (REGRESSION.format(wide=1), {"x": [], "y": []}),
    "one row": (REGRESSION.format(wide=1), {"x": [0.5], "y": [1.0]}),
    "all counts zero": (
        "dim obs\ndata y[obs]: int\nrate ~ Gamma(0.1, 0.1)\ny[obs] ~ Poisson(rate)\n",
        {"y": np.zeros(20, int)},
    ),
    "huge counts": (
        "dim obs\ndata y[obs]: int\na ~ Normal(0, 10)\ny[obs] ~ Poisson(log_rate=a)\n",
        {"y": np.full(20, 10**12)},
    ),
    "prior far from the data": (NORMAL.format(wide=0.01, scale="HalfNormal(0.01)"), {"y": 1e4 + Y}),
    "two far modes": (
        "dim k = 2\nw[k] = [0.5, 0.5]\nm[k] = [-1000, 1000]\nx ~ Mixture(w, Normal(m, 1))\n",
        {},
    ),
    "label switching": (
        "dim obs\ndim k = 3\ndata y[obs]: real\nm[k] ~ Normal(0, 10)\nw[k] ~ Dirichlet([1, 1, 1])\n"
        "y[obs] ~ Mixture(w, Normal(m, 1))\n",
        {"y": np.concatenate([Y - 8, Y, Y + 8])},
    ),
    "Cauchy posterior": ("x ~ Cauchy(0, 1)\n", {}),
    "exponential of an exponential": (
        "dim obs\ndata y[obs]: real\na ~ Normal(0, 5)\ny[obs] ~ Normal(exp(exp(a)), 1)\n",
        {"y": [3.0, 4.0]},
    ),
    "impossible data": (
        "dim obs\ndata y[obs]: real\na ~ HalfNormal(1)\ny[obs] ~ Uniform(0, a)\n",
        {"y": [-1.0, 2.0]},
    ),
}


def finite(fit: Any) -> bool:
    """Whether all numbers that a reader would use are finite."""
    numbers = [
        fit.elbo,
        *(x for name in fit.posterior for q in (fit.mean(name), fit.sd(name)) for x in np.ravel(q)),
    ]
    return bool(np.all(np.isfinite(numbers)))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*")
    parser.add_argument("--limit", type=float, default=60.0)
    options = parser.parse_args()
    wrong = 0
    for name in options.names or MODELS:
        text, data = MODELS[name]
        began, fit = time.process_time(), None
        try:
            fit = ppl.model(text, name).fit(data)
            word, reason = fit.verdict, fit.reasons[0]
            fine = fit.verdict != "good" or finite(fit)
        except ppl.PplError as error:
            word, reason, fine = "error", str(error).splitlines()[0], True
        except Exception as error:
            word, reason, fine = "TRACEBACK", repr(error), False
        seconds = time.process_time() - began
        fine &= seconds < options.limit
        wrong += not fine
        kept = f"{fit.guide} " if fit is not None else ""
        print(
            f"{name:<32} {seconds:6.2f} s  {word:<24} {kept}{reason[:90]}{'' if fine else '  <--'}",
            flush=True,
        )
    print(f"{wrong} of {len(options.names or MODELS)} went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
