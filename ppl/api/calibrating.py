"""Simulation-based calibration of a model: its own data sets, drawn from its prior and fitted one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import ppl.fit as fitting
from ppl.api.fits import run
from ppl.diagnostic import Diagnostic, Findings, Label, PplError
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
            target, fit = run(target, guide, seed=seed + r)
        except fitting.StartError:
            failed += 1
            continue
        chosen.add(fit.guide)
        z = draw(target, fit, draws, seed + r)
        with np.errstate(all="ignore"):
            values = target.unknown_values(z, fit.learned)
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
        fix = "look at `ppl prior`: the data that the model expects may be beyond all bounds"
        raise PplError([Diagnostic("E729", "no data set drawn from the prior could be fitted", fix=fix)])
    about = {"model": name, "guide": ", ".join(sorted(chosen)), "seed": seed, "failed": failed}
    names = [*_names(log_joint, latents), LOG_JOINT]
    return calibration(about, names, np.array(truths), np.array(found), rng_of(seed, Stream.summary))


def _check(log_joint: LogJoint) -> None:
    """Refuse what can't be drawn forward: all of it at once, each at its place."""
    bound, graph = log_joint.bound, log_joint.bound.graph
    findings = Findings(graph.source)
    pieces = [r for found in graph.priors.values() for r in found]
    flat = [(r.name, r.place) for r in pieces if not r.density.kind.proper]
    declared = [graph.variables[name] for name in graph.names("latent") if name not in graph.priors]
    for name, place in (*flat, *((v.name, v.span) for v in declared)):
        what = f"`{name}` has no proper prior to draw true values from"
        findings.add("E729", what, Label(place), fix=f"give `{name}` a density that integrates to 1")
    for slot in log_joint.param_layout:
        what = f"`{slot.name}` is a param, without a prior to draw true values from"
        fix = f"make it a latent for the calibration: `{slot.name} ~ ...`"
        findings.add("E729", what, Label(graph.variables[slot.name].span), fix=fix)
    for factor in graph.factors:
        what = "a factor says nothing of how data come about, so none can be drawn"
        findings.add("E729", what, Label(factor.span), fix="write it as `~` statements")
    for name in bound.blanks:
        what = f"`{name}` has empty cells, which calibration can't draw around"
        fix = "give data without empty cells: their values don't matter here"
        findings.add("E729", what, Label(graph.variables[name].span), fix=fix)
    for summed in log_joint.sums:
        place = graph.variables[summed.latents[0]].span
        what = f"`{summed.latents[0]}` is summed out, and calibration has no ranks for that"
        findings.add("E729", what, Label(place), fix="calibrate the rest with it as data")
    if not graph.likelihoods:
        what = "nothing is observed, so there are no data to draw"
        findings.add(
            "E729", what, fix="declare what would be seen as data: `data y[...]: real`, and `y[...] ~ ...`"
        )
    findings.check()


def _names(log_joint: LogJoint, latents: list[str]) -> Iterator[str]:
    for name in latents:
        axes, labels, shape = log_joint.axis_names(name), log_joint.labels(name), log_joint.shape(name)
        for place in np.ndindex(*shape):
            known = (labels.get(axis) for axis in axes)
            parts = [str(i) if texts is None else texts[i] for i, texts in zip(place, known, strict=True)]
            yield f"{name}[{', '.join(parts)}]" if parts else name
