"""`ppl predict`: what a fit says of the `predict` statements, for its own data or for new ones."""

from __future__ import annotations

from typing import Literal

import click

from ppl.cli.drawn import draws_options, print_draws
from ppl.cli.options import json_option

ROLES: tuple[Literal["latent", "param"], ...] = ("latent", "param")


@click.command("predict", short_help="Draws of a fit's `predict` statements.")
@click.argument("fit", type=click.Path(), metavar="FIT.ppl")
@click.option(
    "--data", multiple=True, type=click.Path(allow_dash=True), metavar="NEW", help="Data to predict for."
)
@draws_options
@click.option("--seed", type=click.IntRange(min=0), help="The fit's own, unless another is given.")
@json_option
def command(
    fit: str, data: tuple[str, ...], draws: int, out: str | None, seed: int | None, as_json: bool
) -> None:
    """Draw the `predict` statements under a saved fit; print a summary."""
    from ppl.api.opening import open_fit

    opened = open_fit(fit)
    found = opened.predict(list(data) or None, draws, seed)
    about = {"model": opened.model, "seed": opened.seed if seed is None else seed, "draws": draws}
    bound = opened.bound.log_joint.bound
    graph = bound.graph
    # New data may bring labels of their own; only the axes of latents are sure to be the fit's.
    latent = {dim for role in ROLES for name in graph.names(role) for dim in graph.variables[name].dims}
    labels = {dim: names for dim, names in bound.labels.items() if not data or dim in latent}
    print_draws(("predictions", found), graph, labels, about, out, as_json)
