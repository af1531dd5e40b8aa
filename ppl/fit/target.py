"""What inference needs of a log joint, and what it is when a point is not finite.

Everything above this line knows a model as a density over z and names for its terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from autograd import make_vjp

from ppl.layout import Layout

Array = Any  # numpy arrays, or autograd's boxes of them


class LogJoint(Protocol):
    """A log density of z (S, D), itemised. `w` (W,) are learned point values, unconstrained."""

    @property
    def layout(self) -> Layout:
        """The latents' columns in z."""

    @property
    def param_layout(self) -> Layout:
        """The params' entries in w: the first ones."""

    @property
    def tuned_layout(self) -> Layout:
        """The entries of w after them: numbers of the guide that live in the log joint."""

    @property
    def bounded(self) -> Sequence[str]:
        """Finite latents that have guides inside the log joint, which is then a lower bound."""

    @property
    def start_params(self) -> Array:
        """w to start from (W,)."""

    @property
    def observed(self) -> Set[str]:
        """The names of the terms that are likelihood; the others are priors."""

    def __call__(self, z: Array, w: Array | None = None) -> Array:
        """The log density (S,) in unconstrained space, differentiable by autograd."""

    def terms(self, z: Array, w: Array | None = None) -> Mapping[str, Array]:
        """The same (S,) by statement, and the log Jacobian by itself as `log_jacobian`."""

    def constrain(self, z: Array, w: Array | None = None) -> Mapping[str, Array]:
        """Latents, definitions and params in constrained space, each (S, *shape)."""


@dataclass(frozen=True)
class Joined:
    """A log joint and a guide's numbers as one flat vector x = [guide params, w]."""

    log_joint: LogJoint
    guide_size: int

    def split(self, x: Array) -> tuple[Array, Array | None]:
        """(guide params, w), where w is None for a model without params."""
        if x.shape[0] == self.guide_size:
            return x, None
        return x[: self.guide_size], x[self.guide_size :]

    def density(self, w: Array | None) -> Callable[[Array], Array]:
        """The log joint as a function of z alone."""
        return lambda z: self.log_joint(z, w)


def slopes(log_joint: LogJoint, z: Array, w: Array | None) -> Array:
    """The gradients of the log joint (S, D) at z (S, D): no draw has a part in another's density."""
    pull, value = make_vjp(lambda free: log_joint(free, w))(z)
    return pull(np.ones_like(value))


def culprit(log_joint: LogJoint, z: Array, w: Array | None) -> str | None:
    """The term that is not finite in most of the draws z, if one is."""
    with np.errstate(all="ignore"):
        terms = log_joint.terms(z, w)
    bad = Counter({name: int(np.sum(~np.isfinite(values))) for name, values in terms.items()})
    name, count = bad.most_common(1)[0] if bad else ("", 0)
    return name if count else None
