import numpy as np
import pytest
from targets import gaussian

from ppl.fit import fit
from ppl.guides import guides
from ppl.optimizers import Problem, optimizers
from ppl.optimizers.adam import trend

run = optimizers["adam"].run


def noisy(x, step):
    """-|x - 3|² / 2 with noise in value and gradient."""
    rng = np.random.default_rng(step)
    return float(-0.5 * np.sum((x - 3) ** 2) + rng.normal()), 3 - x + rng.normal(size=len(x))


def test_climbs_through_noise_and_stops_by_itself():
    out = run(Problem(np.zeros(5), noisy, lambda x, s: x + s))
    assert out.converged
    np.testing.assert_allclose(out.x, 3, atol=0.1)


def test_trend_is_least_squares_with_its_error():
    rng = np.random.default_rng(0)
    t = np.linspace(0, 1, 400)
    z = []
    for _ in range(200):
        rise, error = trend(2 * t + rng.normal(size=400))
        z.append((rise - 2) / error)
    assert abs(np.mean(z)) < 0.25
    assert 0.85 < np.std(z) < 1.15


def test_respects_steps_and_rate():
    out = run(Problem(np.zeros(1), noisy, lambda x, s: x + s, steps=1, learning_rate=0.5))
    assert out.steps == 1
    assert not out.converged


def test_first_step_is_the_rate():
    seen = []
    run(
        Problem(
            np.zeros(1),
            lambda x, step: (seen.append(x.copy()) or 0.0, np.ones(1)),
            lambda x, s: x + s,
            steps=2,
            learning_rate=0.25,
        )
    )
    np.testing.assert_allclose(seen[1], 0.25, rtol=1e-6)


@pytest.mark.parametrize("call", [0, 1, 7, 60])
def test_a_step_that_is_not_finite_is_undone(call):
    out = run(
        Problem(np.zeros(2), lambda x, s: (np.nan, x) if s == call else noisy(x, s), lambda x, s: x + s)
    )
    assert out.converged
    np.testing.assert_allclose(out.x, 3, atol=0.2)


def test_ends_where_nothing_is_finite():
    out = run(Problem(np.zeros(2), lambda x, s: noisy(x, s) if s < 20 else (np.nan, x), lambda x, s: x + s))
    assert out.stuck is not None
    assert np.all(np.isfinite(out.x))
    assert out.steps == 20


def test_says_how_sure_it_is():
    outs = [
        run(Problem(np.zeros(5), lambda x, step, k=k: noisy(x, step + 10**6 * k), lambda x, s: x + s))
        for k in range(6)
    ]
    off = np.sqrt(np.mean([(out.x - 3) ** 2 for out in outs]))
    claimed = np.sqrt(np.mean([out.error**2 for out in outs]))
    assert 0.5 * claimed < off < 2 * claimed


def test_a_fit_publishes_the_errors_of_its_moments():
    target, mean, sd = gaussian(2, seed=0, correlated=False)
    f = fit(target, guide="meanfield", optimizer="adam")
    found_mean, found_sd = guides["meanfield"].moments(f.params)
    assert np.all(np.abs(found_mean - mean) < 5 * f.mean_error * sd)
    assert np.all(np.abs(np.log(found_sd / sd)) < 5 * f.log_sd_error)
    assert np.max([f.mean_error, f.log_sd_error]) < 0.05
    assert 0 < f.gap < 0.1


def test_a_run_that_was_cut_short_claims_no_error():
    out = run(Problem(np.zeros(1), noisy, lambda x, s: x + s, steps=20))
    assert out.error is None
