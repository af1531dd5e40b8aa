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
from program_parts import Dim, Generated, Scope, Var
from program_shelf import ENDED, TIED, ShelfWriter
from textbook import BOOK

from ppl.distributions import distributions

MOST_ASSIGNMENTS = 600
CONTINUOUS = [n for n in BOOK if n not in ("Flat",) and not BOOK[n].discrete and not BOOK[n].event_rank]
DISCRETE = [n for n in BOOK if BOOK[n].discrete]


class Writer(ShelfWriter, ArrayWriter):
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

    # -- expressions ------------------------------------------------------------------------------

    def use(self, var: Var, scope: Scope, depth: int = 1) -> str | None:
        """The variable with its axes given somehow; None where there is no way."""
        if var.finite and (not scope.finite or self.finite_uses >= 2):
            return None
        found: list[str] = []
        has_lag = False
        for dim in var.dims:
            d = self.dim(dim)
            here = scope.over(dim)
            options: list[str] = []
            for name in here:
                options += [name] * 3
                if scope.lags.get(name, 0):
                    lag = self.rng.randint(1, scope.lags[name])
                    options += [f"{name} - {lag}"] * (20 if var.lag_only else 2)
                if not var.lag_only:
                    options += (
                        [f"{d.size - 1} - {name}", f"mod({name} + 1, {d.size})"] if self.chance(0.15) else []
                    )
            if len(here) == 1 and var.dims.count(dim) == 1:
                options += [""] * 8
            if not var.lag_only and (not here or self.chance(0.3)) and depth > 0:
                links = [
                    v
                    for v in self.vars
                    if v.of == dim
                    and (v.static or (scope.finite and (self.nested or not var.finite)))
                    and v.name != var.name
                ]
                for link in links:
                    known = replace(scope, finite=scope.finite and (self.nested or not var.finite))
                    at = self.use(link, known, depth - 1)
                    options += [at] * 4 if at else []
                ints = [v for v in self.vars if v.kind == "int" and v.static and v.top < d.size]
                for v in ints:
                    at = self.use(v, scope, depth - 1)
                    options += [at] if at else []
                if d.labels:
                    options.append(f'"{self.pick(d.labels)}"')
                options += ["first", "last", str(self.rng.randrange(d.size))]
                options += [n for n, top in scope.numbers.items() if top < d.size] * 3
            if var.lag_only:
                lags = [o for o in options if " - " in o]
                if lags and not has_lag:
                    options, has_lag = lags, True
                else:
                    options = [o for o in options if " - " not in o]
            if not options:
                return None
            found.append(self.pick(options))
        if var.lag_only and not has_lag:
            return None
        if var.finite:
            self.finite_uses += 1
        while found and found[-1] == "":
            found.pop()
        parts = []
        for part, dim in zip(found, var.dims, strict=False):
            parts.append(part or scope.over(dim)[0])
        return f"{var.name}[{', '.join(parts)}]" if parts else var.name

    def leaf(self, kinds: Sequence[str], scope: Scope) -> str | None:
        """Some variable of one of the kinds."""
        fits = [
            v
            for v in self.vars
            if v.kind in kinds
            and (v.static or scope.unknown)
            and not v.factor
            and (not v.finite or scope.finite)
        ]
        self.rng.shuffle(fits)
        fits.sort(key=lambda v: v.static and self.chance(0.6))
        for var in fits[:6]:
            found = self.use(var, scope)
            if found is not None:
                return found
        return None

    def real(self, scope: Scope, depth: int) -> str:
        """A real number of moderate size."""
        roll = self.rng.random()
        if depth <= 0 or roll < 0.25:
            found = (
                self.leaf(("real", "real", "positive", "unit", "bool", "int"), scope)
                if self.chance(0.85)
                else None
            )
            return found or self.number(-2, 2)
        if roll < 0.5:
            parts = [self.real(scope, depth - 1) for _ in range(self.rng.randint(2, 3))]
            return (
                "("
                + "".join(p if k == 0 else self.pick([" + ", " - "]) + p for k, p in enumerate(parts))
                + ")"
            )
        if roll < 0.62:
            return f"{self.real(scope, depth - 1)} * {self.bounded(scope, depth - 1)}"
        if roll < 0.68:
            return f"{self.real(scope, depth - 1)} / {self.positive(scope, depth - 1)}"
        if roll < 0.76:
            return self.bounded(scope, depth)
        if roll < 0.8:
            return self.branches(self.real, scope, depth)
        if roll < 0.82:
            return f"-{self.bounded(scope, depth - 1)}"
        if roll < 0.93:
            return self.reduction(scope, depth)
        if roll < 0.96 and self.functions:
            return self.own_call(scope, depth)
        if roll < 0.965 and self.matrices and scope.unknown:
            return f"{self.number(0.1, 0.5)} * logdet({self.pick(self.matrices)[0]})"
        if roll < 0.98:
            return f"{self.pick(['maximum', 'minimum'])}({self.real(scope, depth - 1)}, {self.real(scope, depth - 1)})"
        return f"log({self.positive(scope, depth - 1)})"

    def branches(self, make: Callable[[Scope, int], str], scope: Scope, depth: int) -> str:
        """One of two, as a condition has it."""
        condition = self.condition(scope, depth - 1)
        return f"(if {condition} then {make(scope, depth - 1)} else {make(scope, depth - 1)})"

    def bounded(self, scope: Scope, depth: int) -> str:
        """Between -2 and 2, whatever stands inside."""
        inside = self.real(scope, depth - 1)
        function = self.pick(["tanh", "sin", "cos", "arctan", "erf", "expit", "Phi"])
        return f"{function}({inside})"

    def positive(self, scope: Scope, depth: int) -> str:
        """A positive number that is neither tiny nor huge where its parts are not."""
        roll = self.rng.random()
        if depth <= 0 or roll < 0.4:
            found = self.leaf(("positive", "positive", "unit"), scope) if self.chance(0.8) else None
            return found or self.number(0.3, 2.5)
        options = [
            lambda: f"exp({self.bounded(scope, depth - 1)})",
            lambda: f"({self.number(0.2, 1)} + ({self.real(scope, depth - 1)})^2)",
            lambda: f"(0.1 + softplus({self.real(scope, depth - 1)}))",
            lambda: f"({self.positive(scope, depth - 1)} + {self.positive(scope, depth - 1)})",
            lambda: f"{self.positive(scope, depth - 1)} * {self.positive(scope, 0)}",
            lambda: f"sqrt({self.positive(scope, depth - 1)})",
            lambda: f"{self.positive(scope, depth - 1)}^{self.pick(['0.5', '2', '1.5'])}",
            lambda: f"(0.2 + abs({self.real(scope, depth - 1)}))",
            lambda: self.branches(self.positive, scope, depth),
            lambda: f"log1p({self.positive(scope, depth - 1)})",
        ]
        return self.pick(options)()

    def unit(self, scope: Scope, depth: int) -> str:
        """A probability away from 0 and 1."""
        roll = self.rng.random()
        if depth <= 0 or roll < 0.35:
            found = self.leaf(("unit",), scope) if self.chance(0.8) else None
            return found or self.number(0.1, 0.9)
        options = [
            lambda: f"expit({self.bounded(scope, depth - 1)})",
            lambda: f"Phi({self.bounded(scope, depth - 1)})",
            lambda: f"(1 - {self.unit(scope, depth - 1)})",
            lambda: f"(0.05 + 0.9 * {self.unit(scope, depth - 1)})",
            lambda: f"{self.unit(scope, depth - 1)} * {self.unit(scope, 0)}",
            lambda: self.branches(self.unit, scope, depth),
        ]
        return self.pick(options)()

    def condition(self, scope: Scope, depth: int, known: bool = False) -> str:
        """A condition; `known` ones speak of positions and data only."""
        if known:
            scope = replace(scope, unknown=False, finite=False)
        roll = self.rng.random()
        if scope.indices and roll < 0.4:
            index, dim = self.pick(scope.indices)
            others = [i for i, d in scope.indices if i != index]
            value = str(self.rng.randrange(self.dim(dim).size))
            right = self.pick([value, value, "first", "last", *others])
            return f"{index} {self.pick(['==', '!=', '<', '<=', '>', '>='])} {right}"
        if roll < 0.6:
            found = self.leaf(("bool",), scope)
            if found:
                return found
        if roll < 0.68 and depth > 0:
            parts = [self.condition(scope, depth - 1) for _ in range(2)]
            return f"({self.pick([' and ', ' or ']).join(parts)})"
        if roll < 0.73 and depth > 0:
            return f"(not {self.condition(scope, depth - 1)})"
        if roll < 0.8:
            return f"{self.number(-2, -0.5)} < {self.real(scope, 0)} <= {self.number(0.3, 2)}"
        return f"{self.real(scope, max(depth - 1, 0))} {self.pick(['<', '>'])} {self.real(scope, 0)}"

    def reduction(self, scope: Scope, depth: int) -> str:
        """A sum, mean, ... over an axis, a range, or a matrix product."""
        kinds = [
            self.over_axis,
            self.over_axis,
            self.over_binder,
            self.over_binder,
            self.over_range,
            self.contraction,
            self.along,
        ]
        found = self.pick(kinds)(scope, depth)
        return found if found is not None else self.real(scope, depth - 1)

    def reducer(self, size: int, empty: bool = False) -> str:
        names = (
            ["sum", "sum", "sum", "prod"]
            if empty
            else ["sum", "sum", "mean", "max", "min", "logsumexp", "prod"]
        )
        return self.pick([*names, *(["sd", "var"] if size > 1 and not empty else [])])

    def over_axis(self, scope: Scope, depth: int) -> str | None:
        dims = [
            d for d in self.dims if not scope.over(d.name) and d.name not in [i for i, _ in scope.indices]
        ]
        if not dims:
            return self.own_axis(scope)
        dim = self.pick(dims)
        inner = scope.bind(dim.name, dim.name)
        carriers = [
            v
            for v in self.vars
            if dim.name in v.dims
            and v.kind in ("real", "positive", "unit")
            and (v.static or scope.unknown)
            and not v.lag_only
        ]
        carrier = self.use(self.pick(carriers), inner) if carriers else None
        if carrier is None or (dim.name not in carrier and "[" in carrier):
            carrier = f"({dim.name} + {self.number(0.2, 1)})"
        else:  # whichever way it is indexed, the axis must be there
            carrier = f"({carrier} + 0.1 * {dim.name})"
        name = self.reducer(dim.size)
        return f"{name}({carrier} * {self.bounded(inner, depth - 1)}, {dim.name})"

    def own_axis(self, scope: Scope) -> str | None:
        """`mean(x, obs)` in a statement that runs over `obs` itself."""
        for index, dim in scope.indices:
            fits = [
                v
                for v in self.vars
                if v.dims == (dim,)
                and v.kind in ("real", "positive")
                and (v.static or scope.unknown)
                and not v.lag_only
            ]
            if fits and len(scope.over(dim)) == 1:
                return (
                    f"{self.reducer(self.dim(dim).size)}({self.pick(fits).name}, {self.pick([index, dim])})"
                )
        return None

    def over_binder(self, scope: Scope, depth: int) -> str | None:
        dim = self.pick(self.dims)
        index = self.pick([n for n in ("k_", "q", "r") if n not in [i for i, _ in scope.indices]])
        if scope.over(dim.name):
            return None
        return f"{self.reducer(dim.size)}({self.real(scope.bind(index, dim.name), depth - 1)}, {index} in {dim.name})"

    def over_range(self, scope: Scope, depth: int) -> str | None:
        index = self.pick([n for n in ("s", "v", "h_") if n not in scope.numbers and n not in self.used])
        low, empty = 0, False
        options: list[tuple[str, int]] = [(f"{self.rng.randint(1, 3)}", 3)]
        for name, dim in scope.indices:
            options.append((name, self.dim(dim).size - 1))
            options.append((f"{name} - 1", self.dim(dim).size - 1))
        ints = [v for v in self.vars if v.kind == "int" and v.static]
        if ints:
            var = self.pick(ints)
            at = self.use(var, replace(scope, unknown=False, finite=False))
            if at:
                options.append((at, var.top))
        end, top = self.pick(options)
        empty = not end.isdigit()
        low = self.pick([0, 1]) if end.isdigit() or end[-1] != "1" else 0
        inner = replace(scope, numbers={**scope.numbers, index: top})
        body = self.pick(
            [
                f"{self.bounded(inner, depth - 1)}",
                f"{self.number(0.1, 0.9)}^{index} * {self.bounded(inner, depth - 1)}",
                f"sin({index} + {self.real(inner, depth - 1)})",
            ]
        )
        behind = [i for i, _ in scope.indices if end == f"{i} - 1"]
        if behind:  # beyond the end of a shorter range this would be infinite
            body = self.pick(
                [
                    body,
                    f"{self.bounded(inner, depth - 1)} / ({behind[0]} - {index})",
                    f"({behind[0]} - {index})^(-{self.positive(inner, 0)})",
                ]
            )
        return f"{self.reducer(1, empty)}({body}, {index} in {low}..{end})"

    def contraction(self, scope: Scope, depth: int) -> str | None:
        """`x @ beta`."""
        numbers = [
            v
            for v in self.vars
            if v.kind in ("real", "positive", "unit") and (v.static or scope.unknown) and not v.lag_only
        ]
        pairs = [
            (a, b)
            for a in numbers
            for b in numbers
            if a.dims
            and b.dims
            and a.dims[-1] == b.dims[0]
            and not scope.over(a.dims[-1])
            and len(set(a.dims)) == len(a.dims)
            and len(set(b.dims)) == len(b.dims)
            and all(len(scope.over(d)) == 1 for d in (*a.dims[:-1], *b.dims[1:]))
        ]
        if not pairs:
            return None
        a, b = self.pick(pairs)
        return f"tanh({a.name} @ {b.name})" if self.chance(0.5) else f"({a.name} @ {b.name})"

    def along(self, scope: Scope, depth: int) -> str | None:
        for index, dim in self.rng.sample(scope.indices, len(scope.indices)):
            fits = [
                v
                for v in self.vars
                if dim in v.dims
                and v.kind in ("real", "positive")
                and (v.static or scope.unknown)
                and not v.lag_only
            ]
            fits = [
                v
                for v in fits
                if all(len(scope.over(d)) == 1 for d in v.dims) and len(set(v.dims)) == len(v.dims)
            ]
            if fits:
                return f"{self.pick(['softmax', 'log_softmax', 'cumsum'])}({self.pick(fits).name}, {index})"
        return None

    def new_function(self) -> None:
        name = self.fresh("gain", "link", "mix")
        count = self.rng.randint(1, 2)
        a, b = "p", "q_" if count > 1 else "p"
        result = self.pick(
            [
                f"{a} * tanh({b})",
                f"sin({a}) + 0.5 * {b}",
                f"(if {a} > 0 then {b} else {a} / 2)",
                f"sqrt(1 + {a}^2) - {b}",
            ]
        )
        if self.functions and self.chance(0.4):
            other, arity, _ = self.pick(self.functions)
            result = f"{other}({', '.join([a, b][:arity])}) + {a}"
        parameters = ", ".join([a, b][:count])
        if self.chance(0.4):
            self.lines.append(f"fn {name}({parameters}) = {{\n  let c_ = {result}\n  return c_ + cos({a}) }}")
        else:
            self.lines.append(f"fn {name}({parameters}) = {result}")
        self.functions.append((name, count, parameters))

    def own_call(self, scope: Scope, depth: int) -> str:
        name, count, parameters = self.pick(self.functions)
        args = [self.real(scope, depth - 1) for _ in range(count)]
        if self.chance(0.25):
            args = [f"{p} = {a}" for p, a in zip(parameters.split(", "), args, strict=True)]
        return f"{name}({', '.join(args)})"

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

    # -- latents ----------------------------------------------------------------------------------

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
            self.lines.append(
                f"{let}{self.left(name, indices, {first: '0'})} = {make(replace(scope, indices=indices[1:]), 1)}"
            )
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

    # -- likelihood and factors -------------------------------------------------------------------

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

    # -- finite latents ---------------------------------------------------------------------------

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
            body = f"sin(from_ + 2 * to + {self.real(Scope(), 1)}) + {self.number(0.2, 1)} * (from_ == to)"
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


def program(seed: int, size: int = 8, finite: bool | None = None) -> Generated:
    """The program of a seed."""
    return Writer(seed, size, finite).program()


def finite_program(seed: int, kind: str) -> Generated:
    """A small model with finite latents of a kind: independent, plates, chain, tree, loop or nested."""
    return Writer(seed, finite=True).finite_program(kind)
