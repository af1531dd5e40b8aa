"""The watcher of a running fit."""

import io

import pytest

from ppl.fit import Progress
from ppl.report import progress
from ppl.report.progress import Live


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_plain_line_every_10_seconds(clock):
    out = io.StringIO()
    with Live(out) as live:
        for step in range(100):
            clock[0] = float(step) / 4
            live(Progress(step, -100.0 + step, clock[0]))
    assert out.getvalue().splitlines() == [
        "step 40  ELBO -60.00  10.0 s",
        "step 80  ELBO -20.00 (+40)  20.0 s",
    ]


def test_a_terminal_line_is_redrawn_and_wiped(clock):
    out = Terminal()
    with Live(out) as live:
        for step in range(20):
            clock[0] = 0.2 * step
            live(Progress(step, -50.0, clock[0]))
    assert "step 19" in out.getvalue()
    assert "\n" not in out.getvalue()
    assert out.getvalue().endswith("\r")
    last = out.getvalue().rstrip("\r").rsplit("\r", 1)[1]
    assert last.strip() == ""


def test_a_short_fit_is_left_in_peace(clock):
    out = Terminal()
    with Live(out) as live:
        live(Progress(1, -5.0, 0.01))
    assert out.getvalue() == ""
