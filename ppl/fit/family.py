"""The guide that a fit names, made for its log joint.

A name is a family of the shelf with its numbers, `lowrank(5)`, or families by latent, `{mu, tau: fullrank
rest: meanfield}`: what the user writes after `guide` is what results and files say. `auto` is chosen by size.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cache
from weakref import WeakKeyDictionary

import numpy as np

from ppl.fit.links import links
from ppl.fit.parts import Block, block_diagonal, part_of
from ppl.fit.target import LogJoint
from ppl.fit.trouble import bad_guide, unknown_name
from ppl.guides import Guide, Setting, guides
from ppl.layout import Layout

AUTO, OWN, REST = "auto", "own", "rest"
CATEGORICAL = "categorical"
FULLRANK_UP_TO = 200
_FAMILY = r"(\w+)\s*(?:\(([^()]*)\))?\s*"
_ENTRY = re.compile(rf"\s*([\w.]+(?:\s*,\s*[\w.]+)*)\s*:\s*{_FAMILY}")
_MADE: WeakKeyDictionary[LogJoint, dict[str, Guide]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Part:
    """A family with its numbers, and the names of the latents that it is for (`rest`: all others)."""

    names: tuple[str, ...]
    family: str
    numbers: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.family + (f"({', '.join(map(str, self.numbers))})" if self.numbers else "")


def parsed(text: str) -> tuple[Part, ...]:
    """The parts that a name speaks of, a single family being for the rest; raises `PplError`."""
    inside = re.fullmatch(r"\s*\{(.*)\}\s*", text, re.DOTALL)
    if inside is None:
        found = re.fullmatch(rf"\s*{_FAMILY}", text)
        if found is None:
            raise unknown_name("guide", text, list(guides))
        return (_part((REST,), found[1], found[2]),)
    parts: list[Part] = []
    body, at = inside[1].rstrip(), 0
    while at < len(body) or not parts:
        entry = _ENTRY.match(body, at)
        if entry is None:
            raise bad_guide(
                f"`{body[at:].strip() or text}` is not a part of a guide",
                "write `{mu, tau: fullrank  rest: meanfield}`",
            )
        parts.append(_part(tuple(name.strip() for name in entry[1].split(",")), entry[2], entry[3]))
        at = entry.end()
    return tuple(parts)


def _part(names: tuple[str, ...], family: str, settings: str | None) -> Part:
    if family == CATEGORICAL:
        message = f"`{family}` is for finite latents, and stands in the program"
        raise bad_guide(message, f"write `guide z: {family}` there")
    if family != AUTO and family not in guides:
        raise unknown_name("guide", family, [*guides, AUTO])
    written = [number.strip() for number in settings.split(",")] if settings else []
    most = 0 if family == AUTO else len(guides[family].numbers) if written else 0
    if len(written) > most or not all(re.fullmatch("[1-9][0-9]{0,5}", number) for number in written):
        what = f"takes {most} whole number{'s' if most > 1 else ''} from 1" if most else "takes no numbers"
        raise bad_guide(f"`{family}({settings})` is no guide: `{family}` {what}", f"write `{family}`")
    return Part(names, family, tuple(int(number) for number in written))


def resolved(text: str, layout: Layout) -> str:
    """The name as results and files have it: each `auto` decided, parts of no latent left out; raises `PplError`."""
    parts = []
    for part, latents in _shared_out(parsed(text), layout):
        if part.family == AUTO:
            size = sum(layout[name].stop - layout[name].start for name in latents)
            part = replace(part, family="fullrank" if size <= FULLRANK_UP_TO else "meanfield")
        parts.append(part)
    if len(parts) == 1:
        return str(parts[0])
    return "{" + "  ".join(f"{', '.join(part.names)}: {part}" for part in parts) + "}"


def with_own(text: str) -> bool:
    """Whether some latents have the guide that the program itself gives them."""
    return any(part.family == OWN for part in parsed(text))


def _shared_out(parts: tuple[Part, ...], layout: Layout) -> list[tuple[Part, tuple[str, ...]]]:
    """Each part with all its latents; without those of none, unless there are none at all."""
    latents = [slot.name for slot in layout]
    named = [name for part in parts for name in part.names]
    twice = [name for name in named if named.count(name) > 1]
    if twice:
        raise bad_guide(f"`{twice[0]}` is in two parts of the guide", "keep one")
    strange = [name for name in named if name not in (*latents, REST)]
    if strange:
        known = f"latents are {', '.join(latents)}" if latents else "the model has none"
        raise bad_guide(f"a guide is for latents, and there is no `{strange[0]}`", known)
    left = tuple(name for name in latents if name not in named)
    if left and REST not in named:
        raise bad_guide(f"no part of the guide speaks of `{left[0]}`", f"add `{REST}: {AUTO}`")
    found = [
        (p, tuple(name for name in p.names if name != REST) + (left if REST in p.names else ()))
        for p in parts
    ]
    return [(part, names) for part, names in found if names] or found[:1]


def made(text: str, log_joint: LogJoint) -> Guide:
    """The guide of a name for a log joint, made once; raises `PplError` for one that there isn't."""
    known = _MADE.setdefault(log_joint, {}) if isinstance(log_joint, Hashable) else {}
    if text not in known:
        known[text] = _made(resolved(text, log_joint.layout), log_joint)
    return known[text]


def _made(text: str, log_joint: LogJoint) -> Guide:
    layout = log_joint.layout
    shares = _shared_out(parsed(text), layout)
    meet = cache(lambda: links(log_joint))
    if len(shares) == 1:
        return _within(shares[0][0], Setting(layout, meet))
    whole = next((part for part, _ in shares if guides[part.family].is_whole), None)
    if whole is not None:
        message = f"`{whole.family}` is a guide for all latents at once, and can't be one of several parts"
        raise bad_guide(message, "`meanfield` or `fullrank` can")
    blocks = []
    for part, names in shares:
        inside, columns = part_of(layout, names)
        setting = Setting(inside, lambda columns=columns: meet()[np.ix_(columns, columns)])  # type: ignore[misc]
        blocks.append(Block(inside, _within(part, setting)))
    return block_diagonal(layout, blocks)


def _within(part: Part, setting: Setting) -> Guide:
    guide = guides[part.family]
    if guide.within is None:
        return guide
    return guide.within(replace(setting, numbers=part.numbers + guide.numbers[len(part.numbers) :]))
