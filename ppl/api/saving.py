"""A fit as a file: the model's text, its data, the guide's numbers, and all that was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

import ppl.fit as fitting
from ppl.archive import Archive, write
from ppl.diagnostic import Diagnostic
from ppl.log_joint import LogJoint
from ppl.report.numbers import Report

Array = Any
KIND = "fit"
FORMAT = 1
RUN_ARRAYS = ("params", "w", "history", "mean_error", "log_sd_error")
_RUN_PLAIN = (
    "guide",
    "objective",
    "optimizer",
    "seed",
    "draws",
    "converged",
    "steps",
    "gradients",
    "seconds",
    "gap",
    "suspect",
    "starts",
    "stopped",
)
_OTHERWISE = frozenset(
    {
        "log_evidence",
        "kl_posterior",
        "statements",
        "posterior",
        "params",
        "observed",
        "diagnosis",
        "rungs",
        "modes",
        "centering",
    }
)
QUANTITY = ("mean", "sd", "sd_guide", "mean_error", "q05", "q50", "q95")


def save(fit: Report, run: fitting.Fit, log_joint: LogJoint, path: str | Path) -> None:
    """Writes a fit to a file; raises `PplError` where it can't be."""
    arrays: dict[str, Array] = {f"run/{name}": getattr(run, name) for name in RUN_ARRAYS}
    arrays |= {f"params/{name}": np.asarray(value, dtype=float) for name, value in fit.params.items()}
    posterior = {}
    for name, q in fit.posterior.items():
        posterior[name] = {"dims": q.dims, "labels": dict(q.labels), "corrected": q.corrected}
        for key in QUANTITY:
            arrays[f"posterior/{name}/{key}"] = np.broadcast_to(getattr(q, key), q.shape).astype(float)
    arrays["coordinates"] = log_joint.coordinates.numbers
    columns = _columns(log_joint, arrays)
    source = log_joint.bound.graph.source
    plain = [field.name for field in fields(Report) if field.name not in _OTHERWISE]
    record = {
        "format": FORMAT,
        "source": {"name": source.name, "text": source.text},
        "data": columns,
        "run": {name: getattr(run, name) for name in _RUN_PLAIN},
        "modes": [_plain(vars(mode)) for mode in run.modes],
        "rungs": [_plain(vars(rung)) for rung in run.rungs],
        "diagnosis": _diagnosis(run.diagnosis),
        "report": {name: _plain(getattr(fit, name)) for name in plain},
        "log_evidence": _plain(vars(fit.log_evidence)),
        "kl_posterior": _plain(vars(fit.kl_posterior)),
        "observed": sorted(fit.observed),
        "statements": {name: [[s.line, s.text] for s in found] for name, found in fit.statements.items()},
        "posterior": posterior,
        "coordinates": {"pins": log_joint.coordinates.pins, "kept": log_joint.coordinates.kept},
        "params": list(fit.params),
    }
    write(path, Archive(KIND, record, arrays))


def _diagnosis(d: Diagnostic | None) -> dict[str, Any] | None:
    return None if d is None else {"code": d.code, "message": d.message, "facts": d.facts, "fix": d.fix}


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and dicts as JSON has them."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _columns(log_joint: LogJoint, arrays: dict[str, Array]) -> dict[str, Any]:
    """The data that the model asks for, as they came: arrays of numbers beside, texts in the record."""
    graph, found = log_joint.bound.graph, {}
    for name, column in log_joint.bound.columns.items():
        if name not in graph.variables and name not in graph.dims:
            continue
        entry: dict[str, Any] = {
            "origin": column.origin,
            "first_line": column.first_line,
            "columns": column.columns,
        }
        values = np.asarray(column.values)
        if values.dtype == object and not any(isinstance(v, str) for v in values.reshape(-1)):
            values = values.astype(float)  # holes and mixed numbers
        if values.dtype.kind in "biuf" and values.dtype.itemsize <= 8:
            arrays[f"data/{name}"] = values
        else:
            entry["values"] = json.loads(json.dumps(values.tolist(), default=str))
        found[name] = entry
    return found
