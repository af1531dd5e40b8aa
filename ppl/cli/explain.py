"""`ppl explain`: the derivation of a fit's ELBO, KL and evidence, with its own numbers; or the page of a message."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem


class Explainable(click.ParamType[str]):
    """A fit's file, or the code of a message."""

    name = "fit"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Codes; and files, where what stands there begins no code."""
        from ppl.report.codes import codes

        found = [
            CompletionItem(code) for code in codes() if incomplete and code.startswith(incomplete.upper())
        ]
        return found or [CompletionItem(incomplete, type="file")]


@click.command("explain", short_help="A fit's numbers derived, or a message explained.")
@click.argument("what", type=Explainable(), metavar="FIT.ppl|CODE")
def command(what: str) -> None:
    """Explain a saved fit: evidence, Jensen's gap, ELBO, both KL divergences, line by line in its own numbers.

    Or explain a message by its CODE, such as E204: the rule, why there is one, an example, what to do.
    """
    from ppl.report.codes import contents, is_code, long_page, unknown

    if is_code(what) and not Path(what).is_file():
        page = long_page(what)
        if page is None:
            message, advice = unknown(what)
            raise click.BadParameter(f"{message}; {advice}. There are\n{contents()}")
        click.echo(page)
        return
    from ppl.api.opening import open_fit

    click.echo(open_fit(what).explain(), nl=False)
