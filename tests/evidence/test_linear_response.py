"""Linear response gives a Gaussian's covariance whatever the guide, and says no where there is no optimum."""

import numpy as np
import pytest
from targets import eight_schools, gaussian

from ppl.evidence.linear_response import covariance
from ppl.fit import fit


@pytest.mark.parametrize("guide", ["meanfield", "fullrank"])
def test_of_a_gaussian_it_is_exact(guide):
    target, _, sds = gaussian(6, seed=3, correlated=True)
    f = fit(target, guide=guide)
    found = covariance(target, f)
    np.testing.assert_allclose(np.sqrt(np.diag(found)), sds, rtol=2e-3)


def test_it_gives_back_the_sds_that_meanfield_loses():
    # posteriordb's reference draws of eight schools have sd(mu) = 3.31.
    target = eight_schools(centred=False)
    f = fit(target, guide="meanfield")
    found = covariance(target, f)
    assert abs(found[0, 0] ** 0.5 - 3.31) < 0.7 * abs(np.exp(f.params[10]) - 3.31)


def test_where_there_is_no_optimum_it_says_so():
    target, mean, _ = gaussian(3, seed=1, correlated=False)
    f = fit(target, guide="meanfield", steps=1)
    f.params[:] = np.concatenate([mean, np.full(3, 4.0)])
    saddle = type(target)(
        {"x": lambda z, w: 0.05 * np.sum(z[:, 0] ** 2 - z[:, 1] ** 2) + 0 * z[:, 0]}, target.layout
    )
    assert covariance(saddle, f) is None
