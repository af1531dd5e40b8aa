"""What every distribution on the shelf must satisfy, each law a function of its name and record.

A law that has nothing to say about a distribution (no cdf, no number line) says so by `pytest.skip`.
The truth is the file's oracle, mpmath, or the distribution's own draws; tolerances are rounding or five
standard errors.
"""

from __future__ import annotations

import itertools
import re
import zlib

import autograd.numpy as anp
import mpmath as mp
import numpy as np
import pytest
from autograd import elementwise_grad, grad
from points import cases, ends, event_shape, extreme_points, form_of
from precision import DIGITS, exact, excess_bits, slopes, truth

from ppl.supports.matrices import cholesky_factor

DRAWS = 20_000
ERRORS = 5.0  # standard errors; one test in two million by chance


def seed(name: str) -> int:
    return zlib.crc32(name.encode())


def needs(condition, reason: str) -> None:
    if not condition:
        pytest.skip(reason)


def draw(distribution, parameters, count: int, name: str):
    rng = np.random.default_rng(seed(name))
    return distribution.sample(rng, (count, *event_shape(distribution, parameters)), **parameters)


def scalar(distribution) -> bool:
    return not distribution.event_rank and not any(p.event_rank for form in distribution.forms for p in form)


def page(name, distribution, doc):
    """The docstring begins with a signature for each form, and says where the formula is from."""
    heads = re.findall(rf"{name}\(([^)]*)\)", doc.splitlines()[0])
    assert len(heads) == len(distribution.forms)
    for head, form in zip(heads, distribution.forms, strict=True):
        assert [part.split("=")[0].strip() for part in head.split(",") if part.strip()] == [
            p.name for p in form
        ]
    assert "Source: " in doc
    assert any(np.ndim(v) for example in distribution.examples for v in example.values()) or not any(
        distribution.forms
    ), "one example should have arrays"


def examples_are_legal(name, distribution):
    for parameters in cases(distribution):
        for p in form_of(distribution, parameters):
            assert np.all(p.support.contains(parameters[p.name])), (name, p.name)


def equals_oracle(name, distribution):
    """At draws, to a few units in the last place of the sum's terms."""
    needs(distribution.oracle and distribution.sample, "no oracle")
    for parameters in cases(distribution):
        for x in draw(distribution, parameters, 4, name):
            value, true = (
                float(distribution.log_prob(x, **parameters)),
                float(truth(distribution, x, parameters)),
            )
            assert value == pytest.approx(true, rel=1e-12, abs=1e-12), (x, parameters)


def keeps_its_bits(name, distribution, count=60):
    """At extreme points, at most four bits worse than the arguments' own rounding."""
    needs(distribution.oracle and distribution.sample and scalar(distribution), "not of numbers only")
    for x, parameters in extreme_points(distribution, count, seed(name)):
        bits = excess_bits(distribution, x, parameters)
        assert bits <= 4, f"{bits:.1f} excess bits at x={x!r}, {parameters}"


def has_right_gradients(name, distribution):
    """By x and every continuous parameter, at draws from the examples and at extreme points."""
    needs(distribution.oracle and distribution.sample and scalar(distribution), "not of numbers only")
    points = [(x, q) for q in cases(distribution) for x in draw(distribution, q, 2, name)]
    points += list(extreme_points(distribution, 20, seed(name) + 1))
    for x, parameters in points:
        if not np.isfinite(float(distribution.log_prob(np.asarray(float(x)), **parameters))):
            continue
        true = slopes(distribution, x, parameters)
        at = {"x": float(x), **{k: float(v) for k, v in parameters.items()}}
        for key, slope in true.items():
            value = grad(lambda v, key=key, at=at: distribution.log_prob(**{**at, key: v}))(at[key])
            # Slopes by a relative change are sums of terms of order one, which may cancel.
            slack = (
                1e-14 * (curvature(distribution, x, parameters, key) + 1 / (abs(at[key]) + 1e-280)) + 1e-300
            )
            assert abs(value - slope) <= 1e-9 * abs(slope) + slack, (key, value, float(slope), at)


def curvature(distribution, x, parameters, key):
    """How far the true slope by `key` may move, per relative change of each argument."""
    total = 0.0
    with mp.workdps(DIGITS):
        for name in ("x", *parameters):
            moved = {"x": exact(x), **{k: exact(v) for k, v in parameters.items()}}
            step = mp.mpf(10) ** -12
            both = []
            for sign in (1, -1):
                at = dict(moved)
                at[name] = at[name] * (1 + sign * step)
                h = abs(at[key]) * mp.mpf(10) ** -25 or mp.mpf(10) ** -25
                up, down = {**at, key: at[key] + h}, {**at, key: at[key] - h}
                both.append((distribution.oracle(**up) - distribution.oracle(**down)) / (2 * h))
            total += float(abs(both[0] - both[1]) / (2 * step))
    return total


def has_right_slopes_along_events(name, distribution):
    """For vectors and matrices: the derivative along a random direction within their set."""
    needs(distribution.oracle and distribution.sample and not scalar(distribution), "of numbers only")
    rng = np.random.default_rng(seed(name))
    for parameters in cases(distribution):
        form = {p.name: p.support for p in form_of(distribution, parameters)}
        at = {"x": draw(distribution, parameters, 1, name)[0], **parameters}
        for key, value in at.items():
            support = distribution.support if key == "x" else form[key]
            if support.discrete or support.constrain is None or support.ends:
                continue
            z = support.unconstrain(value)
            towards = rng.normal(size=np.shape(z))
            h = 1e-6
            direction = (support.constrain(z + h * towards) - support.constrain(z - h * towards)) / (2 * h)
            gradient = grad(lambda v, key=key, at=at: distribution.log_prob(**{**at, key: v}))(
                np.asarray(value, dtype=float)
            )
            with mp.workdps(DIGITS):
                start, along = {k: exact(v) for k, v in at.items()}, exact(direction)
                h = mp.mpf(10) ** -20
                up = distribution.oracle(**{**start, key: start[key] + h * along})
                down = distribution.oracle(**{**start, key: start[key] - h * along})
                true = float((up - down) / (2 * h))
            size = np.sum(np.abs(gradient * direction))
            assert abs(np.sum(gradient * direction) - true) <= 1e-9 * size + 1e-12, (key, parameters)


def sums_to_one(name, distribution):
    """Over all integers near the draws, or by the trapezoid rule on a stretched line."""
    needs(distribution.proper and distribution.sample, "improper")
    needs(distribution.event_rank == 0, "events are not numbers")
    for parameters in cases(distribution):
        draws = draw(distribution, parameters, 1000, name)
        limits = ends(distribution, parameters)
        if distribution.discrete:
            middle, spread = np.median(draws), 60 * (np.std(draws) + 10)
            x = np.floor(middle) + np.arange(-np.ceil(spread), np.ceil(spread))
            x = x[distribution.support.contains(x, *limits)]
            total = np.sum(np.exp(distribution.log_prob(x, **parameters)))
            assert total == pytest.approx(1, abs=1e-9), parameters
            continue
        support = distribution.support
        with np.errstate(all="ignore"):
            z = support.unconstrain(draws, *limits)
            low, middle, high = np.quantile(z, (0.25, 0.5, 0.75))
            # z = middle + spread sinh(t) turns tails like powers into tails that vanish fast.
            t = np.linspace(-50, 50, 100_001)
            spread = (high - low) / 2
            z = middle + spread * np.sinh(t)
            terms = distribution.log_prob(support.constrain(z, *limits), **parameters)
            terms = terms + support.log_jacobian(z, *limits) + np.log(spread * np.cosh(t))
            terms = np.exp(terms[np.isfinite(terms)])
        assert np.sum(terms) * (t[1] - t[0]) == pytest.approx(1, abs=2e-6), parameters


def draws_lie_in_the_support(name, distribution):
    needs(distribution.sample, "no draws")
    for parameters in cases(distribution):
        draws = draw(distribution, parameters, 500, name)
        assert np.shape(draws) == (500, *event_shape(distribution, parameters))
        assert np.all(distribution.support.contains(draws, *ends(distribution, parameters))), parameters
        assert not np.any(np.isnan(distribution.log_prob(draws, **parameters)))


def draws_match_the_density(name, distribution, count=DRAWS):
    """Kolmogorov-Smirnov by the cdf for densities, chi-squared by the probabilities for masses; p > 1e-6."""
    needs(distribution.sample and distribution.event_rank == 0, "events are not numbers")
    from scipy import stats

    for parameters in cases(distribution):
        draws = draw(distribution, parameters, count, name)
        if distribution.discrete:
            values, counts = np.unique(draws, return_counts=True)
            expected = count * np.exp(distribution.log_prob(values, **parameters))
            often = expected >= 10
            counts = np.append(counts[often], count - counts[often].sum())
            expected = np.append(expected[often], count - expected[often].sum())
            keep = expected > 1e-6 * count
            assert np.all(counts[~keep] <= 10)
            if keep.sum() > 1:
                statistic = np.sum((counts[keep] - expected[keep]) ** 2 / expected[keep])
                assert stats.chi2.sf(statistic, keep.sum() - 1) > 1e-6, parameters
            continue
        needs(distribution.log_cdf, "no cdf")
        probability = stats.kstest(np.exp(distribution.log_cdf(draws, **parameters)), "uniform").pvalue
        assert probability > 1e-6, parameters


def mean_score_is_zero(name, distribution):
    """The mean of the gradient over the distribution's own draws, by each parameter's unconstrained value."""
    needs(distribution.sample, "no draws")
    needs(
        distribution.discrete or not distribution.support.ends, "the support's ends depend on the parameters"
    )
    for parameters in cases(distribution):
        draws = draw(distribution, parameters, DRAWS, name)
        for p in form_of(distribution, parameters):
            if p.support.discrete or p.support.constrain is None:
                continue
            z = p.support.unconstrain(np.asarray(parameters[p.name], dtype=float))
            if not np.all(np.isfinite(z)):
                continue

            def log_prob(z, p=p, parameters=parameters, draws=draws):
                return distribution.log_prob(draws, **{**parameters, p.name: p.support.constrain(z)})

            scores = elementwise_grad(log_prob)(np.broadcast_to(z, (DRAWS, *np.shape(z))).copy())
            scores = scores.reshape(DRAWS, -1)
            error = np.std(scores, axis=0) / np.sqrt(DRAWS)
            assert np.all(np.abs(np.mean(scores, axis=0)) <= ERRORS * error + 1e-9), (p.name, parameters)


def tails_match_the_density(name, distribution):
    """The cdf's slope is the density, both tails make one, and both are right against sums or quadrature."""
    needs(distribution.log_cdf and distribution.log_sf, "no cdf")
    needs(distribution.event_rank == 0, "events are not numbers")
    for parameters in cases(distribution):
        draws = draw(distribution, parameters, 12, name)
        x = np.unique(np.asarray(draws, dtype=float))
        below, above = distribution.log_cdf(x, **parameters), distribution.log_sf(x, **parameters)
        assert np.all(np.abs(np.logaddexp(below, above)) < 1e-13), parameters
        if distribution.discrete:
            gap = np.exp(below) - np.exp(distribution.log_cdf(x - 1, **parameters))
            np.testing.assert_allclose(
                gap, np.exp(distribution.log_prob(x, **parameters)), rtol=1e-9, atol=1e-12
            )
            continue
        density = distribution.log_prob(x, **parameters)
        slope = elementwise_grad(lambda x, q=parameters: distribution.log_cdf(x, **q))(x)
        np.testing.assert_allclose(slope, np.exp(density - below), rtol=1e-9)
        slope = elementwise_grad(lambda x, q=parameters: distribution.log_sf(x, **q))(x)
        np.testing.assert_allclose(slope, -np.exp(density - above), rtol=1e-9)


def tails_match_quadrature(name, distribution):
    """Against mpmath's integral of the oracle, from the quartiles to where float64's exp has long been 0."""
    needs(distribution.log_cdf and distribution.oracle, "no cdf")
    needs(distribution.event_rank == 0 and not distribution.discrete, "not a density of numbers")
    for parameters in list(cases(distribution))[:3]:
        limits = [float(v) for v in ends(distribution, parameters)]
        draws = draw(distribution, parameters, 2000, name)
        low, middle, high = np.quantile(draws, (0.25, 0.5, 0.75))
        contains = distribution.support.contains
        ways = [(distribution.log_cdf, -1.0), (distribution.log_sf, 1.0)]
        for log_tail, sign in ways:
            for far in (1.0, 30.0):
                x = float(middle + sign * far * (high - low))
                if not contains(x, *limits):
                    continue
                true = log_mass(distribution, parameters, x, sign, (high - low), limits)
                value = float(log_tail(x, **parameters))
                assert value == pytest.approx(true, rel=1e-9, abs=1e-12), (x, sign, parameters)


def log_mass(distribution, parameters, x, sign, width, limits):
    """Log of the oracle's integral from x outwards, piece by piece, each twice as long as the last."""
    with mp.workdps(25):
        base = {k: exact(v) for k, v in parameters.items()}
        peak = distribution.oracle(mp.mpf(x), **base)

        def density(t):
            return mp.exp(distribution.oracle(t, **base) - peak)

        total, left, step = mp.mpf(0), mp.mpf(x), mp.mpf(width) / 64
        for _ in range(400):
            right = left + sign * step
            inside = bool(distribution.support.contains(float(right), *limits)) and float(right) != 0.0
            if not inside:
                right = mp.mpf(min(limits, default=0.0) if sign < 0 else max(limits, default=1.0))
            part = abs(mp.quad(density, [left, right]))
            total += part
            if not inside or part < mp.mpf(10) ** -13 * total:
                break
            left, step = right, step * 2
        return float(mp.log(total) + peak)


def tails_have_right_gradients(name, distribution):
    """By every continuous parameter, against differences of the tails themselves."""
    needs(distribution.log_cdf and distribution.log_sf and scalar(distribution), "no cdf of numbers")
    for parameters in cases(distribution):
        at = {k: float(v) for k, v in parameters.items()}
        for x in draw(distribution, parameters, 2, name):
            for p in form_of(distribution, parameters):
                for log_tail in (distribution.log_cdf, distribution.log_sf):
                    if p.support.discrete:
                        continue

                    def along(v, x=x, p=p, at=at, log_tail=log_tail):
                        return log_tail(float(x), **{**at, p.name: v})

                    centre = at[p.name]
                    if not np.isfinite(along(centre)):
                        continue
                    slope = grad(along)(centre)
                    h = 1e-4 * min(abs(centre) or 1.0, 1 / (abs(slope) + 1e-100))  # small where it is steep
                    wide = (along(centre + 2 * h) - along(centre - 2 * h)) / (4 * h)
                    near = (along(centre + h) - along(centre - h)) / (2 * h)
                    true = (4 * near - wide) / 3
                    noise = 1e-14 * (1 + abs(along(centre))) / h
                    assert slope == pytest.approx(true, rel=1e-6, abs=50 * noise), (p.name, at, x)


def outside_is_impossible(name, distribution):
    """Minus infinity with gradient 0, for data and for traced values, and never NaN."""
    needs(distribution.event_rank == 0 and distribution.proper, "events are not numbers")
    for parameters in cases(distribution):
        limits = ends(distribution, parameters)
        x = np.array([-np.inf, -1e300, -3.0, -1e-300, 0.5, 1.0 + 1e-15, 1e5 + 0.5, 1e300, np.inf])
        with np.errstate(invalid="ignore"):
            x = x[~distribution.support.contains(x, *limits)]
        x = x[np.isfinite(x)]
        if not x.size:
            continue
        assert np.all(distribution.log_prob(x, **parameters) == -np.inf)
        for key in parameters:
            if form_of_parameter(distribution, parameters, key).support.discrete:
                continue
            if form_of_parameter(distribution, parameters, key).event_rank:
                continue

            def log_prob(v, key=key, parameters=parameters, x=x):
                return distribution.log_prob(x, **{**parameters, key: v})

            start = np.full(x.shape, float(parameters[key]))
            assert np.all(elementwise_grad(log_prob)(start) == 0)
        if not distribution.discrete:
            slope = elementwise_grad(lambda x, q=parameters: distribution.log_prob(x, **q))(x)
            assert np.all(slope == 0)


def form_of_parameter(distribution, parameters, key):
    return next(p for p in form_of(distribution, parameters) if p.name == key)


def moments_match_draws(name, distribution):
    """Mean and variance, where they are finite, to five standard errors."""
    needs(distribution.sample and distribution.mean, "no mean")
    for parameters in cases(distribution):
        mean = np.asarray(distribution.mean(**parameters))
        draws = np.asarray(draw(distribution, parameters, DRAWS, name), dtype=float)
        variance = None if distribution.variance is None else np.asarray(distribution.variance(**parameters))
        if not np.all(np.isfinite(mean)) or (variance is not None and not np.all(np.isfinite(variance))):
            continue  # averages of such draws settle on nothing
        error = np.std(draws, axis=0) / np.sqrt(DRAWS)
        assert np.all(np.abs(draws.mean(axis=0) - mean) <= ERRORS * error + 1e-12 * np.abs(mean)), parameters
        if variance is None or np.ndim(variance) > distribution.event_rank:
            continue  # a covariance matrix
        squares = (draws - mean) ** 2
        error = np.std(squares, axis=0) / np.sqrt(DRAWS)
        # With heavy tails the squares' own error is not to be trusted; the mean's is.
        if np.any(np.mean((draws - mean) ** 4, axis=0) > 60 * variance**2):
            continue
        assert np.all(np.abs(squares.mean(axis=0) - variance) <= ERRORS * error + 1e-12 * variance), (
            parameters
        )


def broadcasts(name, distribution):
    """Arrays of draws against arrays of parameters give what each element gives alone."""
    needs(distribution.sample, "no draws")
    for example in distribution.examples:
        form = form_of(distribution, example)
        values = {p.name: np.asarray(example[p.name]) for p in form}
        own = {p.name: values[p.name].shape[values[p.name].ndim - p.event_rank :] for p in form}
        batch = np.broadcast_shapes(
            *(values[p.name].shape[: values[p.name].ndim - p.event_rank] for p in form)
        )
        full = {key: np.broadcast_to(value, batch + own[key]) for key, value in values.items()}
        event = event_shape(distribution, {key: value[(0,) * len(batch)] for key, value in full.items()})
        rng = np.random.default_rng(seed(name))
        x = distribution.sample(rng, (2, *batch, *event), **example)
        together = distribution.log_prob(x, **example)
        assert np.shape(together) == (2, *batch)
        for index in np.ndindex(2, *batch):
            alone = distribution.log_prob(x[index], **{key: v[index[1:]] for key, v in full.items()})
            assert together[index] == pytest.approx(float(alone), rel=1e-13, abs=1e-13)


def slopes_broadcast(name, distribution):
    """By what many rows share, a parameter or the value itself: the sum of its slopes at each row; and by the tails."""
    needs(distribution.sample, "no draws")
    shapes = ((), (2, 1), (1, 3), (2, 3))
    for number, case in enumerate(cases(distribution)):
        ranks = {p.name: p.event_rank for p in form_of(distribution, case) if not p.support.discrete}
        if not distribution.discrete:
            ranks["x"] = distribution.event_rank
        rng = np.random.default_rng(seed(name))
        at = {**case, "x": distribution.sample(rng, event_shape(distribution, case), **case)}
        batch = {k: shapes[(number + i) % 4] for i, k in enumerate(ranks)}
        wide = {k: np.broadcast_to(v, (2, 3, *np.shape(v))) * 1.0 for k, v in at.items()}
        given = {k: np.broadcast_to(v, (*batch.get(k, (2, 3)), *np.shape(v))) * 1.0 for k, v in at.items()}
        for function in filter(None, (distribution.log_prob, distribution.log_cdf, distribution.log_sf)):
            for key in ranks:

                def total(v, function=function, key=key, given=given):
                    return anp.sum(function(**{**given, key: v}) * np.ones((2, 3)))

                if not np.isfinite(total(given[key])):
                    continue
                slope, every = grad(total)(given[key]), grad(total)(wide[key])
                assert slope.shape == given[key].shape, (key, function.__name__, case)
                shared = tuple(k for k, size in enumerate((1, 1, *batch[key])[-2:]) if size == 1)
                size, both = (np.sum(v, axis=shared).reshape(slope.shape) for v in (np.abs(every), every))
                assert np.all(np.abs(slope - both) <= 1e-9 * size + 1e-12), (key, function.__name__, case)


def traces_all_at_once(name, distribution):
    """A latent whose parameters are latent too: every slope together, the same as each on its own."""
    needs(distribution.sample and scalar(distribution), "not of numbers only")
    for parameters in cases(distribution):
        form = form_of(distribution, parameters)
        keys = [p.name for p in form if not p.support.discrete] + ["x"] * (not distribution.discrete)
        for x in draw(distribution, parameters, 2, name):
            at = {"x": float(x), **{k: float(v) for k, v in parameters.items()}}

            def log_prob(traced, at=at):
                return 1.0 * distribution.log_prob(**{**at, **traced})

            together = grad(log_prob)({key: at[key] for key in keys}) if keys else {}
            for key in keys:
                alone = grad(lambda v, key=key, at=at: log_prob({key: v}, at))(at[key])
                assert together[key] == pytest.approx(alone, rel=1e-12, abs=1e-300), (key, at)


def slopes_have_slopes(name, distribution):
    """Second derivatives, pure and mixed, of the density and its tails, against differences of the first."""
    needs(distribution.sample and scalar(distribution), "not of numbers only")
    functions = [distribution.log_prob, distribution.log_cdf, distribution.log_sf]
    for parameters in list(cases(distribution))[:4]:
        form = form_of(distribution, parameters)
        keys = [p.name for p in form if not p.support.discrete] + ["x"] * (not distribution.discrete)
        x = draw(distribution, parameters, 1, name)[0]
        at = {"x": float(x), **{k: float(v) for k, v in parameters.items()}}
        for function, key, other in itertools.product(filter(None, functions), keys, keys):

            def slope(v, key=key, other=other, at=at, function=function):
                def inner(u):
                    return 1.0 * function(**{**at, other: v, key: u})

                # Where the argument is one and the same, it moves as one.
                return (
                    grad(lambda u: 1.0 * function(**{**at, key: u}))(v)
                    if key == other
                    else grad(inner)(at[key])
                )

            if not np.isfinite(function(**at)):
                continue
            first, second = slope(at[other]), grad(slope)(at[other])
            h = 1e-5 * min(abs(at[other]) or 1.0, abs(first) / (abs(second) + 1e-100) + 1e-8)
            rough = (slope(at[other] + h) - slope(at[other] - h)) / (2 * h)
            noise = 1e-12 * abs(first) / h
            assert second == pytest.approx(rough, rel=1e-4, abs=noise + 1e-9), (function, key, other, at)


def shapes_of_slopes(name, distribution):
    """The slope by an array of draws has the array's shape, and is finite."""
    needs(distribution.sample and not distribution.discrete, "slopes by draws")
    for parameters in cases(distribution):
        x = draw(distribution, parameters, 3, name)
        slope = grad(lambda x, q=parameters: anp.sum(distribution.log_prob(x, **q)))(x)
        assert np.shape(slope) == np.shape(x)
        assert np.all(np.isfinite(slope))


def is_located_and_scaled(name, distribution):
    """Unconstrained draws, moved and stretched, have the density of the parameters moved and stretched alike."""
    kinds = {id(f): k for f, k in zip(distribution.forms, distribution.location_scale, strict=False)}
    needs(any(kinds.values()), "no location and scale")
    support = distribution.support
    for parameters in cases(distribution):
        form = form_of(distribution, parameters)
        kind = kinds.get(id(form))
        if kind is None:
            continue
        x = draw(distribution, parameters, 4, name)
        z, moved = support.unconstrain(x), dict(parameters)
        loc, factor = (0.0 if kind.loc is None else parameters[kind.loc]), 1.7
        rank = next(p.event_rank for p in form if p.name == kind.scale)
        is_square = rank == 2 and next(p.support for p in form if p.name == kind.scale) is not cholesky_factor
        moved[kind.scale] = parameters[kind.scale] * factor ** (2.0 if is_square else 1.0)
        stretch = factor if rank else factor**kind.power
        shift = 0.0
        if kind.loc is not None:
            moved[kind.loc], shift = parameters[kind.loc] + 0.3, 0.3
        there = loc + shift + stretch * (z - loc)
        free = np.shape(z)[-1] if distribution.event_rank else 1
        before = distribution.log_prob(x, **parameters) + support.log_jacobian(z)
        after = distribution.log_prob(support.constrain(there), **moved) + support.log_jacobian(there)
        np.testing.assert_allclose(after + free * np.log(stretch), before, rtol=1e-9, atol=1e-9)


LAWS = (
    examples_are_legal,
    equals_oracle,
    keeps_its_bits,
    has_right_gradients,
    has_right_slopes_along_events,
    sums_to_one,
    draws_lie_in_the_support,
    draws_match_the_density,
    mean_score_is_zero,
    tails_match_the_density,
    tails_match_quadrature,
    tails_have_right_gradients,
    outside_is_impossible,
    moments_match_draws,
    broadcasts,
    slopes_broadcast,
    traces_all_at_once,
    slopes_have_slopes,
    shapes_of_slopes,
    is_located_and_scaled,
)
