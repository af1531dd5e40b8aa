"""A flow holds what no Gaussian can: scales that depend on locations."""

import autograd.numpy as anp
import numpy as np
import pytest
from targets import Target, layout, normal

from ppl.fit import fit
from ppl.guides import flow, fullrank
from ppl.ladder import standing
from ppl.layout import Layout


def test_a_banana_is_nearly_its_own():
    def density(z, w):
        return normal(z[:, 0], 0.0, 1.0) + normal(z[:, 1] - z[:, 0] ** 2, 0.0, 1.0)

    target = Target({"x": density}, layout(x=2))
    gaussian = standing(target, fit(target, guide="fullrank"))
    bent = standing(target, fit(target, guide="flow", draws=2048, steps=150))
    assert gaussian.elbo < -0.3
    assert bent.elbo > 0.5 * gaussian.elbo


def test_it_inverts_itself():
    params = flow.init(Layout.of([("a", (5,), (5,), ("i",))]), 0.3, 0.7)
    params = params + 0.3 * np.random.default_rng(0).normal(size=params.shape)
    z = flow.transport(params, np.random.default_rng(1).normal(size=(50, 5)))
    assert np.all(np.isfinite(flow.log_prob(params, z)))
    gaussian, weights = flow.split(params)
    np.testing.assert_allclose(np.concatenate([gaussian, weights]), params)


@pytest.mark.parametrize("D", [0, 1])
def test_with_nothing_to_couple_it_is_fullrank(D):
    params = flow.init(Layout.of([("a", (D,), (D,), ("i",))]), 0.3, 0.7)
    z = anp.ones((3, D))
    np.testing.assert_allclose(flow.log_prob(params, z), fullrank.log_prob(params, z))
