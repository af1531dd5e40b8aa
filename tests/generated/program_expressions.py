"""Expressions for a type and a scope: real numbers, positive ones, probabilities, conditions, and reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from program_parts import Scope, Var


class ExpressionWriter:
    """A part of the writer of programs: `self` has its expressions, names and data."""

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
        if scope.over(dim.name) or dim.name == scope.fixed:
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
