"""A small language for Bayesian models: write down what is known and what is not, get the posterior."""
