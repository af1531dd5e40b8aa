"""The rest of the shelf of whole numbers, as the books have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from book import NEVER, Book, Number, expit, log, log_choose, names
from mpmath import mp, mpf


def _log_beta(a: Number, b: Number) -> Number:
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def _from(lowest: int, mass: Callable[..., Number]) -> Callable[..., Number]:
    return lambda x, *args: mass(mpf(x), *args) if x >= lowest else NEVER


def _beta_binomial(x: Number, n: Number, a: Number, b: Number) -> Number:
    if not 0 <= x <= n:
        return NEVER
    return log_choose(mpf(n), mpf(x)) + _log_beta(x + a, n - x + b) - _log_beta(a, b)


def _beta_negative_binomial(x: Number, r: Number, a: Number, b: Number) -> Number:
    count = mp.loggamma(r + x) - mp.loggamma(x + 1) - mp.loggamma(r)
    return count + _log_beta(a + r, b + x) - _log_beta(a, b)


def _generalized_poisson(x: Number, rate: Number, dispersion: Number) -> Number:
    m = rate + dispersion * x
    return mp.log(rate) + (x - 1) * mp.log(m) - m - mp.loggamma(x + 1)


def _hypergeometric(x: Number, n: int, good: int, bad: int) -> Number:
    if not max(0, n - bad) <= x <= min(n, good):
        return NEVER
    both = log_choose(mpf(good), mpf(x)) + log_choose(mpf(bad), mpf(n - x))
    return both - log_choose(mpf(good + bad), mpf(n))


def _skellam(x: int, one: Number, other: Number) -> Number:
    bessel = mp.besseli(abs(x), 2 * mp.sqrt(one * other))
    return -one - other + x * mp.log(one / other) / 2 + mp.log(bessel)


def _ordered(cdf: Callable[[Number], Number]) -> Callable[..., Number]:
    """Which interval between the cutpoints holds the variable."""

    def mass(x: int, eta: Number, cutpoints: Sequence[Number]) -> Number:
        if not 0 <= x <= len(cutpoints):
            return NEVER
        above = cdf(cutpoints[x] - eta) if x < len(cutpoints) else mpf(1)
        return log(above - (cdf(cutpoints[x - 1] - eta) if x > 0 else 0))

    return mass


def _at_least(
    lowest: int, forms: tuple[tuple[tuple[str, int], ...], ...], mass: Callable[..., Number]
) -> Book:
    return Book(forms, _from(lowest, mass), discrete=True, lowest=lowest)


COUNTS: dict[str, Book] = {
    "BetaBinomial": Book(
        (names("n", "a", "b"),),
        _beta_binomial,
        discrete=True,
        lowest=0,
        values=lambda n, *_: range(int(n) + 1),
    ),
    "Hypergeometric": Book(
        (names("n", "good", "bad"),),
        _hypergeometric,
        discrete=True,
        lowest=0,
        values=lambda n, good, bad: range(max(0, int(n) - int(bad)), min(int(n), int(good)) + 1),
    ),
    "BetaNegativeBinomial": _at_least(0, (names("concentration", "a", "b"),), _beta_negative_binomial),
    "DiscreteWeibull": _at_least(
        0, (names("prob", "shape"),), lambda x, q, b: mp.log(q ** (x**b) - q ** ((x + 1) ** b))
    ),
    "GeneralizedPoisson": _at_least(0, (names("rate", "dispersion"),), _generalized_poisson),
    "Borel": _at_least(
        1, (names("dispersion"),), lambda n, m: (n - 1) * mp.log(m * n) - m * n - mp.loggamma(n + 1)
    ),
    "LogSeries": _at_least(1, (names("prob"),), lambda x, p: x * mp.log(p) - mp.log(-x * mp.log(1 - p))),
    "Zeta": _at_least(1, (names("exponent"),), lambda x, s: -s * mp.log(x) - mp.log(mp.zeta(s))),
    "Skellam": Book((names("rate1", "rate2"),), _skellam, discrete=True),
    "OrderedLogistic": Book(
        ((("eta", 0), ("cutpoints", 1)),),
        _ordered(expit),
        discrete=True,
        lowest=0,
        values=lambda _eta, cutpoints: range(len(cutpoints) + 1),
    ),
    "OrderedProbit": Book(
        ((("eta", 0), ("cutpoints", 1)),),
        _ordered(mp.ncdf),
        discrete=True,
        lowest=0,
        values=lambda _eta, cutpoints: range(len(cutpoints) + 1),
    ),
}
