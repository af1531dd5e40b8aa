"""One verdict on a fit, with reasons in the user's names and one next step.

`good`: the guide's own numbers can be used as they stand. `usable with corrections`: the guide is
off, but near enough for importance weights to put its numbers right. `do not trust`: neither.
The limits on k-hat are those of Vehtari, Simpson, Gelman, Yao & Gabry, JMLR 25 (2024); k-hat as a
judge of variational fits is from Yao, Vehtari, Simpson & Gelman, Yes, but did it work?, ICML 2018.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ppl.fit import Fit
from ppl.guides import guides

Word = Literal["good", "usable with corrections", "do not trust"]

FINE = 0.5  # k-hat below which the weights have a finite variance
LIMIT = 0.7  # ... above which means under the weights do not settle
SHIFTED = 0.1  # sds or log sds by which the weights move a latent, from where on it matters
FEW = 400  # effective draws, below which corrected numbers are rough
MEANS = {"quadrature": "quadrature", "hmc": "Markov chains from the guide"}
MOVERS = {"quadrature": "quadrature moves", "hmc": "the chains move"}
LOOSE = 0.1  # nats, or sds, of Monte Carlo error of the fit itself


@dataclass(frozen=True)
class Verdict:
    """The verdict, why, and what to do next (None where nothing needs to be done)."""

    word: Word
    reasons: tuple[str, ...]
    next_step: str | None

    @property
    def good(self) -> bool:
        """Whether the guide's numbers can be used as they stand."""
        return self.word == "good"


@dataclass(frozen=True)
class Findings:
    """What a verdict is made from. `worst` is the user's name for the worst latent element.

    `shift` and `stretch` are the correction of it, in sds and in log sd; `gap` and
    `mean_error` are those of the fit, nan where not measured; `trouble` (words) is
    what ended it early, if anything did. `corrected_by` is the method that the posterior's moments are from, and
    `chains_unrun` says that Markov chains might help but would take long. `bounded` are finite latents with
    a guide of their own; `is_point` says that the guide is a point. `modes` are the shares of the posterior of the
    modes that were found, `exchangeable` the dims whose labels are.
    """

    guide: str
    converged: bool
    khat: float
    ess: float
    draws: int
    nonfinite: int = 0
    exact: bool = False
    elbo_error: float = 0.0
    gap: float = float("nan")
    mean_error: float = float("nan")
    worst: str | None = None
    shift: float = 0.0
    stretch: float = 0.0
    trouble: str | None = None
    corrected_by: str | None = None
    chains_unrun: bool = False
    bounded: tuple[str, ...] = ()
    is_point: bool = False
    modes: tuple[float, ...] = ()
    exchangeable: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether the posterior's moments are known by other means than the guide and its weights."""
        return self.corrected_by in MEANS

    @property
    def misses_modes(self) -> bool:
        """Whether there are more modes than the guide can hold."""
        return len(self.modes) > 1 and not self.guide.startswith("mixture")

    @property
    def moved(self) -> bool:
        """Whether the weights change the worst latent by more than a little."""
        return max(abs(self.shift), abs(self.stretch)) > SHIFTED


class Measured(Protocol):
    """What is asked of the evidence."""

    @property
    def khat(self) -> float:
        """The shape of the weights' tail."""

    @property
    def ess(self) -> float:
        """The effective number of draws."""

    @property
    def draws(self) -> int:
        """How many there were."""

    @property
    def nonfinite(self) -> int:
        """How many of them had density 0 or NaN."""

    @property
    def elbo_error(self) -> float:
        """The standard error of the ELBO."""

    @property
    def log_evidence(self) -> Any:
        """With `.method`."""

    @property
    def corrected_by(self) -> str | None:
        """What the moments are from, if not the guide."""

    @property
    def unrun(self) -> bool:
        """Whether Markov chains were not run because they would take long."""

    @property
    def worst(self) -> tuple[str, tuple[int, ...]] | None:
        """The latent element that the weights move most."""

    @property
    def posterior(self) -> Mapping[str, Any]:
        """With `.shift` and `.stretch` by name."""


def findings(
    fit: Fit,
    evidence: Measured,
    name: str | None = None,
    bounded: Sequence[str] = (),
    exchangeable: Sequence[str] = (),
) -> Findings:
    """The findings on a measured fit.

    `name` is the worst element's, if it has a better one than a[3]; `bounded` are latents with guides in the log joint,
    `exchangeable` dims whose labels can change places.
    """
    shift = stretch = 0.0
    if evidence.worst is not None:
        latent, place = evidence.worst
        shift = float(evidence.posterior[latent].shift[place])
        stretch = float(evidence.posterior[latent].stretch[place])
        name = name or latent + (f"[{', '.join(map(str, place))}]" if place else "")
    known = [abs(e) for e in fit.mean_error.tolist() if not math.isnan(e)]
    return Findings(
        guide=fit.guide,
        converged=fit.converged,
        khat=evidence.khat,
        ess=evidence.ess,
        draws=evidence.draws,
        nonfinite=evidence.nonfinite,
        exact=evidence.log_evidence.method == "exact",
        corrected_by=evidence.corrected_by,
        chains_unrun=evidence.unrun,
        elbo_error=evidence.elbo_error,
        gap=fit.gap,
        mean_error=max(known, default=math.nan),
        worst=name,
        shift=shift,
        stretch=stretch,
        trouble=fit.diagnosis.message if fit.diagnosis else None,
        bounded=tuple(bounded),
        modes=tuple(mode.share for mode in fit.modes),
        exchangeable=tuple(exchangeable),
        is_point=fit.guide in guides and guides[fit.guide].is_point,
    )


def judge(f: Findings) -> Verdict:
    """The verdict on a fit: the worst that any finding calls for."""
    bad = _failures(f)
    if bad:
        return Verdict("do not trust", tuple(bad), _way_out(f))
    doubts = _doubts(f)
    if doubts:
        return Verdict("usable with corrections", tuple(doubts), _remedy(f))
    if f.exact:
        return Verdict("good", ("the guide is the posterior: all importance weights are equal",), None)
    if f.settled:
        means = MEANS[f.corrected_by or ""]
        return Verdict(
            "good", (f"the guide's means and sds are those by {means} (k-hat is {f.khat:.2f})",), None
        )
    return Verdict(
        "good", (f"k-hat is {f.khat:.2f}: the weights are even ({f.ess:.0f} of {f.draws} draws)",), None
    )


def _failures(f: Findings) -> list[str]:
    found = []
    if f.trouble:
        found.append(f.trouble)
    if not f.converged:
        found.append("the fit had not converged when it ended")
    if f.nonfinite:
        found.append(f"the model's density is 0 or NaN at {f.nonfinite} of {f.draws} draws of the guide")
    if f.misses_modes and not f.exchangeable and f.corrected_by != "quadrature":
        found.append(_missed(f))
    if f.is_point:
        found.append(
            "a point is no posterior: it has no spread, and its ELBO is the log joint there, no bound"
        )
    elif not f.khat <= LIMIT and not f.settled:
        found.append(
            f"k-hat is {f.khat:.2f}, over {LIMIT}: the guide misses part of the posterior" + _at_worst(f)
        )
    return found


def _missed(f: Findings) -> str:
    shares = " and ".join(f"{share:.0%}" for share in f.modes)
    return f"the posterior has {len(f.modes)} modes, of {shares}, and the guide covers the first alone"


def _doubts(f: Findings) -> list[str]:
    found = []
    if f.exchangeable and f.misses_modes:
        labels = " and ".join(f"`{dim}`" for dim in f.exchangeable)
        found.append(
            f"the labels of {labels} can be exchanged without any change to the model: there is a mode for each "
            "order, and this is one of them"
        )
    if f.misses_modes and not f.exchangeable:
        found.append(_missed(f) + "; mean and sd are those by quadrature")
    if f.khat >= FINE and not f.settled:
        found.append(f"k-hat is {f.khat:.2f}, over {FINE}: the weights have a heavy tail")
    if f.moved:
        how = f"are those by {MEANS[f.corrected_by]}" if f.corrected_by in MEANS else "are corrected for it"
        found.append(f"the guide's own numbers are off{_at_worst(f)}; mean and sd {how}")
    if f.ess < FEW and not f.exact and not f.settled and f.draws >= FEW:
        found.append(f"only {f.ess:.0f} effective draws of {f.draws}: corrected numbers are rough")
    if f.gap > LOOSE:
        found.append(f"the guide is fitted to its {f.gap:.2g} nats of chance: other draws give another fit")
    elif f.mean_error > LOOSE:
        found.append(f"another set of draws moves a mean by {f.mean_error:.2g} sds")
    if f.elbo_error > LOOSE:
        found.append(f"the ELBO is only known to {f.elbo_error:.2g} nats")
    if f.bounded:
        names = " and ".join(f"`{name}`" for name in f.bounded)
        found.append(
            f"{names} {'has' if len(f.bounded) == 1 else 'have'} a guide: what it misses is not measured"
        )
    return found


def _at_worst(f: Findings) -> str:
    if f.worst is None or not f.moved:
        return ""
    if abs(f.shift) >= abs(f.stretch):
        way, mover = "up" if f.shift > 0 else "down", MOVERS.get(f.corrected_by or "", "the weights move")
        return f", most at `{f.worst}`, whose mean {mover} {way} by {abs(f.shift):.2g} sds"
    way = "too small" if f.stretch > 0 else "too large"
    return f", most at `{f.worst}`, whose sd looks {way} by {100 * abs(math.expm1(f.stretch)):.0f}%"


def _way_out(f: Findings) -> str:
    if f.trouble or f.nonfinite:
        return "mend the statement that is not finite, or bound its arguments"
    if not f.converged:
        return "give it more time (--time-limit) or steps (--steps)"
    if f.misses_modes:
        return f"try --guide 'mixture({len(f.modes)})', which can cover them all"
    if f.is_point:
        return "--guide auto for a posterior; --guide laplace for a Gaussian about this point"
    if f.chains_unrun:
        return "--hmc always runs Markov chains from the guide, however long they take"
    if f.guide == "meanfield":
        return "try --guide fullrank, which sees correlations"
    return (
        "where a latent's scale is itself a latent, write it as location + scale * a standard normal latent"
    )


def _remedy(f: Findings) -> str | None:
    if f.exchangeable and f.misses_modes:
        return "put a latent of them in order: `name[...] ~ ... ordered`"
    if f.gap > LOOSE or f.mean_error > LOOSE:
        return "take more draws (--draws)"
    if f.bounded and f.khat < FINE and not f.moved:
        return f"leave `{f.bounded[0]}: categorical` out where the exact sum is affordable"
    if f.guide == "meanfield":
        return "read `sd`, not `sd_guide`; --guide fullrank may do without the correction"
    return "read `sd`, not `sd_guide`"
