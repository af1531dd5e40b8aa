"""Between which values a latent can lie, as far as its distribution and truncation tell."""

from __future__ import annotations

import math

from ppl.graph import ir
from ppl.graph.model import Relation
from ppl.supports import continuous

_KNOWN = {
    continuous.positive: (0.0, math.inf),
    continuous.nonnegative: (0.0, math.inf),
    continuous.negative: (-math.inf, 0.0),
    continuous.unit_interval: (0.0, 1.0),
    continuous.real: (-math.inf, math.inf),
}


def latent_range(relations: tuple[Relation, ...]) -> tuple[float, float]:
    """The smallest known interval that holds all pieces; what is not known is taken to be harmless."""
    found = [_range(relation) for relation in relations]
    return min(low for low, _ in found), max(high for _, high in found)


def _range(relation: Relation) -> tuple[float, float]:
    support = relation.density.kind.support
    low, high = _KNOWN.get(support, (0.0, 1.0))
    lower, upper = relation.density.lower, relation.density.upper
    if lower is not None:
        low = max(low, lower.value) if isinstance(lower, ir.Constant) else max(low, 0.0)
    if upper is not None:
        high = min(high, upper.value) if isinstance(upper, ir.Constant) else min(high, 1.0)
    return low, high
