"""Covariance kernels of Gaussian processes, of two scalar inputs; Rasmussen & Williams (2006), ch. 4."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

Array = Any


def exp_quad(x: Array, y: Array, alpha: Array, rho: Array) -> Array:
    """alpha² exp(-(x - y)² / (2 rho²))."""
    return alpha**2 * np.exp(-0.5 * ((x - y) / rho) ** 2)


def matern32(x: Array, y: Array, alpha: Array, rho: Array) -> Array:
    """alpha² (1 + r) exp(-r), r = sqrt(3) |x - y| / rho."""
    r = np.sqrt(3.0) * np.abs(x - y) / rho
    return alpha**2 * (1.0 + r) * np.exp(-r)


def matern52(x: Array, y: Array, alpha: Array, rho: Array) -> Array:
    """alpha² (1 + r + r²/3) exp(-r), r = sqrt(5) |x - y| / rho."""
    r = np.sqrt(5.0) * np.abs(x - y) / rho
    return alpha**2 * (1.0 + r + r**2 / 3.0) * np.exp(-r)


def periodic(x: Array, y: Array, alpha: Array, rho: Array, period: Array) -> Array:
    """alpha² exp(-2 sin²(pi (x - y) / period) / rho²)."""
    return alpha**2 * np.exp(-2.0 * (np.sin(np.pi * (x - y) / period) / rho) ** 2)
