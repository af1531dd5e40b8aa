"""Draws of named arrays -> what is said of them: means, sds and quantiles, as a table or an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ppl.graph.model import Graph
from ppl.report.json import SCHEMA, numbers
from ppl.report.numbers import Posterior
from ppl.report.table import Summary

Array = Any
Labels = Mapping[str, tuple[str, ...]]


def summary(draws: Mapping[str, Array], graph: Graph, labels: Labels) -> Summary:
    """The table of draws, each (draws, *shape); it prints. `labels` are those of dims."""
    return Summary(tuple(_summarised(name, values, graph, labels) for name, values in draws.items()))


def as_object(draws: Mapping[str, Array], graph: Graph, labels: Labels) -> dict[str, Any]:
    """The same numbers for programs, in full."""
    return {q.name: _one(q) for q in summary(draws, graph, labels).quantities}


def all_draws(draws: Mapping[str, Array]) -> dict[str, Any]:
    """Every draw, as nested lists."""
    return {"schema": SCHEMA, "draws": {name: numbers(values) for name, values in draws.items()}}


def _summarised(name: str, values: Array, graph: Graph, labels: Labels) -> Posterior:
    axes = graph.variables[name].axes
    draws = np.asarray(values, dtype=float)
    low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95], axis=0)
    sd = draws.std(axis=0, ddof=1) if len(draws) > 1 else np.full(draws.shape[1:], np.nan)
    return Posterior(
        name=name,
        dims=tuple(index for index, _ in axes),
        labels={index: labels[dim] for index, dim in axes if dim in labels},
        mean=draws.mean(axis=0),
        sd=sd,
        sd_guide=sd,
        mean_error=sd / np.sqrt(len(draws)),
        q05=low,
        q50=middle,
        q95=high,
        corrected=False,
    )


def _one(q: Posterior) -> dict[str, Any]:
    columns = {key: numbers(getattr(q, key)) for key in ("mean", "sd", "q05", "q50", "q95")}
    return {"dims": list(q.dims), "labels": {dim: list(names) for dim, names in q.labels.items()}, **columns}
