"""ELBO, evidence and KL on a page: with their errors, and the sums by which they hang together."""

from __future__ import annotations

import math

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ppl.report.numbers import Report
from ppl.report.rounding import Sums


def quantities(r: Report, sums: Sums) -> RenderableType:
    """Each quantity with its error and its ends."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="left")
    table.add_column()
    what = "log p(x | params)" if r.of_params else "log evidence"
    evidence, kl = r.log_evidence, r.kl_posterior
    is_posterior = evidence.method == "exact"  # or else exact by quadrature, whatever the guide
    what += "" if is_posterior else f" ({evidence.method})"
    table.add_row(f"  {what}", sums.text(sums.log_evidence), _error(evidence.error, sums), _bracket(r, sums))
    words = "the log joint at the point: no bound" if evidence.method == "none" else "a lower bound of it"
    table.add_row("  ELBO", sums.text(sums.elbo), _error(r.elbo_error, sums), words)
    gap = sums.kl_posterior
    words = _between(kl.low, kl.high, sums)
    if gap is not None and gap < 0:
        words = "0, within the errors"
    elif is_posterior:
        words = "the guide is the posterior"
    table.add_row("  KL(q || posterior)", sums.text(gap), "", words)
    if r.size:
        ess = f"worth {r.ess:,.0f} of {r.evidence_draws:,} draws"
        khat = f"{r.khat:.2f}" if math.isfinite(r.khat) else "infinite"
        table.add_row("  k-hat of the weights", khat, "", "" if is_posterior else ess)
    if r.rhat is not None and r.chains_ess is not None:
        table.add_row("  R-hat of Markov chains", f"{r.rhat:.3f}", "", f"worth {r.chains_ess:,.0f} draws")
    return table


def _error(error: float, sums: Sums) -> str:
    if not math.isfinite(error):
        return ""
    return (
        f"± {error:.{sums.decimals}f}" if error >= 0.5 * 10**-sums.decimals else f"± <{10**-sums.decimals:g}"
    )


def _bracket(r: Report, sums: Sums) -> str:
    evidence = r.log_evidence
    if evidence.exact:
        return "exact"
    return _between(evidence.low, evidence.high, sums)


def _between(low: float, high: float | None, sums: Sums) -> str:
    """An interval that is never printed narrower than it is."""
    unit = 10**-sums.decimals
    if not math.isfinite(low):
        return "unknown"
    below = f"{math.floor(low / unit + 1e-6) * unit:,.{sums.decimals}f}"
    if high is None:
        return f"at least {below}; no upper end"
    return f"between {below} and {math.ceil(high / unit - 1e-6) * unit:,.{sums.decimals}f}"


def identities(r: Report, sums: Sums) -> RenderableType:
    """What adds up to what, in numbers that do as they are printed."""
    table = Table.grid(padding=(0, 1))
    for justify in ("left", "left", "right", "left"):
        table.add_column(justify=justify)
    left = "log p(x | params)" if r.of_params else "log p(x)"
    rows = (
        (left, "= ELBO + KL(q || posterior)", sums.log_evidence, sums.elbo, sums.kl_posterior, 1),
        ("ELBO", "= E[log p(x | z)] - KL(q || prior)", sums.elbo, sums.likelihood, sums.kl_prior, -1),
        ("", "= E[log p(x, z)] + entropy of q", sums.elbo, sums.joint, sums.entropy, 1),
    )
    for name, formula, total, first, second, sign in rows:
        plus = "+" if sign > 0 else "-"
        second_text = sums.text(second)
        if second is not None and second < 0:
            plus, second_text = ("-" if sign > 0 else "+"), sums.text(-second)
        table.add_row(
            f"  {name}", Text(f"{formula}  "), sums.text(total), f"= {sums.text(first)} {plus} {second_text}"
        )
    return table
