"""`ppl calibrate`: does inference find back what the model itself has made?"""

from __future__ import annotations

import json

import click

from ppl.cli.exits import Exit
from ppl.cli.options import (
    OnShelf,
    data_of,
    data_options,
    json_option,
    load,
    model_argument,
    seed_option,
)


@click.command("calibrate", short_help="Simulation-based calibration of a model.")
@model_argument
@data_options
@click.option("--guide", default="auto", show_default=True, type=OnShelf("guides", "auto"), help="The guide.")
@click.option(
    "--replications", default=200, show_default=True, type=click.IntRange(min=20), help="Data sets to draw."
)
@click.option("--draws", default=400, show_default=True, type=click.IntRange(min=50), help="Of each fit.")
@seed_option
@click.option("--strict", is_flag=True, help="Exit with 1 where something is off.")
@json_option
def command(
    model: str,
    data: tuple[str, ...],
    mapping: dict[str, str],
    guide: str,
    replications: int,
    draws: int,
    seed: int,
    strict: bool,
    as_json: bool,
) -> int:
    """Draw true values and data sets from the prior of MODEL, fit each, and test where the true values lie.

    The data are asked for their sizes and for what the model only conditions on. Two faults are planted to see
    whether so many replications would notice them.
    """
    from ppl.report.progress import Counting

    bound = load(model).bind(data_of(model, data), mapping)
    with Counting() as counting:
        found = bound.calibrate(replications, draws, seed, guide, counting)
    click.echo(json.dumps(found.as_object(), ensure_ascii=False) if as_json else str(found), nl=as_json)
    return Exit.FINDINGS if strict and not found.passed else Exit.OK
