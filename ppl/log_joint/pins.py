"""Centerings that are pinned, by the program or by whoever fits it: for which latents, and whether these have one."""

from __future__ import annotations

from collections.abc import Mapping

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph.centerings import REST
from ppl.graph.model import Graph
from ppl.graph.symbols import did_you_mean
from ppl.log_joint.standard import standard


def pins_of(graph: Graph, given: Mapping[str, float]) -> dict[str, float]:
    """The number of each latent that is pinned, what is given before what the program says; raises `PplError`."""
    known = [name for name in graph.priors if standard(graph, name) is not None]
    wanted = {name: pin.c for name, pin in graph.centering.items()} | dict(given)
    for name, c in wanted.items():
        if name != REST and name not in known:
            raise PplError([_nothing(graph, name, known, name in given)])
        if not 0 <= c <= 1:
            fix = "a number from 0, standardised, to 1, as it is written"
            raise PplError([Diagnostic("E715", f"the centering of `{name}` can't be {c:g}", fix=fix)])
    return {
        name: wanted[name if name in wanted else REST] for name in known if name in wanted or REST in wanted
    }


def _nothing(graph: Graph, name: str, known: list[str], is_given: bool) -> Diagnostic:
    fix = did_you_mean(name, known) or (
        f"the latents that can be are {', '.join(f'`{k}`' for k in known)}" if known else "leave it out"
    )
    message = f"`{name}` can't be centered or standardised"
    why = "that is for latents of Normal, LogNormal and their like, without bounds, whose location or scale is latent"
    if is_given:
        return Diagnostic("E715", message, (), (why,), fix)
    labels = (Label(graph.centering[name].span), Label(graph.variables[name].span, "declared here"))
    return Diagnostic("E316", message, labels, (why,), fix, source=graph.source)
