"""The objective that a fit names: one of the shelf, with its numbers where it takes any, `iwelbo(50)`."""

from __future__ import annotations

import math
import re

from ppl.fit.trouble import bad_objective, unknown_name
from ppl.objectives import Objective, objectives

_NAME = re.compile(r"\s*(\w+)\s*(?:\(([^()]*)\))?\s*")


def aimed(name: str) -> Objective:
    """The objective of a name; raises `PplError` for one that there isn't."""
    found = _NAME.fullmatch(name)
    if found is None or found[1] not in objectives:
        raise unknown_name("objective", found[1] if found else name, list(objectives))
    objective = objectives[found[1]]
    if found[2] is None:
        return objective
    if objective.of is None:
        raise bad_objective(name, "no numbers")
    try:
        numbers = tuple(float(number) for number in found[2].split(",")) if found[2].strip() else ()
    except ValueError:
        raise bad_objective(name, "numbers") from None
    if not all(map(math.isfinite, numbers)):
        raise bad_objective(name, "finite numbers")
    try:
        return objective.of(numbers)
    except ValueError as error:
        raise bad_objective(name, str(error)) from None
