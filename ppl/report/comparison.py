"""Fits side by side by their evidence, with what may and may not be concluded.

The difference of two log evidences is a log Bayes factor. It is known as far as the brackets are, and only between
models of the same data, with proper priors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from ppl.report.numbers import Report

DECISIVE = 5.0  # nats; odds of 150 to 1, "very strong" on the scale of Kass & Raftery, JASA 90 (1995)
STRONG = 3.0
WEAK = 1.0


@dataclass(frozen=True)
class Row:
    """One fit in a comparison.

    `behind` is by how much its evidence is below that of the best, (least, most); most is None where that is open.
    """

    name: str
    elbo: float
    estimate: float
    low: float
    high: float | None
    verdict: str
    behind: tuple[float, float | None]


@dataclass(frozen=True)
class Comparison:
    """Rows from the best estimate down, and sentences on what follows."""

    rows: tuple[Row, ...]
    conclusions: tuple[str, ...]
    cautions: tuple[str, ...]

    def as_object(self) -> dict[str, Any]:
        """The same as JSON has it."""
        rows = [
            {
                "name": row.name,
                "elbo": row.elbo,
                "log_evidence": {"estimate": row.estimate, "low": row.low, "high": row.high},
                "verdict": row.verdict,
                "behind": list(row.behind),
            }
            for row in self.rows
        ]
        return {
            "schema": 1,
            "fits": rows,
            "conclusions": list(self.conclusions),
            "cautions": list(self.cautions),
        }

    def __str__(self) -> str:
        return "\n".join(_page(self)) + "\n"


def compare(
    names: Sequence[str], reports: Sequence[Report], data: Sequence[str], normalised: Sequence[bool]
) -> Comparison:
    """Compares fits. `data` says of each what it observed (equal texts, equal data); `normalised` whether all
    its priors are proper.
    """
    order = sorted(range(len(reports)), key=lambda i: -_finite(reports[i].log_evidence.estimate))
    best = reports[order[0]].log_evidence
    rows = tuple(_row(names[i], reports[i], best) for i in order)
    cautions = list(_cautions(names, reports, data, normalised))
    comparable = len(set(data)) == 1 and all(normalised)
    conclusions = tuple(_conclusion(rows[0], row) for row in rows[1:]) if comparable else ()
    return Comparison(rows, conclusions, tuple(cautions))


def _finite(x: float) -> float:
    return x if math.isfinite(x) else -math.inf


def _row(name: str, r: Report, best: Any) -> Row:
    e = r.log_evidence
    least = best.low - e.high if e.high is not None else -math.inf
    most = None if best.high is None else best.high - e.low
    if e is best:
        least, most = 0.0, 0.0
    return Row(name, r.elbo, e.estimate, e.low, e.high, r.verdict, (least, most))


def _conclusion(best: Row, other: Row) -> str:
    least, most = other.behind
    gap = best.estimate - other.estimate
    if least > DECISIVE:
        return f"{best.name} is favoured over {other.name} beyond doubt: by at least {least:.2f} nats"
    if least > STRONG:
        return f"{best.name} is strongly favoured over {other.name}: by at least {least:.2f} nats"
    if least > WEAK:
        return f"{best.name} is favoured over {other.name}: by at least {least:.2f} nats"
    if least > 0:
        return f"{best.name} has the higher evidence than {other.name}, by {least:.2f} nats at least: a hint"
    if most is not None and most < WEAK:
        return f"the data hardly tell {best.name} from {other.name}: they are less than {WEAK:g} nat apart"
    why = "the brackets overlap" if math.isfinite(least) else f"the evidence of {other.name} has no upper end"
    return (
        f"nothing can be said of {best.name} against {other.name}: {why} (estimates are {gap:.2f} nats apart)"
    )


def _cautions(
    names: Sequence[str], reports: Sequence[Report], data: Sequence[str], normalised: Sequence[bool]
) -> Iterator[str]:
    if len(set(data)) > 1:
        yield (
            "the models do not observe the same data: evidences of different data are not to be compared, "
            "so nothing is concluded"
        )
    for name, proper in zip(names, normalised, strict=True):
        if not proper:
            yield (
                f"{name} has a latent without a proper prior: its evidence is known only up to a constant, "
                "so nothing is concluded"
            )
    for name, r in zip(names, reports, strict=True):
        if r.verdict == "do not trust":
            yield f"{name}: the verdict on this fit is `do not trust`; its evidence is a lower bound, no more"
        if r.of_params:
            yield (
                f"{name} has learned params: its number is a likelihood at their best values, which favours more "
                "params; it is not an evidence"
            )
    if len(set(data)) == 1:
        yield "evidence weighs priors too: a wider prior on the same likelihood costs nats"


def _page(c: Comparison) -> Iterator[str]:
    width = max(len(row.name) for row in c.rows)
    yield f"{'':<{width}}  {'log evidence':>13}  {'between':>23}  {'ELBO':>11}  verdict"
    for row in c.rows:
        ends = f"{row.low:,.2f} and " + ("open" if row.high is None else f"{row.high:,.2f}")
        yield f"{row.name:<{width}}  {row.estimate:>13,.3f}  {ends:>23}  {row.elbo:>11,.3f}  {row.verdict}"
    for head, lines in (("What follows", c.conclusions), ("What to keep in mind", c.cautions)):
        if lines:
            yield ""
            yield head
            for line in lines:
                yield from wrap(line, 79, initial_indent="  - ", subsequent_indent="    ")
