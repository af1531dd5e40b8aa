"""A small language for Bayesian models: write down what is known and what is not, get the posterior."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppl import distributions, guides, objectives, optimizers
    from ppl.api.comparing import compare
    from ppl.api.fits import Fit
    from ppl.api.models import BoundModel, Model, load, model
    from ppl.api.opening import open_fit
    from ppl.diagnostic import PplError

__all__ = [
    "BoundModel",
    "Fit",
    "Model",
    "PplError",
    "compare",
    "distributions",
    "guides",
    "load",
    "model",
    "objectives",
    "open_fit",
    "optimizers",
]

# Nothing is imported before it is asked for: `import ppl` costs no numpy.
_HOMES = {
    "BoundModel": "ppl.api.models",
    "Fit": "ppl.api.fits",
    "Model": "ppl.api.models",
    "PplError": "ppl.diagnostic",
    "compare": "ppl.api.comparing",
    "load": "ppl.api.models",
    "model": "ppl.api.models",
    "open_fit": "ppl.api.opening",
}
_SHELVES = frozenset({"distributions", "guides", "objectives", "optimizers"})


def __getattr__(name: str) -> Any:
    if name in _SHELVES:
        return import_module(f"ppl.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'ppl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
