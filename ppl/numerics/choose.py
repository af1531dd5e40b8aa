"""`where` that broadcasts all three of its arguments, in its adjoint too (autograd's own does not)."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

from ppl.numerics.adjoints import elementwise

Array = Any


def _choose(condition: Any, yes: Array, no: Array) -> Array:
    """`yes` where the condition holds, else `no`."""
    return onp.where(condition, yes, no)


choose = primitive(_choose)
pull_choose = elementwise(
    None, lambda g, _, c, yes, no: onp.where(c, g, 0.0), lambda g, _, c, yes, no: onp.where(c, 0.0, g)
)


defvjp(
    choose,
    None,
    lambda ans, c, yes, no: unbroadcast_f(yes, lambda g: np.where(c, g, np.zeros(np.shape(g)))),
    lambda ans, c, yes, no: unbroadcast_f(no, lambda g: np.where(c, np.zeros(np.shape(g)), g)),
)
