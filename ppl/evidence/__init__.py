"""What is measured on a finished fit: the ELBO and its parts, the evidence, the posterior.

    log p(x) = elbo + KL(q || posterior)
    elbo     = expected_log_likelihood - kl_prior = sum(terms) + entropy

All parts come from the same draws, which were never optimised over, so the identities hold to
rounding. Densities are those of the constrained quantities: the guide's entropy includes the log
Jacobian, and the terms are the statements' own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.evidence.bracket import WIDE, LogEvidence, of_bound, of_point, of_trouble, weigh
from ppl.evidence.linear_response import Response, respond
from ppl.evidence.mixing import Mixing
from ppl.evidence.parts import Parts, error_of, itemise, mean
from ppl.evidence.points import Points, settle
from ppl.evidence.posterior import Quantity
from ppl.evidence.rules import Hmc, Refined, Task, refine
from ppl.evidence.values import values_of
from ppl.fit import Fit, LogJoint, made
from ppl.fit.noise import Stream, normal

Array = Any
DRAWS = 4000
UNSEEN = 0.01  # of the posterior: draws that miss more, at a mode where the guide has none, give no quantiles
ROUGH = 0.01  # sds: moments of a quadrature that is not sure of more are not used
KEPT = 20_000  # draws of chains


@dataclass(frozen=True)
class KLPosterior:
    """KL(q || posterior) = log evidence - elbo, as far as the evidence is known; never below 0."""

    estimate: float
    low: float
    high: float | None


@dataclass(frozen=True)
class Evidence:
    """What fresh draws say of a fit. `X_error` is the Monte Carlo standard error of X.

    `terms` is the mean of each statement's term. `log_weights` (S,) are log p(x, z) - log q(z) at
    draws `z` (S, D). `nonfinite` draws had density 0 or NaN; the ELBO is then that of the guide
    restricted to where the density is positive, which is still a bound. With `of_params` it is all
    about log p(x) at the learned values of the params. `corrected_by` says what the posterior's moments are from, if
    not the guide: "psis", "quadrature" or "hmc", of which the latter two are in `points`; or "linear response", which
    gives sds and quantiles, and leaves the means. `mixing` is that of
    chains that were run, `unrun` says that some might help but would take long, `words` what was tried in vain.
    """

    elbo: float
    elbo_error: float
    expected_log_likelihood: float
    expected_log_likelihood_error: float
    kl_prior: float
    kl_prior_error: float
    entropy: float
    entropy_error: float
    terms: Mapping[str, float]
    log_evidence: LogEvidence
    kl_posterior: KLPosterior
    khat: float
    ess: float
    draws: int
    nonfinite: int
    of_params: bool
    posterior: Mapping[str, Quantity]
    params: Mapping[str, Array]
    worst: tuple[str, tuple[int, ...]] | None
    log_weights: Array
    z: Array
    corrected_by: str | None = None
    points: Points | None = None
    mixing: Mixing | None = None
    words: str = ""
    unrun: bool = False


def draw(log_joint: LogJoint, fit: Fit, draws: int, seed: int, stream: Stream = Stream.posterior) -> Array:
    """Independent draws z (draws, D) of a fitted guide."""
    guide = made(fit.guide, log_joint)
    noise = normal(seed, stream, 0, draws, guide.noise_size(log_joint.layout.size))
    return guide.transport(fit.params, noise)


def log_weights(log_joint: LogJoint, fit: Fit, draws: int, seed: int | None = None) -> Array:
    """log p(x, z) - log q(z) at the draws of the guide that a fit is measured on, (draws,)."""
    seed = fit.seed if seed is None else seed
    with np.errstate(all="ignore"):
        z = draw(log_joint, fit, draws, seed, Stream.evidence)
        log_q = made(fit.guide, log_joint).log_prob(fit.params, z)
        return Parts.of(itemise(log_joint, z, fit.learned), log_q, log_joint.observed).log_weights


def measure(
    log_joint: LogJoint,
    fit: Fit,
    draws: int = DRAWS,
    seed: int | None = None,
    hmc: Hmc = "auto",
    budget: float | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Evidence:
    """Measures a fit on fresh draws, and refines what these can't say by the rules of `ppl.evidence.rules`.

    `hmc` allows Markov chains where they are needed and affordable ("auto"), or else always or never; `budget` is
    how many seconds by forecast are, if it is not left to the rules. Chains end early where `go_on` says no.
    """
    from threadpoolctl import threadpool_limits

    seed = fit.seed if seed is None else seed
    started = time.perf_counter()
    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
        z = draw(log_joint, fit, draws if log_joint.layout.size else 10, seed, Stream.evidence)
        guide = made(fit.guide, log_joint)
        log_q = guide.log_prob(fit.params, z)
        began = time.process_time()
        terms = itemise(log_joint, z, fit.learned)
        seconds = (time.process_time() - began) / len(z)
        parts = Parts.of(terms, log_q, log_joint.observed)
        evidence, weights = of_point(len(z)) if guide.is_point else weigh(parts.log_weights)
        values = values_of(log_joint, fit, z, weights, seed)
        by_weights = weights.supported and log_joint.layout.size > 0
        guide_error = float(np.max(np.abs(fit.mean_error), initial=0.0))
        posterior = values.summarised(by_weights, guide_error)
        moved = max((float(np.max(q.wrongness, initial=0.0)) for q in posterior.values()), default=0.0)
        task = Task(
            log_joint, fit, z, parts.log_weights, evidence, weights, moved, seed, seconds, budget, go_on
        )
        refined, response = refine(task, hmc), None
        evidence, points = of_bound(refined.evidence, log_joint.bounded), _points(refined)
        if fit.diagnosis is not None:
            evidence = of_trouble(evidence)
        if points is not None:
            # On a line the rule's points are dense enough for quantiles, and those of chains are draws.
            sparse = points.by == "quadrature" and log_joint.layout.size > 1
            seen = weights.supported and _all_seen(task.evidence, evidence)
            posterior = settle(
                log_joint,
                fit.learned,
                values.summarised(False, guide_error),
                points,
                (values.independent, values.weights) if sparse and seen else None,
            )
        elif not by_weights:
            spent = time.perf_counter() - started
            response = respond(task, task.budget if budget is None else budget - spent)
            if response.more:
                posterior = values.stretched(posterior, response.more)
    likelihood, prior, entropy = (
        mean(parts.likelihood),
        mean(parts.prior),
        mean(parts.surprise) + parts.kept,
    )
    elbo = likelihood + prior + entropy
    return Evidence(
        elbo=elbo,
        elbo_error=error_of(parts.likelihood + parts.prior + parts.surprise),
        expected_log_likelihood=likelihood,
        expected_log_likelihood_error=error_of(parts.likelihood),
        kl_prior=-prior - entropy,
        kl_prior_error=error_of(parts.prior + parts.surprise),
        entropy=entropy,
        entropy_error=error_of(parts.surprise),
        terms=parts.means,
        log_evidence=evidence,
        kl_posterior=_kl(evidence, elbo, error_of(parts.likelihood + parts.prior + parts.surprise)),
        khat=weights.khat,
        ess=weights.ess,
        draws=len(z),
        nonfinite=parts.nonfinite,
        of_params=bool(log_joint.param_layout.size),
        posterior=posterior,
        params=values.params,
        worst=_worst(log_joint, posterior),
        log_weights=parts.log_weights,
        z=z,
        corrected_by=_corrected_by(points, by_weights, response),
        points=points,
        mixing=refined.mixing,
        words="; ".join(filter(None, (refined.words, response.words if response else ""))),
        unrun=refined.unrun,
    )


def _kl(evidence: LogEvidence, elbo: float, elbo_error: float) -> KLPosterior:
    if evidence.estimate == -np.inf:
        return KLPosterior(np.inf, 0.0, None)
    # Ends that are not from the weights know nothing of the chance in the ELBO.
    error = 0.0 if evidence.method in ("exact", "psis", "iw") else WIDE * elbo_error
    high = None if evidence.high is None else max(0.0, evidence.high - elbo + error)
    return KLPosterior(max(0.0, evidence.estimate - elbo), max(0.0, evidence.low - elbo - error), high)


def _all_seen(by_draws: LogEvidence, better: LogEvidence) -> bool:
    """Whether the guide's draws are all over the posterior: weights know nothing of a mode without draws."""
    return better.estimate - by_draws.estimate <= UNSEEN + WIDE * by_draws.error


def _points(refined: Refined) -> Points | None:
    """The best points of the posterior that there are, if they are better than the guide's weighted draws."""
    found = refined.quadrature
    if found is not None and found.moment_error <= ROUGH:
        return Points.of_rules(found.z, found.weights, found.second)
    return None if refined.chains is None else Points.of_chains(refined.chains.z, KEPT)


def _corrected_by(points: Points | None, by_weights: bool, response: Response | None) -> str | None:
    if points is not None:
        return points.by
    if by_weights:
        return "psis"
    return "linear response" if response is not None and response.more else None


def _worst(log_joint: LogJoint, values: Mapping[str, Quantity]) -> tuple[str, tuple[int, ...]] | None:
    """The element of a latent that the weights would move most, by name and position."""
    worst, most = None, -np.inf
    for slot in log_joint.layout:
        if slot.name in values and np.size(values[slot.name].mean):
            wrongness = np.asarray(values[slot.name].wrongness)
            if np.max(wrongness) > most:
                most = float(np.max(wrongness))
                worst = (
                    slot.name,
                    tuple(int(i) for i in np.unravel_index(np.argmax(wrongness), wrongness.shape)),
                )
    return worst
