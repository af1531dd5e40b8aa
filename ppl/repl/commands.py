"""The commands of a session: a colon, a name, and what it needs; each gives a session and an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ppl.diagnostic import Diagnostic, PplError, clipped
from ppl.repl.pieces import pieces
from ppl.repl.session import Session

Answer = tuple[Session, str]


@dataclass(frozen=True)
class Command:
    """A command: how it is called, what it does in a sentence, and how it is done."""

    usage: str
    doc: str
    run: Callable[[Session, str], Answer]


def refused(message: str, fix: str = "") -> PplError:
    """A mistake in what was typed after a colon."""
    return PplError([Diagnostic("E741", message, fix=fix)])


def _load(session: Session, path: str) -> Answer:
    if not path:
        raise refused("`:load` wants a file", "`:load eight_schools.vi`")
    from ppl.api.models import load

    model = load(path)
    beside = [Path(path).with_suffix(suffix) for suffix in (".json", ".csv")]
    data = tuple(str(file) for file in beside if file.is_file())[:1] or session.data
    text = model.graph.source.text
    found = Session(pieces(text), data, model.name)
    says = f"{path}: {len(found.program)} statements" + (f", with the data in {data[0]}" if data else "")
    return found, says


def _data(session: Session, files: str) -> Answer:
    if not files:
        return session, ", ".join(session.data) or "no data; `:data FILE`"
    from ppl.data.read import read

    names = tuple(files.split()) if not Path(files).is_file() else (files,)
    columns = read(list(names))
    return session.with_data(*names), ", ".join(columns)


def _fit(session: Session, guide: str) -> Answer:
    from ppl.api.stopping import Stopping
    from ppl.report.progress import Live
    from ppl.report.text import as_text

    if not session.program:
        raise refused("there is no model yet", "type `mu ~ Normal(0, 1)`, or `:load FILE`")
    bound = session.model().bind(list(session.data) or None)
    with Stopping() as stopping, Live() as live:
        fit = bound.fit(guide=guide or "auto", progress=stopping.watching(live))
    return replace(session, fit=fit), as_text(fit)


def _show(session: Session, name: str) -> Answer:
    from ppl.graph.symbols import did_you_mean
    from ppl.report.drawing import outline
    from ppl.report.page import called, names, page

    if not name:
        data = f"\n# data: {', '.join(session.data)}" if session.data else ""
        return session, session.text.rstrip("\n") + data or "nothing yet"
    graph = None if session.findings() else session.model().graph
    variables = graph.variables if graph is not None else {}
    if graph is not None and name in variables:
        (row,) = [line for line in outline(graph).split("\n") if line.split("[")[0].split()[0] == name]
        if session.fit is not None and variables[name].role in ("latent", "definition", "param"):
            from ppl.repl.answer import answer

            row = f"{row}\n{answer(session, name)}"
        return session, row
    known = called(name)
    if known is None:
        raise refused(f"there is nothing called `{name}`", did_you_mean(name, [*variables, *names()]))
    return session, str(page(known))


def _graph(session: Session, form: str) -> Answer:
    from ppl.report import drawing

    draw = {"": drawing.outline, "dot": drawing.dot, "mermaid": drawing.mermaid}.get(form)
    if draw is None:
        raise refused(f"`:graph {form}` is not known", "`:graph`, `:graph dot` or `:graph mermaid`")
    return session, draw(session.model().graph).rstrip("\n")


def _explain(session: Session, code: str) -> Answer:
    from ppl.report.codes import is_code, long_page, unknown

    if code and not is_code(code):
        raise refused(f"`{clipped(code)}` is no code", "`:explain E204` has the page of a message")
    if code:
        found = long_page(code)
        if found is None:
            raise refused(*unknown(code))
        return session, found
    if session.fit is None:
        raise refused("there is no fit to explain", "type `:fit` first")
    return session, session.fit.explain().rstrip("\n")


def _save(session: Session, path: str) -> Answer:
    if not path:
        raise refused("`:save` wants a file", "`:save model.vi` for the program, `:save fit.ppl` for the fit")
    if not path.endswith(".ppl"):
        try:
            Path(path).write_text(session.text, encoding="utf-8")
        except OSError as error:
            raise refused(f"{path} can't be written: {error.strerror}") from error
    elif session.fit is None:
        raise refused("there is no fit to save", "type `:fit` first; the program goes into a `.vi` file")
    else:
        session.fit.save(path)
    return session, f"saved {path}"


def _help(session: Session, _: str) -> Answer:
    width = max(len(c.usage) for c in COMMANDS.values())
    rows = [f"  {c.usage:<{width}}  {c.doc}" for c in COMMANDS.values()]
    head = (
        "Type statements as in a file; one that defines a name again replaces the earlier one.\n"
        "An expression alone is answered with its value, or after a fit with its posterior."
    )
    return session, "\n".join([head, *rows])


COMMANDS: dict[str, Command] = {
    "load": Command(":load FILE", "read a model, and the data beside it", _load),
    "data": Command(":data [FILE...]", "read data, in the place of those before", _data),
    "fit": Command(":fit [GUIDE]", "fit the model, and report", _fit),
    "show": Command(":show [NAME]", "the program; or a variable, distribution, function, guide", _show),
    "graph": Command(":graph [dot|mermaid]", "what is made of what", _graph),
    "explain": Command(
        ":explain [CODE]", "the ELBO's derivation in the fit's own numbers; or a message", _explain
    ),
    "undo": Command(":undo", "go back to before the last change", lambda session, _: (session, "")),
    "save": Command(":save FILE", "write the program (.vi) or the fit (.ppl)", _save),
    "help": Command(":help", "this", _help),
    "quit": Command(":quit", "leave (also Ctrl-D)", lambda session, _: (session, "")),
}
