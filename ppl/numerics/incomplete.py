"""Logs of the regularised incomplete gamma and beta functions: what truncation and censoring ask for."""

from __future__ import annotations

import autograd.numpy as np

from ppl.numerics.elementwise import Array
from ppl.numerics.incomplete_beta import log_betainc_of_odds
from ppl.numerics.incomplete_gamma import log_gammainc, log_gammaincc

__all__ = ["log_betainc", "log_gammainc", "log_gammaincc"]


def log_betainc(a: Array, b: Array, x: Array) -> Array:
    """log I_x(a, b): -inf at and below 0, and 0 at and above 1."""
    inside = (x > 0) & (x < 1)
    x_inside = np.where(inside, x, 0.5)
    return np.where(
        inside,
        log_betainc_of_odds(a, b, x_inside / (1.0 - x_inside)),
        np.where(x > 0, 0.0, -np.inf),
    )
