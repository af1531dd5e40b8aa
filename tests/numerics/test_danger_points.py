"""Where textbook formulas give NaN: edges, infinities, empty sums; and what is loaded when."""

import subprocess
import sys

import mpmath as mp
import numpy as np
import pytest
from autograd import elementwise_grad, grad
from autograd.test_util import check_grads

from ppl.numerics import bessel, gamma_ratios, incomplete, logistic, masks, products, saddle_point, student
from ppl.numerics.log_sums import log_softmax, logdiffexp, logsumexp, softmax


def test_logsumexp_of_nothing_is_minus_infinity_with_gradient_0():
    nothing = np.full(3, -np.inf)
    assert logsumexp(nothing) == -np.inf
    assert np.all(grad(logsumexp)(nothing) == 0)


def test_logsumexp_keeps_apart_rows_with_and_without_mass():
    x = np.array([[-np.inf, -np.inf], [0.0, -np.inf], [1000.0, 1000.0]])
    np.testing.assert_allclose(logsumexp(x, axis=1), [-np.inf, 0.0, 1000.0 + np.log(2)])
    slope = grad(lambda x: np.sum(logsumexp(x, axis=1)[1:]))(x)
    np.testing.assert_array_equal(slope, [[0, 0], [1, 0], [0.5, 0.5]])


def test_logsumexp_with_plus_infinity():
    assert logsumexp(np.array([np.inf, 0.0])) == np.inf


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1), -1])
@pytest.mark.parametrize("keepdims", [True, False])
def test_logsumexp_over_axes(axis, keepdims):
    x = np.random.default_rng(0).normal(size=(3, 4))
    expected = np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))
    np.testing.assert_allclose(logsumexp(x, axis=axis, keepdims=keepdims), expected, rtol=1e-14)
    check_grads(lambda x: logsumexp(x, axis=axis, keepdims=keepdims), modes=["rev"], order=2)(x)


@pytest.mark.parametrize("size", [1, 3, 30])
def test_logsumexp_over_columns_short_and_long_rows(size):
    x = np.random.default_rng(1).normal(size=(2, 5, size)) * 100
    x[0, 0, 0] = -np.inf
    expected = np.logaddexp.reduce(x, axis=-1)
    for laid in (x, np.ascontiguousarray(x.T).T):
        np.testing.assert_allclose(logsumexp(laid, axis=-1), expected, rtol=1e-14)
        np.testing.assert_allclose(softmax(laid).sum(axis=-1), np.isfinite(expected), rtol=1e-14)


def test_log_of_weights_that_may_be_0():
    w = np.array([0.0, 1e-300, 0.25])
    np.testing.assert_array_equal(products.log_weight(w), [-np.inf, np.log(1e-300), np.log(0.25)])
    np.testing.assert_allclose(elementwise_grad(products.log_weight)(w), [0.0, 1e300, 4.0])
    check_grads(products.log_weight, modes=["rev"], order=2)(w[2:])


@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_along_an_axis(axis):
    x = np.random.default_rng(0).normal(size=(3, 4)) * 300
    np.testing.assert_allclose(np.sum(softmax(x, axis), axis=axis), 1, rtol=1e-14)
    np.testing.assert_allclose(np.exp(log_softmax(x, axis)), softmax(x, axis), atol=1e-300, rtol=1e-12)
    check_grads(lambda x: softmax(x, axis), modes=["rev"], order=2)(x / 300)
    check_grads(lambda x: log_softmax(x, axis), modes=["rev"], order=2)(x / 300)


def test_logdiffexp():
    assert logdiffexp(2.0, 2.0) == -np.inf
    assert logdiffexp(1000.0, -np.inf) == 1000.0
    assert logdiffexp(0.0, -1e-20) == pytest.approx(np.log(1e-20), abs=50)
    slopes = grad(logdiffexp, 0)(2.0, 2.0), grad(logdiffexp, 1)(2.0, 2.0)
    assert slopes == (0, 0)
    check_grads(logdiffexp, (0, 1), modes=["rev"], order=2)(1.0, 0.3)


@pytest.mark.parametrize("product", [products.xlogy, products.xlog1py])
def test_zero_times_a_logarithm_is_zero(product):
    at_the_pole = 0.0 if product is products.xlogy else -1.0
    assert product(0.0, at_the_pole) == 0
    assert grad(product, 0)(0.0, at_the_pole) == 0
    assert grad(product, 1)(0.0, at_the_pole) == 0


def test_deviance_with_nothing_counted():
    assert saddle_point.deviance(0.0, 3.0) == 3.0
    assert saddle_point.deviance(2.0, np.inf) == np.inf
    assert grad(saddle_point.deviance, 1)(0.0, 3.0) == 1.0
    assert saddle_point.factorial_remainder(0.0) == 0.0


@pytest.mark.parametrize(("a", "b"), [(2.0, 1e-20), (40.0, 1e-15), (1e8, 1e-7), (1e-9, 1e-30)])
def test_differences_of_digammas_beside_a_tiny_step(a, b):
    """Where a + b rounds to a, the difference is b times the slope."""
    with mp.workdps(60):
        true = float(mp.digamma(mp.mpf(a) + mp.mpf(b)) - mp.digamma(a))
    assert gamma_ratios.digamma_difference(a, b) == pytest.approx(true, rel=4e-15)
    assert grad(gamma_ratios.lbeta, 0)(a, b) == pytest.approx(-true, rel=4e-15)


def test_softplus_far_out():
    x = np.array([-800.0, 0.0, 800.0])
    np.testing.assert_allclose(logistic.softplus(x), [0.0, np.log(2), 800.0])
    np.testing.assert_allclose(elementwise_grad(logistic.softplus)(x), [0.0, 0.5, 1.0])


def test_heavy_tails_do_not_overflow():
    x = np.array([-1e200, 1e200])
    np.testing.assert_allclose(student.log1p_square(x), 2 * np.log(1e200))
    assert np.all(np.isfinite(elementwise_grad(student.log1p_square)(x)))


def test_bessel_functions_at_0():
    assert grad(bessel.log_i0)(0.0) == 0
    assert grad(bessel.i1e)(0.0) == 0.5
    assert bessel.log_i0(1e-9) == pytest.approx(2.5e-19, rel=1e-12)


def test_tails_beyond_the_smallest_number():
    """Here exp of the answer is 0 in float64, so scipy's own values are of no use."""
    assert incomplete.log_gammaincc(3.0, 1000.0) == pytest.approx(-1000 + np.log(1000.0**2 / 2 + 1000 + 1))
    assert incomplete.log_gammainc(200.0, 1e-3) < -2000
    assert incomplete.log_betainc(300.0, 2.0, 1e-4) < -2000
    assert np.isfinite(grad(incomplete.log_betainc)(300.0, 2.0, 1e-4))


@pytest.mark.parametrize(("x", "value"), [(-0.1, -np.inf), (0.0, -np.inf), (1.0, 0.0), (1.5, 0.0)])
def test_incomplete_beta_at_and_beyond_its_ends(x, value):
    assert incomplete.log_betainc(2.0, 3.0, x) == value
    assert grad(incomplete.log_betainc, 2)(2.0, 3.0, x) == 0


def test_masks_leave_no_nan_in_gradients():
    def log_density(x):
        return masks.minus_inf_outside(x > 0, x, 1.0, lambda x: np.log(x))

    x = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_array_equal(log_density(x), [-np.inf, -np.inf, np.log(2.0)])
    np.testing.assert_array_equal(elementwise_grad(log_density)(x), [0, 0, 0.5])


@pytest.mark.parametrize("module", ["normal", "half_cauchy", "gamma", "student_t", "beta"])
def test_no_distribution_loads_scipy_before_it_needs_it(module):
    code = f"import sys, ppl.distributions.{module}; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_student_t_and_normal_never_need_scipy_for_their_density():
    code = (
        "import sys; from ppl.distributions import distributions as d; "
        "d['StudentT'].log_prob(0.3, df=4.0, loc=0.0, scale=1.0); "
        "d['Normal'].log_prob(0.3, loc=0.0, scale=1.0); "
        "sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
