"""`ppl log-joint`: the log density at given values, statement by statement."""

from __future__ import annotations

import json
import math
from typing import Any

import click

from ppl.cli.options import data_of, data_options, json_option, load, model_argument


@click.command("log-joint", short_help="The log joint at given values, by statement.")
@model_argument
@data_options
@click.option(
    "--at",
    "values",
    required=True,
    metavar="VALUES.json",
    type=click.Path(allow_dash=True),
    help="A value for every latent and param, in the model's own units.",
)
@json_option
def command(model: str, data: tuple[str, ...], mapping: dict[str, str], values: str, as_json: bool) -> None:
    """The log joint density of MODEL at given values, by statement.

    All constants are kept, and no Jacobian is added.
    """
    from ppl.report.places import statements

    bound = load(model).bind(data_of(model, data), mapping)
    terms = bound.terms(_values(values))
    total = math.fsum(terms.values()) if all(map(math.isfinite, terms.values())) else sum(terms.values())
    graph = bound.model.graph
    if as_json:
        # JSON has no infinity: an impossible statement is null, and named.
        finite = {name: value if math.isfinite(value) else None for name, value in terms.items()}
        impossible = [name for name, value in finite.items() if value is None]
        found = {
            "schema": 1,
            "log_joint": total if not impossible else None,
            "terms": finite,
            "impossible": impossible,
        }
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (name, f"{value:.6f}", "; ".join(s.text for s in statements(graph, name)))
        for name, value in terms.items()
    ]
    rows.append(("log joint", f"{total:.6f}", ""))
    names, numbers = (max(len(row[k]) for row in rows) for k in (0, 1))
    for name, number, text in rows:
        click.echo(f"{name:<{names}}  {number:>{numbers}}  {_cut(text, 76 - names - numbers)}".rstrip())


def _values(path: str) -> dict[str, Any]:
    """The values in a file of JSON, or on stdin."""
    from ppl.data.read import read

    return {name: column.values for name, column in read(path).items()}


def _cut(text: str, width: int) -> str:
    return text if len(text) <= max(width, 20) else text[: max(width, 20) - 1] + "…"
