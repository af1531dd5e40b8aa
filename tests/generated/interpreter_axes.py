"""Over which axes an expression of the interpreter varies, and what its names and indices are aligned with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from interpreter_arrays import LINEAR
from interpreter_functions import ALONG, REDUCTIONS
from places import Axis, Scope, Undefined

from ppl.syntax import ast


def _union(parts: Iterator[tuple[Axis, ...]] | Sequence[tuple[Axis, ...]]) -> tuple[Axis, ...]:
    return tuple(dict.fromkeys(axis for part in parts for axis in part))


class Axes:
    """What an interpreter knows of axes; the variables, the dims and what is kept are the interpreter's."""

    def _serial(self, *key: Any) -> int:
        self.kept.append(key)
        return self.serials.setdefault(tuple(id(k) for k in key), len(self.serials) + 1)

    def axes(self, node: ast.Expr, scope: Scope) -> tuple[Axis, ...]:
        """Over which axes an expression varies, in the order in which they first appear."""
        key = (id(node), id(scope))
        if key not in self.axes_known:
            self.kept.append((node, scope))
            self.axes_known[key] = self._axes(node, scope)
        return self.axes_known[key]

    def _axes(self, node: ast.Expr, scope: Scope) -> tuple[Axis, ...]:
        match node:
            case ast.Number() | ast.String():
                return ()
            case ast.Name():
                if node.name in scope.given:
                    return self.axes(*scope.given[node.name])
                if node.name in scope.indices:
                    return (scope.indices[node.name],)
                if node.name in self.variables:
                    return self._use_axes(node.name, (), scope)
                return (Axis(node.name, node.name),) if node.name in self.dims else ()
            case ast.Element():
                return self._use_axes(self._base(node, scope), node.indices, scope)
            case ast.Chain(kind="product") if "@" in node.operators:
                return self._axes_of_product(node, scope)
            case ast.Chain():
                return _union([self.axes(e, scope) for e in node.operands])
            case ast.Negative() | ast.Not():
                return self.axes(node.operand, scope)
            case ast.Power():
                return _union([self.axes(node.base, scope), self.axes(node.exponent, scope)])
            case ast.IfElse():
                return _union([self.axes(e, scope) for e in (node.condition, node.yes, node.no)])
            case ast.ArrayLiteral():
                axis, inner = self._literal(node, scope)
                items = [tuple(a for a in self.axes(e, inner) if a != axis) for e in node.items]
                return (*_union(items), axis)
            case ast.Call():
                return self._call_axes(node, scope)
        raise AssertionError(node)

    def _literal(self, node: ast.ArrayLiteral, scope: Scope) -> tuple[Axis, Scope]:
        """The axis of an array literal; a list of lists runs along the last two."""
        nested = any(isinstance(item, ast.ArrayLiteral) for item in node.items)
        axis = scope.literal[-2] if nested else scope.literal[-1]
        literal = scope.literal[-1:] if nested else scope.literal[:-1]
        key = ("literal", id(node), id(scope))
        if key not in self.serials:
            self.serials[key] = Scope(scope.indices, literal, scope.given)  # type: ignore[assignment]
        return axis, self.serials[key]  # type: ignore[return-value]

    def _base(self, node: ast.Element, scope: Scope) -> str:
        name = node.base.name
        while name in scope.given:
            expr, scope = scope.given[name]
            if not isinstance(expr, ast.Name):
                raise Undefined(f"{name} has no elements")
            name = expr.name
        return name

    def _places(self, name: str, given: tuple[ast.Expr, ...], scope: Scope) -> list[Axis | ast.Expr]:
        """For each axis of a variable the axis that it is aligned with, or the expression that indexes it."""
        dims = self.variables[name].dims
        found: list[Axis | ast.Expr] = []
        for item, dim in zip(given, dims, strict=False):
            axis = None
            if isinstance(item, ast.Name) and item.name not in scope.given:
                axis = scope.indices.get(item.name)
                if axis is None and item.name == dim:
                    axis = Axis(dim, dim)
            found.append(axis if axis is not None and axis.dim == dim else item)
        rest = dims[len(given) :]
        for k, dim in enumerate(rest):
            here = [a for a in scope.indices.values() if a.dim == dim and a not in found[: len(given)]]
            if rest.count(dim) > 1:
                found.append(Axis(dim, dim, rest[:k].count(dim)))
            elif len(here) > 1:
                raise Undefined(f"{name} may be aligned with any of {here}")
            else:
                found.append(here[0] if here else Axis(dim, dim))
        return found

    def _use_axes(self, name: str, given: tuple[ast.Expr, ...], scope: Scope) -> tuple[Axis, ...]:
        parts = []
        for place, dim in zip(self._places(name, given, scope), self.variables[name].dims, strict=True):
            if isinstance(place, Axis):
                parts.append((place,))
            elif not self._is_fixed(place, dim, scope):
                parts.append(self.axes(place, scope))
        return _union(parts)

    def _is_fixed(self, node: ast.Expr, dim: str, scope: Scope) -> bool:
        is_end = (
            isinstance(node, ast.Name) and node.name in ("first", "last") and node.name not in self.variables
        )
        return is_end or isinstance(node, ast.String)

    def _call_axes(self, node: ast.Call, scope: Scope) -> tuple[Axis, ...]:
        name = node.function.name
        if name in self.functions:
            own = self.functions[name]
            return self.axes(own.result, self._inside(node, own, scope))
        if name == "log_prob":
            return self._log_prob_axes(node, scope)
        if name in LINEAR:
            return self.linear_axes(node, scope)[0]
        if name in self.nets:
            _, rest, out = self.net_axes(node, self.nets[name], scope)
            return (*rest, out)
        if name == "ode":
            batch, time, state = self.ode_axes(node, scope)
            return (*batch, time, state)
        if name in REDUCTIONS:
            inner, over, ranges = self._over(node, scope)
            limits = [self.axes(e, scope) for pair in ranges.values() for e in pair]
            return tuple(a for a in _union([self.axes(node.args[0], inner), *limits]) if a not in over)
        if name in ALONG:
            return self.axes(node.args[0], scope)
        return _union([self.axes(e, scope) for e in node.args])

    def _inside(self, node: ast.Call, own: ast.Function, scope: Scope) -> Scope:
        """The scope of a function's body: its parameters stand for the caller's expressions."""
        key = ("call", id(node), id(scope))
        if key not in self.serials:
            self.kept.append((node, scope))
            given = {p.name: (e, scope) for p, e in zip(own.parameters, node.args, strict=False)}
            given |= {k.name.name: (k.value, scope) for k in node.keywords}
            inner = Scope({}, scope.literal, given)
            for local in own.locals:
                inner = Scope({}, scope.literal, {**inner.given, local.ident.name: (local.value, inner)})
            self.serials[key] = inner  # type: ignore[assignment]
        return self.serials[key]  # type: ignore[return-value]

    def _over(
        self, node: ast.Call, scope: Scope
    ) -> tuple[Scope, list[Axis], dict[Axis, tuple[ast.Expr, ast.Expr]]]:
        """What a reduction runs over: the scope of its argument, its axes, and the ends of those that are ranges."""
        key = ("over", id(node), id(scope))
        if key in self.serials:
            return self.serials[key]  # type: ignore[return-value]
        inner, over, ranges = scope, [], {}
        for binder in node.binders:
            dim = "" if binder.stop is not None else binder.over.name  # type: ignore[attr-defined]
            axis = Axis(binder.index.name, dim, serial=self._serial(binder, scope))
            if binder.stop is not None:
                ranges[axis] = (binder.over, binder.stop)
            inner = inner.bind(axis)
            over.append(axis)
        known = self.axes(node.args[0], inner)
        for item in node.args[1:]:
            over.append(self._named(item, known))
        self.serials[key] = (inner, over or list(known), ranges)  # type: ignore[assignment]
        return self.serials[key]  # type: ignore[return-value]

    def _named(self, item: ast.Expr, known: tuple[Axis, ...]) -> Axis:
        assert isinstance(item, ast.Name)
        by_name = [a for a in known if a.name == item.name] or [a for a in known if a.dim == item.name]
        if len(by_name) != 1:
            raise Undefined(f"no axis {item.name} among {known}")
        return by_name[0]

    def _folded(self, node: ast.Chain, scope: Scope) -> tuple[ast.Expr, str, ast.Expr]:
        """A product from left to right: everything before the last operator, and what is behind it."""
        key = ("folded", id(node))
        if key not in self.serials:
            left = node.operands[0]
            if len(node.operators) > 1:
                left = ast.Chain(node.span, "product", node.operands[:-1], node.operators[:-1])
            self.kept.append((node, left))
            self.serials[key] = (left, node.operators[-1], node.operands[-1])  # type: ignore[assignment]
        return self.serials[key]  # type: ignore[return-value]

    def _axes_of_product(self, node: ast.Chain, scope: Scope) -> tuple[Axis, ...]:
        left, operator, right = self._folded(node, scope)
        one, two = self.axes(left, scope), self.axes(right, scope)
        if operator != "@":
            return _union([one, two])
        if not one or not two or one[-1].dim != two[0].dim:
            raise Undefined(f"@ of {one} and {two}")
        return _union([one[:-1], two[1:]])
