"""A model, alone and with its data: load, model, bind, fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppl.data.read import Columns, read
from ppl.diagnostic import Diagnostic, PplError, Source
from ppl.graph.check import check
from ppl.graph.model import Graph
from ppl.syntax.parse import parse

if TYPE_CHECKING:
    from ppl.api.coordinates import Centering
    from ppl.api.fits import Fit
    from ppl.evidence.rules import Hmc
    from ppl.fit import Progress
    from ppl.log_joint import LogJoint
    from ppl.report.calibration import Calibration

Array = Any


def load(path: str | Path) -> Model:
    """The model in a file; raises `PplError`."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise PplError([Diagnostic("E408", f"there is no file {file}", fix="check the path")]) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} can't be read: {error}"
        raise PplError([Diagnostic("E408", message, fix="a model is UTF-8 text")]) from error
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
        return self.bind_columns(read(data, mapping))

    def bind_columns(self, columns: Columns) -> BoundModel:
        """The model with data that have been read."""
        from ppl.graph.bind import bind
        from ppl.log_joint import compile_log_joint

        return BoundModel(self, compile_log_joint(bind(self.graph, columns)))

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
        hmc: Hmc = "auto",
        progress: Callable[[Progress], bool | None] | None = None,
        mapping: Mapping[str, str] | None = None,
        centering: Centering = None,
    ) -> Fit:
        """`bind(data, mapping)`, and `BoundModel.fit`."""
        return self.bind(data, mapping).fit(
            guide,
            objective,
            optimizer,
            seed,
            draws,
            steps,
            learning_rate,
            time_limit,
            hmc,
            progress,
            centering,
        )


@dataclass(frozen=True, eq=False)
class BoundModel:
    """A model and its data: a log joint."""

    model: Model
    log_joint: LogJoint

    def log_prob(self, values: Mapping[str, Any], jacobian: bool = False) -> float:
        """The log joint at constrained values, all constants kept; with the log Jacobian on request.

        It is -inf where a value lies outside of its support.
        """
        from ppl.api.values import checked, outside

        rows = checked(self.log_joint, values)
        if outside(self.log_joint, rows):
            return -math.inf
        total = math.fsum(self.terms(values).values())
        if jacobian:
            from ppl.log_joint import in_plain_units

            # The params are not integrated over: only the latents' map has a Jacobian.
            plain = in_plain_units(self.log_joint)
            z = plain.unconstrain(rows)
            total += float(plain.terms(z, self._params(rows))["log_jacobian"][0])
        return total

    def terms(self, values: Mapping[str, Any]) -> dict[str, float]:
        """The same number by statement."""
        from ppl.api.values import checked, outside

        rows = checked(self.log_joint, values)
        found = {name: float(value[0]) for name, value in self.log_joint.terms_at(rows).items()}
        if outside(self.log_joint, rows):
            found = {name: value if math.isfinite(value) else -math.inf for name, value in found.items()}
        return found

    def _params(self, rows: Mapping[str, Array]) -> Array:
        from ppl.api.values import unconstrained_params

        return unconstrained_params(self.log_joint, rows)

    def prior(self, draws: int = 1000, seed: int = 0) -> dict[str, Array]:
        """Draws from the prior and of what would be observed and predicted, each (draws, *shape).

        Params have no prior: they stay at the values that a fit starts from.
        """
        from ppl.api.drawing import prior

        return prior(self.log_joint, draws, seed)

    def calibrate(
        self,
        replications: int = 200,
        draws: int = 400,
        seed: int = 0,
        guide: str = "auto",
        progress: Callable[[int, int], None] | None = None,
    ) -> Calibration:
        """Simulation-based calibration on data sets drawn from the prior, `draws` of each fit's guide.

        It prints as a page; `.passed`, `.quantities` and `.seen` (planted faults) are its content. Raises `PplError`
        where data can't be drawn forward.
        """
        from ppl.api.calibrating import calibrate

        return calibrate(
            self.log_joint,
            self.model.name,
            replications=replications,
            draws=draws,
            seed=seed,
            guide=guide,
            progress=progress,
        )

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
        hmc: Hmc = "auto",
        progress: Callable[[Progress], bool | None] | None = None,
        centering: Centering = None,
    ) -> Fit:
        """Fits a guide and measures it. `time_limit` is in seconds; `progress` is called after each step.

        `hmc` allows Markov chains from the guide where it does not suffice and they are affordable ("auto"), or
        else "always" or "never".
        `centering` pins how far latents with a latent location or scale are centered, by name (`rest`: all others) or
        for all of them: from 0, "noncentered", to 1, "centered", as the program is written. It is chosen otherwise.
        """
        from ppl.api.fits import fit

        return fit(
            self,
            self.model.name,
            guide=guide,
            objective=objective,
            optimizer=optimizer,
            seed=seed,
            draws=draws,
            steps=steps,
            learning_rate=learning_rate,
            time_limit=time_limit,
            hmc=hmc,
            progress=progress,
            centering=centering,
        )
