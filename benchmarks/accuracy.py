"""Excess bits of every distribution's log density at extreme points.

`python benchmarks/accuracy.py [count] [names]` prints, for each, the worst point.
The promise is at most 4 bits, with no distribution exempted.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "distributions"))

from points import extreme_points
from precision import excess_bits

from ppl.distributions import distributions


def main() -> int:
    warnings.simplefilter("ignore")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    names = sys.argv[2:] or list(distributions)
    worst_of_all = 0.0
    for name in names:
        distribution = distributions[name]
        if distribution.event_rank or distribution.oracle is None:
            continue
        if any(p.event_rank for form in distribution.forms for p in form):
            continue
        scored = [
            (excess_bits(distribution, x, parameters), x, parameters)
            for x, parameters in extreme_points(distribution, count, seed=1)
        ]
        bits, x, parameters = max(scored, key=lambda s: np.inf if np.isnan(s[0]) else s[0])
        worst_of_all = max(worst_of_all, np.inf if np.isnan(bits) else bits)
        arguments = ", ".join(f"{k}={float(v)!r}" for k, v in parameters.items())
        print(f"{name:18} {bits:6.1f} bits at x={x!r} of ({arguments})", flush=True)
    return 0 if worst_of_all <= 4 else 1


if __name__ == "__main__":
    sys.exit(main())
