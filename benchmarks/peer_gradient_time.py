"""The densities of gradient_time.py in NumPyro, written for speed: scans in probabilities, sums as matrix products.

    PYTHON_WITH_NUMPYRO benchmarks/peer_gradient_time.py --one NAME --points FILE [--calls 40]

Run by `gradient_time.py --peer`, which leaves data and draws in FILE; prints one JSON object. What is timed is
`value_and_grad` of the log density of unconstrained draws, transforms and their Jacobians included, for all draws by
`vmap`, compiled by `jit`, in float64. Its values without the Jacobians are printed too, for comparison.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.flatten_util import ravel_pytree
from numpyro.distributions import constraints
from numpyro.handlers import seed, substitute, trace
from numpyro.infer.util import potential_energy

Array = Any


def hmm(y: Array) -> None:
    start = numpyro.sample("start", dist.Dirichlet(jnp.ones(5)))
    move = numpyro.sample("P", dist.Dirichlet(jnp.ones((5, 5))).to_event(1))
    mu = numpyro.sample("mu", dist.ImproperUniform(constraints.ordered_vector, (), (5,)))
    numpyro.factor("mu_prior", dist.Normal(0, 10).log_prob(mu).sum())
    sigma = numpyro.sample("sigma", dist.HalfNormal(5))
    emission = dist.Normal(mu, sigma).log_prob(y[:, None])
    top = emission.max(axis=1)
    weight = jnp.exp(emission - top[:, None])

    def step(share: Array, now: Array) -> tuple[Array, Array]:
        joint = (share @ move) * now
        total = joint.sum()
        return joint / total, total

    first = start * weight[0]
    _, totals = jax.lax.scan(step, first / first.sum(), weight[1:])
    numpyro.factor("y", jnp.log(first.sum()) + jnp.log(totals).sum() + top.sum())


def garch(y: Array) -> None:
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    a0 = numpyro.sample("a0", dist.HalfNormal(2))
    a1 = numpyro.sample("a1", dist.Uniform(0, 1))
    b1 = numpyro.sample("b1", dist.Uniform(0, 1 - a1))

    def step(variance: Array, shock: Array) -> tuple[Array, Array]:
        variance = shock + b1 * variance
        return variance, variance

    _, later = jax.lax.scan(step, 1.0, a0 + a1 * (y[:-1] - mu) ** 2)
    numpyro.sample("y", dist.Normal(mu, jnp.sqrt(jnp.append(1.0, later))), obs=y)


def lda(doc_of: Array, w: Array) -> None:
    theta = numpyro.sample("theta", dist.Dirichlet(jnp.full((25, 5), 0.5)).to_event(1))
    phi = numpyro.sample("phi", dist.Dirichlet(jnp.full((5, 200), 0.1)).to_event(1))
    counts = np.zeros((25, 200))
    np.add.at(counts, (doc_of, w), 1.0)
    numpyro.factor("w", (counts * jnp.log(theta @ phi)).sum())


MODELS = {"hmm": hmm, "garch": garch, "lda": lda}


def unconstrained(model: Any, data: dict[str, Array], values: dict[str, Array]) -> tuple[Array, Array]:
    """One draw's free values, and the log Jacobian there."""
    sites = trace(substitute(seed(model, jax.random.PRNGKey(0)), values)).get_trace(**data)
    free, jacobian = {}, 0.0
    for name in values:
        transform = dist.biject_to(sites[name]["fn"].support)
        free[name] = transform.inv(values[name])
        jacobian += transform.log_abs_det_jacobian(free[name], values[name]).sum()
    return free, jacobian


def measure(name: str, points: Path, calls: int) -> dict[str, Any]:
    """Times of one job, and the log densities of the draws."""
    numpyro.enable_x64()
    model = MODELS[name]
    with np.load(points) as file:
        data, values = (
            {key.removeprefix(kind): file[key] for key in file.files if key.startswith(kind)}
            for kind in ("data ", "latent ")
        )
    free, jacobian = jax.vmap(lambda values: unconstrained(model, data, values))(values)
    _, unflat = ravel_pytree({k: x[0] for k, x in free.items()})
    flat = jax.vmap(lambda free: ravel_pytree(free)[0])(free)

    def log_density(flat: Array) -> Array:
        return -potential_energy(model, (), data, unflat(flat))

    began = time.process_time()
    run = jax.jit(jax.vmap(jax.value_and_grad(log_density))).lower(flat).compile()
    compiled = time.process_time() - began
    value, _ = jax.block_until_ready(run(flat))
    taken = []
    for _ in range(calls):
        began = time.process_time()
        jax.block_until_ready(run(flat))
        taken.append(time.process_time() - began)
    return {"times": taken, "compile": compiled, "log_prob": (value - jacobian).tolist()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--one", choices=MODELS, required=True)
    parser.add_argument("--points", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=40)
    options = parser.parse_args()
    print(json.dumps(measure(options.one, options.points, options.calls)))


if __name__ == "__main__":
    main()
