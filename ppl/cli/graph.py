"""`ppl graph`: the model as a drawing, axes as plates."""

from __future__ import annotations

import shutil

import click

from ppl.cli.options import load, model_argument


@click.command("graph", short_help="Draw a model, axes as plates.")
@model_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["dot", "mermaid", "svg", "text"]),
    default="dot",
    show_default=True,
    help="Graphviz, Mermaid, a picture (needs Graphviz), or lines to read.",
)
def command(model: str, form: str) -> None:
    """Draw the graph of MODEL, with axes as plates."""
    from ppl.report import drawing

    graph = load(model).graph
    if form == "svg":
        program = shutil.which("dot")
        if program is None:
            raise click.UsageError(
                "--format svg needs Graphviz's program `dot`, and there is none; take dot or mermaid"
            )
        click.echo(drawing.svg(graph, program), nl=False)
    else:
        draw = {"dot": drawing.dot, "mermaid": drawing.mermaid, "text": drawing.outline}[form]
        click.echo(draw(graph).rstrip("\n"))
