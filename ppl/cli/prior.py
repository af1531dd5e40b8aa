"""`ppl prior`: what the model believes before it sees the outcome, and what it would predict."""

from __future__ import annotations

import click

from ppl.cli.drawn import draws_options, print_draws
from ppl.cli.options import data_of, data_options, json_option, load, model_argument, seed_option


@click.command("prior", short_help="Draws from the prior, and what it predicts.")
@model_argument
@data_options
@draws_options
@seed_option
@json_option
def command(
    model: str,
    data: tuple[str, ...],
    mapping: dict[str, str],
    draws: int,
    out: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Draw from the prior of MODEL, and what would be observed under it; print a summary.

    The data are asked for their sizes and for what the model only conditions on.
    """
    bound = load(model).bind(data_of(model, data), mapping)
    found = bound.prior(draws, seed)
    labels = bound.log_joint.bound.labels
    about = {"model": bound.model.name, "seed": seed, "draws": draws}
    print_draws(("prior", found), bound.model.graph, labels, about, out, as_json)
