"""The rest of the shelf on the line, as the books have it; distribution functions where they have a short form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from book import NEVER, Book, Number, names, positive, positive_cdf
from mpmath import mp, mpf

HALF = mpf(1) / 2


def _log_beta(a: Number, b: Number) -> Number:
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def _share(a: Number, b: Number, x: Number) -> Number:
    return mp.betainc(a, b, 0, min(max(x, mpf(0)), mpf(1)), regularized=True)


def _below_gamma(shape: Number, x: Number) -> Number:
    return mp.gammainc(shape, 0, x, regularized=True)


def _above_gamma(shape: Number, x: Number) -> Number:
    return mp.gammainc(shape, x, mp.inf, regularized=True)


def _within(density: Callable[..., Number]) -> Callable[..., Number]:
    """Of distributions whose first two parameters are their ends."""
    return lambda x, low, high, *more: density(x, low, high, *more) if low <= x <= high else NEVER


def _clipped(cdf: Callable[..., Number]) -> Callable[..., Number]:
    return lambda x, low, high, *more: cdf(x, low, high, *more) if low < x < high else mpf(x >= high)


def _standard(density: Callable[..., Number]) -> Callable[..., Number]:
    """By loc and scale, from the density of (x - loc) / scale."""
    return lambda x, loc, scale, *more: density((x - loc) / scale, *more) - mp.log(scale)


def _standard_cdf(cdf: Callable[..., Number]) -> Callable[..., Number]:
    return lambda x, loc, scale, *more: cdf((x - loc) / scale, *more)


def _scaled(density: Callable[..., Number]) -> Callable[..., Number]:
    """Of positive numbers by their scale, the parameter that comes first."""
    return positive(lambda x, scale, *more: density(x / scale, *more) - mp.log(scale))


def _scaled_cdf(cdf: Callable[..., Number]) -> Callable[..., Number]:
    return positive_cdf(lambda x, scale, *more: cdf(x / scale, *more))


# -- on the whole line ----------------------------------------------------------------------------


def _asymmetric_laplace(x: Number, loc: Number, scale: Number, kappa: Number) -> Number:
    """Kotz, Kozubowski & Podgórski (2001), eq. 3.1.1, with 1 / kappa to the right."""
    rate = kappa / scale if x > loc else 1 / (kappa * scale)
    return mp.log(kappa / (scale * (1 + kappa**2))) - rate * abs(x - loc)


def _asymmetric_laplace_cdf(x: Number, loc: Number, scale: Number, kappa: Number) -> Number:
    if x <= loc:
        return kappa**2 / (1 + kappa**2) * mp.exp((x - loc) / (kappa * scale))
    return 1 - mp.exp(-kappa * (x - loc) / scale) / (1 + kappa**2)


def _by_quantile(loc: Number, scale: Number, quantile: Number) -> Sequence[Number]:
    """Means scale / (2 (1 - q)) and scale / (2 q) of the two sides as s kappa and s / kappa."""
    return loc, scale / (2 * mp.sqrt(quantile * (1 - quantile))), mp.sqrt(quantile / (1 - quantile))


def _ex_gaussian(x: Number, loc: Number, scale: Number, rate: Number) -> Number:
    inner = (loc + rate * scale**2 - x) / (mp.sqrt(2) * scale)
    return mp.log(rate / 2) + rate / 2 * (2 * loc + rate * scale**2 - 2 * x) + mp.log(mp.erfc(inner))


def _ex_gaussian_cdf(x: Number, loc: Number, scale: Number, rate: Number) -> Number:
    u = (x - loc) / scale
    turned = mp.exp(-rate * (x - loc) + (rate * scale) ** 2 / 2) * mp.ncdf(u - rate * scale)
    return mp.ncdf(u) - turned


def _extreme_place(z: Number, shape: Number) -> Number:
    """(1 + shape z)^(-1 / shape), exp(-z) for shape 0; None of a place where nothing can be."""
    if shape == 0:
        return mp.exp(-z)
    return (1 + shape * z) ** (-1 / mpf(shape)) if 1 + shape * z > 0 else None


def _extreme(z: Number, shape: Number) -> Number:
    t = _extreme_place(z, shape)
    return NEVER if t is None else (shape + 1) * mp.log(t) - t


def _extreme_cdf(z: Number, shape: Number) -> Number:
    t = _extreme_place(z, shape)
    return mpf(shape < 0) if t is None else mp.exp(-t)


def _generalized_normal_cdf(z: Number, power: Number) -> Number:
    return HALF + mp.sign(z) * _below_gamma(1 / power, abs(z) ** power) / 2


def _skew_student(t: Number, a: Number, b: Number) -> Number:
    """Jones & Faddy (2003), eq. 1."""
    root = mp.sqrt(a + b + t**2)
    height = -(a + b - 1) * mp.log(2) - _log_beta(a, b) - mp.log(a + b) / 2
    return height + (a + HALF) * mp.log1p(t / root) + (b + HALF) * mp.log1p(-t / root)


def _moyal(r: Number) -> Number:
    return -(r + mp.exp(-r)) / 2 - mp.log(2 * mp.pi) / 2


# -- on half-lines and intervals ------------------------------------------------------------------


def _gamma(x: Number, shape: Number, rate: Number) -> Number:
    return shape * mp.log(rate) + (shape - 1) * mp.log(x) - rate * x - mp.loggamma(shape)


def _inverse_gamma(x: Number, shape: Number, scale: Number) -> Number:
    return shape * mp.log(scale) - (shape + 1) * mp.log(x) - scale / x - mp.loggamma(shape)


def _beta(x: Number, a: Number, b: Number) -> Number:
    return (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - _log_beta(a, b) if 0 < x < 1 else NEVER


def _inverse_gaussian(x: Number, mean: Number, shape: Number) -> Number:
    return mp.log(shape / (2 * mp.pi * x**3)) / 2 - shape * (x - mean) ** 2 / (2 * mean**2 * x)


def _inverse_gaussian_cdf(x: Number, mean: Number, shape: Number) -> Number:
    root = mp.sqrt(shape / x)
    mirrored = mp.exp(2 * shape / mean) * mp.ncdf(-root * (x / mean + 1))
    return mp.ncdf(root * (x / mean - 1)) + mirrored


def _generalized_pareto(x: Number, loc: Number, scale: Number, shape: Number) -> Number:
    z = (x - loc) / scale
    if z < 0 or 1 + shape * z <= 0:
        return NEVER
    return (-(1 + 1 / mpf(shape)) * mp.log(1 + shape * z) if shape else -z) - mp.log(scale)


def _generalized_pareto_cdf(x: Number, loc: Number, scale: Number, shape: Number) -> Number:
    z = (x - loc) / scale
    if z <= 0 or 1 + shape * z <= 0:
        return mpf(z > 0)
    return 1 - ((1 + shape * z) ** (-1 / mpf(shape)) if shape else mp.exp(-z))


def _triangular(x: Number, low: Number, high: Number, peak: Number) -> Number:
    side = (x - low) / (peak - low) if x < peak else (high - x) / (high - peak)
    return mp.log(2 * side / (high - low)) if side > 0 else NEVER


def _triangular_cdf(x: Number, low: Number, high: Number, peak: Number) -> Number:
    if x < peak:
        return (x - low) ** 2 / ((high - low) * (peak - low))
    return 1 - (high - x) ** 2 / ((high - low) * (high - peak))


def _log_logistic(x: Number, shape: Number) -> Number:
    return mp.log(shape) + (shape - 1) * mp.log(x) - 2 * mp.log1p(x**shape)


def _logit_normal(x: Number, loc: Number, scale: Number) -> Number:
    if not 0 < x < 1:
        return NEVER
    r = (mp.log(x / (1 - x)) - loc) / scale
    return -(r**2) / 2 - mp.log(scale * x * (1 - x)) - mp.log(2 * mp.pi) / 2


def _von_mises(x: Number, loc: Number, concentration: Number) -> Number:
    if abs(x) > mp.pi:
        return NEVER
    return concentration * mp.cos(x - loc) - mp.log(2 * mp.pi * mp.besseli(0, concentration))


def _rice(x: Number, distance: Number, scale: Number) -> Number:
    t = x * distance / scale**2
    return mp.log(x / scale**2) - (x**2 + distance**2) / (2 * scale**2) + mp.log(mp.besseli(0, t))


LINE: dict[str, Book] = {
    "AsymmetricLaplace": Book(
        (names("loc", "scale", "asymmetry"), names("loc", "scale", "quantile")),
        _asymmetric_laplace,
        cdf=_asymmetric_laplace_cdf,
        respelled={("loc", "scale", "quantile"): _by_quantile},
    ),
    "ExponentiallyModifiedGaussian": Book(
        (names("loc", "scale", "rate"),), _ex_gaussian, cdf=_ex_gaussian_cdf
    ),
    "GeneralizedExtremeValue": Book(
        (names("loc", "scale", "shape"),), _standard(_extreme), cdf=_standard_cdf(_extreme_cdf)
    ),
    "GeneralizedNormal": Book(
        (names("loc", "scale", "power"),),
        _standard(lambda z, power: mp.log(power / 2) - mp.loggamma(1 / power) - abs(z) ** power),
        cdf=_standard_cdf(_generalized_normal_cdf),
    ),
    "Gumbel": Book(
        (names("loc", "scale"),),
        _standard(lambda z: -z - mp.exp(-z)),
        cdf=_standard_cdf(lambda z: mp.exp(-mp.exp(-z))),
    ),
    "Moyal": Book(
        (names("loc", "scale"),),
        _standard(_moyal),
        cdf=_standard_cdf(lambda r: mp.erfc(mp.exp(-r / 2) / mp.sqrt(2))),
    ),
    "SkewNormal": Book(
        (names("loc", "scale", "shape"),),
        _standard(lambda z, a: mp.log(2) - z**2 / 2 - mp.log(2 * mp.pi) / 2 + mp.log(mp.ncdf(a * z))),
    ),
    "SkewStudentT": Book(
        (names("loc", "scale", "a", "b"),),
        _standard(_skew_student),
        cdf=_standard_cdf(lambda t, a, b: _share(a, b, (1 + t / mp.sqrt(a + b + t**2)) / 2)),
    ),
    "Arcsine": Book(
        (names("low", "high"),),
        _within(lambda x, low, high: -mp.log(mp.pi) - mp.log((x - low) * (high - x)) / 2),
        cdf=_clipped(lambda x, low, high: 2 / mp.pi * mp.asin(mp.sqrt((x - low) / (high - low)))),
    ),
    "LogUniform": Book(
        (names("low", "high"),),
        _within(lambda x, low, high: -mp.log(x * mp.log(high / low))),
        cdf=_clipped(lambda x, low, high: mp.log(x / low) / mp.log(high / low)),
    ),
    "Triangular": Book((names("low", "high", "peak"),), _within(_triangular), cdf=_clipped(_triangular_cdf)),
    "VonMises": Book((names("loc", "concentration"),), _von_mises),
    "BetaProportion": Book(
        (names("mean", "concentration"),),
        lambda x, m, c: _beta(x, m * c, (1 - m) * c),
        cdf=lambda x, m, c: _share(m * c, (1 - m) * c, x),
    ),
    "Kumaraswamy": Book(
        (names("a", "b"),),
        lambda x, a, b: (
            mp.log(a * b) + (a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x**a) if 0 < x < 1 else NEVER
        ),
        cdf=lambda x, a, b: 1 - (1 - min(max(x, mpf(0)), mpf(1)) ** a) ** b,
    ),
    "LogitNormal": Book(
        (names("loc", "scale"),),
        _logit_normal,
        cdf=lambda x, m, s: mp.ncdf(mp.log(x / (1 - x)), m, s) if 0 < x < 1 else mpf(x >= 1),
    ),
    "BetaPrime": Book(
        (names("a", "b"),),
        positive(lambda x, a, b: (a - 1) * mp.log(x) - (a + b) * mp.log1p(x) - _log_beta(a, b)),
        cdf=positive_cdf(lambda x, a, b: _share(a, b, x / (1 + x))),
    ),
    "Burr": Book(
        (names("scale", "shape", "tail"),),
        _scaled(lambda x, c, k: mp.log(c * k) + (c - 1) * mp.log(x) - (k + 1) * mp.log1p(x**c)),
        cdf=_scaled_cdf(lambda x, c, k: 1 - (1 + x**c) ** -k),
    ),
    "Dagum": Book(
        (names("scale", "shape", "power"),),
        _scaled(lambda x, a, p: mp.log(a * p) + (a * p - 1) * mp.log(x) - (p + 1) * mp.log1p(x**a)),
        cdf=_scaled_cdf(lambda x, a, p: (1 + x**-a) ** -p),
    ),
    "ChiSquared": Book(
        (
            names(
                "df",
            ),
        ),
        positive(lambda x, df: _gamma(x, df / 2, HALF)),
        cdf=positive_cdf(lambda x, df: _below_gamma(df / 2, x / 2)),
    ),
    "Frechet": Book(
        (names("shape", "scale"),),
        positive(lambda x, a, s: mp.log(a / s) - (a + 1) * mp.log(x / s) - (x / s) ** -a),
        cdf=positive_cdf(lambda x, a, s: mp.exp(-((x / s) ** -a))),
    ),
    "GeneralizedGamma": Book(
        (names("shape", "scale", "power"),),
        positive(
            lambda x, a, s, p: mp.log(p / s) + (p * a - 1) * mp.log(x / s) - (x / s) ** p - mp.loggamma(a)
        ),
        cdf=positive_cdf(lambda x, a, s, p: _below_gamma(a, (x / s) ** p)),
    ),
    "GeneralizedPareto": Book(
        (names("loc", "scale", "shape"),), _generalized_pareto, cdf=_generalized_pareto_cdf
    ),
    "Gompertz": Book(
        (names("shape", "rate"),),
        lambda x, a, r: mp.log(a * r) + r * x - a * mp.expm1(r * x) if x >= 0 else NEVER,
        cdf=positive_cdf(lambda x, a, r: -mp.expm1(-a * mp.expm1(r * x))),
    ),
    "HalfLogistic": Book(
        (names("scale"),),
        lambda x, s: mp.log(2 / s) - x / s - 2 * mp.log1p(mp.exp(-x / s)) if x >= 0 else NEVER,
        cdf=positive_cdf(lambda x, s: mp.tanh(x / (2 * s))),
    ),
    "InverseChiSquared": Book(
        (names("df"),),
        positive(lambda x, df: _inverse_gamma(x, df / 2, HALF)),
        cdf=positive_cdf(lambda x, df: _above_gamma(df / 2, 1 / (2 * x))),
    ),
    "ScaledInverseChiSquared": Book(
        (names("df", "scale"),),
        positive(lambda x, df, s: _inverse_gamma(x, df / 2, df * s**2 / 2)),
        cdf=positive_cdf(lambda x, df, s: _above_gamma(df / 2, df * s**2 / (2 * x))),
    ),
    "InverseGaussian": Book(
        (names("mean", "shape"),), positive(_inverse_gaussian), cdf=positive_cdf(_inverse_gaussian_cdf)
    ),
    "Levy": Book(
        (names("loc", "scale"),),
        lambda x, m, c: mp.log(c / (2 * mp.pi * (x - m) ** 3)) / 2 - c / (2 * (x - m)) if x > m else NEVER,
        cdf=lambda x, m, c: mp.erfc(mp.sqrt(c / (2 * (x - m)))) if x > m else mpf(0),
    ),
    "LogLogistic": Book(
        (names("scale", "shape"),),
        _scaled(_log_logistic),
        cdf=_scaled_cdf(lambda x, a: 1 / (1 + x**-a)),
    ),
    "Pareto": Book(
        (names("scale", "shape"),),
        lambda x, m, a: mp.log(a / x) + a * mp.log(m / x) if x >= m else NEVER,
        cdf=lambda x, m, a: 1 - (m / x) ** a if x > m else mpf(0),
    ),
    "Rayleigh": Book(
        (names("scale"),),
        positive(lambda x, s: mp.log(x / s**2) - (x / s) ** 2 / 2),
        cdf=positive_cdf(lambda x, s: -mp.expm1(-((x / s) ** 2) / 2)),
    ),
    "Rice": Book((names("distance", "scale"),), positive(_rice)),
}
