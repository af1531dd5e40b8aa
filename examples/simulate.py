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
VOLATILITY = {"base": 0.2, "shock": 0.25, "memory": 0.5}
SLEEP = {"log_rate": [-1.0, 1.5], "turn": [[0.9, 0.1], [0.2, 0.8]]}
BIMODAL = {"east": 6.0, "north": -3.0}
RECEIVERS = {"east_of": [0.0, 3.0, 6.0, 9.0], "north_of": [0.2, -0.3, -0.1, 0.3]}
LEAD = {"water_mean": 0.0, "water_sd": 1.0, "level": 1.2, "per_water": 0.5, "noise": 0.4}


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


def volatility(rng: np.random.Generator) -> dict[str, Any]:
    """600 changes."""
    variance, changes = VOLATILITY["base"] / (1 - VOLATILITY["shock"] - VOLATILITY["memory"]), []
    for _ in range(600):
        changes.append(np.sqrt(variance) * rng.normal())
        variance = (
            VOLATILITY["base"] + VOLATILITY["shock"] * changes[-1] ** 2 + VOLATILITY["memory"] * variance
        )
    return {"change": np.array(changes).round(3)}


def sleep(rng: np.random.Generator) -> dict[str, Any]:
    """300 minutes."""
    state = [0]
    while len(state) < 300:
        state.append(int(rng.random() < SLEEP["turn"][state[-1]][1]))
    return {"movements": rng.poisson(np.exp(SLEEP["log_rate"])[state])}


def lead(rng: np.random.Generator) -> dict[str, Any]:
    """150 children; one in ten cells is empty."""
    water = rng.normal(LEAD["water_mean"], LEAD["water_sd"], 150)
    blood = rng.normal(LEAD["level"] + LEAD["per_water"] * water, LEAD["noise"])
    empty = rng.random((2, 150)) < 0.1
    return {
        "water": np.where(empty[0], np.nan, water.round(2)),
        "blood": np.where(empty[1], np.nan, blood.round(2)),
    }


def bimodal(rng: np.random.Generator) -> dict[str, Any]:
    """One lynx, and what four receivers say of it."""
    east, north = (np.array(RECEIVERS[name]) for name in ("east_of", "north_of"))
    away = np.hypot(BIMODAL["east"] - east, BIMODAL["north"] - north)
    return {"east_of": east, "north_of": north, "distance": rng.normal(away, 0.5).round(2)}


TABLES = {
    "travel.csv": travel,
    "ar2.csv": ar2,
    "gp.csv": gp,
    "volatility.csv": volatility,
    "sleep.csv": sleep,
    "lead.csv": lead,
    "bimodal.csv": bimodal,
}
OBJECTS = {"reading.json": reading, "growth.json": growth}
SEEDS = {
    "travel.csv": 1981,
    "ar2.csv": 1982,
    "gp.csv": 1983,
    "reading.json": 1984,
    "growth.json": 1985,
    "volatility.csv": 1986,
    "sleep.csv": 1987,
    "lead.csv": 1988,
    "bimodal.csv": 1989,
}


def write_table(path: Path, columns: Mapping[str, Any]) -> None:
    """A CSV file, one row for each element; a missing one is an empty cell."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        writer.writerows([["" if value != value else value for value in row] for row in rows])


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
