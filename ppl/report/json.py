"""A report as JSON: what `ppl fit --json` prints. The schema has a version, numbers are finite or null."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from ppl.report.numbers import Posterior, Report
from ppl.report.states import States

SCHEMA = 1


def to_json(report: Report) -> str:
    """One object on one line."""
    return json.dumps(to_dict(report), ensure_ascii=False, allow_nan=False)


def to_dict(report: Report) -> dict[str, Any]:
    """The same object, made of dicts, lists, texts and finite numbers."""
    r = report
    evidence, kl = r.log_evidence, r.kl_posterior
    return {
        "schema": SCHEMA,
        "model": r.model,
        "seed": r.seed,
        "guide": r.guide,
        "objective": r.objective,
        "optimizer": r.optimizer,
        "converged": r.converged,
        "elbo": number(r.elbo),
        "elbo_error": number(r.elbo_error),
        "expected_log_likelihood": number(r.expected_log_likelihood),
        "kl_prior": number(r.kl_prior),
        "entropy": number(r.entropy),
        "log_evidence": {
            "estimate": number(evidence.estimate),
            "error": number(evidence.error),
            "low": number(evidence.low),
            "high": number(evidence.high),
            "method": evidence.method,
            "exact": evidence.exact,
        },
        "kl_posterior": {"estimate": number(kl.estimate), "low": number(kl.low), "high": number(kl.high)},
        "khat": number(r.khat),
        "ess": number(r.ess),
        "corrected_by": r.corrected_by,
        "rhat": number(r.rhat),
        "chains_ess": number(r.chains_ess),
        "verdict": r.verdict,
        "reasons": list(r.reasons),
        "next_step": r.next_step,
        "notes": list(r.notes),
        "terms": {name: number(value) for name, value in r.terms.items()},
        "posterior": {name: _posterior(quantity) for name, quantity in r.posterior.items()},
        "states": {name: _states(found) for name, found in getattr(r, "states", {}).items()},
        "params": {name: numbers(value) for name, value in r.params.items()},
        "ladder": [
            {
                "guide": g.guide,
                "elbo": number(g.elbo),
                "elbo_error": number(g.elbo_error),
                "khat": number(g.khat),
            }
            for g in r.rungs
        ],
        "stopped": r.stopped or None,
        "modes": [{"share": number(mode.share), "elbo": number(mode.elbo)} for mode in r.modes],
        "starts": r.starts,
        "centering": {name: {"c": numbers(one.c), "how": one.how} for name, one in r.centering.items()},
        "steps": r.steps,
        "gradients": r.gradients,
        "seconds": number(r.seconds),
        "versions": dict(r.versions),
    }


def _posterior(q: Posterior) -> dict[str, Any]:
    labels = {"labels": {dim: list(names) for dim, names in q.labels.items()}} if q.labels else {}
    columns = ("mean", "sd", "sd_guide", "q05", "q50", "q95")
    return {"dims": list(q.dims), **labels, **{key: numbers(getattr(q, key)) for key in columns}}


def _states(s: States) -> dict[str, Any]:
    labels = {"labels": {dim: list(names) for dim, names in s.labels.items()}} if s.labels else {}
    best = {"most_probable": numbers(s.most_probable), "probabilities": numbers(s.probabilities)}
    guide = {"guide": "categorical"} if s.guided else {}
    return {"dims": list(s.dims), **labels, "values": list(s.values), **best, **guide}


def number(value: Any) -> float | None:
    """A finite number, or None."""
    return float(value) if value is not None and math.isfinite(value) else None


def numbers(values: Any) -> Any:
    """Nested lists of finite numbers, or None in their places; one number where there are no axes."""
    array = np.asarray(values, dtype=float)
    if array.ndim == 0:
        return number(array[()])
    return array.tolist() if np.isfinite(array).all() else [numbers(part) for part in array]
