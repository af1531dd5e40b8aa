"""Where the laws look: scalar cases of the examples, and extreme points drawn by the parameters' supports."""

from __future__ import annotations

import itertools

import numpy as np

from ppl.distributions import Distribution


def form_of(distribution: Distribution, names):
    """The form that an example's keys spell."""
    return next(form for form in distribution.forms if {p.name for p in form} == set(names))


def cases(distribution: Distribution):
    """Every element of every example, as a dict of parameters without batch axes."""
    for example in distribution.examples:
        form = form_of(distribution, example)
        values = {p.name: np.asarray(example[p.name]) for p in form}
        batch = {p.name: values[p.name].shape[: values[p.name].ndim - p.event_rank] for p in form}
        shape = np.broadcast_shapes(*batch.values())
        for index in itertools.product(*map(range, shape)):
            yield {
                p.name: np.broadcast_to(values[p.name], shape + values[p.name].shape[len(batch[p.name]) :])[
                    index
                ]
                for p in form
            }


def event_shape(distribution: Distribution, parameters):
    """The shape of one draw: parameters that run along its axes tell it; else 3."""
    rank = distribution.event_rank
    told = {}
    for p in form_of(distribution, parameters):
        for axis, size in zip(p.axes_along(rank), np.shape(parameters[p.name]), strict=True):
            told[axis] = max(told.get(axis, 1), size)
    if distribution.support.square and rank == 2:
        return (told.get(1, 3),) * 2
    return tuple(told.get(axis, 3) for axis in range(rank))


def ends(distribution: Distribution, parameters):
    return distribution.ends(**parameters)


def extreme(support, rng, ends=()):
    """A value of the support, often very large, very small or next to an end."""
    if support.discrete:
        value = np.floor(10.0 ** rng.uniform(-0.5, 9))
        if len(ends) == 2:
            return np.floor(ends[0] + (ends[1] - ends[0]) * rng.beta(0.3, 0.3))
        return value if support.contains(value, *ends) else float(rng.integers(2))
    z = rng.normal() * 10.0 ** rng.uniform(-2, 1.2)
    if support.name == "a finite number":  # identity: spread over orders of magnitude
        return np.sign(z) * 10.0 ** rng.uniform(-6, 6)
    return float(support.constrain(z, *ends))


def _next_to_a_rounded_end(x, limits, parameters):
    """Whether x is hardly to be told from an end that is worked out: which side it is on is a matter of rounding."""
    given = {float(value) for value in parameters.values()}
    worked_out = [float(end) for end in limits if float(end) not in given and np.isfinite(end)]
    return not isinstance(x, int) and any(abs(x - end) <= 1e-9 * abs(end) for end in worked_out if end % 1)


def extreme_points(distribution: Distribution, count: int, seed: int):
    """(x, parameters) far from where examples are: half by draws, half anywhere in the support."""
    rng = np.random.default_rng(seed)
    found = 0
    while found < count:
        form = distribution.forms[rng.integers(len(distribution.forms))]
        parameters = {p.name: extreme(p.support, rng) for p in form}
        if not all(np.all(p.support.contains(parameters[p.name])) for p in form):
            continue
        limits = ends(distribution, parameters)
        if len(limits) == 2 and not limits[0] < limits[1]:
            continue
        try:
            if rng.random() < 0.5:
                x = float(distribution.sample(rng, (), **parameters))
            else:
                x = extreme(distribution.support, rng, limits)
        except ValueError:  # numpy's generators refuse what is beyond their integers
            continue
        if not distribution.support.contains(x, *limits) or _next_to_a_rounded_end(x, limits, parameters):
            continue
        found += 1
        yield x, parameters
