"""Which versions a number was made with."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata
from pathlib import Path


@cache
def versions() -> dict[str, str]:
    """ppl, Python, and the packages that do arithmetic."""
    packages = {name: metadata.version(name) for name in ("numpy", "scipy", "autograd")}
    return {"ppl": _own(), "python": platform.python_version(), **packages}


def _own() -> str:
    """Our own version: the installed one's, or the one that the checkout says it is."""
    try:
        return metadata.version("ppl")
    except metadata.PackageNotFoundError:
        import tomllib

        project = Path(__file__).parents[2] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
