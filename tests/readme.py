"""The parts of the README that are made from the code: reference tables, and outputs of commands.

`python tests/readme.py` writes them anew; test_readme.py holds what is there against the code. A part
stands between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PART = re.compile(r"<!-- (?!end)(?P<name>.+?) -->\n(?P<body>.*?)<!-- end -->", re.DOTALL)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def gist(doc: str) -> str:
    """The first sentence of a page, behind its signature."""
    paragraph = " ".join(doc.split("\n\n")[1].split("\nlog p")[0].split("\nSource:")[0].split())
    sentence = re.match(r".*?[^0-9 ][.](?= |$)|.*", paragraph)
    return sentence[0].rstrip(".") if sentence else paragraph


def values(support: str) -> str:
    """A support's name; which parameters its ends are stands on the distribution's page."""
    return re.sub(r"\{\w+\}", "…", support)


def signatures(doc: str) -> str:
    """Every way to write a distribution, as code."""
    return " or ".join(f"`{form.strip()}`" for form in doc.splitlines()[0].split(" | "))


def distributions() -> str:
    """The shelf of distributions."""
    from ppl.distributions import distributions as shelf

    rows = ((signatures(shelf.doc(n)), values(shelf[n].support.name), gist(shelf.doc(n))) for n in shelf)
    return table(("distribution", "values are", ""), rows)


def combinators() -> str:
    """The shelf of combinators."""
    from ppl.combinators import combinators as shelf

    return table(("combinator", ""), ((signatures(shelf.doc(n)), gist(shelf.doc(n))) for n in shelf))


def functions() -> str:
    """The rows of functions, by what they do to axes."""
    from ppl.functions import FUNCTIONS

    kinds = {
        "elementwise": "element by element",
        "reduce": "over an axis, which goes",
        "along": "along an axis, which stays",
        "linear": "vectors and matrices",
    }
    rows = [(f"`{f.signature}`", kinds[f.role], f.doc) for f in FUNCTIONS.values()]
    return table(("function", "works", "gives"), rows)


def shelves() -> str:
    """Guides, objectives and optimizers."""
    from ppl.guides import guides
    from ppl.objectives import objectives
    from ppl.optimizers import optimizers

    found = (("--guide", guides), ("--objective", objectives), ("--optimizer", optimizers))
    rows = (
        (f"`{option} {name}`", shelf.doc(name).splitlines()[0].partition(": ")[2].rstrip("."))
        for option, shelf in found
        for name in shelf
    )
    return table(("option", ""), rows)


def file(path: str) -> str:
    """A file of the project, as code."""
    return block((ROOT / path).read_text(encoding="utf-8"))


def output(command: str) -> str:
    """What a command of ours prints, as code behind its prompt."""
    words = command.split()
    assert words[0] == "ppl", command
    said = subprocess.run(
        [sys.executable, "-m", "ppl", *words[1:]],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return block(f"$ {command}\n{said.stdout}")


def block(text: str) -> str:
    """Text as a block of code."""
    return f"```\n{text.rstrip()}\n```\n"


TABLES = {
    "distributions": distributions,
    "combinators": combinators,
    "functions": functions,
    "shelves": shelves,
}


def made(name: str) -> str:
    """The part of that name, made anew."""
    kind, _, what = name.partition(": ")
    makers: dict[str, Callable[[str], str]] = {"file": file, "output": output}
    return makers[kind](what) if what else TABLES[name]()


def parts(text: str) -> dict[str, str]:
    """Every generated part of a text, by name."""
    return {match["name"]: match["body"] for match in PART.finditer(text)}


def renewed(text: str) -> str:
    """The text with every part made anew."""
    return PART.sub(lambda match: f"<!-- {match['name']} -->\n{made(match['name'])}<!-- end -->", text)


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
