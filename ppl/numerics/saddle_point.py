"""Saddle-point pieces of densities with gamma functions: deviances and Stirling remainders.

log Gamma(a) and a log(m) are huge and nearly cancel; written as a deviance (which is 0 where a = m) and a
remainder (which varies like a log), a density keeps its digits. Source: C. Loader (2000).
"""

from ppl.numerics.deviance import (
    binomial_deviance,
    deviance,
    log1pmx,
    log_ratio,
    log_ratio_to_product,
    product_deviance,
)
from ppl.numerics.stirling import HALF_LOG_2PI, factorial_remainder, stirling_remainder

__all__ = [
    "HALF_LOG_2PI",
    "binomial_deviance",
    "deviance",
    "factorial_remainder",
    "log1pmx",
    "log_ratio",
    "log_ratio_to_product",
    "product_deviance",
    "stirling_remainder",
]
