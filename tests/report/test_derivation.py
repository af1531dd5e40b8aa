"""The derivation's lines hold in the numbers that are printed; KL's two directions are right where they are known."""

import re

import numpy as np
import pytest

import ppl
from ppl.report.derivation import forward_kl

TEXT = "dim obs\ndata y[obs]: real\nmu ~ Normal(0, 2)\ns ~ HalfNormal(1)\ny[obs] ~ Normal(mu, s)\n"
Y = {"y": [1.2, 0.3, -0.7, 2.1, 0.9]}


def test_every_line_adds_up():
    page = ppl.model(TEXT).fit(Y, guide="meanfield").explain()
    sums = re.findall(r"^ +(-?[\d.,]+) = (-?[\d.,]+) ([+-]) (-?[\d.,]+)$", page, re.MULTILINE)
    assert len(sums) == 3
    for total, first, sign, second in sums:
        right = float(first) + (1 if sign == "+" else -1) * float(second)
        assert float(total) == pytest.approx(right, abs=2.1 * 10 ** -len(total.split(".")[1]))
    assert max(map(len, page.splitlines())) <= 80


def test_forward_kl_of_gaussians():
    # KL(N(0,1) || N(0,2)) = log 2 + 1/8 - 1/2.
    z = 2 * np.random.default_rng(0).standard_normal(400_000)
    log_w = -0.5 * z**2 + 0.5 * (z / 2) ** 2 + np.log(2) + 7.0
    assert forward_kl(log_w) == pytest.approx(np.log(2) - 3 / 8, abs=0.01)


def test_a_saved_fit_explains_itself_alike(tmp_path):
    fit = ppl.model(TEXT).fit(Y)
    fit.save(tmp_path / "f.ppl")
    assert ppl.open_fit(tmp_path / "f.ppl").explain() == fit.explain()
