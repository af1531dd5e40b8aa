"""A session: statements replace each other by name, errors leave everything as it was, and it works piped."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from ppl.diagnostic import PplError
from ppl.repl import piped_lines
from ppl.repl.commands import COMMANDS
from ppl.repl.pieces import is_open, pieces, revised
from ppl.repl.prompt import Words, is_finished
from ppl.repl.session import Session, typed
from ppl.repl.shell import Shell
from ppl.syntax.grammar import KEYWORDS

ROOT = Path(__file__).resolve().parents[1]
SCHOOLS = """dim school
data y[school]: real
data sigma[school]: real > 0
mu ~ Normal(0, 5)
tau ~ HalfCauchy(5)
theta[school] ~ Normal(mu, tau)
y[school] ~ Normal(theta, sigma)
"""


class Room:
    """A shell that remembers what it answered."""

    def __init__(self):
        self.said, self.told = [], []
        self.shell = Shell(Session(), self.said.append, self.told.extend)

    def hear(self, *texts):
        for text in texts:
            self.said.clear()
            self.told.clear()
            assert self.shell.hear(text)
        return "\n".join(self.said)

    @property
    def program(self):
        return self.shell.session.text


@pytest.fixture
def room():
    return Room()


@pytest.fixture
def conjugate(tmp_path, room):
    """mu given four values: its posterior is N(0.7030303, 0.3481553²) by hand."""
    y = [1.2, 0.3, 0.9, 0.5]
    (tmp_path / "y.json").write_text(json.dumps({"y": y}))
    room.hear(f":data {tmp_path / 'y.json'}", "dim obs", "data y[obs]: real", "mu ~ Normal(0, 2)")
    room.hear("y[obs] ~ Normal(mu, 0.7)")
    precision = 1 / 2**2 + 4 / 0.7**2
    return room, sum(y) / 0.7**2 / precision, precision**-0.5


def replaced(before, piece):
    return revised(pieces(before), piece)[0]


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("mu ~ Normal(0, 5)\nx ~ Normal(mu, 1)", "mu ~ Normal(0, 1)", "mu ~ Normal(0, 1)\nx ~ Normal(mu, 1)"),
        ("mu ~ Normal(0, 5)", "mu = 3", "mu = 3"),
        ("m = 3", "let m = 4", "let m = 4"),
        ("data a, b, c: real", "data b: real > 0", "data a, c: real\ndata b: real > 0"),
        ("dim a, b", "dim a = 3", "dim b\ndim a = 3"),
        ("fn f(x) = x", "fn f(x) = 2 * x", "fn f(x) = 2 * x"),
        ("dist D(x | a) = -a * x", "dist D(x | a) = a", "dist D(x | a) = a"),
        ("guide meanfield", "guide fullrank", "guide fullrank"),
        ("predict p ~ Normal(0, 1)", "predict p = 3", "predict p = 3"),
        # `~` on data is the likelihood and stays beside the declaration, whichever comes first
        ("data y: real", "y ~ Normal(0, 1)", "data y: real\ny ~ Normal(0, 1)"),
        ("y ~ Normal(0, 1)", "data y: real", "y ~ Normal(0, 1)\ndata y: real"),
        ("let ly = log(2)", "ly ~ Normal(0, 1)", "let ly = log(2)\nly ~ Normal(0, 1)"),
        ("x = 1", "fn x(a) = a", "x = 1\nfn x(a) = a"),
        ("factor 1", "factor 2", "factor 1\nfactor 2"),
        # pieces of one variable: only the piece for the same elements goes
        (
            "h[t] ~ Normal(0, 1) where t == 0\nh[t] ~ Normal(h[t-1], 1) where t > 0",
            "h[t] ~ Normal(h[t-1], 2) where t>0",
            "h[t] ~ Normal(0, 1) where t == 0\nh[t] ~ Normal(h[t-1], 2) where t>0",
        ),
        ("h[0] = 1\nh[t] = 2 where t > 0", "h[t] = 3", "h[t] = 3"),
        ("h[t] = 3", "h[0] = 1", "h[0] = 1"),
    ],
)
def test_a_statement_that_redefines_a_name_replaces_it(before, new, after):
    assert "\n".join(replaced(before, new)) == after


def test_pieces_keep_comments_and_make_the_text_again():
    text = "# a model\ndim n = 2  # two\n\n# location\nmu ~ Normal(0,\n  1)\n"
    assert len(pieces(text)) == 2
    assert Session(pieces(text)).text == text


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [
        ("x ~ Normal(0, 1)", False),
        ("x ~ Normal(0,", True),
        ("x ~ Normal(0, 1", True),
        ("x = 1 +", True),
        ("x = 1 +  # and", True),
        ("x = [1, 2]", False),
        ("fn f(x) = {", True),
        ("", False),
        ("# only a comment", False),
        ("x = (1) # (", False),
    ],
)
def test_a_statement_goes_on_behind_brackets_and_operators(text, goes_on):
    assert is_open(text) is goes_on
    assert is_finished(text) is not goes_on
    assert is_finished(text + "\n")


def test_an_unclosed_bracket_swallows_no_later_statement():
    given = ["x = foo(\n", "mu ~ Normal(0, 1)\n", "y = (\n", ":show\n", "z = 1 +\n", "2\n"]
    heard = [text.strip() for text in piped_lines(given) if text.strip()]
    assert heard == ["x = foo(", "mu ~ Normal(0, 1)", "y = (", ":show", "z = 1 +\n2"]


def test_an_error_leaves_the_session_as_it_was(room):
    room.hear("mu ~ Normal(0, 5)")
    before = room.program
    for wrong in (
        "mu ~ Nromal(0, 1)",
        "x ~ Normal(",
        "mu ~ Normal(0)",
        "data mu = 3",
        ":nosuch",
        "3 +* 4",
        ")",
    ):
        room.hear(wrong)
        assert room.told, wrong
        assert room.program == before
    assert room.shell.failed


def test_names_may_come_later_as_in_a_file(room):
    assert "mu" in room.hear("x ~ Normal(mu, 1)")
    assert room.hear("mu ~ Normal(0, 1)") == ""
    assert room.shell.session.findings() == ()


def test_what_a_change_breaks_elsewhere_is_told_and_not_forbidden(room):
    room.hear("dim a", "dim b", "x[a] ~ Normal(0, 1)", "y[a] ~ Normal(x, 1)")
    room.hear("x[b] ~ Normal(0, 1)")
    assert [d.code for d in room.told]
    assert "x[b]" in room.program
    room.hear("y[b] ~ Normal(x, 1)")
    assert room.shell.session.findings() == ()


def test_typing_a_file_gives_the_model_of_the_file():
    session = Session()
    for piece in pieces(SCHOOLS):
        session = typed(session, piece).session
    assert session.text == SCHOOLS
    assert set(session.model().graph.names("latent")) == {"mu", "tau", "theta"}


def test_undo_goes_back_a_change_at_a_time(room):
    room.hear("a = 1", "b = a", "a = 2")
    room.hear(":undo")
    assert room.program == "a = 1\nb = a\n"
    room.hear(":undo", ":undo")
    assert room.program == ""
    room.hear(":undo")
    assert room.told


@pytest.mark.parametrize(
    ("text", "value"),
    [("1 + 2 * 3", "7"), ("2^-1", "0.5"), ("log(exp(2))", "2"), ("-2^2", "-4"), ("1 < 2", "1")],
)
def test_arithmetic_is_answered_at_once(room, text, value):
    assert room.hear("x[nowhere] ~ Normal(0, 1)", text) == value


def test_a_function_of_the_session_is_called(room):
    assert room.hear("fn twice(x) = 2 * x", "twice(21)") == "42"


def test_data_have_values_without_a_fit(conjugate):
    room, _, _ = conjugate
    assert room.hear("sum(y, obs)") == "2.9"
    assert room.hear("y[1]") == "0.3"
    assert room.hear("mu") == ""
    assert "fit" in room.told[0].message


def test_an_expression_has_its_posterior_after_a_fit(conjugate):
    room, mean, sd = conjugate
    room.hear(":fit")
    heads, cells = (line.split() for line in room.hear("10 * mu + 1").split("\n"))
    found = dict(zip(heads, map(float, cells[1:]), strict=True))
    error = 5 * 10 * sd / np.sqrt(4000)
    assert found["mean"] == pytest.approx(10 * mean + 1, abs=error)
    assert found["sd"] == pytest.approx(10 * sd, abs=error)
    assert room.hear("y - mu").count("\n") == 4


def test_a_change_makes_the_fit_stale_and_undo_brings_it_back(conjugate):
    room, _, _ = conjugate
    assert "ELBO" in room.hear(":fit")
    room.hear("mu ~ Normal(0, 3)")
    assert room.shell.session.fit is None
    room.hear(":undo")
    assert room.shell.session.fit is not None


def test_show_graph_and_help(conjugate):
    room, _, _ = conjugate
    assert "mu ~ Normal(0, 2)" in room.hear(":show")
    assert "latent" in room.hear(":show mu")
    assert "HalfCauchy(scale)" in room.hear(":show HalfCauchy")
    room.hear(":show HalfCuachy")
    assert "HalfCauchy" in room.told[0].fix
    assert "y[obs]" in room.hear(":graph")
    assert room.hear(":graph dot").startswith("digraph")
    assert all(command.usage in room.hear(":help") for command in COMMANDS.values())


def test_load_and_save(room, tmp_path):
    (tmp_path / "m.vi").write_text("# why\n" + SCHOOLS)
    (tmp_path / "m.json").write_text('{"y": [1, 2], "sigma": [1, 1]}')
    assert "m.json" in room.hear(f":load {tmp_path / 'm.vi'}")
    room.hear("mu ~ Normal(0, 1)", f":save {tmp_path / 'n.vi'}")
    assert (tmp_path / "n.vi").read_text() == "# why\n" + SCHOOLS.replace("Normal(0, 5)", "Normal(0, 1)")
    room.hear(f":save {tmp_path / 'no' / 'where.vi'}")
    assert room.told
    room.hear(f":load {tmp_path / 'absent.vi'}")
    assert "no file" in room.told[0].message


def test_quit_ends_it(room):
    assert room.shell.hear(":quit") is False


def completions(room, text):
    document = Document(text, len(text))
    return [c.text for c in Words(room.shell).get_completions(document, CompleteEvent())]


def test_completion_knows_the_shelves_the_names_and_the_commands(room, tmp_path):
    room.hear("school_effect ~ Normal(0, 1)")
    assert completions(room, "x ~ HalfC") == ["HalfCauchy"]
    assert completions(room, "x ~ Normal(scho") == ["school_effect"]
    assert "softmax" in completions(room, "y = soft")
    assert "data" in completions(room, "da")
    assert completions(room, ":he") == ["help"]
    assert {"meanfield", "fullrank"} <= set(completions(room, ":fit "))
    (tmp_path / "model.vi").write_text("")
    assert completions(room, f":load {tmp_path}/mod") == ["el.vi"]
    assert set(KEYWORDS) <= set(completions(room, ""))


def piped(text, *args, env=None):
    return subprocess.run(
        [sys.executable, "-m", "ppl", "repl", *args],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        check=False,
    )


def test_it_works_piped():
    ran = piped("a ~ Normal(0,\n 1)\nα = 2 + a\n1 + 1\n:show\n")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "2\na ~ Normal(0,\n 1)\nα = 2 + a\n"


def test_piped_errors_go_to_stderr_and_into_the_exit_code():
    ran = piped("a ~ Nromal(0, 1)\n2 + 2\n")
    assert (ran.returncode, ran.stdout) == (1, "4\n")
    assert "did you mean `Normal`?" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_explain_knows_the_codes_of_messages(room):
    assert room.hear(":explain e204").startswith("E204: ")
    assert room.hear(":explain nonsense") == ""
    assert [(d.code, d.fix) for d in room.told] == [("E741", "`:explain E204` has the page of a message")]
    room.hear(":explain E298")
    assert room.told[0].fix.startswith("near it are E218")


def test_a_wrong_statement_raises_for_those_who_call_it():
    with pytest.raises(PplError):
        typed(Session(), "x ~ Normal(0, 1, 2)")
