"""What is said when a fit can't begin, or can't go on.

The words name statements by their terms; whoever knows the source adds the places.
"""

from __future__ import annotations

from ppl.diagnostic import Diagnostic, PplError
from ppl.graph.spelling import did_you_mean


class StartError(PplError):
    """A fit that can't begin. `term` names the statement, or the latent, that it is due to, if one is known."""

    def __init__(self, diagnostic: Diagnostic, term: str | None):
        super().__init__([diagnostic])
        self.term = term


def no_start(term: str | None, count: int, tried: int) -> StartError:
    """At none of `tried` points are the objective and its gradient finite, at `count` due to a term."""
    places = "at its only starting point" if tried == 1 else f"at any of {tried} starting points"
    if term is not None:
        diagnostic = Diagnostic(
            "E701",
            f"the log joint is not finite {places}",
            facts=(f"the term of `{term}` was -inf or NaN at {count} of them, more often than any other",),
            fix="check that its arguments stay inside their ranges, and that the data are possible under it",
        )
    else:
        diagnostic = Diagnostic(
            "E701",
            f"the gradient of the log joint is not finite {places}",
            facts=("the log joint itself is finite in every term",),
            fix="look for a function with an infinite slope: a square root at 0, a division by a difference",
        )
    return StartError(diagnostic, term)


def not_finite(term: str | None, step: int) -> Diagnostic:
    """The fit ran into values that are not finite on every side after this step."""
    where = f"the term of `{term}` is" if term else "its gradient is"
    return Diagnostic(
        "E702",
        f"the log joint became infinite or NaN at step {step + 1}",
        facts=(f"{where} not finite there", f"kept: the fit as of step {step}"),
        fix="look for an overflow, or a function at the edge of its range, in that statement",
    )


def no_end(latent: str) -> Diagnostic:
    """The guide widened without end along a latent: its posterior can't be normalised."""
    return Diagnostic(
        "E703",
        f"the posterior of `{latent}` has no end: the guide grew ever wider along it",
        facts=("nothing that the model says of it keeps it from running off",),
        fix=f"give `{latent}` a proper prior; if it has one, something outgrows that",
    )


def too_few_draws(draws: int, least: int) -> PplError:
    """Fixed draws that leave directions empty."""
    return PplError(
        [
            Diagnostic(
                "E712",
                f"{draws} fixed draw{' is' if draws == 1 else 's are'} too few for this guide",
                facts=(f"below {least} it could shrink to nothing along directions in which no draw lies",),
                fix=f"--draws {least} or more, or --guide meanfield",
            )
        ]
    )


def uneven_draws(draws: int, group: int) -> PplError:
    """Draws that don't come in groups of so many."""
    more = -(-draws // group) * group
    shown = f"{draws} draw{'' if draws == 1 else 's'}"
    message = f"{shown} can't be taken {group} at a time, as this objective does"
    return PplError([Diagnostic("E713", message, fix=f"--draws {more}")])


def bad_objective(name: str, what: str) -> PplError:
    """Numbers in the parentheses of an objective that it doesn't take."""
    return PplError([Diagnostic("E711", f"`{name}` is no objective", facts=(f"it takes {what}",))])


def needs_fresh_draws(objective: str, optimizer: str) -> PplError:
    """An objective that means nothing on a fixed set of draws, and an optimizer that climbs on one."""
    return PplError(
        [
            Diagnostic(
                "E714",
                f"`{objective}` needs fresh draws at every step, and `{optimizer}` climbs on a fixed set of them",
                facts=("on a fixed set a guide can raise it without coming nearer to the posterior",),
                fix="--optimizer dog, or none",
            )
        ]
    )


def not_for_own(objective: str) -> PplError:
    """An objective that fits a guide by its density, for a guide whose numbers are the program's."""
    return PplError(
        [
            Diagnostic(
                "E716",
                f"`{objective}` can't fit a guide that the program itself gives",
                facts=(
                    "it moves the density of a guide and holds its draws, and it is those that such params move",
                ),
                fix="--objective elbo, stl or iwelbo, or a guide of the shelf (--guide meanfield)",
            )
        ]
    )


def unknown_name(kind: str, name: str, known: list[str]) -> PplError:
    """A guide, objective or optimizer that isn't on its shelf."""
    fix = did_you_mean(name, known) or f"there are {', '.join(known)}"
    return PplError([Diagnostic("E711", f"there is no {kind} `{name}`", fix=fix)])


def bad_guide(message: str, fix: str) -> PplError:
    """A guide by parts, or its numbers, that can't be understood or don't fit the model."""
    return PplError([Diagnostic("E711", message, fix=fix)])


def no_peak(latent: str, why: str) -> StartError:
    """A guide that stands at the peak of the log joint, where there is none to stand on."""
    diagnostic = Diagnostic(
        "E704",
        f"the log joint has no peak in `{latent}`",
        facts=(why, "a point or a Gaussian at the peak is no picture of this posterior"),
        fix="--guide auto, which looks for where the mass is",
    )
    return StartError(diagnostic, latent)
