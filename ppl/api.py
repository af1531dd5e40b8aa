"""load, model, bind, fit: the phases in a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ppl.data.read import read
from ppl.diagnostic import Diagnostic, PplError, Source
from ppl.graph.check import check
from ppl.graph.model import Graph
from ppl.syntax.parse import parse

Array = Any


def load(path: str | Path) -> Model:
    """The model in a file; raises `PplError`."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PplError([Diagnostic("E408", f"there is no file {file}")]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise PplError([Diagnostic("E408", f"{file} can't be read: {error}", fix="a model is UTF-8 text")]) from error
    return Model(check(parse(Source(str(path), text))), file.stem)


def model(text: str, name: str = "model") -> Model:
    """The model that a text describes; raises `PplError`."""
    return Model(check(parse(Source(f"<{name}>", text))), name)


@dataclass(frozen=True, eq=False)
class Model:
    """A checked program."""

    graph: Graph
    name: str

    def bind(self, data: Any = None, mapping: Mapping[str, str] | None = None) -> BoundModel:
        """The model with its data: a mapping, a data frame, a path, or several; raises `PplError`."""
        from ppl.graph.bind import bind
        from ppl.log_joint import compile_log_joint

        return BoundModel(self, compile_log_joint(bind(self.graph, read(data, mapping))))


@dataclass(frozen=True, eq=False)
class BoundModel:
    """A model and its data: a log joint."""

    model: Model
    log_joint: Any

    def log_prob(self, values: Mapping[str, Any], jacobian: bool = False) -> float:
        """The log joint at constrained values, all constants kept; with the log Jacobian on request."""
        terms = self.terms(values)
        total = sum(terms.values())
        if jacobian:
            z = self.log_joint.unconstrain(self._rows(values))
            total += float(self.log_joint.terms(z)["log_jacobian"][0])
        return total

    def terms(self, values: Mapping[str, Any]) -> dict[str, float]:
        """The same number by statement."""
        return {name: float(value[0]) for name, value in self.log_joint.terms_at(self._rows(values)).items()}

    def _rows(self, values: Mapping[str, Any]) -> dict[str, Array]:
        import numpy as np

        return {name: np.asarray(value, dtype=float)[None] for name, value in values.items()}
