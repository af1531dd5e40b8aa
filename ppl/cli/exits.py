"""How a run of `ppl` ends: exit codes, and what is said when something went wrong.

A user's mistake has a place and no traceback. Anything else is our bug: it says so, and how to
report it; the traceback is for `PPL_DEBUG=1`.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from enum import IntEnum

import click

from ppl.diagnostic import PplError


class Exit(IntEnum):
    """The exit codes, after BSD's sysexits where it has one."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    BAD_INPUT = 65
    NO_FILE = 66
    OUR_BUG = 70
    IO = 74
    INTERRUPTED = 130


def run(args: Sequence[str]) -> int:
    """The exit code of a command line, whatever happens."""
    from ppl.cli.verbs import ppl

    try:
        code = ppl.main(list(args), prog_name="ppl", standalone_mode=False)
        sys.stdout.flush()
        return int(code or Exit.OK)
    except PplError as error:
        _report(error, as_json="--json" in args)
        return _code_of(error)
    except click.ClickException as error:
        error.show()
        return Exit.USAGE if isinstance(error, click.UsageError) else Exit.IO
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    except OSError as error:
        return _io(error)
    except Exception as error:
        return _our_bug(error)


def _code_of(error: PplError) -> Exit:
    """A file that isn't there and one that can't be read are not the model's fault."""
    if isinstance(error.__cause__, FileNotFoundError):
        return Exit.NO_FILE
    return Exit.IO if isinstance(error.__cause__, OSError) else Exit.BAD_INPUT


def _report(error: PplError, as_json: bool) -> None:
    from ppl.cli.findings import as_object
    from ppl.report.talk import say

    say(error.diagnostics, sys.stderr)
    if as_json:
        import json

        click.echo(json.dumps(as_object(error.diagnostics), ensure_ascii=False))


def _io(error: OSError) -> Exit:
    if error.errno == errno.EPIPE:
        # Nobody reads on (`| head`): silence, also when the interpreter flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    else:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"ppl: {where}{error.strerror or error}", err=True)
    return Exit.IO


def _our_bug(error: Exception) -> Exit:
    if os.environ.get("PPL_DEBUG"):
        import traceback

        traceback.print_exc()
    said = " ".join(str(error).split())[:200]
    click.echo(
        f"ppl: this is a bug of ours, not a mistake of yours: {type(error).__name__}: {said}\n"
        "Please report it together with the model and the command; PPL_DEBUG=1 shows the traceback.",
        err=True,
    )
    return Exit.OUR_BUG
