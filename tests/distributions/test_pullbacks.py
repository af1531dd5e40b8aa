"""Pullbacks of densities are autograd's, inside of the support and outside, with arguments that broadcast."""

import numpy as onp
import pytest
from autograd import make_vjp

from ppl.distributions import distributions

CASES = [(name, form) for name in distributions for form in distributions[name].pullbacks]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "form"), CASES)
def test_they_are_those_of_autograd(name, form):
    kind, rng = distributions[name], onp.random.default_rng(0)
    for example in kind.examples:
        if tuple(example) != form:
            continue
        args = [onp.asarray(example[key], dtype=float) for key in form]
        shape = (5, *onp.broadcast_shapes(*(arg.shape for arg in args)))
        x = onp.asarray(kind.sample(rng, shape, **example), dtype=float)
        x.reshape(-1)[:2] = -1.0, x.reshape(-1)[1] * 1e200  # most supports end in between
        for point in (x, x.reshape(-1)[-1]):
            which = tuple(k for k in range(len(args) + 1) if k or not kind.discrete)

            def density(*moving, point=point, which=which):
                given = dict(zip(which, moving, strict=True))
                named = {key: given[k + 1] for k, key in enumerate(form)}
                return kind.log_prob(given.get(0, point), **named)

            every = [onp.asarray(point), *args]
            pull, value = make_vjp(lambda moving, density=density: density(*moving))(
                tuple(every[k] for k in which)
            )
            g = rng.standard_normal(onp.shape(value))
            found = kind.pullbacks[form](g, value, every, which)
            for ours, theirs, k in zip(found, pull(g), which, strict=True):
                assert onp.shape(ours) == every[k].shape
                assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12, nan_ok=True)


def test_most_used_densities_have_them():
    assert {"Normal", "HalfNormal", "HalfCauchy", "Exponential", "Poisson", "Bernoulli"} <= {
        n for n, _ in CASES
    }
