"""Simulation-based calibration of a model: its own data sets, drawn from its prior and fitted one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import ppl.fit as fitting
from ppl.api.fits import run
from ppl.diagnostic import Diagnostic, PplError
from ppl.evidence import draw
from ppl.fit.noise import Stream, rng_of
from ppl.log_joint import LogJoint, compile_log_joint, forward
from ppl.report.calibration import Calibration, calibration

Array = Any
LOG_JOINT = "(log joint)"  # a quantity of its own: it sees dependence that no latent by itself shows


def calibrate(
    log_joint: LogJoint,
    name: str,
    *,
    replications: int = 200,
    draws: int = 400,
    seed: int = 0,
    guide: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Draws data sets from the prior, fits each, and tests the ranks of the true values; raises `PplError`.

    `draws` are those of each fitted guide. `progress` is told how many of how many are done.
    """
    graph = log_joint.bound.graph
    _check(log_joint)
    with np.errstate(all="ignore"):
        simulated = forward.prior(log_joint.bound, replications, rng_of(seed, Stream.predict), {})
    latents = [slot.name for slot in log_joint.layout]
    truths, found, failed, chosen = [], [], 0, set()
    for r in range(replications):
        data = {
            **log_joint.bound.data,
            **{key: simulated[key][r] for key in graph.likelihoods if key in simulated},
        }
        target = compile_log_joint(replace(log_joint.bound, data=data))
        try:
            fit = run(target, guide, seed=seed + r)
        except fitting.StartError:
            failed += 1
            continue
        chosen.add(fit.guide)
        z = draw(target, fit, draws, seed + r)
        with np.errstate(all="ignore"):
            values = target.constrain(z, fit.learned)
            true = {key: simulated[key][r : r + 1] for key in latents}
            # Both are the density of constrained values: no Jacobian.
            terms = target.terms(z, fit.learned)
            heights = sum(v for key, v in terms.items() if key != "log_jacobian")
            height = sum(target.terms_at(true).values())
        truths.append(np.concatenate([*(np.ravel(true[key]) for key in latents), np.ravel(height)]))
        rows = [np.asarray(values[key]).reshape(draws, -1) for key in latents]
        found.append(np.concatenate([*rows, np.reshape(heights, (draws, 1))], axis=1))
        if progress is not None:
            progress(r + 1, replications)
    if not found:
        raise PplError([Diagnostic("E729", "no data set drawn from the prior could be fitted")])
    about = {"model": name, "guide": ", ".join(sorted(chosen)), "seed": seed, "failed": failed}
    names = [*_names(log_joint, latents), LOG_JOINT]
    return calibration(about, names, np.array(truths), np.array(found), rng_of(seed, Stream.summary))


def _check(log_joint: LogJoint) -> None:
    graph = log_joint.bound.graph
    if not graph.is_normalised:
        raise PplError(
            [
                Diagnostic(
                    "E729",
                    "a latent has no proper prior to draw true values from",
                    fix="give every latent a density that integrates to 1",
                    source=graph.source,
                )
            ]
        )
    if log_joint.param_layout.size:
        raise PplError(
            [
                Diagnostic(
                    "E729",
                    "a `param` has no prior to draw true values from",
                    fix="make it a latent, `name ~ ...`, for the calibration",
                    source=graph.source,
                )
            ]
        )
    if not graph.likelihoods:
        raise PplError(
            [Diagnostic("E729", "nothing is observed, so there are no data to draw", source=graph.source)]
        )
    if graph.factors or log_joint.bound.blanks or log_joint.sums:
        what = "factors" if graph.factors else "empty cells" if log_joint.bound.blanks else "finite latents"
        raise PplError(
            [
                Diagnostic(
                    "E729",
                    f"calibration draws data forward, and does not do so yet with {what}",
                    source=graph.source,
                )
            ]
        )


def _names(log_joint: LogJoint, latents: list[str]) -> Iterator[str]:
    for name in latents:
        axes, labels, shape = log_joint.axis_names(name), log_joint.labels(name), log_joint.shape(name)
        for place in np.ndindex(*shape):
            known = (labels.get(axis) for axis in axes)
            parts = [str(i) if texts is None else texts[i] for i, texts in zip(place, known, strict=True)]
            yield f"{name}[{', '.join(parts)}]" if parts else name
