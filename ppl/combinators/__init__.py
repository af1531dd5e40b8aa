"""The shelf of combinators: distributions made of a distribution, `Mixture(w, Normal(mu, sd))`.

A combinator turns a `Distribution` into another one, so that whatever works for distributions (truncation, latents,
predictions, checks) works for what it makes. The new one's parameters are the combinator's own and the inner
distribution's, under names that begin with `base `.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ppl.distributions import Distribution, Parameter
from ppl.shelf import Shelf

Array = Any
PREFIX = "base "


@dataclass(frozen=True)
class Combinator:
    """`parameters` are the combinator's own, in order; those in `optional` may be left out.

    `position` is where the inner distribution stands among the arguments. With `over_axis` the inner parameters
    may run along the axis of the first own parameter, in front of their own axes. It asks the inner distribution
    for a distribution function (`needs_cdf`), for single numbers (`of_numbers`), for whole ones (`of_counts`).
    `wrap(inner, given)` makes the distribution, `given` the names of its own parameters that are there.
    """

    parameters: tuple[Parameter, ...]
    position: int
    wrap: Callable[[Distribution, tuple[str, ...]], Distribution]
    optional: frozenset[str] = frozenset()
    over_axis: bool = False
    needs_cdf: bool = False
    of_numbers: bool = False
    of_counts: bool = False


def inner_parameters(inner: Distribution, extra: int = 0) -> tuple[Parameter, ...]:
    """The inner distribution's parameters under their new names, with `extra` axes in front of their own."""
    names = {p.name: p for form in inner.forms for p in form}
    return tuple(Parameter(PREFIX + n, p.support, p.event_rank + extra) for n, p in names.items())


def inner_arguments(arguments: dict[str, Array]) -> dict[str, Array]:
    """The inner distribution's among some arguments, under its own names."""
    return {name[len(PREFIX) :]: value for name, value in arguments.items() if name.startswith(PREFIX)}


combinators: Shelf[Combinator] = Shelf(__name__, __path__[0], "combinator")
