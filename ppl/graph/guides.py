"""Guides of a program's own: a distribution for each of some latents.

A guide of one's own, `guide z[image, code] ~ Normal(enc_mean(x), exp(enc_logsd(x)))`, may be made of data, params and
nets, so that it is amortised. It is a change of variables, z = loc + scale * noise, under which the fitted guide is
the standard normal: its ELBO is that of the guide as written.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ppl.diagnostic import Label
from ppl.graph.model import Relation
from ppl.graph.recursions import uses
from ppl.graph.scope import Abandoned, Context
from ppl.graph.spelling import did_you_mean
from ppl.graph.statements import elaborated
from ppl.syntax import ast

OWN = "own"


def made_of(program: ast.Program) -> dict[str, list[str]]:
    """The names that the guide of each latent is made of."""
    found: dict[str, list[str]] = {}
    for statement in program.statements:
        if isinstance(statement, ast.GuideOwn):
            names = found.setdefault(statement.relation.target.ident.name, [])
            for node in statement.relation.distribution.walk():
                if isinstance(node, ast.Name):
                    names.append(node.name)
                elif isinstance(node, ast.Element):
                    names.append(node.base.name)
    return found


def own_guides(ctx: Context, program: ast.Program) -> dict[str, Relation]:
    """The guides of one's own, by latent; findings for what can't be one."""
    found: dict[str, Relation] = {}
    for statement in program.statements:
        if isinstance(statement, ast.GuideOwn):
            with suppress(Abandoned):
                guide = _own_guide(ctx, statement.relation)
                if guide.name in found:
                    ctx.fail(
                        "E203",
                        f"`{guide.name}` has two guides",
                        statement.span,
                        Label(found[guide.name].span, "the first"),
                        fix="keep one",
                    )
                found[guide.name] = guide
    return found


def _own_guide(ctx: Context, statement: ast.Relation) -> Relation:
    name = statement.target.ident.name
    variable = ctx.symbols.variables.get(name)
    if variable is None or variable.role != "latent":
        known = [v.name for v in ctx.symbols.variables.values() if v.role == "latent"]
        ctx.fail(
            "E316",
            f"a guide is for a latent, and `{name}` is none",
            statement.target.ident.span,
            fix=did_you_mean(name, known) or latents_are(known),
        )
    assert variable is not None
    if variable.kind != "real":
        ctx.fail(
            "E316",
            f"`{name}` is summed out exactly, so it needs no guide",
            statement.target.ident.span,
            fix="delete the line",
        )
    if statement.where is not None or statement.bounds or statement.ordered:
        ctx.fail(
            "E316",
            "a guide of one's own is a distribution, without bounds or conditions",
            statement.span,
            fix="delete what stands behind the distribution",
        )
    guide = elaborated(ctx, statement, variable)
    if guide.density.distribution != "Normal":
        ctx.fail(
            "E316",
            f"a guide of one's own is `Normal`, not `{guide.density.distribution}`",
            statement.distribution.span,
            fix="`Normal(loc, scale)`, its arguments made of data, params and nets",
        )
    if any(True for arg in guide.density.args.values() for _ in uses(arg, frozenset({name}))):
        ctx.fail(
            "E209",
            f"the guide of `{name}` is made of itself",
            statement.distribution.span,
            fix="make it of data, params and nets",
        )
    return guide


def latents_are(known: Sequence[str]) -> str:
    """Which latents there are to choose from."""
    return f"latents are {', '.join(f'`{name}`' for name in known[:8])}" if known else "there is none"
