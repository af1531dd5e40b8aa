"""The gradient of every posteriordb model against an independent derivative.

    python benchmarks/gradients.py [NAME...] [--shared ../shared]

Along five random directions at a random point the derivative by autograd is compared with central differences at three
step sizes, extrapolated (Ridders 1982). The table says posterior, unknowns, worst relative difference; the command
fails where one is over 1e-6.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from autograd import value_and_grad

sys.path.insert(0, str(Path(__file__).parent))
from oracle import SHARED, model_path, posteriors, read_data

import ppl

LIMIT = 1e-6


def worst_difference(name: str, shared: Path, directions: int = 5) -> tuple[int, float]:
    """The number of unknowns, and the worst relative difference over some directions."""
    table = name.split("-")[0]
    log_joint = ppl.load(model_path(name)).bind(read_data(table, shared)).log_joint
    rng = np.random.default_rng(7)
    size = log_joint.layout.size
    z = 0.1 * rng.standard_normal((1, size))
    _, slope = value_and_grad(lambda z: log_joint(z).sum())(z)
    worst = 0.0
    for _ in range(directions):
        step = rng.standard_normal((1, size))
        step /= np.linalg.norm(step)
        exact = float((slope * step).sum())
        worst = max(worst, abs(_ridders(log_joint, z, step) - exact) / max(1.0, abs(exact)))
    return size, worst


def _ridders(log_joint: object, z: np.ndarray, step: np.ndarray) -> float:
    """The derivative along `step` by differences, extrapolated to step size 0; the best of several scales."""
    best, error = np.nan, np.inf
    for scale in (3e-2, 1e-2, 3e-3, 1e-3):
        h = np.array([scale, scale / 2, scale / 4])
        d = [float((log_joint(z + k * step) - log_joint(z - k * step))[0]) / (2 * k) for k in h]  # type: ignore[operator]
        first = [(4 * d[1] - d[0]) / 3, (4 * d[2] - d[1]) / 3]
        value = (16 * first[1] - first[0]) / 15
        if abs(first[1] - first[0]) < error:
            best, error = value, abs(first[1] - first[0])
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--shared", type=Path, default=SHARED)
    given = parser.parse_args()
    shared = given.shared
    failed = 0
    print(f"{'posterior':<62} {'unknowns':>8} {'difference':>11}")
    for name in given.names or posteriors(shared):
        if not model_path(name).exists():
            continue
        size, worst = worst_difference(name, shared)
        failed += not worst <= LIMIT
        print(f"{name:<62} {size:>8} {worst:>11.1e}{'' if worst <= LIMIT else '  <-- disagrees'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
