"""A finished fit: every number of its report as an attribute, and what else can be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

import ppl.fit as fitting
from ppl.diagnostic import PplError
from ppl.evidence import draw, measure
from ppl.fit.noise import Stream
from ppl.graph.symbols import did_you_mean
from ppl.diagnostic import Diagnostic
from ppl.report.numbers import Posterior, Report, report
from ppl.report.places import located

if TYPE_CHECKING:
    from ppl.api.models import BoundModel

Array = Any


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Fit(Report):
    """A report, the model and data that it is about, and the fitted guide (`run`)."""

    bound: BoundModel
    run: fitting.Fit

    def __repr__(self) -> str:
        return f"<fit of {self.model}: {self.guide}, ELBO {self.elbo:.2f}, {self.verdict}>"

    def draws(self, draws: int = 1000, seed: int | None = None) -> dict[str, Array]:
        """Draws of the fitted guide: latents and kept definitions, each (draws, *shape)."""
        log_joint = self.bound.log_joint
        z = draw(self.run, draws, self.seed if seed is None else seed, Stream.posterior)
        with np.errstate(all="ignore"):
            values = log_joint.constrain(z, self.run.learned)
        return {name: np.array(values[name]) for name in values if name not in self.params}

    def __getitem__(self, name: str) -> Posterior:
        """The posterior of a latent or a definition."""
        if name in self.posterior:
            return self.posterior[name]
        known = [*self.posterior, *self.params]
        fix = did_you_mean(name, known) or f"it has {', '.join(f'`{k}`' for k in known[:8])}"
        raise PplError([Diagnostic("E721", f"the fit has no `{name}`", fix=fix)])

    def mean(self, name: str) -> Array:
        """The posterior mean, in the shape of the variable; a param's learned value."""
        return self.params[name] if name in self.params else self[name].mean

    def sd(self, name: str) -> Array:
        """The posterior sd, the best available."""
        return self[name].sd


def fit(
    bound: BoundModel,
    *,
    guide: str,
    progress: Callable[[fitting.Progress], bool | None] | None,
    **settings: Any,
) -> Fit:
    """Fits a guide, measures it, and reports; raises `PplError`."""
    log_joint, graph = bound.log_joint, bound.model.graph
    chosen = graph.guide or "auto" if guide == "auto" else guide
    try:
        run = fitting.fit(log_joint, guide=chosen, progress=progress, **settings)
    except fitting.StartError as error:
        raise PplError([located(d, graph, error.term) for d in error.diagnostics]) from error
    return whole(bound, run, report(bound.model.name, log_joint, run, measure(log_joint, run)))


def whole(bound: BoundModel, run: fitting.Fit, numbers: Report) -> Fit:
    """A fit from its parts."""
    return Fit(bound=bound, run=run, **{field.name: getattr(numbers, field.name) for field in fields(numbers)})
