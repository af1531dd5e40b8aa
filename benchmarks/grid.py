"""A Gaussian process on a grid: `MatrixNormal` against `MultiNormal` on the Kronecker product of its covariances.

    python benchmarks/grid.py [--sites 30] [--years 40] [--repeats 5]

One evaluation of the log joint with its gradient, by one draw of two hyperparameters and a mean per year; the best of
the repeats, in milliseconds of wall time, and the most memory that the process held by then.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from autograd import value_and_grad

import ppl

MODEL = """
dim site, year
data a[site]: real
data b[year]: real
data y[site, year]: real
rho ~ LogNormal(0, 0.5)
sigma ~ HalfNormal(1)
level[year] ~ Normal(0, 1)
K1[i in site, j in site] = gp_exp_quad(a[i], a[j], 1, rho) + (if i == j then 1e-6 else 0)
K2[i in year, j in year] = gp_matern32(b[i], b[j], 1, 0.7)
"""
CELLS = """
dim cell
data s[cell]: site
data t[cell]: year
data v[cell]: real
K[i in cell, j in cell] = K1[s[i], s[j]] * K2[t[i], t[j]] + (if i == j then sigma^2 else 0)
v[cell] ~ MultiNormal(level[t], cov = K)
"""
FORMS = {
    "MatrixNormal(level, rows = K1, columns = K2)": "y[site, year] ~ MatrixNormal(level, rows = K1, columns = K2)",
    "MatrixNormal(..., noise = sigma)": "y[site, year] ~ MatrixNormal(level, rows = K1, columns = K2, noise = sigma)",
    "MultiNormal on all cells": CELLS,
}


def data(sites: int, years: int) -> dict[str, object]:
    """Positions on both axes, and noise on the grid."""
    y = np.random.default_rng(0).normal(size=(sites, years))
    s, t = (index.reshape(-1).tolist() for index in np.indices((sites, years)))
    a, b = 0.7 * np.arange(sites), 0.5 * np.arange(years)
    return {"a": a, "b": b, "y": y, "s": s, "t": t, "v": y.reshape(-1)}


def main() -> None:
    """Print a row for each form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=30)
    parser.add_argument("--years", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    given = data(arguments.sites, arguments.years)
    for name, line in FORMS.items():
        log_joint = ppl.model(MODEL + line).bind(given).log_joint
        z = np.zeros((1, log_joint.layout.size))
        slope = value_and_grad(lambda z, f=log_joint: f(z).sum())
        times = []
        for _ in range(arguments.repeats):
            start = time.perf_counter()
            value, _ = slope(z)
            times.append(time.perf_counter() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{name:45}  {1000 * min(times):8.1f} ms  {peak:6.0f} MiB   log joint {value:.9f}")


if __name__ == "__main__":
    main()
