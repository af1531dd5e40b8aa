"""The interpreter's distributions: arguments, masses between ends, and combinators, each written as its page has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from book import NEVER, log
from mpmath import mp, mpf
from places import Axis, Env, Number, Scope, Undefined, logsumexp
from textbook import BOOK, keeps, log_mass, log_prob

from ppl.syntax import ast

# The combinators: their own parameters, and where the distribution stands among the arguments.
COMBINATORS = {
    "Mixture": (("weights",), 1),
    "Truncated": (("low", "high"), 0),
    "Censored": (("low", "high"), 0),
    "ZeroInflated": (("prob",), 1),
    "Hurdle": (("prob",), 1),
    "IntervalCensored": (("high",), 0),
}
Bounds = Sequence[tuple[str, Any]]


def plain(call: ast.Call) -> ast.Call:
    """The distribution inside of all combinators."""
    while call.function.name in COMBINATORS:
        call = _parts(call)[0]
    return call


def _parts(call: ast.Call) -> tuple[ast.Call, dict[str, ast.Expr]]:
    """The distribution that a combinator stands around, and the combinator's own arguments."""
    names, position = COMBINATORS[call.function.name]
    inner = call.args[position]
    assert isinstance(inner, ast.Call)
    own = [arg for k, arg in enumerate(call.args) if k != position]
    return inner, {**dict(zip(names, own, strict=False)), **{k.name.name: k.value for k in call.keywords}}


def ends(piece: ast.Relation) -> Iterator[tuple[str, ast.Expr]]:
    """The ends of a truncation, with their operators."""
    for bound in piece.bounds:
        if bound.lower is not None:
            yield bound.lower_op, bound.lower
        if bound.upper is not None:
            yield bound.upper_op, bound.upper


class Densities:
    """What an interpreter knows of distributions; `value`, `axes` and the variables are the interpreter's."""

    def rank(self, call: ast.Call) -> int:
        """How many axes one draw has."""
        return BOOK[plain(call).function.name].event_rank

    def _form(self, call: ast.Call) -> tuple[tuple[tuple[str, int], ...], list[ast.Expr]]:
        """The form of a distribution's arguments that a call has, and the arguments in its order."""
        keywords = {k.name.name: k.value for k in call.keywords}
        for form in BOOK[call.function.name].forms:
            given = {**dict(zip([n for n, _ in form], call.args, strict=False)), **keywords}
            if set(given) == {n for n, _ in form} and len(call.args) + len(keywords) == len(form):
                return form, [given[n] for n, _ in form]
        raise Undefined(f"arguments of {call.function.name}")

    def _arguments(
        self, call: ast.Call, event: tuple[Axis, ...], scope: Scope, env: Env
    ) -> tuple[tuple[str, ...], list[Any]]:
        form, nodes = self._form(call)
        inner = self._with_categories(call, scope)
        along = BOOK[call.function.name].along
        found = [
            self._argument(node, rank, along.get(name), event, scope, inner, env)
            for (name, rank), node in zip(form, nodes, strict=True)
        ]
        return tuple(n for n, _ in form), found

    def _with_categories(self, call: ast.Call, scope: Scope) -> Scope:
        """Where array literals among a distribution's arguments run along the categories of what it speaks of."""
        if scope.of is None:
            return scope
        key = ("categories", id(call), id(scope))
        if key not in self.serials:
            self.kept.append((call, scope))
            axis = Axis(scope.of, scope.of)
            self.serials[key] = Scope(scope.indices, (*scope.literal, axis), scope.given)
        return self.serials[key]

    def _argument(
        self,
        node: ast.Expr,
        rank: int,
        along: tuple[int | None, ...] | None,
        event: tuple[Axis, ...],
        scope: Scope,
        inner: Scope,
        env: Env,
    ) -> Any:
        """An argument over its own axes: a number, a list, or a list of rows."""
        if rank == 0:
            return self.value(node, scope, env)
        if rank == 1 and not event:
            own = self.free_axis(node, inner, scope)
            return [self.value(node, inner, {**env, own: k}) for k in range(self.sizes[own.dim])]
        along = along or (len(event) - 1,) * rank
        if rank == 2 and along[0] == along[1]:
            return self._matrix(node, event[along[0]].dim, scope, env)
        free = self.free_axis(node, scope, scope, event) if None in along else None
        axes = [free if k is None else event[k] for k in along]
        ranges = [range(self.sizes[a.dim]) for a in axes]
        if rank == 1:
            return [self.value(node, scope, {**env, axes[0]: k}) for k in ranges[0]]
        return [
            [self.value(node, scope, {**env, axes[0]: i, axes[1]: j}) for j in ranges[1]] for i in ranges[0]
        ]

    def free_axis(self, node: ast.Expr, inner: Scope, scope: Scope, event: tuple[Axis, ...] = ()) -> Axis:
        """The one axis of an argument that the statement does not have."""
        (own,) = (a for a in self.axes(node, inner) if a not in scope.indices.values() and a not in event)
        return own

    def _matrix(self, node: ast.Expr, dim: str, scope: Scope, env: Env) -> list[list[Number]]:
        rows, columns = (a for a in self.axes(node, scope) if a.dim == dim)
        size = range(self.sizes[dim])
        return [[self.value(node, scope, {**env, rows: i, columns: j}) for j in size] for i in size]

    # -- log densities and masses -----------------------------------------------------------------

    def density(self, call: ast.Call, x: Any, event: tuple[Axis, ...], scope: Scope, env: Env) -> Number:
        """The log density of one draw."""
        name = call.function.name
        if name not in COMBINATORS:
            form, args = self._arguments(call, event, scope, env)
            return log_prob(name, form, x, args)
        inner, own = _parts(call)
        if name == "Mixture":
            rows = self._components(call, scope, env)
            return logsumexp([log(w) + self.density(inner, x, event, at, e) for w, at, e in rows])
        given = {key: self.value(node, scope, env) for key, node in own.items()}
        if name in ("Truncated", "Censored", "IntervalCensored"):
            return getattr(self, f"_{name.lower()}")(inner, x, given, event, scope, env)
        prob = given["prob"]
        if name == "ZeroInflated":
            base = log(1 - prob) + self.density(inner, x, event, scope, env)
            return logsumexp([log(prob), base]) if x == 0 else base
        if x == 0:
            return log(prob)
        left = log(1 - prob) + self.density(inner, x, event, scope, env)
        if BOOK[plain(inner).function.name].discrete:
            left -= mp.log(1 - mp.exp(self.density(inner, 0, event, scope, env)))
        return left

    def _components(self, call: ast.Call, scope: Scope, env: Env) -> Iterator[tuple[Number, Scope, Env]]:
        """The weights of a mixture, and where its distribution is asked for each component."""
        weights = _parts(call)[1]["weights"]
        axis = self.free_axis(weights, scope, scope)
        key = ("mixture", id(call), id(scope))
        if key not in self.serials:
            self.kept.append((call, scope))
            indices = {**scope.indices, axis.name: axis}
            self.serials[key] = Scope(indices, (axis,), scope.given, scope.of)
        for k in range(self.sizes[axis.dim]):
            at = {**env, axis: k}
            yield self.value(weights, scope, at), self.serials[key], at

    def _truncated(
        self, inner: ast.Call, x: Any, given: Any, event: tuple[Axis, ...], scope: Scope, env: Env
    ) -> Number:
        bounds = _closed(given)
        if not keeps(mpf(x), bounds):
            return NEVER
        return self.density(inner, x, event, scope, env) - self.mass(inner, bounds, scope, env)

    def _censored(
        self, inner: ast.Call, x: Any, given: Any, event: tuple[Axis, ...], scope: Scope, env: Env
    ) -> Number:
        if "low" in given and x <= given["low"]:
            return self.mass(inner, [("<=", given["low"])], scope, env)
        if "high" in given and x >= given["high"]:
            return self.mass(inner, [(">=", given["high"])], scope, env)
        return self.density(inner, x, event, scope, env)

    def _intervalcensored(
        self, inner: ast.Call, x: Any, given: Any, event: tuple[Axis, ...], scope: Scope, env: Env
    ) -> Number:
        high = given["high"]
        if x == high and not BOOK[plain(inner).function.name].discrete:
            return self.density(inner, x, event, scope, env)
        return self.mass(inner, [(">=", x), ("<=", high)], scope, env) if x <= high else NEVER

    def mass(self, call: ast.Call, bounds: Bounds, scope: Scope, env: Env) -> Number:
        """The log probability that a draw keeps to all `bounds`."""
        if call.function.name == "Mixture":
            inner = _parts(call)[0]
            rows = self._components(call, scope, env)
            return logsumexp([log(w) + self.mass(inner, bounds, at, e) for w, at, e in rows])
        if call.function.name == "Truncated":
            inner, own = _parts(call)
            within = _closed({key: self.value(node, scope, env) for key, node in own.items()})
            return self.mass(inner, [*bounds, *within], scope, env) - self.mass(inner, within, scope, env)
        if call.function.name in COMBINATORS:
            raise Undefined(f"masses of {call.function.name}")
        form, args = self._arguments(call, (), scope, env)
        bounds = [(op, end) for op, end in bounds if mp.isfinite(end)]
        return log_mass(call.function.name, form, args, bounds) if bounds else mpf(0)

    # -- as an expression -------------------------------------------------------------------------

    def _log_prob_axes(self, node: ast.Call, scope: Scope) -> tuple[Axis, ...]:
        call = node.args[0]
        assert isinstance(call, ast.Call)
        own = self.axes(node.args[1], scope)
        event = own[len(own) - self.rank(call) :]
        return tuple(dict.fromkeys(a for a in (*own, *self._call_axes_of(call, scope)) if a not in event))

    def _call_axes_of(self, call: ast.Call, scope: Scope) -> Iterator[Axis]:
        """The axes of a distribution's arguments, without those of its own that only a combinator has."""
        if call.function.name == "Categorical":
            raise Undefined("log_prob(Categorical(...))")  # which axis is its own depends on the statement
        if call.function.name not in COMBINATORS:
            for node in self._form(call)[1]:
                yield from self.axes(node, scope)
            return
        inner, own = _parts(call)
        axis = self.free_axis(own["weights"], scope, scope) if call.function.name == "Mixture" else None
        for node in own.values():
            yield from (a for a in self.axes(node, scope) if a != axis)
        at = scope if axis is None else scope.bind(axis)
        yield from (a for a in self._call_axes_of(inner, at) if a != axis)

    def _log_prob(self, node: ast.Call, scope: Scope, env: Env) -> Number:
        call = node.args[0]
        assert isinstance(call, ast.Call)
        own = self.axes(node.args[1], scope)
        event = own[len(own) - self.rank(call) :]

        def draw(axes: tuple[Axis, ...], at: Env) -> Any:
            if not axes:
                return self.value(node.args[1], scope, at)
            return [draw(axes[1:], {**at, axes[0]: k}) for k in range(self.sizes[axes[0].dim])]

        return self.density(call, draw(event, env), event, scope, env)


def _closed(given: dict[str, Number]) -> list[tuple[str, Number]]:
    """Both ends belong to what is left."""
    return [({"low": ">=", "high": "<="}[side], end) for side, end in given.items()]
