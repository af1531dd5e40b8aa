"""Labels that can be exchanged are found; several modes are said, and what to do about them."""

from dataclasses import replace

import numpy as np
import pytest

import ppl
from ppl.evidence import measure
from ppl.report.exchange import exchangeable
from ppl.verdict import findings, judge

MIXTURE = """
dim obs
dim k = 2
data y[obs]: real
mu[k] ~ Normal(0, 5){ordered}
s ~ HalfNormal(1)
share[k] ~ Dirichlet({alpha})
z[obs] ~ Categorical(share)
y[obs] ~ Normal(mu[z], s)
"""
Y = np.concatenate(
    [np.random.default_rng(0).normal(-2, 0.5, 25), np.random.default_rng(1).normal(2, 0.5, 15)]
)


def bound(ordered="", alpha="[2, 2]"):
    return ppl.model(MIXTURE.format(ordered=ordered, alpha=alpha)).bind({"y": Y})


def test_labels_of_a_mixture_are_exchangeable():
    assert exchangeable(bound().log_joint) == ["k"]


@pytest.mark.parametrize("settings", [{"alpha": "[2, 3]"}, {"ordered": " ordered"}])
def test_labels_with_a_meaning_are_not(settings):
    assert exchangeable(bound(**settings).log_joint) == []


def test_label_switching_is_said():
    fit = bound().fit()
    if len(fit.modes) > 1 and not fit.guide.startswith("mixture"):
        assert any("can be exchanged" in reason for reason in fit.reasons)
        assert "ordered" in fit.next_step
    assert sum(mode.share for mode in fit.modes) == pytest.approx(1)


def test_two_modes_under_one_gaussian_are_not_good():
    text = "dim k = 2\nw[k] = [0.4, 0.6]\nm[k] = [-4, 4]\nx ~ Mixture(w, Normal(m, 1))\n"
    fit = ppl.model(text).fit()
    assert fit.guide == "mixture(2)"
    assert [mode.share for mode in fit.modes] == pytest.approx([0.6, 0.4], abs=0.02)
    assert fit.mean("x") == pytest.approx(0.2 * 4, abs=0.1)
    measured = measure(fit.bound.log_joint, fit.run)
    under_one = replace(fit.run, guide="fullrank")
    f = findings(under_one, replace(measured, corrected_by=None))
    assert judge(f).word == "do not trust"
    assert "mixture(2)" in judge(f).next_step
    f = findings(under_one, measured)
    assert judge(f).word == "usable with corrections"
    assert "2 modes" in judge(f).reasons[0]
    assert "quadrature" in judge(f).reasons[0]
