"""The pages of codes: one for each code that the package can raise, short, and with examples that are true."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import ppl
from ppl.diagnostic import PplError
from ppl.repl.pieces import pieces
from ppl.repl.session import Session
from ppl.repl.shell import Shell
from ppl.report.codes import codes, contents, is_code, long_page, near

ROOT = Path(__file__).parents[2]
DATA, PYTHON, TYPED = "model.json: ", ">>> ", "ppl> "


def test_every_code_has_a_page_and_every_page_a_code():
    text = "".join(p.read_text("utf-8") for p in sorted((ROOT / "ppl").rglob("*.py")))
    assert codes() == sorted(set(re.findall(r'"(E\d{3})"', text)))


def example(code: str) -> list[str]:
    page = long_page(code)
    assert page is not None
    return [line[4:] for line in page.split("\n") if line.startswith("    ")]


@pytest.mark.parametrize("code", codes())
def test_a_page_is_a_rule_a_reason_an_example_and_what_to_do(code):
    page = long_page(code)
    assert page is not None
    rule, why, shown, todo = page.split("\n\n")
    assert re.fullmatch(rf"{code}: \S.*[^.]", rule)
    assert all(line.startswith("    ") for line in shown.split("\n"))
    assert not any(line.startswith(" ") for line in (why + todo).split("\n"))
    assert 5 <= sum(map(bool, page.split("\n"))) <= 16
    assert max(map(len, page.split("\n"))) <= 112


def codes_of(lines: list[str]) -> list[str]:
    """The codes of what is said when an example is carried out: data, program, calls, what is typed."""
    lines = [re.sub(r" +# (wrong|right)$", "", line) for line in lines]
    lines = [
        line.replace("...", " ".join(f"if x < {i} then {i - 1} else" for i in range(3, 300)))
        for line in lines
    ]
    said: list[str] = []
    for line in lines:
        if line.startswith(DATA):
            Path("model.json").write_text(line.removeprefix(DATA), "utf-8")
    program = [line for line in lines if not line.startswith((DATA, PYTHON, TYPED))]
    Path("model.vi").write_text("\n".join(program) + "\n", "utf-8")
    given = Path("model.json")
    try:
        model = ppl.load("model.vi")
        calls = [line.removeprefix(PYTHON) for line in lines if line.startswith(PYTHON)]
        if not calls and (given.is_file() or not model.graph.names("data")):
            model.bind(given if given.is_file() else None)
        data = json.loads(given.read_text("utf-8")) if given.is_file() else None
        for call in calls:
            found = eval(call, {"ppl": ppl, "model": model, "data": data})  # noqa: S307 - a line of our own
            if getattr(found, "diagnosis", None) is not None:
                said.append(found.diagnosis.code)
    except PplError as error:
        return [d.code for d in error.diagnostics]
    shell = Shell(
        Session(pieces("\n".join(program)), (), "model"),
        lambda _: None,
        lambda ds: said.extend(d.code for d in ds),
    )
    for line in lines:
        if line.startswith(TYPED):
            shell.hear(line.removeprefix(TYPED))
    return said


@pytest.mark.parametrize("code", codes())
def test_the_wrong_lines_bring_the_message_about_and_the_right_ones_none(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = example(code)
    wrong, right = (
        [line for line in lines if not line.endswith(f"# {other}")] for other in ("right", "wrong")
    )
    assert wrong != right
    assert code in codes_of(wrong)
    assert codes_of(right) == []


def test_a_code_is_found_in_any_case_and_an_unknown_one_has_near_ones():
    assert is_code("e204")
    assert is_code("E99999")
    assert not is_code("fit.ppl")
    assert not is_code("E")
    assert long_page("e204") == long_page("E204")
    assert long_page("E999") is None
    assert near("E308")[0] in {"E307", "E309"}
    assert "E204" in near("E294")
    assert all(code in contents() for code in codes())
