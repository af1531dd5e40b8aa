"""The derivation ELBO <-> KL <-> evidence, line by line, with the numbers of one fit.

All of it is computed from the same draws of the guide: their log weights log p(x, z) - log q(z). So each line
follows from the one above in the numbers too, to the last printed digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from textwrap import wrap
from typing import Any

import numpy as np

from ppl.report.numbers import Report
from ppl.report.rounding import Sums, decimals_for

Array = Any
LIMIT = 0.7  # k-hat above which means under the weights do not settle
WIDTH = 80


def derivation(r: Report, log_weights: Array) -> str:
    """The page, from a report and log weights (S,) at draws of its guide."""
    return "\n".join(_lines(r, np.asarray(log_weights))) + "\n"


def forward_kl(log_weights: Array) -> float:
    """KL(posterior || q), by importance weights: the mean of log w under the posterior minus the log mean of w."""
    top = float(np.max(log_weights))
    if not math.isfinite(top):
        return math.nan
    w = np.exp(log_weights - top)
    share = w / np.sum(w)
    seen = share > 0
    return float(share[seen] @ (log_weights[seen] - top) - np.log(np.mean(w)))


def _lines(r: Report, log_weights: Array) -> Iterator[str]:
    digits = decimals_for(r.elbo_error)
    sums = Sums.of(r)

    def n(value: float, sign: bool = False) -> str:
        return f"{value:{'+' if sign else ''},.{digits}f}"

    S = len(log_weights)
    usable = log_weights[np.isfinite(log_weights)]
    mean = float(np.mean(usable)) if len(usable) else -math.inf
    top = float(np.max(log_weights))
    iw = top + math.log(float(np.mean(np.exp(log_weights - top)))) if math.isfinite(top) else -math.inf
    spread = float(np.std(usable)) if len(usable) else math.nan
    yield f"{r.model}: the derivation, in this fit's own numbers"
    yield from wrap(
        f"(x is the data, z the {r.size:,} unknowns, q the {r.guide} guide; numbers are nats)", WIDTH
    )
    yield ""
    yield "1. What is wanted"
    yield "   log p(x) = log of the integral of p(x, z) over z, the log evidence"
    yield from wrap(
        f"{r.log_evidence.method}: {_evidence(r, n)}", WIDTH, initial_indent="   ", subsequent_indent="   "
    )
    yield ""
    yield "2. The integral as a mean over q"
    yield "   log p(x) = log E_q[w],   w = p(x, z) / q(z)"
    yield f"   {S:,} draws of q: log of the mean weight = {n(iw)}"
    yield ""
    yield "3. Jensen: the log of a mean is at least the mean of the log"
    yield "   log E_q[w]  >=  E_q[log w]  =  ELBO"
    yield f"   mean of log w = {n(mean)}, sd {spread:.{digits}f}, so ± {spread / math.sqrt(S):.{digits}f}"
    yield f"   On these draws the gap is {n(iw)} - ({n(mean)}) = {n(iw - mean)}."
    yield ""
    yield "4. Jensen's gap has a name"
    yield "   log w = log p(x) + log p(z | x) - log q(z); take the mean over q:"
    yield "   ELBO = log p(x) - KL(q || posterior)"
    yield f"   {sums.text(sums.elbo)} = {sums.text(sums.log_evidence)} - {sums.text(sums.kl_posterior)}"
    yield "   log p(x) does not depend on q: the q with the largest ELBO is the one that is"
    yield "   nearest to the posterior in this KL."
    yield ""
    yield "5. The ELBO in two ways"
    yield "   E_q[log p(x, z)] + entropy of q:      fit the joint, stay wide"
    yield f"   {sums.text(sums.elbo)} = {sums.text(sums.joint)} {_plus(sums.entropy, sums)}"
    yield "   E_q[log p(x | z)] - KL(q || prior):   explain the data, stay near the prior"
    yield f"   {sums.text(sums.elbo)} = {sums.text(sums.likelihood)} - {sums.text(sums.kl_prior)}"
    yield ""
    yield "6. The other direction"
    yield "   reverse, KL(q || posterior): large where q has mass and the posterior none;"
    yield "            it is what was made small, so q rather leaves out mass than adds it"
    yield "   forward, KL(posterior || q): large where the posterior has mass and q none"
    yield f"   reverse = {n(r.kl_posterior.estimate)}, forward = {_forward(r, log_weights, n)}"
    yield f"   Where q is nearly right both are near half the variance of log w: {n(0.5 * spread**2)}"
    yield ""
    yield "7. Statement by statement, the terms of E_q[log p(x, z)]"
    width = max((len(name) for name in r.terms), default=0)
    for name in r.terms:
        kind = "likelihood" if name in r.observed else "prior"
        yield f"   {name:<{width}}  {sums.text(sums.terms[name]):>14}  {kind}"
    yield f"   {'sum':<{width}}  {sums.text(sums.joint):>14}"
    yield ""
    yield f"Verdict: {r.verdict}"
    for reason in r.reasons:
        yield from wrap(reason, WIDTH - 1, initial_indent="  - ", subsequent_indent="    ")


def _plus(units: int | None, sums: Sums) -> str:
    """A summand with its sign before it."""
    return f"- {sums.text(-units)}" if units is not None and units < 0 else f"+ {sums.text(units)}"


def _evidence(r: Report, n: Callable[..., str]) -> str:
    e = r.log_evidence
    if e.exact:
        return f"{n(e.estimate)}, exact" + (" (quadrature)" if e.method == "quadrature" else "")
    high = "no upper end" if e.high is None else f"at most {n(e.high)}"
    return f"{n(e.estimate)} ± {n(e.error)}, at least {n(e.low)}, {high}"


def _forward(r: Report, log_weights: Array, n: Callable[..., str]) -> str:
    if r.khat > LIMIT:
        return f"unknown: k-hat is {r.khat:.2f}, over {LIMIT:g}"
    return n(max(0.0, forward_kl(log_weights)))
