"""A saved fit opened again: its numbers as they were, its model and data bound anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import ppl.fit as fitting
from ppl.api.fits import Fit, whole
from ppl.api.models import Model
from ppl.api.saving import FORMAT, KIND, QUANTITY, RUN_ARRAYS
from ppl.archive import Archive, Damaged, read
from ppl.data.column import Column
from ppl.diagnostic import Diagnostic, PplError, Source
from ppl.evidence import KLPosterior
from ppl.evidence.bracket import LogEvidence
from ppl.graph.check import check
from ppl.log_joint import LogJoint, compile_log_joint
from ppl.report.centering import centerings
from ppl.report.numbers import Posterior, Report
from ppl.report.places import Statement, located
from ppl.syntax.parse import parse

Array = Any


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
        fix = "make it again, by `ppl fit --out` or fit.save()"
        raise PplError([Diagnostic("E732", f"{path} can't be opened: {why}", fix=fix)]) from error


def _opened(archive: Archive) -> Fit:
    record, arrays = archive.record, archive.arrays
    source = Source(record["source"]["name"], record["source"]["text"])
    model = Model(check(parse(source)), record["report"]["model"])
    bound = model.bind_columns({name: _column(name, entry, arrays) for name, entry in record["data"].items()})
    d = record["diagnosis"]
    diagnosis = None if d is None else Diagnostic(d["code"], d["message"], (), tuple(d["facts"]), d["fix"])
    modes = tuple(fitting.Mode(**mode) for mode in record["modes"])
    rungs = tuple(fitting.Rung(**rung) for rung in record["rungs"])
    run = fitting.Fit(
        diagnosis=diagnosis,
        rungs=rungs,
        modes=modes,
        **record["run"],
        **{name: arrays[f"run/{name}"] for name in RUN_ARRAYS},
    )
    log_joint = _in_coordinates(bound.log_joint, record["coordinates"], arrays["coordinates"])
    if len(run.w) != len(log_joint.start_params):
        raise Damaged("its params are not those of its model")
    start = fitting.made(run.guide, bound.log_joint).init(bound.log_joint.layout, 0.0, 1.0)
    if len(run.params) != len(start):
        raise Damaged("the numbers of its guide are not those of its model")
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
        rungs=rungs,
        modes=modes,
        centering=centerings(log_joint),
        diagnosis=None if diagnosis is None else located(diagnosis, model.graph, run.suspect),
    )
    return whole(bound, log_joint, run, report)


def _in_coordinates(log_joint: LogJoint, record: Mapping[str, Any], numbers: Array) -> LogJoint:
    """A log joint in the coordinates that a fit was made in."""
    if record["pins"] is None:
        return log_joint
    found = compile_log_joint(log_joint.bound, record["pins"])
    if found.coordinates.numbers.shape != numbers.shape:
        raise Damaged("its coordinates are not those of its model")
    return replace(found, coordinates=replace(found.coordinates, numbers=numbers, kept=tuple(record["kept"])))


def _posterior(name: str, entry: Mapping[str, Any], arrays: Mapping[str, Array]) -> Posterior:
    labels = {dim: tuple(names) for dim, names in entry["labels"].items()}
    found = {key: arrays[f"posterior/{name}/{key}"] for key in QUANTITY}
    return Posterior(
        name=name, dims=tuple(entry["dims"]), labels=labels, corrected=entry["corrected"], **found
    )


def _column(name: str, entry: Mapping[str, Any], arrays: Mapping[str, Array]) -> Column:
    values = entry["values"] if "values" in entry else arrays[f"data/{name}"]
    if isinstance(values, np.ndarray) and values.ndim == 0:
        values = values[()].item()
    columns = None if entry["columns"] is None else tuple(entry["columns"])
    return Column(name, values, entry["origin"], entry["first_line"], columns)
