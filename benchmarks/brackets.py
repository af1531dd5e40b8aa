"""Do the printed brackets of log evidence cover it? Models whose evidence is known, fitted with many seeds.

    python benchmarks/brackets.py [--seeds 40] [--only eight] [--guide fullrank]

A row is a model: in how many fits no upper end was claimed; in how many of the others the truth is between the ends;
in how many of all fits the low end holds; the median width, error of the estimate and seconds; and by which
methods. The models without data are priors of one piece, whose evidence is 1: what makes them hard is their shape.
Eight schools have the seeds that are asked for, the others half as many. The exit status is 1 where fewer than 95% of
the brackets of a row cover, by more than chance (p < 0.01) would have it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from scipy.stats import binom

import ppl

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
EIGHT = -31.3113  # by quadrature over mu and tau
ROUNDING = 1e-9  # nats: what is exact has ends that are one
AXIS = "dim i = 5\n"
MODELS = {
    "funnel, sd 1": AXIS + "v ~ Normal(0, 1)\nx[i] ~ Normal(0, exp(v / 2))\n",
    "funnel, sd 1, as written": AXIS
    + "v ~ Normal(0, 1)\nx[i] ~ Normal(0, exp(v / 2))\nguide { x: centered }\n",
    "funnel, sd 2, as written": AXIS
    + "v ~ Normal(0, 2)\nx[i] ~ Normal(0, exp(v / 2))\nguide { x: centered }\n",
    "banana, bent a little": AXIS + "a ~ Normal(0, 1)\nb ~ Normal(0.5 * a^2, 0.7)\nx[i] ~ Normal(0, 1)\n",
    "banana, bent a lot": AXIS + "a ~ Normal(0, 1)\nb ~ Normal(a^2, 0.7)\nx[i] ~ Normal(0, 1)\n",
    "Student, 8 degrees": AXIS + "x[i] ~ StudentT(8, 0, 1)\n",
    "Student, 4 degrees": AXIS + "x[i] ~ StudentT(4, 0, 1)\n",
    "Student, 2 degrees": AXIS + "x[i] ~ StudentT(2, 0, 1)\n",
    "logs of gammas": AXIS + "x[i] ~ Gamma(0.7, 1)\n",
    "two modes, 4 sds apart": AXIS
    + "dim k = 2\nw[k] = [0.3, 0.7]\nm[k] = [0, 4]\na ~ Mixture(w, Normal(m, 1))\nx[i] ~ Normal(0, 1)\n",
    "two modes, 7 sds apart": AXIS
    + "dim k = 2\nw[k] = [0.3, 0.7]\nm[k] = [0, 7]\na ~ Mixture(w, Normal(m, 1))\nx[i] ~ Normal(0, 1)\n",
}


def cases(seeds: int) -> dict[str, tuple[Any, float, int]]:
    """Bound models by name, with their log evidence and how many seeds they get."""
    centred, noncentred = (EXAMPLES / f"{name}.vi" for name in ("eight_schools", "eight_schools_noncentred"))
    data = EXAMPLES / "eight_schools.json"
    pinned = ppl.model(centred.read_text(encoding="utf-8") + "\nguide { theta: centered }\n", "pinned")
    found = {
        "eight schools, centred": (ppl.load(centred).bind(data), EIGHT, seeds),
        "eight schools, non-centred": (ppl.load(noncentred).bind(data), EIGHT, seeds),
        "eight schools, as written": (pinned.bind(data), EIGHT, seeds),
    }
    for name, text in MODELS.items():
        found[name] = (ppl.model(text, name).bind(), 0.0, (seeds + 1) // 2)
    return found


def row(name: str, bound: Any, truth: float, seeds: int, guide: str) -> bool:
    """Prints a row, and says whether its brackets cover."""
    fits, seconds = [], []
    for seed in range(seeds):
        began = time.process_time()
        fits.append(bound.fit(guide=guide, seed=seed))
        seconds.append(time.process_time() - began)
    found = [fit.log_evidence for fit in fits]
    closed = [e for e in found if e.high is not None]
    covered = sum(e.low - ROUNDING <= truth <= e.high + ROUNDING for e in closed)
    low = sum(e.low - ROUNDING <= truth for e in found)
    width = f"{median(e.high - e.low for e in closed):8.3f}" if closed else f"{'':8}"
    methods = Counter(e.method for e in found)
    shown = ", ".join(f"{method} {count}" for method, count in methods.most_common())
    print(
        f"{name:<28} {seeds:5} {seeds - len(closed):7} {covered:4}/{len(closed):<4} {low:4} {width} "
        f"{median(abs(e.estimate - truth) for e in found):7.4f} {median(seconds):7.2f}  {shown}",
        flush=True,
    )
    return not closed or binom.cdf(covered, len(closed), 0.95) > 0.01


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--only", default="")
    parser.add_argument("--guide", default="auto")
    options = parser.parse_args()
    heads = f"{'model':<28} {'fits':>5} {'refused':>7} {'covered':>9} {'low':>4} {'width':>8} {'error':>7}"
    print(f"{heads} {'seconds':>7}  methods")
    good = [
        row(name, *case, options.guide) for name, case in cases(options.seeds).items() if options.only in name
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
