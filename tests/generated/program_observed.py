"""Statements about data: likelihoods, categories, definitions made of data, factors, and predictions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from program_parts import CONTINUOUS, DISCRETE, Scope, Var
from program_shelf import ENDED
from textbook import BOOK

from ppl.distributions import distributions


class ObservedWriter:
    """A part of the writer of programs: `self` has its expressions, names and data."""

    def new_observed(self) -> None:
        dims = self.some_dims(2)
        name = self.fresh("y", "score", "seen")
        indices = self.indices(dims)
        self.finite_uses = 0
        scope = Scope(indices, finite=True)
        family = self.pick([*CONTINUOUS, *DISCRETE])
        guard = ""
        if dims and self.chance(0.2):
            first = indices[0][0]
            guard, scope = f" where {first} > 0", replace(scope, lags={first: 1})
            self.vars.append(Var(name, dims, "real", static=True, lag_only=True))
        elif dims and self.chance(0.1):
            guard = f" where {self.where(scope)}"
        line = self.observed(name, dims, indices, scope, family)
        self.vars = [v for v in self.vars if v.name != name]
        if line is not None:
            self.lines.append(line + guard)

    def observed(
        self, name: str, dims: tuple[str, ...], indices: Any, scope: Scope, family: str
    ) -> str | None:
        """Data and their distribution."""
        left, depth = self.left(name, indices), self.rng.choice([0, 1, 2, 2])
        support = distributions[family].support.name
        call: str | None
        declared, top = "int", 3
        bounds = ""
        if family in ENDED:
            call, declared, kind, top = self.ended(family, scope, depth)
        elif family == "Binomial":
            count = self.pick(
                [
                    "3",
                    "5",
                    *[
                        v.name
                        for v in self.vars
                        if v.kind == "int" and v.static and v.dims == () and self.data[v.name] >= 3
                    ],
                ]
            )
            call = f"Binomial({count}, {self.pick(['', 'logit = '])}{{}})"
            is_logit = "logit" in call
            call, kind = call.format(self.real(scope, depth) if is_logit else self.unit(scope, depth)), "int"
        elif family == "DiscreteUniform":
            call, kind = f"DiscreteUniform({self.rng.randint(-2, 0)}, {self.rng.randint(3, 6)})", "int"
        elif family == "Categorical":
            return self.observed_category(name, dims, left, scope, depth)
        else:
            call = self.call(family, scope, depth)
            kind, declared = self.data_kind(support)
            if family == "Skellam":
                bounds = ""
            elif self.chance(0.12) and kind in ("real", "positive") and BOOK[family].cdf is not None:
                bounds = self.pick(
                    [" > -20", " in (-10, 20)", f" < {self.number(30, 40)}"]
                    if kind == "real"
                    else [" > 0.1", " < 30", " in (0.05, 25)"]
                )
            elif self.chance(0.25) and kind == "int":
                bounds = self.pick([" < 12", " <= 9", " in [0, 8]", " > -1", " >= 0", " in (-1, 11)"])
        if call is None:
            return None
        values = np.array(self.values(kind, self.shape(dims), top))
        if family == "Skellam":
            values = values - 1
        elif kind == "count":
            values = values + 1
        elif kind == "int" and self.chance(0.2) and family in ("Poisson", "NegativeBinomial", "Geometric"):
            values, bounds = values + 1, self.pick([" > 0", " >= 1", " in (0, 9)", " in [1, 8)"])
        self.data[name] = values.tolist()
        self.lines.append(f"data {self.left(name, self.plain(dims))}: {declared}")
        return f"{left} ~ {call}{bounds}"

    def observed_category(
        self, name: str, dims: tuple[str, ...], left: str, scope: Scope, depth: int
    ) -> str | None:
        known = [v for v in self.vars if v.simplex and not scope.over(v.dims[-1])]
        if not known:
            return None
        var = self.pick(known)
        head = self.use(replace(var, dims=var.dims[:-1]), scope)
        dim = self.dim(var.dims[-1])
        if head is None or (len(set(var.dims)) < len(var.dims) and "[" not in head):
            return None
        places = self.noise.integers(0, dim.size, size=self.shape(dims))
        if self.chance(0.6):
            self.data[name] = (places + dim.start).tolist()
            self.lines.append(f"data {self.left(name, self.plain(dims))}: {dim.name}")
        else:
            self.data[name] = places.tolist()
            self.lines.append(f"data {self.left(name, self.plain(dims))}: int")
        return f"{left} ~ Categorical({head})"

    def new_observed_definition(self) -> None:
        """A definition made of data alone, and its distribution."""
        fits = [v for v in self.vars if v.static and v.kind == "positive" and v.name in self.data]
        if not fits:
            return
        v = self.pick(fits)
        name = self.fresh("ly", "scaled")
        left = self.left(name, self.plain(v.dims))
        self.lines.append(f"let {left} = {self.pick(['log', 'sqrt', 'log1p'])}({v.name})")
        self.lines.append(
            f"{left} ~ {self.call(self.pick(['Normal', 'StudentT', 'Logistic']), Scope(self.plain(v.dims)), 1)}"
        )

    def new_factor(self) -> None:
        fits = [
            v for v in self.vars if v.kind in ("real", "positive", "unit") and len(set(v.dims)) == len(v.dims)
        ]
        if not fits or self.has_declared:  # a normaliser that depends on what is unknown is refused
            return
        v = self.pick(fits)
        scope = Scope(self.plain(v.dims))
        call = self.call(self.pick(["Normal", "Cauchy", "StudentT"]), scope, 1)
        options = [
            f"-0.5 * ({v.name} - {self.real(scope, 1)})^2",
            f"log_prob({call}, {v.name})",
            f"-{self.positive(scope, 1)} * square({v.name})",
        ]
        mixed = self.mixture(self.pick(["Normal", "Laplace"]), Scope(), v.dims)
        options += [f"log_prob({mixed}, {v.name})"] if mixed else []
        if v.dims:
            options.append(f"log_prob({self.call('Normal', Scope(), 1)}, sum({v.name}))")
            options.append(f"-({v.name})^2 where {v.dims[0]} > 0")
        self.lines.append(f"factor {self.pick(options)}")

    def new_prediction(self) -> None:
        dims = self.some_dims(1)
        name = self.fresh("new_")
        self.lines.append(
            f"predict {self.left(name, self.plain(dims))} ~ {self.call('Normal', Scope(self.plain(dims)), 1)}"
        )
