"""The families of guides that a program chooses: one for all latents, or one for each of several parts of them.

What is chosen goes on as a text, `lowrank(5)` or `{mu, tau: fullrank  rest: meanfield}`, which is also what the command
line takes and what results say. Latents with a guide of their own in the program are a part by themselves. Finite
latents can have the guide `categorical`, which is a matter of the log joint, and so of the program alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ppl.diagnostic import Edit, Findings, Label
from ppl.graph.centerings import WORDS, is_centering
from ppl.graph.guides import OWN, latents_are
from ppl.graph.scope import Context
from ppl.graph.spelling import did_you_mean, nearest
from ppl.graph.symbols import Variable
from ppl.guides import guides
from ppl.syntax import ast

AUTO = "auto"
REST = "rest"
CATEGORICAL = "categorical"  # for finite latents, in the log joint: no density of the shelf


def chosen(ctx: Context, program: ast.Program, own: Collection[str]) -> str | None:
    """The guide that the program chooses, where latents `own` have guides of their own; None for none."""
    choices = [
        s
        for s in program.statements
        if isinstance(s, ast.GuideChoice) and not (s.parts and all(is_centering(p.family) for p in s.parts))
    ]
    for again in choices[1:]:
        ctx.findings.add(
            "E203",
            "the guide is chosen twice",
            Label(again.span),
            Label(choices[0].span, "first here"),
            fix="keep one",
        )
    # The empty cells of data may turn out to be latents too.
    others = any(v.name not in own for v in _latents(ctx)) or any(
        v.role == "data" and v.type is not None and v.type.missing for v in ctx.symbols.variables.values()
    )
    if not choices:
        whole = AUTO if own else None
    elif choices[0].family is not None:
        whole = _family(ctx.findings, choices[0].family)
    else:
        entries = list(_parts(ctx, choices[0], own))
        if entries:
            return _braced([f"{', '.join(own)}: {OWN}", *entries] if own else entries)
        whole = AUTO if own else None
    if not own:
        return whole
    return _braced([f"{', '.join(own)}: {OWN}", f"{REST}: {whole}"]) if others else OWN


def categorical(program: ast.Program) -> frozenset[str]:
    """The finite latents that have a guide, instead of being summed out."""
    choices = [s for s in program.statements if isinstance(s, ast.GuideChoice)]
    parts = [part for choice in choices for part in choice.parts if part.family.ident.name == CATEGORICAL]
    return frozenset(ident.name for part in parts for ident in part.names)


def _braced(entries: list[str]) -> str:
    return f"{{{'  '.join(entries)}}}"


def _latents(ctx: Context) -> Iterator[Variable]:
    """What a guide is for: latents that aren't summed out."""
    return (v for v in ctx.symbols.variables.values() if v.role == "latent" and v.kind == "real")


def _family(findings: Findings, family: ast.Family) -> str:
    """A family of the shelf as a text, its numbers in parentheses; findings for what is wrong with it."""
    name = family.ident.name
    known = (*(k for k in guides if k != OWN), AUTO)
    if is_centering(family):
        findings.add(
            "E202",
            f"`{name}` is for latents that are named",
            Label(family.ident.span),
            fix=f"`guide {REST}: {name}` is for all of them",
        )
        return name
    if name == CATEGORICAL:
        findings.add(
            "E202",
            f"the guide `{name}` is for finite latents",
            Label(family.ident.span),
            fix=f"name them: `guide z: {name}`",
        )
        return name
    if name not in known:
        close = nearest(name, (*known, *WORDS))
        findings.add(
            "E202",
            f"there is no guide `{name}`",
            Label(family.ident.span),
            fix=did_you_mean(name, (*known, *WORDS)) or "`ppl show guides` lists them",
            edits=(Edit(family.ident.span, close),) if close else (),
        )
        return name
    numbers = family.settings
    if not numbers:
        return name
    most = 0 if name == AUTO else len(guides[name].numbers)
    if len(numbers) > most:
        findings.add(
            "E202",
            f"the guide `{name}` has no settings"
            if not most
            else f"the guide `{name}` has {most} setting{'s' if most > 1 else ''}, not {len(numbers)}",
            Label(family.span),
            fix=f"write `{name}`" if not most else f"`ppl show {name}` says what it takes",
            edits=() if most else (Edit(family.span, name),),
        )
        return name
    for number in numbers:
        if not (isinstance(number, ast.Number) and isinstance(number.value, int) and number.value >= 1):
            findings.add(
                "E202",
                "a setting of a guide is a whole number from 1",
                Label(number.span),
                fix=f"as in `{name}(5)`",
            )
            return name
    return f"{name}({', '.join(str(n.value) for n in numbers if isinstance(n, ast.Number))})"


def _parts(ctx: Context, choice: ast.GuideChoice, own: Collection[str]) -> Iterator[str]:
    """The entries of a guide by parts; findings for latents that are in none of them, or in two."""
    findings, latents = ctx.findings, [v.name for v in _latents(ctx)]
    placed: dict[str, ast.Ident] = {}
    continuous = False
    for part in choice.parts:
        if is_centering(part.family):
            continue
        is_categorical = part.family.ident.name == CATEGORICAL
        family = CATEGORICAL if is_categorical else _family(findings, part.family)
        continuous |= not is_categorical
        for ident in part.names:
            name = ident.name
            if name in placed:
                what = (
                    "`rest` stands in the guide twice"
                    if name == REST
                    else f"`{name}` is in two parts of the guide"
                )
                findings.add(
                    "E203", what, Label(ident.span), Label(placed[name].span, "the first"), fix="keep one"
                )
            elif name in own:
                findings.add(
                    "E203", f"`{name}` has a guide of its own as well", Label(ident.span), fix="keep one"
                )
            elif is_categorical:
                _check_finite(ctx, ident)
            elif name != REST and name not in latents:
                is_finite = name in _finite(ctx)
                findings.add(
                    "E316",
                    f"`{name}` is summed out exactly, so it needs no guide"
                    if is_finite
                    else f"a guide is for latents, and `{name}` is none",
                    Label(ident.span),
                    fix=f"`{name}: {CATEGORICAL}` bounds sums that are too large"
                    if is_finite
                    else did_you_mean(name, (*latents, REST)) or latents_are(latents),
                )
            placed.setdefault(name, ident)
        if (name := part.family.ident.name) in guides and guides[name].is_whole:
            findings.add(
                "E316",
                f"`{name}` is a guide for all latents at once, and can't be one of several parts",
                Label(part.family.span),
                fix="`meanfield` or `fullrank` can",
            )
        if not is_categorical:
            yield f"{', '.join(ident.name for ident in part.names)}: {family}"
    if not continuous:
        return
    left = [name for name in latents if name not in placed and name not in own]
    if left and REST not in placed:
        findings.add(
            "E316",
            f"no part of the guide speaks of `{left[0]}`",
            Label(choice.span),
            Label(ctx.symbols.variables[left[0]].span, "declared here"),
            fix=f"add `{REST}: {AUTO}`, which is for all that are not named",
        )


def _finite(ctx: Context) -> list[str]:
    """The latents that are summed out, empty cells of data among them."""
    return [
        v.name
        for v in ctx.symbols.variables.values()
        if v.kind != "real"
        and (v.role == "latent" or (v.role == "data" and v.type is not None and v.type.missing))
    ]


def _check_finite(ctx: Context, ident: ast.Ident) -> None:
    """A finding for what is no finite latent."""
    known = _finite(ctx)
    if ident.name not in known:
        ctx.findings.add(
            "E316",
            f"the guide `{CATEGORICAL}` is for finite latents, and `{ident.name}` is none",
            Label(ident.span),
            fix=latents_are(known) if known else "delete this part: nothing here is summed out",
        )
