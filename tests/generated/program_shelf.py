"""Statements about the rest of the shelf: tied parameters, ends, combinators, vectors, matrices, and missing cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from program_parts import Dim, Scope, Var

from ppl.distributions import distributions

# Distributions some of whose parameters must fit each other.
TIED = (
    *("Arcsine", "LogUniform", "Triangular", "BetaBinomial", "Hypergeometric"),
    *("OrderedLogistic", "OrderedProbit", "Skellam"),
)
# Those whose support has ends that are made of the parameters, or is small: observed values must lie inside.
ENDED = (
    *("Uniform", "Arcsine", "LogUniform", "Triangular", "VonMises", "Pareto", "Levy"),
    *("GeneralizedPareto", "GeneralizedExtremeValue", "BetaBinomial", "Hypergeometric"),
    *("OrderedLogistic", "OrderedProbit"),
)
LOCATED = ("Normal", "StudentT", "Laplace", "Logistic", "Cauchy", "Gumbel", "SkewNormal", "AsymmetricLaplace")
LENGTHS = ("Gamma", "LogNormal", "Weibull", "Exponential", "InverseGamma", "Burr", "LogLogistic", "Frechet")
COUNTED = ("Poisson", "NegativeBinomial", "Geometric", "GeneralizedPoisson", "BetaNegativeBinomial")
UNIT_VECTORS = {2: "[0.6, 0.8]", 3: "[0.48, 0.6, 0.64]", 4: "[0.5, 0.5, -0.5, 0.5]"}
TOP = 12  # beyond all counts that are generated


class ShelfWriter:
    """A part of the writer of programs: `self` has its expressions, names and data."""

    # -- parameters that go together --------------------------------------------------------------

    def tied(self, name: str, scope: Scope, depth: int) -> str | None:
        """A call whose parameters fit each other."""
        if name in ("OrderedLogistic", "OrderedProbit"):
            cutpoints = self.cutpoints(scope)
            return cutpoints and f"{name}({self.real(scope, depth)}, {cutpoints.name})"
        if name == "BetaBinomial":
            return (
                f"{name}({self.rng.randint(3, 5)}, {self.positive(scope, depth)}, {self.positive(scope, 1)})"
            )
        if name == "Hypergeometric":
            return f"{name}({self.rng.randint(3, 5)}, {self.rng.randint(5, 7)}, {self.rng.randint(5, 9)})"
        if name == "Skellam":
            return f"{name}({self.positive(scope, depth)}, {self.positive(scope, 1)})"
        low = self.positive(scope, 0) if name == "LogUniform" else self.real(scope, min(depth, 1))
        above = f"{low} + {self.positive(scope, 1)}"
        if name == "Triangular":
            return f"{name}({low}, {above} + {self.positive(scope, 0)}, peak = {above})"
        return f"{name}({low}, {above})"

    def cutpoints(self, scope: Scope) -> Var | None:
        """An ordered latent along an axis that the statement does not have."""
        taken = [d for _, d in scope.indices] + [i for i, _ in scope.indices]
        free = [d for d in self.dims if d.name not in taken]
        if not free:
            return None
        dim = self.pick(free)
        name = self.fresh("cuts")
        self.lines.append(f"{name}[{dim.name}] ~ Normal({self.number(-1, 1)}, {self.number(0.5, 2)}) ordered")
        self.vars.append(Var(name, (dim.name,), "real"))
        return self.vars[-1]

    def ended(self, name: str, scope: Scope, depth: int) -> tuple[str | None, str, str, int]:
        """An observed distribution whose ends leave room for the data: call, declared type, kind, largest count."""
        if name in ("OrderedLogistic", "OrderedProbit"):
            call = self.tied(name, scope, depth)
            top = self.dim(self.vars[-1].dims[0]).size if call else 0
            return call, "int", "int", top
        if name in ("BetaBinomial", "Hypergeometric"):
            return self.tied(name, scope, depth), "int", "int", 3
        positive, unit = self.positive(scope, depth), self.unit(scope, 1)
        calls = {
            "Uniform": "Uniform(-9, 9)",
            "Arcsine": "Arcsine(-9, 9)",
            "LogUniform": f"LogUniform({self.number(0.06, 0.19)}, 60 + {positive})",
            "Triangular": f"Triangular(-9, 9 + {positive}, {self.bounded(scope, depth)})",
            "VonMises": f"VonMises({self.real(scope, depth)}, {positive})",
            "Pareto": f"Pareto(0.2 * {unit}, {positive})",
            "Levy": f"Levy(-9 - {unit}, {positive})",
            "GeneralizedPareto": f"GeneralizedPareto(-9, {positive}, {unit})",
            "GeneralizedExtremeValue": (
                f"GeneralizedExtremeValue({self.bounded(scope, 1)}, 3 + {positive}, 0.1 * {self.bounded(scope, 1)})"
            ),
        }
        kind = "positive" if name in ("LogUniform", "Pareto") else "unit" if name == "VonMises" else "real"
        return calls[name], "real > 0" if kind == "positive" else "real", kind, 0

    def data_kind(self, support: str) -> tuple[str, str]:
        """What data of a distribution are, and how they may be declared."""
        whole = {
            "0 or 1": ("bool", self.pick(["bool", "int in [0, 1]"])),
            "an integer, at least 0": ("int", "int >= 0"),
            "an integer, at least 1": ("count", "int >= 1"),
            "an integer": ("int", "int"),
            "in [0, 1]": ("unit", "real in (0, 1)"),
        }
        if support in whole:
            return whole[support]
        kind = self.kind_of(support)
        return kind, "real > 0" if kind == "positive" else "real"

    # -- combinators ------------------------------------------------------------------------------

    def new_combined(self) -> None:
        """A latent or data under a combinator."""
        if self.chance(0.35):
            self.combined_latent()
        else:
            self.combined_data()

    def combined_latent(self) -> None:
        dims = self.some_dims(1)
        name, scope = self.fresh("theta", "effect"), Scope(self.plain(dims))
        is_real = self.chance(0.5)
        family = self.pick(LOCATED if is_real else LENGTHS)
        kind, bounds = "real" if is_real else "positive", ""
        if self.chance(0.5):
            call = self.mixture(family, scope)
            if call and family != "SkewNormal" and self.chance(0.3):
                bounds, support = self.bounds("a finite number" if is_real else "positive", scope)
                kind = self.kind_of(support)
        else:
            family = "Normal" if family == "SkewNormal" else family
            low, high = (f"{self.number(-3, -1)}", f"{self.number(1, 3)}")
            low, high = (low, high) if is_real else (self.number(0.1, 0.4), self.number(2, 4))
            ends = self.pick([f"low = {low}", f"high = {high}", f"low = {low}, high = {high}"])
            call = f"Truncated({self.call(family, scope, 1)}, {ends})"
        if call is not None:
            self.lines.append(f"{self.left(name, scope.indices)} ~ {call}{bounds}")
            self.vars.append(Var(name, dims, kind))

    def mixture(self, family: str, scope: Scope, besides: Sequence[str] = ()) -> str | None:
        """`Mixture(w, Family(...))` along an axis that the statement does not have, and not along some others."""
        taken = [d for _, d in scope.indices] + [i for i, _ in scope.indices] + list(besides)
        free = [d for d in self.dims if d.name not in taken]
        if not free:
            return None
        known = [v for v in self.vars if v.simplex and v.dims[-1] in [d.name for d in free]]
        weights, dim = None, self.pick(free)
        for var in self.rng.sample(known, len(known)):
            weights = self.use(replace(var, dims=var.dims[:-1]), scope)
            if weights is not None and len(set(var.dims)) == len(var.dims):
                dim = self.dim(var.dims[-1])
                break
            weights = None
        inner = replace(scope.bind(dim.name, dim.name), finite=False)
        if weights is None:
            weights = f"softmax({self.number(0.1, 0.9)} * {dim.name} + {self.real(scope, 0)}, {dim.name})"
        call = self.varied(family, inner, dim)
        return call and f"Mixture({weights}, {call})"

    def varied(self, family: str, scope: Scope, dim: Dim) -> str | None:
        """A distribution whose first parameter differs from place to place along a dim."""
        form = distributions[family].forms[0]
        parts = [self.argument(p.support.name, p.event_rank, scope, 1) for p in form]
        if any(part is None for part in parts):
            return None
        if form[0].support.name == "in [0, 1]":
            parts[0] = f"{parts[0]} * ({dim.name} + 1) / {dim.size}"
        else:
            parts[0] = f"({parts[0]} + {self.number(0.1, 0.6)} * {dim.name})"
        return f"{family}({', '.join(parts)})"

    def combined_data(self) -> None:
        """Data that are mixed, cut, censored, or have more zeros than their distribution gives."""
        dims = self.some_dims(2)
        name, indices = self.fresh("y", "seen", "cases"), self.indices(dims)
        self.finite_uses = 0
        scope, shape = Scope(indices, finite=True), self.shape(dims)
        how = self.pick(["Mixture", "Truncated", "Censored", "ZeroInflated", "Hurdle", "IntervalCensored"])
        families, kind, declared = self.pick(
            [(COUNTED, "int", "int >= 0")]
            if how == "ZeroInflated"
            else [(LOCATED, "real", "real"), (LENGTHS, "positive", "real >= 0"), (COUNTED, "int", "int >= 0")]
        )
        family = self.pick([f for f in families if f != "SkewNormal" or how == "Mixture"])
        if how == "Hurdle" and families is LOCATED:
            return
        values = np.array(self.values(kind, shape))
        is_nested = how != "Mixture" and self.chance(0.25)
        is_mixed = how == "Mixture" or (is_nested and self.chance(0.6))
        call = self.mixture(family, scope) if is_mixed else self.call(family, scope, 1)
        if is_nested and not is_mixed and how in ("Censored", "IntervalCensored"):
            call = call and f"Truncated({call}, high = {TOP + 20})"
        if call is None:
            return
        if how == "Truncated":
            ends = {"real": ("-20", "20"), "positive": ("0.01", "30"), "int": ("0", f"{TOP}")}[kind]
            low, high = f"low = {ends[0]}", f"high = {ends[1]}"
            call = f"Truncated({call}, {self.pick([low, high, f'{low}, {high}'])})"
        elif how == "Censored":
            low, high = (
                ("-0.5", "0.75") if kind == "real" else ("0.5", "1.5") if kind == "positive" else ("0", "2")
            )
            pair = self.pick([("low", low), ("high", high)])
            values = np.maximum(values, float(low)) if pair[0] == "low" else np.minimum(values, float(high))
            values = values.astype(int) if kind == "int" else values
            call = f"Censored({call}, {pair[0]} = {pair[1]})"
        elif how == "IntervalCensored":
            call = self.between(call, dims, values, kind)
        elif how in ("ZeroInflated", "Hurdle"):
            values = np.where(self.noise.random(shape) < 0.4, 0, values)
            call = f"{how}({self.unit(scope, 1)}, {call})"
        self.data[name] = values.tolist()
        self.lines.append(f"data {self.left(name, self.plain(dims))}: {declared}")
        self.lines.append(f"{self.left(name, indices)} ~ {call}")

    def between(self, call: str, dims: tuple[str, ...], values: Any, kind: str) -> str:
        """Upper ends for what is only known to lie between two; some of them known exactly."""
        upper = self.fresh("upper")
        width = self.noise.integers(0, 3, size=values.shape)
        self.data[upper] = (values + (width if kind == "int" else 0.7 * width)).round(3).tolist()
        self.lines.append(f"data {self.left(upper, self.plain(dims))}: {'int' if kind == 'int' else 'real'}")
        return f"IntervalCensored({call}, {upper})"

    # -- missing cells ----------------------------------------------------------------------------

    def new_partial(self) -> None:
        """Data some of whose cells are unknown, and a distribution for them."""
        dims = self.some_dims(2) or (self.dims[0].name,)
        name, shape = self.fresh("dose", "income", "flag"), self.shape(dims)
        indices = self.indices(dims)
        scope = Scope(indices)
        is_lost = self.noise.random(shape) < 0.4
        if self.chance(0.25) and self.affords((), 2 ** int(is_lost.sum())):
            kind, declared, call = "bool", "bool?", f"Bernoulli({self.unit(scope, 1)})"
        elif self.chance(0.5):
            kind, declared, call = "real", "real?", self.call(self.pick(LOCATED), scope, 1)
        else:
            kind, declared, call = "positive", "real? > 0", self.call(self.pick(LENGTHS), scope, 1)
        cells = np.array(self.values(kind, shape), dtype=object)
        cells[is_lost] = None
        self.data[name] = cells.tolist()
        self.lines.append(f"data {self.left(name, self.plain(dims))}: {declared}")
        self.lines.append(f"{self.left(name, indices)} ~ {call}")
        self.vars.append(Var(name, dims, kind, finite=kind == "bool" and bool(is_lost.any())))

    # -- vectors and matrices ---------------------------------------------------------------------

    def new_vector(self) -> None:
        """A latent vector, or data that are one."""
        dims = [d for d in self.dims if d.size > 1]
        if not dims:
            return
        dim = self.pick(dims)
        if self.chance(0.45):
            self.observed_vector(dim)
            return
        families = ("GaussianRandomWalk", "AR", "ZeroSumNormal", "MultiStudentT", "CAR", "ICAR")
        family = self.pick([*families, "StickBreaking", "VonMisesFisher", "LowRankMultiNormal"])
        batch = tuple(d for d in self.some_dims(1) if d != dim.name)
        scope = Scope(self.plain((*batch, dim.name)))
        call = self.vector_call(family, dim, batch)
        if call is None:
            return
        name = self.fresh("walk", "field_x", "share_")
        self.lines.append(f"{self.left(name, scope.indices)} ~ {call}")
        is_share = family == "StickBreaking"
        self.vars.append(Var(name, (*batch, dim.name), "unit" if is_share else "real", simplex=is_share))

    def vector_call(self, family: str, dim: Dim, batch: Sequence[str]) -> str | None:
        """A distribution of vectors along a dim."""
        outer, inner = Scope(self.plain(batch)), Scope(self.plain((*batch, dim.name)))
        scale = self.positive(outer, 1)
        if family == "GaussianRandomWalk":
            return f"{family}({scale}{self.pick(['', f', init_scale = {self.positive(outer, 0)}'])})"
        if family in ("ZeroSumNormal", "StickBreaking"):
            return f"{family}({scale})"
        if family == "VonMisesFisher":
            return f"{family}({UNIT_VECTORS[dim.size]}, {scale})"
        if family in ("CAR", "ICAR"):
            weights = self.neighbours(dim)
            more = f"{self.real(inner, 0)}, {scale}, 0.9 * {self.unit(outer, 0)}, "
            return f"{family}({'' if family == 'ICAR' else more}{weights})"
        if family == "AR":
            taken = {dim.name, *batch}
            lags = [d for d in self.dims if d.name not in taken]
            if not lags:
                return None
            lag = self.pick(lags)
            name = self.fresh("phi")
            self.lines.append(f"{name}[{lag.name}] ~ Normal(0, {self.number(0.3, 0.6)})")
            self.vars.append(Var(name, (lag.name,), "real"))
            return f"AR({self.pick([name, f'{name}[{lag.name}]'])}, {scale})"
        loc = self.pick(["0", self.real(inner, 1)])
        if family == "MultiStudentT":
            return f"{family}({self.positive(outer, 0)}, {loc}, cov = {self.covariance(dim)})"
        others = [d for d in self.dims if d.name not in (dim.name, *batch)]
        if not others:
            return None
        name, factors = self.fresh("loading"), self.pick(others)
        self.lines.append(f"{name}[{dim.name}, {factors.name}] ~ Normal(0, {self.number(0.5, 1.5)})")
        self.vars.append(Var(name, (dim.name, factors.name), "real"))
        return f"LowRankMultiNormal({loc}, {name}, {self.positive(inner, 1)})"

    def neighbours(self, dim: Dim) -> str:
        """Data that are weights of a map: a ring, and more by chance."""
        name, n = self.fresh("W"), dim.size
        weights = np.triu(self.noise.random((n, n)) < 0.3, 1).astype(float)
        for k in range(n - 1):
            weights[k, k + 1] = self.rng.choice([1.0, 1.0, 0.5])
        self.data[name] = (weights + weights.T).tolist()
        self.lines.append(f"data {name}[i in {dim.name}, j in {dim.name}]: real >= 0")
        return name

    def observed_vector(self, dim: Dim) -> None:
        """Vectors of numbers or of counts as data."""
        batch = tuple(d for d in self.some_dims(1) if d != dim.name)
        name, shape = self.fresh("y", "votes"), self.shape((*batch, dim.name))
        inner = Scope(self.plain((*batch, dim.name)))
        if self.chance(0.5):
            values = self.noise.integers(0, 4, size=shape)
            total = self.fresh("total")
            self.data[total] = values.sum(axis=-1).tolist()
            self.lines.append(f"data {self.left(total, self.plain(batch))}: int >= 0")
            calls = [f"DirichletMultinomial({total}, {self.positive(inner, 1)})"]
            calls.append(f"Multinomial({total}, logits = {self.real(inner, 1)})")
            known = [v for v in self.vars if v.simplex and v.dims == (dim.name,)]
            calls += [f"Multinomial({total}, {v.name})" for v in known[:1]]
            call, declared = self.pick(calls), "int >= 0"
        else:
            values = self.noise.normal(size=shape).round(3)
            family = self.pick(["GaussianRandomWalk", "AR", "MultiStudentT", "CAR", "LowRankMultiNormal"])
            call, declared = self.vector_call(family, dim, batch), "real"
        if call is not None:
            self.data[name] = values.tolist()
            self.lines.append(f"data {self.left(name, inner.indices)}: {declared}")
            self.lines.append(f"{self.left(name, inner.indices)} ~ {call}")

    def new_matrix(self) -> None:
        """A covariance, a correlation, a factor, or a grid."""
        small = [d for d in self.dims if 1 < d.size < 4]
        if self.chance(0.4) or not small:
            self.grid()
            return
        dim, scope = self.pick(small), Scope()
        name = self.fresh("Sigma", "Lambda_")
        left = self.pick([f"{name}[{dim.name}, {dim.name}]", f"{name}[i in {dim.name}, j in {dim.name}]"])
        family = self.pick(["LKJ", "Wishart", "InverseWishart", "WishartCholesky"])
        scale = self.covariance(dim)
        df = f"{dim.size} + {self.positive(scope, 1)}"
        given = f"cholesky({scale})" if family == "WishartCholesky" else scale
        call = f"LKJ({self.positive(scope, 1)})" if family == "LKJ" else f"{family}({df}, {given})"
        self.lines.append(f"{left} ~ {call}")
        batch = tuple(d for d in self.some_dims(1) if d != dim.name)
        y, form = self.fresh("y", "row_"), "chol" if family == "WishartCholesky" else "cov"
        self.data[y] = self.values("real", self.shape((*batch, dim.name)))
        both = self.left(y, self.plain((*batch, dim.name)))
        self.lines.append(f"data {both}: real")
        self.lines.append(f"{both} ~ MultiNormal({self.number(-1, 1)}, {form} = {name})")

    def grid(self) -> None:
        """A Gaussian over two axes."""
        if len(self.dims) < 2:
            return
        rows, columns = self.rng.sample(self.dims, 2)
        if rows.size * columns.size > 9:
            return
        scope = Scope(self.plain((rows.name, columns.name)))
        one, other = self.covariance(rows), self.covariance(columns)
        loc = self.pick(["0", self.real(scope, 1)])
        call = self.pick(
            [
                f"MatrixNormal({loc}, rows = {one}, columns = {other})",
                f"MatrixNormal({loc}, {one}, {other}, noise = {self.positive(Scope(), 1)})",
                f"MatrixNormal({loc}, row_chol = cholesky({one}), col_chol = cholesky({other}))",
            ]
        )
        name = self.fresh("surface", "grid")
        left = self.left(name, scope.indices)
        if self.chance(0.5):
            self.data[name] = self.values("real", self.shape((rows.name, columns.name)))
            self.lines.append(f"data {left}: real")
            self.lines.append(f"{left} ~ {call}")
        else:
            self.lines.append(f"{left} ~ {call}")
            self.vars.append(Var(name, (rows.name, columns.name), "real"))
