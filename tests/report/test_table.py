"""The posterior table in its three forms."""

import re

import numpy as np
import pytest

import ppl

TEXT = "dim g\ndata y[g]: real\nm ~ Normal(0, 1)\na[g] ~ Normal(m, 1)\ny[g] ~ Normal(a, 1)"


@pytest.fixture(scope="module")
def fit():
    return ppl.model(TEXT).fit({"y": [1.0, -1.0, 3.0], "g": ["<b>", "[red]", "c"]})


def test_prints_a_row_per_element(fit):
    lines = str(fit.summary()).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["m", "a[<b>]", "a[[red]]", "a[c]"]
    assert lines[0].split() == ["mean", "sd", "5%", "50%", "95%"]
    row = [float(cell) for cell in lines[-1].split()[1:]]
    expected = [fit["a"].mean[2], fit["a"].sd[2], fit["a"].q05[2], fit["a"].q50[2], fit["a"].q95[2]]
    np.testing.assert_allclose(row, expected, atol=0.005)


def test_html_is_escaped(fit):
    html = fit.summary()._repr_html_()
    assert html.count("<tr>") == 5
    assert "a[&lt;b&gt;]" in html
    assert "<b>" not in html


def test_frame_has_every_element_unrounded(fit):
    pytest.importorskip("pandas")
    frame = fit.summary().to_pandas()
    assert list(frame.index) == ["m", "a[<b>]", "a[[red]]", "a[c]"]
    np.testing.assert_array_equal(frame["mean"], [fit.mean("m"), *fit.mean("a")])


def test_summary_of_nothing():
    summary = ppl.model("param s: real > 0\nfactor -(s - 1)^2").fit().summary()
    assert re.fullmatch(r"\s*mean +sd.*", str(summary))
    assert summary._repr_html_()
