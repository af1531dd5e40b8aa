"""Laws over the distributions with events: values, totals, draws, mean scores and gradients."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from autograd import grad
from autograd.test_util import check_grads
from scipy import integrate, special, stats

from ppl.distributions import distributions
from ppl.numerics import linalg

COV = np.array([[2.0, 0.6, -0.3], [0.6, 0.5, 0.1], [-0.3, 0.1, 1.5]])
CHOL = np.linalg.cholesky(COV)
LOC = np.array([1.0, -2.0, 0.5])
CASES = [
    pytest.param("Dirichlet", {"concentration": np.array([2.0, 0.5, 3.0])}, (3,), id="Dirichlet-mixed"),
    pytest.param("Dirichlet", {"concentration": np.array([0.3, 0.5, 0.7])}, (3,), id="Dirichlet-small"),
    pytest.param("Dirichlet", {"concentration": np.array([30.0, 5.0, 2.0])}, (3,), id="Dirichlet-large"),
    pytest.param("Dirichlet", {"concentration": np.array([1.7])}, (3,), id="Dirichlet-symmetric"),
    pytest.param("MultiNormal", {"loc": LOC, "cov": COV}, (3,), id="MultiNormal-cov"),
    pytest.param("MultiNormal", {"loc": LOC, "chol": CHOL}, (3,), id="MultiNormal-chol"),
    pytest.param(
        "MultiNormal", {"loc": LOC, "precision": np.linalg.inv(COV)}, (3,), id="MultiNormal-precision"
    ),
    pytest.param("LKJCholesky", {"concentration": 0.6}, (3, 3), id="LKJ-strong"),
    pytest.param("LKJCholesky", {"concentration": 1.0}, (4, 4), id="LKJ-uniform"),
    pytest.param("LKJCholesky", {"concentration": 12.5}, (4, 4), id="LKJ-weak"),
]
MANY = 200_000


def _exactly(values):
    if np.ndim(values) == 0:
        return mp.mpf(float(values))
    return [_exactly(v) for v in values]


def _oracle(name, x, parameters):
    with mp.workdps(50):
        return float(
            distributions[name].oracle(_exactly(x), **{k: _exactly(v) for k, v in parameters.items()})
        )


@pytest.mark.parametrize(("name", "parameters", "shape"), CASES)
def test_values(name, parameters, shape):
    d = distributions[name]
    x = d.sample(np.random.default_rng(0), (20, *shape), **parameters)
    got = d.log_prob(x, **parameters)
    assert got.shape == (20,)
    np.testing.assert_allclose(got, [_oracle(name, xi, parameters) for xi in x], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3, 1e6, 1e9])
def test_dirichlet_keeps_its_digits(scale):
    rng = np.random.default_rng(1)
    for _ in range(50):
        a = scale * rng.gamma(0.5, size=4)
        x = distributions["Dirichlet"].sample(rng, (4,), concentration=a)
        if not np.all(x > 0):
            continue
        # x sums to 1 to within rounding only, and the normaliser is blind to that: allow 4 bits for it.
        got = distributions["Dirichlet"].log_prob(x, concentration=a)
        true = _oracle("Dirichlet", x, {"concentration": a})
        slope = np.sum(np.abs(a - 1)) + np.sum(np.abs(a * np.log(x)))
        assert abs(got - true) <= 16 * np.finfo(float).eps * (abs(true) + min(slope, 1e3 + a.sum()))


@pytest.mark.parametrize(("name", "parameters", "shape"), CASES)
def test_draws_lie_in_the_support(name, parameters, shape):
    d = distributions[name]
    x = d.sample(np.random.default_rng(2), (1000, *shape), **parameters)
    assert x.shape == (1000, *shape)
    assert np.all(d.support.contains(x, *d.ends(**parameters)))


@pytest.mark.parametrize(("name", "parameters", "shape"), CASES)
def test_moments(name, parameters, shape):
    d = distributions[name]
    if d.mean is None:
        pytest.skip("has no mean of a shape of its own")
    x = d.sample(np.random.default_rng(3), (MANY, *shape), **parameters)
    if name == "Dirichlet":
        parameters = {"concentration": np.broadcast_to(parameters["concentration"], shape)}
    mean, variance = d.mean(**parameters), d.variance(**parameters)
    assert np.all(np.abs(x.mean(axis=0) - mean) < 5 * np.sqrt(variance / MANY))
    spread = (x - mean) ** 2
    assert np.all(np.abs(spread.mean(axis=0) - variance) < 5 * spread.std(axis=0) / np.sqrt(MANY))


@pytest.mark.parametrize(("name", "parameters", "shape"), CASES)
def test_the_mean_score_over_its_own_draws_is_zero(name, parameters, shape):
    """This holds only if draws, density and normalising constant all speak of the same parameters."""
    d = distributions[name]
    x = d.sample(np.random.default_rng(4), (MANY, *shape), **parameters)
    batches = x.reshape(100, MANY // 100, *shape)
    for which in parameters:
        scores = np.array(
            [
                grad(lambda v, rows=rows, which=which: d.log_prob(rows, **{**parameters, which: v}).mean())(
                    np.asarray(parameters[which], float)
                )
                for rows in batches
            ]
        )
        error = scores.std(axis=0, ddof=1) / 10
        assert np.all(np.abs(scores.mean(axis=0)) <= 5 * error + 1e-12), which
        assert np.any(error > 0)


def _dirichlet_total(a):
    def density(u, v):
        x = np.array([u, (1 - u) * v, (1 - u) * (1 - v)])
        return np.exp(distributions["Dirichlet"].log_prob(x / x.sum(), concentration=a)) * (1 - u)

    return integrate.dblquad(density, 0, 1, 0, 1, epsabs=1e-9, epsrel=1e-9)[0]


@pytest.mark.parametrize("a", [[2.0, 1.5, 3.0], [1.0, 1.0, 1.0], [6.0, 2.0, 1.0]])
def test_dirichlet_integrates_to_one(a):
    assert _dirichlet_total(np.array(a)) == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize(("name", "parameters", "shape"), CASES)
def test_unconstrained_density_integrates_to_one(name, parameters, shape):
    """Importance sampling in z, from a wide Student t: log_prob and log_jacobian must fit each other."""
    d = distributions[name]
    rng = np.random.default_rng(5)
    free = d.support.unconstrained(shape)
    pilot = d.support.unconstrain(d.sample(rng, (4000, *shape), **parameters)).reshape(4000, -1)
    proposal = stats.multivariate_t(pilot.mean(axis=0), 1.3 * np.cov(pilot.T), df=4, seed=6)
    z = proposal.rvs(MANY)
    log_weight = (
        d.log_prob(d.support.constrain(z.reshape(MANY, *free)), **parameters)
        + d.support.log_jacobian(z.reshape(MANY, *free))
        - proposal.logpdf(z)
    )
    weight = np.exp(log_weight)
    error = weight.std() / np.sqrt(MANY)
    assert error < 0.01
    assert abs(weight.mean() - 1) < 5 * error


@pytest.mark.parametrize(("name", "parameters", "shape"), CASES)
def test_gradients_by_x(name, parameters, shape):
    """Along the support: by z, since x has fewer degrees of freedom than entries."""
    d = distributions[name]
    rng = np.random.default_rng(7)
    z = d.support.unconstrain(d.sample(rng, shape, **parameters))
    check_grads(lambda z: d.log_prob(d.support.constrain(z), **parameters), modes=["rev"], order=2)(z)


@pytest.mark.parametrize(("name", "parameters", "shape"), CASES)
def test_gradients_by_parameters(name, parameters, shape):
    """Against central differences of the oracle in 50 digits."""
    d = distributions[name]
    x = d.sample(np.random.default_rng(8), shape, **parameters)
    for which, value in parameters.items():
        value = np.asarray(value, float)
        slope = grad(lambda v, which=which: d.log_prob(x, **{**parameters, which: v}))(value)
        direction = np.random.default_rng(9).normal(size=value.shape)
        if which in ("cov", "precision"):  # only symmetric steps stay in the set
            direction = direction + direction.T
        if which == "chol":
            direction = np.tril(direction)
        with mp.workdps(50):
            h = mp.mpf(10) ** -15

            def moved(sign, which=which, value=value, direction=direction, h=h):
                flat = [
                    mp.mpf(float(v)) + sign * h * mp.mpf(float(s))
                    for v, s in zip(value.flat, direction.flat, strict=True)
                ]
                shaped = np.array(flat, dtype=object).reshape(value.shape)
                shaped = shaped.item() if value.ndim == 0 else shaped
                given = {k: _exactly(v) for k, v in parameters.items()} | {which: shaped}
                return d.oracle(_exactly(x), **given)

            true = float((moved(1) - moved(-1)) / (2 * h))
        assert np.sum(slope * direction) == pytest.approx(true, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize(("name", "parameters", "shape"), CASES)
def test_batches(name, parameters, shape):
    """Draws (S, 1) of parameters against rows (N) of x give (S, N), as one at a time."""
    d = distributions[name]
    rng = np.random.default_rng(10)
    x = d.sample(rng, (5, *shape), **parameters)
    rank = {p.name: p.event_rank for form in d.forms for p in form}
    scales = np.array([0.5, 1.0, 2.0])
    batch = {
        k: scales.reshape(3, *(1,) * (1 + rank[k])) * np.asarray(v, float) if k != "loc" else v
        for k, v in parameters.items()
    }
    got = d.log_prob(x, **batch)
    assert got.shape == (3, 5)
    for s in range(3):
        one = {k: scales[s] * np.asarray(v, float) if k != "loc" else v for k, v in parameters.items()}
        np.testing.assert_allclose(got[s], d.log_prob(x, **one), rtol=1e-12)
        for n in range(5):
            assert d.log_prob(x[n], **one) == pytest.approx(got[s, n], rel=1e-12)
    which = next(k for k in batch if k != "loc")

    def moved(v):
        if which == "chol":
            v = linalg.lower_triangle(linalg.lower_entries(v), 3)
        elif rank[which] == 2:
            v = (v + np.swapaxes(v, -1, -2)) / 2
        return d.log_prob(x, **{**batch, which: v})

    check_grads(moved, modes=["rev"], order=2)(batch[which])


OUTSIDE = {
    "Dirichlet": np.array([[0.5, 0.5, 0.5], [1.2, -0.4, 0.2], [np.nan, 0.5, 0.5]]),
    "LKJCholesky": np.array(
        [
            [[1.0, 0, 0], [0, 1, 0], [0, 0.5, 1]],
            [[1.0, 0, 0.1], [0, 1, 0], [0, 0, 1]],
            [[1.0, 0, 0], [0, -1, 0], [0, 0, 1]],
        ]
    ),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_outside_of_the_support(name):
    d = distributions[name]
    parameters = {"concentration": np.array([2.0]) if name == "Dirichlet" else 2.0}
    x = OUTSIDE[name]
    np.testing.assert_array_equal(d.log_prob(x, **parameters), -np.inf)
    slope = grad(lambda x: d.log_prob(x, **parameters).sum())(x)
    np.testing.assert_array_equal(slope, 0.0)
    slope = grad(lambda c: d.log_prob(x, concentration=c).sum())(parameters["concentration"])
    np.testing.assert_array_equal(slope, 0.0)


def test_dirichlet_at_the_edge():
    d = distributions["Dirichlet"]
    corner = np.array([1.0, 0.0, 0.0])
    assert d.log_prob(corner, concentration=np.ones(3)) == pytest.approx(np.log(2.0), rel=1e-15)
    assert d.log_prob(corner, concentration=np.array([1.0, 2.0, 1.0])) == -np.inf
    slope = grad(lambda x: d.log_prob(x, concentration=np.ones(3)))(corner)
    np.testing.assert_array_equal(slope, 0.0)


def test_lkj_at_the_edge():
    d = distributions["LKJCholesky"]
    factor = np.array([[1.0, 0.0], [1.0, 0.0]])  # perfectly correlated: the last length is 0
    assert d.log_prob(factor, concentration=2.0) == -np.inf
    assert d.log_prob(factor, concentration=1.0) == pytest.approx(np.log(0.5), rel=1e-15)
    assert d.log_prob(factor, concentration=0.5) == np.inf
    for c in (0.5, 1.0, 2.0):
        assert np.all(np.isfinite(grad(lambda x, c=c: d.log_prob(x, concentration=c))(factor)))


def test_dirichlet_agrees_with_itself_across_one():
    """The two ways of writing an entry meet where its concentration passes 1."""
    x = np.array([0.2, 0.3, 0.5])
    below, above = 1 - 1e-12, 1 + 1e-12
    for others in (0.4, 3.0):
        low, high = (
            distributions["Dirichlet"].log_prob(x, concentration=np.array([middle, others, others]))
            for middle in (below, above)
        )
        assert low == pytest.approx(high, abs=1e-10)


def test_lkj_of_two_is_a_symmetric_beta():
    r = np.linspace(-0.95, 0.95, 9)
    factor = linalg.lower_triangle(np.stack([np.ones(9), r, np.sqrt(1 - r**2)], axis=-1), 2)
    for c in (0.5, 1.0, 7.0):
        got = distributions["LKJCholesky"].log_prob(factor, concentration=c)
        np.testing.assert_allclose(got, stats.beta.logpdf((r + 1) / 2, c, c) - np.log(2), rtol=1e-12)


@pytest.mark.parametrize("c", [0.7, 1.0, 4.0])
def test_lkj_marginal_correlations(c):
    """Each correlation is (c - 1 + K/2) on both sides of a beta: LKJ (2009), sec. 3."""
    factor = distributions["LKJCholesky"].sample(np.random.default_rng(11), (20_000, 4, 4), concentration=c)
    r = (factor @ np.swapaxes(factor, -1, -2))[:, 3, 1]
    side = c - 1 + 4 / 2
    assert stats.kstest((r + 1) / 2, stats.beta(side, side).cdf).pvalue > 1e-6


def test_multi_normal_against_scipy_with_a_scalar_loc():
    x = np.random.default_rng(12).normal(size=(6, 3))
    got = distributions["MultiNormal"].log_prob(x, loc=0.3, cov=COV)
    np.testing.assert_allclose(got, stats.multivariate_normal.logpdf(x, np.full(3, 0.3), COV), rtol=1e-12)


@pytest.mark.parametrize("key", ["cov", "precision"])
def test_a_matrix_beyond_repair_is_impossible_and_flat(key):
    bad = np.stack([np.eye(2), np.array([[1.0, 2.0], [2.0, 1.0]])])
    x = np.array([0.3, -0.4])
    got = distributions["MultiNormal"].log_prob(x, loc=np.zeros(2), **{key: bad})
    assert got[1] == -np.inf
    assert got[0] == pytest.approx(stats.multivariate_normal.logpdf(x, np.zeros(2), np.eye(2)), rel=1e-14)
    slope = grad(lambda m: distributions["MultiNormal"].log_prob(x, loc=np.zeros(2), **{key: m}).sum())(bad)
    assert np.all(np.isfinite(slope))
    assert np.all(slope[1] == 0)
    assert np.any(slope[0] != 0)


def test_categorical_draws_and_values():
    d = distributions["Categorical"]
    probs = np.array([[0.2, 0.5, 0.3], [0.0, 0.1, 0.9]])
    x = d.sample(np.random.default_rng(13), (50_000, 2), probs=probs)
    for row in range(2):
        counts = np.bincount(x[:, row], minlength=3)
        possible = probs[row] > 0
        assert counts[~possible].sum() == 0
        assert stats.chisquare(counts[possible], 50_000 * probs[row][possible]).pvalue > 1e-6
    values = d.log_prob(np.arange(3), probs=probs[:, None])
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(values, np.log(probs))
    np.testing.assert_array_equal(
        d.log_prob(np.array([-1, 3, 1]), probs=probs[0]), [-np.inf, -np.inf, np.log(0.5)]
    )


def test_categorical_by_logits():
    d = distributions["Categorical"]
    logits = np.random.default_rng(14).normal(size=(4, 1, 5))
    x = np.random.default_rng(15).integers(0, 5, 7)
    probs = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(d.log_prob(x, logits=logits), np.log(probs[:, 0, :][:, x]), rtol=1e-13)
    check_grads(lambda v: d.log_prob(x, logits=v), modes=["rev"], order=2)(logits)
    check_grads(lambda v: d.log_prob(x, probs=v), modes=["rev"], order=2)(probs)


@pytest.mark.parametrize("size", [1, 3, 11, 12, 40])
def test_categorical_logits_of_any_size_and_any_length(size):
    d = distributions["Categorical"]
    rng = np.random.default_rng(16)
    logits = rng.normal(size=(6, size)) * np.array([1, 1e-8, 10, 500, 1, 1])[:, None]
    logits[4] += 5000.0
    logits[5, 1:] = -np.inf
    x = rng.integers(0, size, 6)
    got = d.log_prob(x, logits=logits)
    np.testing.assert_allclose(
        got, (logits - special.logsumexp(logits, axis=-1, keepdims=True))[np.arange(6), x]
    )
    slope = grad(lambda v: d.log_prob(x, logits=v)[:5].sum())(logits)[:5]
    np.testing.assert_allclose(slope, np.eye(size)[x[:5]] - special.softmax(logits[:5], axis=-1), atol=1e-12)
    check_grads(lambda v: d.log_prob(x[:2], logits=v), modes=["rev"], order=2)(logits[:2])


def test_an_impossible_category_has_no_slope():
    d = distributions["Categorical"]
    slope = grad(lambda p: d.log_prob(np.array([0, 1, 1]), probs=p).sum())(np.array([0.0, 0.4, 0.6]))
    np.testing.assert_allclose(slope, [0.0, 5.0, 0.0])


SPATIAL = np.array([[0.0, 1, 0, 1], [1, 0, 2, 0], [0, 2, 0, 1], [1, 0, 1, 0]])


def test_an_autoregression_is_the_gaussian_of_its_own_covariance():
    """Longer than its lags: x = A x + noise is a linear map of the noise."""
    coefficients, scale, length = np.array([0.7, -0.2, 0.1]), 1.7, 8
    step = np.eye(length) - sum(c * np.eye(length, k=-k) for k, c in enumerate(coefficients, start=1))
    root = np.linalg.inv(step) * scale
    x = np.random.default_rng(17).normal(size=(5, length))
    got = distributions["AR"].log_prob(x, coefficients=coefficients, scale=scale)
    np.testing.assert_allclose(
        got, stats.multivariate_normal.logpdf(x, np.zeros(length), root @ root.T), rtol=1e-11
    )
    draws = distributions["AR"].sample(np.random.default_rng(18), (MANY, length), coefficients, scale)
    spread = np.sqrt(np.diag(root @ root.T) * 2 / MANY) * np.sqrt(np.diag(root @ root.T))
    assert np.all(np.abs(draws.var(axis=0) - np.diag(root @ root.T)) < 5 * spread)
    check_grads(lambda c, s: distributions["AR"].log_prob(x, c, s), modes=["rev"], order=2)(
        coefficients, scale
    )


def test_a_random_walk_is_the_gaussian_of_sums_of_steps():
    length = 6
    root = np.tril(np.ones((length, length))) * 0.4
    x = np.random.default_rng(19).normal(size=length)
    got = distributions["GaussianRandomWalk"].log_prob(x, scale=0.4)
    assert got == pytest.approx(
        stats.multivariate_normal.logpdf(x, np.zeros(length), root @ root.T), rel=1e-11
    )
    root[:, 0] = 3.0
    got = distributions["GaussianRandomWalk"].log_prob(x, scale=0.4, init_scale=3.0)
    assert got == pytest.approx(
        stats.multivariate_normal.logpdf(x, np.zeros(length), root @ root.T), rel=1e-11
    )


def test_an_intrinsic_autoregression_says_nothing_of_the_level():
    d = distributions["ICAR"]
    assert not d.proper
    x = np.random.default_rng(20).normal(size=(3, 4))
    got = d.log_prob(x, W=SPATIAL)
    inner = np.diag(SPATIAL.sum(axis=1)) - SPATIAL
    np.testing.assert_allclose(got, -0.5 * np.einsum("si,ij,sj->s", x, inner, x), rtol=1e-12)
    np.testing.assert_allclose(d.log_prob(x + 1e6, W=SPATIAL), got, rtol=1e-8)
    np.testing.assert_allclose([_oracle("ICAR", xi, {"W": SPATIAL}) for xi in x], got, rtol=1e-13)
    check_grads(lambda x: d.log_prob(x, W=SPATIAL), modes=["rev"], order=2)(x)


def test_car_beyond_what_is_proper():
    d = distributions["CAR"]
    x, given = np.array([0.3, -1.0, 0.2, 0.4]), {"loc": np.zeros(4), "tau": 2.0}
    assert d.log_prob(x, alpha=1.0, W=SPATIAL, **given) == -np.inf
    assert grad(lambda a: d.log_prob(x, alpha=a, W=SPATIAL, **given))(1.0) == 0
    island = SPATIAL.copy()
    island[3] = island[:, 3] = 0
    assert d.log_prob(x, alpha=0.5, W=island, **given) == -np.inf
    check_grads(lambda a, t: d.log_prob(x, np.zeros(4), t, a, SPATIAL), modes=["rev"], order=2)(0.7, 2.0)


def test_wishart_of_one_row_is_a_gamma():
    x = np.array([[[0.3]], [[4.0]]])
    got = distributions["Wishart"].log_prob(x, df=5.0, scale=np.array([[2.0]]))
    np.testing.assert_allclose(got, stats.gamma.logpdf(x[:, 0, 0], 2.5, scale=4.0), rtol=1e-13)
    got = distributions["InverseWishart"].log_prob(x, df=5.0, scale=np.array([[2.0]]))
    np.testing.assert_allclose(got, stats.invgamma.logpdf(x[:, 0, 0], 2.5, scale=1.0), rtol=1e-13)


@pytest.mark.parametrize("name", ["Wishart", "InverseWishart"])
def test_wisharts_want_enough_degrees_of_freedom(name):
    got = distributions[name].log_prob(np.eye(3), df=np.array([1.9, 2.1]), scale=np.eye(3))
    assert got[0] == -np.inf
    assert np.isfinite(got[1])
    bad = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert distributions[name].log_prob(bad, df=4.0, scale=np.eye(2)) == -np.inf
    assert np.all(grad(lambda x: distributions[name].log_prob(x, df=4.0, scale=np.eye(2)))(bad) == 0)


@pytest.mark.parametrize("name", ["Multinomial", "DirichletMultinomial"])
def test_counts_that_do_not_add_up_are_impossible(name):
    d = distributions[name]
    key = "probs" if name == "Multinomial" else "concentration"
    shares = np.array([0.2, 0.3, 0.5])
    x = np.array([[1, 2, 0], [1, 1, 0], [4, -1, 0], [0.5, 2.5, 0]])
    got = d.log_prob(x, n=3, **{key: shares})
    assert np.isfinite(got[0])
    assert np.all(got[1:] == -np.inf)
    slope = grad(lambda v: d.log_prob(x[1:], n=3, **{key: v}).sum())(shares)
    np.testing.assert_array_equal(slope, 0.0)


def test_multinomial_masses_add_up():
    n, shares = 6, np.array([0.2, 0.5, 0.3])
    x = np.array([(i, j, n - i - j) for i in range(n + 1) for j in range(n + 1 - i)])
    for name, given in (
        ("Multinomial", {"probs": shares}),
        ("Multinomial", {"logits": np.log(shares) + 7}),
        ("DirichletMultinomial", {"concentration": np.array([0.4, 2.0, 30.0])}),
        ("DirichletMultinomial", {"concentration": np.array([0.7])}),
    ):
        total = np.exp(distributions[name].log_prob(x, n=n, **given)).sum()
        assert total == pytest.approx(1.0, rel=1e-13)


def test_multinomial_with_an_impossible_kind():
    d, shares = distributions["Multinomial"], np.array([0.0, 0.4, 0.6])
    assert d.log_prob(np.array([0, 1, 2]), n=3, probs=shares) == pytest.approx(
        np.log(3 * 0.4 * 0.36), rel=1e-14
    )
    assert d.log_prob(np.array([1, 1, 1]), n=3, probs=shares) == -np.inf
    slope = grad(lambda p: d.log_prob(np.array([0, 1, 2]), n=3, probs=p))(shares)
    np.testing.assert_allclose(slope, [0.0, 2.5, 10 / 3], rtol=1e-14)


@pytest.mark.parametrize("name", ["OrderedLogistic", "OrderedProbit"])
def test_ordered_categories_add_up_and_have_slopes(name):
    d = distributions[name]
    eta, cutpoints = np.array([[-30.0], [0.2], [9.0]]), np.array([-1.0, 0.5, 2.0])
    masses = np.exp(d.log_prob(np.arange(4), eta=eta, cutpoints=cutpoints))
    np.testing.assert_allclose(masses.sum(axis=-1), 1.0, rtol=1e-14)
    assert np.all(d.log_prob(np.array([-1, 4, 0.5]), eta=0.2, cutpoints=cutpoints) == -np.inf)
    x = np.array([0, 1, 3])
    check_grads(lambda e, c: d.log_prob(x, e, c), modes=["rev"], order=2)(
        np.array([0.3, -0.4, 1.0]), cutpoints
    )
    assert np.all(np.isfinite(grad(lambda c: d.log_prob(x, 900.0, c).sum())(cutpoints)))
    closed = d.log_prob(np.array([1]), eta=0.2, cutpoints=np.array([0.5, 0.5]))
    assert closed == -np.inf


def test_unconstrained_matrices_integrate_to_one():
    """Importance sampling in z, for the supports whose densities are in entries that repeat or sum to 0."""
    rng = np.random.default_rng(21)
    for name, given, shape in (
        ("Wishart", {"df": 6.0, "scale": COV}, (3, 3)),
        ("InverseWishart", {"df": 9.0, "scale": COV}, (3, 3)),
        ("LKJ", {"concentration": 1.7}, (3, 3)),
        ("ZeroSumNormal", {"scale": 1.4}, (4,)),
        ("StickBreaking", {"concentration": 1.7}, (4,)),
        ("WishartCholesky", {"df": 6.0, "chol": CHOL}, (3, 3)),
        ("MatrixNormal", {"loc": np.ones((2, 3)), "rows": COV[:2, :2], "columns": COV}, (2, 3)),
    ):
        d = distributions[name]
        free = d.support.unconstrained(shape)
        pilot = d.support.unconstrain(d.sample(rng, (4000, *shape), **given)).reshape(4000, -1)
        proposal = stats.multivariate_t(pilot.mean(axis=0), 1.3 * np.cov(pilot.T), df=4, seed=6)
        z = proposal.rvs(40_000).reshape(40_000, *free)
        log_weight = d.log_prob(d.support.constrain(z), **given) + d.support.log_jacobian(z)
        weight = np.exp(log_weight - proposal.logpdf(z.reshape(40_000, -1)))
        error = weight.std() / 200
        assert error < 0.02, name
        assert abs(weight.mean() - 1) < 5 * error, name
