"""A shelf: a folder where every file is one thing of a kind, and the folder is the registry.

The file name is the public name without its capitals and underscores (`half_cauchy.py` holds
`HalfCauchy`), and the first line of the file is its docstring's signature, so the shelf can be
listed without importing anything on it.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_HEAD = re.compile(r'\s*r?"""(\w+)')


class Shelf(Mapping[str, T], Generic[T]):
    """Read-only mapping from public names to the things in the modules of `package`.

    Each module defines one thing, in a variable called `kind` (`distribution`, `guide`, ...).
    Nothing is imported before it is asked for.
    """

    def __init__(self, package: str, folder: str, kind: str):
        self.package, self.folder, self.kind = package, Path(folder), kind
        module = sys.modules.get(package)
        if module is not None:
            module.__class__ = ShelfModule
            module.__dict__["__shelf__"] = self

    @cached_property
    def modules(self) -> dict[str, str]:
        """Public name -> module name, read from the first line of each file."""
        found = {}
        for path in sorted(self.folder.glob("[a-z]*.py")):
            with path.open(encoding="utf-8") as file:
                head = _HEAD.match(file.readline())
            if head is None:
                raise ImportError(
                    f"{path}: the first line must be a docstring that begins with the public name"
                )
            found[head.group(1)] = path.stem
        return found

    def __getitem__(self, name: str) -> T:
        module = self.modules.get(name) if name.isidentifier() else None
        if module is None:
            raise KeyError(name)
        thing: T = getattr(importlib.import_module(f"{self.package}.{module}"), self.kind)
        return thing

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)

    def __repr__(self) -> str:
        return f"<{len(self)} {self.kind}s: {', '.join(self)}>"

    def doc(self, name: str) -> str:
        """The docstring of a thing on the shelf: its page in the reference."""
        return (importlib.import_module(f"{self.package}.{self.modules[name]}").__doc__ or "").strip()


class ShelfModule(ModuleType, Mapping[str, Any]):
    """The package of a shelf, itself the mapping: `ppl.guides["fullrank"]`, `list(ppl.guides)`."""

    __shelf__: Shelf[Any]

    def __getitem__(self, name: str) -> Any:
        return self.__shelf__[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__shelf__)

    def __len__(self) -> int:
        return len(self.__shelf__)

    def __repr__(self) -> str:
        return repr(self.__shelf__)

    # Modules are compared and hashed by identity, as those who keep them in sets rely on.
    __eq__ = object.__eq__
    __hash__ = object.__hash__
