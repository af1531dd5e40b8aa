"""A model, alone and with its data: load, model, bind, fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppl.data.read import read
from ppl.diagnostic import Diagnostic, PplError, Source
from ppl.graph.check import check
from ppl.graph.model import Graph
from ppl.syntax.parse import parse

if TYPE_CHECKING:
    from ppl.api.fits import Fit
    from ppl.fit import Progress

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

    def fit(
        self,
        data: Any = None,
        guide: str = "auto",
        objective: str = "elbo",
        optimizer: str = "auto",
        seed: int = 0,
        draws: int | None = None,
        steps: int | None = None,
        learning_rate: float | None = None,
        time_limit: float | None = None,
        progress: Callable[[Progress], bool | None] | None = None,
        mapping: Mapping[str, str] | None = None,
    ) -> Fit:
        """`bind(data, mapping)`, and `BoundModel.fit`."""
        return self.bind(data, mapping).fit(
            guide, objective, optimizer, seed, draws, steps, learning_rate, time_limit, progress
        )


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
        from ppl.api.values import checked

        return checked(self.log_joint, values)

    def fit(
        self,
        guide: str = "auto",
        objective: str = "elbo",
        optimizer: str = "auto",
        seed: int = 0,
        draws: int | None = None,
        steps: int | None = None,
        learning_rate: float | None = None,
        time_limit: float | None = None,
        progress: Callable[[Progress], bool | None] | None = None,
    ) -> Fit:
        """Fits a guide and measures it. `time_limit` is in seconds; `progress` is called after each step."""
        from ppl.api.fits import fit

        return fit(
            self,
            guide=guide,
            objective=objective,
            optimizer=optimizer,
            seed=seed,
            draws=draws,
            steps=steps,
            learning_rate=learning_rate,
            time_limit=time_limit,
            progress=progress,
        )
