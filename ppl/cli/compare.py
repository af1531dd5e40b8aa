"""`ppl compare`: evidence brackets of several fits side by side, and what follows from them."""

from __future__ import annotations

import json

import click

from ppl.cli.options import ModelFile, json_option


@click.command("compare", short_help="Fits side by side by their evidence.")
@click.argument("fits", nargs=-1, required=True, type=ModelFile(), metavar="FIT.ppl FIT.ppl...")
@json_option
def command(fits: tuple[str, ...], as_json: bool) -> None:
    """Compare saved fits of the same data by their log evidence, and say what may and may not be concluded."""
    from ppl.api.comparing import compare
    from ppl.api.opening import open_fit

    found = compare({name: open_fit(name) for name in fits})
    click.echo(json.dumps(found.as_object(), ensure_ascii=False) if as_json else str(found), nl=as_json)
