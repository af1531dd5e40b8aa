"""Distributions whose parameters run along axes of their own: autoregressions, and Gaussians on grids."""

import autograd.numpy as anp
import mpmath as mp
import numpy as np
import pytest
from autograd import grad, value_and_grad
from autograd.test_util import check_grads

import ppl
from ppl.distributions import distributions
from ppl.numerics.kronecker import grid_energy

SERIES = np.random.default_rng(1).normal(size=9).cumsum().round(3).tolist()
AUTOREGRESSION = """
dim time
dim lag = {lags}
data y[time]: real
phi[lag] ~ Normal(0, 0.5)
sigma ~ HalfNormal(1)
"""
BY_NAME = "y[time] ~ AR(phi[lag], sigma)"
BY_HAND = "y[time] ~ Normal(sum(phi[k - 1] * y[time - k], k in 1..minimum(time, {lags})), sigma)"


@pytest.mark.parametrize("lags", [1, 2, 3, 4])
def test_an_autoregression_is_the_recursion_written_out(lags):
    one, other = (
        ppl.model((AUTOREGRESSION + line).format(lags=lags)).bind({"y": SERIES}).log_joint
        for line in (BY_NAME, BY_HAND)
    )
    z = np.random.default_rng(2).normal(size=(4, lags + 1))
    np.testing.assert_allclose(one(z), other(z), rtol=1e-13)
    slopes = [grad(lambda z, f=f: f(z).sum())(z) for f in (one, other)]
    np.testing.assert_allclose(*slopes, rtol=1e-11, atol=1e-11)


def test_a_latent_autoregression_for_each_group():
    text = """
dim group = 2
dim time = 6
dim lag = 3
phi[group, lag] ~ Normal(0, 0.5)
sigma[group] ~ HalfNormal(1)
x[group, time] ~ AR(phi, sigma)
factor log_prob(AR(phi[1, lag], 0.7), x[0, time])
"""
    bound = ppl.model(text).bind({})
    rng = np.random.default_rng(3)
    values = {"phi": rng.normal(size=(2, 3)), "sigma": np.array([0.5, 2.0]), "x": rng.normal(size=(2, 6))}
    log_prob = distributions["AR"].log_prob
    terms = bound.terms(values)
    rows = [log_prob(values["x"][g], values["phi"][g], values["sigma"][g]) for g in range(2)]
    assert terms["x"] == pytest.approx(sum(rows), rel=1e-13)
    assert terms["factor"] == pytest.approx(log_prob(values["x"][0], values["phi"][1], 0.7), rel=1e-13)


GRID = """
dim site, year
data a[site]: real
data b[year]: real
data y[site, year]: real
rho ~ LogNormal(0, 0.5)
sigma ~ HalfNormal(1)
level[year] ~ Normal(0, 1)
K1[i in site, j in site] = gp_exp_quad(a[i], a[j], 1.3, rho) + (if i == j then 0.001 else 0)
K2[i in year, j in year] = gp_matern32(b[i], b[j], 1, 0.7)
"""
CELLS = """
dim cell
data s[cell]: site
data t[cell]: year
data v[cell]: real
K[i in cell, j in cell] = K1[s[i], s[j]] * K2[t[i], t[j]] + (if i == j then {noise} else 0)
v[cell] ~ MultiNormal(level[t], cov = K)
"""
FORMS = {
    "by covariances": ("rows = K1, columns = K2", "0"),
    "by factors": ("row_chol = cholesky(K1), col_chol = cholesky(K2)", "0"),
    "with noise": ("rows = K1, columns = K2, noise = sigma", "sigma^2"),
}


def grid_data(sites, years):
    rng = np.random.default_rng(4)
    y = rng.normal(size=(sites, years))
    s, t = (index.reshape(-1) for index in np.indices((sites, years)))
    cells = {"s": s.tolist(), "t": t.tolist(), "v": y.reshape(-1).tolist()}
    x = {"a": (0.7 * np.arange(sites)).tolist(), "b": (0.5 * np.arange(years)).tolist()}
    return {**x, "y": y.tolist(), **cells}


@pytest.mark.parametrize("form", FORMS)
def test_a_grid_is_the_gaussian_of_the_kronecker_product(form):
    arguments, noise = FORMS[form]
    data = grid_data(4, 5)
    grid = ppl.model(f"{GRID}y[site, year] ~ MatrixNormal(level, {arguments})").bind(data).log_joint
    whole = ppl.model(GRID + CELLS.format(noise=noise)).bind(data).log_joint
    z = 0.5 * np.random.default_rng(5).normal(size=(3, grid.layout.size))
    for one, other in zip(
        *(value_and_grad(lambda z, f=f: f(z).sum())(z) for f in (grid, whole)), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_a_latent_grid_is_drawn_predicted_and_fitted():
    text = GRID + (
        "f[site, year] ~ MatrixNormal(0, rows = K1, columns = K2)\ny[site, year] ~ Normal(f, sigma)\n"
        "predict again[site, year] ~ MatrixNormal(level, rows = K1, columns = K2, noise = sigma)"
    )
    data = grid_data(3, 4)
    model = ppl.model(text)
    fit = model.fit(data, seed=0, guide="meanfield")
    assert fit.mean("f").shape == (3, 4)
    assert fit.predict(draws=10, seed=1)["again"].shape == (10, 3, 4)
    prior = model.bind(data).prior(draws=20_000, seed=2)
    share = prior["f"] / np.sqrt(1.3**2 + 0.001)  # K1's diagonal; K2's is 1
    assert np.all(np.abs(share.var(axis=0) - 1) < 5 * np.sqrt(2 / 20_000))


def test_both_axes_of_a_grid_may_be_one_dim():
    text = """
dim s = 3
data y[i in s, j in s]: real
c ~ Uniform(0.1, 0.9)
K[i in s, j in s] = c^abs(i - j)
Q[i in s, j in s] = 0.5^abs(i - j)
y[i in s, j in s] ~ MatrixNormal(i - j, rows = K, columns = Q)
"""
    y = np.arange(9.0).reshape(3, 3) ** 1.1
    value = ppl.model(text).bind({"y": y.tolist()}).terms({"c": 0.3})["y"]
    i = np.arange(3)
    rows, columns = (c ** abs(i[:, None] - i) for c in (0.3, 0.5))
    want = distributions["MultiNormal"].log_prob(
        y.reshape(-1), (i[:, None] - i).reshape(-1), cov=np.kron(rows, columns)
    )
    assert value == pytest.approx(float(want), rel=1e-13)


def spd(rng, size):
    root = rng.normal(size=(size, size))
    return root @ root.T / size + 0.1 * np.eye(size)


def test_a_factor_model_is_the_gaussian_of_its_covariance():
    head = """
dim item = 4
dim k = 2
dim row
data y[row, item]: real
f[item, k] ~ Normal(0, 1)
psi[item] ~ HalfNormal(1)
"""
    low = "y[row, item] ~ LowRankMultiNormal(0, f, psi^2)"
    whole = """
C[i in item, j in item] = sum(f[i, q] * f[j, q], q in k) + (if i == j then psi[i]^2 else 0)
y[row, item] ~ MultiNormal(0, cov = C)
"""
    rng = np.random.default_rng(7)
    data = {"y": rng.normal(size=(5, 4)).tolist()}
    one, other = (ppl.model(head + text).bind(data).log_joint for text in (low, whole))
    z = rng.normal(size=(3, 12))
    np.testing.assert_allclose(one(z), other(z), rtol=1e-12)
    slopes = [grad(lambda z, f=f: f(z).sum())(z) for f in (one, other)]
    np.testing.assert_allclose(*slopes, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("size", [2, 3, 10, 400])
def test_directions_in_any_dimension(size):
    """Against mpmath from far below to far above the square root of the dimension; and draws' mean cosines."""
    log_prob, rng = distributions["VonMisesFisher"].log_prob, np.random.default_rng(8)
    direction = np.eye(size)[0]
    x = rng.normal(size=size)
    x = x / np.sqrt(np.sum(x * x))
    for concentration in (1e-9, 0.3, 0.9 * np.sqrt(size), 2.0 * np.sqrt(size), 70.0, 1e4):
        with mp.workdps(60):
            k = mp.mpf(concentration)
            half = mp.mpf(size) / 2
            log_bessel = (half - 1) * mp.log(k / 2) - mp.loggamma(half)
            log_bessel += mp.log(mp.hyp0f1(half, k * k / 4))
            want = k * x[0] + (half - 1) * mp.log(k) - half * mp.log(2 * mp.pi) - log_bessel
        got = log_prob(x, direction, concentration)
        assert got == pytest.approx(float(want), rel=1e-11, abs=1e-11)
        check_grads(lambda v: log_prob(x, direction, anp.exp(v)), modes=["rev"], order=2)(
            np.log(concentration)
        )
    draws = distributions["VonMisesFisher"].sample(rng, (4_000, size), direction, 3.0)
    cosine, mean = draws[:, 0], distributions["VonMisesFisher"].mean(direction, 3.0)[0]
    assert abs(cosine.mean() - mean) < 5 * cosine.std() / np.sqrt(4_000)


def symmetric(matrix):
    return (matrix + anp.swapaxes(matrix, -1, -2)) / 2


def test_slopes_and_their_slopes_with_equal_eigenvalues_and_batches():
    rng = np.random.default_rng(6)
    root = rng.normal(size=(3, 3))
    rows = np.stack([root @ root.T / 3 + 0.1 * np.eye(3), 2 * np.eye(3)])
    columns, variance, x = np.eye(4), np.array([[0.2], [1.0]]), rng.normal(size=(3, 1, 2, 3, 4))

    def energy(rows, columns, variance, x):
        return grid_energy(symmetric(rows), symmetric(columns), variance, x)

    got = energy(rows, columns, variance, x)
    assert got.shape == (3, 2, 2)
    whole = np.kron(rows[1], columns) + variance[0, 0] * np.eye(12)
    v = x[2, 0, 1].reshape(-1)
    want = (v @ np.linalg.solve(whole, v) + np.linalg.slogdet(whole)[1]) / 2
    assert got[2, 0, 1] == pytest.approx(want, rel=1e-13)
    check_grads(energy, modes=["rev"], order=2)(rows, columns, variance, x)


def test_kernels_that_are_singular_to_working_precision_have_slopes():
    """Long length scales: most eigenvalues are rounding, and no difference of two of them is divided by."""
    data = grid_data(25, 30)
    text = (
        GRID.replace("0.001", "0")
        + "y[site, year] ~ MatrixNormal(level, rows = K1, columns = K2, noise = sigma)"
    )
    log_joint = ppl.model(text).bind(data).log_joint
    z = np.zeros((1, log_joint.layout.size))
    z[:, 0] = 2.0
    value, slope = value_and_grad(lambda z: log_joint(z).sum())(z)
    assert np.isfinite(value)
    step = 1e-5 * np.eye(z.size)[0]
    rough = (log_joint(z + step) - log_joint(z - step)) / 2e-5
    assert slope[0, 0] == pytest.approx(float(rough[0]), rel=1e-6)


@pytest.mark.parametrize("which", ["rows", "columns"])
def test_what_is_no_covariance_is_impossible_and_flat(which):
    bad = np.array([[1.0, 2.0], [2.0, 1.0]])
    given = {"rows": np.eye(2), "columns": np.eye(2), which: bad}
    for more in ({}, {"noise": 0.3}):

        def log_prob(m, more=more):
            return distributions["MatrixNormal"].log_prob(np.ones((2, 2)), 0.0, **{**given, which: m}, **more)

        assert log_prob(bad) == -np.inf
        assert np.all(grad(log_prob)(bad) == 0)
