"""The shelf of guides: every file here is one family q(z), and this folder is the registry.

A file's docstring begins with the guide's public name, and the file defines `guide = Guide(...)`.
A guide lives in unconstrained space and knows nothing of the model but its layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.layout import Layout
from ppl.shelf import Shelf

Array = Any  # numpy arrays, or autograd's boxes of them
HALF_LOG_2_PI = 0.5 * float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Setting:
    """What a guide may know of the model that it is for.

    `links` (D, D) says which unconstrained coordinates meet in a factor of the log joint (its second
    derivatives are 0 elsewhere), found when it is first asked for; `numbers` are what the user wrote
    in parentheses, as 5 in `lowrank(5)`, or the guide's own.
    """

    layout: Layout
    links: Callable[[], Array]
    numbers: tuple[int, ...] = ()


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
    `noise_size(D)` is how many columns of noise `transport` takes, D where nothing is said.
    A guide that is not one transport of noise (a mixture) gives `stratified(params, noise)`: draws
    (R, D) and their weights (R,), adding up to 1, under which means are differentiable in all params. One whose entropy
    has no formula leaves it None, and the objectives take minus the mean of `log_prob`.
    `upon(mean, C)` is the member nearest to a Gaussian with that mean (D,) and lower triangular factor (D, D) of its
    covariance: where a richer family starts from a fitted Gaussian; `gathered(log_masses, gaussians)` the one that is
    nearest to several such (mean, C) with these log masses.
    A family that is shaped by the model (its links, a rank) has `within(setting)`, which gives the guide to use; as it
    stands on the shelf it takes all coordinates to meet. `numbers` are what stands in parentheses behind its name
    where the user writes nothing: whole numbers from 1. One that `is_sparse` leaves out what its links do not ask for.
    A family whose member is found at the peak of the log joint, and not by its ELBO, gives `peaked(mode, precision)`:
    its params, from the mode (D,) and minus the Hessian (D, D) of the log joint there. A single point (`is_point`) has
    no density: it counts as 1, and needs no Hessian.
    `regular(noise)` makes half a set of mirrored draws (S/2, columns) so even that on a Gaussian target in the family
    its optimum is exact; without it all columns are made uncorrelated where there are draws enough for that.
    A family `is_gaussian` where all its members are, and can be moved anywhere.
    Of a family in which many params are one density (`is_unique` False) what lies halfway between two optima is none.
    `fixed_draws(D)` is how many fixed draws determine an optimum well, `least_draws(D)` how many
    it takes for there to be one at all.
    """

    init: Callable[[Layout, Array, Array], Array]
    transport: Callable[[Array, Array], Array]
    log_prob: Callable[[Array, Array], Array]
    entropy: Callable[[Array], Array] | None
    moments: Callable[[Array], tuple[Array, Array]]
    move: Callable[[Array, Array], Array]
    fixed_draws: Callable[[int], int]
    least_draws: Callable[[int], int]
    is_single: bool = False
    noise_size: Callable[[int], int] = lambda D: D
    stratified: Callable[[Array, Array], tuple[Array, Array]] | None = None
    within: Callable[[Setting], Guide] | None = None
    upon: Callable[[Array, Array], Array] | None = None
    gathered: Callable[[Sequence[float], Sequence[tuple[Array, Array]]], Array] | None = None
    numbers: tuple[int, ...] = ()
    peaked: Callable[[Array, Array | None], Array] | None = None
    regular: Callable[[Array], Array] | None = None
    is_point: bool = False
    is_unique: bool = True
    is_sparse: bool = False
    is_gaussian: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it can only be a guide for all latents together, and not for a part of them."""
        return self.peaked is not None or self.stratified is not None


guides: Shelf[Guide] = Shelf(__name__, __path__[0], "guide")
