"""Draws on stdout: a table, or an object; all of them in a file on request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ppl.cli.options import out_option

if TYPE_CHECKING:
    from ppl.graph.model import Graph

C = TypeVar("C", bound=Callable[..., Any])


def draws_options(command: C) -> C:
    """`--draws N` and `--out FILE`."""
    how_many = click.IntRange(min=2)
    command = click.option("--draws", default=1000, show_default=True, type=how_many, help="How many.")(
        command
    )
    return out_option("DRAWS.json", "Write all draws to a file.")(command)


def print_draws(
    found: tuple[str, Mapping[str, Any]],
    graph: Graph,
    labels: Mapping[str, tuple[str, ...]],
    about: dict[str, Any],
    out: str | None,
    as_json: bool,
) -> None:
    """A summary of what was found: (what it is, draws (N, *shape) by name); `about` are the settings."""
    what, draws = found
    from ppl.report.draws import all_draws, as_object, summary

    if out is not None:
        Path(out).write_text(json.dumps(all_draws(draws), ensure_ascii=False), encoding="utf-8")
    if as_json:
        whole = {"schema": 1, **about, what: as_object(draws, graph, labels)}
        click.echo(json.dumps(whole, ensure_ascii=False, allow_nan=False))
    else:
        click.echo(str(summary(draws, graph, labels)))
