"""Adding a distribution is one file: it is found, has its page, and every law speaks of it."""

import shutil
import sys
from pathlib import Path

import laws
import pytest

import ppl.distributions
from ppl.shelf import Shelf

HYPERBOLIC_SECANT = '''"""HyperbolicSecant(loc, scale)

A bell with exponential tails and standard deviation scale.
log p(x) = -log(2 scale) - log cosh(pi r / 2) with r = (x - loc) / scale
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), sec. 23.11.
"""

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Distribution, Parameter
from ppl.supports.continuous import positive, real


def log_prob(x, loc, scale):
    t = onp.pi / 2 * (x - loc) / scale
    return -(np.abs(t) + np.log1p(np.exp(-2 * np.abs(t)))) - np.log(scale)


def sample(rng, shape, loc, scale):
    return loc + scale * 2 / onp.pi * onp.log(onp.tan(onp.pi / 2 * rng.random(shape)))


def log_cdf(x, loc, scale):
    t = onp.pi / 2 * (x - loc) / scale
    left = t < 0
    small = np.log(2 / onp.pi) + np.log(np.arctan(np.exp(-np.abs(t))))
    return np.where(left, small, np.log1p(-np.exp(small)))


def oracle(x, loc, scale):
    import mpmath as mp

    return -mp.log(2 * scale) - mp.log(mp.cosh(mp.pi / 2 * (x - loc) / scale))


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale: loc + 0 * scale,
    variance=lambda loc, scale: scale**2 + 0 * loc,
    log_cdf=log_cdf,
    log_sf=lambda x, loc, scale: log_cdf(-x, -loc, scale),
    oracle=oracle,
    examples=(
        {"loc": 0.0, "scale": 1.0},
        {"loc": onp.array([[1.0], [-2.0]]), "scale": onp.array([0.5, 30.0])},
    ),
)
'''


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A copy of the shelf with one more file on it."""
    folder = tmp_path / "copied_shelf"
    shutil.copytree(Path(ppl.distributions.__path__[0]), folder)
    (folder / "hyperbolic_secant.py").write_text(HYPERBOLIC_SECANT, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield Shelf("copied_shelf", folder, "distribution")
    for module in [m for m in sys.modules if m.startswith("copied_shelf")]:
        del sys.modules[module]


def test_it_is_found_beside_all_the_others(shelf):
    assert "HyperbolicSecant" not in ppl.distributions.distributions
    assert set(shelf) == {"HyperbolicSecant", *ppl.distributions.distributions}


def test_it_has_its_page(shelf):
    laws.page("HyperbolicSecant", shelf["HyperbolicSecant"], shelf.doc("HyperbolicSecant"))


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_every_law_holds(shelf, law):
    law("HyperbolicSecant", shelf["HyperbolicSecant"])


def test_a_slip_is_caught(shelf):
    """Rate where scale was meant: no single formula is in sight of this, the laws are."""
    wrong = HYPERBOLIC_SECANT.replace("loc + scale * 2", "loc + 2 / scale")
    (shelf.folder / "hyperbolic_secant.py").write_text(wrong, encoding="utf-8")
    with pytest.raises(AssertionError):
        laws.mean_score_is_zero("HyperbolicSecant", shelf["HyperbolicSecant"])
