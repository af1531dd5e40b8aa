import numpy as np
import pytest
from targets import Target, bayes_em, eight_schools, gaussian, layout, normal

from ppl.fit import fit
from ppl.fit.noise import Stream, mirrored
from ppl.guides import guides
from ppl.objectives import objectives
from ppl.optimizers import Problem, optimizers

run = optimizers["dog"].run


def scaled(*scales):
    """Independent Gaussians of these sds, each mean three sds from 0; evidence 1."""
    scales = np.array(scales)
    return Target(
        {"x": lambda z, w: np.add.reduce([normal(z[:, i], 3 * s, s) for i, s in enumerate(scales)])},
        layout(x=len(scales)),
    )


PROBLEMS = {
    "narrow": lambda: scaled(1e-3, 1e-3, 1e-3),
    "wide": lambda: scaled(1e3, 1e3, 1e3),
    "mixed": lambda: scaled(1e-3, 1e3, 1.0, 30.0, 0.02),
    "correlated": lambda: gaussian(10, seed=0, correlated=True)[0],
    "centred schools": lambda: eight_schools(True),
    "with a param": bayes_em,
}


def elbo_of(target, f):
    """The ELBO on draws that neither fit has seen."""
    guide, D = guides[f.guide], target.layout.size
    noise = mirrored(0, Stream.evidence, 0, 4000, D)
    return objectives["elbo"].value(guide, f.params, lambda z: target(z, f.learned), noise)


def noisy(x, step):
    """-|x - 3|² / 2 with noise in value and gradient."""
    rng = np.random.default_rng(step)
    return float(-0.5 * np.sum((x - 3) ** 2) + rng.normal()), 3 - x + rng.normal(size=len(x))


@pytest.mark.parametrize(
    ("problem", "guide"),
    [
        *((problem, "meanfield") for problem in PROBLEMS),
        *((problem, "fullrank") for problem in ("narrow", "wide", "centred schools")),
    ],
)
def test_without_any_setting_it_comes_to_where_lbfgs_does(problem, guide):
    target = PROBLEMS[problem]()
    f, best = (fit(target, guide=guide, optimizer=name) for name in ("dog", "lbfgs"))
    assert f.converged
    # The same draws measure both, so that their own errors mostly cancel.
    assert elbo_of(target, f) > elbo_of(target, best) - 0.1
    assert np.all(np.isfinite(f.mean_error))
    assert f.gap >= 0


def test_stops_by_itself_and_says_how_sure_it_is():
    outs = [
        run(Problem(np.zeros(5), lambda x, step, k=k: noisy(x, step + 10**6 * k), lambda x, s: x + s))
        for k in range(12)
    ]
    assert all(out.converged for out in outs)
    off = np.array([out.x - 3 for out in outs])
    claimed = np.array([out.error for out in outs])
    assert np.sqrt(np.mean(off**2)) < 2 * np.sqrt(np.mean(claimed**2))
    assert np.sqrt(np.mean(off**2)) > 0.5 * np.sqrt(np.mean(claimed**2))
    assert np.max(claimed) < 0.05


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_what_has_units_of_its_own_has_a_pace_of_its_own(scale):
    # The last entry is in units of `scale`; the other one is in the guide's.
    def ask(x, step):
        value, grad = noisy(x / np.array([1.0, scale]), step)
        return value, grad / np.array([1.0, scale])

    out = run(Problem(np.zeros(2), ask, lambda x, s: x + s, plain=1))
    assert out.converged
    np.testing.assert_allclose(out.x / [1.0, scale], 3, atol=0.3)


def test_the_published_errors_cover_refits():
    target, _, _ = gaussian(5, seed=0, correlated=True)
    fits = [fit(target, guide="meanfield", optimizer="dog", seed=s) for s in range(5)]
    found = [guides["meanfield"].moments(f.params) for f in fits]
    sds = np.mean([sd for _, sd in found], axis=0)
    for scatter, claimed in (
        (np.std([mean for mean, _ in found], axis=0, ddof=1) / sds, [f.mean_error for f in fits]),
        (np.std([np.log(sd) for _, sd in found], axis=0, ddof=1), [f.log_sd_error for f in fits]),
    ):
        ratio = np.sqrt(np.mean(scatter**2) / np.mean(np.square(claimed)))
        assert 0.5 < ratio < 2


def test_respects_the_number_of_steps_and_the_watcher():
    out = run(Problem(np.zeros(1), noisy, lambda x, s: x + s, steps=7))
    assert out.steps == 7
    assert not out.converged
    out = run(Problem(np.zeros(1), noisy, lambda x, s: x + s, watch=lambda step, value, x: step < 5))
    assert out.steps == 5


@pytest.mark.parametrize("call", [0, 1, 7, 60])
def test_a_step_that_is_not_finite_is_undone(call):
    out = run(
        Problem(np.zeros(2), lambda x, s: (np.nan, x) if s == call else noisy(x, s), lambda x, s: x + s)
    )
    assert out.converged
    np.testing.assert_allclose(out.x, 3, atol=0.3)


def test_ends_where_nothing_is_finite():
    out = run(Problem(np.zeros(2), lambda x, s: noisy(x, s) if s < 20 else (np.nan, x), lambda x, s: x + s))
    assert out.stuck is not None
    assert np.all(np.isfinite(out.x))
    assert out.steps == 20
