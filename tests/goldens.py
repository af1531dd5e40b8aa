"""Wrong programs and their messages: `tests/bad/FOLDER/MISTAKE.vi`, its data beside it, and what is said in `.txt`.

`python tests/goldens.py` writes the messages anew, for a person to read in the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import ppl
from ppl.diagnostic import PplError

BAD = Path(__file__).parent / "bad"
PROGRAMS = sorted(BAD.glob("*/*.vi"))
DATA = (".json", ".csv", ".tsv", ".txt.csv")


def error_of(program: Path) -> PplError | None:
    """What checking the program, and binding the data beside it, says; paths as seen from its folder."""
    before = Path.cwd()
    os.chdir(program.parent)
    try:
        model = ppl.load(program.name)
        files = [name for end in DATA if Path(name := program.stem + end).is_file()]
        model.bind(files[0] if len(files) == 1 else files)
    except PplError as error:
        return error
    finally:
        os.chdir(before)
    return None


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
        text = f"{error}\n" if error is not None else ""
        path = golden(program)
        known = path.read_text(encoding="utf-8") if path.is_file() else None
        if error is None:
            print(f"NO MISTAKE FOUND: {program.relative_to(BAD)}")
        elif text != known:
            print(f"{'new' if known is None else 'changed'}: {program.relative_to(BAD)}")
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
