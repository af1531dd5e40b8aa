"""Distributions as the books have them, in mpmath: log densities, masses between two ends, values.

Written from the textbooks' formulas and from nothing in `ppl`: what it says and what the compiler says are two
opinions. Here are the most used ones; `further_*` have the rest.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from book import (
    NEVER,
    Book,
    Number,
    expit,
    half,
    half_cdf,
    log,
    log_choose,
    names,
    positive,
    positive_cdf,
)
from further_arrays import ARRAYS
from further_counts import COUNTS
from further_line import LINE
from mpmath import mp, mpf

# -- on the line ----------------------------------------------------------------------------------


def _normal(x: Number, loc: Number, scale: Number) -> Number:
    return -(((x - loc) / scale) ** 2) / 2 - mp.log(scale) - mp.log(2 * mp.pi) / 2


def _student(x: Number, df: Number, loc: Number, scale: Number) -> Number:
    t = (x - loc) / scale
    height = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) / 2 - mp.log(scale)
    return height - (df + 1) / 2 * mp.log(1 + t * t / df)


def _student_cdf(x: Number, df: Number, loc: Number, scale: Number) -> Number:
    t = (x - loc) / scale
    tail = mp.betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2
    return 1 - tail if t > 0 else tail


def _cauchy(x: Number, loc: Number, scale: Number) -> Number:
    return -mp.log(mp.pi * scale * (1 + ((x - loc) / scale) ** 2))


def _laplace_cdf(x: Number, loc: Number, scale: Number) -> Number:
    t = (x - loc) / scale
    return mp.exp(t) / 2 if t < 0 else 1 - mp.exp(-t) / 2


def _logistic(x: Number, loc: Number, scale: Number) -> Number:
    t = (x - loc) / scale
    return -t - 2 * mp.log(1 + mp.exp(-t)) - mp.log(scale)


# -- on intervals ---------------------------------------------------------------------------------


def _gamma(x: Number, shape: Number, rate: Number) -> Number:
    return shape * mp.log(rate) + (shape - 1) * mp.log(x) - rate * x - mp.loggamma(shape)


def _weibull(x: Number, shape: Number, scale: Number) -> Number:
    return mp.log(shape / scale) + (shape - 1) * mp.log(x / scale) - (x / scale) ** shape


def _beta(x: Number, a: Number, b: Number) -> Number:
    if not 0 <= x <= 1:
        return NEVER
    return (
        (a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    )


def _beta_cdf(x: Number, a: Number, b: Number) -> Number:
    return mp.betainc(a, b, 0, min(max(x, mpf(0)), mpf(1)), regularized=True)


def _uniform_cdf(x: Number, low: Number, high: Number) -> Number:
    return min(max((x - low) / (high - low), mpf(0)), mpf(1))


# -- whole numbers --------------------------------------------------------------------------------


def _bernoulli(x: int, prob: Number) -> Number:
    return log(prob) if x == 1 else log(1 - prob) if x == 0 else NEVER


def _binomial(x: int, n: int, prob: Number) -> Number:
    if not 0 <= x <= n:
        return NEVER
    heads = x * log(prob) if x else mpf(0)
    tails = (n - x) * log(1 - prob) if n > x else mpf(0)
    return log_choose(n, x) + heads + tails


def _poisson(x: int, rate: Number) -> Number:
    if x < 0:
        return NEVER
    return (x * log(rate) if x else mpf(0)) - rate - mp.loggamma(x + 1)


def _negative_binomial(x: int, mean: Number, concentration: Number) -> Number:
    if x < 0:
        return NEVER
    total = mean + concentration
    choose = mp.loggamma(x + concentration) - mp.loggamma(concentration) - mp.loggamma(x + 1)
    return choose + concentration * mp.log(concentration / total) + x * mp.log(mean / total)


def _softmax(logits: Sequence[Number]) -> Sequence[Any]:
    weights = [mp.exp(e) for e in logits]
    return ([w / mp.fsum(weights) for w in weights],)


# -- vectors and matrices -------------------------------------------------------------------------


def _dirichlet(x: Sequence[Number], concentration: Sequence[Number]) -> Number:
    height = mp.loggamma(mp.fsum(concentration)) - mp.fsum(mp.loggamma(a) for a in concentration)
    return height + mp.fsum((a - 1) * mp.log(p) for p, a in zip(x, concentration, strict=True))


def _multi_normal(x: Sequence[Number], loc: Sequence[Number], precision: Any, log_det: Number) -> Number:
    off = mp.matrix([a - b for a, b in zip(x, loc, strict=True)])
    return -((off.T * precision * off)[0] + log_det + len(x) * mp.log(2 * mp.pi)) / 2


def multi_normal(form: str) -> Callable[..., Number]:
    """By covariance, its Cholesky factor, or its inverse."""

    def log_prob(x: Sequence[Number], loc: Sequence[Number], given: Sequence[Sequence[Number]]) -> Number:
        matrix = mp.matrix([list(row) for row in given])
        if form == "precision":
            return _multi_normal(x, loc, matrix, -mp.log(mp.det(matrix)))
        cov = matrix * matrix.T if form == "chol" else matrix
        return _multi_normal(x, loc, mp.inverse(cov), mp.log(mp.det(cov)))

    return log_prob


def _lkj_cholesky(x: Sequence[Sequence[Number]], c: Number) -> Number:
    """The LKJ density of R = L L' (Lewandowski, Kurowicka & Joe 2009, eq. 16) times the Jacobian of L -> R.

    |dR / dL| = prod over i of L_ii^(K - i), the first row being fixed.
    """
    size = len(x)
    diagonal = [x[i][i] for i in range(size)]
    log_normaliser = mpf(0)
    for k in range(1, size):
        b = c + mpf(size - 1 - k) / 2
        log_normaliser += (2 * c - 2 + size - k) * (size - k) * mp.log(2)
        log_normaliser += (size - k) * (2 * mp.loggamma(b) - mp.loggamma(2 * b))
    log_det = 2 * mp.fsum(mp.log(d) for d in diagonal)
    jacobian = mp.fsum((size - 1 - i) * mp.log(diagonal[i]) for i in range(1, size))
    return (c - 1) * log_det + jacobian - log_normaliser


BOOK: dict[str, Book] = {
    "Normal": Book((names("loc", "scale"),), _normal, cdf=lambda x, m, s: mp.ncdf(x, m, s)),
    "HalfNormal": Book(
        (names("scale"),),
        half(lambda x, s: _normal(x, 0, s)),
        cdf=half_cdf(lambda x, s: mp.ncdf(x, 0, s)),
    ),
    "StudentT": Book((names("df", "loc", "scale"),), _student, cdf=_student_cdf),
    "HalfStudentT": Book(
        (names("df", "scale"),),
        half(lambda x, df, s: _student(x, df, 0, s)),
        cdf=half_cdf(lambda x, df, s: _student_cdf(x, df, 0, s)),
    ),
    "Cauchy": Book(
        (names("loc", "scale"),), _cauchy, cdf=lambda x, m, s: mp.atan((x - m) / s) / mp.pi + mpf(1) / 2
    ),
    "HalfCauchy": Book(
        (names("scale"),),
        half(lambda x, s: _cauchy(x, 0, s)),
        cdf=positive_cdf(lambda x, s: 2 * mp.atan(x / s) / mp.pi),
    ),
    "LogNormal": Book(
        (names("loc", "scale"),),
        positive(lambda x, m, s: _normal(mp.log(x), m, s) - mp.log(x)),
        cdf=positive_cdf(lambda x, m, s: mp.ncdf(mp.log(x), m, s)),
    ),
    "Laplace": Book(
        (names("loc", "scale"),), lambda x, m, s: -abs(x - m) / s - mp.log(2 * s), cdf=_laplace_cdf
    ),
    "Logistic": Book((names("loc", "scale"),), _logistic, cdf=lambda x, m, s: expit((x - m) / s)),
    "Exponential": Book(
        (names("rate"),),
        lambda x, r: mp.log(r) - r * x if x >= 0 else NEVER,
        cdf=positive_cdf(lambda x, r: 1 - mp.exp(-r * x)),
    ),
    "Gamma": Book(
        (names("shape", "rate"),),
        positive(_gamma),
        cdf=positive_cdf(lambda x, a, r: mp.gammainc(a, 0, r * x, regularized=True)),
    ),
    "InverseGamma": Book(
        (names("shape", "scale"),),
        positive(lambda x, a, s: _gamma(1 / x, a, s) - 2 * mp.log(x)),
        cdf=positive_cdf(lambda x, a, s: mp.gammainc(a, s / x, mp.inf, regularized=True)),
    ),
    "Weibull": Book(
        (names("shape", "scale"),),
        positive(_weibull),
        cdf=positive_cdf(lambda x, a, s: 1 - mp.exp(-((x / s) ** a))),
    ),
    "Beta": Book((names("a", "b"),), _beta, cdf=_beta_cdf),
    "Uniform": Book(
        (names("low", "high"),),
        lambda x, a, b: -mp.log(b - a) if a <= x <= b else NEVER,
        cdf=_uniform_cdf,
    ),
    "Flat": Book(((),), lambda x: mpf(0), proper=False),
    "Bernoulli": Book(
        (names("prob"), names("logit")),
        _bernoulli,
        discrete=True,
        lowest=0,
        values=lambda *_: (0, 1),
        respelled={("logit",): lambda logit: (expit(logit),)},
    ),
    "Binomial": Book(
        (names("n", "prob"), names("n", "logit")),
        _binomial,
        discrete=True,
        lowest=0,
        values=lambda n, *_: range(int(n) + 1),
        respelled={("n", "logit"): lambda n, logit: (n, expit(logit))},
    ),
    "Poisson": Book(
        (names("rate"), names("log_rate")),
        _poisson,
        discrete=True,
        lowest=0,
        respelled={("log_rate",): lambda log_rate: (mp.exp(log_rate),)},
    ),
    "NegativeBinomial": Book(
        (
            names("mean", "concentration"),
            names("log_mean", "concentration"),
            names("concentration", "prob"),
            names("concentration", "rate"),
        ),
        _negative_binomial,
        discrete=True,
        lowest=0,
        respelled={
            ("log_mean", "concentration"): lambda log_mean, k: (mp.exp(log_mean), k),
            ("concentration", "prob"): lambda k, p: (k * (1 - p) / p, k),
            ("concentration", "rate"): lambda k, rate: (k / rate, k),
        },
    ),
    "Geometric": Book(
        (names("prob"),),
        lambda x, p: x * log(1 - p) + mp.log(p) if x >= 0 else NEVER,
        discrete=True,
        lowest=0,
    ),
    "Categorical": Book(
        ((("probs", 1),), (("logits", 1),)),
        lambda x, p: log(p[x]) if 0 <= x < len(p) else NEVER,
        discrete=True,
        lowest=0,
        values=lambda p: range(len(p)),
        respelled={("logits",): _softmax},
    ),
    "DiscreteUniform": Book(
        (names("low", "high"),),
        lambda x, a, b: -mp.log(b - a + 1) if a <= x <= b else NEVER,
        discrete=True,
        values=lambda a, b: range(int(a), int(b) + 1),
    ),
    "Dirichlet": Book(((("concentration", 1),),), _dirichlet, event_rank=1),
    "MultiNormal": Book(
        tuple((("loc", 1), (form, 2)) for form in ("cov", "chol", "precision")),
        multi_normal("cov"),
        event_rank=1,
        by_form={("loc", form): multi_normal(form) for form in ("chol", "precision")},
    ),
    "LKJCholesky": Book((names("concentration"),), _lkj_cholesky, event_rank=2),
    **LINE,
    **COUNTS,
    **ARRAYS,
}


def log_prob(name: str, form: tuple[str, ...], x: Any, args: Sequence[Any]) -> Number:
    """The log density of one draw, the arguments in the order of the form."""
    book = BOOK[name]
    if form in book.by_form:
        return book.by_form[form](x, *args)
    return book.log_prob(x, *_spelled(name, form, args))


def _spelled(name: str, form: tuple[str, ...], args: Sequence[Any]) -> Sequence[Any]:
    """The arguments of the first form."""
    respelled = BOOK[name].respelled.get(form)
    return args if respelled is None else respelled(*args)


def log_mass(
    name: str, form: tuple[str, ...], args: Sequence[Any], bounds: Sequence[tuple[str, Any]]
) -> Number:
    """The log probability that a draw keeps to all `bounds`: an operator and an end each."""
    book = BOOK[name]
    if not book.proper:
        return mpf(0)
    if book.discrete:
        return log(_sum_of_masses(name, form, args, bounds))
    assert book.cdf is not None
    with mp.extradps(30):  # far tails are differences of numbers near 1
        given = _spelled(name, form, args)
        lowest = [book.cdf(mpf(end), *given) for op, end in bounds if op in (">", ">=")]
        highest = [book.cdf(mpf(end), *given) for op, end in bounds if op in ("<", "<=")]
        return log(min(highest, default=mpf(1)) - max(lowest, default=mpf(0)))


def keeps(x: Any, bounds: Sequence[tuple[str, Any]]) -> bool:
    """Whether a value lies between the ends."""
    tests = {">": x.__gt__, ">=": x.__ge__, "<": x.__lt__, "<=": x.__le__}
    return all(tests[op](end) for op, end in bounds)


def _sum_of_masses(
    name: str, form: tuple[str, ...], args: Sequence[Any], bounds: Sequence[tuple[str, Any]]
) -> Number:
    """One by one; all that is left out where there is no upper end."""
    book = BOOK[name]
    if book.values is not None:
        found = [v for v in book.values(*args) if keeps(mpf(v), bounds)]
        return mp.fsum(mp.exp(log_prob(name, form, v, args)) for v in found)
    assert book.lowest is not None
    has_end = any(op in ("<", "<=") for op, _ in bounds)
    total = mpf(0)
    for v in itertools.count(book.lowest):
        inside = keeps(mpf(v), bounds)
        if (has_end and not inside and total > 0) or (has_end and v > 10_000):
            return total
        if not has_end and inside:
            return 1 - total
        if inside == has_end:
            total += mp.exp(log_prob(name, form, v, args))
    raise AssertionError
