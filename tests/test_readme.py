"""What the README says is so: its tables are the shelves', its outputs the commands', its code runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import readme

import ppl
import ppl.distributions
from ppl.diagnostic import PplError
from ppl.shelf import Shelf

sys.path.insert(0, str(Path(__file__).parent / "distributions"))

import laws

TEXT = readme.README.read_text(encoding="utf-8")
PARTS = readme.parts(TEXT)
EXACT = sorted(name for name in PARTS if ": " in name and not name.startswith("output: ppl fit"))
NEW_FILE = '"""HyperbolicSecant'
MEASURED = sorted(name for name in PARTS if name.startswith("output: ppl fit"))


def blocks(language: str) -> list[str]:
    """The README's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def shape(text: str) -> list[str]:
    """Words and layout without the digits, which differ in their last places from machine to machine."""
    return [" ".join(re.sub(r"-?[\d.,]+( ms| s)?\b", "#", line).split()) for line in text.splitlines()]


@pytest.mark.parametrize("name", EXACT)
def test_part_is_what_the_code_says(name):
    assert PARTS[name] == readme.made(name), "`python tests/readme.py` writes it anew"


@pytest.mark.parametrize("name", MEASURED)
def test_output_is_what_the_command_prints(name):
    assert shape(PARTS[name]) == shape(readme.made(name)), "`python tests/readme.py` writes it anew"


@pytest.mark.parametrize("name", readme.TABLES)
def test_table_is_true(name):
    """Every row is the code's. Rows may be missing, so that adding a thing to a shelf stays one file."""
    rows, true = PARTS[name].splitlines(), readme.made(name).splitlines()
    assert len(rows) > 3
    assert [row for row in rows if row not in true] == [], "`python tests/readme.py` writes it anew"


def test_ci_runs_the_readme_command():
    """`.ci/run` takes the first line that builds an environment and calls pytest."""
    script = (readme.ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"grep -m 1 '(.*)' README.md", script)
    (command,) = [line for line in TEXT.splitlines() if re.match(pattern, line)]
    assert "pip install -e '.[test]'" in command
    assert command.endswith("pytest -n 2")


def test_pictures_are_there():
    shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", TEXT)
    assert shown
    assert all((readme.ROOT / path).is_file() for path in shown), shown


@pytest.mark.parametrize("text", blocks("vi"))
def test_fragment_of_the_language_is_legal(text):
    """Each block is a program of its own."""
    ppl.model(text)


@pytest.mark.parametrize("script", [text for text in blocks("python") if not text.startswith(NEW_FILE)])
def test_python_runs(script, tmp_path):
    shutil.copytree(readme.ROOT / "examples", tmp_path / "examples")
    command = [sys.executable, "-c", script]
    environment = {"PYTHONPATH": str(readme.ROOT), "PYTHONUTF8": "1"}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A copy of the shelf of distributions, with the README's file on it."""
    (text,) = [script for script in blocks("python") if script.startswith(NEW_FILE)]
    folder = tmp_path / "shelf_of_the_readme"
    shutil.copytree(Path(ppl.distributions.__path__[0]), folder)
    (folder / "hyperbolic_secant.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield Shelf(folder.name, str(folder), "distribution")
    for module in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[module]


def test_new_distribution_is_found_beside_all_others(shelf):
    assert set(shelf) == {"HyperbolicSecant", *ppl.distributions.distributions}
    laws.page("HyperbolicSecant", shelf["HyperbolicSecant"], shelf.doc("HyperbolicSecant"))


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_new_distribution_obeys_every_law(shelf, law):
    law("HyperbolicSecant", shelf["HyperbolicSecant"])


def test_new_distribution_works_in_a_model(shelf, monkeypatch):
    """Found by its name, checked by its supports, fitted."""
    assert shelf["HyperbolicSecant"].event_rank == 0
    monkeypatch.setitem(ppl.distributions.distributions.modules, "HyperbolicSecant", "hyperbolic_secant")
    module = sys.modules[f"{shelf.package}.hyperbolic_secant"]
    monkeypatch.setitem(sys.modules, "ppl.distributions.hyperbolic_secant", module)
    text = "dim gust\ndata speed[gust]: real\ns ~ HalfNormal(10)\nspeed[gust] ~ HyperbolicSecant(4, s)"
    fit = ppl.model(text).fit({"speed": [2.0, 5.0, 3.0, 8.0, 4.0]})
    assert fit.converged
    assert 1 < fit.mean("s") < 5
    with pytest.raises(PplError, match="positive"):
        ppl.model("x ~ HyperbolicSecant(0, -1)").bind()
