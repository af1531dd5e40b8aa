"""What is concluded from brackets, and what is not."""

import numpy as np
import pytest

import ppl

Y = np.array([0.9, 1.1, 1.4, 0.7, 1.2, 0.8])


def fitted(prior: str, y=Y, **settings):
    return ppl.model(f"dim obs\ndata y[obs]: real\n{prior}\ny[obs] ~ Normal(mu, 0.3)\n").fit(
        {"y": y}, **settings
    )


def test_the_better_model_is_favoured_by_the_known_bayes_factor():
    near, far = fitted("mu ~ Normal(1, 0.2)"), fitted("mu ~ Normal(-1, 0.2)")
    found = ppl.compare({"far": far, "near": near})
    assert [row.name for row in found.rows] == ["near", "far"]
    n, s2, t2 = len(Y), 0.09, 0.04
    marginal = [
        -0.5 * (n * Y.mean() ** 2 / s2 + m**2 / t2 - (n * Y.mean() / s2 + m / t2) ** 2 / (n / s2 + 1 / t2))
        for m in (1, -1)
    ]
    least, most = found.rows[1].behind
    assert least - 1e-6 <= marginal[0] - marginal[1] <= most + 1e-6
    assert "near is favoured over far" in found.conclusions[0]


def test_equal_models_are_not_told_apart():
    found = ppl.compare({"a": fitted("mu ~ Normal(1, 0.2)"), "b": fitted("mu ~ Normal(1, 0.2)")})
    assert "hardly tell" in found.conclusions[0]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda: fitted("mu ~ Normal(1, 0.2)", Y + 1), "do not observe the same data"),
        (lambda: fitted("latent mu: real"), "without a proper prior"),
    ],
)
def test_what_is_not_comparable_is_not_concluded(other, words):
    found = ppl.compare({"a": fitted("mu ~ Normal(1, 0.2)"), "b": other()})
    assert not found.conclusions
    assert any(words in caution for caution in found.cautions)


def test_without_an_upper_end_little_is_said():
    funnel = "v ~ Normal(0, 3)\ndim k = 9\nx[k] ~ Normal(0, exp(v))\n"
    text = funnel + "dim obs\ndata y[obs]: real\nmu ~ Normal(1, 0.2)\ny[obs] ~ Normal(mu, 0.3)\n"
    hard = ppl.model(text).fit({"y": Y}, guide="meanfield")
    if hard.log_evidence.high is None:
        found = ppl.compare({"a": fitted("mu ~ Normal(0.5, 0.2)"), "b": hard})
        assert any("no upper end" in line or "nothing can be said" in line for line in found.conclusions)


def test_one_fit_is_no_comparison():
    with pytest.raises(ppl.PplError, match="two fits"):
        ppl.compare({"a": fitted("mu ~ Normal(1, 0.2)")})


def test_page_and_object():
    found = ppl.compare({"a": fitted("mu ~ Normal(1, 0.2)"), "b": fitted("mu ~ Normal(0, 1)")})
    assert max(map(len, str(found).splitlines())) <= 80
    assert found.as_object()["fits"][0]["name"] == found.rows[0].name
