"""Right programs at random, with data that fit them: the language's features in combination, as users write them.

Every expression is made for a type (a real number, a positive one, a probability, a whole number, a condition) and a
scope (the indices in force), so that what comes out is right by construction. Which distributions there are, what
their parameters must be and how they may be spelled comes from the shelf that the compiler reads. Sizes are small,
since an independent interpreter is to work the whole program out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from program_arrays import ArrayWriter
from program_expressions import ExpressionWriter
from program_finite import FiniteWriter
from program_latents import LatentWriter
from program_observed import ObservedWriter
from program_parts import Dim, Generated, Scope, Var
from program_shelf import TIED, ShelfWriter
from textbook import BOOK

from ppl.distributions import distributions


class Writer(ExpressionWriter, LatentWriter, ObservedWriter, FiniteWriter, ShelfWriter, ArrayWriter):
    """Writes one program."""

    def __init__(self, seed: int, size: int = 8, finite: bool | None = None):
        self.rng = random.Random(seed)
        self.noise = np.random.default_rng(seed)
        self.size = size
        self.dims: list[Dim] = []
        self.vars: list[Var] = []
        self.functions: list[tuple[str, int, str]] = []
        self.matrices: list[tuple[str, str]] = []  # covariances, and the dims they are over
        self.lines: list[str] = []
        self.data: dict[str, Any] = {}
        self.used: set[str] = set()
        self.finite_uses = 0
        self.nested = False  # finite latents index each other, and definitions are made of them
        self.has_declared = False
        self.assignments = 1
        self.wants_finite = self.rng.random() < 0.35 if finite is None else finite
        self.by_name: dict[str, Dim] = {}

    # -- small things -----------------------------------------------------------------------------

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def pick(self, items: Sequence[Any]) -> Any:
        return self.rng.choice(list(items))

    def fresh(self, *stems: str) -> str:
        stem = self.pick(stems)
        name, k = stem, 1
        while name in self.used:
            k += 1
            name = f"{stem}{k}"
        self.used.add(name)
        return name

    def number(self, low: float, high: float) -> str:
        return f"{self.rng.uniform(low, high):.{self.rng.choice([1, 2, 3])}f}"

    def dim(self, name: str) -> Dim:
        return self.by_name[name]

    def some_dims(self, most: int) -> tuple[str, ...]:
        count = min(self.rng.choice([0, 1, 1, 1, 2, 2, 3][: most + 3]), most, len(self.dims))
        return tuple(d.name for d in self.rng.sample(self.dims, count))

    def shape(self, dims: Sequence[str]) -> tuple[int, ...]:
        return tuple(self.dim(d).size for d in dims)

    # -- the program ------------------------------------------------------------------------------

    def program(self) -> Generated:
        for _ in range(self.rng.randint(1, 3)):
            self.new_dim()
        for _ in range(self.rng.randint(1, max(1, self.size // 2))):
            self.new_data()
        if self.chance(0.3):
            self.new_function()
        kinds: list[tuple[Callable[[], None], float]] = [
            (self.new_latent, 5),
            (self.new_definition, 3),
            (self.new_observed, 4),
            (self.new_recursion, 1),
            (self.new_factor, 0.8),
            (self.new_param, 0.5),
            (self.new_declared, 0.5),
            (self.new_dirichlet, 0.8),
            (self.new_multi_normal, 0.8),
            (self.new_lkj, 0.4),
            (self.new_vector, 2.4),
            (self.new_matrix, 1.5),
            (self.new_combined, 2.0),
            (self.new_partial, 0.8),
            (self.new_linear, 1.4),
            (self.new_net, 0.9),
            (self.new_ode, 0.6),
            (self.new_observed_definition, 0.5),
            (self.new_function, 0.3),
            (self.new_prediction, 0.3),
        ]
        self.new_latent()
        if self.wants_finite:
            for _ in range(self.rng.randint(1, 2)):
                self.pick([self.new_finite, self.new_finite, self.new_chain, self.new_tree, self.new_spins])()
        for _ in range(self.rng.randint(1, self.size)):
            make = self.rng.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
            make()
        self.new_observed()
        return self.finished()

    def finite_program(self, kind: str) -> Generated:
        """A small model about finite latents: independent, plates, a chain, a tree, or a graph with loops.

        In those `nested`, finite latents choose elements of each other, and definitions are made of them.
        """
        self.nested = kind == "nested"
        for _ in range(3):
            self.new_dim()
        self.new_data()
        self.new_latent()
        makes = {"chain": self.new_chain, "tree": self.new_tree, "loop": self.new_spins}
        for _ in range(40):
            if self.assignments > 1:
                break
            self.new_dim()
            makes.get(kind, self.new_finite)()
        if kind == "plates":  # elements that depend on another finite latent's
            for _ in range(3):
                self.new_finite()
        if kind == "nested":
            for var in [v for v in self.vars if v.finite and v.of][:1]:
                if self.affords((var.of,), 2):
                    name = self.fresh("flag")
                    self.lines.append(f"{name}[{var.of}] ~ Bernoulli({self.unit(Scope(), 1)})")
                    self.add_finite(name, (var.of,))
            self.pick([self.new_finite, self.new_chain, self.new_tree])()
            for _ in range(3):
                self.new_definition()
                self.new_observed()
        for _ in range(2):
            self.new_observed()
        return self.finished()

    def finished(self) -> Generated:
        """The statements, dims first, and in any order after that."""
        declared = [line for line in self.lines if line.startswith("dim")]
        others = [line for line in self.lines if not line.startswith("dim")]
        if self.chance(0.5):
            self.rng.shuffle(others)
        return Generated((*declared, *others), self.data)

    def new_dim(self) -> Dim:
        name = self.fresh("obs", "time", "group", "item", "k", "county", "site")
        size = self.rng.choice([1, 2, 2, 3, 3, 4])
        kind = self.rng.choice(["data", "data", "fixed", "labels", "entry", "from", "sized", "named"])
        dim = Dim(name, size)
        if kind == "fixed":
            self.lines.append(f"dim {name} = {size}")
            dim = replace(dim, fixed=True)
        elif kind == "labels":
            labels = tuple(self.rng.sample(["red", "green", "blue", "old", "new"], size))
            quoted = ", ".join(f'"{label}"' for label in labels)
            self.lines.append(f"dim {name} = [{quoted}]")
            dim = replace(dim, fixed=True, labels=labels)
        elif kind == "sized":
            count, more = self.fresh("n_rows", "count"), self.rng.randint(0, 2)
            self.lines.append(f"data {count}: int")
            self.lines.append(f"dim {name} = {count}" + (f" - {more}" if more else ""))
            self.data[count] = size + more
            self.vars.append(Var(count, (), "int", static=True, top=size + more))
        elif kind == "from":
            self.lines.append(f"dim {name} from 1")
            self.data[name] = size
            dim = replace(dim, start=1)
        elif kind == "named":
            labels = tuple(self.rng.sample(["a", "b", "c", "d", "e"], size))
            self.lines.append(f"dim {name}")
            self.data[name] = list(labels)
            dim = replace(dim, labels=labels)
        else:
            self.lines.append(f"dim {name}")
            if kind == "entry":
                self.data[name] = size
            else:  # sized by an array
                column = self.fresh("x", "covariate")
                self.lines.append(f"data {column}[{name}]: real")
                self.data[column] = self.noise.normal(size=size).round(3).tolist()
                self.vars.append(Var(column, (name,), "real", static=True))
        self.dims.append(dim)
        self.by_name[name] = dim
        return dim

    # -- data -------------------------------------------------------------------------------------

    def values(self, kind: str, shape: tuple[int, ...], top: int = 3) -> Any:
        rng = self.noise
        if kind == "real":
            found = rng.normal(size=shape).round(3)
        elif kind == "positive":
            found = (0.2 + rng.gamma(2.0, 0.7, size=shape)).round(3)
        elif kind == "unit":
            found = rng.uniform(0.05, 0.95, size=shape).round(3)
        elif kind == "bool":
            found = rng.integers(0, 2, size=shape)
        else:
            found = rng.integers(0, top + 1, size=shape)
        return found.tolist()

    def add_data(self, dims: tuple[str, ...], kind: str, name: str = "", top: int = 3) -> Var:
        name = name or self.fresh("x", "u", "age", "weight", "dose")
        left = self.left(name, self.plain(dims))
        types = {
            "real": ["real"],
            "positive": ["real > 0", "real > 0"],
            "unit": ["real in (0, 1)", "real in [0, 1]"],
            "int": [f"int in [0, {top}]", "int >= 0"],
            "bool": ["bool"],
        }
        declared = self.pick(types[kind])
        if self.chance(0.08) and kind in ("real", "positive"):
            self.lines.append(f"data {left}: {declared} = {self.number(0.5, 2)}")
            known = {d for v in self.vars if v.static and v.name in self.data for d in v.dims} | {
                d.name for d in self.dims if d.fixed
            }
            if not set(dims) <= known:
                self.data[name] = self.values(kind, self.shape(dims))
        else:
            self.lines.append(f"data {left}: {declared}")
            self.data[name] = self.values(kind, self.shape(dims), top)
        var = Var(name, dims, kind, static=True, top=top)
        self.vars.append(var)
        return var

    def new_data(self) -> None:
        kind = self.pick(["real", "real", "positive", "unit", "int", "bool", "index", "index"])
        dims = self.some_dims(2)
        if kind == "index":
            self.new_link(self.pick(self.dims).name, dims or self.some_dims(1))
        else:
            self.add_data(dims, kind)

    def new_link(self, of: str, dims: tuple[str, ...]) -> Var:
        """Data that hold positions of a dim, as codes or labels."""
        name = self.fresh(f"{of}_of", f"which_{of}")
        dim = self.dim(of)
        places = self.noise.integers(0, dim.size, size=self.shape(dims))
        if dim.labels and self.chance(0.6):
            self.data[name] = np.array(dim.labels)[places].tolist()
        else:
            self.data[name] = (places + dim.start).tolist()
        self.lines.append(f"data {self.left(name, self.plain(dims))}: {of}")
        var = Var(name, dims, "index", static=True, of=of, top=dim.size - 1)
        self.vars.append(var)
        return var

    # -- left sides -------------------------------------------------------------------------------

    @staticmethod
    def plain(dims: Sequence[str]) -> tuple[tuple[str, str], ...]:
        return tuple((d, d) for d in dims)

    def indices(self, dims: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Index names for a left side: mostly the dims' own."""
        names: list[tuple[str, str]] = []
        for dim in dims:
            name = dim
            if self.chance(0.25) or dims.count(dim) > 1:
                name = self.pick(
                    [n for n in ("i", "j", "m", "t", "from_", "to") if n not in [a for a, _ in names]]
                )
            names.append((name, dim))
        return tuple(names)

    @staticmethod
    def left(name: str, indices: Sequence[tuple[str, str]], fixed: dict[str, str] | None = None) -> str:
        parts = [(fixed or {}).get(i, i if i == d else f"{i} in {d}") for i, d in indices]
        return f"{name}[{', '.join(parts)}]" if parts else name

    # -- distributions ----------------------------------------------------------------------------

    def argument(self, support: str, rank: int, scope: Scope, depth: int) -> str | None:
        if rank == 1:
            return self.vector(support, scope, depth)
        if support == "a finite number":
            return self.real(scope, depth)
        if support in ("positive", "at least 0"):
            return self.positive(scope, depth)
        if support == "at least 1":
            return f"(1.1 + {self.positive(scope, depth)})"
        if support == "in [0, 1]":
            return self.unit(scope, depth)
        return None

    def vector(self, support: str, scope: Scope, depth: int) -> str | None:
        """Probabilities or logits along an axis that the statement does not have."""
        dims = [
            d for d in self.dims if not scope.over(d.name) and d.name not in [i for i, _ in scope.indices]
        ]
        if not dims:
            return None
        if support.startswith("a vector of probabilities"):
            known = [
                v
                for v in self.vars
                if v.simplex and v.dims[-1] in [d.name for d in dims] and (v.static or scope.unknown)
            ]
            for var in self.rng.sample(known, len(known)):
                head = self.use(replace(var, dims=var.dims[:-1]), scope)
                if head is not None and self.chance(0.8):
                    return head
        dim = self.pick(dims)
        inner = replace(scope.bind(dim.name, dim.name))
        body = f"({self.real(inner, depth)} + {self.number(-1, 1)} * {dim.name})"
        return f"softmax({body}, {dim.name})" if support.startswith("a vector of probabilities") else body

    def form(self, name: str) -> Any:
        """One of the ways to spell a distribution's parameters, as the shelf has them and the book knows them."""
        known = {tuple(n for n, _ in form) for form in BOOK[name].forms}
        return self.pick([form for form in distributions[name].forms if tuple(p.name for p in form) in known])

    def call(self, name: str, scope: Scope, depth: int) -> str | None:
        """A distribution with arguments, keywords where the spelling needs them or by chance."""
        if name in TIED:
            return self.tied(name, scope, depth)
        forms = distributions[name].forms
        form = self.form(name)
        parts = []
        named = False
        for k, parameter in enumerate(form):
            arg = self.argument(parameter.support.name, parameter.event_rank, scope, depth)
            if arg is None:
                return None
            named = named or k >= len(forms[0]) or forms[0][k].name != parameter.name or self.chance(0.1)
            parts.append(f"{parameter.name} = {arg}" if named else arg)
        return f"{name}({', '.join(parts)})"

    def where(self, scope: Scope) -> str:
        """A condition that speaks of an index of the left side."""
        index, dim = self.pick(scope.indices)
        part = f"{index} {self.pick(['==', '<', '>=', '!='])} {self.rng.randrange(self.dim(dim).size)}"
        return (
            part
            if self.chance(0.5)
            else f"{part} {self.pick(['and', 'or'])} {self.condition(scope, 1, known=True)}"
        )

    # -- definitions ------------------------------------------------------------------------------

    def new_definition(self) -> None:
        dims = self.some_dims(3 if self.chance(0.2) else 2)
        name = self.fresh("eta", "pred", "rate", "zeta")
        if not dims and self.chance(0.6):
            return self.scalar_definition(name)
        indices = self.indices(dims)
        scope = Scope(indices, unknown=self.chance(0.8), finite=self.nested)
        self.finite_uses = 0
        let = "let " if self.chance(0.4) else ""
        if dims and self.chance(0.15):
            size = self.dim(dims[-1]).size
            inner = replace(scope, indices=indices[:-1])
            body = f"[{', '.join(self.real(inner, 0) for _ in range(size))}]"
            self.lines.append(f"{let}{self.left(name, indices)} = {body}")
            self.vars.append(Var(name, dims, "real", finite=self.nested and self.finite_uses > 0))
            return None
        kind = self.pick(["real", "real", "positive", "unit"])
        make = {"real": self.real, "positive": self.positive, "unit": self.unit}[kind]
        if dims and self.chance(0.25):
            condition = self.where(scope)
            one, two = make(scope, 2), make(scope, 2)
            self.lines.append(f"{let}{self.left(name, indices)} = {one} where {condition}")
            self.lines.append(f"{let}{self.left(name, indices)} = {two} where not ({condition})")
        elif dims and self.chance(0.15) and self.dim(dims[0]).size > 1:
            first = indices[0][0]
            start = make(replace(scope, indices=indices[1:], fixed=dims[0]), 1)
            self.lines.append(f"{let}{self.left(name, indices, {first: '0'})} = {start}")
            self.lines.append(
                f"{let}{self.left(name, indices)} = {make(replace(scope, lags={first: 1}), 2)} where {first} > 0"
            )
        else:
            self.lines.append(f"{let}{self.left(name, indices)} = {make(scope, 3)}")
        self.vars.append(Var(name, dims, kind, finite=self.nested and self.finite_uses > 0))
        return None

    def scalar_definition(self, name: str) -> None:
        """Reductions of whole arrays."""
        fits = [
            v
            for v in self.vars
            if v.dims and v.kind in ("real", "positive", "unit") and len(set(v.dims)) == len(v.dims)
        ]
        body = self.real(Scope(), 2)
        if fits:
            v = self.pick(fits)
            body = self.pick(
                [
                    f"mean({v.name})",
                    f"sum({v.name}) / 3",
                    f"logsumexp({v.name})",
                    f"sum(sin({v.name}), {v.dims[0]})" if len(v.dims) == 1 else f"max({v.name})",
                ]
            )
        self.lines.append(f"{name} = {body}")
        self.vars.append(Var(name, (), "real"))

    def new_recursion(self) -> None:
        """Definitions that refer to their own past, alone or two of each other's."""
        dims = self.some_dims(2) or (self.dims[0].name,)
        along = self.pick(dims)
        indices = self.indices(dims)
        time = next(i for i, d in indices if d == along)
        name = self.fresh("h", "level", "state_")
        lag = 1 if self.dim(along).size < 3 or self.chance(0.7) else 2
        scope = Scope(indices)
        self.lines.append(f"{self.left(name, indices)} = {self.real(scope, 1)} where {time} < {lag}")
        parts = self.past(name, indices, time, lag)
        inner = replace(scope, lags={time: 1})
        roll = self.rng.random()
        if roll < 0.3:
            body = " + ".join([*parts, self.real(inner, 1)])
        elif roll < 0.5:
            body = f"{self.real(inner, 1)} + tanh({' + '.join(parts)}) * {self.unit(inner, 1)}"
        elif roll < 0.7 and len(indices) == 1:
            before = f"sum({self.number(0.1, 0.7)}^({time} - s_) * {name}[s_], s_ in 0..{time} - 1)"
            body = f"{before} + {self.bounded(inner, 1)}"
        elif roll < 0.85:
            other = self.fresh("g")
            self.lines.append(f"{self.left(other, indices)} = {self.real(scope, 1)} where {time} < {lag}")
            at = ", ".join(f"{i} - 1" if i == time else i for i, _ in indices)
            self.lines.append(
                f"{self.left(other, indices)} = 0.5 * {other}[{at}] + sin({name}[{at}]) where {time} >= {lag}"
            )
            body = f"{' + '.join(parts)} + 0.3 * {other}[{at}]"
            self.vars.append(Var(other, dims, "real"))
        else:
            body = f"(if {parts[0]} > 0 then {parts[-1]} else {self.real(inner, 1)})"
        self.lines.append(f"{self.left(name, indices)} = {body} where {time} >= {lag}")
        self.vars.append(Var(name, dims, "real"))


def program(seed: int, size: int = 8, finite: bool | None = None) -> Generated:
    """The program of a seed."""
    return Writer(seed, size, finite).program()


def finite_program(seed: int, kind: str) -> Generated:
    """A small model with finite latents of a kind: independent, plates, chain, tree, loop or nested."""
    return Writer(seed, finite=True).finite_program(kind)
