"""The shelf of guides: every file here is one family q(z), and this folder is the registry.

A file's docstring begins with the guide's public name, and the file defines `guide = Guide(...)`.
A guide lives in unconstrained space and knows nothing of the model but its layout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.layout import Layout
from ppl.shelf import Shelf

Array = Any  # numpy arrays, or autograd's boxes of them
HALF_LOG_2_PI = 0.5 * float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Guide:
    """A family of densities on z as functions of its numbers `params` (a flat vector).

    `init(layout, mean, sd)` gives the params of a member near an independent Gaussian.
    `transport(params, noise)` turns standard normal noise (S, D) into draws z (S, D) and
    `log_prob(params, z)` is (S,), `entropy(params)` a number: all three differentiable.
    `moments(params)` is (mean, sd) of z, each (D,).
    `move(params, step)` is another member of the family, `step` (as long as params) away in the
    guide's own units: `move(params, 0)` is `params`, and there the Fisher metric of `step` is the
    identity. So a gradient with respect to `step` at 0 is the natural gradient, and its squared
    length is in nats.
    A family with a single member (`is_single`) has no numbers to fit: what it is given as params is left alone.
    `fixed_draws(D)` is how many fixed draws determine an optimum well, `least_draws(D)` how many
    it takes for there to be one at all.
    """

    init: Callable[[Layout, Array, Array], Array]
    transport: Callable[[Array, Array], Array]
    log_prob: Callable[[Array, Array], Array]
    entropy: Callable[[Array], Array]
    moments: Callable[[Array], tuple[Array, Array]]
    move: Callable[[Array, Array], Array]
    fixed_draws: Callable[[int], int]
    least_draws: Callable[[int], int]
    is_single: bool = False


guides: Shelf[Guide] = Shelf(__name__, __path__[0], "guide")
