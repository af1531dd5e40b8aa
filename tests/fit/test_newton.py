"""Models with linear predictors: which they are, and that Newton's method finds their Gaussian's optimum."""

import numpy as np
import pytest

import ppl
from ppl.evidence import measure
from ppl.fit import fit
from ppl.fit.newton import _Climb, by_newton, expected, parts
from ppl.guides import fullrank
from ppl.log_joint.predictors import Predictor

N = 60
RNG = np.random.default_rng(3)
X = RNG.standard_normal((N, 3)) * [1.0, 0.3, 2.0]
GROUP = RNG.integers(0, 5, N)
ETA = 0.3 + X @ [0.5, -1.0, 0.2]
HEAD = "dim obs, feature, group\ndata x[obs, feature]: real\ndata g[obs]: group\ndata t[obs]: real > 0\n"
LINE = "a ~ Normal(0.5, 2)\nbeta[feature] ~ Normal(0, 1.5)\n"
DATA = {"x": X, "g": GROUP, "t": RNG.uniform(0.5, 2, N)}
PER_GROUP = "mu ~ Normal(0, 1)\nb[group] ~ Normal(mu, 0.7)\nbeta[feature] ~ Normal(0, 1)\n"

GLMS = {
    "bernoulli": ("bool", LINE + "y[obs] ~ Bernoulli(logit = a + x @ beta)", RNG.random(N) < 0.6),
    "probit": ("bool", LINE + "y[obs] ~ Bernoulli(Phi(a + x @ beta))", RNG.random(N) < 0.6),
    "expit": ("bool", LINE + "y[obs] ~ Bernoulli(expit(a + x @ beta))", RNG.random(N) < 0.6),
    "binomial": ("int", LINE + "y[obs] ~ Binomial(9, logit = a + x @ beta)", RNG.integers(0, 10, N)),
    "poisson": ("int", LINE + "y[obs] ~ Poisson(log_rate = a + x @ beta + log(t))", RNG.poisson(np.exp(ETA))),
    "poisson_rate": ("int", LINE + "y[obs] ~ Poisson(t * exp(a + x @ beta))", RNG.poisson(np.exp(ETA))),
    "negative_binomial": (
        "int",
        LINE + "y[obs] ~ NegativeBinomial(log_mean = a + x @ beta, concentration = 3)",
        RNG.poisson(np.exp(ETA)),
    ),
    "exponential": (
        "real",
        LINE + "y[obs] ~ Exponential(exp(-(a + x @ beta)))",
        RNG.exponential(np.exp(ETA)),
    ),
    "gamma": ("real", LINE + "y[obs] ~ Gamma(3, 3 / exp(a + x @ beta))", RNG.gamma(3, np.exp(ETA) / 3)),
    "logistic": ("real", LINE + "y[obs] ~ Logistic(a + x @ beta, 0.5)", ETA + RNG.logistic(0, 0.5, N)),
    "groups": ("bool", PER_GROUP + "y[obs] ~ Bernoulli(logit = b[g] + x @ beta)", RNG.random(N) < 0.5),
    "one_number": ("int", "a ~ Normal(0, 1)\ny[obs] ~ Poisson(log_rate = a)", RNG.poisson(2, N)),
    "two_statements": (
        "real",
        LINE + "y[obs] ~ Exponential(exp(-(a + x @ beta)))\nt[obs] ~ Exponential(exp(-(0.2 * a + 1)))",
        RNG.exponential(np.exp(ETA)),
    ),
    "linear": ("real", LINE + "y[obs] ~ Normal(a + x @ beta, 0.7)", ETA + 0.7 * RNG.standard_normal(N)),
}


def bound(kind, text, y, head=HEAD):
    source = f"{head}data y[obs]: {kind}\n{text}\n"
    return ppl.model(source).bind({**DATA, "y": y})


@pytest.mark.parametrize("name", GLMS)
def test_slopes_vanish_at_the_optimum(name):
    """E[h] = 0 and E[h z'] = -I under q, h the gradient in q's own coordinates: by Monte Carlo, to 4 errors."""
    log_joint = bound(*GLMS[name]).log_joint
    f = fit(log_joint, "fullrank")
    assert f.optimizer == "newton"
    assert f.converged
    D = log_joint.layout.size
    noise = np.random.default_rng(1).standard_normal((4000, D))
    z = guides_draws(f, noise)
    h = log_joint.value_and_grad(z)[1] @ fullrank.factor(f.params)[1]
    products = h[:, :, None] * noise[:, None] + np.eye(D)
    for means in (h, products):
        error = np.std(means, axis=0) / np.sqrt(len(noise))
        assert np.all(np.abs(np.mean(means, axis=0)) <= 4.5 * error + 1e-9)
    log_weights = log_joint(z) - fullrank.log_prob(f.params, z)
    error = np.std(log_weights) / np.sqrt(len(z))
    assert abs(np.mean(log_weights) - f.history[-1]) <= 4.5 * error + 1e-9


def guides_draws(f, noise):
    return fullrank.transport(f.params, noise)


@pytest.mark.parametrize("name", ["bernoulli", "poisson", "groups", "exponential"])
def test_no_other_gaussian_is_better(name):
    """The general road's optimum, under the same quadrature, is no higher."""
    log_joint = bound(*GLMS[name]).log_joint
    climb = _Climb(parts(log_joint), lambda _step, _value: True)
    values = []
    for optimizer in ("auto", "lbfgs"):
        mean, C, _ = fullrank.factor(fit(log_joint, "fullrank", optimizer=optimizer).params)
        root = np.linalg.inv(C)
        values.append(climb.at(mean, root.T @ root, 41).value)
    assert values[1] <= values[0] + 1e-7
    assert values[1] >= values[0] - 0.05


def test_a_gaussian_posterior_is_exact_to_rounding():
    kind, text, y = GLMS["linear"]
    f = fit(bound(kind, text, y).log_joint, "fullrank")
    design = np.column_stack([np.ones(N), X])
    precision = design.T @ design / 0.7**2 + np.diag([1 / 4] + [1 / 1.5**2] * 3)
    mean = np.linalg.solve(precision, design.T @ y / 0.7**2 + [0.5 / 4, 0, 0, 0])
    found, C, _ = fullrank.factor(f.params)
    np.testing.assert_allclose(found, mean, rtol=1e-10)
    np.testing.assert_allclose(C @ C.T, np.linalg.inv(precision), rtol=1e-9, atol=1e-14)
    covariance = 0.7**2 * np.eye(N) + design @ np.diag([4.0] + [1.5**2] * 3) @ design.T
    r = y - 0.5
    evidence = -0.5 * (r @ np.linalg.solve(covariance, r) + np.linalg.slogdet(2 * np.pi * covariance)[1])
    assert f.history[-1] == pytest.approx(evidence, abs=1e-9)


def test_means_over_a_predictor_are_integrals():
    """Gauss-Hermite against the trapezium rule, which for such integrands is exact to rounding."""
    t = np.linspace(-12, 12, 4001)
    w = np.exp(-0.5 * t**2) / np.sum(np.exp(-0.5 * t**2))
    for sd, nodes, error in (
        (0.05, 3, 1e-9),
        (0.2, 5, 1e-9),
        (0.7, 7, 1e-6),
        (2.0, 21, 1e-5),
        (6.0, 81, 1e-6),
        (9.0, 161, 1e-6),
    ):
        row = Predictor(np.zeros((1, 1)), np.zeros(1), lambda eta: -np_softplus(eta))
        total, slope, curvature = expected(row, np.array([0.4]), np.array([sd]), nodes)
        eta = 0.4 + sd * t
        p = 1 / (1 + np.exp(-eta))
        assert total == pytest.approx(-np.sum(w * np.logaddexp(0, eta)), abs=error)
        assert slope[0] == pytest.approx(-np.sum(w * p), abs=error)
        assert curvature[0] == pytest.approx(-np.sum(w * p * (1 - p)), abs=100 * error)


def np_softplus(eta):
    import autograd.numpy as anp

    return anp.log(1 + anp.exp(eta))


OTHERS = {
    "tails": LINE + "y[obs] ~ StudentT(3, a + x @ beta, 0.2)",
    "scale": LINE + "s ~ HalfNormal(1)\ny[obs] ~ Normal(a + x @ beta, s)",
    "product": LINE + "c ~ Normal(0, 1)\ny[obs] ~ Normal(a * c + x @ beta, 1)",
    "prior": "a ~ StudentT(4, 0, 1)\ny[obs] ~ Normal(a, 50)",
    "positive": "a ~ HalfNormal(1)\ny[obs] ~ Normal(a, 1)",
    "square": "a ~ Normal(0, 1)\ny[obs] ~ Normal(a^2, 1)",
    "kinked": "a ~ Normal(0, 1)\ny[obs] ~ Exponential(exp(abs(a)))",
    "two_numbers": "a ~ Normal(0, 1)\nb ~ Normal(0, 1)\ny[obs] ~ Normal(a, exp(b))",
    "param": "param c: real\na ~ Normal(c, 1)\ny[obs] ~ Normal(a, 1)",
    "mixed_rows": "a ~ Normal(0, 1)\nb[obs] ~ Normal(0, 1)\ny[obs] ~ Normal(0, exp(sum(b^2)))",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_go_the_general_way(name):
    y = np.abs(ETA) + 0.1
    log_joint = bound("real", OTHERS[name], y).log_joint
    assert by_newton(log_joint, lambda _step, _value: True) is None


def test_the_ladder_takes_it_with_what_belongs_to_it(tmp_path):
    kind, text, y = GLMS["bernoulli"]
    f = bound(kind, text, y).fit()
    assert f.optimizer == "newton"
    assert (f.run.draws, f.run.gap, f.starts) == (0, 0.0, 1)
    assert f.elbo == pytest.approx(f.run.history[-1], abs=5 * f.elbo_error)
    f.save(tmp_path / "f.fit")
    assert ppl.open_fit(tmp_path / "f.fit").optimizer == "newton"


def test_what_the_user_asks_for_is_done():
    log_joint = bound(*GLMS["bernoulli"]).log_joint
    assert fit(log_joint, "fullrank", steps=3).optimizer == "lbfgs"
    assert fit(log_joint, "fullrank", draws=64).optimizer == "lbfgs"
    assert fit(log_joint, "fullrank", optimizer="adam", steps=3).optimizer == "adam"
    assert fit(log_joint, "meanfield").optimizer == "lbfgs"
    stopped = fit(log_joint, "fullrank", progress=lambda _progress: False)
    assert not stopped.converged
    assert stopped.steps == 1


def test_rows_that_see_no_latent_and_separated_data():
    data = {**DATA, "x": np.where(np.arange(N)[:, None] < 5, 0.0, X), "y": X[:, 0] > 0}
    text = "beta[feature] ~ Normal(0, 5)\ny[obs] ~ Bernoulli(logit = x @ beta)"
    log_joint = ppl.model(f"{HEAD}data y[obs]: bool\n{text}\n").bind(data).log_joint
    f = fit(log_joint, "fullrank")
    assert f.optimizer == "newton"
    found = measure(log_joint, f)
    assert found.elbo == pytest.approx(f.history[-1], abs=4.5 * found.elbo_error)
