"""`ppl repl`: a session at the keyboard, or from a pipe."""

from __future__ import annotations

import click

from ppl.cli.exits import Exit


@click.command("repl", short_help="A session, one statement at a time.")
@click.argument("model", required=False, type=click.Path())
@click.option("--data", multiple=True, type=click.Path(), metavar="FILE", help="Data to begin with.")
def command(model: str | None, data: tuple[str, ...]) -> int:
    """Type statements, fit, look, and change them; `:help` lists the commands. Works piped, too."""
    from ppl.repl import run

    return Exit.OK if run(model, data) else Exit.FINDINGS
