"""What guides between mean-field and full-rank cost, and what they gain on hierarchies of posteriordb.

    python benchmarks/guides.py [NAME...] [--guides "meanfield;structured;lowrank(5);fullrank"] [--shared ../shared]

The first table is one gradient of an ELBO-like function through the guide, and one step of it with its adjoint, in
milliseconds of CPU: graphs of 3 globals and so many locals, which are apart or in a chain. The second is a fit
of each posterior by each guide: the ELBO on fresh draws, k-hat, and the CPU seconds of fit and measurement.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp, value_and_grad
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parent))

import oracle

import ppl
from ppl.guides import Guide, fullrank, meanfield, structured
from ppl.layout import Layout
from ppl.numerics.elimination import tree
from ppl.numerics.paths import Paths

GLOBALS, DRAWS = 3, 32
SIZES = (303, 2000)
FULLRANK_UP_TO = 400
NAMES = (
    "eight_schools-eight_schools_noncentered",
    "radon_mn-radon_variable_intercept_noncentered",
    "radon_mn-radon_variable_intercept_centered",
    "radon_all-radon_hierarchical_intercept_centered",
    "radon_all-radon_variable_intercept_slope_noncentered",
)


def links(size: int, chained: bool) -> Any:
    """The graph of 3 globals that meet everything, and locals that meet each other's neighbours or nobody."""
    found = np.eye(size, dtype=bool)
    found[:GLOBALS] = found[:, :GLOBALS] = True
    if chained:
        i = np.arange(GLOBALS, size - 1)
        found[i, i + 1] = found[i + 1, i] = True
    return found


def milliseconds(call: Callable[[], Any]) -> float:
    """CPU time of a call, the best of three rounds."""
    call()
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for _ in range(5):
            call()
        best = min(best, time.process_time() - began)
    return 1000 * best / 5


def costs(guide: Guide, size: int) -> str:
    """Gradient and step of a guide."""
    layout = Layout.of([("x", (size,), (size,), ("i",))])
    params = np.asarray(guide.init(layout, np.zeros(size), np.full(size, 0.3)))
    noise, slopes = np.random.default_rng(0).normal(size=(2, DRAWS, size))
    value = value_and_grad(lambda p: anp.sum(slopes * guide.transport(p, noise)))

    def step() -> None:
        pull, moved = make_vjp(lambda s: guide.move(params, s))(np.zeros_like(params))
        pull(moved)

    return (
        f"{len(params):>8,} params {milliseconds(lambda: value(params)):8.2f} ms {milliseconds(step):8.2f} ms"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    parser.add_argument("--guides", default="meanfield;structured;lowrank(5);fullrank")
    parser.add_argument("--shared", type=Path, default=oracle.SHARED)
    options = parser.parse_args()
    print(f"{'one gradient and one step':<36} {'':>15} {'gradient':>11} {'step':>11}")
    with threadpool_limits(1):
        for size in SIZES:
            apart, chain = (
                structured.upon_paths(Paths(tree(links(size, chained)))) for chained in (False, True)
            )
            rows = {"structured, apart": apart, "structured, a chain": chain}
            for name, guide in {**rows, "meanfield": meanfield.guide, "fullrank": fullrank.guide}.items():
                print(f"{f'{size:,} unknowns: {name}':<36} {costs(guide, size)}", flush=True)
    print(
        f"\n{'fit':<56} {'D':>4} {'guide':<12} {'ELBO':>11} {'k-hat':>6} {'draws':>6} {'steps':>6} {'CPU':>7}"
    )
    for name in options.names:
        content = options.shared / "posteriordb" / "reference" / f"{name}.json"
        table = json.loads(content.read_text())["data"] if content.is_file() else name.partition("-")[0]
        bound = ppl.load(oracle.model_path(name)).bind(oracle.read_data(table, options.shared))
        for guide in options.guides.split(";"):
            if guide == "fullrank" and bound.log_joint.layout.size > FULLRANK_UP_TO:
                continue
            began = time.process_time()
            fit = bound.fit(guide=guide, time_limit=120)
            seconds = time.process_time() - began
            print(
                f"{name:<56} {fit.size:>4} {fit.guide:<12} {fit.elbo:>11.2f} {fit.khat:>6.2f} {fit.run.draws:>6} "
                f"{fit.steps:>6} {seconds:>5.1f} s{'' if fit.converged else '  not converged'}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
