"""Wall time and memory of what people wait for, each from a cold start in a process of its own.

    python benchmarks/speed.py [--repeats 5] [--shared ../shared] [--peer PYTHON]

`cold` is the whole process, the best of the repeats; `fit` is data read, model compiled, fitted and
measured, without the interpreter's start; `peak` is the most memory the process held. The radon row needs
the table in ../shared. With `--peer`, an interpreter that has NumPyro, the same models run there too
(benchmarks/peer_numpyro.py).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("PPL_SHARED", ROOT.parent / "shared"))
EIGHT = ROOT / "examples" / "eight_schools.vi"
PEER = ROOT / "benchmarks" / "peer_numpyro.py"

COLD = {
    "ppl --help": ["--help"],
    "ppl check eight_schools.vi": ["check", str(EIGHT)],
    "ppl fit eight_schools.vi --guide fullrank --hmc never": [
        *("fit", str(EIGHT), "--json", "--guide", "fullrank", "--hmc", "never")
    ],
    "ppl fit eight_schools.vi": ["fit", str(EIGHT), "--json"],
}
BARS = {
    "ppl --help": 0.15,
    "ppl check eight_schools.vi": 0.4,
    "ppl fit eight_schools.vi --guide fullrank --hmc never": 1.5,
    "ppl fit eight_schools.vi": 3.0,
}

LOGISTIC = """
dim obs, feature
data x[obs, feature]: real
data y[obs]: bool
intercept ~ Normal(0, 2.5)
beta[feature] ~ Normal(0, 2.5)
y[obs] ~ Bernoulli(logit = intercept + x @ beta)
"""


def eight_schools(shared: Path) -> tuple[str, Any]:  # noqa: ARG001 - models have one signature
    path = EIGHT.with_stem("eight_schools_noncentred")
    return path.read_text(encoding="utf-8"), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def radon(shared: Path) -> tuple[str, Any]:
    """12,573 houses in 386 counties."""
    programs = shared / "programs"
    return (programs / "radon.vi").read_text(encoding="utf-8"), programs / "radon.json"


def logistic(shared: Path) -> tuple[str, Any]:  # noqa: ARG001 - models have one signature
    """10,000 rows, 20 columns."""
    import numpy as np

    rng = np.random.default_rng(0)
    x, beta = rng.normal(size=(10_000, 20)), rng.normal(size=20) / 2
    return LOGISTIC, {"x": x, "y": (rng.random(10_000) < 1 / (1 + np.exp(-x @ beta))) * 1}


MODELS = {"eight_schools": eight_schools, "radon": radon, "logistic": logistic}


def fit_here(name: str, shared: Path) -> dict[str, Any]:
    """One fit in this process, and what it took."""
    text, data = MODELS[name](shared)
    began = time.perf_counter()
    import ppl

    fit = ppl.model(text, name).fit(data, seed=0)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MiB on Linux
    return {
        "seconds": seconds,
        "peak": peak,
        "elbo": fit.elbo,
        "guide": fit.guide,
        "steps": fit.steps,
        "verdict": fit.verdict,
    }


def best(command: list[str], repeats: int) -> float:
    """The shortest wall time of a command that succeeds, in seconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        times.append(time.perf_counter() - began)
    return min(times)


def fit_elsewhere(interpreter: str, script: Path, name: str, shared: Path, repeats: int) -> dict[str, Any]:
    """The quickest of several fits, each in a process of its own, with that process's cold time."""
    found = []
    for _ in range(repeats):
        command = [interpreter, str(script), "--one", name, "--shared", str(shared)]
        began = time.perf_counter()
        ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        found.append(json.loads(ran.stdout.splitlines()[-1]) | {"cold": time.perf_counter() - began})
    return min(found, key=lambda row: row["seconds"])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has NumPyro")
    parser.add_argument("--one", choices=MODELS, help="fit one model here and print one JSON object")
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(fit_here(options.one, options.shared)))
        return 0

    print(f"{'command':<38} {'cold':>8}  bar")
    for name, command in COLD.items():
        bar = f"{BARS[name]:.2f} s" if name in BARS else ""
        print(
            f"{name:<38} {best([sys.executable, '-m', 'ppl', *command], options.repeats):>6.2f} s  {bar}",
            flush=True,
        )

    print(f"\n{'fit':<24} {'cold':>8} {'fit':>9} {'peak':>9}  {'elbo':>11}  by")
    for name in MODELS:
        if name == "radon" and not (options.shared / "programs" / "radon.json").exists():
            print(f"{name:<24} (no table in {options.shared})")
            continue
        systems = {"ppl": (sys.executable, Path(__file__))} | (
            {"NumPyro": (options.peer, PEER)} if options.peer else {}
        )
        for system, (interpreter, script) in systems.items():
            row = fit_elsewhere(interpreter, script, name, options.shared, max(1, options.repeats // 2))
            how = f"{system}: {row['guide']}, {row['steps']} steps, {row['verdict']}"
            times = f"{row['cold']:>6.2f} s {row['seconds']:>7.2f} s {row['peak']:>5.0f} MiB"
            print(f"{name:<24} {times}  {row['elbo']:>11.2f}  {how}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
