import dataclasses

import pytest
from targets import conjugate, eight_schools, gaussian

from ppl.evidence import measure
from ppl.fit import fit
from ppl.verdict import Findings, findings, judge

FINE = Findings(guide="fullrank", converged=True, khat=0.2, ess=3_000, draws=4_000)


def verdict(target, name=None, **how):
    f = fit(target, **how)
    return judge(findings(f, measure(target, f), name))


def test_fine_is_good():
    v = judge(FINE)
    assert v.good
    assert v.reasons
    assert v.next_step is None


@pytest.mark.parametrize(
    ("change", "word", "said"),
    [
        ({"khat": 0.71}, "do not trust", "0.71"),
        ({"khat": float("inf")}, "do not trust", "inf"),
        ({"khat": float("nan")}, "do not trust", "k-hat"),
        ({"converged": False}, "do not trust", "converged"),
        ({"nonfinite": 3}, "do not trust", "3 of 4000"),
        ({"trouble": "the log joint became NaN"}, "do not trust", "became NaN"),
        ({"khat": 0.6}, "usable with corrections", "0.60"),
        ({"worst": "tau", "shift": 0.3}, "usable with corrections", "`tau`"),
        ({"worst": "tau", "stretch": -0.3}, "usable with corrections", "too large by 26%"),
        ({"ess": 80}, "usable with corrections", "80"),
        ({"gap": 0.4}, "usable with corrections", "0.4 nats"),
        ({"mean_error": 0.2}, "usable with corrections", "0.2 sds"),
        ({"elbo_error": 0.5}, "usable with corrections", "0.5 nats"),
    ],
)
def test_each_finding_by_itself(change, word, said):
    v = judge(dataclasses.replace(FINE, **change))
    assert v.word == word
    assert any(said in reason for reason in v.reasons)
    assert v.next_step


def test_all_reasons_are_given():
    v = judge(dataclasses.replace(FINE, khat=0.9, converged=False, nonfinite=1))
    assert len(v.reasons) == 3


def test_exact_fits_are_good():
    assert verdict(conjugate()).good
    assert verdict(gaussian(20, 1, True)[0]).good


def test_meanfield_on_correlations_is_not_good():
    v = verdict(gaussian(20, 1, True)[0], guide="meanfield")
    assert not v.good
    assert "fullrank" in v.next_step


def test_eight_schools_centred_is_not_to_be_trusted():
    for seed in range(5):
        v = verdict(eight_schools(True), seed=seed)
        assert v.word == "do not trust"
        assert "`tau`" in v.reasons[0]


def test_eight_schools_noncentred_is_not_called_good_as_it_stands():
    assert not verdict(eight_schools(False)).good


def test_the_users_name_for_the_worst_element():
    assert any("`height of Ann`" in r for r in verdict(eight_schools(True), name="height of Ann").reasons)


def test_a_fit_cut_short_says_so():
    v = verdict(eight_schools(False), steps=2)
    assert v.word == "do not trust"
    assert any("converged" in r for r in v.reasons)
