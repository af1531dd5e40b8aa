"""What a program means, slowly: element by element in mpmath, as the language's page says it.

It shares the parser with the compiler and nothing else. No arrays are aligned and nothing is vectorised: an axis is
a name, an environment gives each axis its position, and an expression is a number at these positions. Definitions
are worked out when they are asked for, so recursions need no scan; finite latents are summed out by trying all of
their values. Distributions and their combinators are in `interpreter_densities`, what works on whole arrays (linear
algebra, nets, differential equations) in `interpreter_arrays`. Guides and predictions are not spoken of.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from book import NEVER
from interpreter_arrays import LINEAR, Arrays
from interpreter_axes import Axes
from interpreter_densities import Densities, ends, plain
from interpreter_functions import ALONG, COMPARISONS, ELEMENTWISE, OPERATORS, REDUCTIONS
from mpmath import mp, mpf
from places import Axis, Env, Number, Place, Scope, Undefined, logsumexp
from textbook import BOOK, keeps

from ppl.diagnostic import Source
from ppl.syntax import ast
from ppl.syntax.parse import parse

mp.dps = 30
MOST_ASSIGNMENTS = 5_000
NOWHERE = Scope({})  # one for all, since what is known of an expression is kept by the identity of its scope


@dataclass(eq=False)
class Variable:
    name: str
    role: str
    axes: tuple[tuple[str, str], ...]
    type: ast.Type | None = None
    pieces: list[ast.Relation | ast.Definition] = field(default_factory=list)
    relations: list[ast.Relation] = field(default_factory=list)

    @property
    def dims(self) -> tuple[str, ...]:
        return tuple(dim for _, dim in self.axes)


@dataclass(frozen=True)
class Summand:
    """One row of one statement: what it adds to the log joint."""

    statement: str
    evaluate: Any


class Interpreter(Axes, Densities, Arrays):
    """A program with its data."""

    def __init__(self, text: str, data: Mapping[str, Any]):
        self.program = parse(Source("<generated>", text))
        self.raw = data
        self.sizes: dict[str, int] = {}
        self.labels: dict[str, list[str]] = {}
        self.starts: dict[str, int] = {}
        self.dims: dict[str, ast.Dim] = {}
        self.functions: dict[str, ast.Function] = {}
        self.variables: dict[str, Variable] = {}
        self.nets: dict[str, ast.Net] = {}
        self.states: dict[str, list[Number]] = {}
        self.solved: dict[Any, Any] = {}
        self.factors: list[ast.Factor] = []
        self.data: dict[str, Any] = {}
        self.serials: dict[Any, int] = {}
        self.kept: list[Any] = []  # nodes and scopes whose id is a key somewhere
        self.axes_known: dict[tuple[int, int], tuple[Axis, ...]] = {}
        self._declare()
        self._size()
        self._read()

    # -- names ------------------------------------------------------------------------------------

    def _declare(self) -> None:
        for statement in self.program.statements:
            match statement:
                case ast.Dim():
                    for ident in statement.idents:
                        self.dims[ident.name] = statement
                        self.starts[ident.name] = int(statement.start.value) if statement.start else 0  # type: ignore[attr-defined]
                case ast.Declaration():
                    for target in statement.targets:
                        axes = tuple((i.name, i.dim.name) for i in target.indices if i.dim)
                        name = target.ident.name
                        self.variables[name] = Variable(name, statement.role, axes, statement.type)
                case ast.Function():
                    self.functions[statement.ident.name] = statement
                case ast.Factor():
                    self.factors.append(statement)
                case ast.Net():
                    self.nets[statement.ident.name] = statement
                    self.declare_net(statement, self.declare)
        for kind in (ast.Definition, ast.Relation):
            for statement in self.program.statements:
                if isinstance(statement, kind) and not statement.predict:
                    self._piece(statement)

    def declare(self, name: str, role: str, axes: tuple[tuple[str, str], ...]) -> None:
        """A variable that no statement declares by its name."""
        self.variables[name] = Variable(name, role, axes)

    def _piece(self, statement: ast.Relation | ast.Definition) -> None:
        name = statement.target.ident.name
        known = self.variables.get(name)
        if isinstance(statement, ast.Relation) and known and (known.role in ("data", "definition")):
            known.relations.append(statement)
            return
        axes = tuple((i.name, i.dim.name) if i.dim else ("", "") for i in statement.target.indices)
        if known is None:
            role = "latent" if isinstance(statement, ast.Relation) else "definition"
            known = self.variables[name] = Variable(name, role, axes)
        known.axes = tuple(old if old[1] else new for old, new in zip(known.axes, axes, strict=True))
        known.pieces.append(statement)

    # -- data -------------------------------------------------------------------------------------

    def _size(self) -> None:
        for name, dim in self.dims.items():
            if isinstance(dim.size, ast.ArrayLiteral):
                self.labels[name] = [item.value for item in dim.size.items if isinstance(item, ast.String)]
                self.sizes[name] = len(self.labels[name])
            elif dim.size is not None:
                for variable in self.variables.values():
                    entry = self.raw.get(variable.name)
                    if variable.role == "data" and not variable.axes and isinstance(entry, int):
                        self.data[variable.name] = np.array(entry, dtype=object)
                self.sizes[name] = int(self.value(dim.size, NOWHERE, {}))
            elif name in self.raw:
                entry = self.raw[name]
                if isinstance(entry, list):
                    self.labels[name] = list(entry)
                self.sizes[name] = len(entry) if isinstance(entry, list) else int(entry)
        for variable in self.variables.values():
            if variable.role == "data" and variable.name in self.raw:
                for dim_name, size in zip(variable.dims, np.shape(self.raw[variable.name]), strict=True):
                    if self.sizes.setdefault(dim_name, size) != size:
                        raise Undefined(f"{dim_name}: {size} and {self.sizes[dim_name]}")

    def _read(self) -> None:
        for statement in self.program.statements:
            if isinstance(statement, ast.Declaration) and statement.role == "data":
                for target in statement.targets:
                    self._entry(target.ident.name, statement)

    def _entry(self, name: str, statement: ast.Declaration) -> None:
        kind = statement.type.kind.name if statement.type.kind else ""
        shape = self.shape(name)
        if name not in self.raw:
            assert statement.default is not None
            value = self.value(statement.default, NOWHERE, {})
            array = np.empty(shape, dtype=object)
            array.fill(mpf(value) if kind == "real" else int(value))
        else:
            given = np.asarray(self.raw[name], dtype=object if _is_partial(self.raw[name]) else None)
            array = np.empty(given.shape, dtype=object)
            for place in np.ndindex(given.shape):
                array[place] = self._cell(given[place], kind)
        self.data[name] = array

    def _cell(self, cell: Any, kind: str) -> Number:
        if cell is None:
            return None
        if kind in self.dims:
            return (
                self.labels[kind].index(str(cell)) if isinstance(cell, str) else int(cell) - self.starts[kind]
            )
        return mpf(float(cell)) if kind == "real" else int(cell)

    def blanks(self, name: str) -> list[Place]:
        """The places of data that are not known, in order."""
        array = self.data[name]
        return [place for place in np.ndindex(array.shape) if array[place] is None]

    def shape(self, name: str) -> Place:
        return tuple(self.sizes[dim] for dim in self.variables[name].dims)

    # -- the value of an expression at positions --------------------------------------------------

    def value(self, node: ast.Expr, scope: Scope, env: Env) -> Number:
        """The number that an expression is, where `env` says."""
        match node:
            case ast.Number():
                return node.value if isinstance(node.value, int) else mpf(node.value)
            case ast.Name():
                if node.name in scope.given:
                    return self.value(*scope.given[node.name], env)
                if node.name in scope.indices:
                    return env[scope.indices[node.name]]
                if node.name in self.variables:
                    return self._use(node.name, (), scope, env)
                if node.name in self.dims:
                    return env[Axis(node.name, node.name)]
                return {"pi": mp.pi, "inf": mp.inf}[node.name]
            case ast.Element():
                return self._use(self._base(node, scope), node.indices, scope, env)
            case ast.Chain(kind="product") if "@" in node.operators:
                return self._product(node, scope, env)
            case ast.Chain():
                return self._chain(node, scope, env)
            case ast.Negative():
                return -self.value(node.operand, scope, env)
            case ast.Not():
                return int(not self.value(node.operand, scope, env))
            case ast.Power():
                return self._power(self.value(node.base, scope, env), self.value(node.exponent, scope, env))
            case ast.IfElse():
                return self.value(node.yes if self.value(node.condition, scope, env) else node.no, scope, env)
            case ast.ArrayLiteral():
                axis, inner = self._literal(node, scope)
                if len(node.items) != self.sizes[axis.dim]:
                    raise Undefined("an array literal of another length")
                return self.value(node.items[env[axis]], inner, env)
            case ast.Call():
                return self._call(node, scope, env)
        raise AssertionError(node)

    def _power(self, base: Number, exponent: Number) -> Number:
        if isinstance(exponent, int):
            return base**exponent if exponent >= 0 else mpf(base) ** exponent
        return mpf(base) ** exponent

    def _chain(self, node: ast.Chain, scope: Scope, env: Env) -> Number:
        if node.kind in ("and", "or"):
            parts = [bool(self.value(e, scope, env)) for e in node.operands]
            return int(all(parts) if node.kind == "and" else any(parts))
        if node.kind == "comparison":
            return self._comparison(node, scope, env)
        total = self.value(node.operands[0], scope, env)
        for operator, operand in zip(node.operators, node.operands[1:], strict=True):
            other = self.value(operand, scope, env)
            total = OPERATORS[operator](total, other)
        return total

    def _comparison(self, node: ast.Chain, scope: Scope, env: Env) -> int:
        pairs = zip(node.operands, node.operators, node.operands[1:], strict=False)
        return int(
            all(
                COMPARISONS[op](self._end(a, b, scope, env), self._end(b, a, scope, env))
                for a, op, b in pairs
            )
        )

    def _end(self, node: ast.Expr, other: ast.Expr, scope: Scope, env: Env) -> Number:
        if isinstance(node, ast.Name) and self._is_fixed(node, "", scope):
            (axis,) = self.axes(other, scope)
            return 0 if node.name == "first" else self.sizes[axis.dim] - 1
        return self.value(node, scope, env)

    def _product(self, node: ast.Chain, scope: Scope, env: Env) -> Number:
        left, operator, right = self._folded(node, scope)
        if operator != "@":
            return OPERATORS[operator](self.value(left, scope, env), self.value(right, scope, env))
        one, two = self.axes(left, scope)[-1], self.axes(right, scope)[0]
        terms = [
            self.value(left, scope, {**env, one: k}) * self.value(right, scope, {**env, two: k})
            for k in range(self.sizes[one.dim])
        ]
        return REDUCTIONS["sum"](terms)

    def _use(self, name: str, given: tuple[ast.Expr, ...], scope: Scope, env: Env) -> Number:
        place = []
        for at, dim in zip(self._places(name, given, scope), self.variables[name].dims, strict=True):
            if isinstance(at, Axis):
                place.append(env[at])
            elif isinstance(at, ast.String):
                place.append(self.labels[dim].index(at.value))
            elif self._is_fixed(at, dim, scope):
                place.append(0 if at.name == "first" else self.sizes[dim] - 1)  # type: ignore[attr-defined]
            else:
                place.append(int(self.value(at, scope, env)))
        if any(not 0 <= k < n for k, n in zip(place, self.shape(name), strict=True)):
            raise Undefined(f"{name}{place}")
        return self.element(name, tuple(place))

    def _call(self, node: ast.Call, scope: Scope, env: Env) -> Number:
        name = node.function.name
        if name in self.functions:
            own = self.functions[name]
            return self.value(own.result, self._inside(node, own, scope), env)
        if name == "log_prob":
            return self._log_prob(node, scope, env)
        if name in LINEAR:
            return self.linear(node, scope, env)
        if name in self.nets:
            return self.net(node, self.nets[name], scope, env)
        if name == "ode":
            return self.ode(node, scope, env)
        if name in REDUCTIONS:
            inner, over, ranges = self._over(node, scope)
            values = [self.value(node.args[0], inner, e) for e in self._positions(over, ranges, scope, env)]
            return REDUCTIONS[name](values)
        if name in ALONG:
            axis = self._named(node.args[1], self.axes(node.args[0], scope))
            row = [self.value(node.args[0], scope, {**env, axis: k}) for k in range(self.sizes[axis.dim])]
            return ALONG[name](row, env[axis])
        return ELEMENTWISE[name](*[self.value(e, scope, env) for e in node.args])

    def _positions(
        self, over: Sequence[Axis], ranges: Mapping[Axis, tuple[ast.Expr, ast.Expr]], scope: Scope, env: Env
    ) -> Iterator[Env]:
        choices = []
        for axis in over:
            if axis in ranges:
                lower, upper = (int(self.value(e, scope, env)) for e in ranges[axis])
                choices.append(range(lower, upper + 1))
            else:
                choices.append(range(self.sizes[axis.dim]))
        for places in itertools.product(*choices):
            yield {**env, **dict(zip(over, places, strict=True))}

    # -- variables --------------------------------------------------------------------------------

    def element(self, name: str, place: Place) -> Number:
        """One element of a variable."""
        variable = self.variables[name]
        if variable.role == "state":
            return self.states[name][place[0] if place else 0]
        if variable.role == "data" and self.data[name][place] is not None:
            return self.data[name][place]
        if (name, place) in self.assignment:
            for reads in self.reading:
                reads[name, place] = self.assignment[name, place]
            return self.assignment[name, place]
        if variable.role == "definition":
            return self._defined(variable, place)
        if variable.role == "data":
            return mpf(float(self.values[name][self.blanks(name).index(place)]))
        return mpf(float(self.values[name][place]))

    def _defined(self, variable: Variable, place: Place) -> Number:
        key = (variable.name, place)
        for reads, value in self.memo.setdefault(key, []):
            if all(self.assignment[k] == v for k, v in reads.items()):
                for outer in self.reading:
                    outer.update(reads)
                return value
        if key in self.active:
            raise Undefined(f"{key} is made of itself")
        self.active.add(key)
        reads: dict[Any, int] = {}
        self.reading.append(reads)
        piece, scope, env = self._piece_at(variable, place)
        assert isinstance(piece, ast.Definition)
        value = self.value(piece.value, scope, self._with_pairs(piece, scope, env))
        self.reading.pop()
        self.active.discard(key)
        self.memo[key].append((reads, value))
        return value

    def _with_pairs(self, piece: ast.Definition, scope: Scope, env: Env) -> Env:
        """A whole matrix on the right takes the index names of the left: `S[i in d, j in d] = L @ transpose(L)`."""
        by_dim: dict[str, list[Axis]] = {}
        for axis in scope.literal:
            by_dim.setdefault(axis.dim, []).append(axis)
        more: dict[Axis, int] = {}
        for d, pair in by_dim.items():
            if len(pair) == 2:
                more |= {Axis(d, d, k): env[a] for k, a in enumerate(pair)}
                more |= {Axis(a.name, d, 1): env[pair[1]] for a in pair}
        return {**more, **env}

    def _piece_at(self, variable: Variable, place: Place) -> tuple[Any, Scope, Env]:
        found = []
        for piece in variable.relations if variable.role == "data" else variable.pieces:
            scope = self.scope(variable, piece)
            env = dict(zip(scope.literal, place, strict=True))
            if self._selects(variable, piece, scope, env, place):
                found.append((piece, scope, env))
        if len(found) != 1:
            raise Undefined(f"{variable.name}{place} has {len(found)} pieces")
        return found[0]

    def scope(self, variable: Variable, piece: ast.Relation | ast.Definition) -> Scope:
        """The scope of a statement: the index names of its left side."""
        key = ("scope", id(piece))
        if key not in self.serials:
            axes: list[Axis] = []
            for index, (name, dim) in zip(piece.target.indices, variable.axes, strict=True):
                axis = Axis(index.name, index.dim.name) if index.dim else Axis(name or dim, dim)
                axes.append(Axis(axis.name, axis.dim, 1) if axis in axes else axis)
            of = (
                variable.type.kind.name
                if variable.type and variable.type.kind and variable.type.kind.name in self.dims
                else None
            )
            indices = {a.name: a for a in axes if not a.copy}
            self.serials[key] = Scope(indices, tuple(axes), of=of)  # type: ignore[assignment]
        return self.serials[key]  # type: ignore[return-value]

    def _selects(self, variable: Variable, piece: Any, scope: Scope, env: Env, place: Place) -> bool:
        for index, at, (_, dim) in zip(piece.target.indices, place, variable.axes, strict=False):
            fixed = index.position
            if isinstance(fixed, str):
                fixed = self.labels[dim].index(fixed)
            if fixed is not None and fixed != at:
                return False
        return piece.where is None or bool(self.value(piece.where, scope, env))

    # -- the log joint ----------------------------------------------------------------------------

    def log_joint(self, values: Mapping[str, Any]) -> tuple[Number, dict[str, Number], Number]:
        """The log joint; by statement what holds without finite latents; and the sum of the absolute summands."""
        self.values = values
        self.solved = {}
        self.assignment: dict[tuple[str, Place], int] = {}
        self.reading: list[dict[Any, int]] = []
        self.memo: dict[Any, list[tuple[dict[Any, int], Number]]] = {}
        self.active: set[Any] = set()
        domains = self._domains()
        self.assignment.update({key: domain[0] for key, domain in domains.items()})
        fixed: dict[str, Number] = {}
        size = mpf(0)
        open_ones: list[tuple[Summand, list[tuple[dict[Any, int], Number]]]] = []
        for summand in self._summands():
            reads, value = self._traced(summand)
            if reads:
                open_ones.append((summand, [(reads, value)]))
            else:
                fixed[summand.statement] = fixed.get(summand.statement, mpf(0)) + value
                size += abs(value)
        summed = self._brute_force(domains, open_ones)
        touched = {summand.statement for summand, _ in open_ones}
        total = mp.fsum(fixed.values()) + summed
        return total, {k: v for k, v in fixed.items() if k not in touched}, size + abs(summed)

    def _traced(self, summand: Summand) -> tuple[dict[Any, int], Number]:
        reads: dict[Any, int] = {}
        self.reading.append(reads)
        value = summand.evaluate()
        self.reading.pop()
        return reads, value

    def _brute_force(
        self, domains: Mapping[Any, Sequence[int]], summands: Sequence[tuple[Summand, list[Any]]]
    ) -> Number:
        """log of the sum over all assignments of exp of all that depends on them."""
        if not domains:
            return mpf(0)
        count = int(np.prod([len(d) for d in domains.values()], dtype=float))
        if count > MOST_ASSIGNMENTS:
            raise Undefined(f"{count} assignments")
        totals = []
        for choice in itertools.product(*domains.values()):
            self.assignment.update(zip(domains, choice, strict=True))
            total = mpf(0)
            for summand, known in summands:
                value = next(
                    (v for reads, v in known if all(self.assignment[k] == at for k, at in reads.items())),
                    None,
                )
                if value is None:
                    reads, value = self._traced(summand)
                    known.append((reads, value))
                total += value
                if total == NEVER:
                    break
            totals.append(total)
        return logsumexp(totals)

    def _domains(self) -> dict[tuple[str, Place], Sequence[int]]:
        """The finite unknowns' elements and what each of them can be."""
        found: dict[tuple[str, Place], Sequence[int]] = {}
        for variable in self.variables.values():
            name = variable.name
            if variable.role == "data":
                pieces, places = variable.relations, self.blanks(name)
            elif variable.role == "latent" and name.partition(".")[0] not in self.nets:
                pieces, places = variable.pieces, list(np.ndindex(self.shape(name)))
            else:
                continue
            if variable.type is not None and variable.type.values:
                domain = [int(self.value(v, NOWHERE, {})) for v in variable.type.values]
                found |= {(name, place): domain for place in places}
            elif pieces and BOOK[plain(pieces[0].distribution).function.name].discrete:  # type: ignore[union-attr]
                found |= dict.fromkeys([(name, place) for place in places], ())
        for (name, place), domain in list(found.items()):
            if not domain:
                found[name, place] = self._domain(name, place)
        return found

    def _domain(self, name: str, place: Place) -> Sequence[int]:
        piece, scope, env = self._piece_at(self.variables[name], place)
        call = piece.distribution
        book = BOOK[call.function.name]
        assert book.values is not None
        if call.function.name == "Categorical":
            own = self.free_axis(self._form(call)[1][0], scope, scope)
            return range(self.sizes[own.dim])
        if call.function.name == "Bernoulli":
            return (0, 1)
        # The ends of what remains are made of data; a parameter that is not known yet plays no part but by its size.
        form, nodes = self._form(call)
        args: list[Any] = []
        for (parameter, rank), node in zip(form, nodes, strict=True):
            if rank:
                args.append([None] * self.sizes[self.free_axis(node, scope, scope).dim])
            else:
                is_end = parameter in ("n", "low", "high", "good", "bad")
                args.append(self.value(node, scope, env) if is_end else mpf(1) / 2)
        return book.values(*args)

    def _summands(self) -> Iterator[Summand]:
        for variable in list(self.variables.values()):
            pieces = variable.pieces if variable.role == "latent" else variable.relations
            for piece in pieces:
                assert isinstance(piece, ast.Relation)
                yield from self._rows(variable, piece)
        yield from self._weights()
        for k, factor in enumerate(self.factors):
            scope = NOWHERE
            axes = self.axes(factor.value, scope)
            named = scope
            for axis in axes:
                named = named.bind(axis)
            self.kept.append(named)
            name = "factor" if len(self.factors) == 1 else f"factor {k + 1}"
            for env in self._positions(axes, {}, scope, {}):
                if factor.where is None or self.value(factor.where, named, env):
                    yield Summand(name, lambda f=factor, s=scope, e=env: mpf(self.value(f.value, s, e)))

    def _weights(self) -> Iterator[Summand]:
        """The priors of nets' weights."""
        for net in self.nets.values():
            if net.prior is None:
                continue
            for name in [v for v in self.variables if v.partition(".")[0] == net.ident.name and "." in v]:
                for place in np.ndindex(self.shape(name)):
                    yield Summand(
                        name,
                        lambda n=name, p=place, prior=net.prior: self.density(
                            prior, self.element(n, p), (), NOWHERE, {}
                        ),
                    )

    def _rows(self, variable: Variable, piece: ast.Relation) -> Iterator[Summand]:
        rank = self.rank(piece.distribution)
        scope = self.scope(variable, piece)
        batch, event = scope.literal[: len(scope.literal) - rank], scope.literal[len(scope.literal) - rank :]
        for place in np.ndindex(tuple(self.sizes[a.dim] for a in batch)):
            env = dict(zip(batch, place, strict=True))
            if self._selects(variable, piece, scope, env, place):
                yield Summand(
                    variable.name,
                    lambda p=place, e=env: self._row(variable, piece, scope, batch, event, p, e),
                )

    def _row(
        self,
        variable: Variable,
        piece: ast.Relation,
        scope: Scope,
        batch: Sequence[Axis],
        event: tuple[Axis, ...],
        place: Place,
        env: Env,
    ) -> Number:
        call = piece.distribution

        def draw(place: Place, left: int) -> Any:
            if not left:
                return self.element(variable.name, place)
            size = range(self.shape(variable.name)[len(place)])
            return [draw((*place, k), left - 1) for k in size]

        x = draw(place, len(event))
        total = self.density(call, x, event, scope, env)
        bounds = [(op, self.value(end, scope, env)) for op, end in ends(piece)]
        if bounds:
            total = total - self.mass(call, bounds, scope, env) if keeps(x, bounds) else NEVER
        if piece.ordered:
            # The whole vector is one draw; its density among increasing ones is K! as high where all orders are alike.
            last = batch[-1]
            if place[-1] == 0:
                total += mp.loggamma(self.sizes[last.dim] + 1)
            elif x < self.element(variable.name, (*place[:-1], place[-1] - 1)):
                total = NEVER
        return total


def _is_partial(cells: Any) -> bool:
    """Whether a list of lists has a None in it."""
    return any(_is_partial(c) for c in cells) if isinstance(cells, list) else cells is None
