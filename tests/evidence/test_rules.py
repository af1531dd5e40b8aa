"""Which estimator is taken when, what it says, and what is known exactly of conjugate models."""

import autograd.numpy as anp
import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln, gammaln
from targets import Target, eight_schools, gaussian, layout, normal

import ppl
from ppl.evidence import measure
from ppl.fit import fit

Y = np.array([1.2, 0.3, -0.7, 2.1, 0.9])


def beta_binomial():
    text = "data k: int >= 0\np ~ Beta(2, 3)\nk ~ Binomial(20, p)\n"
    evidence = gammaln(21) - gammaln(8) - gammaln(14) + betaln(9, 16) - betaln(2, 3)
    return text, {"k": 7}, evidence, {"p": (9 / 25, np.sqrt(9 * 16 / 26) / 25)}


def gamma_poisson():
    y = np.array([3, 1, 4, 1, 5])
    a, b = 2 + y.sum(), 1 + len(y)
    text = "dim i\ndata y[i]: int >= 0\nr ~ Gamma(2, 1)\ny[i] ~ Poisson(r)\n"
    evidence = gammaln(a) - gammaln(2) - a * np.log(b) - gammaln(y + 1).sum()
    return text, {"y": y}, evidence, {"r": (a / b, np.sqrt(a) / b)}


def normal_normal():
    v = 1 / (1 / 4 + len(Y))
    text = "dim i\ndata y[i]: real\nm ~ Normal(0, 2)\ny[i] ~ Normal(m, 1)\n"
    evidence = stats.multivariate_normal.logpdf(Y, np.zeros(5), np.eye(5) + 4)
    return text, {"y": Y}, evidence, {"m": (v * Y.sum(), np.sqrt(v))}


def normal_inverse_gamma():
    k, a = 0.5 + len(Y), 3 + len(Y) / 2
    m, b = Y.sum() / k, 2 + 0.5 * (np.sum(Y**2) - Y.sum() ** 2 / k)
    text = (
        "dim i\ndata y[i]: real\nv ~ InverseGamma(3, 2)\nm ~ Normal(0, sqrt(v / 0.5))\n"
        "y[i] ~ Normal(m, sqrt(v))\n"
    )
    evidence = gammaln(a) - gammaln(3) + 3 * np.log(2) - a * np.log(b)
    evidence += 0.5 * np.log(0.5 / k) - len(Y) / 2 * np.log(2 * np.pi)
    v = b / (a - 1)
    return text, {"y": Y}, evidence, {"m": (m, np.sqrt(v / k)), "v": (v, v / np.sqrt(a - 2))}


def dirichlet_multinomial(counts):
    c = np.array(counts)
    K, n, A = len(c), c.sum(), 1.5 + c
    text = f"dim k = {K}\ndata c[k]: int >= 0\np[k] ~ Dirichlet([{', '.join(['1.5'] * K)}])\n"
    evidence = gammaln(n + 1) - gammaln(c + 1).sum() + gammaln(1.5 * K) - K * gammaln(1.5)
    evidence += gammaln(A).sum() - gammaln(A.sum())
    mean = A / A.sum()
    return (
        text + f"c[k] ~ Multinomial({n}, p)\n",
        {"c": c},
        evidence,
        {"p": (mean, np.sqrt(mean * (1 - mean) / (A.sum() + 1)))},
    )


MODELS = {
    "beta-binomial": beta_binomial(),
    "gamma-poisson": gamma_poisson(),
    "normal-normal": normal_normal(),
    "normal-inverse-gamma": normal_inverse_gamma(),
    **{
        f"dirichlet-multinomial {len(c)}": dirichlet_multinomial(c)
        for c in ([4, 1, 2], [3, 1, 2, 6], [2, 5, 1, 3, 4])
    },
}


@pytest.mark.parametrize("name", MODELS)
def test_conjugate_models_are_exact(name):
    text, data, evidence, posterior = MODELS[name]
    found = ppl.model(text).fit(data)
    assert found.log_evidence.exact
    assert found.log_evidence.estimate == pytest.approx(evidence, abs=1e-8)
    assert found.log_evidence.low - 1e-10 <= evidence <= found.log_evidence.high + 1e-10
    assert found.verdict != "do not trust"
    for latent, (mean, sd) in posterior.items():
        np.testing.assert_allclose(found[latent].mean, mean, atol=1e-6)
        np.testing.assert_allclose(found[latent].sd, sd, rtol=1e-6)
        # Whatever the chance in the guide's draws, the error that is claimed knows nothing of it.
        assert np.all(np.abs(found[latent].mean - mean) < found[latent].mean_error + 1e-8)


def test_quantiles_of_a_quadrature_are_right():
    text, data, _, _ = MODELS["beta-binomial"]
    found = ppl.model(text).fit(data)["p"]
    assert (found.q05, found.q50, found.q95) == pytest.approx(
        stats.beta.ppf([0.05, 0.5, 0.95], 9, 16), abs=2e-3
    )
    text, data, _, _ = MODELS["dirichlet-multinomial 3"]
    found = ppl.model(text).fit(data)["p"]
    np.testing.assert_allclose(found.q95, stats.beta.ppf(0.95, [5.5, 2.5, 3.5], [6, 9, 8]), atol=0.02)


def small(log_density, D=5):
    return Target({"x": lambda z, w: log_density(z)}, layout(x=D))


def test_eight_schools_by_chains_and_a_bridge():
    target = eight_schools(False)
    found = measure(target, fit(target), budget=60)
    assert found.khat >= 0.5
    assert found.corrected_by == "hmc"
    assert found.mixing.settled
    assert found.log_evidence.method == "bridge"
    assert "given that 128 chains" in found.log_evidence.words
    assert found.log_evidence.low <= -31.3113 <= found.log_evidence.high
    assert found.log_evidence.high - found.log_evidence.low < 0.1
    # From 4 million draws of another sampler: 4.395 ± 3.33, 3.60 ± 3.20.
    assert found.posterior["mu"].mean == pytest.approx(4.395, abs=5 * found.posterior["mu"].mean_error)
    assert found.posterior["mu"].sd == pytest.approx(3.33, rel=0.05)
    assert found.posterior["tau"].mean == pytest.approx(3.60, abs=5 * found.posterior["tau"].mean_error)
    assert found.posterior["tau"].sd == pytest.approx(3.20, rel=0.1)
    assert found.posterior["tau"].stretch > 0.1
    again = measure(target, fit(target), budget=60)
    assert again.log_evidence == found.log_evidence
    np.testing.assert_array_equal(again.posterior["tau"].sd, found.posterior["tau"].sd)


def test_chains_can_be_forbidden_and_asked_for():
    target = eight_schools(False)
    f = fit(target)
    never = measure(target, f, hmc="never")
    assert never.mixing is None
    assert never.log_evidence.method in ("psis", "iw")
    exact, _, sd = gaussian(6, 1, True)
    always = measure(exact, fit(exact), hmc="always")
    assert always.corrected_by == "hmc"
    assert always.log_evidence.method == "exact"  # a bridge is no better than that
    np.testing.assert_allclose(always.posterior["x"].sd, sd, rtol=0.05)


def test_no_time_for_chains_is_said():
    target = eight_schools(False)
    found = measure(target, fit(target), budget=1e-6)
    assert found.mixing is None
    assert found.unrun
    assert "--hmc always" in found.words


def test_a_fit_that_had_not_converged_is_not_refined():
    target = eight_schools(False)
    assert measure(target, fit(target, steps=2)).mixing is None


def test_chains_that_do_not_mix_are_not_used():
    target = eight_schools(True)
    found = measure(target, fit(target), budget=60)
    assert found.khat > 0.7
    assert not found.mixing.settled
    assert "did not mix" in found.words
    assert found.corrected_by == "linear response"
    assert found.log_evidence.high is None


def test_two_modes_far_apart_have_no_upper_end_by_chains():
    def density(z):
        rest = anp.sum(normal(z[:, 1:], 0, 1), axis=1)
        near, away = normal(z[:, 0], 0, 1), normal(z[:, 0], 9, 1)
        return anp.logaddexp(np.log(0.3) + near, np.log(0.7) + away) + rest

    target = small(density)
    found = measure(target, fit(target), hmc="always")
    assert not found.mixing.settled or found.log_evidence.high is None or found.log_evidence.high >= 0


def test_quadrature_says_what_a_narrow_guide_does_not():
    def density(z):
        return anp.logaddexp(np.log(0.3) + normal(z[:, 0], 0, 1), np.log(0.7) + normal(z[:, 0], 9, 1))

    target = small(density, 1)
    f = fit(target)
    found = measure(target, f)
    assert found.log_evidence.estimate == pytest.approx(0, abs=1e-9)
    assert found.posterior["x"].mean == pytest.approx(6.3, abs=1e-6)
    assert found.kl_posterior.low > 0.3
