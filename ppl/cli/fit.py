"""`ppl fit`: the main road, from a model and its data to the report of a fit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from ppl.cli.exits import Exit
from ppl.cli.options import (
    Duration,
    GuideName,
    ObjectiveName,
    OnShelf,
    centering_option,
    data_of,
    data_options,
    hmc_option,
    json_option,
    load,
    model_argument,
    out_option,
    seed_option,
)

if TYPE_CHECKING:
    from ppl.api.fits import Fit

FAILED = "do not trust"


@click.command("fit", short_help="Fit a model; report, verdict and all.")
@model_argument
@data_options
@click.option(
    "--guide",
    default="auto",
    show_default=True,
    type=GuideName("guides", "auto"),
    help="The family of approximations; or several, by latent: `{mu: fullrank  rest: meanfield}`.",
)
@click.option(
    "--objective",
    default="elbo",
    show_default=True,
    type=ObjectiveName("objectives"),
    help="What is maximised.",
)
@click.option(
    "--optimizer", default="auto", show_default=True, type=OnShelf("optimizers", "auto"), help="How."
)
@seed_option
@click.option("--draws", type=click.IntRange(min=1), help="Draws in each estimate of the objective.")
@click.option("--steps", type=click.IntRange(min=1), help="The most steps of the optimizer.")
@click.option(
    "--learning-rate", type=click.FloatRange(min=0, min_open=True), help="For optimizers that have one."
)
@click.option(
    "--time-limit", type=Duration(), metavar="60s", help="Stop after this time, and report what there is."
)
@hmc_option
@centering_option
@json_option
@out_option("FIT.ppl", "Save the fit.")
@click.option(
    "--strict", is_flag=True, help="Exit with 1 where the verdict is that the fit can't be trusted."
)
def command(
    model: str,
    data: tuple[str, ...],
    mapping: dict[str, str],
    as_json: bool,
    out: str | None,
    strict: bool,
    **settings: Any,
) -> int:
    """Fit MODEL to its data, and report the ELBO, KL, evidence and posterior, with a verdict.

    Ctrl-C ends the fit and reports what there is; a second one leaves at once.
    """
    from ppl.api.stopping import Stopping
    from ppl.report.progress import Live

    bound = load(model).bind(data_of(model, data), mapping)
    with Stopping() as stopping, Live() as live:
        fit = bound.fit(progress=stopping.watching(live), **settings)
    if out is not None:
        fit.save(out)
    show(fit, as_json)
    if stopping.asked:
        return Exit.INTERRUPTED
    return Exit.FINDINGS if strict and fit.verdict == FAILED else Exit.OK


def show(fit: Fit, as_json: bool) -> None:
    """A fit on stdout: a page, or an object."""
    if as_json:
        from ppl.report.json import to_json

        click.echo(to_json(fit))
        return
    from ppl.report.talk import show_report

    show_report(fit, sys.stdout)
