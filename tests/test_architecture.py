"""House rules, held by the build: lints, types, import contract, sizes, names, no way from a text to code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest
from lark import Lark

from ppl.syntax.grammar import KEYWORDS, grammar_text

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "ppl").rglob("*.py"))
SHELVES = ("combinators", "distributions", "guides", "objectives", "optimizers")
SHELVED = [path for shelf in SHELVES for path in sorted((ROOT / "ppl" / shelf).glob("[a-z]*.py"))]

SIGNED = {"combinators", "distributions"}
LONGEST, MEDIAN = 400, 150
NOT_A_NOUN = {"utils", "util", "helpers", "common", "core", "base", "types", "misc"}
TEXT_TO_CODE = {"eval", "exec", "compile", "__import__", "execfile"}
UNPICKLERS = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


def name(path: Path) -> str:
    """A path as test output shows it."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "--output-format=concise", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("mypy",),
    ],
    ids=lambda command: " ".join(part for part in command if part[0] not in "-."),
)
def test_checker_is_silent(command):
    ran = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]


def test_imports_go_down():
    """The floors of the house, as drawn in pyproject.toml."""
    script = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"
    command = [sys.executable, "-c", script, "--no-cache"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
    assert "0 broken" in ran.stdout


def test_modules_are_short():
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {module: count for module, count in lines.items() if count > LONGEST} == {}
    assert median(lines.values()) < MEDIAN


def test_rooms_have_nouns_for_names():
    words = {name(path): {path.stem, *(folder.name for folder in path.parents)} for path in MODULES}
    assert {module: found for module, parts in words.items() if (found := parts & NOT_A_NOUN)} == {}


@pytest.mark.parametrize("path", [path for path in MODULES if path.stat().st_size], ids=name)
def test_module_begins_with_what_it_is(path):
    summary = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert summary, "a module's first line sums it up"
    assert summary.splitlines()[0].strip()


@pytest.mark.parametrize("path", SHELVED, ids=name)
def test_shelved_file_begins_with_its_public_name(path):
    """`Name(parameters)` for distributions, `name: what it is` for the others; the file is named for it."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    pattern = r'r?"""(\w+)\(.*\)$' if path.parent.name in SIGNED else r'r?"""(\w+): \w.*'
    head = re.match(pattern, first)
    assert head, f"the first line is {first!r}"
    assert head[1].lower().replace("_", "") == path.stem.replace("_", "")


def dangers(text: str) -> list[str]:
    """What in a module could turn a text or a file into code."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in TEXT_TO_CODE:
                found.append(called.id)
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                full = f"{called.value.id}.{called.attr}"
                if full in {"builtins.eval", "builtins.exec", "os.system", "os.popen"}:
                    found.append(full)
            for keyword in node.keywords:
                yes = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
                if keyword.arg in {"allow_pickle", "shell"} and yes:
                    found.append(f"{keyword.arg}=True")
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] in UNPICKLERS]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in UNPICKLERS:
            found.append(str(node.module))
    return found


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_way_from_a_text_to_code(path):
    assert dangers(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "exec('x = 1')",
        "import pickle",
        "from marshal import loads",
        "numpy.load(file, allow_pickle=True)",
        "subprocess.run(line, shell=True)",
    ],
)
def test_the_scan_sees_each_way(text):
    assert len(dangers(text)) == 1


@pytest.mark.parametrize("start", ["statement", "expr"])
def test_grammar_is_unambiguous(start):
    """Plain LALR settles shift/reduce conflicts and colliding terminals silently; strict LALR raises."""
    Lark(grammar_text(), parser="lalr", start=[start], strict=True)


def test_keywords_are_those_of_the_grammar():
    """No name may be one. `from` alone is a word only behind a dim's name, `dist` only before a name."""
    rules = re.sub(r"//[^\n]*", "", grammar_text())
    spelled = set(re.findall(r'"([a-z]+)"', rules))
    assert spelled - {"from", "dist"} == KEYWORDS
