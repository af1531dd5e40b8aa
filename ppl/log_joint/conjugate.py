"""Latents whose conditional posterior is of a known family with known parameters: in its own coordinates.

Where the log joint's slope by a latent is, element by element, that of a Gamma, an inverse Gamma or a Beta, whatever
all the others are, that is its posterior, and independent of the rest: x = F⁻¹(Phi(z)) then makes z standard normal,
and every Gaussian guide exact. Its parameters are solved for from slopes, with no formula of any likelihood.
Source of conjugacy: Diaconis & Ylvisaker, Conjugate priors for exponential families, Annals of Statistics 7 (1979).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd import grad
from autograd.extend import defvjp, primitive

from ppl.distributions import distributions
from ppl.graph.model import Relation
from ppl.log_joint.tape import Slot
from ppl.log_joint.unknowns import Unknown
from ppl.log_joint.waist import LogJoint
from ppl.numerics.special import from_scipy
from ppl.supports import Support, continuous

Array = Any
LOG_2_PI = float(onp.log(2 * onp.pi))
ROUNDING = 1e-10
LOOKS = 6
FAR = onp.array([-6.5, 6.5])  # scores at which there must be numbers left
PRIORS = (
    "Beta",
    "BetaProportion",
    "ChiSquared",
    "Exponential",
    "Gamma",
    "InverseChiSquared",
    "InverseGamma",
    "ScaledInverseChiSquared",
    "Uniform",
)


@dataclass(frozen=True)
class Family:
    """A posterior: its slope is first * coefficients[0] + second * coefficients[1], both (n,) functions of x.

    `parameters` are its own two from the coefficients. `below(x, a, b)` and `above` are its distribution function and
    one minus that, `at_below` and `at_above` their inverses.
    """

    within: tuple[Support, ...]
    slopes: Callable[[Array], tuple[Array, Array]]
    parameters: Callable[[Array, Array], tuple[Array, Array]]
    log_prob: Callable[[Array, Array, Array], Array]
    below: Callable[[Array, Array, Array], Array]
    above: Callable[[Array, Array, Array], Array]
    at_below: Callable[[Array, Array, Array], Array]
    at_above: Callable[[Array, Array, Array], Array]


POSITIVE = (continuous.positive, continuous.nonnegative)
FAMILIES = (
    Family(
        POSITIVE,
        lambda x: (1 / x, onp.ones_like(x)),
        lambda p, q: (p + 1, -q),
        lambda x, a, b: distributions["Gamma"].log_prob(x, shape=a, rate=b),
        lambda x, a, b: from_scipy("gammainc", a, b * x),
        lambda x, a, b: from_scipy("gammaincc", a, b * x),
        lambda u, a, b: from_scipy("gammaincinv", a, u) / b,
        lambda u, a, b: from_scipy("gammainccinv", a, u) / b,
    ),
    Family(
        POSITIVE,
        lambda x: (1 / x, 1 / x**2),
        lambda p, q: (-p - 1, q),
        lambda x, a, b: distributions["InverseGamma"].log_prob(x, shape=a, scale=b),
        lambda x, a, b: from_scipy("gammaincc", a, b / x),
        lambda x, a, b: from_scipy("gammainc", a, b / x),
        lambda u, a, b: b / from_scipy("gammainccinv", a, u),
        lambda u, a, b: b / from_scipy("gammaincinv", a, u),
    ),
    Family(
        (continuous.unit_interval,),
        lambda x: (1 / x, -1 / (1 - x)),
        lambda p, q: (p + 1, q + 1),
        lambda x, a, b: distributions["Beta"].log_prob(x, a=a, b=b),
        lambda x, a, b: from_scipy("betainc", a, b, x),
        lambda x, a, b: from_scipy("betaincc", a, b, x),
        lambda u, a, b: from_scipy("betaincinv", a, b, u),
        lambda u, a, b: from_scipy("betainccinv", a, b, u),
    ),
)


def conjugate(log_joint: LogJoint) -> dict[str, tuple[Family, Array, Array]]:
    """The latents for which that holds: their families, and the parameters in the latent's shape."""
    names = [
        name
        for name, unknown in log_joint.unknowns.items()
        if _base(log_joint, unknown) is not None
        and _may_be(log_joint.bound.graph.priors.get(name, ()))
        and name not in log_joint.bound.graph.own_guides
        and onp.prod(unknown.shape) > 0
    ]
    if not names or len(log_joint.start_params):
        return {}
    with onp.errstate(all="ignore"):
        points, slopes = _slopes(log_joint, names)
        bases = {name: _base(log_joint, log_joint.unknowns[name]) for name in names}
        found = {name: _posterior(bases[name], points[name], slopes[name]) for name in names}
    return {name: posterior for name, posterior in found.items() if posterior is not None}


def _base(log_joint: LogJoint, unknown: Unknown) -> Support | None:
    """The set that a latent lies in, if it is one that some family is on."""
    if any(unknown.support in family.within for family in FAMILIES):
        return unknown.support
    constants = log_joint.tape.constants
    ends = [constants[end.id] for end in unknown.ends if end.id in constants]
    if unknown.support.event_rank or len(ends) != 2 or len(unknown.ends) != 2:
        return None
    return continuous.unit_interval if onp.all(ends[0] == 0) and onp.all(ends[1] == 1) else None


def _may_be(relations: Sequence[Relation]) -> bool:
    """Whether the priors of a latent are of a family that is worth a look."""
    kinds = [distributions[name] for name in PRIORS]
    return bool(relations) and all(any(r.density.kind is kind for kind in kinds) for r in relations)


def _slopes(log_joint: LogJoint, names: list[str]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Random values (S, *shape) of some latents, and the slopes of all terms by them, all others random too."""
    rng, tape = onp.random.default_rng(0), log_joint.tape
    values = log_joint.unknown_values(0.5 * rng.standard_normal((LOOKS, log_joint.layout.size)))
    given = {log_joint.low.value(slot.name).id: values[slot.name] for slot in log_joint.layout}
    scales = onp.geomspace(0.3, 3.0, LOOKS)
    points = {}
    for name in names:
        u = rng.uniform(0.5, 1.5, (LOOKS, *log_joint.unknowns[name].shape))
        x = u * scales.reshape(-1, *(1,) * (u.ndim - 1))
        is_share = _base(log_joint, log_joint.unknowns[name]) is continuous.unit_interval
        points[name] = x / (1 + x) if is_share else x
    slots = [slot for group in log_joint.slots.values() for slot in group]

    def total(*some: Array) -> Array:
        put = {log_joint.low.value(name).id: x for name, x in zip(names, some, strict=True)}
        return sum((np.sum(value * np.ones(LOOKS)) for value in tape.run({**given, **put}, slots)), 0.0)

    slopes = {name: grad(total, k)(*points.values()) for k, name in enumerate(names)}
    return points, slopes


def _posterior(base: Support | None, x: Array, slopes: Array) -> tuple[Family, Array, Array] | None:
    """The family whose slopes these are, with its parameters."""
    for family in FAMILIES:
        if base not in family.within:
            continue
        one, two = family.slopes(x)
        first, last = 0, LOOKS - 1
        away = one[first] * two[last] - one[last] * two[first]
        p = (slopes[first] * two[last] - slopes[last] * two[first]) / away
        q = (one[first] * slopes[last] - one[last] * slopes[first]) / away
        size = onp.abs(p * one) + onp.abs(q * two)
        a, b = family.parameters(p, q)
        fits = onp.all(onp.abs(slopes - p * one - q * two) <= ROUNDING * size)
        if fits and onp.all(a > 0) and onp.all(b > 0) and _is_regular(family, a, b):
            return family, a, b
    return None


def _is_regular(family: Family, a: Array, b: Array) -> bool:
    """Whether far out in the posterior values are still in range, and differ from the ends of their set."""
    support = _of(family, family.within[0])
    ends = [support.log_jacobian(onp.full_like(a, z), a, b) for z in FAR] if support.log_jacobian else []
    return all(bool(onp.isfinite(end).all()) for end in ends)


def is_exact(support: Support) -> bool:
    """Whether a coordinate is the standard normal score of a posterior."""
    return any(support is own for family in SUPPORTS for own in family.values())


def _of(family: Family, base: Support) -> Support:
    return SUPPORTS[FAMILIES.index(family)][base.name]


def in_posterior_units(unknown: Unknown, family: Family, a: Slot, b: Slot) -> Unknown:
    """The latent with the standard normal score of its posterior as its coordinate."""
    base = unknown.support if unknown.support in family.within else family.within[0]
    return replace(unknown, support=_of(family, base), ends=(a, b))


def _support(family: Family, base: Support) -> Support:
    @primitive  # type: ignore[untyped-decorator]
    def constrain(z: Array, a: Array, b: Array) -> Array:
        u = from_scipy("ndtr", -onp.abs(z))  # the smaller tail, in which nothing cancels
        return onp.where(z < 0, family.at_below(u, a, b), family.at_above(u, a, b))

    def log_jacobian(z: Array, a: Array, b: Array) -> Array:
        return -0.5 * (z**2 + LOG_2_PI) - family.log_prob(constrain(z, a, b), a, b)

    def slope(ans: Array, z: Array, a: Array, b: Array) -> Callable[[Array], Array]:
        return lambda g: g * np.exp(-0.5 * (z**2 + LOG_2_PI) - family.log_prob(ans, a, b))

    defvjp(constrain, slope, argnums=(0,))

    def unconstrain(x: Array, a: Array, b: Array) -> Array:
        below, above = family.below(x, a, b), family.above(x, a, b)
        return onp.where(below < above, from_scipy("ndtri", below), -from_scipy("ndtri", above))

    return Support(
        name=base.name,
        contains=lambda x, *_ends: base.contains(x),
        ends=("a", "b"),
        constrain=constrain,
        unconstrain=unconstrain,
        log_jacobian=log_jacobian,
    )


SUPPORTS: tuple[Mapping[str, Support], ...] = tuple(
    {base.name: _support(family, base) for base in family.within} for family in FAMILIES
)
