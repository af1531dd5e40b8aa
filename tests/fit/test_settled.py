"""Coordinates chosen for the data: as good as the better of both texts, reported, kept in files, pinned on request."""

import numpy as np
import pytest

import ppl
from ppl.diagnostic import PplError

SCHOOLS = {
    "y": [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0],
    "sigma": [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0],
}
CENTRED = """
dim school
data y[school], sigma[school]: real
mu ~ Normal(0, 5)
tau ~ HalfCauchy(5)
theta[school] ~ Normal(mu, tau)
y[school] ~ Normal(theta, sigma)
"""
NON_CENTRED = CENTRED.replace("theta[school] ~ Normal(mu, tau)", "eta[school] ~ Normal(0, 1)").replace(
    "Normal(theta, sigma)", "Normal(mu + tau * eta, sigma)"
)
GROUPS = """
dim group, obs
data g[obs]: group
data y[obs]: real
mu ~ Normal(0, 10)
tau ~ HalfCauchy(2)
s ~ HalfNormal(5)
theta[group] ~ Normal(mu, tau)
y[obs] ~ Normal(theta[g], s)
"""
WALK = """
dim time
data y[time]: real
s ~ HalfNormal(200)
e ~ HalfNormal(200)
x[time] ~ Normal(1000, 300) where time == 0
x[time] ~ Normal(x[time - 1], s) where time > 0
y[time] ~ Normal(x, e)
"""


def groups(counts):
    """Groups of these many rows; their means have sd 0.7, the rows about them 1.5."""
    rng = np.random.default_rng(1)
    means = rng.normal(2, 0.7, len(counts))
    g = np.repeat(np.arange(len(counts)), counts)
    return {"group": len(counts), "g": g.tolist(), "y": (means[g] + rng.normal(0, 1.5, len(g))).tolist()}


@pytest.fixture(scope="module")
def schools():
    return ppl.model(CENTRED).fit(SCHOOLS, guide="fullrank")


@pytest.mark.parametrize("guide", ["fullrank", "meanfield"])
def test_eight_schools_as_well_as_the_text_without_a_funnel(guide, schools):
    fit = schools if guide == "fullrank" else ppl.model(CENTRED).fit(SCHOOLS, guide=guide)
    best = ppl.model(NON_CENTRED).fit(SCHOOLS, guide=guide)
    assert fit.elbo > best.elbo - 0.05
    as_written = ppl.model(CENTRED).fit(SCHOOLS, guide=guide, centering="centered")
    assert fit.elbo > as_written.elbo + 0.5


def test_what_the_data_say_of_each_group_decides():
    weak = ppl.model(GROUPS).fit(groups([1] * 8), guide="meanfield").centering["theta"].c
    strong = ppl.model(GROUPS).fit(groups([100] * 8), guide="meanfield").centering["theta"].c
    assert np.max(weak) < 0.5
    assert np.min(strong) > 0.8
    data = groups([1] * 8 + [100] * 4)
    mixed = ppl.model(GROUPS).fit(data, guide="meanfield")
    c = mixed.centering["theta"].c
    assert c.shape == (12,)
    assert np.max(c[:8]) < np.min(c[8:])
    for pin in ("centered", "noncentered"):
        assert mixed.elbo > ppl.model(GROUPS).fit(data, guide="meanfield", centering=pin).elbo + 0.2


def test_a_path_gets_one_number_in_any_units():
    rng = np.random.default_rng(4)
    y = 1000 + np.cumsum(rng.normal(0, 30, 40)) + rng.normal(0, 100, 40)
    fit = ppl.model(WALK).fit({"y": y.tolist()}, guide="meanfield")
    assert 0 < fit.centering["x"].c < 1
    for pin in (0, 1):
        assert fit.elbo > ppl.model(WALK).fit({"y": y.tolist()}, guide="meanfield", centering=pin).elbo + 1


def test_a_path_stays_as_written_for_a_guide_that_follows_the_graph():
    y = 1000 + 100 * np.random.default_rng(4).normal(size=12)
    fit = ppl.model(WALK).fit({"y": y.tolist()}, guide="structured")
    assert fit.centering["x"].c == 1
    assert fit.centering["x"].how == "chosen"


def test_it_is_said(schools):
    line = next(line for line in str(schools).splitlines() if line.startswith("centered (1)"))
    assert "theta" in line
    from ppl.report.json import to_dict

    said = to_dict(schools)["centering"]
    assert said == {"theta": {"c": schools.centering["theta"].c.tolist(), "how": "chosen"}}
    assert not ppl.model(NON_CENTRED).fit(SCHOOLS, guide="meanfield", steps=2).centering


@pytest.mark.parametrize("pin", [None, {"theta": 0.3}, "centered"])
def test_files_keep_the_coordinates(pin, tmp_path):
    fit = ppl.model(CENTRED).fit(SCHOOLS, guide="meanfield", centering=pin)
    fit.save(tmp_path / "fit.ppl")
    again = ppl.open_fit(tmp_path / "fit.ppl")
    assert str(again) == str(fit)
    for name, values in fit.draws(20).items():
        np.testing.assert_array_equal(again.draws(20)[name], values)
    np.testing.assert_array_equal(again.log_likelihood(5)["y"], fit.log_likelihood(5)["y"])


def test_pinned_by_the_program():
    text = CENTRED + "guide { theta: centering(0.3)  rest: meanfield }\n"
    fit = ppl.model(text).fit(SCHOOLS)
    assert fit.guide == "meanfield"
    assert (fit.centering["theta"].c, fit.centering["theta"].how) == (0.3, "pinned")
    assert ppl.model(text).fit(SCHOOLS, centering={"theta": 1}).centering["theta"].c == 1
    whole = ppl.model(CENTRED + "guide rest: noncentered\n").fit(SCHOOLS, guide="meanfield")
    assert whole.centering["theta"].c == 0


def test_pinned_is_the_other_text():
    pinned = ppl.model(CENTRED).fit(SCHOOLS, guide="meanfield", centering="noncentered")
    other = ppl.model(NON_CENTRED).fit(SCHOOLS, guide="meanfield")
    assert pinned.elbo == pytest.approx(other.elbo, abs=1e-3)


@pytest.mark.parametrize("pin", [{"mu": 0.5}, {"theta": 2}, {"theta": "middle"}, {"theta": None}])
def test_what_cannot_be_pinned(pin):
    with pytest.raises(PplError, match="E715"):
        ppl.model(CENTRED).fit(SCHOOLS, centering=pin)


def test_it_stops_when_time_is_up():
    fit = ppl.model(CENTRED).fit(SCHOOLS, time_limit=1e-3)
    assert not fit.converged
    assert "theta" in fit.centering


def test_a_peak_is_one_of_the_text():
    text = "tau ~ LogNormal(0, 1)\ntheta ~ Normal(1, tau)\n"
    assert ppl.model(text).fit(guide="delta").centering["theta"].c == 1
    assert ppl.model(text).fit(guide="delta", centering="noncentered").centering["theta"].c == 0
