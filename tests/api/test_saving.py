"""A fit in a file is the same fit."""

import math
from dataclasses import replace

import numpy as np
import pytest

import ppl
from ppl.api.fits import whole
from ppl.report.json import to_json

TEXT = """
dim school
dim day
data y[school, day]: real
data who[day]: school
data scale: real = 1.5
param s: real > 0 = 1
mu ~ Normal(0, 5)
theta[school] ~ Normal(mu, 2)
eta[day] = theta[who] * scale
y[school, day] ~ Normal(theta, s)
predict again[day] ~ Normal(eta, s)
"""
DATA = {
    "y": [[1.0, 2.0, 0.5], [2.0, 2.5, 3.0]],
    "school": ["north", "south"],
    "who": ["south", "north", "south"],
    "unrelated": "text that the model does not ask for",
}


@pytest.fixture(scope="module")
def fit():
    return ppl.model(TEXT, "places").fit(DATA, seed=4)


def test_everything_comes_back(fit, tmp_path):
    fit.save(tmp_path / "fit.ppl")
    again = ppl.open_fit(tmp_path / "fit.ppl")
    assert to_json(again) == to_json(fit)
    assert str(again) == str(fit)
    assert repr(again) == repr(fit)
    for one, other in zip(fit.draws(30).items(), again.draws(30).items(), strict=True):
        assert one[0] == other[0]
        np.testing.assert_array_equal(one[1], other[1])
    np.testing.assert_array_equal(fit.predict(draws=30)["again"], again.predict(draws=30)["again"])
    np.testing.assert_array_equal(fit.log_likelihood(5)["y"], again.log_likelihood(5)["y"])
    assert again.bound.log_prob({"mu": 0, "theta": [1, 2], "s": 1.0}) == fit.bound.log_prob(
        {"mu": 0, "theta": [1, 2], "s": 1.0}
    )
    assert math.isclose(again.mean("s"), fit.mean("s"))


def test_a_fit_that_went_wrong_comes_back_with_its_diagnosis(tmp_path):
    text = "x ~ Flat()"
    fit = ppl.model(text).fit()
    assert fit.diagnosis is not None
    fit.save(tmp_path / "f")
    again = ppl.open_fit(tmp_path / "f")
    assert again.diagnosis == fit.diagnosis
    assert str(again) == str(fit)


def test_data_with_holes_and_from_a_file(tmp_path):
    text = "dim obs\ndata x[obs]: real?\nm ~ Normal(0, 1)\nx[obs] ~ Normal(m, 1)"
    (tmp_path / "d.csv").write_text("x,other\n1.5,a\n,b\n2.5,c\n", encoding="utf-8")
    fit = ppl.model(text).fit(tmp_path / "d.csv")
    fit.save(tmp_path / "f")
    assert to_json(ppl.open_fit(tmp_path / "f")) == to_json(fit)


def test_a_file_of_another_make_is_refused(fit, tmp_path):
    from ppl.archive import Archive, read, write

    fit.save(tmp_path / "f")
    archive = read(tmp_path / "f", "fit")
    changes = (
        {"format": 99},
        {"report": {}},
        {"run": {"guide": "fullrank"}},
        {"posterior": {"theta": {}}},
        {"source": {"name": "x", "text": "not a model"}},
        {"source": {"name": "x", "text": "x ~ Normal(0, 1)"}},
    )
    for change in changes:
        write(tmp_path / "g", Archive("fit", {**archive.record, **change}, archive.arrays))
        with pytest.raises(ppl.PplError):
            ppl.open_fit(tmp_path / "g")


@pytest.mark.parametrize(
    "guide", ["structured", "lowrank(1)", "delta", "laplace", "{mu: meanfield  rest: structured}"]
)
def test_guides_shaped_by_the_model_come_back(guide, tmp_path):
    fit = ppl.model(TEXT, "places").fit(DATA, guide=guide)
    fit.save(tmp_path / "fit.ppl")
    again = ppl.open_fit(tmp_path / "fit.ppl")
    assert again.guide == guide
    np.testing.assert_array_equal(again.draws(5)["theta"], fit.draws(5)["theta"])


def test_numbers_of_another_guide_are_refused(fit, tmp_path):
    other = whole(fit.bound, fit.log_joint, replace(fit.run, params=fit.run.params[:-1]), fit)
    other.save(tmp_path / "fit.ppl")
    with pytest.raises(ppl.PplError, match="the numbers of its guide"):
        ppl.open_fit(tmp_path / "fit.ppl")
