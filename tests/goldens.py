"""Wrong programs and their messages: `tests/bad/FOLDER/MISTAKE.vi`, its data beside it, and what is said in `.txt`.

A program is checked and bound to its data. Where the mistake is made later, a line such as
`# >>> model.fit(data, draws=2)` in the program says how; it knows `ppl`, `model`, `data`, and `repl("line", ...)`.

`python tests/goldens.py` writes the messages anew, for a person to read in the diff.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import ppl
from ppl.diagnostic import PplError

BAD = Path(__file__).parent / "bad"
PROGRAMS = sorted(BAD.glob("*/*.vi"))
DATA = (".json", ".csv", ".tsv", ".txt.csv")
CALL = re.compile(r"^# >>> (.+)$", re.MULTILINE)


def error_of(program: Path) -> PplError | None:
    """What is said about a program; paths as seen from its folder."""
    before = Path.cwd()
    os.chdir(program.parent)
    try:
        model = ppl.load(program.name)
        files = [name for end in DATA if Path(name := program.stem + end).is_file()]
        data = files[0] if len(files) == 1 else files
        call = call_of(program)
        if call is None:
            model.bind(data)
            return None
        given = {"ppl": ppl, "model": model, "data": data, "repl": _repl(model, files)}
        found = getattr(eval(call, given), "diagnosis", None)  # noqa: S307 - a line of our own
    except PplError as error:
        return error
    finally:
        os.chdir(before)
    return None if found is None else PplError([found])


known_error = cache(error_of)
"""The same, found once for all who ask."""


def call_of(program: Path) -> str | None:
    """The call in which a program's mistake is made, if it is made after the binding."""
    found = CALL.search(program.read_text(encoding="utf-8-sig"))
    return found[1] if found else None


def _repl(model: Any, files: list[str]) -> Callable[..., None]:
    def repl(*lines: str) -> None:
        from ppl.repl.pieces import pieces
        from ppl.repl.session import Session
        from ppl.repl.shell import Shell

        def tell(diagnostics: Any) -> None:
            raise PplError(diagnostics)

        session = Session(pieces(model.graph.source.text), tuple(files), model.name)
        shell = Shell(session, lambda _: None, tell)
        for line in lines:
            shell.hear(line)

    return repl


def said(error: PplError) -> str:
    """The text of a golden; at which step a fit goes wrong is the machine's business."""
    return re.sub(r"(?<=step )\d+", "N", f"{error}\n")


def golden(program: Path) -> Path:
    """The file that holds a program's message."""
    return program.with_suffix(".txt")


def main() -> None:
    """Write every message anew, and say which are new, changed or gone."""
    for program in PROGRAMS:
        try:
            error = error_of(program)
        except Exception as bug:
            print(f"CRASHED: {program.relative_to(BAD)}: {type(bug).__name__}: {bug}")
            continue
        text = said(error) if error is not None else ""
        path = golden(program)
        known = path.read_text(encoding="utf-8") if path.is_file() else None
        if error is None:
            print(f"NO MISTAKE FOUND: {program.relative_to(BAD)}")
        elif text != known:
            print(f"{'new' if known is None else 'changed'}: {program.relative_to(BAD)}")
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
