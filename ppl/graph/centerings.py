"""How far latents are to be centered, where the program says so: `guide { theta: noncentered  phi: centering(0.3) }`.

Such an entry is about the coordinates that a guide works in, and not about its family: a latent may have one of each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ppl.diagnostic import Edit, Label
from ppl.graph.model import Pin
from ppl.graph.scope import Context
from ppl.graph.spelling import did_you_mean
from ppl.syntax import ast

REST = "rest"
WORDS = {"noncentered": 0.0, "centered": 1.0}
NUMBER = "centering"


def is_centering(family: ast.Family) -> bool:
    """Whether an entry of a guide says how far latents are centered."""
    return family.ident.name in (*WORDS, NUMBER)


def entries(program: ast.Program) -> Iterator[ast.GuidePart]:
    """The entries of guides that say so."""
    for statement in program.statements:
        if isinstance(statement, ast.GuideChoice):
            yield from (part for part in statement.parts if is_centering(part.family))


def centerings(ctx: Context, program: ast.Program, own: Collection[str]) -> dict[str, Pin]:
    """The numbers by latent, `rest` being all others; findings for what can't be one."""
    found: dict[str, Pin] = {}
    latents = [v.name for v in ctx.symbols.variables.values() if v.role == "latent" and v.kind == "real"]
    for part in entries(program):
        c = _number(ctx, part.family)
        for ident in part.names:
            name = ident.name
            if name in found:
                ctx.findings.add(
                    "E203",
                    f"the centering of `{name}` stands in the guide twice",
                    Label(ident.span),
                    Label(found[name].span, "the first"),
                )
            elif name in own:
                ctx.findings.add(
                    "E203", f"`{name}` has a guide of its own as well", Label(ident.span), fix="keep one"
                )
            elif name != REST and name not in latents:
                ctx.findings.add(
                    "E316",
                    f"a centering is for latents, and `{name}` is none",
                    Label(ident.span),
                    fix=did_you_mean(name, (*latents, REST)),
                )
            found.setdefault(name, Pin(c, ident.span))
    return found


def _number(ctx: Context, family: ast.Family) -> float:
    """The number of an entry; a finding where it has none that can be."""
    word, given = family.ident.name, family.settings
    if word in WORDS:
        if given:
            ctx.findings.add(
                "E202",
                f"`{word}` takes no number",
                Label(family.span),
                fix=f"write `{word}`, or `{NUMBER}(0.3)`",
                edits=(Edit(family.span, word),),
            )
        return WORDS[word]
    if len(given) == 1 and isinstance(given[0], ast.Number) and 0 <= given[0].value <= 1:
        return float(given[0].value)
    ctx.findings.add(
        "E202",
        f"`{NUMBER}` takes one number, from 0 (standardised) to 1 (as it is written)",
        Label(family.span),
        fix=f"write `{NUMBER}(0.3)`",
    )
    return 1.0
