"""What works on whole vectors and matrices: linear algebra, nets, and differential equations, in mpmath.

An element of a result is worked out from the whole of its arguments, however often it is asked for. Equations are
integrated by extrapolated midpoint steps to twenty digits, which says nothing of how the compiler goes about them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from book import expit
from mpmath import mp, mpf
from places import Axis, Env, Number, Scope, Undefined

from ppl.syntax import ast

Vector = list[Number]

# For each function the ranks of its arguments and of its result.
LINEAR: dict[str, tuple[tuple[int, ...], int]] = {
    "cholesky": ((2,), 2),
    "inverse": ((2,), 2),
    "logdet": ((2,), 0),
    "transpose": ((2,), 2),
    "diag": ((1,), 2),
    "diagonal": ((2,), 1),
    "solve": ((2, 1), 1),
    "outer": ((1, 1), 2),
}
WORKED: dict[str, Callable[..., Any]] = {
    "cholesky": lambda K: mp.cholesky(K),
    "inverse": lambda K: mp.inverse(K),
    "logdet": lambda K: mp.log(abs(mp.det(K))),
    "transpose": lambda K: K.T,
    "diag": lambda x: mp.diag(list(x)),
    "diagonal": lambda K: mp.matrix([K[k, k] for k in range(K.rows)]),
    "solve": lambda K, x: mp.inverse(K) * x,
    "outer": lambda x, y: x * y.T,
}
ACTIVATIONS: dict[str, Callable[[Number], Number]] = {
    "tanh": mp.tanh,
    "relu": lambda x: max(x, mpf(0)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "sigmoid": expit,
    "elu": lambda x: x if x > 0 else mp.expm1(x),
    "gelu": lambda x: x * mp.ncdf(x),
    "sin": mp.sin,
}


class Arrays:
    """What an interpreter knows of whole arrays; `value`, `axes` and the variables are the interpreter's."""

    # -- linear algebra ---------------------------------------------------------------------------

    def linear_axes(self, node: ast.Call, scope: Scope) -> tuple[tuple[Axis, ...], list[tuple[Axis, ...]]]:
        """The axes of a result, its own at the end; and those of each argument that are the function's."""
        ranks, rank = LINEAR[node.function.name]
        every = [self.axes(arg, scope) for arg in node.args]
        events = [_pair(axes) if r == 2 else axes[-1:] for axes, r in zip(every, ranks, strict=True)]
        batch = [a for axes, event in zip(every, events, strict=True) for a in axes if a not in event]
        first = events[0]
        result = first[:rank]
        if node.function.name == "transpose" and first[0].dim != first[1].dim:
            result = (first[1], first[0])
        elif node.function.name in ("diag", "outer"):
            second = first[0] if node.function.name == "diag" else events[1][0]
            same = second.dim == first[0].dim
            result = (first[0], Axis(second.name, second.dim, 1) if same else second)
        return (*dict.fromkeys(batch), *result), events

    def linear(self, node: ast.Call, scope: Scope, env: Env) -> Number:
        """One element of a result."""
        axes, events = self.linear_axes(node, scope)
        args = [
            mp.matrix(self._whole(arg, event, scope, env))
            for arg, event in zip(node.args, events, strict=True)
        ]
        found = WORKED[node.function.name](*args)
        rank = LINEAR[node.function.name][1]
        place = [env[axis] for axis in axes[len(axes) - rank :]]
        if node.function.name == "transpose" and events[0][0].dim != events[0][1].dim:
            return found[place[0], place[1]]
        return found if rank == 0 else found[place[0]] if rank == 1 else found[place[0], place[1]]

    def _whole(self, node: ast.Expr, axes: Sequence[Axis], scope: Scope, env: Env) -> Any:
        if not axes:
            return mpf(self.value(node, scope, env))
        return [
            self._whole(node, axes[1:], scope, {**env, axes[0]: k}) for k in range(self.sizes[axes[0].dim])
        ]

    # -- nets -------------------------------------------------------------------------------------

    def declare_net(
        self, net: ast.Net, declare: Callable[[str, str, tuple[tuple[str, str], ...]], None]
    ) -> None:
        """The weights `f.w1`, `f.b1`, ... of a net `f`, and the dims `f.1`, ... of its hidden layers."""
        before = net.axis.name
        role = "param" if net.prior is None else "latent"
        for k, layer in enumerate(net.layers, start=1):
            after = layer.axis.name if layer.axis is not None else f"{net.ident.name}.{k}"
            if layer.width is not None:
                self.sizes[after] = int(layer.width)
            declare(f"{net.ident.name}.w{k}", role, ((before, before), (after, after)))
            declare(f"{net.ident.name}.b{k}", role, ((after, after),))
            before = after

    def net_axes(self, node: ast.Call, net: ast.Net, scope: Scope) -> tuple[Axis, tuple[Axis, ...], Axis]:
        """The axis that a net goes along, those that stay, and the one that comes out."""
        axes = self.axes(node.args[0], scope)
        (along,) = (a for a in axes if a.dim == net.axis.name)
        last = net.layers[-1].axis
        assert last is not None
        here = [a for a in scope.over(last.name) if a != along]
        out = here[0] if len(here) == 1 else Axis(last.name, last.name)
        return along, tuple(a for a in axes if a != along), out

    def net(self, node: ast.Call, net: ast.Net, scope: Scope, env: Env) -> Number:
        """One element of what comes out."""
        along, _, out = self.net_axes(node, net, scope)
        size = range(self.sizes[along.dim])
        state = [mpf(self.value(node.args[0], scope, {**env, along: k})) for k in size]
        for k, layer in enumerate(net.layers, start=1):
            weight, bias = f"{net.ident.name}.w{k}", f"{net.ident.name}.b{k}"
            total = [
                mp.fsum(x * self.element(weight, (i, j)) for i, x in enumerate(state))
                + self.element(bias, (j,))
                for j in range(self.shape(bias)[0])
            ]
            state = (
                total if layer.activation is None else [ACTIVATIONS[layer.activation.name](x) for x in total]
            )
        return state[env[out]]

    # -- differential equations -------------------------------------------------------------------

    def ode_axes(self, node: ast.Call, scope: Scope) -> tuple[tuple[Axis, ...], Axis, Axis]:
        """The axes besides the solution's own, that of the times, and that of the state."""
        start, times, args = node.args[1], node.args[3], node.args[4:]
        state, (time,) = self.axes(start, scope)[-1], self.axes(times, scope)
        known = set(scope.indices.values()) - {state, time}
        axes = [a for e in (start, *args) for a in self.axes(e, scope)]
        return tuple(dict.fromkeys(a for a in axes if a in known)), time, state

    def ode(self, node: ast.Call, scope: Scope, env: Env) -> Number:
        """One element of a solution."""
        batch, time, state = self.ode_axes(node, scope)
        key = (id(node), id(scope), tuple(env[a] for a in batch))
        if key not in self.solved:
            self.kept.append((node, scope))
            self.solved[key] = self._solution(node, scope, env, time, state)
        return self.solved[key][env[time]][env[state]]

    def _solution(self, node: ast.Call, scope: Scope, env: Env, time: Axis, state: Axis) -> list[Vector]:
        rate = self._rate(node, scope, env, state)
        now = mpf(self.value(node.args[2], scope, env))
        y = [mpf(self.value(node.args[1], scope, {**env, state: k})) for k in range(self.sizes[state.dim])]
        found = []
        for k in range(self.sizes[time.dim]):
            then = mpf(self.value(node.args[3], scope, {**env, time: k}))
            y = _integrated(rate, now, y, then)
            now = then
            found.append(y)
        return found

    def _rate(
        self, node: ast.Call, scope: Scope, env: Env, state: Axis
    ) -> Callable[[Number, Vector], Vector]:
        """The function as one of numbers: its time and its state are variables of their own."""
        key = ("ode", id(node), id(scope))
        if key not in self.serials:
            assert isinstance(node.args[0], ast.Name)
            own = self.functions[node.args[0].name]
            names = [f"{what} of {own.ident.name} {len(self.serials)}" for what in ("time", "state")]
            self.declare(names[0], "state", ())
            self.declare(names[1], "state", ((state.name, state.dim),))
            given = {p.name: (e, scope) for p, e in zip(own.parameters[2:], node.args[4:], strict=True)}
            for parameter, name in zip(own.parameters, names, strict=False):
                given[parameter.name] = (ast.Name(node.span, name), scope)
            indices = {**scope.indices, state.name: state}
            inner = Scope(indices, (state,), given)
            for local in own.locals:
                inner = Scope(indices, (state,), {**inner.given, local.ident.name: (local.value, inner)})
            self.serials[key] = (own.result, inner, names)
        result, inner, (clock, place) = self.serials[key]

        def rate(t: Number, y: Vector) -> Vector:
            self.states[clock], self.states[place] = [t], y
            return [mpf(self.value(result, inner, {**env, state: k})) for k in range(len(y))]

        return rate


def _pair(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """The two axes of a matrix: the pair over one dim if there is one, else the last two."""
    for second in axes:
        first = next((a for a in axes if second.copy and a.dim == second.dim and not a.copy), None)
        if first is not None:
            return first, second
    return axes[-2:]


COLUMNS = 14  # of the extrapolation table
LONGEST = mpf(1) / 4
ENOUGH = mpf(10) ** -20


def _integrated(rate: Callable[[Number, Vector], Vector], start: Number, y: Vector, end: Number) -> Vector:
    """The state at `end`, by Gragg's midpoint rule and extrapolation in the square of its step.

    Source: Hairer, Nørsett & Wanner, Solving Ordinary Differential Equations I (1993), sec. II.9.
    """
    t, longest = start, LONGEST
    while t < end:
        step = min(longest, end - t)
        after = _extrapolated(rate, t, y, step)
        if after is None:
            longest = step / 2
            if longest < mpf(10) ** -6:
                raise Undefined("an equation that can't be followed")
            continue
        t, y = t + step, after
    return y


def _extrapolated(
    rate: Callable[[Number, Vector], Vector], t: Number, y: Vector, step: Number
) -> Vector | None:
    """The state one step on, or None where the table does not settle."""
    rows: list[list[Vector]] = []
    for k in range(COLUMNS):
        row = [_midpoint(rate, t, y, step, 2 * (k + 1))]
        for j in range(k):
            factor = (mpf(k + 1) / (k - j)) ** 2 - 1
            row.append([a + (a - b) / factor for a, b in zip(row[j], rows[k - 1][j], strict=True)])
        rows.append(row)
        if k > 2:
            gap = max(abs(a - b) / (1 + abs(a)) for a, b in zip(row[-1], row[-2], strict=True))
            if gap < ENOUGH:
                return row[-1]
    return None


def _midpoint(
    rate: Callable[[Number, Vector], Vector], t: Number, y: Vector, step: Number, count: int
) -> Vector:
    h = step / count
    before, now = y, [a + h * r for a, r in zip(y, rate(t, y), strict=True)]
    for k in range(1, count):
        slope = rate(t + k * h, now)
        before, now = now, [a + 2 * h * r for a, r in zip(before, slope, strict=True)]
    slope = rate(t + step, now)
    return [(a + b + h * r) / 2 for a, b, r in zip(before, now, slope, strict=True)]
