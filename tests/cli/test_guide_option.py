"""`--guide`: a name, a name with numbers, or names by latent; usage errors where it is none of them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ppl.cli.verbs import ppl

SCHOOLS = str(Path(__file__).resolve().parents[2] / "examples" / "eight_schools_noncentred.vi")


def run(guide):
    return CliRunner().invoke(ppl, ["fit", SCHOOLS, "--json", "--guide", guide])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{mu,tau: lowrank(1) rest: meanfield}", "{mu, tau: lowrank(1)  rest: meanfield}"),
        ("delta", "delta"),
    ],
)
def test_the_results_name_the_guide(text, name):
    found = json.loads(run(text).stdout)
    assert found["guide"] == name
    assert found["converged"]


@pytest.mark.parametrize(
    "text", ["blub", "lowrank(x)", "lowrank(2, 3)", "{mu fullrank}", "{mu: blub  rest: auto}"]
)
def test_what_is_no_guide_is_a_usage_error(text):
    result = run(text)
    assert result.exit_code == 2
    assert "guide" in result.stderr
