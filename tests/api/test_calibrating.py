"""Calibration passes where the guide is exact, sees planted faults, and refuses what has no prior to draw from."""

import numpy as np
import pytest

import ppl
from ppl.report.calibration import calibration, examined, rejected, scores

EXACT = "dim obs\ndata y[obs]: real\nmu ~ Normal(0, 2)\ny[obs] ~ Normal(mu, 1)\n"


def test_an_exact_guide_is_calibrated():
    found = ppl.model(EXACT).bind({"y": np.zeros(4)}).calibrate(150, draws=100)
    assert found.passed
    mu, _ = found.quantities
    assert abs(mu.shift) < 4 * mu.shift_error
    assert abs(mu.ratio - 1) < 4 * mu.ratio_error
    assert max(map(len, str(found).splitlines())) <= 80


def test_planted_faults_are_seen_with_enough_replications():
    rng = np.random.default_rng(0)
    R, L = 4000, 200
    centre = rng.normal(size=(R, 1))
    truths, draws = centre + rng.normal(size=(R, 1)), centre[:, None] + rng.normal(size=(R, L, 1))
    about = {"model": "m", "guide": "g", "seed": 0, "failed": 0}
    found = calibration(about, ["a"], truths, draws, rng)
    assert found.passed
    assert set(found.seen.values()) == {1}


@pytest.mark.parametrize(("scale", "shift"), [(1 / 0.8, 0.0), (1.0, 0.3)])
def test_real_faults_are_named_with_their_size(scale, shift):
    rng = np.random.default_rng(1)
    truths, draws = scale * rng.normal(size=(2000, 1)) + shift, rng.normal(size=(2000, 400, 1))
    found = calibration({"model": "m", "guide": "g", "seed": 0, "failed": 0}, ["a"], truths, draws, rng)
    (a,) = found.quantities
    assert found.off == ("a",)
    assert a.shift == pytest.approx(shift, abs=4 * a.shift_error)
    assert a.ratio == pytest.approx(scale, abs=4 * a.ratio_error + 0.01)


def test_false_alarms_come_at_the_level_or_less():
    rng = np.random.default_rng(2)
    alarms = [bool(rejected([examined("a", scores(rng.integers(0, 101, 300), 100)).p])) for _ in range(400)]
    assert sum(alarms) <= 11  # 4 expected; more than 11 happens once in a thousand


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dim obs\ndata y[obs]: real\nlatent mu: real\ny[obs] ~ Normal(mu, 1)\n", "no proper prior"),
        (
            "dim obs\ndata y[obs]: real\nparam mu: real\ny[obs] ~ Normal(mu, 1)\n",
            "is a param, without a prior",
        ),
        ("mu ~ Normal(0, 1)\n", "nothing is observed"),
    ],
)
def test_what_can_not_be_drawn_forward_is_refused(text, words):
    data = {"y": np.zeros(3)} if "data" in text else None
    with pytest.raises(ppl.PplError, match=words):
        ppl.model(text).bind(data).calibrate(20)
