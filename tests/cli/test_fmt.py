"""`ppl fmt`: in place and in one step, or only looked at; files that can't be laid out stay as they are."""

from __future__ import annotations

import io
import os
import sys

import pytest

from ppl.cli.exits import Exit, run

UGLY, FAIR = "x=1   # one\nmu~Normal(0,5)\n", "x = 1  # one\nmu ~ Normal(0, 5)\n"


@pytest.fixture
def models(tmp_path):
    paths = [tmp_path / name for name in ("ugly.vi", "fair.vi", "wrong.vi")]
    for path, text in zip(paths, (UGLY, FAIR, "x = (1\n"), strict=True):
        path.write_bytes(text.encode())
    return paths


def test_writes_in_place_and_leaves_nothing_beside(models, capsys):
    ugly, fair, _ = models
    times = fair.stat().st_mtime_ns
    os.chmod(ugly, 0o640)
    assert run(["fmt", str(ugly), str(fair)]) == Exit.OK
    assert ugly.read_bytes() == FAIR.encode()
    assert ugly.stat().st_mode & 0o777 == 0o640
    assert fair.stat().st_mtime_ns == times
    assert sorted(path.name for path in ugly.parent.iterdir()) == ["fair.vi", "ugly.vi", "wrong.vi"]
    out, talk = capsys.readouterr()
    assert out == ""
    assert talk.splitlines() == [f"{ugly}: changed"]


def test_check_changes_nothing(models, capsys):
    ugly, fair, _ = models
    assert run(["fmt", "--check", str(fair)]) == Exit.OK
    assert run(["fmt", "--check", str(fair), str(ugly)]) == Exit.FINDINGS
    assert ugly.read_text() == UGLY
    assert capsys.readouterr().err.splitlines() == [f"{ugly}: would change"]


def test_diff_prints_and_changes_nothing(models, capsys):
    ugly, fair, _ = models
    assert run(["fmt", "--diff", str(fair), str(ugly)]) == Exit.OK
    assert ugly.read_text() == UGLY
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"--- {ugly}", f"+++ {ugly}"]
    assert "-mu~Normal(0,5)" in lines
    assert "+mu ~ Normal(0, 5)" in lines
    assert run(["fmt", "--diff", "--check", str(ugly)]) == Exit.FINDINGS


def test_a_wrong_file_stays_and_the_others_are_laid_out(models, capsys):
    ugly, _, wrong = models
    assert run(["fmt", str(wrong), str(ugly)]) == Exit.BAD_INPUT
    assert wrong.read_text() == "x = (1\n"
    assert ugly.read_text() == FAIR
    assert "E101" in capsys.readouterr().err


def test_a_file_that_is_not_there_or_no_text(models, tmp_path):
    assert run(["fmt", str(tmp_path / "none.vi")]) == Exit.NO_FILE
    models[0].write_bytes(b"\xff\xfe")
    assert run(["fmt", str(models[0])]) in (Exit.BAD_INPUT, Exit.IO)
    assert models[0].read_bytes() == b"\xff\xfe"


def test_a_link_stays_a_link(models, tmp_path):
    link = tmp_path / "link.vi"
    link.symlink_to(models[0])
    assert run(["fmt", str(link)]) == Exit.OK
    assert link.is_symlink()
    assert models[0].read_text() == FAIR


def test_foreign_line_ends_are_a_change(models):
    models[0].write_bytes(FAIR.replace("\n", "\r\n").encode())
    assert run(["fmt", "--check", str(models[0])]) == Exit.FINDINGS
    assert run(["fmt", str(models[0])]) == Exit.OK
    assert models[0].read_bytes() == FAIR.encode()


def test_an_interrupted_write_leaves_the_old_model(models, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    assert run(["fmt", str(models[0])]) == Exit.IO
    assert models[0].read_text() == UGLY
    assert len(list(models[0].parent.iterdir())) == 3


def test_stdin_to_stdout(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    assert run(["fmt", "-"]) == Exit.OK
    assert capsys.readouterr() == (FAIR, "")


def test_stdin_is_read_once_and_something_must_be_named():
    assert run(["fmt", "-", "-"]) == Exit.USAGE
    assert run(["fmt"]) == Exit.USAGE


def test_a_layout_that_meant_something_else_would_not_be_written(models, monkeypatch, capsys):
    monkeypatch.setattr("ppl.syntax.format.formatted", lambda source: "x = 2\n")
    assert run(["fmt", str(models[0])]) == Exit.OUR_BUG
    assert models[0].read_text() == UGLY
    assert "would mean something else" in capsys.readouterr().err
