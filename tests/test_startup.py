"""What a command costs before it does anything: time, and the packages that it loads.

Times are those of a child, the best of several: of CPU and wall seconds the fewer, as a busy machine
lengthens the one and waiting threads of BLAS the other. Limits are those of a quiet machine; where a child that imports
numpy and counts, which takes `UNIT` seconds there, takes longer, so may the others. The
test extra's `interegular` is hidden from the children: users don't have it, and with it Lark spends
as long again on proving that terminals don't collide.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCHOOLS = ROOT / "examples" / "eight_schools.vi"
AS_USERS = (
    "import sys; sys.modules['interegular'] = None; from ppl.cli.exits import run; code = run(sys.argv[1:])"
)
TRIES = 5
UNIT = 0.1
COUNT = "import numpy\nx = 0\nfor i in range(300_000):\n    x = i * x % 7\n"


def child(args, then=""):
    return [sys.executable, "-c", f"{AS_USERS}; {then or 'sys.exit(code)'}", *args]


def seconds_of(command):
    """The time of one run."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return min(used.ru_utime + used.ru_stime, time.perf_counter() - began)


def loaded(*args):
    """The packages in `sys.modules` when a command is done."""
    then = "print(); print(*{name.partition('.')[0] for name, m in sys.modules.items() if m}); sys.exit(code)"
    ran = subprocess.run(child(args, then), cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("args", [("--help",), ("fit", "--help"), ("--version",)])
def test_help_loads_no_numpy_and_no_parser(args):
    assert (
        loaded(*args) & {"numpy", "scipy", "lark", "rich", "autograd", "prompt_toolkit", "pygments"} == set()
    )


def test_check_loads_no_scipy():
    packages = loaded("check", str(SCHOOLS))
    assert "lark" in packages
    assert packages & {"scipy", "rich", "prompt_toolkit", "pygments"} == set()


def test_import_ppl_loads_next_to_nothing():
    ran = subprocess.run(
        [sys.executable, "-c", "import sys, ppl; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(ran.stdout.split()) & {"numpy", "lark", "click", "ppl.api.models"} == set()


@pytest.mark.parametrize(
    ("seconds", "args"),
    [
        (0.150, ("--help",)),
        (0.400, ("check", str(SCHOOLS))),
        (1.5, ("fit", str(SCHOOLS), "--json", "--guide", "fullrank", "--hmc", "never")),
        (3.0, ("fit", str(SCHOOLS), "--json")),  # two rungs of the ladder, Markov chains and a bridge
    ],
    ids=["help", "check", "fit of one guide", "fit"],
)
def test_a_cold_start_is_quick(seconds, args):
    tries = [
        (seconds_of(child(args)), seconds_of([sys.executable, "-c", COUNT]) / UNIT) for _ in range(TRIES)
    ]
    found, unit = (min(times) for times in zip(*tries, strict=True))
    assert found < seconds * max(1.0, unit)
