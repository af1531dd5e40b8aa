"""A fit as a file, and back: the model's text, its data, the guide's numbers, and all that was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

import ppl.fit as fitting
from ppl.api.fits import Fit, whole
from ppl.api.models import BoundModel, Model
from ppl.archive import Archive, Damaged, read, write
from ppl.data.column import Column
from ppl.diagnostic import Diagnostic, PplError, Source
from ppl.evidence import KLPosterior
from ppl.evidence.bracket import LogEvidence
from ppl.graph.check import check
from ppl.report.numbers import Posterior, Report
from ppl.report.places import Statement, located
from ppl.syntax.parse import parse

Array = Any
KIND = "fit"
FORMAT = 1
_RUN_ARRAYS = ("params", "w", "history", "mean_error", "log_sd_error")
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
)
_OTHERWISE = frozenset(
    {"log_evidence", "kl_posterior", "statements", "posterior", "params", "observed", "diagnosis"}
)
_QUANTITY = ("mean", "sd", "sd_guide", "mean_error", "q05", "q50", "q95")


def save(fit: Fit, path: str | Path) -> None:
    """Writes a fit to a file; raises `PplError` where it can't be."""
    arrays: dict[str, Array] = {f"run/{name}": getattr(fit.run, name) for name in _RUN_ARRAYS}
    arrays |= {f"params/{name}": np.asarray(value, dtype=float) for name, value in fit.params.items()}
    posterior = {}
    for name, q in fit.posterior.items():
        posterior[name] = {"dims": q.dims, "labels": dict(q.labels), "corrected": q.corrected}
        for key in _QUANTITY:
            arrays[f"posterior/{name}/{key}"] = np.broadcast_to(getattr(q, key), q.shape).astype(float)
    columns = _columns(fit.bound, arrays)
    source = fit.bound.model.graph.source
    plain = [field.name for field in fields(Report) if field.name not in _OTHERWISE]
    record = {
        "format": FORMAT,
        "source": {"name": source.name, "text": source.text},
        "data": columns,
        "run": {name: getattr(fit.run, name) for name in _RUN_PLAIN},
        "diagnosis": _diagnosis(fit.run.diagnosis),
        "report": {name: _plain(getattr(fit, name)) for name in plain},
        "log_evidence": _plain(vars(fit.log_evidence)),
        "kl_posterior": _plain(vars(fit.kl_posterior)),
        "observed": sorted(fit.observed),
        "statements": {name: [[s.line, s.text] for s in found] for name, found in fit.statements.items()},
        "posterior": posterior,
        "params": list(fit.params),
    }
    write(path, Archive(KIND, record, arrays))


def open_fit(path: str | Path) -> Fit:
    """The fit in a file, as it was when it was saved; raises `PplError`."""
    archive = read(path, KIND)
    try:
        if archive.record["format"] != FORMAT:
            raise Damaged(f"its format is {archive.record['format']}, and this version reads {FORMAT}")
        return _opened(archive)
    except (Damaged, KeyError, TypeError, ValueError, AttributeError) as error:
        why = (
            str(error)
            if isinstance(error, Damaged)
            else "something in it is missing, or not what it should be"
        )
        raise PplError([Diagnostic("E732", f"{path} can't be opened: {why}")]) from error


def _opened(archive: Archive) -> Fit:
    record, arrays = archive.record, archive.arrays
    source = Source(record["source"]["name"], record["source"]["text"])
    model = Model(check(parse(source)), record["report"]["model"])
    bound = model.bind_columns({name: _column(name, entry, arrays) for name, entry in record["data"].items()})
    d = record["diagnosis"]
    diagnosis = None if d is None else Diagnostic(d["code"], d["message"], (), tuple(d["facts"]), d["fix"])
    run = fitting.Fit(
        diagnosis=diagnosis, **record["run"], **{name: arrays[f"run/{name}"] for name in _RUN_ARRAYS}
    )
    if len(run.w) != bound.log_joint.param_layout.size:
        raise Damaged("its params are not those of its model")
    report = Report(
        **{
            **record["report"],
            "reasons": tuple(record["report"]["reasons"]),
            "notes": tuple(record["report"]["notes"]),
        },
        log_evidence=LogEvidence(**record["log_evidence"]),
        kl_posterior=KLPosterior(**record["kl_posterior"]),
        observed=frozenset(record["observed"]),
        statements={k: tuple(Statement(*s) for s in found) for k, found in record["statements"].items()},
        posterior={name: _posterior(name, entry, arrays) for name, entry in record["posterior"].items()},
        params={name: arrays[f"params/{name}"] for name in record["params"]},
        diagnosis=None if diagnosis is None else located(diagnosis, model.graph, run.suspect),
    )
    return whole(bound, run, report)


def _posterior(name: str, entry: Mapping[str, Any], arrays: Mapping[str, Array]) -> Posterior:
    labels = {dim: tuple(names) for dim, names in entry["labels"].items()}
    found = {key: arrays[f"posterior/{name}/{key}"] for key in _QUANTITY}
    return Posterior(
        name=name, dims=tuple(entry["dims"]), labels=labels, corrected=entry["corrected"], **found
    )


def _diagnosis(d: Diagnostic | None) -> dict[str, Any] | None:
    return None if d is None else {"code": d.code, "message": d.message, "facts": d.facts, "fix": d.fix}


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and dicts as JSON has them."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _columns(bound: BoundModel, arrays: dict[str, Array]) -> dict[str, Any]:
    """The data that the model asks for, as they came: arrays of numbers beside, texts in the record."""
    graph, found = bound.model.graph, {}
    for name, column in bound.log_joint.bound.columns.items():
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


def _column(name: str, entry: Mapping[str, Any], arrays: Mapping[str, Array]) -> Column:
    values = entry["values"] if "values" in entry else arrays[f"data/{name}"]
    if isinstance(values, np.ndarray) and values.ndim == 0:
        values = values[()].item()
    columns = None if entry["columns"] is None else tuple(entry["columns"])
    return Column(name, values, entry["origin"], entry["first_line"], columns)
