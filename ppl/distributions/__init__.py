"""The shelf of distributions: every file here is one, and this folder is the registry.

A file holds a docstring that begins with the signature (`Normal(loc, scale)`), says what it is
and where the formula is from, and defines `distribution = Distribution(...)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ppl.numerics.adjoints import Pullback
from ppl.shelf import Shelf
from ppl.supports import Support

Array = Any  # numpy arrays, or autograd's boxes of them


@dataclass(frozen=True)
class Parameter:
    """A parameter of a distribution: its name, the set it must lie in, and its event rank.

    A parameter of event rank r has r axes of its own behind the batch axes; an axis of length 1
    there stands for the same value in every place (a symmetric Dirichlet). `along` says for each of
    them along which axis of the draw it runs (0 is the draw's first), or None for an axis that the
    draw does not have. Left out, it is the draw's last axis every time.
    """

    name: str
    support: Support
    event_rank: int = 0
    default: float | None = None
    along: tuple[int | None, ...] | None = None

    def axes_along(self, draw_rank: int) -> tuple[int | None, ...]:
        """`along`, written out for draws of an event rank."""
        if self.along is not None:
            return self.along
        return (draw_rank - 1 if draw_rank else None,) * self.event_rank


@dataclass(frozen=True)
class LocationScale:
    """The parameters by which x, unconstrained by its support, is loc + scale^power r, with an r that is free of both.

    Without a `loc` it is 0. A `scale` that is a matrix is a covariance, or its lower Cholesky factor.
    """

    loc: str | None
    scale: str
    power: float = 1.0


def _no_ends(**_parameters: Array) -> tuple[Array, ...]:
    return ()


@dataclass(frozen=True)
class Distribution:
    """A distribution as data and functions of arrays.

    `forms` are the ways to spell its parameters, each complete and in order; the first is the one
    for positional arguments. Functions take the parameters of one form by keyword, broadcast, and
    treat axes by event rank. `ends(**parameters)` gives the ends of the support.
    `log_prob(x, **parameters)` drops the event axes; outside of the support it is -inf.
    `sample(rng, shape, **parameters)` fills `shape` (event axes included).
    `log_cdf` and `log_sf` make truncation and censoring possible. `oracle(x, **parameters)` is an
    independent log density in mpmath for the tests. `examples` are legal arguments of some form.
    `pullbacks` are those of log_prob(x, *parameters) by the names of a form, for what is used most: autograd knows
    them all, but takes ten times as long over small arrays.
    """

    forms: tuple[tuple[Parameter, ...], ...]
    support: Support
    log_prob: Callable[..., Array]
    sample: Callable[..., Any] | None = None
    ends: Callable[..., tuple[Array, ...]] = _no_ends
    mean: Callable[..., Array] | None = None
    variance: Callable[..., Array] | None = None
    log_cdf: Callable[..., Array] | None = None
    log_sf: Callable[..., Array] | None = None
    oracle: Callable[..., Any] | None = None
    examples: tuple[Mapping[str, Any], ...] = field(default=())
    proper: bool = True
    location_scale: tuple[LocationScale | None, ...] = ()  # by form
    pullbacks: Mapping[tuple[str, ...], Pullback] = field(default_factory=dict)

    @property
    def event_rank(self) -> int:
        return self.support.event_rank

    @property
    def discrete(self) -> bool:
        return self.support.discrete


distributions: Shelf[Distribution] = Shelf(__name__, __path__[0], "distribution")
