"""Special functions under scipy's names, differentiable, with scipy.special loaded at their first call."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise

_ROOT_PI = float(onp.sqrt(onp.pi))


def from_scipy(name: str, *args: Any) -> Any:
    """scipy.special's function of that name, loaded only now: loading it takes as long as a small fit."""
    import scipy.special

    return getattr(scipy.special, name)(*args)


def _gammaln(x: Array) -> Array:
    return from_scipy("gammaln", x)


def _digamma(x: Array) -> Array:
    return from_scipy("digamma", x)


def _polygamma(order: Array, x: Array) -> Array:
    return from_scipy("polygamma", order, x)


def _erf(x: Array) -> Array:
    return from_scipy("erf", x)


def _erfc(x: Array) -> Array:
    return from_scipy("erfc", x)


def _erfinv(p: Array) -> Array:
    return from_scipy("erfinv", p)


gammaln: Elementwise = elementwise(_gammaln, lambda _ans, x: digamma(x))
"""log |Gamma(x)|."""

polygamma: Elementwise = elementwise(_polygamma, None, lambda _ans, order, x: polygamma(order + 1, x))
"""The `order`-th derivative of digamma."""

digamma: Elementwise = elementwise(_digamma, lambda _ans, x: polygamma(1, x))
"""The derivative of log Gamma."""


def trigamma(x: Array) -> Array:
    """The second derivative of log Gamma."""
    return polygamma(1, x)


erf: Elementwise = elementwise(_erf, lambda _ans, x: 2.0 / _ROOT_PI * np.exp(-(x**2)))
"""The error function."""

erfc: Elementwise = elementwise(_erfc, lambda _ans, x: -2.0 / _ROOT_PI * np.exp(-(x**2)))
"""1 - erf(x), with its digits kept."""

erfinv: Elementwise = elementwise(_erfinv, lambda ans, _p: _ROOT_PI / 2.0 * np.exp(ans**2))
"""The inverse of erf."""
