"""Fit -> Report: all that is said of a fit, as numbers with their errors under the user's own names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic
from ppl.evidence import Evidence, KLPosterior
from ppl.evidence.bracket import LogEvidence
from ppl.evidence.posterior import Quantity
from ppl.fit import Fit, Mode, Rung
from ppl.graph.bind import Bound
from ppl.log_joint import LogJoint
from ppl.report.centering import Centering, centerings
from ppl.report.definitions import definitions
from ppl.report.exchange import exchangeable
from ppl.report.places import Statement, located, statements
from ppl.report.versions import versions
from ppl.verdict import findings, judge

Array = Any


@dataclass(frozen=True, eq=False)
class Posterior:
    """The posterior of one latent or definition; all arrays have its shape.

    `sd` is the best available, `sd_guide` the guide's own. `mean_error` is the Monte Carlo error of
    `mean`, nan where it isn't known. `labels[axis]` are there for the axes that have any.
    """

    name: str
    dims: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    mean: Array
    sd: Array
    sd_guide: Array
    mean_error: Array
    q05: Array
    q50: Array
    q95: Array
    corrected: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Its size along each of `dims`."""
        return np.shape(self.mean)

    def element(self, place: tuple[int, ...]) -> str:
        """An element by its labels: `theta[A]`."""
        known = (self.labels.get(dim) for dim in self.dims)
        parts = [str(i) if names is None else names[i] for i, names in zip(place, known, strict=True)]
        return f"{self.name}[{', '.join(parts)}]" if parts else self.name

    def elements(self) -> Iterator[tuple[int, ...]]:
        """All places, in order."""
        return iter(np.ndindex(self.shape))


@dataclass(frozen=True, eq=False, kw_only=True)
class Report:
    """What is known of a finished fit. `X_error` is the Monte Carlo standard error of X; all logs are nats.

    `terms` is the expected log joint by statement (`observed` are those of the likelihood), `statements`
    what these are. `size` is D, `of_params` says that it is all about learned params. `notes` are sentences
    that qualify the numbers: what the evidence is evidence of, and why an end is missing. `rungs` are the guides
    that were tried, where that was left to the fit, and `stopped` says why no more were. `modes` are those found
    from so many scattered `starts`. `corrected_by` says what mean, sd and quantiles are from, if not the guide: "psis"
    (importance weights), "quadrature" or "hmc" (Markov chains), or what sd and quantiles alone are from: "linear
    response"; `rhat` and `chains_ess` are those of chains that were run. `centering` says in which coordinates latents
    with a latent location or scale were.
    """

    model: str
    seed: int
    guide: str
    objective: str
    optimizer: str
    converged: bool
    elbo: float
    elbo_error: float
    expected_log_likelihood: float
    expected_log_likelihood_error: float
    kl_prior: float
    kl_prior_error: float
    entropy: float
    entropy_error: float
    log_evidence: LogEvidence
    kl_posterior: KLPosterior
    khat: float
    ess: float
    corrected_by: str | None
    rhat: float | None
    chains_ess: float | None
    evidence_draws: int
    verdict: str
    reasons: tuple[str, ...]
    next_step: str | None
    notes: tuple[str, ...]
    of_params: bool
    terms: Mapping[str, float]
    observed: frozenset[str]
    statements: Mapping[str, tuple[Statement, ...]]
    posterior: Mapping[str, Posterior]
    params: Mapping[str, Array]
    diagnosis: Diagnostic | None
    rungs: tuple[Rung, ...]
    stopped: str
    modes: tuple[Mode, ...]
    starts: int
    centering: Mapping[str, Centering]
    size: int
    steps: int
    gradients: int
    seconds: float
    versions: Mapping[str, str]


def report(name: str, log_joint: LogJoint, fit: Fit, evidence: Evidence) -> Report:
    """The report on a fit of the model called `name`."""
    bound = log_joint.bound
    quantities = {**evidence.posterior, **definitions(log_joint, fit, evidence)}
    in_source = sorted(quantities, key=lambda key: _place(bound, key))
    posterior = {key: _posterior(log_joint, key, quantities[key]) for key in in_source}
    worst = None if evidence.worst is None else posterior[evidence.worst[0]].element(evidence.worst[1])
    labels = exchangeable(log_joint, fit.learned) if len(fit.modes) > 1 else []
    verdict = judge(findings(fit, evidence, worst, log_joint.bounded, labels))
    places = {key: statements(bound.graph, key) for key in evidence.terms}
    in_order = sorted(evidence.terms, key=lambda key: places[key][0].line if places[key] else 0)
    return Report(
        model=name,
        seed=fit.seed,
        guide=fit.guide,
        objective=fit.objective,
        optimizer=fit.optimizer,
        converged=fit.converged,
        elbo=evidence.elbo,
        elbo_error=evidence.elbo_error,
        expected_log_likelihood=evidence.expected_log_likelihood,
        expected_log_likelihood_error=evidence.expected_log_likelihood_error,
        kl_prior=evidence.kl_prior,
        kl_prior_error=evidence.kl_prior_error,
        entropy=evidence.entropy,
        entropy_error=evidence.entropy_error,
        log_evidence=evidence.log_evidence,
        kl_posterior=evidence.kl_posterior,
        khat=evidence.khat,
        ess=evidence.ess,
        corrected_by=evidence.corrected_by,
        rhat=None if evidence.mixing is None else evidence.mixing.rhat,
        chains_ess=None if evidence.mixing is None else evidence.mixing.ess,
        evidence_draws=evidence.draws,
        verdict=verdict.word,
        reasons=verdict.reasons,
        next_step=verdict.next_step,
        notes=tuple(_notes(log_joint, evidence)),
        of_params=evidence.of_params,
        terms={key: evidence.terms[key] for key in in_order},
        observed=frozenset(log_joint.observed),
        statements={key: places[key] for key in in_order},
        posterior=posterior,
        params=evidence.params,
        diagnosis=None if fit.diagnosis is None else located(fit.diagnosis, bound.graph, fit.suspect),
        rungs=fit.rungs,
        modes=fit.modes,
        starts=fit.starts,
        stopped=fit.stopped,
        centering=centerings(log_joint),
        size=log_joint.layout.size,
        steps=fit.steps,
        gradients=fit.gradients,
        seconds=fit.seconds,
        versions=versions(),
    )


def _place(bound: Bound, name: str) -> tuple[int, int]:
    """Latents as they come in the source, then empty cells of data, then definitions."""
    variable = bound.graph.variables[name]
    return ("latent", "param", "data", "definition").index(variable.role), variable.span.start


def _posterior(log_joint: LogJoint, name: str, quantity: Quantity) -> Posterior:
    return Posterior(
        name=name,
        dims=log_joint.axis_names(name),
        labels=log_joint.labels(name),
        mean=quantity.mean,
        sd=quantity.sd,
        sd_guide=quantity.sd_guide,
        mean_error=quantity.mean_error,
        q05=quantity.q05,
        q50=quantity.q50,
        q95=quantity.q95,
        corrected=quantity.corrected,
    )


def _notes(log_joint: LogJoint, evidence: Evidence) -> Iterator[str]:
    """What the numbers may be taken for, and what was done to get them."""
    graph = log_joint.bound.graph
    if evidence.of_params:
        learned = dict.fromkeys(slot.name.partition(".")[0] for slot in log_joint.param_layout)
        names = ", ".join(f"`{name}`" for name in learned)
        yield (
            f"the ELBO is maximised over {names} too: it is a bound on their log likelihood, "
            "and log evidence is that likelihood at the values found"
        )
    if not graph.is_normalised:
        yield (
            "a latent has no proper prior (`latent`, or Flat()): the evidence is known only "
            "up to a constant, and is not to be compared with another model's"
        )
    yield from (str(summed) for summed in log_joint.sums)
    if evidence.words:
        yield evidence.words
    if evidence.log_evidence.words and not evidence.log_evidence.exact:
        yield evidence.log_evidence.words
