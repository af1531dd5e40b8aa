"""A small language for Bayesian models: write down what is known and what is not, get the posterior."""

from ppl.api import load, model
from ppl.diagnostic import PplError

__all__ = ["PplError", "load", "model"]
