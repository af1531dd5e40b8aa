"""Arguments and options that several verbs share, and how they become a model and its data."""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from ppl.api.models import Model

C = TypeVar("C", bound=Callable[..., Any])
STDIN = "-"
_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """Seconds, from `60`, `60s`, `5m` or `1h`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|min|m|h|)", value.strip())
        if match is None or float(match[1]) == 0:
            self.fail(f"`{value}` is not a duration; write `60s`, `5m` or `1h`", param, ctx)
        return float(match[1]) * _SECONDS[match[2]]


class OnShelf(click.ParamType[str]):
    """A name on a shelf, or one of a few words beside it."""

    def __init__(self, shelf: str, *words: str):
        self.shelf, self.words = shelf, words
        self.name = shelf.removesuffix("s")

    def names(self) -> list[str]:
        """All that may stand here."""
        return [*self.words, *getattr(import_module(f"ppl.{self.shelf}"), self.shelf)]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same name, if there is such a thing."""
        name = str(value)
        if name not in self.words and name not in self.names():
            from ppl.graph.symbols import did_you_mean

            advice = did_you_mean(name, self.names()) or f"there are {', '.join(self.names())}"
            self.fail(f"there is no {self.name} `{name}`; {advice}", param, ctx)
        return name

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """The names that begin so."""
        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]


class GuideName(OnShelf):
    """A guide of the shelf, `lowrank(5)` with numbers, or guides by latent: `{mu: fullrank  rest: meanfield}`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same text, if it names a guide."""
        text = str(value)
        if re.fullmatch(r"\s*\w*\s*", text):
            return super().convert(text.strip(), param, ctx)
        from ppl.diagnostic import PplError
        from ppl.fit.family import parsed

        try:
            parsed(text)
        except PplError as error:
            found = error.diagnostics[0]
            self.fail("; ".join([found.message, *found.facts, found.fix]).rstrip("; "), param, ctx)
        return text


class ObjectiveName(OnShelf):
    """An objective of the shelf, `iwelbo(50)` with numbers."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same text, if it names an objective."""
        text = str(value)
        if re.fullmatch(r"\s*\w*\s*", text):
            return super().convert(text.strip(), param, ctx)
        from ppl.diagnostic import PplError
        from ppl.fit.goal import aimed

        try:
            aimed(text)
        except PplError as error:
            found = error.diagnostics[0]
            self.fail("; ".join([found.message, *found.facts]), param, ctx)
        return text


class ModelFile(click.Path):
    """A `.vi` file, or `-`; the file need not exist, because its absence has an exit code of its own."""

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Files; the shell knows best."""
        return [CompletionItem(incomplete, type="file")]


model_argument = click.argument("model", type=ModelFile(allow_dash=True))
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout, and nothing else."
)
seed_option = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Same seed, same numbers."
)


hmc_option = click.option(
    "--hmc",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "always", "never"]),
    help="Markov chains from the guide: `auto` runs them where it does not suffice and they take seconds.",
)


def data_options(command: C) -> C:
    """`--data FILE` (several add up) and `--map COLUMN=NAME`."""
    command = click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="COLUMN=NAME",
        callback=_mapping,
        help="The model's NAME is called COLUMN in the data.",
    )(command)
    return click.option(
        "--data",
        "data",
        multiple=True,
        type=click.Path(allow_dash=True),
        metavar="FILE",
        help="JSON, CSV or Parquet; several add up; `-` is stdin. "
        "Without it, MODEL.json or MODEL.csv beside the model.",
    )(command)


def out_option(metavar: str, doc: str) -> Callable[[C], C]:
    """`--out FILE`, whose folder is looked at before any work is done."""
    return click.option("--out", type=click.Path(), metavar=metavar, callback=_writable, help=doc)


def _writable(_ctx: click.Context, _param: click.Parameter, path: str | None) -> str | None:
    if path is not None:
        folder = Path(path).parent
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "there is no such folder", str(folder))
        if Path(path).is_dir():
            raise IsADirectoryError(errno.EISDIR, "this is a folder", path)
    return path


def centering_option(command: C) -> C:
    """`--centering LATENT=C`, several of which add up."""
    return click.option(
        "--centering",
        multiple=True,
        metavar="LATENT=C",
        callback=_centering,
        help="Pin how far a latent (`rest`: all others) is centered, from 0 or `noncentered` to 1 or `centered`.",
    )(command)


def _centering(
    ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]
) -> dict[str, float | str] | None:
    found: dict[str, float | str] = {}
    for pair in pairs:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not (name and equals and value):
            raise click.BadParameter(f"`{pair}` is not of the form LATENT=C", ctx, param)
        found[name] = value
    return found or None


def _mapping(ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        column, equals, name = pair.partition("=")
        if not (column and equals and name):
            raise click.BadParameter(f"`{pair}` is not of the form COLUMN=NAME", ctx, param)
        found[column] = name
    return found


def load(model: str) -> Model:
    """The model in a file, or on stdin."""
    from ppl.api import models

    if model == STDIN:
        return models.model(sys.stdin.read(), "stdin")
    return models.load(model)


def data_of(model: str, data: tuple[str, ...]) -> list[str] | None:
    """The data files that were named, or the one beside the model, if there is one."""
    if data:
        if (model, *data).count(STDIN) > 1:
            raise click.UsageError("only one thing can be read from stdin")
        return list(data)
    beside = [] if model == STDIN else [Path(model).with_suffix(suffix) for suffix in (".json", ".csv")]
    return next(([str(path)] for path in beside if path.is_file()), None)
