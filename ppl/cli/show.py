"""`ppl show`: a saved fit again, or the page of a name."""

from __future__ import annotations

import json
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from ppl.cli.options import json_option

FIT = ".ppl"


class Showable(click.ParamType[str]):
    """A fit's file, or a name that has a page."""

    name = "name"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Names; and files, where what stands there looks like a path."""
        from ppl.report.page import names

        found = [CompletionItem(name) for name in names() if name.lower().startswith(incomplete.lower())]
        return found or [CompletionItem(incomplete, type="file")]


@click.command("show", short_help="A saved fit again, or the page of a name.")
@click.argument("what", type=Showable(), metavar="FIT.ppl|NAME")
@json_option
def command(what: str, as_json: bool) -> None:
    """Show a saved fit again, or the page of a NAME: a distribution, function, guide, objective or optimizer.

    `ppl show distributions` lists a shelf.
    """
    if what.endswith(FIT) or Path(what).is_file():
        from ppl.api.opening import open_fit
        from ppl.cli.fit import show

        show(open_fit(what), as_json)
        return
    from ppl.report.page import called, meant, page

    name = called(what)
    if name is None:
        close = meant(what)
        advice = f"did you mean `{close}`?" if close else "`ppl show distributions` lists a shelf"
        raise click.BadParameter(f"there is no `{what}`; {advice}")
    found = page(name)
    click.echo(json.dumps(found.as_object(), ensure_ascii=False) if as_json else str(found))
