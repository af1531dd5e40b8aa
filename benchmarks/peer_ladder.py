"""The problems of `ladder.py` in NumPyro: the ELBO that its guides reach, with a tuned learning rate.

    PYTHON_WITH_NUMPYRO benchmarks/peer_ladder.py [--steps 10000] [--only logistic] [--shared ../shared]

Of four learning rates the run with the best ELBO counts, on 20,000 fresh draws, and only its processor seconds,
compilation included. In float64. Hierarchies are written as in the `.vi` programs, centred.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoLowRankMultivariateNormal, AutoMultivariateNormal, AutoNormal
from numpyro.optim import Adam

sys.path.insert(0, str(Path(__file__).parent))

import families

numpyro.enable_x64()

RATES = (0.1, 0.03, 0.01, 0.003)
GUIDES = {
    "AutoNormal": AutoNormal,
    "AutoLowRank": AutoLowRankMultivariateNormal,
    "AutoMultivariateNormal": AutoMultivariateNormal,
}
CHECKED, AT_ONCE = 20_000, 200
Model = Callable[[], None]


def logistic(data: dict[str, Any]) -> Model:
    x, y = jnp.asarray(data["x"]), jnp.asarray(data["y"])

    def model() -> None:
        b = numpyro.sample("b", dist.Normal(0, 2.5).expand([x.shape[1]]).to_event(1))
        numpyro.sample("y", dist.Bernoulli(logits=x @ b), obs=y)

    return model


def poisson(data: dict[str, Any]) -> Model:
    of, x, y = (jnp.asarray(data[name]) for name in ("of", "x", "y"))
    groups = int(of.max()) + 1

    def model() -> None:
        mu, slope = numpyro.sample("mu", dist.Normal(0, 2)), numpyro.sample("slope", dist.Normal(0, 1))
        a = numpyro.sample(
            "a", dist.Normal(mu, numpyro.sample("tau", dist.HalfNormal(1))).expand([groups]).to_event(1)
        )
        numpyro.sample("y", dist.Poisson(jnp.exp(a[of] + slope * x)), obs=y)

    return model


def eight_schools() -> None:
    y = jnp.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    sigma = jnp.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    mu, tau = numpyro.sample("mu", dist.Normal(0, 5)), numpyro.sample("tau", dist.HalfCauchy(5))
    theta = numpyro.sample("theta", dist.Normal(mu, tau).expand([8]).to_event(1))
    numpyro.sample("y", dist.Normal(theta, sigma), obs=y)


def radon(data: dict[str, Any], hierarchical: bool) -> Model:
    county = jnp.asarray(data["county_idx"], int) - 1
    floor, y, J = jnp.asarray(data["floor_measure"], float), jnp.asarray(data["log_radon"]), int(data["J"])
    uranium = jnp.asarray(data["log_uppm"]) if hierarchical else None

    def model() -> None:
        sigma_alpha = numpyro.sample("sigma_alpha", dist.HalfNormal(1))
        sigma_y = numpyro.sample("sigma_y", dist.HalfNormal(1))
        mu_alpha = numpyro.sample("mu_alpha", dist.Normal(0, 10))
        alpha = numpyro.sample("alpha", dist.Normal(mu_alpha, sigma_alpha).expand([J]).to_event(1))
        mean = alpha[county]
        if hierarchical:
            beta = numpyro.sample("beta", dist.Normal(0, 10).expand([2]).to_event(1))
            mean = mean + beta[0] * uranium + beta[1] * floor
        else:
            mean = mean + numpyro.sample("beta", dist.Normal(0, 10)) * floor
        numpyro.sample("y", dist.Normal(mean, sigma_y), obs=y)

    return model


def problems(shared: Path) -> Iterator[tuple[str, Model]]:
    for family, make, write in (
        ("logistic", families.logistic, logistic),
        ("Poisson hierarchy", families.poisson, poisson),
    ):
        for D in families.SIZES[family]:
            yield f"{family} {D}", write(make(D)[1])
    yield "eight schools", eight_schools
    table = shared / "posteriordb" / "data" / "radon_mn.json.zip"
    if table.exists():
        with zipfile.ZipFile(table) as archive:
            data = json.loads(archive.read(archive.namelist()[0]))
        yield "radon_hierarchical_intercept_centered", radon(data, True)
        yield "radon_variable_intercept_centered", radon(data, False)


def fitted(model: Model, guide: Any, rate: float, steps: int) -> tuple[float, float]:
    """(ELBO on fresh draws, seconds) of one run."""
    began = time.process_time()
    q = guide(model)
    svi = SVI(model, q, Adam(rate), Trace_ELBO())
    result = svi.run(jax.random.PRNGKey(0), steps, progress_bar=False)
    seconds = time.process_time() - began
    loss = jax.jit(lambda key: Trace_ELBO(num_particles=AT_ONCE).loss(key, result.params, model, q))
    keys = jax.random.split(jax.random.PRNGKey(1), CHECKED // AT_ONCE)
    return -float(np.mean([loss(key) for key in keys])), seconds


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    options = parser.parse_args()
    print(f"{'problem':<44} {'guide':<22} {'ELBO':>11} {'rate':>6} {'seconds':>8}")
    for name, model in problems(options.shared):
        if options.only not in name:
            continue
        for guide_name, guide in GUIDES.items():
            runs = [(*fitted(model, guide, rate, options.steps), rate) for rate in RATES]
            value, seconds, rate = max(runs, key=lambda r: r[0] if np.isfinite(r[0]) else -np.inf)
            print(f"{name:<44} {guide_name:<22} {value:>11.3f} {rate:>6} {seconds:>8.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
