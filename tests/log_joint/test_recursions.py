"""Definitions that refer to their own past: the scan, the way time by time, and a plain loop say the same."""

import numpy as np
import pytest
from autograd import grad

import ppl
from ppl.log_joint import recursions

GARCH = """
dim time
data y[time]: real
a0 ~ HalfNormal(2)
a1 ~ Uniform(0, 1)
h[time] = 1.5 where time == 0
h[time] = sqrt(a0 + a1 * y[time - 1]^2 + 0.3 * h[time - 1]^2) where time > 0
y[time] ~ Normal(0, h)
"""
PAIR = """
dim time, series
data y[time, series]: real
alpha ~ Beta(2, 2)
beta[series] ~ Beta(2, 2)
level[time, series] = y[0] where time == 0
trend[time, series] = 0 where time == 0
level[time, series] = alpha * y + (1 - alpha) * (level[time - 1] + trend[time - 1]) where time > 0
trend[time, series] = beta * (level - level[time - 1]) + (1 - beta) * trend[time - 1] where time > 0
y[time, series] ~ Normal(level[time - 1] + trend[time - 1], 1) where time > 0
"""
LAGS = """
dim time
data y[time]: real
phi ~ Normal(0, 0.3)
x[time] = time where time < 2
x[time] = phi * x[time - 1] - 0.2 * x[time - 2] + y where time >= 2
factor -0.1 * x^2
"""
RNG = np.random.default_rng(5)
CASES = {
    "garch": (GARCH, {"y": RNG.standard_normal(12)}),
    "pair": (PAIR, {"y": RNG.standard_normal((9, 3))}),
    "lags": (LAGS, {"y": RNG.standard_normal(10)}),
}


def loops(name, values, data):
    y = np.asarray(data["y"])
    if name == "garch":
        h = [1.5]
        for t in range(1, len(y)):
            h.append(np.sqrt(values["a0"] + values["a1"] * y[t - 1] ** 2 + 0.3 * h[-1] ** 2))
        return {"h": np.array(h)}
    if name == "pair":
        level, trend = [y[0]], [np.zeros(3)]
        for t in range(1, len(y)):
            level.append(values["alpha"] * y[t] + (1 - values["alpha"]) * (level[-1] + trend[-1]))
            trend.append(values["beta"] * (level[-1] - level[-2]) + (1 - values["beta"]) * trend[-1])
        return {"level": np.array(level), "trend": np.array(trend)}
    x = [0.0, 1.0]
    for t in range(2, len(y)):
        x.append(values["phi"] * x[-1] - 0.2 * x[-2] + y[t])
    return {"x": np.array(x)}


@pytest.mark.parametrize("way", ["scan", "step by step"])
@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name, way, monkeypatch):
    if way == "step by step":
        monkeypatch.setattr(recursions, "scan", lambda *_: False)
    text, data = CASES[name]
    log_joint = ppl.model(text).bind(data).log_joint
    z = 0.4 * np.random.default_rng(6).standard_normal((3, log_joint.layout.size))
    found = log_joint.constrain(z)
    for s in range(3):
        values = {k: v[s] for k, v in found.items()}
        for k, expected in loops(name, values, data).items():
            assert found[k][s] == pytest.approx(expected, rel=1e-12)
    slope = grad(lambda z: log_joint(z).sum())(z)
    step = 1e-5 * np.random.default_rng(7).standard_normal(z.shape)
    change = (log_joint(z + step) - log_joint(z - step)) / 2
    assert change == pytest.approx((slope * step).sum(axis=1), rel=1e-6)


def test_the_scan_takes_them():
    for name, (text, data) in CASES.items():
        log_joint = ppl.model(text).bind(data).log_joint
        assert len(log_joint.tape.steps) < 60, f"{name} was written out time by time"


def test_first_values_made_of_each_other():
    text = """
dim t = 4
a ~ Normal(0, 1)
x[t] = a where t == 0
y[t] = 2 * x[t] where t == 0
x[t] = x[t - 1] + y[t - 1] where t > 0
y[t] = 2 * x[t] where t > 0
factor -sum(y)^2
"""
    log_joint = ppl.model(text).bind({}).log_joint
    found = log_joint.constrain(np.array([[0.3], [-1.0]]))
    assert found["y"] == pytest.approx(2 * found["a"][:, None] * 3.0 ** np.arange(4))


def test_sums_over_the_past():
    text = """
dim day
data w[day]: real
r ~ HalfNormal(1)
x[day] = 1 where day == 0
x[day] = r * sum(x[s] * w[day - 1 - s], s in 0..day - 1) where day > 0
factor -sum(x)
"""
    w = np.array([0.5, 0.3, 0.2, 0.1, 0.05])
    log_joint = ppl.model(text).bind({"w": w}).log_joint
    z = np.array([[0.2], [-0.3]])
    found = log_joint.constrain(z)
    for s in range(2):
        x = [1.0]
        for t in range(1, 5):
            x.append(found["r"][s] * sum(x[k] * w[t - 1 - k] for k in range(t)))
        assert found["x"][s] == pytest.approx(x, rel=1e-12)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x[t] = x[t + 1] where t > 0", "its own future"),
        ("x[t] = x[t] + 1 where t > 0", "itself at the same place"),
    ],
)
def test_only_the_past(line, words):
    with pytest.raises(ppl.PplError, match=words):
        ppl.model(f"dim t = 4\nx[t] = 0 where t == 0\n{line}\nfactor sum(x)")
