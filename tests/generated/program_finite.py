"""Statements about finite latents: alone, in plates, chains and trees, and on graphs with loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from program_parts import MOST_ASSIGNMENTS, Dim, Scope, Var


class FiniteWriter:
    """A part of the writer of programs: `self` has its expressions, names and data."""

    def affords(self, dims: Sequence[str], values: int) -> bool:
        count = values ** int(np.prod(self.shape(dims), dtype=int))
        if self.assignments * count > MOST_ASSIGNMENTS:
            return False
        self.assignments *= count
        return True

    def add_finite(self, name: str, dims: tuple[str, ...], of: str = "", top: int = 1) -> None:
        kind = "int" if not of else "index"
        self.vars.append(Var(name, dims, kind, finite=True, of=of, top=top))
        self.emission(name, dims, of)

    def emission(self, name: str, dims: tuple[str, ...], of: str) -> None:
        """What is seen of a finite latent."""
        more = tuple(d for d in self.some_dims(1) if d not in dims) if self.chance(0.4) else ()
        indices = self.plain((*dims, *more))
        y = self.fresh("y", "seen", "z_obs")
        at = self.pick([name, f"{name}[{', '.join(dims)}]" if dims else name])
        self.finite_uses = 1
        scope = Scope(indices, finite=True)
        if of and not [d for d in (*dims, *more) if d == of]:
            centres = [v for v in self.vars if v.dims[:1] == (of,) and v.kind == "real" and len(v.dims) == 1]
            if not centres:
                centre = self.fresh("centre")
                self.lines.append(f"{centre}[{of}] ~ Normal({self.number(-1, 1)}, {self.number(0.5, 2)})")
                self.vars.append(Var(centre, (of,), "real"))
                centres = [self.vars[-1]]
            loc = f"{self.pick(centres).name}[{at}]"
        elif dims and self.chance(0.25) and self.dim(dims[-1]).size <= 3:  # all in one row
            other = self.pick(
                [
                    f"sum({name}, {dims[-1]})",
                    f"sum({name} * ({dims[-1]} + 0.5), {dims[-1]})",
                    f"mean({name}, {dims[-1]})",
                ]
            )
            loc = f"{self.number(-1, 1)} * {other}"
        else:
            loc = f"{self.number(-1, 1)} * {at}"
        if self.chance(0.7):
            self.data[y] = self.values("real", self.shape((*dims, *more)))
            self.lines.append(f"data {self.left(y, indices)}: real")
            self.lines.append(
                f"{self.left(y, indices)} ~ {self.pick(['Normal', 'Laplace'])}"
                f"({loc} + {self.real(scope, 1)}, {self.positive(scope, 1)})"
            )
        else:
            self.data[y] = self.values("bool", self.shape((*dims, *more)))
            self.lines.append(f"data {self.left(y, indices)}: bool")
            self.lines.append(f"{self.left(y, indices)} ~ Bernoulli(logit = {loc} + {self.real(scope, 1)})")

    def new_finite(self) -> None:
        """Elements that are independent, or that depend on another finite latent's (plates inside plates)."""
        dims = self.some_dims(2)
        name = self.fresh("z", "c_", "alive")
        self.finite_uses = 0
        scope = Scope(self.plain(dims), finite=self.chance(0.6))
        left = self.left(name, self.plain(dims))
        family = self.pick(
            [
                *["Bernoulli", "Bernoulli", "Categorical", "Categorical", "Binomial", "DiscreteUniform"],
                *["BetaBinomial", "Hypergeometric"],
            ]
        )
        if family == "Categorical":
            free = [d for d in self.dims if d.name not in dims and d.size > 1]
            if not free or not self.affords(dims, max(d.size for d in free)):
                return None
            known = [
                v
                for v in self.vars
                if v.simplex and not scope.over(v.dims[-1]) and len(set(v.dims)) == len(v.dims)
            ]
            head = None
            if known and self.chance(0.7):
                var = self.pick(known)
                head = self.use(replace(var, dims=var.dims[:-1]), scope)
                of = var.dims[-1]
            if head is None:
                of = self.pick(free).name
                body = f"{self.real(scope.bind(of, of), 1)} + 0.4 * {of}"
                head = self.pick([f"softmax({body}, {of})", f"logits = {body}"])
            self.lines.append(f"{left} ~ Categorical({head})")
            return self.add_finite(name, dims, of=of, top=self.dim(of).size - 1)
        values = 2 if family == "Bernoulli" else 3
        if not self.affords(dims, values):
            return None
        call = {
            "Bernoulli": self.pick(
                [f"Bernoulli({self.unit(scope, 1)})", f"Bernoulli(logit = {self.real(scope, 1)})"]
            ),
            "Binomial": f"Binomial(2, {self.unit(scope, 1)})",
            "BetaBinomial": f"BetaBinomial(2, {self.positive(scope, 1)}, {self.positive(scope, 1)})",
            "Hypergeometric": f"Hypergeometric(2, {self.rng.randint(2, 4)}, {self.rng.randint(2, 3)})",
            "DiscreteUniform": f"DiscreteUniform({self.pick(['0, 2', '1, 3', '-1, 1'])})",
        }[family]
        self.lines.append(f"{left} ~ {call}")
        self.add_finite(name, dims, top=9)
        return None

    def transition(self, dim: Dim) -> str:
        """A matrix whose rows are probabilities."""
        name = self.fresh("P", "move")
        if self.chance(0.6):
            self.lines.append(
                f"{name}[from_ in {dim.name}, to in {dim.name}] ~ Dirichlet({self.positive(Scope(), 0)})"
            )
        else:
            # On a line of its own, since an array without indices could be aligned with either of the two.
            shift = self.fresh("shift")
            self.lines.append(f"{shift} = {self.real(Scope(), 1)}")
            body = f"sin(from_ + 2 * to + {shift}) + {self.number(0.2, 1)} * (from_ == to)"
            raw = self.fresh("R")
            self.lines.append(f"let {raw}[from_ in {dim.name}, to in {dim.name}] = {body}")
            self.lines.append(
                f"{name}[from_ in {dim.name}, to in {dim.name}] = softmax({raw}[from_, to], to)"
            )
        self.vars.append(Var(name, (dim.name, dim.name), "unit", simplex=True))
        return name

    def new_chain(self) -> None:
        """A hidden Markov chain, one per group or alone, by a matrix or by a probability."""
        times = [d for d in self.dims if d.size > 1]
        if not times:
            return
        time = self.pick(times)
        states = [d for d in self.dims if d.name != time.name and 1 < d.size < 4]
        group = tuple(d for d in self.some_dims(1) if d != time.name) if self.chance(0.3) else ()
        dims = (*group, time.name)
        name = self.fresh("s_", "path", "regime")
        indices = self.plain(dims)
        t = time.name
        at = ", ".join([*group, f"{t} - 1"])
        scope = Scope(indices)
        if states and self.chance(0.7):
            state = self.pick(states)
            if state.name in dims or not self.affords(dims, state.size):
                return
            P = self.transition(state)
            start = self.fresh("start")
            self.lines.append(f"{start}[{state.name}] ~ Dirichlet({self.number(0.5, 2)})")
            self.vars.append(Var(start, (state.name,), "unit", simplex=True))
            self.lines.append(f"{self.left(name, indices)} ~ Categorical({start}) where {t} == 0")
            self.lines.append(f"{self.left(name, indices)} ~ Categorical({P}[{name}[{at}]]) where {t} > 0")
            self.add_finite(name, dims, of=state.name, top=state.size - 1)
        elif self.affords(dims, 2):
            self.lines.append(f"{self.left(name, indices)} ~ Bernoulli({self.unit(scope, 1)}) where {t} == 0")
            stay = self.pick(
                [
                    f"expit({self.real(scope, 1)} + {self.number(-1, 1)} * {name}[{at}])",
                    f"if {name}[{at}] == 1 then {self.unit(scope, 1)} else {self.unit(scope, 1)}",
                    f"0.2 + 0.5 * {name}[{at}]",
                ]
            )
            self.lines.append(f"{self.left(name, indices)} ~ Bernoulli({stay}) where {t} > 0")
            self.add_finite(name, dims)

    def new_tree(self) -> None:
        """Every node but the first depends on an earlier one, which the data name."""
        node = self.pick(self.dims)
        if node.size < 2 or not self.affords((node.name,), 2):
            return
        parent, name = self.fresh("parent"), self.fresh("trait")
        self.data[parent] = [max(0, self.rng.randrange(max(k, 1))) + node.start for k in range(node.size)]
        self.lines.append(f"data {parent}[{node.name}]: {node.name}")
        self.lines.append(f"{name}[{node.name}] ~ Bernoulli({self.unit(Scope(), 1)}) where {node.name} == 0")
        self.lines.append(
            f"{name}[{node.name}] ~ Bernoulli(0.15 + 0.7 * {name}[{parent}]) where {node.name} > 0"
        )
        self.vars.append(Var(parent, (node.name,), "index", static=True, of=node.name, top=node.size - 1))
        self.add_finite(name, (node.name,))

    def new_spins(self) -> None:
        """An undirected model on a graph that may have loops."""
        node = self.pick(self.dims)
        if not self.affords((node.name,), 2):
            return
        edge = self.new_dim()
        name = self.fresh("spin")
        a, b = (self.new_link(node.name, (edge.name,)).name for _ in range(2))
        values = self.pick(["{-1, 1}", "{0, 1}"])
        known = Scope(unknown=False)  # what is unknown would need the normaliser
        self.has_declared = True
        self.lines.append(f"latent {name}[{node.name}]: {values}")
        self.lines.append(
            f"factor {self.real(known, 1)} * {name}[{a}[{edge.name}]] * {name}[{b}[{edge.name}]]"
        )
        if self.chance(0.7):
            self.lines.append(
                f"factor {self.real(replace(known, indices=self.plain((node.name,))), 1)} * {name}"
            )
        self.vars.append(Var(name, (node.name,), "int", finite=True, top=9))
