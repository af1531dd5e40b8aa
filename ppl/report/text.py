"""The page that a person reads: the verdict, how the quantities add up, the posterior, the ELBO by statement.

It is made of rich's renderables, so a terminal gets colour and a pipe plain text, and fits 80 columns.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ppl.report.diagnostics import coloured
from ppl.report.numbers import Report
from ppl.report.quantities import identities, quantities
from ppl.report.rounding import Sums
from ppl.report.table import HEADS, Summary

STYLES = {"good": "bold green", "usable with corrections": "bold yellow", "do not trust": "bold red"}
WIDTH = 80
MOST_STATES = 12  # elements of a finite latent that the page shows
MOST_VALUES = 6
MEANS = {
    "psis": "corrected by importance weights",
    "quadrature": "by quadrature",
    "hmc": "those of Markov chains from the guide",
}
SDS = "sd and quantiles are by linear response; mean and sd_guide are the guide's own"


def as_text(report: Report, width: int = WIDTH) -> str:
    """The page as plain text."""
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    console.print(page(report))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def page(report: Report) -> RenderableType:
    """The whole page."""
    sums = Sums.of(report)
    return Group(
        *_header(report),
        _heading("How good the fit is, in nats"),
        quantities(report, sums),
        Text(),
        identities(report, sums),
        *_footnotes(report),
        *_posterior(report),
        *_finite(report),
        _heading("The ELBO, statement by statement"),
        _itemised(report, sums),
        *_next(report),
    )


def _heading(text: str) -> RenderableType:
    return Group(Text(), Text(text, style="bold"))


def _header(r: Report) -> Iterator[RenderableType]:
    yield Text.assemble((r.model, "bold"), ": ", (r.verdict, STYLES.get(r.verdict, "bold")))
    for reason in r.reasons:
        yield _item(reason)
    counts = f"{r.size:,} unknown{'' if r.size == 1 else 's'}, {r.steps:,} steps, {_time(r.seconds)}"
    yield Text(f"{r.guide} guide, {r.objective} by {r.optimizer}, seed {r.seed}; {counts}", "dim")
    if r.centering:
        found = ", ".join(f"{name} {one}" for name, one in r.centering.items())
        yield Text(f"centered (1) or standardised (0): {found}", "dim")
    if len(r.rungs) > 1:
        tried = ", ".join(f"{rung.guide} {rung.elbo:.2f}" for rung in r.rungs)
        yield Text(f"tried: {tried}; {r.stopped}", "dim")
    if len(r.modes) > 1:
        shares = ", ".join(f"{mode.share:.0%}" for mode in r.modes)
        yield Text(f"found {len(r.modes)} modes in {r.starts} starts, with {shares} of the posterior", "dim")
    if r.diagnosis is not None:
        yield Text()
        yield coloured(r.diagnosis)


def _item(text: str) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_row("  -", Text(text))
    return table


def _time(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _footnotes(r: Report) -> Iterator[RenderableType]:
    if r.notes:
        yield Text()
    for note in r.notes:
        yield Padding(Text(note[0].upper() + note[1:] + ".", "italic"), (0, 0, 0, 2))


def _posterior(r: Report) -> Iterator[RenderableType]:
    if not r.posterior and not r.params:
        return
    if r.posterior:
        yield _heading("Posterior")
    summary = Summary(tuple(r.posterior.values()))
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False)
    table.add_column("  ", overflow="fold")
    for column in summary.columns:
        table.add_column(HEADS[column], justify="right", no_wrap=True)
    for row in summary.rows():
        table.add_row(Text(f"  {row.name}"), *row.cells, style=None if row.cells else "dim")
    if r.posterior:
        yield table
    if "sd_guide" in summary.columns:
        how = MEANS.get(r.corrected_by or "psis")
        words = SDS if how is None else f"mean, sd and quantiles are {how}; sd_guide is the guide's own"
        yield Text("  " + words, "dim")
    if any(math.isnan(x) for q in r.posterior.values() for x in q.q50.ravel()[:1]):
        yield Text("  of definitions made of finite latents, mean and sd are known, and no quantiles", "dim")
    for q in summary.cut():
        yield Text(f'  all {math.prod(q.shape):,} of {q.name}: --json, or fit["{q.name}"] in Python', "dim")
    if r.params:
        yield _heading("Learned values")
        yield _params(r)


def _finite(r: Report) -> Iterator[RenderableType]:
    """Finite latents: the probability of every value, element by element where they are few."""
    import numpy as np

    for s in getattr(r, "states", {}).values():
        how = "under its guide" if s.guided else "summed out"
        yield _heading(f"{s.name}, {how}: the probability of each value")
        rows = list(np.ndindex(s.most_probable.shape))
        shown = rows if len(rows) <= MOST_STATES else rows[: MOST_STATES // 2]
        columns = s.values[:MOST_VALUES]
        table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False)
        table.add_column("  ")
        for value in columns:
            table.add_column(f"{value:g}" if isinstance(value, float) else value, justify="right")
        table.add_column("likeliest" if s.guided else "likeliest together", justify="right")
        for place in shown:
            chances = [f"{p:.3f}" for p in s.probabilities[place][: len(columns)]]
            best = s.values[int(s.best_position(place))]
            table.add_row(
                Text(f"  {s.element(place)}"), *chances, f"{best:g}" if isinstance(best, float) else best
            )
        yield table
        hidden = len(rows) - len(shown)
        if hidden or len(columns) < len(s.values):
            yield Text(f'  all {len(rows):,} of {s.name}: --json, or fit.states["{s.name}"] in Python', "dim")


def _params(r: Report) -> RenderableType:
    import numpy as np

    table = Table.grid(padding=(0, 2))
    for name, value in r.params.items():
        flat = np.ravel(value)
        shown = ", ".join(f"{v:.6g}" for v in flat[:8]) + (
            f", ... {len(flat) - 8:,} more" if len(flat) > 8 else ""
        )
        table.add_row(Text(f"  {name}"), shown)
    return table


def _itemised(r: Report, sums: Sums) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_header=False, expand=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right", style="dim")
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True, justify="right")
    for name, units in sums.terms.items():
        value = sums.text(units)
        for statement in r.statements[name] or (None,):
            if statement is None:
                table.add_row(Text(f"  {name}"), "", "", value)
                continue
            table.add_row(Text(f"  {name}"), f"line {statement.line}", Text(statement.text), value)
            name = value = ""
    table.add_row("  entropy of q", "", "", sums.text(sums.entropy))
    table.add_row("  ELBO", "", "", sums.text(sums.elbo), style="bold")
    return table


def _next(r: Report) -> Iterator[RenderableType]:
    if r.next_step is not None:
        yield _heading("What to do next")
        yield Padding(Text(r.next_step), (0, 0, 0, 2))
