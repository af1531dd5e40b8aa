"""Guides that a program chooses: a family for all latents, or a distribution of one's own for each.

A guide of one's own, `guide z[image, code] ~ Normal(enc_mean(x), exp(enc_logsd(x)))`, may be made of data, params and
nets, so that it is amortised. It is a change of variables, z = loc + scale * noise, under which the fitted guide is
the standard normal: its ELBO is that of the guide as written.
"""

from __future__ import annotations

from contextlib import suppress

from ppl.diagnostic import Edit, Findings, Label
from ppl.graph.model import Relation
from ppl.graph.recursions import uses
from ppl.graph.scope import Abandoned, Context
from ppl.graph.spelling import did_you_mean, nearest
from ppl.graph.statements import elaborated
from ppl.syntax import ast

FAMILIES = ("meanfield", "fullrank")
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
                    )
                found[guide.name] = guide
    if found:
        _all_or_none(ctx, found)
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
            fix=did_you_mean(name, known),
        )
    assert variable is not None
    if variable.kind != "real":
        ctx.fail("E316", f"`{name}` is summed out exactly, so it needs no guide", statement.target.ident.span)
    if statement.where is not None or statement.bounds or statement.ordered:
        ctx.fail(
            "E316", "a guide of one's own is a distribution, without bounds or conditions", statement.span
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
        ctx.fail("E209", f"the guide of `{name}` is made of itself", statement.distribution.span)
    return guide


def _all_or_none(ctx: Context, found: dict[str, Relation]) -> None:
    """Latents with and without a guide of their own do not go together yet."""
    without = [
        v
        for v in ctx.symbols.variables.values()
        if v.role == "latent" and v.kind == "real" and v.name not in found
    ]
    if without:
        first = next(iter(found.values()))
        ctx.findings.add(
            "E900",
            f"`{first.name}` has a guide of its own and `{without[0].name}` has none: all or none, for now",
            Label(first.span),
            Label(without[0].span, "declared here"),
        )


def family(program: ast.Program, findings: Findings) -> str | None:
    """The family that the program chooses for all latents."""
    choices = [s for s in program.statements if isinstance(s, ast.GuideChoice) and s.family is not None]
    for again in choices[1:]:
        findings.add(
            "E203",
            "the guide is chosen twice",
            Label(again.span),
            Label(choices[0].span, "first here"),
            fix="keep one",
        )
    if not choices or choices[0].family is None:
        return None
    chosen = choices[0].family
    known = (*FAMILIES, "auto")
    if chosen.ident.name not in known or chosen.settings:
        findings.add(
            "E202",
            f"there is no guide `{chosen.ident.name}`"
            if chosen.ident.name not in known
            else f"the guide `{chosen.ident.name}` has no settings",
            Label(chosen.ident.span if chosen.ident.name not in known else chosen.span),
            fix=f"write `guide {chosen.ident.name}`"
            if chosen.ident.name in known
            else did_you_mean(chosen.ident.name, known) or f"guides are {', '.join(f'`{k}`' for k in known)}",
            edits=(Edit(chosen.span, chosen.ident.name),)
            if chosen.ident.name in known
            else (Edit(chosen.ident.span, close),)
            if (close := nearest(chosen.ident.name, known))
            else (),
        )
    return chosen.ident.name
