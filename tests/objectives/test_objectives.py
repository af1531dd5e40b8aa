import numpy as np
import pytest
from autograd import grad
from targets import gaussian

from ppl.fit.noise import Stream, mirrored
from ppl.guides import guides
from ppl.objectives import objectives


@pytest.mark.parametrize("guide", list(guides))
@pytest.mark.parametrize("objective", list(objectives))
def test_gradients_are_those_of_differences(guide, objective):
    target, _, _ = gaussian(3, seed=1, correlated=True)
    family, goal = guides[guide], objectives[objective]
    start = family.init(target.layout, 0.1, 0.7)
    params = start + 0.2 * np.random.default_rng(0).normal(size=start.shape)
    noise = np.random.default_rng(1).normal(size=(6, family.noise_size(3)))

    def value(p):
        return goal.value(family, p, target, noise)

    differences = [(value(params + e) - value(params - e)) / 2e-6 for e in 1e-6 * np.eye(len(params))]
    np.testing.assert_allclose(grad(value)(params), differences, rtol=1e-6, atol=1e-7)


def test_elbo_on_whitened_draws_is_the_closed_form():
    # E_q of a quadratic needs only q's first two moments, which these draws have exactly:
    # elbo = log Z - KL(q || target).
    target, mean, sd = gaussian(4, seed=2, correlated=False, log_z=-1.5)
    guide = guides["meanfield"]
    m, s = mean + 0.3, 1.7 * sd
    value = objectives["elbo"].value(
        guide, guide.init(target.layout, m, s), target, mirrored(0, Stream.fixed, 0, 32, 4)
    )
    kl = np.sum(np.log(sd / s) + (s**2 + (m - mean) ** 2) / (2 * sd**2) - 0.5)
    assert value == pytest.approx(-1.5 - kl, abs=1e-10)
