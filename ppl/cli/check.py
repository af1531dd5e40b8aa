"""`ppl check`: every mistake in a model and its data; `--fix` mends what can be mended by rule."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ppl.cli.exits import Exit
from ppl.cli.findings import as_object
from ppl.cli.options import STDIN, data_of, data_options, json_option, load, model_argument
from ppl.cli.rewriting import rewrite
from ppl.diagnostic import Diagnostic, PplError

ROUNDS = 20  # one mistake can hide another, but not for ever


@click.command("check", short_help="Every mistake in a model and its data.")
@model_argument
@data_options
@json_option
@click.option("--fix", is_flag=True, help="Apply the fixes that need no judgement to the file.")
def command(model: str, data: tuple[str, ...], mapping: dict[str, str], as_json: bool, fix: bool) -> int:
    """Find every mistake in MODEL, and in the data."""
    if fix and model == STDIN:
        raise click.UsageError("--fix changes a file, and stdin is none")
    mended = _mend(Path(model)) if fix else 0
    found = _findings(model, data, mapping)
    if as_json:
        click.echo(json.dumps({"model": model, "fixed": mended, **as_object(found)}, ensure_ascii=False))
    else:
        if found:
            from ppl.report.talk import say

            say(found, sys.stdout)
        fixed = f", {mended} fixed" if fix else ""
        click.echo(f"{model}: {len(found) or 'no'} mistake{'' if len(found) == 1 else 's'}{fixed}", err=True)
    return Exit.FINDINGS if found else Exit.OK


def _findings(model: str, data: tuple[str, ...], mapping: dict[str, str]) -> tuple[Diagnostic, ...]:
    """What is wrong; a file that can't be read at all is no finding but a failure."""
    from ppl.data.read import read
    from ppl.graph.bind import bind

    try:
        graph = load(model).graph
        files = data_of(model, data)
        if files is not None:
            bound = bind(graph, read(files, mapping))
            if data:  # what only the values show; not for the file beside the model, which is to be quick
                from ppl.log_joint import compile_log_joint

                compile_log_joint(bound)
    except PplError as error:
        if isinstance(error.__cause__, OSError):
            raise
        return error.diagnostics
    return ()


def _mend(path: Path) -> int:
    """Applies fixes to a file until none is left; how many."""
    count = 0
    for _ in range(ROUNDS):
        try:
            load(str(path))
            break
        except PplError as error:
            chosen = _apart(error.diagnostics)
        if not chosen:
            break
        text = path.read_text(encoding="utf-8")
        for diagnostic in chosen:
            for edit in sorted(diagnostic.edits, key=lambda e: -e.span.start):
                text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        rewrite(path, text)
        count += len(chosen)
    return count


def _apart(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Those with a fix, from the end of the text backwards; none touches a place that another changes."""
    found: list[Diagnostic] = []
    limit: float = float("inf")
    fixable = [d for d in diagnostics if d.edits]
    for diagnostic in sorted(fixable, key=lambda d: max(e.span.end for e in d.edits), reverse=True):
        if max(e.span.end for e in diagnostic.edits) <= limit:
            found.append(diagnostic)
            limit = min(e.span.start for e in diagnostic.edits)
    return found
