"""Nets from fit to prediction: their weights are no results, but everything else is made of them."""

import numpy as np
import pytest

import ppl

MODEL = """
dim obs
dim feature = 2
dim out = 1
data x[obs, feature]: real
data y[obs, out]: real
net f: feature -> 3 tanh -> out{prior}
s ~ LogNormal(0, 0.3)
share[feature] ~ Beta(2, 2)
y[obs, out] ~ Normal(f(x), s)
predict again[obs, out] ~ Normal(f(x), s)
"""
RNG = np.random.default_rng(0)
DATA = {"x": RNG.normal(size=(6, 2)).tolist(), "y": RNG.normal(size=(6, 1)).tolist()}


@pytest.mark.parametrize("prior", ["", " ~ Normal(0, 1)"])
def test_a_net_is_fitted_drawn_and_predicted(prior):
    model = ppl.model(MODEL.format(prior=prior))
    fit = model.fit(DATA, seed=0, guide="meanfield")
    assert fit.predict(draws=5, seed=1)["again"].shape == (5, 6, 1)
    assert fit.predict({"x": [[0.0, 0.0]]}, draws=5, seed=1)["again"].shape == (5, 1, 1)
    assert not any(name.startswith("f.") for name in fit.draws(3, seed=2))
    drawn = model.bind(DATA).prior(draws=4, seed=3)
    assert drawn["y"].shape == (4, 6, 1)
    assert ("f.w1" in drawn) == bool(prior)
