"""The object that `ppl fit --json` prints: its schema, its numbers, and that it is JSON in the strict sense."""

import json

import pytest

import ppl
from ppl.report.json import numbers, to_dict, to_json

KEYS = [
    "schema",
    "model",
    "seed",
    "guide",
    "objective",
    "optimizer",
    "converged",
    "elbo",
    "elbo_error",
    "expected_log_likelihood",
    "kl_prior",
    "entropy",
    "log_evidence",
    "kl_posterior",
    "khat",
    "ess",
    "corrected_by",
    "rhat",
    "chains_ess",
    "verdict",
    "reasons",
    "next_step",
    "notes",
    "terms",
    "posterior",
    "states",
    "params",
    "ladder",
    "stopped",
    "modes",
    "starts",
    "centering",
    "steps",
    "gradients",
    "seconds",
    "versions",
]
TEXT = """
dim arm = ["control", "drug"]
dim patient
data got[patient]: arm
data y[patient]: real
param s: real > 0 = 1
m[arm] ~ Normal(0, 2)
gain = m["drug"] - m["control"]
y[patient] ~ Normal(m[got], s)
"""


def strict(text: str):
    def refuse(name: str):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def fit():
    return ppl.model(TEXT, "arms").fit({"got": [0, 1, 1, 0], "y": [0.1, 2.0, 1.4, -0.3]})


def test_schema(fit):
    found = strict(to_json(fit))
    assert list(found) == KEYS
    assert found["schema"] == 1
    assert list(found["log_evidence"]) == ["estimate", "error", "low", "high", "method", "exact"]
    assert list(found["kl_posterior"]) == ["estimate", "low", "high"]
    assert found["posterior"]["m"]["dims"] == ["arm"]
    assert found["posterior"]["m"]["labels"] == {"arm": ["control", "drug"]}
    assert list(found["posterior"]["gain"]) == ["dims", "mean", "sd", "sd_guide", "q05", "q50", "q95"]
    assert list(found["posterior"]) == ["m", "gain"]
    assert "ppl" in found["versions"]
    assert "\n" not in to_json(fit)


def test_values_are_the_attributes(fit):
    found = to_dict(fit)
    for key in ("model", "seed", "guide", "elbo", "kl_prior", "entropy", "khat", "ess", "verdict", "steps"):
        assert found[key] == getattr(fit, key)
    assert found["params"]["s"] == float(fit.params["s"])
    assert found["posterior"]["m"]["mean"] == fit.mean("m").tolist()
    assert isinstance(found["posterior"]["gain"]["mean"], float)


def test_what_is_not_finite_is_null():
    assert numbers([1.0, float("nan")]) == [1.0, None]
    assert numbers([[float("inf")], [2.0]]) == [[None], [2.0]]
    assert numbers(float("-inf")) is None
    found = strict(to_json(ppl.model("x ~ Flat()").fit()))
    assert found["verdict"] == "do not trust"
    assert found["log_evidence"]["high"] is None
