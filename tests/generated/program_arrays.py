"""Statements about whole arrays: linear algebra, nets, and differential equations."""

from __future__ import annotations

import numpy as np
from program_parts import Dim, Scope, Var

ACTIVATIONS = ("tanh", "softplus", "sigmoid", "gelu", "sin", "elu")


class ArrayWriter:
    """A part of the writer of programs: `self` has its expressions, names and data."""

    # -- linear algebra ---------------------------------------------------------------------------

    def new_linear(self) -> None:
        """A definition by linear algebra, of a covariance or of vectors."""
        dim = self.pick(self.dims)
        known = [name for name, over in self.matrices if over == dim.name]
        matrix = self.pick(known) if known and self.chance(0.5) else self.covariance(dim)
        vectors = [
            v for v in self.vars if v.dims == (dim.name,) and v.kind in ("real", "positive") and not v.finite
        ]
        name, let = self.fresh("A", "part"), self.pick(["", "let "])
        square = f"{let}{name}[i in {dim.name}, j in {dim.name}]"
        kind = self.pick(
            ["cholesky", "inverse", "product", "transpose", "logdet", "diagonal", "diag", "solve", "outer"]
        )
        if kind in ("cholesky", "inverse"):
            self.lines.append(f"{square} = {kind}({matrix})")
            self.vars.append(Var(name, (dim.name, dim.name), "real"))
            if self.chance(0.6):
                self.gaussian(dim, f"{'chol' if kind == 'cholesky' else 'precision'} = {name}")
            return
        if kind == "product":
            inner = self.pick([f"transpose({matrix})", f"inverse({matrix})", f"cholesky({matrix})"])
            self.lines.append(f"{square} = {matrix} @ {inner}")
            self.vars.append(Var(name, (dim.name, dim.name), "real"))
        elif kind == "transpose":
            self.turned(name, let, square, matrix)
        elif kind == "logdet":
            self.lines.append(f"{name} = {self.number(0.1, 0.9)} * logdet({matrix})")
            self.vars.append(Var(name, (), "real"))
        elif kind == "diagonal":
            self.lines.append(f"{let}{name}[{dim.name}] = diagonal({matrix})")
            self.vars.append(Var(name, (dim.name,), "positive"))
        elif vectors:
            one, other = self.pick(vectors).name, self.pick(vectors).name
            right = {
                "solve": f"solve({matrix}, {one})",
                "diag": f"diag({one}[i])",
                "outer": f"outer({one}[i], {other}[j])",
            }[kind]
            dims = (dim.name,) if kind == "solve" else (dim.name, dim.name)
            left = f"{let}{name}[{dim.name}]" if kind == "solve" else square
            self.lines.append(f"{left} = {right}")
            self.vars.append(Var(name, dims, "real"))

    def turned(self, name: str, let: str, square: str, matrix: str) -> None:
        """The transpose of a matrix over two dims, or of a square one."""
        wide = [
            v for v in self.vars if len(set(v.dims)) == 2 == len(v.dims) and v.kind == "real" and not v.finite
        ]
        if wide and self.chance(0.6):
            var = self.pick(wide)
            back = tuple(reversed(var.dims))
            self.lines.append(f"{let}{self.left(name, self.plain(back))} = transpose({var.name})")
            self.vars.append(Var(name, back, "real", static=False))
            return
        dim = next(over for known, over in self.matrices if known == matrix)
        self.lines.append(f"{square} = transpose({matrix})")
        self.vars.append(Var(name, (dim, dim), "real"))

    def gaussian(self, dim: Dim, given: str) -> None:
        """A latent Gaussian vector by a matrix."""
        name = self.fresh("f", "effect")
        self.lines.append(f"{name}[{dim.name}] ~ MultiNormal({self.number(-1, 1)}, {given})")
        self.vars.append(Var(name, (dim.name,), "real"))

    # -- nets -------------------------------------------------------------------------------------

    def new_net(self) -> None:
        """A net of one or two layers along an axis, and a definition by it."""
        if len(self.dims) < 2:
            return
        before, after = self.rng.sample(self.dims, 2)
        fits = [
            v
            for v in self.vars
            if v.dims.count(before.name) == 1
            and after.name not in v.dims
            and len(set(v.dims)) == len(v.dims)
            and v.kind in ("real", "positive", "unit")
            and not v.finite
        ]
        x = self.pick(fits) if fits else self.add_data((before.name,), "real")
        net = self.fresh("net_f", "decoder")
        hidden = "".join(
            f" -> {self.rng.randint(1, 3)} {self.pick(ACTIVATIONS)}" for _ in range(self.rng.randint(0, 2))
        )
        last = self.pick(["", "", f" {self.pick(ACTIVATIONS)}"])
        prior = self.pick(["", f" ~ Normal(0, {self.number(0.5, 2)})"])
        self.lines.append(f"net {net}: {before.name}{hidden} -> {after.name}{last}{prior}")
        dims = tuple(d for d in x.dims if d != before.name)
        dims = self.pick([(*dims, after.name), (after.name, *dims)])
        name = self.fresh("out")
        inside = self.pick([x.name, f"{self.number(0.2, 1)} * {x.name}"])
        self.lines.append(f"{self.left(name, self.plain(dims))} = {self.pick(['', '0.5 * '])}{net}({inside})")
        self.vars.append(Var(name, dims, "real"))

    # -- differential equations -------------------------------------------------------------------

    def new_ode(self) -> None:
        """A small system of equations, and data that follow it."""
        times = [d for d in self.dims if d.size > 1]
        states = [d for d in self.dims if d.size < 4]
        pairs = [(t, s) for t in times for s in states if t.name != s.name]
        if not pairs:
            return
        time, state = self.pick(pairs)
        groups = [d for d in self.dims if d.name not in (time.name, state.name) and d.size < 4]
        batch = (self.pick(groups).name,) if groups and self.chance(0.3) else ()
        clock, rate, path = self.fresh("times"), self.fresh("rate_of"), self.fresh("path_")
        self.data[clock] = np.cumsum(self.noise.uniform(0.1, 0.6, size=time.size)).round(3).tolist()
        self.lines.append(f"data {clock}[{time.name}]: real")
        self.lines.append(f"fn {rate}(t, y, a, b) = {self.slopes(state.size)}")
        start = self.fresh("start_y")
        self.lines.append(f"{start}[{state.name}] ~ LogNormal(0, {self.number(0.3, 0.8)})")
        self.vars.append(Var(start, (state.name,), "positive"))
        scope = Scope(self.plain(batch))
        args = f"{self.positive(scope, 1)}, {self.bounded(scope, 1)}"
        dims = (*batch, time.name, state.name)
        self.lines.append(f"{self.left(path, self.plain(dims))} = ode({rate}, {start}, 0, {clock}, {args})")
        self.vars.append(Var(path, dims, "real"))
        y = self.fresh("y")
        self.data[y] = self.values("real", self.shape(dims))
        left = self.left(y, self.plain(dims))
        self.lines += [f"data {left}: real", f"{left} ~ Normal({path}, {self.positive(Scope(), 1)})"]

    def slopes(self, size: int) -> str:
        """The body of a rate of change that stays tame."""
        if self.chance(0.3):
            return self.pick(["-a * y + b", "b * sin(t) - 0.5 * a * y", "a * tanh(b - y)"])
        rows = []
        for k in range(size):
            other = self.rng.randrange(size)
            pull = self.pick([f"a * y[{k}]", f"0.4 * y[{k}]", f"a * tanh(y[{k}])"])
            push = self.pick(
                [f"b * tanh(y[{other}])", f"cos(t + y[{other}])", "b", f"0.3 * exp(-y[{other}]^2)"]
            )
            rows.append(f"{push} - {pull}")
        return f"[{', '.join(rows)}]"
