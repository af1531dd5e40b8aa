"""Statements about latents: alone, with a past, in pieces, vectors and matrices under the first shelf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from program_parts import CONTINUOUS, Dim, Scope, Var
from textbook import BOOK

from ppl.distributions import distributions


class LatentWriter:
    """A part of the writer of programs: `self` has its expressions, names and data."""

    def new_latent(self) -> None:
        dims = self.some_dims(2)
        name = self.fresh("mu", "tau", "theta", "alpha", "beta", "sigma")
        kind = self.rng.random()
        if dims and kind < 0.2 and any(self.dim(d).size > 1 for d in dims):
            return self.own_past(name, dims)
        if dims and kind < 0.3:
            return self.in_pieces(name, dims)
        indices = self.indices(dims)
        scope = Scope(indices)
        if self.chance(0.04):
            self.lines.append(f"{self.left(name, indices)} ~ Flat(){self.pick(['', ' > 0'])}")
            self.vars.append(Var(name, dims, "positive" if self.lines[-1][-1] == "0" else "real"))
            return None
        family = self.pick(CONTINUOUS)
        depth = self.rng.choice([0, 0, 1, 1, 2])
        bounds, support = "", distributions[family].support.name
        if self.chance(0.2) and BOOK[family].cdf is not None:
            bounds, support = self.bounds(support, scope)
        call = self.uniform(scope) if family == "Uniform" else self.call(family, scope, depth)
        ordered = ""
        if (
            dims
            and not bounds
            and support in ("a finite number", "positive", "at least 0")
            and self.chance(0.15)
        ):
            # Alike along the last axis, since all orders are equally likely only then.
            call = self.call(family, Scope(indices[:-1], unknown=self.chance(0.5)), 0)
            ordered = " ordered"
        if family == "Uniform":
            bounds = ""
        self.lines.append(f"{self.left(name, indices)} ~ {call}{bounds}{ordered}")
        kind = "positive" if family in ("LogUniform", "Pareto") else self.kind_of(support)
        self.vars.append(Var(name, dims, kind))
        return None

    def kind_of(self, support: str) -> str:
        return {"positive": "positive", "at least 0": "positive", "in [0, 1]": "unit"}.get(support, "real")

    def uniform(self, scope: Scope) -> str:
        low = self.real(scope, 1)
        return (
            f"Uniform({low}, {low} + {self.positive(scope, 1)})"
            if self.chance(0.5)
            else f"Uniform({self.number(-3, -1)}, {self.number(1, 3)})"
        )

    def bounds(self, support: str, scope: Scope) -> tuple[str, str]:
        """A truncation and the support that is left."""
        if support == "a finite number":
            options = [
                (" > 0", "positive"),
                (" in (0, 1)", "in [0, 1]"),
                (f" in ({self.number(-2, -1)}, {self.number(0.5, 2)})", support),
                (f" < {self.number(0.5, 2)}", support),
                (f" > {self.bounded(scope, 1)}", support),
            ]
            return self.pick(options)
        if support in ("positive", "at least 0"):
            return self.pick(
                [
                    (f" > {self.number(0.1, 0.5)}", "positive"),
                    (f" < {self.number(1, 3)}", "positive"),
                    (" in (0.5, 2.5)", "positive"),
                ]
            )
        if support == "in [0, 1]":
            return self.pick([(f" > {self.number(0.1, 0.3)}", support), (" in (0.2, 0.7)", support)])
        return "", support

    def own_past(self, name: str, dims: tuple[str, ...]) -> None:
        """A latent that refers to its own past, or to that of one axis of it."""
        along = self.pick([d for d in dims if self.dim(d).size > 1])
        indices = self.indices(dims)
        time = next(i for i, d in indices if d == along)
        lag = self.rng.randint(1, min(2, self.dim(along).size - 1))
        scope = Scope(indices)
        family = self.pick(["Normal", "StudentT", "Logistic", "Laplace", "Cauchy"])
        start = self.call(family, scope, 1)
        for k in range(lag):
            if lag == 1 and self.chance(0.3):
                self.lines.append(f"{self.left(name, indices, {time: '0'})} ~ {start}")
            elif k == 0:
                self.lines.append(f"{self.left(name, indices)} ~ {start} where {time} < {lag}")
        self.vars.append(Var(name, dims, "real", lag_only=True))
        rest = self.past(name, indices, time, lag)
        loc = " + ".join([*rest, self.bounded(replace(scope, lags={time: lag}), 1)])
        form = [loc, self.positive(scope, 1)]
        if family == "StudentT":
            form.insert(0, self.positive(scope, 0))
        self.vars.pop()
        self.lines.append(
            f"{self.left(name, indices)} ~ {family}({', '.join(form)}) "
            f"where {time} {self.pick([f'>= {lag}', f'> {lag - 1}'])}"
        )
        self.vars.append(Var(name, dims, "real"))

    def past(self, name: str, indices: Sequence[tuple[str, str]], time: str, lag: int) -> list[str]:
        found = []
        for k in range(1, lag + 1):
            at = ", ".join(f"{i} - {k}" if i == time else i for i, _ in indices)
            found.append(f"{self.number(-0.9, 0.9)} * {name}[{at}]")
        return found

    def in_pieces(self, name: str, dims: tuple[str, ...]) -> None:
        """A latent whose pieces are told apart by a condition on positions or data."""
        indices = self.indices(dims)
        scope = Scope(indices)
        condition = self.where(scope)
        families = (
            ["Normal", "StudentT", "Laplace", "Cauchy"]
            if self.chance(0.6)
            else ["Gamma", "LogNormal", "Weibull", "InverseGamma"]
        )
        kind = "real" if "Normal" in families else "positive"
        self.lines.append(
            f"{self.left(name, indices)} ~ {self.call(self.pick(families), scope, 1)} where {condition}"
        )
        self.lines.append(
            f"{self.left(name, indices)} ~ {self.call(self.pick(families), scope, 1)} where not ({condition})"
        )
        self.vars.append(Var(name, dims, kind))

    def new_dirichlet(self) -> None:
        last = self.pick([d.name for d in self.dims if d.size > 1] or [self.dims[0].name])
        if self.dim(last).size < 2:
            return
        batch = tuple(d for d in self.some_dims(1) if d != last)
        name = self.fresh("w", "share", "phi")
        is_square = self.chance(0.2)
        indices = (("a_", last), ("b_", last)) if is_square else (*self.plain(batch), (last, last))
        scope = Scope() if is_square else Scope(indices[:-1])  # two indices over one dim: nothing aligns
        inner = scope if is_square else Scope(indices)
        size = self.dim(last).size
        literal = f"[{', '.join(self.positive(scope, 0) for _ in range(size))}]"
        concentration = self.pick(
            [self.number(0.5, 3), self.positive(scope, 1), literal, self.positive(inner, 1)]
        )
        self.lines.append(f"{self.left(name, indices)} ~ Dirichlet({concentration})")
        self.vars.append(Var(name, tuple(d for _, d in indices), "unit", simplex=True))

    def new_lkj(self) -> None:
        dim = self.pick(self.dims)
        if dim.size < 2:
            return
        name = self.fresh("L", "corr")
        left = (
            f"{name}[{dim.name}, {dim.name}]"
            if self.chance(0.5)
            else f"{name}[i in {dim.name}, j in {dim.name}]"
        )
        self.lines.append(f"{left} ~ LKJCholesky({self.positive(Scope(), 1)})")
        self.vectors_under(name, dim)

    def vectors_under(self, factor: str, dim: Dim) -> None:
        """A Gaussian vector whose covariance has this Cholesky factor, maybe scaled."""
        name = self.fresh("effect", "f")
        if self.chance(0.5):
            scaled = self.fresh("LS")
            scope = Scope((("i", dim.name), ("j", dim.name)))
            scale = self.positive(scope, 1)
            self.lines.append(f"let {scaled}[i in {dim.name}, j in {dim.name}] = {scale} * {factor}[i, j]")
            factor = scaled
        batch = tuple(d for d in self.some_dims(1) if d != dim.name)
        loc = self.pick(["0", self.real(Scope(self.plain((*batch, dim.name))), 1)])
        self.lines.append(
            f"{self.left(name, self.plain((*batch, dim.name)))} ~ MultiNormal({loc}, chol = {factor})"
        )
        self.vars.append(Var(name, (*batch, dim.name), "real"))

    def covariance(self, dim: Dim) -> str:
        """The name of a definition that is one: a kernel and a nugget, with unknowns in both."""
        matrix = self.fresh("K", "Q")
        knots = [v for v in self.vars if v.dims == (dim.name,) and v.kind == "real" and v.static]
        scale = self.positive(Scope(), 1)
        if knots and self.chance(0.7):
            x = self.pick(knots).name
            kernel = self.pick(
                [
                    f"gp_exp_quad({x}[i], {x}[j], {scale}, {self.number(0.5, 2)})",
                    f"{scale}^2 * exp(-0.5 * (({x}[i] - {x}[j]) / {self.positive(Scope(), 0)})^2)",
                    f"gp_matern32({x}[i], {x}[j], {scale}, {self.number(0.5, 2)})",
                ]
            )
        else:
            kernel = f"0.3^abs(i - j) * {scale}"
        more = self.positive(Scope((("i", dim.name), ("j", dim.name))), 0)
        nugget = f"(if i == j then {self.pick(['0.5', f'0.3 + {more}'])} else 0)"
        self.lines.append(
            f"{self.pick(['', 'let '])}{matrix}[i in {dim.name}, j in {dim.name}] = {kernel} + {nugget}"
        )
        self.matrices.append((matrix, dim.name))
        return matrix

    def new_multi_normal(self) -> None:
        """By a covariance or precision that is a definition."""
        dim = self.pick(self.dims)
        matrix = self.covariance(dim)
        batch = tuple(d for d in self.some_dims(1) if d != dim.name)
        scope = Scope(self.plain((*batch, dim.name)))
        form = self.pick(["cov", "cov", "precision"])
        call = f"MultiNormal({self.pick(['0', self.real(scope, 1)])}, {form} = {matrix})"
        if self.chance(0.5):
            var = self.add_data((*batch, dim.name), "real", self.fresh("y"))
            self.data[var.name] = self.values("real", self.shape(var.dims))
            self.lines.append(f"{self.left(var.name, scope.indices)} ~ {call}")
        else:
            name = self.fresh("f", "surface")
            self.lines.append(f"{self.left(name, scope.indices)} ~ {call}")
            self.vars.append(Var(name, (*batch, dim.name), "real"))

    def new_param(self) -> None:
        dims = self.some_dims(1)
        name = self.fresh("weight_", "slope")
        kind, bound = self.pick([("real", ""), ("positive", " > 0"), ("unit", " in (0, 1)")])
        default = f" = {self.number(0.3, 0.9)}" if self.chance(0.5) else ""
        self.lines.append(f"param {self.left(name, self.plain(dims))}: real{bound}{default}")
        self.vars.append(Var(name, dims, kind))

    def new_declared(self) -> None:
        """A latent without `~`, and a factor that speaks of it."""
        dims = self.some_dims(1)
        name = self.fresh("free", "field_")
        kind, bound = self.pick([("real", ""), ("positive", " > 0"), ("unit", " in (0, 1)")])
        self.has_declared = True
        self.lines.append(f"latent {self.left(name, self.plain(dims))}: real{bound}")
        self.lines.append(f"factor -0.5 * ({name} - {self.number(0, 1)})^2")
        self.vars.append(Var(name, dims, kind))
