"""Adding a distribution is one file: it is found, has its page, and every law speaks of it."""

import shutil
import sys
from pathlib import Path

import laws
import pytest

import ppl.distributions
from ppl.shelf import Shelf

GUMBEL = '''"""Gumbel(loc, scale)

The largest of many: the limit law of maxima with exponential tails.
log p(x) = -r - exp(-r) - log scale with r = (x - loc) / scale
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 22.
"""

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Distribution, Parameter
from ppl.numerics.logistic import log1mexp
from ppl.supports.continuous import positive, real


def log_prob(x, loc, scale):
    r = (x - loc) / scale
    return -(r + np.exp(-r)) - np.log(scale)


def sample(rng, shape, loc, scale):
    return loc + scale * rng.gumbel(size=shape)


def oracle(x, loc, scale):
    import mpmath as mp

    r = (x - loc) / scale
    return -r - mp.exp(-r) - mp.log(scale)


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale: loc + onp.euler_gamma * scale,
    variance=lambda loc, scale: (onp.pi * scale) ** 2 / 6 + 0 * loc,
    log_cdf=lambda x, loc, scale: -np.exp((loc - x) / scale),
    log_sf=lambda x, loc, scale: log1mexp(np.exp((loc - x) / scale)),
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
    (folder / "gumbel.py").write_text(GUMBEL, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield Shelf("copied_shelf", folder, "distribution")
    for module in [m for m in sys.modules if m.startswith("copied_shelf")]:
        del sys.modules[module]


def test_it_is_found_beside_all_the_others(shelf):
    assert set(shelf) == {"Gumbel", *ppl.distributions.distributions}


def test_it_has_its_page(shelf):
    laws.page("Gumbel", shelf["Gumbel"], shelf.doc("Gumbel"))


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_every_law_holds(shelf, law):
    law("Gumbel", shelf["Gumbel"])


def test_a_slip_is_caught(shelf):
    """Rate where scale was meant: no single formula is in sight of this, the laws are."""
    wrong = GUMBEL.replace("loc + scale * rng.gumbel(size=shape)", "loc + rng.gumbel(size=shape) / scale")
    (shelf.folder / "gumbel.py").write_text(wrong, encoding="utf-8")
    with pytest.raises(AssertionError):
        laws.mean_score_is_zero("Gumbel", shelf["Gumbel"])
