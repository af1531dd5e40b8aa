"""Distributions of a program's own: their density against a twin's, their draws against their density."""

import numpy as np
import pytest
from scipy import stats

import ppl
from ppl.diagnostic import PplError

RAYLEIGH = """
dist Own(x: real > 0 | s) = log(x) - 2 * log(s) - 0.5 * (x / s)^2,
    sample = s * sqrt(2 * Exponential(1))
"""
LAPLACE = """
fn half(u) = u / 2
dist Own(x | m, s) = -log(2 * s) - abs(x - m) / s,
    sample = m + 2 * half(if Bernoulli(0.5) then Exponential(1 / s) else -Exponential(1 / s))
"""
NESTED = """
dist Inner(x: real > 0 | s) = log_prob(Gamma(2, s), x), sample = Gamma(1, s) + Gamma(1, s)
dist Own(x: real > 1 | s) = log_prob(Inner(s), x - 1), sample = 1 + Inner(s)
"""
CASES = {
    "Rayleigh": (RAYLEIGH, "Own(1.5)", stats.rayleigh(scale=1.5)),
    "Laplace": (LAPLACE, "Own(0.5, 2)", stats.laplace(0.5, 2)),
    "nested": (NESTED, "Own(3)", stats.gamma(2, loc=1, scale=1 / 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_draws_have_the_density_that_is_written(name):
    program, call, truth = CASES[name]
    bound = ppl.model(f"{program}dim obs = 3\nx[obs] ~ {call}\npredict y ~ {call}").bind()
    x = truth.ppf([0.1, 0.5, 0.99])
    assert bound.log_prob({"x": x}) == pytest.approx(truth.logpdf(x).sum(), rel=1e-12)
    drawn = bound.prior(20_000, seed=4)
    for values in (drawn["x"][:, 0], drawn["x"][:, 2], drawn["y"]):
        assert stats.kstest(values, truth.cdf).pvalue > 1e-6
    # Elements are draws of their own.
    assert abs(np.corrcoef(drawn["x"].T)[0, 1]) < 5 / np.sqrt(20_000)


def test_parameters_may_be_arrays_and_one_draw_may_be_used_twice():
    text = """
    fn square(u) = u * u
    dist Own(x: real >= 0 | s) = log_prob(ChiSquared(1), x / s^2) - 2 * log(s), sample = square(Normal(0, s))
    dim obs = 2
    s[obs] = 1 + 2 * obs
    x[obs] ~ Own(s)
    """
    drawn = ppl.model(text).bind().prior(20_000, seed=1)["x"]
    for k, s in enumerate((1, 3)):
        assert stats.kstest(drawn[:, k] / s**2, stats.chi2(1).cdf).pvalue > 1e-6


def test_a_fit_predicts_from_it():
    text = f"{RAYLEIGH}dim obs\ndata y[obs]: real > 0\ns ~ Gamma(2, 1)\ny[obs] ~ Own(s)\npredict z ~ Own(s)"
    y = stats.rayleigh.rvs(scale=2, size=500, random_state=2)
    found = ppl.model(text).fit({"y": y}).predict(draws=4000)["z"]
    assert stats.ks_2samp(found, y).pvalue > 1e-6


def test_it_may_be_used_by_the_data_alone():
    text = f"{RAYLEIGH}dim obs\ndata y[obs]: real > 0\ny[obs] ~ Own(1.5)"
    y = [0.3, 2.0]
    found = ppl.model(text).bind({"y": y}).log_prob({})
    assert found == pytest.approx(stats.rayleigh.logpdf(y, scale=1.5).sum(), rel=1e-12)


@pytest.mark.parametrize("kind", ["int in [0, 2]", "bool"])
def test_one_of_whole_numbers_is_summed_out_like_its_twin(kind):
    count = 2 if kind.startswith("int") else 1
    twin = f"data y: real\np ~ Beta(2, 2)\nz ~ Binomial({count}, p)\ny ~ Normal(z, 1)\npredict w ~ Binomial({count}, p)"
    density = f"log_choose({count}, k) + k * log(p) + ({count} - k) * log1p(-p)"
    own = f"dist Own(k: {kind} | p) = {density}, sample = Binomial({count}, p)\n"
    text = own + twin.replace(f"Binomial({count}, p)", "Own(p)")
    one, other = ppl.model(text).bind({"y": 0.4}), ppl.model(twin).bind({"y": 0.4})
    z = np.linspace(-3, 3, 7)[:, None]
    assert one.log_joint(z) == pytest.approx(other.log_joint(z), rel=1e-12)
    drawn, again = one.prior(4000, seed=5), other.prior(4000, seed=5)
    assert abs(drawn["z"].mean() - again["z"].mean()) < 5 * np.sqrt(2 * count / 4 / 4000)
    assert drawn["w"].dtype.kind == "i"


def test_a_draw_outside_of_the_values_is_no_draw():
    text = "dist Own(x: real > 0 | m) = -x, sample = Normal(m, 1)\nx ~ Own(0)"
    with pytest.raises(PplError, match=r"E723(.|\n)*its `sample` gave -"):
        ppl.model(text).bind().prior(100)


def test_without_a_sampler_there_are_no_draws():
    with pytest.raises(PplError, match=r"E724(.|\n)*dist Own\(\.\.\.\) = \.\.\., sample = \.\.\."):
        ppl.model("dist Own(x | m) = -(x - m)^2 - 0.5 * log(pi)\nx ~ Own(0)").bind().prior(10)
