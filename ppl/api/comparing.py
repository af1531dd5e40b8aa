"""Fits of several models to the same data, side by side by their evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from ppl.api.fits import Fit
from ppl.diagnostic import Diagnostic, PplError
from ppl.report.comparison import Comparison
from ppl.report.comparison import compare as compared


def compare(fits: Mapping[str, Fit]) -> Comparison:
    """Two or more fits by name: their log evidence, and what may be concluded; raises `PplError` for fewer."""
    if len(fits) < 2:
        raise PplError(
            [
                Diagnostic(
                    "E728",
                    f"a comparison wants two fits at least, and has {len(fits) or 'none'}",
                    fix="name another one: each by a name of its own",
                )
            ]
        )
    found = list(fits.values())
    return compared(
        list(fits),
        found,
        [observed(fit) for fit in found],
        [fit.bound.log_joint.bound.graph.is_normalised for fit in found],
    )


def observed(fit: Fit) -> str:
    """A digest of the values that a fit's model gives a density to, whatever they are called."""
    bound = fit.bound.log_joint.bound
    digests = sorted(
        hashlib.sha256(np.ascontiguousarray(bound.data[name], dtype=float).tobytes()).hexdigest()
        for name in bound.graph.likelihoods
        if name in bound.data
    )
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()
