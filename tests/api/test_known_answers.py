"""Models whose answers are known, fitted through the door that users take."""

import math

import numpy as np
import pytest

import ppl

CONJUGATE = """
dim obs
data y[obs]: real
mu ~ Normal(0, 2)
y[obs] ~ Normal(mu, 1)
"""
Y = [1.2, 0.3, -0.7, 2.1, 0.9, 1.4, -0.2, 0.8]

BAYES_EM = """
dim obs
data y[obs]: real
param theta: real = 0
z[obs] ~ Normal(theta, 1)
y[obs] ~ Normal(z, 1)
"""

SCHOOLS = {
    "school": list("ABCDEFGH"),
    "y": [28, 8, -3, 7, -1, 1, 18, 12],
    "sigma": [15, 10, 16, 11, 9, 11, 10, 18],
}
CENTRED = """
dim school
data y[school]: real
data sigma[school]: real > 0
mu ~ Normal(0, 5)
tau ~ HalfCauchy(5)
theta[school] ~ Normal(mu, tau)
y[school] ~ Normal(theta, sigma)
"""
NON_CENTRED = CENTRED.replace(
    "theta[school] ~ Normal(mu, tau)", "eta[school] ~ Normal(0, 1)\ntheta[school] = mu + tau * eta"
)
EIGHT_SCHOOLS_EVIDENCE = -31.3113  # by quadrature over tau, the rest in closed form


@pytest.mark.parametrize("guide", ["fullrank", "meanfield", "auto"])
def test_conjugate(guide):
    fit = ppl.model(CONJUGATE, "conjugate").fit({"y": Y}, guide=guide)
    # precision 1/4 + 8, mean sum(y) / that; the evidence is a Gaussian's with covariance I + 4.
    assert fit.mean("mu") == pytest.approx(0.7030303, abs=1e-6)
    assert fit.sd("mu") == pytest.approx(0.3481553, abs=1e-6)
    cov = np.eye(8) + 4.0
    evidence = -0.5 * (Y @ np.linalg.solve(cov, Y) + np.linalg.slogdet(cov)[1] + 8 * math.log(2 * math.pi))
    assert evidence == pytest.approx(-12.0009742, abs=1e-7)
    assert fit.elbo == pytest.approx(evidence, abs=1e-8)
    assert fit.log_evidence.estimate == pytest.approx(evidence, abs=1e-8)
    assert fit.log_evidence.exact
    assert abs(fit.kl_posterior.estimate) < 1e-8
    assert fit.verdict == "good"


def test_bayes_em():
    fit = ppl.model(BAYES_EM).fit({"y": Y})
    assert fit.params["theta"] == pytest.approx(0.725, abs=1e-6)
    assert fit.mean("theta") == fit.params["theta"]
    assert fit.elbo == pytest.approx(-11.5428469, abs=1e-6)
    assert "theta" not in fit.posterior
    assert any("bound on" in note and "`theta`" in note for note in fit.notes)


def test_eight_schools_non_centred():
    fit = ppl.model(NON_CENTRED).fit(SCHOOLS)
    assert fit.log_evidence.estimate == pytest.approx(EIGHT_SCHOOLS_EVIDENCE, abs=0.15)
    assert fit.log_evidence.low < EIGHT_SCHOOLS_EVIDENCE
    assert fit.elbo < EIGHT_SCHOOLS_EVIDENCE + 3 * fit.elbo_error
    assert fit["theta"].dims == ("school",)
    assert fit["theta"].labels["school"] == tuple("ABCDEFGH")
    assert fit["theta"].element((2,)) == "theta[C]"


def test_eight_schools_centred_is_told_apart():
    fit = ppl.model(CENTRED).fit(SCHOOLS, centering="centered")
    assert fit.verdict != "good"
    assert fit.khat > 0.5
    assert fit.log_evidence.low < EIGHT_SCHOOLS_EVIDENCE
    assert fit.log_evidence.high is None or fit.log_evidence.high > EIGHT_SCHOOLS_EVIDENCE
    assert any("`tau`" in reason for reason in fit.reasons)
    assert fit.next_step


def test_flat_prior_is_said_to_leave_a_constant_open():
    text = CONJUGATE.replace("Normal(0, 2)", "Flat()")
    fit = ppl.model(text).fit({"y": Y})
    assert fit.mean("mu") == pytest.approx(np.mean(Y), abs=1e-6)
    assert any("up to a constant" in note for note in fit.notes)
    assert not any("up to a constant" in note for note in ppl.model(CONJUGATE).fit({"y": Y}).notes)


def test_identities_hold_to_rounding():
    fit = ppl.model(NON_CENTRED).fit(SCHOOLS)
    assert fit.expected_log_likelihood - fit.kl_prior == pytest.approx(fit.elbo, abs=1e-10)
    assert math.fsum(fit.terms.values()) + fit.entropy == pytest.approx(fit.elbo, abs=1e-10)
    observed = math.fsum(fit.terms[name] for name in fit.observed)
    assert observed == pytest.approx(fit.expected_log_likelihood, abs=1e-10)
    assert list(fit.terms) == ["mu", "tau", "eta", "y"]


def test_draws_are_those_of_the_guide_and_of_the_seed():
    fit = ppl.model(NON_CENTRED).fit(SCHOOLS)
    draws = fit.draws(20_000, seed=1)
    assert {name: value.shape[1:] for name, value in draws.items()} == {
        "mu": (),
        "tau": (),
        "eta": (8,),
        "theta": (8,),
    }
    np.testing.assert_array_equal(draws["tau"], fit.draws(20_000, seed=1)["tau"])
    assert not np.array_equal(draws["tau"], fit.draws(20_000, seed=2)["tau"])
    np.testing.assert_allclose(
        draws["theta"], draws["mu"][:, None] + draws["tau"][:, None] * draws["eta"], atol=1e-10
    )
    sd = fit["mu"].sd_guide
    assert np.std(draws["mu"]) == pytest.approx(float(sd), rel=0.03)


def test_same_seed_same_numbers():
    one, other = (ppl.model(NON_CENTRED).fit(SCHOOLS, seed=3) for _ in range(2))
    assert one.elbo == other.elbo
    assert one.elbo != ppl.model(NON_CENTRED).fit(SCHOOLS, seed=4).elbo


def test_the_models_own_guide_is_taken_unless_another_is_asked_for():
    text = CONJUGATE + "guide meanfield\n"
    assert ppl.model(text).fit({"y": Y}).guide == "meanfield"
    assert ppl.model(text).fit({"y": Y}, guide="fullrank").guide == "fullrank"


def test_a_start_that_fails_names_the_statement():
    text = "dim obs\ndata y[obs]: real\nm ~ Normal(0, 1)\ny[obs] ~ Normal(m, exp(1000 * m^2 + 1000))\n"
    with pytest.raises(ppl.PplError) as caught:
        ppl.model(text).fit({"y": [1.0, 2.0]})
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.labels
    assert diagnostic.source.position(diagnostic.place.start)[0] == 4
    assert "y[obs] ~ Normal(m" in str(caught.value)


def test_a_wrong_name_gets_a_suggestion():
    fit = ppl.model(NON_CENTRED).fit(SCHOOLS)
    with pytest.raises(ppl.PplError, match="did you mean `theta`"):
        fit["thetta"]
