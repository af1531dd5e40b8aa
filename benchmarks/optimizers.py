"""Whole fits by each optimizer: gradients of the log joint that they cost, processor seconds, and where they end.

    python benchmarks/optimizers.py [NAME...] [--optimizers lbfgs,natural] [--seeds 3]

Figures are means over seeds, the start included; the last line has geometric means over problems. `loss` is the ELBO
that is missing against the best, on draws that none of them has seen; `!` stands where a fit had not converged.
`--gradients` instead prints the variance of the gradients of `elbo` and `stl`, coordinate by coordinate in the
guide's units, at the optimum of the first and at half a sd from it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from autograd import grad, make_vjp

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from targets import Target, eight_schools, gaussian, layout, logistic, normal, poisson

from ppl.fit import Fit, fit
from ppl.fit.noise import Stream, mirrored
from ppl.guides import guides
from ppl.objectives import objectives

FAR = np.array([1e-3, 1e3, 1.0, 30.0, 0.02])
PROBLEMS = {
    "Gaussian, D = 10": lambda: gaussian(10, 0, True)[0],
    "Gaussian, D = 50": lambda: gaussian(50, 0, True)[0],
    "scales 1e-3 to 1e3": lambda: Target(
        {"x": lambda z, w: normal(z, 3 * FAR, FAR).sum(axis=1)}, layout(x=5)
    ),
    "logistic, D = 10": lambda: logistic(10, 200),
    "logistic, D = 50": lambda: logistic(50, 1000),
    "logistic, D = 200": lambda: logistic(200, 2000),
    "Poisson, D = 23": lambda: poisson(20),
    "Poisson, D = 303": lambda: poisson(300),
    "eight schools": lambda: eight_schools(False),
    "eight schools, centred": lambda: eight_schools(True),
}
FULLRANK_UP_TO = 200


def elbo_of(target: Target, found: Fit) -> float:
    """The ELBO on draws that no fit has seen, the same for all."""
    guide, D = guides[found.guide], target.layout.size
    noise = mirrored(12345, Stream.evidence, 0, 4000, D)
    return float(objectives["elbo"].value(guide, found.params, target, noise))


def compare(names: list[str], optimizers: list[str], seeds: int) -> None:
    """The table of whole fits."""
    head = " ".join(f"{name:>9} rows  steps   cpu s    loss" for name in optimizers)
    print(f"{'':24}{'guide':10} {head}")
    ratios = []
    for name in names:
        for guide in ("meanfield", "fullrank"):
            target = PROBLEMS[name]()
            if guide == "fullrank" and target.layout.size > FULLRANK_UP_TO:
                continue
            cells = []
            for optimizer in optimizers:
                began = time.process_time()
                fits = [fit(target, guide=guide, optimizer=optimizer, seed=s) for s in range(seeds)]
                seconds = (time.process_time() - began) / seeds
                rows, steps = (np.mean([getattr(f, what) for f in fits]) for what in ("gradients", "steps"))
                done = "" if all(f.converged for f in fits) else "!"
                cells.append((rows, steps, seconds, np.mean([elbo_of(target, f) for f in fits]), done))
            best = max(elbo for *_, elbo, _ in cells)
            line = " ".join(f"{r:14.0f} {k:6.0f} {s:7.2f} {best - e:7.4f}{d}" for r, k, s, e, d in cells)
            print(f"{name:24}{guide:10} {line}", flush=True)
            ratios.append([(rows, seconds) for rows, _, seconds, _, _ in cells])
    means = np.exp(np.mean(np.log(ratios), axis=0))
    print(f"{'geometric mean':34} " + " ".join(f"{rows:14.0f} {'':6} {s:7.2f} {'':7}" for rows, s in means))


def variances(names: list[str], draws: int = 2000) -> None:
    """The table of gradient variances, of one draw."""
    print(
        f"{'':24}{'guide':10} {'elbo':>9} {'stl':>9} {'elbo':>12} {'stl':>9}   (at the optimum; 0.5 sd off)"
    )
    for name in names:
        for kind in ("meanfield", "fullrank"):
            target, guide = PROBLEMS[name](), guides[kind]
            D = target.layout.size
            if D > FULLRANK_UP_TO or (kind == "fullrank" and D > 50):
                continue
            best = fit(target, guide=kind).params
            step = np.zeros_like(best)
            step[:D] = 0.5 / np.sqrt(D)
            noise = np.random.default_rng(0).normal(size=(draws, 1, D))
            found = []
            for x in (best, np.asarray(guide.move(best, step))):
                pull, _ = make_vjp(lambda s, x=x, guide=guide: guide.move(x, s))(np.zeros_like(x))
                for way in (objectives["elbo"].value, objectives["stl"].surrogate):
                    slopes = [
                        pull(grad(way, 1)(guide, x, target, row)) for row in noise[: draws if D < 50 else 200]
                    ]
                    found.append(np.mean(np.var(slopes, axis=0)))
            print(
                f"{name:24}{kind:10} {found[0]:9.3g} {found[1]:9.3g} {found[2]:12.3g} {found[3]:9.3g}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(PROBLEMS))
    parser.add_argument("--optimizers", default="lbfgs,natural")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--gradients", action="store_true")
    args = parser.parse_args()
    with np.errstate(all="ignore"):
        if args.gradients:
            variances(args.names)
        else:
            compare(args.names, args.optimizers.split(","), args.seeds)


if __name__ == "__main__":
    main()
