"""Simulation-based calibration of Gaussian-exact models, and whether planted faults are seen.

    python benchmarks/sbc.py [--replications 4000]

The guide holds these posteriors exactly, so the test must pass; sds times 0.9 and means off by 0.1 sds must be
noticed in every quantity.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

import ppl

MODELS = {
    "mean": ("dim obs\ndata y[obs]: real\nmu ~ Normal(0, 2)\ny[obs] ~ Normal(mu, 1)\n", {"y": np.zeros(5)}),
    "regression": (
        "dim obs\ndata x[obs], y[obs]: real\na ~ Normal(0, 1)\nb ~ Normal(0, 1)\ny[obs] ~ Normal(a + b * x, 0.5)\n",
        {"x": np.linspace(-1, 2, 8), "y": np.zeros(8)},
    ),
    "groups": (
        "dim obs\ndim g = 3\ndata of[obs]: g\ndata y[obs]: real\nmu ~ Normal(0, 1)\nm[g] ~ Normal(mu, 0.7)\n"
        "y[obs] ~ Normal(m[of], 1)\n",
        {"of": np.arange(9) % 3, "y": np.zeros(9)},
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replications", type=int, default=4000)
    options = parser.parse_args()
    good = True
    for name, (text, data) in MODELS.items():
        began = time.perf_counter()
        found = ppl.model(text, name).bind(data).calibrate(options.replications)
        print(f"{found}  {time.perf_counter() - began:.0f} s\n", flush=True)
        latents = len(found.quantities) - 1  # the log joint does not shift with the latents
        good &= found.passed and all(count >= latents for count in found.seen.values())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
