"""load, model, bind, fit, open_fit: the phases in a row, and the objects that they give back."""

from ppl.api.models import BoundModel, Model, load, model

__all__ = ["BoundModel", "Model", "load", "model"]
