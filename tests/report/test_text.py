"""The page: what it says, that it fits its width, and that its sums hold as they are printed."""

import re

import numpy as np
import pytest

import ppl
from ppl.report.text import as_text

SCHOOLS = """
dim school
data y[school]: real
data sigma[school]: real > 0
mu ~ Normal(0, 5)
tau ~ HalfCauchy(5)
theta[school] ~ Normal(mu, tau)
y[school] ~ Normal(theta, sigma)
"""
DATA = {
    "school": list("ABCDEFGH"),
    "y": [28, 8, -3, 7, -1, 1, 18, 12],
    "sigma": [15, 10, 16, 11, 9, 11, 10, 18],
}
NUMBER = r"-?[\d,]+\.\d+"


@pytest.fixture(scope="module")
def fit():
    return ppl.model(SCHOOLS, "schools").fit(DATA)


@pytest.fixture(scope="module")
def regression():
    text = """
dim obs
data y[obs]: real
a ~ Normal(0, 100)
s ~ HalfNormal(10)
eta[obs] = a + 0
y[obs] ~ Normal(eta + 0 * log(1 + eta^2) + 0 * sin(eta) - 0 * cos(eta / (1 + eta^2)) + 0, s) where obs > 0
"""
    y = 1000 * np.random.default_rng(0).normal(size=2000)
    return ppl.model(text, "long").fit({"y": y})


def value(text: str) -> float:
    return float(text.replace(",", ""))


@pytest.mark.parametrize("which", ["fit", "regression"])
def test_page_fits_80_columns(which, request):
    assert max(map(len, as_text(request.getfixturevalue(which)).splitlines())) <= 80


@pytest.mark.parametrize("which", ["fit", "regression"])
def test_sums_hold_as_printed(which, request):
    page = as_text(request.getfixturevalue(which))
    sums = re.findall(rf"({NUMBER}) = ({NUMBER}) ([+-]) ({NUMBER})$", page, re.M)
    assert len(sums) == 3
    for total, first, sign, second in sums:
        right = value(first) + (1 if sign == "+" else -1) * value(second)
        assert value(total) == pytest.approx(right, abs=1e-9)
    items = page.split("statement by statement\n")[1].split("\n\n")[0].splitlines()
    parts = [value(found.group()) for line in items if (found := re.search(NUMBER + "$", line))]
    assert sum(parts[:-1]) == pytest.approx(parts[-1], abs=1e-9)
    assert parts[-1] == value(sums[1][0])
    assert "…" not in "".join(line[-14:] for line in items)


def test_printed_numbers_are_those_of_the_fit(fit):
    page = as_text(fit)
    found = re.search(rf"ELBO +({NUMBER}) +± ([\d.]+)", page)
    assert value(found[1]) == pytest.approx(fit.elbo, abs=0.005)
    assert value(found[2]) == pytest.approx(fit.elbo_error, abs=0.005)
    for name, term in fit.terms.items():
        line = re.search(rf"^  {name} +line \d+ .* ({NUMBER})$", page, re.M)
        assert value(line[1]) == pytest.approx(term, abs=0.0101)


def test_verdict_reasons_and_next_step_are_there(fit):
    page = " ".join(as_text(fit).split())
    assert page.startswith(f"schools: {fit.verdict}")
    assert all(reason in page for reason in fit.reasons)
    assert fit.next_step is None or fit.next_step in page
    if fit.log_evidence.high is None:
        assert "no upper end" in page


def test_statements_stand_in_source_order_with_their_lines(fit):
    lines = re.findall(r"^  (\w+) +line +(\d+)", as_text(fit), re.M)
    assert lines == [("mu", "5"), ("tau", "6"), ("theta", "7"), ("y", "8")]


def test_labels_are_not_taken_for_markup(fit):
    assert re.search(r"^  theta\[A\] ", as_text(fit), re.M)


def test_long_axes_are_cut_with_a_count(regression):
    page = as_text(regression)
    assert "... 1,990 more" in page
    assert re.search(r"^  eta\[1999\] ", page, re.M)
    assert 'fit["eta"]' in page
    assert len(page.splitlines()) < 60


def test_exact_fit_says_so():
    fit = ppl.model("dim obs\ndata y[obs]: real\nm ~ Normal(0, 1)\ny[obs] ~ Normal(m, 1)").fit({"y": [1.0]})
    page = as_text(fit)
    assert re.search(rf"log evidence +{NUMBER} +± <0.0001 +exact", page)
    assert "the guide is the posterior" in page


def test_fit_that_went_wrong_shows_its_statement():
    page = as_text(ppl.model("x ~ Flat()\ny ~ Normal(0, 1)").fit())
    assert "do not trust" in page
    assert re.search(r"1 \| x ~ Flat\(\)\n +\| \^+", page)
    assert "up to a constant" in page
