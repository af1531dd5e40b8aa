"""The functions of the language: one row each. A row names its implementation, which is imported when first used.

`elementwise` functions act on aligned elements; `reduce` removes named axes; `along` keeps the axis that
it is told; `linear` (linear algebra) takes and gives vectors and matrices over dims.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

Role = Literal["elementwise", "reduce", "along", "linear"]


@dataclass(frozen=True)
class Function:
    """A row: `signature` as in the reference, `arity` the number of values, `at` where it is implemented.

    `result` is the type: "real", "bool", or "same" as the arguments. `events` are the event ranks of a
    linear function's arguments, `event` that of its result.
    """

    signature: str
    role: Role
    arity: int
    at: str
    doc: str
    result: str = "real"
    events: tuple[int, ...] = ()
    event: int = 0

    @property
    def name(self) -> str:
        return self.signature.partition("(")[0]

    @property
    def call(self) -> Callable[..., Any]:
        return implementation(self.at)


@cache
def implementation(at: str) -> Callable[..., Any]:
    """The callable at `module:name`."""
    module, _, name = at.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _elementwise() -> list[Function]:
    numpy = "autograd.numpy"
    rows = [
        ("exp(x)", "exp", "e to the x"),
        ("expm1(x)", "expm1", "exp(x) - 1, accurate near 0"),
        ("log(x)", "log", "natural logarithm"),
        ("log1p(x)", "log1p", "log(1 + x), accurate near 0"),
        ("log2(x)", "log2", "logarithm to base 2"),
        ("log10(x)", "log10", "logarithm to base 10"),
        ("sqrt(x)", "sqrt", "square root"),
        ("sin(x)", "sin", "sine of an angle in radians"),
        ("cos(x)", "cos", "cosine of an angle in radians"),
        ("tan(x)", "tan", "tangent of an angle in radians"),
        ("arcsin(x)", "arcsin", "inverse sine"),
        ("arccos(x)", "arccos", "inverse cosine"),
        ("arctan(x)", "arctan", "inverse tangent"),
        ("sinh(x)", "sinh", "hyperbolic sine"),
        ("cosh(x)", "cosh", "hyperbolic cosine"),
        ("tanh(x)", "tanh", "hyperbolic tangent"),
        ("arcsinh(x)", "arcsinh", "inverse hyperbolic sine"),
        ("arccosh(x)", "arccosh", "inverse hyperbolic cosine"),
        ("arctanh(x)", "arctanh", "inverse hyperbolic tangent"),
    ]
    found = [Function(signature, "elementwise", 1, f"{numpy}:{at}", doc) for signature, at, doc in rows]
    same = [
        ("abs(x)", 1, "abs", "absolute value"),
        ("square(x)", 1, "square", "x times x"),
        ("sign(x)", 1, "sign", "-1, 0 or 1"),
        ("maximum(x, y)", 2, "maximum", "the larger of two"),
        ("minimum(x, y)", 2, "minimum", "the smaller of two"),
        ("mod(x, y)", 2, "mod", "remainder, with the sign of y"),
    ]
    found += [Function(s, "elementwise", arity, f"{numpy}:{at}", doc, "same") for s, arity, at, doc in same]
    whole = [("floor(x)", "floor", "largest integer <= x"), ("ceil(x)", "ceil", "smallest integer >= x")]
    found += [
        Function(s, "elementwise", 1, f"ppl.numerics.rounding:{at}", doc, "int") for s, at, doc in whole
    ]
    found.append(
        Function("round(x)", "elementwise", 1, "ppl.numerics.rounding:nearest", "nearest integer", "int")
    )
    pairs = [
        ("arctan2(y, x)", "arctan2", "the angle of the point (x, y)"),
        ("logaddexp(x, y)", "logaddexp", "log(exp(x) + exp(y)) without overflow"),
    ]
    found += [Function(s, "elementwise", 2, f"{numpy}:{at}", doc) for s, at, doc in pairs]
    ours = [
        ("expit(x)", 1, "logistic:expit", "logistic function, 1 / (1 + exp(-x))"),
        ("logit(p)", 1, "logistic:logit", "log(p / (1 - p))"),
        ("log_expit(x)", 1, "logistic:log_expit", "log of the logistic function"),
        ("softplus(x)", 1, "logistic:softplus", "log(1 + exp(x))"),
        ("log1mexp(x)", 1, "logistic:log1mexp", "log(1 - exp(-x)) for x > 0"),
        ("gammaln(x)", 1, "special:gammaln", "log of the gamma function"),
        ("digamma(x)", 1, "special:digamma", "derivative of gammaln"),
        ("trigamma(x)", 1, "special:trigamma", "second derivative of gammaln"),
        ("erf(x)", 1, "special:erf", "error function"),
        ("erfc(x)", 1, "special:erfc", "1 - erf(x), accurate for large x"),
        ("erfinv(x)", 1, "special:erfinv", "inverse error function"),
        ("Phi(x)", 1, "normal:phi", "standard normal distribution function"),
        ("probit(p)", 1, "normal:phi_inverse", "inverse of Phi"),
        ("log_Phi(x)", 1, "normal:log_phi", "log of Phi, accurate in the tail"),
        ("xlogy(x, y)", 2, "products:xlogy", "x log y, 0 where x is 0"),
        ("lbeta(a, b)", 2, "gamma_ratios:lbeta", "log of the beta function"),
        (
            "log_choose(n, k)",
            2,
            "gamma_ratios:log_binomial_coefficient",
            "log of the number of k-subsets of n",
        ),
        ("relu(x)", 1, "activations:relu", "x where it is positive, else 0"),
        ("elu(x)", 1, "activations:elu", "x where it is positive, else exp(x) - 1"),
        ("gelu(x)", 1, "activations:gelu", "x times Phi(x)"),
        ("gp_exp_quad(x, y, alpha, rho)", 4, "kernels:exp_quad", "alpha^2 exp(-(x - y)^2 / (2 rho^2))"),
        ("gp_matern32(x, y, alpha, rho)", 4, "kernels:matern32", "Matérn kernel with smoothness 3/2"),
        ("gp_matern52(x, y, alpha, rho)", 4, "kernels:matern52", "Matérn kernel with smoothness 5/2"),
        ("gp_periodic(x, y, alpha, rho, period)", 5, "kernels:periodic", "periodic kernel"),
    ]
    found += [Function(s, "elementwise", arity, f"ppl.numerics.{at}", doc) for s, arity, at, doc in ours]
    return found


def _over_axes() -> list[Function]:
    where = "ppl.numerics.reductions"
    rows = [
        ("sum(x, axis)", "sum", "sum", "same"),
        ("prod(x, axis)", "prod", "product", "same"),
        ("mean(x, axis)", "mean", "arithmetic mean", "real"),
        ("max(x, axis)", "max", "largest", "same"),
        ("min(x, axis)", "min", "smallest", "same"),
        ("logsumexp(x, axis)", "logsumexp", "log of the sum of exp(x)", "real"),
        ("sd(x, axis)", "sd", "standard deviation with divisor n - 1", "real"),
        ("var(x, axis)", "var", "variance with divisor n - 1", "real"),
    ]
    found = [Function(s, "reduce", 1, f"{where}:{at}", doc, result) for s, at, doc, result in rows]
    rows = [
        ("cumsum(x, axis)", "cumsum", "running sum", "same"),
        ("softmax(x, axis)", "softmax", "exp(x) over its sum", "real"),
        ("log_softmax(x, axis)", "log_softmax", "log of softmax", "real"),
    ]
    return found + [Function(s, "along", 1, f"{where}:{at}", doc, result) for s, at, doc, result in rows]


def _linear() -> list[Function]:
    where = "ppl.numerics.matrices"
    rows = [
        ("cholesky(K)", (2,), 2, "lower triangular factor of a positive definite matrix"),
        ("inverse(K)", (2,), 2, "inverse matrix"),
        ("logdet(K)", (2,), 0, "log of the absolute determinant"),
        ("transpose(K)", (2,), 2, "rows and columns exchanged"),
        ("diag(x)", (1,), 2, "matrix with x on its diagonal"),
        ("diagonal(K)", (2,), 1, "the diagonal of a matrix"),
        ("solve(K, x)", (2, 1), 1, "the y with K @ y = x"),
        ("outer(x, y)", (1, 1), 2, "matrix of all products"),
    ]
    return [
        Function(s, "linear", len(events), f"{where}:{s.partition('(')[0]}", doc, "real", events, event)
        for s, events, event, doc in rows
    ]


FUNCTIONS: dict[str, Function] = {f.name: f for f in (*_elementwise(), *_over_axes(), *_linear())}


class _Arithmetic(Mapping[str, Callable[..., Any]]):
    """The operators, by the names that expressions give them; numpy is imported when one is first asked for."""

    _names = MappingProxyType(
        {
            "add": "add",
            "subtract": "subtract",
            "multiply": "multiply",
            "divide": "true_divide",
            "negative": "negative",
            "power": "power",
            "<": "less",
            "<=": "less_equal",
            ">": "greater",
            ">=": "greater_equal",
            "==": "equal",
            "!=": "not_equal",
            "and": "logical_and",
            "or": "logical_or",
            "not": "logical_not",
        }
    )

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return implementation(f"autograd.numpy:{self._names[name]}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


ARITHMETIC: Mapping[str, Callable[..., Any]] = _Arithmetic()
