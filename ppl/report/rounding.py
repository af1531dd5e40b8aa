"""Rounded numbers that still add up as they are printed.

Numbers are whole counts of a last decimal place here, so that sums are exact. Sums are shared out by
largest remainders: no part is printed more than one unit of its last place from where it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ppl.report.numbers import Report

MOST = 4


def decimals_for(error: float) -> int:
    """How many decimals a number with this error deserves: two at least, four at most."""
    if not math.isfinite(error):
        return 2
    return MOST if error <= 0 else min(MOST, max(2, math.ceil(-math.log10(error))))


@dataclass(frozen=True)
class Sums:
    """The quantities of a report in units of 10^-decimals. None where a number is not finite."""

    decimals: int
    log_evidence: int | None
    elbo: int | None
    likelihood: int | None
    entropy: int | None
    terms: Mapping[str, int | None]

    @property
    def kl_posterior(self) -> int | None:
        """log evidence - ELBO, of which noise may make a little less than 0."""
        return _minus(self.log_evidence, self.elbo)

    @property
    def kl_prior(self) -> int | None:
        """E[log p(x | z)] - ELBO."""
        return _minus(self.likelihood, self.elbo)

    @property
    def joint(self) -> int | None:
        """E[log p(x, z)] = ELBO - entropy."""
        return _minus(self.elbo, self.entropy)

    def text(self, units: int | None, sign: bool = False) -> str:
        """A count of units as a number."""
        if units is None:
            return "not finite"
        return f"{units / 10**self.decimals:{'+' if sign else ''},.{self.decimals}f}"

    @staticmethod
    def of(r: Report) -> Sums:
        """The quantities of a report, rounded so that both identities hold as printed."""
        decimals = decimals_for(r.elbo_error)
        evidence, elbo, likelihood, entropy = (
            _units(x, decimals)
            for x in (r.log_evidence.estimate, r.elbo, r.expected_log_likelihood, r.entropy)
        )
        joint = _minus(elbo, entropy)
        observed = {name: value for name, value in r.terms.items() if name in r.observed}
        priors = {name: value for name, value in r.terms.items() if name not in r.observed}
        shares = shared_out(observed, likelihood, decimals) | shared_out(
            priors, _minus(joint, likelihood), decimals
        )
        return Sums(decimals, evidence, elbo, likelihood, entropy, {name: shares[name] for name in r.terms})


def shared_out(parts: Mapping[str, float], total: int | None, decimals: int) -> dict[str, int | None]:
    """The parts in units of the last place, summing to `total` (each by itself where they don't anyway)."""
    if total is None or not all(math.isfinite(part) for part in parts.values()):
        return {name: _units(part, decimals) for name, part in parts.items()}
    floors = {name: math.floor(part * 10**decimals) for name, part in parts.items()}
    left = total - sum(floors.values())
    by_remainder = sorted(parts, key=lambda name: floors[name] - parts[name] * 10**decimals)
    # Each of these is rounded up; a few more or less where the total was itself derived from rounded numbers.
    ups = {name: left // len(parts) + (k < left % len(parts)) for k, name in enumerate(by_remainder)}
    return {name: floors[name] + ups[name] for name in parts}


def _units(x: float, decimals: int) -> int | None:
    return round(units) if math.isfinite(units := x * 10**decimals) else None


def _minus(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a - b
