import itertools
import threading
import time

import autograd.numpy as anp
import numpy as np
import pytest
from targets import Target, bayes_em, conjugate, eight_schools, gaussian, layout, normal

from ppl.diagnostic import PplError
from ppl.evidence import measure
from ppl.fit import StartError, fit
from ppl.guides import guides


def moments(f):
    return guides[f.guide].moments(f.params)


@pytest.mark.parametrize("D", [1, 3, 20, 200])
@pytest.mark.parametrize(("guide", "correlated"), [("fullrank", True), ("meanfield", False)])
def test_gaussian_targets_are_fitted_exactly(D, guide, correlated):
    target, mean, sd = gaussian(D, seed=D, correlated=correlated)
    f = fit(target, guide=guide)
    assert f.converged
    np.testing.assert_allclose(moments(f)[0], mean, atol=1e-6 * sd.min())
    np.testing.assert_allclose(moments(f)[1], sd, rtol=1e-6)
    assert f.history[-1] == pytest.approx(2.5, abs=1e-8)
    assert f.gap == pytest.approx(0, abs=1e-8)
    assert f.steps < 120


def test_meanfield_on_a_correlated_gaussian_finds_the_conditional_sds():
    target, mean, _ = gaussian(3, seed=0, correlated=True)
    eye = np.eye(3)
    precision = [-(target(mean + e[None])[0] - target(mean[None])[0]) * 2 for e in eye]
    f = fit(target, guide="meanfield")
    np.testing.assert_allclose(moments(f)[0], mean, atol=1e-6)
    np.testing.assert_allclose(moments(f)[1], 1 / np.sqrt(precision), rtol=1e-6)


def test_auto_is_fullrank_up_to_200():
    assert fit(gaussian(200, 0, False)[0], steps=2).guide == "fullrank"
    assert fit(gaussian(201, 0, False)[0], steps=2).guide == "meanfield"


@pytest.mark.parametrize("guide", ["meanfield", "fullrank"])
@pytest.mark.parametrize("seed", [0, 1])
def test_params_are_learned_along_with_the_guide(guide, seed):
    f = fit(bayes_em(), guide=guide, seed=seed)
    assert f.w[0] == pytest.approx(0.725, abs=1e-6)
    assert f.history[-1] == pytest.approx(-11.5428469, abs=1e-6)
    np.testing.assert_allclose(moments(f)[1], np.sqrt(0.5), rtol=1e-6)


def test_params_alone():
    f = fit(
        Target(
            {"y": lambda z, w: -((w[0] - 3) ** 4) - (w[0] - 3) ** 2 + anp.sum(z, axis=1)},
            layout(),
            param_layout=layout(a=None),
            start_params=np.zeros(1),
        )
    )
    assert f.converged
    assert f.w[0] == pytest.approx(3, abs=1e-6)


def test_nothing_to_fit():
    f = fit(Target({"y": lambda z, w: -3.0 + anp.sum(z, axis=1)}, layout()))
    assert f.converged
    assert f.history[-1] == -3


def test_the_same_seed_gives_the_same_numbers_on_any_thread():
    one = fit(eight_schools(False), seed=5)
    found = []
    thread = threading.Thread(
        target=lambda: found.append(fit(eight_schools(False), seed=5, progress=lambda p: None))
    )
    thread.start()
    thread.join()
    np.testing.assert_array_equal(one.params, found[0].params)
    np.testing.assert_array_equal(one.history, found[0].history)
    assert not np.array_equal(one.params, fit(eight_schools(False), seed=6).params)


def test_published_errors_of_the_moments_cover_refits():
    fits = [fit(eight_schools(False), seed=s) for s in range(8)]
    means = np.array([moments(f)[0] for f in fits])
    sds = np.mean([moments(f)[1] for f in fits], axis=0)
    scatter = np.std(means, axis=0, ddof=1) / sds
    claimed = np.sqrt(np.mean([f.mean_error**2 for f in fits], axis=0))
    assert np.max(scatter) < 0.05
    assert np.mean(scatter) < 2 * np.mean(claimed)
    assert np.mean(claimed) < 4 * np.mean(scatter)


def test_more_draws_are_taken_where_two_sets_disagree():
    f = fit(eight_schools(False))
    assert f.draws > guides["fullrank"].fixed_draws(10)
    assert f.gap <= 0.05
    assert np.max(np.abs(f.mean_error)) <= 0.025


def test_draws_given_are_the_draws_used():
    assert fit(eight_schools(False), draws=80).draws == 80
    assert fit(eight_schools(False), optimizer="adam", draws=3, steps=10).gradients == 30 + 16


def test_too_few_fixed_draws_are_refused():
    with pytest.raises(PplError) as caught:
        fit(eight_schools(False), guide="fullrank", draws=10)
    assert caught.value.diagnostics[0].code == "E712"


@pytest.mark.parametrize("what", ["guide", "objective", "optimizer"])
def test_unknown_names_are_named(what):
    with pytest.raises(PplError, match="nonesuch"):
        fit(conjugate(), **{what: "nonesuch"})


def test_adam_gets_near_on_a_gaussian():
    target, mean, sd = gaussian(5, seed=3, correlated=True)
    f = fit(target, optimizer="adam")
    assert f.converged
    assert f.optimizer == "adam"
    np.testing.assert_allclose((moments(f)[0] - mean) / sd, 0, atol=0.15)
    np.testing.assert_allclose(moments(f)[1], sd, rtol=0.15)


def test_the_time_limit_ends_a_fit_with_what_it_has():
    target, _, _ = gaussian(3, 0, True)
    slow = Target({"x": lambda z, w: time.sleep(0.02) or target(z)}, target.layout)
    f = fit(slow, time_limit=0.1)
    assert f.seconds < 1
    assert np.all(np.isfinite(f.params))
    assert not f.converged


def test_progress_is_told_of_every_step():
    seen = []
    f = fit(conjugate(), progress=seen.append)
    assert [p.step for p in seen] == list(range(1, f.steps + 1))
    assert seen[-1].elbo == pytest.approx(-12.0009742, abs=1e-6)


def test_no_start_names_the_statement():
    target = Target(
        {"mu": lambda z, w: normal(z[:, 0], 0, 1), "y": lambda z, w: anp.log(-1 - z[:, 0] ** 2)},
        layout(mu=None),
    )
    with pytest.raises(StartError) as caught:
        fit(target)
    assert caught.value.term == "y"
    assert caught.value.diagnostics[0].code == "E701"
    assert "`y`" in str(caught.value)


def test_a_start_is_looked_for_where_the_density_is_not_0():
    # Finite only for z > 1: neither 0 nor anything narrow about it will do.
    f = fit(Target({"x": lambda z, w: 3 * anp.log(z[:, 0] - 1) - 4 * z[:, 0]}, layout(x=None)))
    assert moments(f)[0][0] > 1
    assert np.isfinite(f.history[-1])


BROKEN = {
    "NaN": lambda z: np.nan,
    "infinity": lambda z: np.inf,
    "minus infinity": lambda z: -np.inf,
    "1e308": lambda z: 1e308 * anp.exp(z[:, 0]) * 10,
    "slope": lambda z: anp.sqrt(0 * z[:, 0]),  # is 0, and its slope is NaN
}


@pytest.mark.parametrize("optimizer", ["lbfgs", "natural", "adam", "dog"])
def test_a_value_that_is_not_finite_never_reaches_a_result(optimizer):
    """Injected at each of the first 60 calls of the log joint, one fit for each, every kind in turn."""
    clean, mean, sd = gaussian(3, seed=1, correlated=True)
    for call, broken in zip(range(60), itertools.cycle(BROKEN.values()), strict=False):
        number = itertools.count()

        def spoiled(z, w, number=number, call=call, broken=broken):
            return clean(z) + (broken(z) if next(number) == call else 0.0)

        target = Target({"x": spoiled}, clean.layout)
        f = fit(target, optimizer=optimizer, steps={"adam": 300, "dog": 100}.get(optimizer))
        assert np.all(np.isfinite(f.params))
        assert np.all(np.isfinite(f.history))
        atol = 1e-6 if optimizer in ("lbfgs", "natural") else 0.5
        np.testing.assert_allclose((moments(f)[0] - mean) / sd, 0, atol=atol, err_msg=f"call {call}")


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("call", [5, 12, 30])
def test_a_density_that_breaks_for_good_ends_with_what_there_is(optimizer, call):
    clean, _, _ = gaussian(3, seed=1, correlated=True)

    def spoiled(z, w):
        target.count += 1
        return clean(z) + (np.nan if target.count > call else 0.0)

    target = Target({"x": spoiled}, clean.layout)
    target.count = 0
    f = fit(target, optimizer=optimizer)
    assert np.all(np.isfinite(f.params))
    assert not f.converged
    assert f.diagnosis.code == "E702"
    assert f.suspect == "x"


@pytest.mark.parametrize("guide", ["meanfield", "fullrank"])
@pytest.mark.parametrize(
    "density",
    [
        lambda z: normal(z[:, 0], 0, 1) + 0 * z[:, 1],
        lambda z: normal(z[:, 0], 0, 1) + z[:, 1] ** 2,
    ],
)
def test_an_improper_posterior_is_named(guide, density):
    f = fit(Target({"x": lambda z, w: density(z)}, layout(mu=None, drift=None)), guide=guide)
    assert not f.converged
    assert f.diagnosis.code == "E703"
    assert f.suspect == "drift"
    assert f.seconds < 5
    assert np.all(np.isfinite(f.params))


@pytest.mark.parametrize(("loc", "scale"), [(1e6, 1e-3), (1e12, 1e8), (1e-12, 1e-14), (0.0, 1e12)])
@pytest.mark.parametrize("guide", ["meanfield", "fullrank"])
def test_units_do_not_matter(guide, loc, scale):
    f = fit(Target({"x": lambda z, w: anp.sum(normal(z, loc, scale), axis=1)}, layout(x=2)), guide=guide)
    assert f.converged
    assert f.steps < 150
    np.testing.assert_allclose((moments(f)[0] - loc) / scale, 0, atol=1e-5)
    np.testing.assert_allclose(moments(f)[1] / scale, 1, atol=1e-5)


@pytest.mark.parametrize("guide", ["meanfield", "fullrank"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_kinks_do_not_keep_a_fit_from_converging(guide, seed):
    # On fixed draws a Laplace density has a kink in each coordinate at each draw.
    target = Target({"x": lambda z, w: -anp.sum(anp.abs(z), axis=1) - 3 * np.log(2)}, layout(x=3))
    f = fit(target, guide=guide, seed=seed)
    assert f.converged
    # The best Gaussian: log s + (1 + log 2 pi) / 2 - s sqrt(2 / pi) - log 2 at s = sqrt(pi / 2), thrice.
    best = 3 * (0.5 * np.log(np.pi / 2) + 0.5 * np.log(2 * np.pi) - 0.5 - np.log(2))
    e = measure(target, f)
    assert best - 0.05 < e.elbo + 3 * e.elbo_error
    assert e.elbo < best + 3 * e.elbo_error
