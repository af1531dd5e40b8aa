"""The guide that a fit names, made for its log joint.

A name is a family of the shelf with its numbers, `lowrank(5)`, or a list of them by latent,
`{mu, tau: fullrank  rest: meanfield}`: what the user writes after `guide` is what the results and files say.
"""

from __future__ import annotations

import re
from functools import partial

from ppl.fit.links import links
from ppl.fit.target import LogJoint
from ppl.fit.trouble import unknown_name
from ppl.guides import Guide, Setting, guides

_NAME = re.compile(r"\s*(\w+)\s*(?:\(([^()]*)\))?\s*")


def made(name: str, log_joint: LogJoint) -> Guide:
    """The guide of a name for a log joint; raises `PplError` for one that isn't on the shelf."""
    found = _NAME.fullmatch(name)
    if found is None or found.group(1) not in guides:
        raise unknown_name("guide", found.group(1) if found else name, list(guides))
    guide = guides[found.group(1)]
    if guide.within is None:
        return guide
    numbers = tuple(float(number) for number in (found.group(2) or "").split(",") if number.strip())
    return guide.within(Setting(log_joint.layout, partial(links, log_joint), numbers))
