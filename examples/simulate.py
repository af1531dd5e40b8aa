"""Makes the examples' simulated data, each from the model of its name at the values below.

    python examples/simulate.py

Every file has a generator of its own, so that one can change without the others.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent

READING = {"level": 52.0, "per_funding": 3.0, "between": 4.0, "within": 9.0, "per_hour": 1.5}
TRAVEL = {"intercept": -0.5, "per_saving": 0.8, "per_delay": -1.2, "work": 0.6}
AR2 = {"level": 0.5, "first_lag": 0.6, "second_lag": -0.3, "noise": 0.8}
GP = {"length": 1.0, "height": 1.5, "noise": 0.3}
GROWTH = {"centre": [101.0, 6.5], "spread": [5.0, 1.2], "correlation": 0.5, "error": 1.0}


def reading(rng: np.random.Generator) -> dict[str, Any]:
    """30 schools of 4 to 30 pupils."""
    sizes = rng.integers(4, 31, size=30)
    school = np.repeat(np.arange(30), sizes)
    funding, hours = rng.normal(size=30), rng.normal(0, 2, size=len(school))
    level = READING["level"] + READING["per_funding"] * funding + READING["between"] * rng.normal(size=30)
    score = level[school] + READING["per_hour"] * hours + READING["within"] * rng.normal(size=len(school))
    return {
        "school_of": school + 1,
        "hours": hours.round(2),
        "score": score.round(1),
        "funding": funding.round(2),
    }


def travel(rng: np.random.Generator) -> dict[str, Any]:
    """400 trips."""
    saving, delay, work = rng.normal(1, 1.5, 400), rng.gamma(2, 0.5, 400), rng.random(400) < 0.4
    eta = TRAVEL["intercept"] + TRAVEL["per_saving"] * saving + TRAVEL["per_delay"] * delay
    train = rng.random(400) < 1 / (1 + np.exp(-eta - TRAVEL["work"] * work))
    return {"train": train * 1, "saving": saving.round(2), "delay": delay.round(2), "is_work": work * 1}


def ar2(rng: np.random.Generator) -> dict[str, Any]:
    """250 values, after 50 that are forgotten."""
    y = np.zeros(300)
    for t in range(2, 300):
        mean = AR2["level"] + AR2["first_lag"] * y[t - 1] + AR2["second_lag"] * y[t - 2]
        y[t] = mean + AR2["noise"] * rng.normal()
    return {"y": y[50:].round(3)}


def gp(rng: np.random.Generator) -> dict[str, Any]:
    """60 points of one smooth function."""
    x = np.sort(rng.uniform(0, 10, 60)).round(2)
    K = GP["height"] ** 2 * np.exp(-0.5 * ((x[:, None] - x) / GP["length"]) ** 2) + GP["noise"] ** 2 * np.eye(
        60
    )
    return {"x": x, "y": (np.linalg.cholesky(K) @ rng.normal(size=60)).round(3)}


def growth(rng: np.random.Generator) -> dict[str, Any]:
    """40 children, 5 visits each."""
    r = GROWTH["correlation"]
    raw = rng.normal(size=(40, 2)) @ np.array([[1, 0], [r, np.sqrt(1 - r**2)]]).T
    own = np.array(GROWTH["centre"]) + np.array(GROWTH["spread"]) * raw
    child, years = np.repeat(np.arange(40), 5), np.tile(np.arange(5) - 2.0, 40)
    height = own[child, 0] + own[child, 1] * years + GROWTH["error"] * rng.normal(size=200)
    return {"child_of": child + 1, "years": years, "height": height.round(1)}


TABLES = {"travel.csv": travel, "ar2.csv": ar2, "gp.csv": gp}
OBJECTS = {"reading.json": reading, "growth.json": growth}
SEEDS = {name: seed for seed, name in enumerate([*TABLES, *OBJECTS], start=1981)}


def write_table(path: Path, columns: Mapping[str, Any]) -> None:
    """A CSV file, one row for each element."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))


def write_object(path: Path, columns: Mapping[str, Any]) -> None:
    """A JSON file, one line for each entry."""
    lines = [f"  {json.dumps(name)}: {json.dumps(column.tolist())}" for name, column in columns.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main(folder: Path = HERE) -> None:
    for name, simulate in TABLES.items():
        write_table(folder / name, simulate(np.random.default_rng(SEEDS[name])))
    for name, simulate in OBJECTS.items():
        write_object(folder / name, simulate(np.random.default_rng(SEEDS[name])))


if __name__ == "__main__":
    main()
