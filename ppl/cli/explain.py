"""`ppl explain`: the derivation of a fit's ELBO, KL and evidence, with its own numbers."""

from __future__ import annotations

import click

from ppl.cli.options import ModelFile


@click.command("explain", short_help="The ELBO's derivation with a fit's own numbers.")
@click.argument("fit", type=ModelFile(), metavar="FIT.ppl")
def command(fit: str) -> None:
    """Explain a saved fit: evidence, Jensen's gap, ELBO, both KL divergences, line by line in its own numbers."""
    from ppl.api.opening import open_fit

    click.echo(open_fit(fit).explain(), nl=False)
