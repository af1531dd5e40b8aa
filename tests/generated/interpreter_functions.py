"""The functions of the language, one number at a time, in mpmath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from book import expit
from mpmath import mp, mpf
from places import Number, logsumexp


def total(values: Sequence[Number]) -> Number:
    return sum(values, start=0)


def _mean(values: Sequence[Number]) -> Number:
    return mpf(total(values)) / len(values)


def _var(values: Sequence[Number]) -> Number:
    centre = _mean(values)
    return mp.fsum((v - centre) ** 2 for v in values) / (len(values) - 1)


def _prod(values: Sequence[Number]) -> Number:
    product = 1
    for value in values:
        product = product * value
    return product


OPERATORS: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: mpf(a) / b,
}
COMPARISONS: dict[str, Any] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
REDUCTIONS: dict[str, Any] = {
    "sum": total,
    "prod": _prod,
    "mean": _mean,
    "max": max,
    "min": min,
    "logsumexp": logsumexp,
    "var": _var,
    "sd": lambda values: mp.sqrt(_var(values)),
}
ALONG: dict[str, Any] = {
    "cumsum": lambda row, at: total(row[: at + 1]),
    "softmax": lambda row, at: mp.exp(row[at] - logsumexp(row)),
    "log_softmax": lambda row, at: row[at] - logsumexp(row),
}
ELEMENTWISE: dict[str, Any] = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": lambda x: mp.log(1 + mpf(x)),
    "log2": lambda x: mp.log(x, 2),
    "log10": mp.log10,
    "sqrt": mp.sqrt,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "arcsin": mp.asin,
    "arccos": mp.acos,
    "arctan": mp.atan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "arcsinh": mp.asinh,
    "arccosh": mp.acosh,
    "arctanh": mp.atanh,
    "abs": abs,
    "square": lambda x: x * x,
    "sign": lambda x: (x > 0) - (x < 0),
    "maximum": max,
    "minimum": min,
    "mod": lambda x, y: x - y * int(mp.floor(mpf(x) / y)),
    "floor": lambda x: int(mp.floor(x)),
    "ceil": lambda x: int(mp.ceil(x)),
    "arctan2": mp.atan2,
    "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
    "expit": expit,
    "logit": lambda p: mp.log(p / (1 - mpf(p))),
    "log_expit": lambda x: mp.log(expit(x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "log1mexp": lambda x: mp.log(1 - mp.exp(-mpf(x))),
    "gammaln": mp.loggamma,
    "digamma": mp.digamma,
    "erf": mp.erf,
    "erfc": mp.erfc,
    "Phi": mp.ncdf,
    "log_Phi": lambda x: mp.log(mp.ncdf(x)),
    "xlogy": lambda x, y: mpf(0) if x == 0 else x * mp.log(y),
    "lbeta": lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(mpf(a) + b),
    "log_choose": lambda n, k: (
        mp.loggamma(mpf(n) + 1) - mp.loggamma(mpf(k) + 1) - mp.loggamma(mpf(n) - k + 1)
    ),
    "gp_exp_quad": lambda x, y, a, r: a * a * mp.exp(-((x - y) ** 2) / (2 * mpf(r) ** 2)),
    "gp_matern32": lambda x, y, a, r: (
        a * a * (1 + mp.sqrt(3) * abs(x - y) / r) * mp.exp(-mp.sqrt(3) * abs(x - y) / mpf(r))
    ),
}
