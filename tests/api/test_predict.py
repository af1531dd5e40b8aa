"""Predictions under a fit, for the data it was made with and for others; log likelihoods by row."""

import numpy as np
import pytest

import ppl

TEXT = """
dim obs
dim group
data x[obs]: real
data g[obs]: group
data y[obs]: real
a[group] ~ Normal(0, 5)
b ~ Normal(0, 1)
s ~ HalfNormal(1)
eta[obs] = a[g] + b * x
y[obs] ~ Normal(eta, s)
predict y_new[obs] ~ Normal(eta, s)
predict twice[obs] = 2 * eta
"""
LEVELS = {"p": -3.0, "q": 0.0, "r": 3.0}


def _data(n=90, seed=0):
    rng = np.random.default_rng(seed)
    g = [list(LEVELS)[i % 3] for i in range(n)]
    x = rng.normal(size=n)
    return {"x": x, "g": g, "y": np.array([LEVELS[k] for k in g]) + x + 0.2 * rng.normal(size=n)}


@pytest.fixture(scope="module")
def fit():
    return ppl.model(TEXT).fit(_data())


def test_same_data(fit):
    found = fit.predict(draws=4000)
    assert found["y_new"].shape == found["twice"].shape == (4000, 90)
    error = np.mean(found["y_new"] - _data()["y"], axis=0)
    assert np.max(np.abs(error)) < 4 * 0.2 + 0.1
    np.testing.assert_allclose(np.mean(found["twice"], axis=0), 2 * fit.mean("eta"), atol=0.05)
    np.testing.assert_array_equal(fit.predict(draws=20)["y_new"], fit.predict(draws=20)["y_new"])
    assert not np.array_equal(fit.predict(draws=20)["y_new"], fit.predict(draws=20, seed=9)["y_new"])


def test_new_data_need_no_response_and_find_groups_by_label(fit):
    found = fit.predict({"x": [0.0, 0.0, 0.0, 5.0], "g": ["r", "q", "p", "p"]}, draws=4000)
    assert found["y_new"].shape == (4000, 4)
    np.testing.assert_allclose(np.mean(found["y_new"], axis=0), [3, 0, -3, 2], atol=0.35)
    np.testing.assert_allclose(np.std(found["y_new"], axis=0), 0.2, rtol=0.5)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({"x": [0.0], "g": ["zz"]}, 'no label "zz"'),
        ({"x": [0.0, 1.0]}, "`obs` has 2 places by `x`"),
        ({"x": [0.0], "g": [0], "group": ["r", "q", "p"]}, "the new data change `group`"),
        ({"x": [0.0], "g": [0], "group": 4}, "the new data change `group`"),
    ],
)
def test_new_data_that_do_not_fit(fit, new, said):
    with pytest.raises(ppl.PplError) as caught:
        fit.predict(new)
    assert said in str(caught.value)


def test_nothing_to_predict():
    with pytest.raises(ppl.PplError, match="predicts nothing"):
        ppl.model("x ~ Normal(0, 1)").fit().predict()


def test_prediction_of_pieces_and_counts():
    text = """
dim t = 4
r ~ Gamma(20, 10)
predict n[t] ~ Poisson(r) where t < 2
predict n[t] ~ Poisson(100 * r) where t > 1
"""
    found = ppl.model(text).fit().predict(draws=5000)["n"]
    assert found.dtype.kind == "i"
    np.testing.assert_allclose(found.mean(axis=0), [2, 2, 200, 200], rtol=0.05)


def test_missing_cells_take_part_in_predictions():
    text = """
dim obs
data x[obs]: real?
data y[obs]: real
x[obs] ~ Normal(0, 1)
b ~ Normal(0, 3)
y[obs] ~ Normal(b * x, 0.1)
predict again[obs] ~ Normal(b * x, 0.1)
"""
    rng = np.random.default_rng(1)
    x = rng.normal(size=40)
    y = 2 * x + 0.1 * rng.normal(size=40)
    fit = ppl.model(text).fit({"x": [None if i == 3 else v for i, v in enumerate(x)], "y": y})
    again = fit.predict(draws=2000)["again"]
    assert np.mean(again[:, 3]) == pytest.approx(y[3], abs=0.1)


def test_log_likelihood_by_row_adds_up_to_the_term(fit):
    rows = fit.log_likelihood(200, seed=5)["y"]
    assert rows.shape == (200, 90)
    draws = fit.draws(200, seed=5)
    for k in (0, 7):
        values = {name: draws[name][k] for name in ("a", "b", "s")}
        assert np.sum(rows[k]) == pytest.approx(fit.bound.terms(values)["y"], rel=1e-10)
    residual = (_data()["y"] - draws["eta"][0]) / draws["s"][0]
    expected = -0.5 * residual**2 - np.log(draws["s"][0]) - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(rows[0], expected, rtol=1e-10)


def test_log_likelihood_of_what_is_observed_in_part():
    text = """
dim time
data y[time]: real
phi ~ Normal(0, 1)
y[time] ~ Normal(phi * y[time - 1], 1) where time > 0
"""
    y = np.array([0.5, 1.0, -0.3, 0.2])
    fit = ppl.model(text).fit({"y": y})
    rows, phi = fit.log_likelihood(10)["y"], fit.draws(10)["phi"]
    expected = -0.5 * (y[1:] - phi[:, None] * y[:-1]) ** 2 - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(rows, expected, rtol=1e-12)


def test_predictions_by_a_summed_out_latent():
    text = """
dim obs
dim k = 2
data y[obs]: real
w[k] ~ Dirichlet(5)
mu[k] ~ Normal(0, 5) ordered
z[obs] ~ Categorical(w)
y[obs] ~ Normal(mu[z], 1)
predict again[obs] ~ Normal(mu[z], 0.01)
predict which[obs] = z[obs]
"""
    y = np.array([-4.0, -3.5, -4.4, 4.0, 3.6, 4.3, 0.1])
    found = ppl.model(text).fit({"y": y}).predict(draws=4000)
    assert set(np.unique(found["which"])) == {0, 1}
    np.testing.assert_array_equal(found["which"][:, :3], 0)
    np.testing.assert_array_equal(found["which"][:, 3:6], 1)
    assert 0.2 < np.mean(found["which"][:, 6]) < 0.8
    assert np.mean(found["again"][:, 0]) == pytest.approx(-4, abs=0.6)


def test_a_hidden_path_is_drawn_from_its_posterior():
    """Against the path's posterior by enumeration of all 2^5 paths."""
    text = """
dim time
dim state = 2
data y[time]: real
data P[from in state, to in state]: real
half[state] = 0.5
z[time] ~ Categorical(half) where time == 0
z[time] ~ Categorical(P[z[time - 1]]) where time > 0
y[time] ~ Normal(z, 0.8)
predict path[time] = z[time]
"""
    P, y = np.array([[0.8, 0.2], [0.3, 0.7]]), np.array([0.2, 0.6, 0.4, 0.9, 0.5])
    fit = ppl.model(text).fit({"y": y, "P": P})
    path = fit.predict(draws=8000)["path"].astype(int)
    paths = np.array(list(np.ndindex(*(2,) * 5)))
    log_p = (
        np.log(0.5) + np.log(P[paths[:, :-1], paths[:, 1:]]).sum(1) - 0.5 * (((y - paths) / 0.8) ** 2).sum(1)
    )
    log_p -= 5 * np.log(0.8 * np.sqrt(2 * np.pi))
    assert fit.elbo == pytest.approx(np.logaddexp.reduce(log_p), abs=1e-10)
    p = np.exp(log_p - np.logaddexp.reduce(log_p))
    code = path @ (2 ** np.arange(5)[::-1])
    share = np.bincount(code, minlength=32) / len(path)
    np.testing.assert_allclose(share, p, atol=5 * np.sqrt(0.25 / len(path)))
