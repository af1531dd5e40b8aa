"""Posterior means and sds held against posteriordb's reference draws, with default options.

    python benchmarks/posteriors.py [NAME...] [--seeds 5] [--shared ../shared] [--time-limit 60]

A row is a posterior: the worst error of any mean (in reference sds) and of any sd (in per cent), each the
median over seeds, the verdicts, and the processor seconds of a fit (median). A verdict of "good" is false where a
mean is off by more than 0.1 sds or an sd by more than 10%; an alarm ("do not trust") is false where neither
is off by more than 0.05 sds and 5%.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import oracle

import ppl

CLOSE, NEAR = (0.05, 0.05), (0.1, 0.1)  # (sds of a mean, relative error of an sd)


@dataclass(frozen=True)
class Error:
    """How far one fit's summary is from the reference: worst mean in sds, worst sd as a ratio minus 1."""

    mean: float
    sd: float
    worst: str

    def within(self, limits: tuple[float, float]) -> bool:
        """Whether both are inside the limits."""
        return self.mean <= limits[0] and self.sd <= limits[1]


def posteriors(shared: Path) -> list[str]:
    """The posteriors with reference draws."""
    return sorted(path.stem for path in (shared / "posteriordb" / "reference").glob("*.json"))


def reference(name: str, shared: Path) -> dict[str, dict[str, float]]:
    """Stan's names of all scalars, each with its mean and sd."""
    content = json.loads((shared / "posteriordb" / "reference" / f"{name}.json").read_text())
    found: dict[str, dict[str, float]] = content["parameters"]
    return found


def summary(fit: Any, text: str) -> dict[str, tuple[float, float]]:
    """(mean, sd) of every scalar, under Stan's name."""
    stan = dict(re.findall(r"^# stan: (\w+) = (\w+)\s*$", text, re.MULTILINE))
    found = {}
    for name in fit.posterior:
        mean, sd = np.asarray(fit.mean(name)), np.asarray(fit.sd(name))
        for place in np.ndindex(mean.shape):
            index = f"[{','.join(str(i + 1) for i in place)}]" if place else ""
            found[stan.get(name, name) + index] = (float(mean[place]), float(sd[place]))
    return found


def error_of(found: dict[str, tuple[float, float]], truth: dict[str, dict[str, float]]) -> Error:
    """The worst errors over the scalars that both sides know; all of the reference's latents must be known."""
    means, sds = {}, {}
    for name, numbers in truth.items():
        if name not in found or numbers["sd"] < 1e-12:
            continue
        mean, sd = found[name]
        means[name] = abs(mean - numbers["mean"]) / numbers["sd"]
        sds[name] = abs(sd / numbers["sd"] - 1)
    if not means:
        raise LookupError("no name of the reference is known")
    at_mean, at_sd = (max(errors, key=lambda k: errors[k]) for errors in (means, sds))
    return Error(means[at_mean], sds[at_sd], at_mean if means[at_mean] > sds[at_sd] else at_sd)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--shared", type=Path, default=oracle.SHARED)
    parser.add_argument("--time-limit", type=float, default=60.0)
    options = parser.parse_args(arguments)
    wanted = options.names or posteriors(options.shared)
    print(f"{'posterior':<52} {'mean':>6} {'sd':>6}  {'k-hat':>5} {'seconds':>7}  verdicts, worst")
    close = false_good = false_alarm = count = 0
    for name in wanted:
        text = oracle.model_path(name).read_text()
        table = json.loads((options.shared / "posteriordb" / "reference" / f"{name}.json").read_text())[
            "data"
        ]
        bound = ppl.load(oracle.model_path(name)).bind(oracle.read_data(table, options.shared))
        truth = reference(name, options.shared)
        errors, fits, seconds = [], [], []
        for seed in range(options.seeds):
            began = time.process_time()
            fits.append(bound.fit(seed=seed, time_limit=options.time_limit))
            seconds.append(time.process_time() - began)
            errors.append(error_of(summary(fits[-1], text), truth))
        mean, sd = median(e.mean for e in errors), median(e.sd for e in errors)
        typical = Error(mean, sd, "")
        words = [fit.verdict for fit in fits]
        count += 1
        close += typical.within(CLOSE)
        false_good += sum(w == "good" and not e.within(NEAR) for w, e in zip(words, errors, strict=True))
        false_alarm += sum(
            w == "do not trust" and e.within(CLOSE) for w, e in zip(words, errors, strict=True)
        )
        tally = ", ".join(f"{words.count(w)} {w}" for w in dict.fromkeys(words))
        print(
            f"{name:<52} {mean:6.3f} {100 * sd:5.1f}%  {median(f.khat for f in fits):5.2f} "
            f"{median(seconds):7.2f}  {tally}; {errors[0].worst}{'' if typical.within(CLOSE) else '  <--'}",
            flush=True,
        )
    print(
        f"within 0.05 sds and 5%: {close} of {count} posteriors; false good: {false_good}, "
        f"false alarms: {false_alarm} of {count * options.seeds} fits"
    )
    return 0 if close >= 0.9 * count and not false_good and false_alarm <= 0.1 * count * options.seeds else 1


if __name__ == "__main__":
    sys.exit(main())
