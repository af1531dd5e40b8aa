"""posteriordb's models in NumPyro, by its AutoNormal and AutoMultivariateNormal guides, held against the reference.

    PYTHON_WITH_NUMPYRO benchmarks/peer_posteriors.py [NAME...] [--steps 10000] [--seeds 1] [--shared ../shared]

The same table as `posteriors.py`, a row for each guide. The learning rate is tuned for it: of four, the run with the
best ELBO on 2,000 fresh draws counts, and only its time, in processor seconds (compilation included). Means and sds are
those of 20,000 draws of the guide. In float64; flat priors are `ImproperUniform`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.experimental.ode import odeint
from jax.scipy.special import logsumexp
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal
from numpyro.infer.initialization import init_to_median, init_to_uniform
from numpyro.optim import Adam

numpyro.enable_x64()

RATES = (0.1, 0.03, 0.01, 0.003)
GUIDES = {"AutoNormal": AutoNormal, "AutoMultivariateNormal": AutoMultivariateNormal}
FRESH, DRAWS = 2000, 20_000
Data = dict[str, Any]


def flat(name: str, shape: tuple[int, ...] = (), positive: bool = False) -> Any:
    """A parameter with density 1."""
    support = dist.constraints.positive if positive else dist.constraints.real
    return numpyro.sample(name, dist.ImproperUniform(support, (), event_shape=shape))


def regression(y: Any, columns: list[Any], sigma: str = "flat") -> None:
    """A linear regression, the intercept first."""
    X = jnp.stack([jnp.ones(len(y)), *(jnp.asarray(c, float) for c in columns)], axis=1)
    beta = flat("beta", (X.shape[1],))
    s = flat("sigma", positive=True) if sigma == "flat" else numpyro.sample("sigma", dist.HalfCauchy(2.5))
    numpyro.sample("y", dist.Normal(X @ beta, s), obs=jnp.asarray(y, float))


def eight_schools_centered(d: Data) -> None:
    mu, tau = numpyro.sample("mu", dist.Normal(0, 5)), numpyro.sample("tau", dist.HalfCauchy(5))
    theta = numpyro.sample("theta", dist.Normal(mu, tau).expand([8]))
    numpyro.sample("y", dist.Normal(theta, d["sigma"]), obs=d["y"])


def eight_schools_noncentered(d: Data) -> None:
    mu, tau = numpyro.sample("mu", dist.Normal(0, 5)), numpyro.sample("tau", dist.HalfCauchy(5))
    theta = numpyro.deterministic(
        "theta", mu + tau * numpyro.sample("theta_trans", dist.Normal(0, 1).expand([8]))
    )
    numpyro.sample("y", dist.Normal(theta, d["sigma"]), obs=d["y"])


def ark(d: Data) -> None:
    K, y = int(d["K"]), d["y"]
    alpha, beta = (
        numpyro.sample("alpha", dist.Normal(0, 10)),
        numpyro.sample("beta", dist.Normal(0, 10).expand([K])),
    )
    sigma = numpyro.sample("sigma", dist.HalfCauchy(2.5))
    past = jnp.stack([y[K - 1 - k : len(y) - 1 - k] for k in range(K)], axis=1)
    numpyro.sample("y", dist.Normal(alpha + past @ beta, sigma), obs=y[K:])


def garch(d: Data) -> None:
    y, mu, alpha0 = d["y"], flat("mu"), flat("alpha0", positive=True)
    alpha1 = numpyro.sample("alpha1", dist.Beta(1, 2))
    beta1 = numpyro.sample("beta1", dist.Uniform(0, 1 - alpha1))

    def step(s: Any, before: Any) -> tuple[Any, Any]:
        s = jnp.sqrt(alpha0 + alpha1 * (before - mu) ** 2 + beta1 * s**2)
        return s, s

    first = jnp.asarray(float(d["sigma1"]))
    _, later = jax.lax.scan(step, first, y[:-1])
    numpyro.sample("y", dist.Normal(mu, jnp.concatenate([first[None], later])), obs=y)


def gp(d: Data) -> None:
    rho, alpha = numpyro.sample("rho", dist.Gamma(25, 4)), numpyro.sample("alpha", dist.HalfNormal(2))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1))
    apart = d["x"][:, None] - d["x"]
    K = alpha**2 * jnp.exp(-0.5 * (apart / rho) ** 2) + sigma * jnp.eye(len(d["x"]))
    numpyro.sample("y", dist.MultivariateNormal(0.0, K), obs=d["y"])


def forward(log_start: Any, log_step: Any, log_seen: Any) -> Any:
    """The log evidence of a hidden Markov model: transitions (K, K), emissions (T, K)."""

    def step(a: Any, seen: Any) -> tuple[Any, None]:
        return logsumexp(a[:, None] + log_step, axis=0) + seen, None

    return logsumexp(jax.lax.scan(step, log_start + log_seen[0], log_seen[1:])[0])


def increasing(name: str, centre: Any) -> Any:
    """Two positive numbers in order, each Normal about its centre."""
    x = numpyro.sample(
        name, dist.ImproperUniform(dist.constraints.positive_ordered_vector, (), event_shape=(2,))
    )
    numpyro.factor(name + "_prior", dist.Normal(jnp.asarray(centre), 1.0).log_prob(x).sum())
    return x


def hmm(d: Data) -> None:
    rows = [numpyro.sample(f"theta{k + 1}", dist.Dirichlet(jnp.ones(2))) for k in range(2)]
    mu = increasing("mu", [3.0, 10.0])
    seen = dist.Normal(mu, 1.0).log_prob(d["y"][:, None])
    numpyro.factor("y", forward(jnp.log(jnp.full(2, 0.5)), jnp.log(jnp.stack(rows)), seen))


def hmm_drive(d: Data) -> None:
    alpha = jnp.asarray(d["alpha"], float)
    rows = [numpyro.sample(f"theta{k + 1}", dist.Dirichlet(alpha[k])) for k in range(2)]
    phi, rate = increasing("phi", [0.0, 3.0]), increasing("lambda", [0.0, 3.0])
    seen = dist.Exponential(phi).log_prob(d["u"][:, None]) + dist.Exponential(rate).log_prob(d["v"][:, None])
    numpyro.factor("uv", forward(jnp.log(jnp.full(2, 0.5)), jnp.log(jnp.stack(rows)), seen))


def mixture(d: Data) -> None:
    theta = numpyro.sample("theta", dist.Beta(5, 5))
    mu = numpyro.sample("mu", dist.ImproperUniform(dist.constraints.ordered_vector, (), event_shape=(2,)))
    numpyro.factor("mu_prior", dist.Normal(0.0, 2.0).log_prob(mu).sum())
    sigma = numpyro.sample("sigma", dist.HalfNormal(2).expand([2]))
    parts = dist.Normal(mu, sigma).log_prob(d["y"][:, None]) + jnp.log(jnp.stack([theta, 1 - theta]))
    numpyro.factor("y", logsumexp(parts, axis=1).sum())


def lotka_volterra(d: Data) -> None:
    loc, scale = jnp.array([1, 0.05, 1, 0.05]), jnp.array([0.5, 0.05, 0.5, 0.05])
    theta = numpyro.sample("theta", dist.TruncatedNormal(loc, scale, low=0.0))
    start = numpyro.sample("z_init", dist.LogNormal(jnp.log(10.0), 1).expand([2]))
    sigma = numpyro.sample("sigma", dist.LogNormal(-1, 1).expand([2]))

    def slope(z: Any, _t: Any) -> Any:
        return jnp.stack([(theta[0] - theta[1] * z[1]) * z[0], (theta[3] * z[0] - theta[2]) * z[1]])

    z = odeint(slope, start, jnp.concatenate([jnp.zeros(1), d["ts"]]), rtol=1e-6, atol=1e-6)[1:]
    numpyro.sample("y_init", dist.LogNormal(jnp.log(start), sigma), obs=d["y_init"])
    numpyro.sample("y", dist.LogNormal(jnp.log(jnp.maximum(z, 1e-10)), sigma), obs=d["y"])


def kilpisjarvi(d: Data) -> None:
    alpha = numpyro.sample("alpha", dist.Normal(d["pmualpha"], d["psalpha"]))
    beta = numpyro.sample("beta", dist.Normal(d["pmubeta"], d["psbeta"]))
    numpyro.sample("y", dist.Normal(alpha + beta * d["x"], flat("sigma", positive=True)), obs=d["y"])


def blr(d: Data) -> None:
    X = jnp.asarray(d["X"], float)
    beta = numpyro.sample("beta", dist.Normal(0, 10).expand([X.shape[1]]))
    numpyro.sample("y", dist.Normal(X @ beta, numpyro.sample("sigma", dist.HalfNormal(10))), obs=d["y"])


def mesquite(d: Data, names: str, logs: bool = True) -> None:
    volume = d["diam1"] * d["diam2"] * d["canopy_height"]
    area, shape = d["diam1"] * d["diam2"], d["diam1"] / d["diam2"]
    known = {**d, "volume": volume, "area": area, "shape": shape}
    columns = [known[n] if n == "group" or not logs else np.log(known[n]) for n in names.split()]
    regression(np.log(d["weight"]) if logs else d["weight"], columns)


def nes(d: Data) -> None:
    ages = [np.asarray(d["age_discrete"]) == k for k in (2, 3, 4)]
    columns = [d["real_ideo"], d["race_adj"], *ages, d["educ1"], d["gender"], d["income"]]
    regression(d["partyid7"], columns)


def interaction(d: Data, of: Callable[[Any], Any]) -> None:
    hs, iq = of(d["mom_hs"]), of(d["mom_iq"])
    regression(d["kid_score"], [hs, iq, hs * iq])


ALL = "diam1 diam2 canopy_height total_height density group"
MODELS: dict[str, Callable[[Data], None]] = {
    "arK": ark,
    "hmm_drive_0": hmm_drive,
    "earn_height": lambda d: regression(d["earn"], [d["height"]]),
    "log10earn_height": lambda d: regression(np.log10(d["earn"]), [d["height"]]),
    "logearn_height": lambda d: regression(np.log(d["earn"]), [d["height"]]),
    "logearn_interaction": lambda d: regression(
        np.log(d["earn"]), [d["height"], d["male"], d["height"] * d["male"]]
    ),
    "logearn_logheight_male": lambda d: regression(np.log(d["earn"]), [np.log(d["height"]), d["male"]]),
    "eight_schools_centered": eight_schools_centered,
    "eight_schools_noncentered": eight_schools_noncentered,
    "garch11": garch,
    "gp_regr": gp,
    "hmm_example": hmm,
    "lotka_volterra": lotka_volterra,
    "kidscore_interaction": lambda d: regression(
        d["kid_score"], [d["mom_hs"], d["mom_iq"], d["mom_hs"] * d["mom_iq"]], "cauchy"
    ),
    "kidscore_momhs": lambda d: regression(d["kid_score"], [d["mom_hs"]], "cauchy"),
    "kidscore_momiq": lambda d: regression(d["kid_score"], [d["mom_iq"]], "cauchy"),
    "kidscore_interaction_c": lambda d: interaction(d, lambda x: x - np.mean(x)),
    "kidscore_interaction_z": lambda d: interaction(d, lambda x: (x - np.mean(x)) / (2 * np.std(x, ddof=1))),
    "kidscore_mom_work": lambda d: regression(d["kid_score"], [d["mom_work"] == k for k in (2, 3, 4)]),
    "kilpisjarvi": kilpisjarvi,
    "low_dim_gauss_mix": mixture,
    "logmesquite": lambda d: mesquite(d, ALL),
    "logmesquite_logva": lambda d: mesquite(d, "volume area group"),
    "logmesquite_logvash": lambda d: mesquite(d, "volume area shape total_height group"),
    "logmesquite_logvolume": lambda d: mesquite(d, "volume"),
    "mesquite": lambda d: mesquite(d, ALL, logs=False),
    "nes": nes,
    "blr": blr,
}


def read(shared: Path, name: str) -> tuple[Data, dict[str, dict[str, float]]]:
    """The data of a posterior, and its reference summary."""
    content = json.loads((shared / "posteriordb" / "reference" / f"{name}.json").read_text())
    with zipfile.ZipFile(shared / "posteriordb" / "data" / f"{content['data']}.json.zip") as archive:
        raw = json.loads(archive.read(archive.namelist()[0]))
    data = {k: np.asarray(v, float) if isinstance(v, list) else v for k, v in raw.items()}
    return data, content["parameters"]


def fitted(model: Any, guide: Any, rate: float, steps: int, seed: int) -> tuple[float, dict[str, Any], float]:
    """(ELBO, draws, seconds) of one run."""
    began = time.process_time()
    for start in (init_to_median, init_to_uniform(radius=0.1)):
        q = guide(model, init_loc_fn=start)
        svi = SVI(model, q, Adam(rate), Trace_ELBO())
        result = svi.run(jax.random.PRNGKey(seed), steps, progress_bar=False)
        if np.isfinite(np.asarray(result.losses[-1])):
            break
    seconds = time.process_time() - began
    loss = Trace_ELBO(num_particles=FRESH).loss(jax.random.PRNGKey(seed + 1), result.params, model, q)
    draws = q.sample_posterior(jax.random.PRNGKey(seed + 2), result.params, sample_shape=(DRAWS,))
    return float(-loss), {k: np.asarray(v) for k, v in draws.items()}, seconds


def errors(draws: dict[str, Any], truth: dict[str, dict[str, float]]) -> tuple[float, float]:
    """The worst errors of a mean, in reference sds, and of an sd, relative."""
    means, sds = [0.0], [0.0]
    for name, values in draws.items():
        for place in np.ndindex(values.shape[1:]):
            key = name + (f"[{','.join(str(i + 1) for i in place)}]" if place else "")
            if key in truth and truth[key]["sd"] > 1e-12:
                x = values[(slice(None), *place)]
                means.append(abs(x.mean() - truth[key]["mean"]) / truth[key]["sd"])
                sds.append(abs(x.std() / truth[key]["sd"] - 1))
    return max(means), max(sds)


def rows(
    names: list[str], options: argparse.Namespace
) -> Iterator[tuple[str, str, float, float, float, float]]:
    """(posterior, guide, error of means, of sds, ELBO, seconds)."""
    for name in names:
        data, truth = read(options.shared, name)
        which = name.partition("-")[2]
        write = MODELS["nes" if which == "nes" else which]

        def model(write: Any = write, data: Data = data) -> None:
            write(data)

        for guide_name, guide in GUIDES.items():
            found = []
            for seed in range(options.seeds):
                runs = [fitted(model, guide, rate, options.steps, seed) for rate in RATES]
                elbo, draws, seconds = max(runs, key=lambda r: r[0] if np.isfinite(r[0]) else -np.inf)
                found.append((*errors(draws, truth), elbo, seconds))
            yield name, guide_name, *(median(column) for column in zip(*found, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    options = parser.parse_args()
    every = sorted(path.stem for path in (options.shared / "posteriordb" / "reference").glob("*.json"))
    close, count, total = dict.fromkeys(GUIDES, 0), 0, dict.fromkeys(GUIDES, 0.0)
    print(f"{'posterior':<48} {'guide':<22} {'mean':>6} {'sd':>6} {'ELBO':>12} {'seconds':>7}")
    for name, guide, mean, sd, elbo, seconds in rows(options.names or every, options):
        close[guide] += mean <= 0.05 and sd <= 0.05
        total[guide] += seconds
        count += guide == "AutoNormal"
        print(f"{name:<48} {guide:<22} {mean:6.3f} {100 * sd:5.1f}% {elbo:12.3f} {seconds:7.2f}", flush=True)
    for guide in GUIDES:
        print(
            f"{guide}: within 0.05 sds and 5% on {close[guide]} of {count}; {total[guide] / count:.1f} s a fit"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
