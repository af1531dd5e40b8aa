"""Which modes each objective and guide finds of a posterior with two: examples/bimodal.vi, held against quadrature.

    python benchmarks/bimodal.py [--seeds 5] [--picture examples/bimodal.svg]

A row is a guide and an objective: mean and sd of `north` under the fitted guide, the share of it on the north side of
the road, both KL divergences from and to the posterior, what is reported as log evidence, and the lowest and highest
share over all seeds; all but the last column with the first seed. The second table has Rényi's divergence of order
alpha, what `renyi(alpha)` makes small, of two of these guides: below some order it prefers the one that covers both
modes, above it the one at a single mode, and nothing lies between. The picture is drawn anew on request.

Exits with 1 if reverse KL is not at one mode, forward KL does not have the posterior's mean and sd, or the shares of
a mixture, or of what `auto` takes, are off by more than 0.02, with any seed.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).parent))

import bimodal_picture

import ppl
from ppl.fit import made

Array = Any
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
EAST, NORTH = np.arange(-10, 22, 0.05), np.arange(-26, 24, 0.05)  # km: spacings of a seventh of a mode's sd
WAYS = {
    "fullrank, elbo": {"guide": "fullrank"},
    "fullrank, forward_kl": {"guide": "fullrank", "objective": "forward_kl"},
    "mixture(2), elbo": {"guide": "mixture(2)"},
    "auto": {},
}
REVERSE, FORWARD, MIXTURE, AUTO = WAYS
ORDERS = (1.0, 0.5, 0.2, 0.1, 0.05)
OFF, ONE_MODE, CLOSE = 0.02, 0.999, 0.1


@dataclass(frozen=True)
class Density:
    """A log density on the grid of all places (east, north)."""

    log: Array

    @property
    def north(self) -> Array:
        """The density of `north` alone."""
        return np.sum(np.exp(self.log), axis=0) * (EAST[1] - EAST[0])

    @property
    def moments(self) -> tuple[float, float]:
        """(mean, sd) of `north`."""
        share = self.north / np.sum(self.north)
        mean = float(share @ NORTH)
        return mean, float(np.sqrt(share @ (NORTH - mean) ** 2))

    @property
    def northern(self) -> float:
        """The share of it on the north side."""
        return float(np.sum(self.north[NORTH > 0]) / np.sum(self.north))


def integral(log: Array) -> float:
    """log of the integral over the grid."""
    return float(logsumexp(log) + np.log((EAST[1] - EAST[0]) * (NORTH[1] - NORTH[0])))


def kl(one: Density, other: Density) -> float:
    """KL(one || other) in nats."""
    terms = np.where(one.log > -700, np.exp(one.log) * (one.log - other.log), 0.0)
    return float(np.sum(terms) * (EAST[1] - EAST[0]) * (NORTH[1] - NORTH[0]))


def renyi(alpha: float, one: Density, other: Density) -> float:
    """Rényi's divergence of order alpha from one to another."""
    if alpha == 1:
        return kl(one, other)
    return integral(alpha * one.log + (1 - alpha) * other.log) / (alpha - 1)


def heard() -> Array:
    """(east, north, distance) of each receiver."""
    return np.loadtxt(EXAMPLES / "bimodal.csv", delimiter=",", skiprows=1)


def posterior() -> tuple[Density, float]:
    """The posterior by quadrature, its density written in numpy, and the log evidence."""
    x, y = EAST[:, None], NORTH[None, :]
    log = norm.logpdf(x, 5, 3) + norm.logpdf(y, 0, 3)
    for east_of, north_of, distance in heard():
        log = log + norm.logpdf(distance, np.hypot(x - east_of, y - north_of), 0.5)
    evidence = integral(log)
    return Density(log - evidence), evidence


def density_of(fit: ppl.Fit) -> Density:
    """The guide of a fit; both latents are on the line, so that z is (east, north)."""
    x, y = np.meshgrid(EAST, NORTH, indexing="ij")
    z = np.stack([x.ravel(), y.ravel()], axis=1)
    log_q = made(fit.guide, fit.log_joint).log_prob(fit.run.params, z)
    return Density(np.reshape(log_q, x.shape))


def faults(found: dict[str, list[Density]], truth: Density) -> list[str]:
    """What is not as it should be."""
    said = []
    mean, sd = truth.moments
    for seed, q in enumerate(found[REVERSE]):
        if max(q.northern, 1 - q.northern) < ONE_MODE:
            said.append(f"{REVERSE}, seed {seed}: on both sides, {q.northern:.3f} in the north")
    for seed, q in enumerate(found[FORWARD]):
        if abs(q.moments[0] - mean) > CLOSE * sd or abs(q.moments[1] / sd - 1) > CLOSE:
            said.append(f"{FORWARD}, seed {seed}: mean and sd are {q.moments}, not {truth.moments}")
    for way in (MIXTURE, AUTO):
        for seed, q in enumerate(found[way]):
            if abs(q.northern - truth.northern) > OFF:
                said.append(f"{way}, seed {seed}: {q.northern:.3f} in the north, not {truth.northern:.3f}")
    return said


def row(*cells: str) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--picture", type=Path, help="where to draw it")
    options = parser.parse_args()
    bound = ppl.load(EXAMPLES / "bimodal.vi").bind(EXAMPLES / "bimodal.csv")
    truth, evidence = posterior()
    head = ("guide, objective", "mean", "sd", "north", "KL(q ‖ p)", "KL(p ‖ q)", "log evidence", "all seeds")
    print(row(*head))
    print(row(*["---"] * len(head)))
    numbers = [f"{value:.2f}" for value in truth.moments]
    print(
        row("the posterior, by quadrature", *numbers, f"{truth.northern:.3f}", "", "", f"{evidence:.4f}", "")
    )
    found: dict[str, list[Density]] = {}
    for way, how in WAYS.items():
        fits = [bound.fit(seed=seed, **how) for seed in range(options.seeds)]
        qs = found[way] = [density_of(fit) for fit in fits]
        shares = [q.northern for q in qs]
        print(
            row(
                way if "guide" in how else f"{way}: {fits[0].guide}",
                *(f"{value:.2f}" for value in qs[0].moments),
                f"{shares[0]:.3f}",
                f"{kl(qs[0], truth):.3g}",
                f"{kl(truth, qs[0]):.3g}",
                f"{fits[0].log_evidence.estimate:.4f}",
                f"{min(shares):.3f} to {max(shares):.3f}",
            ),
            flush=True,
        )
    print()
    print(row("alpha", *(f"{alpha:g}" for alpha in ORDERS)))
    print(row(*["---"] * (len(ORDERS) + 1)))
    heaviest = min(found[REVERSE], key=lambda q: kl(q, truth))
    for name, q in (("one mode", heaviest), ("both", found[FORWARD][0])):
        print(row(name, *(f"{renyi(alpha, q, truth):.2f}" for alpha in ORDERS)))
    if options.picture is not None:
        guides = {"reverse": heaviest, "forward": found[FORWARD][0], "mixture": found[MIXTURE][0]}
        logs = {name: q.log for name, q in guides.items()}
        text = bimodal_picture.drawn(EAST, NORTH, truth.log, logs, heard()[:, :2])
        options.picture.write_text(text, encoding="utf-8")
    said = faults(found, truth)
    for fault in said:
        print(fault, file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
