"""Sums of a density over two shifted lattices, each wherever it is not negligible: the trapezoidal rule on the plane.

For a smooth density the sum over a lattice, times the volume of a cell, differs from the integral by the density's
Fourier transform at the points of the dual lattice: for a standard normal by 2 D exp(-2 pi² / h²), 4e-8 for h = 1 and
D = 4. A second lattice in the middle of the cells has the opposite error to leading order, so the two together are
far better, and their difference says by how much each is off. The lattices are turned, so that
their points do not lie in planes of a coordinate. Points are found from seeds by spreading to their neighbours.
Sources: Trefethen & Weideman, The exponentially convergent trapezoidal rule, SIAM Review 56 (2014); Sloan & Joe,
Lattice methods for multiple integration (1994), chapter 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
STRIDES = 16
REACH = 2**15  # whole coordinates lie within it on either side: four of them make one 64 bit key


@dataclass(frozen=True)
class Lattice:
    """Points v (S, D) with their log densities, first those of one lattice and, from `second` on, those of the other.

    `rim` are those on the outside, beyond which nothing was looked at. `cell` is the log volume of a cell.
    """

    v: Array
    log_density: Array
    second: int
    rim: Array
    cell: float


def turned(D: int) -> Array:
    """A rotation (D, D), always the same one, that leaves no lattice plane along a coordinate."""
    q, r = np.linalg.qr(np.random.default_rng(1).standard_normal((D, D)))
    return q * np.sign(np.diag(r))


def spread(
    log_density: Callable[[Array], Array], seeds: Array, h: float, depth: float, limit: int
) -> Lattice | None:
    """The lattices of spacing h where log density is within `depth` of its top; None beyond `limit` points."""
    D = seeds.shape[1]
    basis = h * turned(D)
    # On a line only two points are new in a round: longer steps make for fewer rounds.
    strides = range(1, STRIDES + 1 if D == 1 else 2)
    steps = np.concatenate([sign * k * np.eye(D, dtype=int) for k in strides for sign in (1, -1)])
    fresh = np.unique(np.rint(seeds @ np.linalg.inv(basis).T).astype(np.int64), axis=0)
    fresh = fresh[np.all(np.abs(fresh) < REACH - 2, axis=1)]
    known, top, count = np.zeros(0, dtype=np.int64), -np.inf, 0
    places, values = [], []
    while len(fresh):
        count += len(fresh)
        if count > limit:
            return None
        found = log_density(fresh @ basis.T)
        top = max(top, float(np.max(found)))
        places.append(fresh)
        values.append(found)
        known = np.sort(np.concatenate([known, keys(fresh)]))
        near = distinct((fresh[found > top - depth][:, None] + steps).reshape(-1, D))
        near = near[np.all(np.abs(near) < REACH - 2, axis=1)]
        at = np.minimum(np.searchsorted(known, keys(near)), len(known) - 1)
        fresh = near[known[at] != keys(near)]
    if not np.isfinite(top):
        return None
    first, one = np.concatenate(places), np.concatenate(values)
    inside = one > top - depth
    corners = np.array(list(itertools.product((-1, 0), repeat=D)))
    other = distinct((first[inside][:, None] + corners).reshape(-1, D))
    if count + len(other) > limit:
        return None
    middle = (other + 0.5) @ basis.T
    two = log_density(middle)
    rim = np.concatenate([~inside, two <= top - depth])
    return Lattice(
        np.concatenate([first @ basis.T, middle]), np.concatenate([one, two]), len(first), rim, D * np.log(h)
    )


def keys(places: Array) -> Array:
    """A whole number for each place (S, D) of whole numbers."""
    found = np.zeros(len(places), dtype=np.int64)
    for column in places.T:
        found = found * (2 * REACH) + (column + REACH)
    return found


def distinct(places: Array) -> Array:
    """Each place once."""
    _, first = np.unique(keys(places), return_index=True)
    return places[first]
