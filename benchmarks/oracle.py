"""The models of posteriordb in `.vi`, held against the log densities that Stan computes for them.

    python benchmarks/oracle.py [NAME...] [--shared ../shared]

Stan drops constants, so only differences between points are compared. A latent is found under Stan's
name for it, or under the one that the model's head gives: `# stan: our_name = stan_name`.
Exits 1 where a difference is too large, or a model does not run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import ppl

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "benchmarks" / "posteriordb"
SHARED = Path(os.environ.get("PPL_SHARED", ROOT.parent / "shared"))

TOLERANCE = 1e-9
# Stan's program asks its solver for 1e-5 relative and 1e-3 absolute; ours solves more exactly.
LOOSER = {"hudson_lynx_hare-lotka_volterra": 1e-3}


def worst_difference(name: str, shared: Path = SHARED) -> float:
    """Max over pairs of points of |ours - Stan's| / max(1, |Stan's|), of the difference between the two."""
    return _worst(name, _read_oracle(name, shared), shared)


def tolerance(name: str) -> float:
    """How large a posterior's worst difference may be."""
    return LOOSER.get(name, TOLERANCE)


def posteriors(shared: Path = SHARED) -> list[str]:
    """The names of all oracle files."""
    return sorted(path.stem for path in (shared / "oracle").glob("*.json"))


def model_path(name: str) -> Path:
    """Where a posterior's model is, or would be."""
    return MODELS / f"{name}.vi"


def read_data(table: str, shared: Path = SHARED) -> dict[str, Any]:
    """A table of posteriordb, in Stan's JSON form."""
    with zipfile.ZipFile(shared / "posteriordb" / "data" / f"{table}.json.zip") as archive:
        content: dict[str, Any] = json.loads(archive.read(archive.namelist()[0]))
    return content


def latent_values(param_names: list[str], constrained: list[float], text: str) -> dict[str, Any]:
    """Stan's flat list as one array per latent: `theta.1.2` goes to row 0, column 1."""
    ours = {stan: name for name, stan in re.findall(r"^# stan: (\w+) = (\w+)\s*$", text, re.MULTILINE)}
    cells: dict[str, dict[tuple[int, ...], float]] = {}
    for full_name, value in zip(param_names, constrained, strict=True):
        stan, *indices = full_name.split(".")
        cells.setdefault(ours.get(stan, stan), {})[tuple(int(i) - 1 for i in indices)] = value
    return {name: _dense(entries) for name, entries in cells.items()}


def code_lines(text: str) -> int:
    """The lines that are neither blank nor only a comment."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def table(names: Iterable[str], shared: Path) -> Iterator[tuple[str, bool]]:
    """The printed rows, each with whether its posterior agrees."""
    stan_lines = json.loads((shared / "posteriordb" / "stan_lines.json").read_text())
    ratios = []
    yield f"{'posterior':<58} points  difference  lines  stan", True
    for name in names:
        oracle, lines = _read_oracle(name, shared), code_lines(model_path(name).read_text())
        ratios.append(lines / stan_lines[name])
        try:
            worst, reason = _worst(name, oracle, shared), ""
        except Exception as error:  # a model that does not run is a row too
            worst, reason = float("nan"), f"  {type(error).__name__}: {str(error).splitlines()[:1]}"
        agrees = worst <= tolerance(name)
        row = f"{name:<58} {len(oracle['points']):>6}  {worst:>10.1e}  {lines:>5}  {stan_lines[name]:>4}"
        yield row + ("" if agrees else "  <-- disagrees") + reason, agrees
    if ratios:
        yield f"lines, ours over Stan's: median {median(ratios):.2f}, largest {max(ratios):.2f}", True


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="posteriors; all of them if none is named")
    parser.add_argument("--shared", type=Path, default=SHARED)
    options = parser.parse_args(arguments)
    wanted = options.names or posteriors(options.shared)
    missing = [name for name in wanted if not model_path(name).exists()]
    all_agree = True
    for row, agrees in table((name for name in wanted if name not in missing), options.shared):
        print(row, flush=True)
        all_agree &= agrees
    if missing:
        print(f"no model yet ({len(missing)}):", *missing, sep="\n  ")
    return 0 if all_agree else 1


def _read_oracle(name: str, shared: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((shared / "oracle" / f"{name}.json").read_text())
    return content


def _worst(name: str, oracle: dict[str, Any], shared: Path) -> float:
    bound = ppl.load(model_path(name)).bind(read_data(oracle["data"], shared))
    text, points = model_path(name).read_text(), oracle["points"]
    at = [latent_values(oracle["param_names"], point["constrained"], text) for point in points]
    ours = np.array([bound.log_prob(values, jacobian=False) for values in at])
    stan = np.array([point["log_prob"] for point in points])
    expected = stan[:, None] - stan
    with np.errstate(invalid="ignore"):  # inf - inf: NaN, which agrees with nothing
        return float(np.max(np.abs(ours[:, None] - ours - expected) / np.maximum(1, np.abs(expected))))


def _dense(entries: dict[tuple[int, ...], float]) -> Any:
    if () in entries:
        return entries[()]
    array = np.full(np.max(list(entries), axis=0) + 1, np.nan)
    for index, value in entries.items():
        array[index] = value
    return array


if __name__ == "__main__":
    sys.exit(main())
