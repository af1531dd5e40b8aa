"""Time of the log joint's value and gradient for many draws at once, on jobs that are one long sum over hidden states
or one long recursion, beside NumPyro's for the same density.

    python benchmarks/gradient_time.py [NAME...] [--rounds 3] [--calls 40] [--peer PYTHON]

Milliseconds of one call, in the processor's own time, so that other work on the machine counts for little: the best
and the median of all rounds, in which the two systems take turns, each in a fresh process with one thread for
BLAS and XLA. `ratio` is ours over theirs, best by best. `compile` is from program and data to a function that
can be called, the modules being loaded. With `--peer` (or PPL_PEER), an interpreter that has NumPyro, the same
densities run there (benchmarks/peer_gradient_time.py), and the command fails where the differences of log density
between draws disagree by more than 1e-6.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / "benchmarks" / "large"
PEER = ROOT / "benchmarks" / "peer_gradient_time.py"
LIMIT = 1e-6
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}

# Draws at once, and the most milliseconds that a call may take.
DRAWS = {"hmm": 32, "garch": 32, "lda": 16}
BARS = {"hmm": 15.0, "garch": 25.0, "lda": 30.0}


def hmm(times: int = 500) -> dict[str, Any]:
    """Five states that tend to stay, two apart."""
    rng = np.random.default_rng(0)
    state = np.cumsum(rng.random(times) < 0.1) * 3 % 5
    return {"y": 2.0 * state + rng.normal(size=times)}


def garch(times: int = 1000) -> dict[str, Any]:
    """Its own process."""
    rng = np.random.default_rng(1)
    y, h = np.empty(times), 1.0
    for t in range(times):
        h = h if t == 0 else np.sqrt(0.1 + 0.2 * y[t - 1] ** 2 + 0.7 * h**2)
        y[t] = h * rng.normal()
    return {"y": y}


def lda(tokens: int = 5000, docs: int = 25, words: int = 200) -> dict[str, Any]:
    """Documents of equal length, every word's topic drawn anew."""
    rng = np.random.default_rng(2)
    theta, phi = rng.dirichlet(np.full(5, 0.5), docs), rng.dirichlet(np.full(words, 0.1), 5)
    doc_of = np.arange(tokens) * docs // tokens
    topic = [rng.choice(5, p=theta[doc]) for doc in doc_of]
    return {"doc_of": doc_of, "w": np.array([rng.choice(words, p=phi[k]) for k in topic])}


DATA = {"hmm": hmm, "garch": garch, "lda": lda}


def measure(name: str, calls: int, points: Path) -> dict[str, Any]:
    """Times of one job in this process; data, constrained draws and their log densities go to `points`."""
    import ppl

    data = DATA[name]()
    ppl.model("x ~ Normal(0, 1)").bind({}).log_joint.value_and_grad(np.zeros((1, 1)))  # all modules loaded
    text = (PROGRAMS / f"{name}.vi").read_text(encoding="utf-8")
    began = time.process_time()
    log_joint = ppl.model(text, name).bind(data).log_joint
    compiled = time.process_time() - began
    z = 0.3 * np.random.default_rng(3).normal(size=(DRAWS[name], log_joint.layout.size))
    value, _ = log_joint.value_and_grad(z)
    taken = []
    for _ in range(calls):
        began = time.process_time()
        log_joint.value_and_grad(z)
        taken.append(time.process_time() - began)
    latents = {slot.name: log_joint.constrain(z)[slot.name] for slot in log_joint.layout}
    value = value - log_joint.terms(z)["log_jacobian"]
    np.savez(
        points,
        **{f"data {k}": x for k, x in data.items()},
        **{f"latent {k}": x for k, x in latents.items()},
        log_prob=value,
    )
    return {"times": taken, "compile": compiled, "unknowns": log_joint.layout.size}


def elsewhere(interpreter: str, script: Path, name: str, calls: int, points: Path) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [interpreter, str(script), "--one", name, "--calls", str(calls), "--points", str(points)]
    environment = {**os.environ, **ONE_THREAD}
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    if ran.returncode:
        raise SystemExit(f"{interpreter} {script.name} --one {name} failed:\n{ran.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def disagreement(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The worst difference of differences between the first draw and the others; constants may differ."""
    return float(np.max(np.abs((ours - ours[0]) - (theirs - theirs[0]))))


def compare(name: str, rounds: int, calls: int, peer: str | None) -> tuple[str, bool]:
    """One line of the table, and whether the log densities agree."""
    systems = {"ppl": (sys.executable, Path(__file__))} | ({"NumPyro": (peer, PEER)} if peer else {})
    found: dict[str, list[dict[str, Any]]] = {system: [] for system in systems}
    with tempfile.TemporaryDirectory() as folder:
        points = Path(folder) / "points.npz"
        for _ in range(rounds):
            for system, (interpreter, script) in systems.items():
                found[system].append(elsewhere(interpreter, script, name, calls, points))
        with np.load(points) as file:
            log_prob = file["log_prob"]
    times = {system: 1e3 * np.concatenate([row["times"] for row in rows]) for system, rows in found.items()}
    compiled = {system: 1e3 * min(row["compile"] for row in rows) for system, rows in found.items()}
    ours = times["ppl"]
    line = f"{name:<6} {found['ppl'][0]['unknowns']:>8} {DRAWS[name]:>6}"
    if not peer:
        absolute = f"{'':>6}  {ours.min():>8.1f} {np.median(ours):>7.1f} {'':>8} {'':>7}"
        return f"{line} {absolute}  {BARS[name]:>5.0f} {compiled['ppl']:>9.0f}", True
    theirs = times["NumPyro"]
    worst = disagreement(log_prob, np.array(found["NumPyro"][0]["log_prob"]))
    absolute = (
        f"{ours.min():>8.1f} {np.median(ours):>7.1f} {theirs.min():>8.2f} {np.median(theirs):>7.2f}"
        f"  {BARS[name]:>5.0f} {compiled['ppl']:>9.0f} {compiled['NumPyro']:>9.0f} {worst:>12.0e}"
    )
    agrees = worst <= LIMIT
    return (
        f"{line} {ours.min() / theirs.min():>6.1f}  {absolute}{'' if agrees else '  <-- disagrees'}",
        agrees,
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(DATA)}; all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--peer", metavar="PYTHON", default=os.environ.get("PPL_PEER"))
    parser.add_argument("--one", choices=DATA, help="measure one job here and print one JSON object")
    parser.add_argument("--points", type=Path, help="where --one leaves data, draws and log densities")
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measure(options.one, options.calls, options.points)))
        return 0
    if unknown := [name for name in options.names if name not in DATA]:
        parser.error(f"there is no job {', '.join(unknown)}; there are {', '.join(DATA)}")
    if not options.peer:
        print("NumPyro is not measured: --peer PYTHON or PPL_PEER names an interpreter that has it\n")
    print(f"{'':<22} {'':>6}  {'ppl, ms':^16} {'NumPyro, ms':^16}  {'':>5} {'compile, ms':^19}")
    names = f"{'job':<6} {'unknowns':>8} {'draws':>6} {'ratio':>6}  "
    columns = f"{'best':>8} {'median':>7} {'best':>8} {'median':>7}  {'bar':>5} {'ppl':>9} {'NumPyro':>9}"
    print(f"{names}{columns} {'disagreement':>12}")
    failed = False
    for name in options.names or DATA:
        line, agrees = compare(name, options.rounds, options.calls, options.peer)
        failed |= not agrees
        print(line, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
