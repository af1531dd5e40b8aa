"""The command `ppl` and its verbs, each in the module of its name, which imports nothing heavy by itself."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

import click

VERBS = (
    "fit",
    "check",
    "fmt",
    "graph",
    "log-joint",
    "prior",
    "predict",
    "show",
    "explain",
    "compare",
    "calibrate",
    "repl",
)


class Verbs(click.Group):
    """The verbs, in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb in the module of that name."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"ppl.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb and its arguments; of one that doesn't exist, the verb that was meant."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            close = get_close_matches(args[0], VERBS, 1)
            advice = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(VERBS)}"
            ctx.fail(f"there is no verb `{args[0]}`; {advice}")
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from ppl.report.versions import versions

        click.echo(f"ppl {versions()['ppl']}")
        ctx.exit()


@click.command(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with: ppl fit examples/eight_schools.vi. "
    "Exit codes: 0; 1 findings, or a failed verdict under --strict; 2 usage; 65 bad model or data; "
    "66 no such file; 70 our bug; 74 input or output; 130 interrupted.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def ppl() -> None:
    """Bayesian models as text: posterior, evidence and an honest verdict by variational inference."""
