"""Time of a solution, and of its value and gradient, for 32 draws at once; Van der Pol's for one, as steps are common
to all draws and no two would jump at the same time.

    python benchmarks/ode.py [--draws 32] [--repeats 15]

Tolerances are 1e-9. `steps` counts all accepted steps, `implicit` those of the stiff method; times are the
best of the repeats.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd import value_and_grad

from ppl.numerics.ode import Ode

Array = Any


def lotka_volterra(_t: Array, y: Array, rates: Array) -> Array:
    u, v = y[..., 0], y[..., 1]
    a, b, c, d = (rates[:, k : k + 1] for k in range(4))
    return np.stack([u * (a - b * v), v * (d * u - c)], axis=-1)


def van_der_pol(_t: Array, y: Array, mu: Array) -> Array:
    u, v = y[..., 0], y[..., 1]
    return np.stack([v, mu * (1.0 - u * u) * v - u], axis=-1)


def robertson(_t: Array, y: Array, k: Array) -> Array:
    a, b, c = (y[..., i] for i in range(3))
    first, second, third = k[:, :1] * a, k[:, 1:2] * b * c, k[:, 2:] * b * b
    return np.stack([second - first, first - second - third, third], axis=-1)


PROBLEMS: dict[str, tuple[Any, list[float], Array, list[float]]] = {
    "Lotka-Volterra, 20 times": (
        lotka_volterra,
        [30.0, 4.0],
        onp.arange(21.0),
        [0.55, 0.028, 0.8, 0.024],
    ),
    "Robertson, 11 times to 1e5": (
        robertson,
        [1.0, 0.0, 0.0],
        onp.append(0.0, 10.0 ** onp.arange(-5, 6)),
        [0.04, 1e4, 3e7],
    ),
    "Van der Pol, one draw": (van_der_pol, [2.0, 0.0], onp.array([0.0, 500.0, 1000.0, 2000.0]), [1000.0]),
}


def best(run: Callable[[], Any], repeats: int) -> float:
    """Milliseconds."""
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return 1e3 * min(found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    print(f"{'problem':<28}{'steps':>7}{'implicit':>10}{'forward ms':>12}{'gradient ms':>13}")
    for name, (rhs, y0, times, args) in PROBLEMS.items():
        rng = onp.random.default_rng(0)
        draws = 1 if rhs is van_der_pol else options.draws
        drawn = onp.array(args) * onp.exp(0.1 * rng.normal(size=(draws, len(args))))
        start = onp.broadcast_to(onp.array(y0), (draws, 1, len(y0)))
        solver = Ode(rhs)

        def objective(x: Any, solver: Ode = solver, times: Array = times) -> Array:
            return np.sum(solver.call(x[0], times, x[1]))

        gradient = value_and_grad(objective)
        forward_ms = best(partial(objective, (start, drawn)), options.repeats)
        gradient_ms = best(partial(gradient, (start, drawn)), options.repeats)
        assert solver._latest is not None
        steps = solver._latest[2].steps
        implicit = sum(step.stages is not None for step in steps)
        print(f"{name:<28}{len(steps):>7}{implicit:>10}{forward_ms:>12.1f}{gradient_ms:>13.1f}")


if __name__ == "__main__":
    main()
