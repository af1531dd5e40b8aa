"""Every example is fitted with its data, and held against what is known of it from elsewhere."""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

import ppl
from ppl.fit import made

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "examples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.vi"))


def load_script():
    spec = importlib.util.spec_from_file_location("simulate", FOLDER / "simulate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


simulate = load_script()


def data_of(name: str) -> Path:
    """The file that the command line finds by itself."""
    (path,) = (p for suffix in (".json", ".csv") if (p := FOLDER / f"{name}{suffix}").exists())
    return path


@cache
def fitted(name: str) -> ppl.Fit:
    """An example's fit; read-only, so all tests share it."""
    return ppl.load(FOLDER / f"{name}.vi").fit(data_of(name), seed=0)


def holds(fit: ppl.Fit, truth: dict[str, float | list[float]], sds: float = 3.0) -> None:
    """The posterior is near the values that the data were made from."""
    for name, value in truth.items():
        distance = np.abs(fit.mean(name) - np.array(value)) / fit.sd(name)
        assert np.all(distance < sds), f"{name} is {fit.mean(name)} ± {fit.sd(name)}, and was {value}"


@pytest.mark.parametrize("name", NAMES)
def test_it_fits(name):
    fit = fitted(name)
    assert fit.converged
    assert np.isfinite(fit.elbo)
    assert fit.elbo_error < 0.1
    assert all(np.all(np.isfinite(p.mean)) and np.all(np.asarray(p.sd) >= 0) for p in fit.posterior.values())


@pytest.mark.parametrize("name", NAMES)
def test_identities_hold_to_rounding(name):
    fit = fitted(name)
    assert fit.elbo == pytest.approx(fit.expected_log_likelihood - fit.kl_prior, abs=1e-9)
    assert fit.elbo == pytest.approx(sum(fit.terms.values()) + fit.entropy, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name):
    assert (FOLDER / f"{name}.vi").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_line_in_the_readme(name):
    assert f"`{name}.vi`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_data_are_what_the_script_makes(tmp_path):
    simulate.main(tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted([*simulate.TABLES, *simulate.OBJECTS])
    for file in made:
        assert (tmp_path / file).read_text("utf-8") == (FOLDER / file).read_text("utf-8"), file


def test_conjugate_is_exact():
    """Posterior precision n / 1 + 1 / 4; evidence by the chain of Normals."""
    fit = fitted("conjugate")
    assert fit.mean("mu") == pytest.approx(0.7030303, abs=1e-6)
    assert fit.sd("mu") == pytest.approx(0.3481553, abs=1e-6)
    assert fit.elbo == pytest.approx(-12.0009742, abs=1e-7)
    assert fit.log_evidence.estimate == pytest.approx(fit.elbo, abs=1e-8)
    assert abs(fit.kl_posterior.estimate) < 1e-8
    assert fit.verdict == "good"


def test_bayes_em_learns_the_mean():
    fit = fitted("bayes_em")
    y = np.array(json.loads(data_of("bayes_em").read_text())["y"])
    assert fit.params["theta"] == pytest.approx(np.mean(y), abs=1e-6)
    assert fit.elbo == pytest.approx(np.sum(norm.logpdf(y, np.mean(y), np.sqrt(2))), abs=1e-6)
    assert fit.mean("z") == pytest.approx((y + np.mean(y)) / 2, abs=1e-5)
    assert fit.sd("z") == pytest.approx(np.full(8, np.sqrt(0.5)), abs=1e-5)


def test_eight_schools_noncentred_finds_the_evidence():
    """-31.3113 is by quadrature over (mu, tau), the thetas integrated out."""
    fit = fitted("eight_schools_noncentred")
    assert fit.log_evidence.estimate == pytest.approx(-31.3113, abs=0.15)
    assert fit.elbo < -31.3113 + 3 * fit.elbo_error
    assert fit.mean("mu") == pytest.approx(4.4, abs=0.3)
    assert np.argmax(fit.mean("theta")) in (0, 6)


def test_eight_schools_centred_is_fitted_in_coordinates_that_suit_it():
    fit, other = fitted("eight_schools"), fitted("eight_schools_noncentred")
    assert np.all(fit.centering["theta"].c < 0.5)
    assert fit.log_evidence.low < -31.3113 < fit.log_evidence.high
    assert fit.elbo == pytest.approx(other.elbo, abs=0.1)
    for name in ("mu", "tau", "theta"):
        assert fit.mean(name) == pytest.approx(other.mean(name), abs=0.15)


def test_eight_schools_as_written_says_that_it_failed():
    """Pinned to the coordinates of the text, tau and theta make a funnel that no guide of the ladder fits."""
    model = ppl.load(FOLDER / "eight_schools.vi")
    fit = model.fit(data_of("eight_schools"), guide="fullrank", centering={"theta": 1.0}, hmc="never")
    assert fit.verdict == "do not trust"
    assert fit.reasons
    assert fit.log_evidence.high is None
    assert fit.elbo < fitted("eight_schools").elbo - 0.3


def test_the_two_eight_schools_have_the_same_data():
    assert data_of("eight_schools").read_text() == data_of("eight_schools_noncentred").read_text()


@pytest.mark.parametrize("name", ["travel", "ar2", "gp", "reading", "volatility", "lead"])
def test_simulated_truth_is_found(name):
    holds(fitted(name), getattr(simulate, name.upper()))


def test_sleep_finds_the_states():
    fit = fitted("sleep")
    holds(fit, {"log_rate": simulate.SLEEP["log_rate"]})
    stays = np.diagonal(fit.mean("turn"))
    assert stays == pytest.approx(np.diagonal(simulate.SLEEP["turn"]), abs=0.15)


def test_growth_finds_how_start_and_pace_go_together():
    holds(fitted("growth"), simulate.GROWTH)


def test_nile_is_near_maximum_likelihood():
    """Durbin & Koopman (2001), section 2.9: variances 1469.1 and 15098.5."""
    fit = fitted("nile")
    assert fit.mean("noise") == pytest.approx(np.sqrt(15098.5), rel=0.1)
    assert fit.mean("drift") == pytest.approx(np.sqrt(1469.1), rel=0.35)
    level = fit.mean("level")
    assert np.mean(level[:25]) - np.mean(level[35:]) == pytest.approx(240, abs=50)  # the fall of 1898


def test_bearings_are_near_maximum_likelihood():
    """Lawless (1982): shape 2.10, scale 81.9, standard errors 0.33 and 8.6."""
    fit = fitted("bearings")
    assert fit.mean("shape") == pytest.approx(2.10, abs=0.15)
    assert fit.sd("shape") == pytest.approx(0.33, abs=0.05)
    assert fit.mean("scale") == pytest.approx(81.9, abs=3)
    assert fit.sd("scale") == pytest.approx(8.6, abs=1.5)


def test_doctors_are_near_maximum_likelihood():
    """Rate ratio 1.4255 with standard error 0.107 of its log."""
    fit = fitted("doctors")
    assert fit.mean("smoking") == pytest.approx(np.log(1.4255), abs=0.02)
    assert fit.sd("smoking") == pytest.approx(0.107, abs=0.01)
    assert list(fit["base"].labels["age"]) == ["35-44", "45-54", "55-64", "65-74", "75-84"]


def test_stack_loss_is_robust():
    """Least squares gives 0.716, 1.295, -0.152; least absolute deviations 0.832, 0.574, -0.061."""
    table = np.loadtxt(data_of("stack_loss"), delimiter=",", skiprows=1)
    x = np.column_stack([np.ones(21), table[:, :3]])
    least_squares = np.linalg.lstsq(x, table[:, 3], rcond=None)[0]
    assert least_squares == pytest.approx([-39.920, 0.7156, 1.2953, -0.1521], abs=1e-3)  # the data are right
    fit = fitted("stack_loss")
    assert fit.mean("per_warmth") < 0.9
    assert fit.mean("per_flow") > 0.75
    assert fit.mean("scale") < 3


def test_rabbits_are_the_zero_truncated_poisson():
    """The likelihood's peak is where rate / (1 - exp(-rate)) is the mean number of captures, 142 / 76."""
    fit = fitted("rabbits")
    peak = brentq(lambda rate: rate / -np.expm1(-rate) - 142 / 76, 0.1, 10)
    assert fit.mean("rate") == pytest.approx(peak, rel=0.05)
    assert 90 < fit.mean("population") < 115


def test_coal_finds_the_change():
    """Carlin, Gelfand & Smith (1992): about 3.1 a year before, 0.9 after."""
    fit = fitted("coal")
    assert fit.mean("early") == pytest.approx(3.1, abs=0.15)
    assert fit.mean("late") == pytest.approx(0.92, abs=0.08)


def test_galaxies_has_the_small_cluster_apart():
    """Seven of the 82, of mean speed 9.71, are far from all others (Roeder 1990)."""
    fit = fitted("galaxies")
    assert fit.mean("centre")[0] == pytest.approx(9.71, abs=0.3)
    assert fit.mean("share")[0] == pytest.approx(9 / 88, abs=0.02)  # 7 of 82, with the prior's 2 of 6
    assert np.all(np.diff(fit.mean("centre")) > 0)


NORTH = np.arange(-26, 24, 0.05)  # km; spacings of a seventh of a mode's sd


@cache
def bimodal_truth() -> dict[str, np.ndarray]:
    """Weights of places by quadrature on a grid: those of `north`, and what can be said with them."""
    x, y = np.arange(-10, 22, 0.05)[:, None], NORTH[None, :]
    log = norm.logpdf(x, 5, 3) + norm.logpdf(y, 0, 3)
    for east_of, north_of, distance in np.loadtxt(data_of("bimodal"), delimiter=",", skiprows=1):
        log = log + norm.logpdf(distance, np.hypot(x - east_of, y - north_of), 0.5)
    p = np.exp(log)
    north = np.sum(p, axis=0) / np.sum(p)
    mean = north @ NORTH
    return {
        "evidence": np.log(np.sum(p) * 0.05**2),
        "mean": mean,
        "sd": np.sqrt(north @ (NORTH - mean) ** 2),
        "share": np.sum(north[NORTH > 0]),
        "q50": NORTH[np.searchsorted(np.cumsum(north), 0.5)],
        "q95": NORTH[np.searchsorted(np.cumsum(north), 0.95)],
    }


def bimodal_north(fit: ppl.Fit) -> np.ndarray:
    """Draws of `north` from the guide itself."""
    guide = made(fit.guide, fit.log_joint)
    noise = np.random.default_rng(0).standard_normal((20_000, guide.noise_size(2)))
    return guide.transport(fit.run.params, noise)[:, 1]


def bimodal_fit(seed: int, **how: str) -> ppl.Fit:
    return ppl.load(FOLDER / "bimodal.vi").fit(data_of("bimodal"), seed=seed, **how)


@pytest.mark.parametrize("seed", [0, 2])  # the second once ended between the modes
def test_bimodal_reverse_kl_takes_one_mode(seed):
    truth, fit = bimodal_truth(), bimodal_fit(seed, guide="fullrank")
    north = bimodal_north(fit)
    assert np.mean(north > 0) in (0, 1)
    assert np.std(north) < 0.2 * truth["sd"]
    missed = truth["share"] if np.mean(north) < 0 else 1 - truth["share"]
    assert fit.elbo == pytest.approx(truth["evidence"] + np.log1p(-missed), abs=0.02)
    # The report knows better than the guide.
    assert fit.log_evidence.estimate == pytest.approx(truth["evidence"], abs=1e-3)
    assert fit.mean("north") == pytest.approx(truth["mean"], abs=0.01)
    assert [fit["north"].q50, fit["north"].q95] == pytest.approx([truth["q50"], truth["q95"]], abs=0.1)


def test_bimodal_forward_kl_covers_both():
    truth = bimodal_truth()
    north = bimodal_north(bimodal_fit(0, guide="fullrank", objective="forward_kl"))
    assert np.mean(north) == pytest.approx(truth["mean"], abs=0.1 * truth["sd"])
    assert np.std(north) == pytest.approx(truth["sd"], rel=0.1)
    assert np.mean(np.abs(north) < 1) > 0.1  # what lies between is covered too


@pytest.mark.parametrize(
    ("guide", "seed"), [("mixture(2)", 0), ("auto", 2)]
)  # the second once found one mode only
def test_bimodal_mixture_has_both_shares(guide, seed):
    truth, fit = bimodal_truth(), bimodal_fit(seed, guide=guide)
    assert fit.guide == "mixture(2)"
    assert np.mean(bimodal_north(fit) > 0) == pytest.approx(truth["share"], abs=0.02)
    assert fit.elbo == pytest.approx(truth["evidence"], abs=0.01)
    assert fit.verdict == "good"
