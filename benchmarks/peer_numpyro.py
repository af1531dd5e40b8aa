"""The models of speed.py in NumPyro, with the textbook settings of its own examples: Adam, 10,000 steps.

    PYTHON_WITH_NUMPYRO benchmarks/peer_numpyro.py --one NAME [--shared ../shared] [--steps 10000]

Run by `speed.py --peer`; prints one JSON object. NumPyro has no stopping test, so the number of steps is
the user's guess, and the ELBO beside it says how far that came. Guides as ours: full covariance up to 100
unknowns, independent beyond. ELBO on 4,000 fresh draws, in float64.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import speed

RATE, FRESH, AT_ONCE = 0.01, 4000, 50


def eight_schools(data: dict[str, Any]) -> None:
    import numpyro
    import numpyro.distributions as dist

    mu, tau = numpyro.sample("mu", dist.Normal(0, 5)), numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("school", len(data["y"])):
        offset = numpyro.sample("offset", dist.Normal(0, 1))
        numpyro.sample("y", dist.Normal(mu + tau * offset, np.array(data["sigma"])), obs=np.array(data["y"]))


def radon(data: dict[str, Any]) -> None:
    import numpyro
    import numpyro.distributions as dist

    mu_a, g = numpyro.sample("mu_a", dist.Normal(0, 10)), numpyro.sample("g", dist.Normal(0, 10))
    tau, b = numpyro.sample("tau", dist.HalfNormal(1)), numpyro.sample("b", dist.Normal(0, 10))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1))
    with numpyro.plate("county", len(data["log_uranium"])):
        a = numpyro.sample("a", dist.Normal(mu_a + g * np.array(data["log_uranium"]), tau))
    mean = a[np.array(data["county_of"]) - 1] + b * np.array(data["floor"])
    with numpyro.plate("house", len(data["floor"])):
        numpyro.sample("log_radon", dist.Normal(mean, sigma), obs=np.array(data["log_radon"]))


def logistic(data: dict[str, Any]) -> None:
    import numpyro
    import numpyro.distributions as dist

    intercept = numpyro.sample("intercept", dist.Normal(0, 2.5))
    beta = numpyro.sample("beta", dist.Normal(0, 2.5).expand([20]).to_event(1))
    with numpyro.plate("obs", len(data["y"])):
        numpyro.sample("y", dist.Bernoulli(logits=intercept + data["x"] @ beta), obs=data["y"])


MODELS = {"eight_schools": eight_schools, "radon": radon, "logistic": logistic}


def fit(name: str, data: dict[str, Any], steps: int) -> dict[str, Any]:
    """One fit, and what it took."""
    began = time.perf_counter()
    import jax
    import numpyro
    from numpyro.infer import SVI, Trace_ELBO, autoguide, init_to_median

    numpyro.enable_x64()
    model = MODELS[name]
    family = autoguide.AutoNormal if name == "radon" else autoguide.AutoMultivariateNormal
    guide = family(model, init_loc_fn=init_to_median)
    svi = SVI(model, guide, numpyro.optim.Adam(RATE), Trace_ELBO())
    result = svi.run(jax.random.PRNGKey(0), steps, data, progress_bar=False)
    # A few draws at a time: all at once would hold draws x rows numbers, and memory is compared.
    few = Trace_ELBO(num_particles=AT_ONCE)
    loss_at = jax.jit(lambda key: few.loss(key, result.params, model, guide, data))
    keys = jax.random.split(jax.random.PRNGKey(1), FRESH // AT_ONCE)
    loss = np.mean([loss_at(key) for key in keys])
    return {
        "seconds": time.perf_counter() - began,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "elbo": -float(loss),
        "guide": family.__name__,
        "steps": steps,
        "verdict": "no verdict",
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--one", choices=MODELS, required=True)
    parser.add_argument("--shared", type=Path, default=speed.SHARED)
    parser.add_argument("--steps", type=int, default=10_000)
    options = parser.parse_args()
    data = speed.MODELS[options.one](options.shared)[1]
    data = json.loads(data.read_text(encoding="utf-8")) if isinstance(data, Path) else data
    print(json.dumps(fit(options.one, data, options.steps)))


if __name__ == "__main__":
    main()
