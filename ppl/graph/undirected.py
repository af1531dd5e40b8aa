"""Undirected parts of a model: latents of which only factors speak.

Their log Z is part of the joint density. Where a factor ties them to something that is learned, or has a prior of
its own, that something changes log Z too, and what is written is no longer a density given it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ppl.diagnostic import Label
from ppl.graph import ir
from ppl.graph.model import Factor, Formula
from ppl.graph.recursions import parts
from ppl.graph.scope import Context


def check_undirected(
    ctx: Context, factors: Iterable[Factor], formulas: Mapping[str, tuple[Formula, ...]]
) -> None:
    """Refuse factors whose normaliser depends on a param or on a latent with a density."""
    variables = ctx.symbols.variables
    undirected = {v.name for v in variables.values() if v.role == "latent" and v.type is not None}
    if not undirected:
        return
    for factor in factors:
        roots = _roots(factor.value, formulas)
        free = [name for name in roots if name in undirected]
        tied = [n for n in roots if n not in undirected and variables[n].role in ("param", "latent")]
        if free and tied:
            what = "learned" if variables[tied[0]].role == "param" else "unknown"
            ctx.findings.add(
                "E314",
                f"the normaliser of this factor over `{free[0]}` depends on `{tied[0]}`, which is {what}",
                Label(factor.value.span, "counted without its normaliser"),
                Label(variables[tied[0]].span, f"`{tied[0]}` is {what}"),
                Label(variables[free[0]].span, "only factors speak of this"),
                fix=f"make `{tied[0]}` data, or give `{free[0]}` a distribution with `~`",
            )


def _roots(expr: ir.Expr, formulas: Mapping[str, tuple[Formula, ...]]) -> dict[str, None]:
    """The latents, params and data that a value is made of, through definitions."""
    found: dict[str, None] = {}
    stack, seen, opened = [expr], set(), set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        stack.extend(parts(node))
        if not isinstance(node, ir.Use):
            continue
        if node.name in formulas and node.name not in opened:
            opened.add(node.name)
            stack.extend(formula.value for formula in formulas[node.name])
        elif node.name not in formulas:
            found[node.name] = None
    return found
