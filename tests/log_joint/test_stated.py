"""A condition for a whole statement: with it, the program is the one without the statement, or without the `where`."""

import numpy as np
import pytest

import ppl

SWITCHED = """
dim obs
data is_wide, is_seen: bool
data n: int
data y[obs]: real
let many = n > 3 and is_seen
a ~ Normal(0, 1) where not is_wide
a ~ StudentT(3, 0, 5) where is_wide
b[obs] ~ Normal(a, 1)
y[obs] ~ Normal(b, 0.5) where is_seen
shift = sum(b, obs) where many
shift = 0.25 where not many
h[obs] = if obs == 0 then shift else 0.5 * h[obs - 1] + a where not is_seen and obs > 0
h[obs] = a where not (not is_seen and obs > 0)
factor -h^2 where is_wide
predict y_new[obs] ~ Normal(b, 0.5) where is_seen
predict total = shift + sum(h, obs) where not is_wide
"""
SELECTED = {
    "not is_wide": lambda d: not d["is_wide"],
    "is_wide": lambda d: d["is_wide"],
    "is_seen": lambda d: d["is_seen"],
    "many": lambda d: d["n"] > 3 and d["is_seen"],
    "not many": lambda d: not (d["n"] > 3 and d["is_seen"]),
}


def written_out(data):
    """The same program with every switch done by hand."""
    lines = []
    for line in SWITCHED.splitlines():
        head, _, condition = line.partition(" where ")
        if condition not in SELECTED:
            lines.append(line)
        elif SELECTED[condition](data):
            lines.append(head)
    return ppl.model("\n".join(lines))


CASES = [
    {"is_wide": wide, "is_seen": seen, "n": n, "y": [0.3, -1.2, 2.0]}
    for wide in (0, 1)
    for seen in (0, 1)
    for n in (2, 5)
]


@pytest.mark.parametrize("data", CASES, ids=str)
def test_a_switched_statement_is_there_or_not(data):
    values = {"a": 0.4, "b": [0.1, -0.3, 0.9]}
    one, other = ppl.model(SWITCHED).bind(data), written_out(data).bind(data)
    assert one.terms(values) == pytest.approx(other.terms(values), rel=1e-14)
    z = np.random.default_rng(1).normal(size=(3, 4))
    value, gradient = one.log_joint.value_and_grad(z)
    assert value == pytest.approx(other.log_joint(z), rel=1e-14)
    assert np.isfinite(gradient).all()
    drawn, again = one.prior(20, seed=3), other.prior(20, seed=3)
    shown = drawn.keys() - {"shift"}  # which is made of data where it is switched to a number
    assert shown == again.keys() - {"shift"}
    for name in shown:
        np.testing.assert_allclose(drawn[name], again[name], rtol=1e-14)


def test_a_recursion_may_lose_its_past():
    """Two definitions of each other's past, the switch of which leaves one after the other, or none."""
    text = """
    dim time
    data k: int
    c ~ Normal(0, 1)
    u[time] = c where time == 0
    u[time] = v[time - 1] where time > 0
    v[time] = if time == time then u[time] + 1 else 0 where k == 1
    v[time] = 2 * c where k == 2
    data y[time]: real
    y[time] ~ Normal(u, 1)
    """
    data = {"y": [0.0, 1.0, 2.0]}
    for k, u in ((1, [0.5, 1.5, 2.5]), (2, [0.5, 1.0, 1.0])):
        want = -0.5 * np.sum((np.array(data["y"]) - u) ** 2) - 1.5 * np.log(2 * np.pi)
        found = ppl.model(text).bind({**data, "k": k}).terms({"c": 0.5})["y"]
        assert found == pytest.approx(want, rel=1e-14)


def test_new_data_may_switch_a_prediction_on():
    text = """
    data is_new: bool
    data y: real
    mu ~ Normal(0, 1)
    y ~ Normal(mu, 1)
    shift = 100 + mu where is_new
    shift = mu where not is_new
    predict later ~ Normal(shift, 1) where is_new
    predict now = mu
    """
    fit = ppl.model(text).fit({"is_new": False, "y": 1.0})
    assert set(fit.predict()) == {"now"}
    found = fit.predict({"is_new": True})
    assert found["later"].mean() == pytest.approx(100.5, abs=6 * 1.3 / np.sqrt(len(found["later"])))


def test_a_saved_fit_is_switched_alike(tmp_path):
    fit = written = ppl.model("data on: bool\na ~ Normal(0, 1)\nfactor -a^2 where on").fit({"on": False})
    fit.save(tmp_path / "f.ppl")
    assert ppl.open_fit(tmp_path / "f.ppl").elbo == written.elbo
    assert written.elbo == pytest.approx(0, abs=1e-9)
