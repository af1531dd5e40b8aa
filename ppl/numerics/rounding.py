"""Rounding to integers; flat almost everywhere, so the derivative is 0."""

from __future__ import annotations

from typing import Any

import numpy as onp
from autograd.extend import defvjp, primitive


def _floor(x: Any) -> Any:
    """Largest integer <= x."""
    return onp.floor(x)


floor = primitive(_floor)


def _ceil(x: Any) -> Any:
    """Smallest integer >= x."""
    return onp.ceil(x)


ceil = primitive(_ceil)


def _nearest(x: Any) -> Any:
    """Nearest integer; halves go to the even one."""
    return onp.round(x)


nearest = primitive(_nearest)


for _function in (floor, ceil, nearest):
    defvjp(_function, None)
