"""Are the printed Monte Carlo errors true? Fits with many seeds, held against each other.

    python benchmarks/honesty.py [--seeds 20]

Two runs may differ by their two printed errors: |a - b| <= 1.96 sqrt(error_a² + error_b²) should hold in 95% of
pairs. A row is a model: the share of pairs for which it holds, for the ELBO, for log evidence where it has an upper
end, and for all posterior means together.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np

import ppl

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NAMES = (
    "eight_schools",
    "eight_schools_noncentred",
    "rabbits",
    "stack_loss",
    "sleep",
    "lead",
    "nile",
    "coal",
)


def held(values: Any, errors: Any) -> tuple[int, int]:
    """In how many pairs of runs the difference is within its error, and how many pairs there are; values (R, ...)."""
    values, errors = np.asarray(values), np.asarray(errors)
    good = count = 0
    for i, j in itertools.combinations(range(len(values)), 2):
        apart = np.abs(values[i] - values[j])
        allowed = 1.96 * np.hypot(errors[i], errors[j]) + 1e-9 * (1 + np.abs(values[i]))
        known = np.isfinite(allowed)
        good += int(np.sum((apart <= allowed) & known))
        count += int(np.sum(known))
    return good, count


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    total = np.zeros((3, 2))
    print(f"{'model':<28} {'ELBO':>6} {'evidence':>9} {'means':>6}")
    for name in NAMES:
        data = next(p for s in (".json", ".csv") if (p := EXAMPLES / (name + s)).exists())
        bound = ppl.load(EXAMPLES / f"{name}.vi").bind(data)
        fits = [bound.fit(seed=seed) for seed in range(options.seeds)]
        supported = [f for f in fits if f.log_evidence.high is not None]
        means = [np.concatenate([np.ravel(f[k].mean) for k in f.posterior]) for f in fits]
        errors = [np.concatenate([np.ravel(f[k].mean_error) for k in f.posterior]) for f in fits]
        rows = np.array(
            [
                held([f.elbo for f in fits], [f.elbo_error for f in fits]),
                held([f.log_evidence.estimate for f in supported], [f.log_evidence.error for f in supported]),
                held(means, errors),
            ],
            dtype=float,
        )
        total += rows
        shares = ["-" if not count else f"{good / count:.0%}" for good, count in rows]
        print(f"{name:<28} {shares[0]:>6} {shares[1]:>9} {shares[2]:>6}", flush=True)
    share = total[:, 0] / np.maximum(total[:, 1], 1)
    print(f"{'all':<28} {share[0]:>6.0%} {share[1]:>9.0%} {share[2]:>6.0%}")
    return 0 if np.all(share >= 0.95) else 1


if __name__ == "__main__":
    sys.exit(main())
