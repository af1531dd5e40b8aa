"""A finished fit: every number of its report as an attribute, and what else can be asked of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, get_args

import numpy as np

import ppl.fit as fitting
from ppl.api.coordinates import Centering, chosen, opened
from ppl.diagnostic import Diagnostic, PplError
from ppl.evidence import draw, log_weights, measure
from ppl.evidence.rules import Hmc
from ppl.fit.noise import Stream
from ppl.fit.trouble import unknown_name
from ppl.graph.symbols import did_you_mean
from ppl.ladder import LEAST, climb, gather
from ppl.log_joint import LogJoint
from ppl.log_joint.suspects import not_finite, without_slope
from ppl.report.numbers import Posterior, Report, report
from ppl.report.places import located
from ppl.report.states import States, states
from ppl.report.table import Summary
from ppl.report.text import as_text

Array = Any
_ROLES = {
    "data": "data",
    "param": "a param",
    "latent": "summed out, and stands in `fit.states`",
    "definition": "a `let`, or made of data or of what is summed out",
    "predict": "predicted, and is in `fit.predict()`",
    "state": "inside of a function",
}


class Bound(Protocol):
    """What a fit is of: a model with its data (`ppl.BoundModel`)."""

    @property
    def log_joint(self) -> LogJoint:
        """Its log joint."""

    def log_prob(self, values: Mapping[str, Any], jacobian: bool = False) -> float:
        """The log joint at constrained values."""

    def terms(self, values: Mapping[str, Any]) -> dict[str, float]:
        """The same by statement."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Fit(Report):
    """A report, the model and data that it is about, and the fitted guide (`run`).

    `print(fit)` is the page that `ppl fit` prints.
    """

    bound: Bound
    run: fitting.Fit
    log_joint: LogJoint  # in the coordinates of the fit

    def __repr__(self) -> str:
        return f"<fit of {self.model}: {self.guide}, ELBO {self.elbo:.2f}, {self.verdict}>"

    def __str__(self) -> str:
        return as_text(self)

    def draws(self, draws: int = 1000, seed: int | None = None) -> dict[str, Array]:
        """Draws of the fitted guide: latents and kept definitions, each (draws, *shape).

        They are the guide's own; the corrections in `mean` and `sd` are not in them.
        """
        values = self._values(draws, self.seed if seed is None else seed)
        return {name: value for name, value in values.items() if name not in self.params}

    @cached_property
    def states(self) -> Mapping[str, States]:
        """What the data say of the finite latents that were summed out, by name."""
        return states(self.log_joint, self.run)

    def _z(self, draws: int, seed: int) -> Array:
        return draw(self.log_joint, self.run, draws, seed, Stream.posterior)

    def _values(self, draws: int, seed: int) -> dict[str, Array]:
        with np.errstate(all="ignore"):
            values = self.log_joint.constrain(self._z(draws, seed), self.run.learned)
        return {name: np.array(value) for name, value in values.items()}

    def __getitem__(self, name: str) -> Posterior:
        """The posterior of a latent or a definition."""
        if name in self.posterior:
            return self.posterior[name]
        known = [*self.posterior, *self.params]
        fix = did_you_mean(name, known) or f"it has {', '.join(f'`{k}`' for k in known[:8])}"
        what = f"the fit has no `{name}`"
        if name in self.params:
            what = f"`{name}` is a param, which has a value and no posterior"
            fix = f'its value is `fit.params["{name}"]`'
        elif name in self.log_joint.bound.graph.variables:
            role = self.log_joint.bound.graph.variables[name].role
            what = f"`{name}` has no posterior: it is {_ROLES[role]}"
        raise PplError([Diagnostic("E721", what, fix=fix)])

    def mean(self, name: str) -> Array:
        """The posterior mean, in the shape of the variable; a param's learned value."""
        return self.params[name] if name in self.params else self[name].mean

    def sd(self, name: str) -> Array:
        """The posterior sd, the best available."""
        return self[name].sd

    def summary(self) -> Summary:
        """The posterior as a table: it prints, notebooks show it, `.to_pandas()` has every element."""
        return Summary(tuple(self.posterior.values()))

    def predict(self, new_data: Any = None, draws: int = 1000, seed: int | None = None) -> dict[str, Array]:
        """Draws of the `predict` statements, each (draws, *shape).

        `new_data` replaces the data that the predictions are made of, on axes of other lengths if they
        like; the axes of latents stay as they are.
        """
        from ppl.api.drawing import predictions

        seed = self.seed if seed is None else seed
        return predictions(self.log_joint, self._z(draws, seed), self.run.learned, new_data, seed)

    def log_likelihood(self, draws: int = 1000, seed: int | None = None) -> dict[str, Array]:
        """The log likelihood of every observed row at draws of the guide: {"y": (draws, n)}."""
        from ppl.log_joint.rows import observed_rows

        z = self._z(draws, self.seed if seed is None else seed)
        return observed_rows(self.log_joint, z, self.run.learned)

    def explain(self) -> str:
        """How this fit's ELBO, KL and evidence hang together, line by line: what `ppl explain` prints."""
        from ppl.report.derivation import derivation

        return derivation(self, log_weights(self.log_joint, self.run, self.evidence_draws))

    def save(self, path: str | Path) -> None:
        """Writes everything to a file, which `ppl.open_fit` reads."""
        from ppl.api.saving import save

        save(self, self.run, self.log_joint, path)


def fit(
    bound: Bound,
    name: str,
    *,
    guide: str,
    progress: Callable[[fitting.Progress], bool | None] | None,
    hmc: Hmc = "auto",
    **settings: Any,
) -> Fit:
    """Fits a guide, measures it, and reports; raises `PplError`."""
    if hmc not in get_args(Hmc):
        raise unknown_name("hmc setting", str(hmc), list(get_args(Hmc)))
    plain, graph = bound.log_joint, bound.log_joint.bound.graph
    wanted = graph.guide or "auto" if guide == "auto" else guide
    try:
        log_joint, fitted = run(plain, wanted, progress=progress, **settings)
    except fitting.StartError as error:
        raise PplError([_seen(d, plain, error.term) for d in error.diagnostics]) from error

    def go_on() -> bool:
        told = fitting.Progress(
            fitted.steps, float(fitted.history[-1]) if len(fitted.history) else 0.0, fitted.seconds
        )
        return progress is None or progress(told) is not False

    limit = settings.get("time_limit")
    left = None if limit is None else max(0.0, limit - fitted.seconds)
    measured = measure(log_joint, fitted, hmc=hmc, budget=left, go_on=go_on)
    return whole(bound, log_joint, fitted, report(name, log_joint, fitted, measured))


def run(
    log_joint: LogJoint,
    guide: str,
    objective: str = "elbo",
    optimizer: str = "auto",
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[fitting.Progress], bool | None] | None = None,
    centering: Centering = None,
    **settings: Any,
) -> tuple[LogJoint, fitting.Fit]:
    """Fits the guide that is asked for; gives the log joint in the coordinates of the fit, and the fit.

    `auto` climbs the ladder where the ELBO is what is climbed, on fixed draws.
    """
    began = time.perf_counter()
    found = chosen(opened(log_joint, guide, centering), guide, seed, time_limit, progress)
    log_joint, spent = found.log_joint, time.perf_counter() - began
    settings |= {"objective": objective, "optimizer": optimizer, "seed": seed, "progress": progress}
    settings["time_limit"] = None if time_limit is None else max(LEAST, time_limit - spent)
    is_usual = objective == "elbo" and optimizer in ("auto", "lbfgs")
    if guide == "auto" and is_usual:
        fit = climb(log_joint, **settings)
    elif guide.startswith("mixture") and is_usual:
        fit = gather(log_joint, guide, **settings)
    else:
        fit = fitting.fit(log_joint, guide=guide, start=found.start, **settings)
    steps, gradients = fit.steps + found.steps, fit.gradients + found.gradients
    return log_joint, replace(fit, steps=steps, gradients=gradients, seconds=time.perf_counter() - began)


def _seen(diagnostic: Diagnostic, log_joint: LogJoint, term: str | None) -> Diagnostic:
    """The diagnostic with the statement behind it, and what is to be seen there at z = 0."""
    z = np.zeros((1, log_joint.layout.size))
    row = None if term is None else not_finite(log_joint, term, z)
    facts = diagnostic.facts if row is None else (*diagnostic.facts, row)
    term = term or without_slope(log_joint, z)
    return located(replace(diagnostic, facts=facts), log_joint.bound.graph, term)


def whole(bound: Bound, log_joint: LogJoint, run: fitting.Fit, numbers: Report) -> Fit:
    """A fit from its parts."""
    found = {field.name: getattr(numbers, field.name) for field in fields(Report)}
    return Fit(bound=bound, log_joint=log_joint, run=run, **found)
