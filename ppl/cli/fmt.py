"""`ppl fmt`: one layout for everybody, written in place."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import click

from ppl.cli.exits import Exit
from ppl.cli.options import STDIN, ModelFile
from ppl.cli.rewriting import rewrite
from ppl.diagnostic import Diagnostic, PplError, Source


@click.command("fmt", short_help="Lay models out in the one way there is.")
@click.argument("models", nargs=-1, required=True, type=ModelFile(allow_dash=True), metavar="MODEL.vi...")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if something would change.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
def command(models: tuple[str, ...], check: bool, diff: bool) -> int:
    """Lay out each MODEL in the one way there is: comments stay, the meaning too.

    `-` reads stdin and prints the result. A file that doesn't parse stays as it is, and the others are laid out.
    """
    if models.count(STDIN) > 1:
        raise click.UsageError("stdin can be read only once")
    changed, failed = 0, list[PplError]()
    for model in models:
        try:
            changed += _lay_out(model, check, diff)
        except PplError as error:
            failed.append(error)
    if failed:
        diagnostics = [d for error in failed for d in error.diagnostics]
        raise PplError(diagnostics) from failed[0].__cause__
    return Exit.FINDINGS if check and changed else Exit.OK


def _lay_out(model: str, check: bool, diff: bool) -> bool:
    """Do with one model what was asked; whether its layout is another one."""
    before = _text(model)
    after = _laid_out(Source("<stdin>" if model == STDIN else model, before))
    if diff:
        _print_difference(model, before, after)
    if check or diff:
        if check and after != before:
            click.echo(f"{model}: would change", err=True)
    elif model == STDIN:
        click.echo(after, nl=False)
    elif after != before:
        rewrite(Path(model), after)
        click.echo(f"{model}: changed", err=True)
    return after != before


def _laid_out(source: Source) -> str:
    """The layout of a source, after a look whether it means the same: a file will be replaced by it."""
    from ppl.syntax.format import formatted
    from ppl.syntax.format.meaning import same
    from ppl.syntax.parse import parse

    text = formatted(source)
    if not same(parse(source), parse(Source(source.name, text))):
        raise AssertionError(f"the layout of {source.name} would mean something else; nothing was changed")
    return text


def _text(model: str) -> str:
    """The text of a model, byte for byte, so that foreign line ends are seen and changed."""
    try:
        content = sys.stdin.buffer.read() if model == STDIN else Path(model).read_bytes()
        return content.decode("utf-8")
    except FileNotFoundError as error:
        raise PplError([Diagnostic("E408", f"there is no file {model}")]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise PplError(
            [Diagnostic("E408", f"{model} can't be read: {error}", fix="a model is UTF-8 text")]
        ) from error


def _print_difference(model: str, before: str, after: str) -> None:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), model, model, lineterm="")
    for line in lines:
        click.echo(line)
