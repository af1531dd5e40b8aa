"""Small programs that must check, one per feature of the language; with data beside them where they need some."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import ppl

PROGRAMS = sorted((Path(__file__).parent / "good").glob("*.vi"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_it_checks_and_its_log_joint_is_finite(program: Path) -> None:
    data = next((d for end in (".json", ".csv") if (d := program.with_suffix(end)).is_file()), None)
    bound = ppl.load(program).bind(data)
    z = np.zeros((1, bound.log_joint.layout.size))
    assert math.isfinite(float(bound.log_joint(z)[0]))


def test_there_are_no_data_without_a_program() -> None:
    assert {p.stem for p in (Path(__file__).parent / "good").iterdir()} == {p.stem for p in PROGRAMS}
    assert len(PROGRAMS) >= 50
