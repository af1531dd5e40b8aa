"""Program -> Graph: every statement elaborated behind all that it is made of; all mistakes at once."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field, replace

from ppl.diagnostic import Edit, Findings, Label, Span
from ppl.graph import ir
from ppl.graph.centerings import centerings
from ppl.graph.collection import collect
from ppl.graph.densities import CATEGORIES, is_discrete
from ppl.graph.expressions import elaborate
from ppl.graph.families import categorical, chosen
from ppl.graph.guides import made_of, own_guides
from ppl.graph.left_sides import keep_axes
from ppl.graph.model import Factor, Formula, Graph, Limits, Pin, Relation
from ppl.graph.nets import weight_prior
from ppl.graph.order import components
from ppl.graph.own_distributions import own_distribution
from ppl.graph.ranges import latent_range
from ppl.graph.recursions import check_recursion
from ppl.graph.scope import Abandoned, Context, Scope
from ppl.graph.statements import factor, formula, likelihood, prediction, prior, static
from ppl.graph.symbols import Symbols, Variable
from ppl.graph.undirected import check_undirected
from ppl.syntax import ast


def check(program: ast.Program) -> Graph:
    """The graph of a program; raises `PplError` with every mistake in it."""
    findings = Findings(program.source)
    _missing_only_in_data(program, findings)
    ctx = Context(collect(program, findings), findings, elaborate, build_own=own_distribution)
    building = _Building(ctx)
    building.dims_and_types()
    order, recursions = _order(ctx.symbols, findings, made_of(program))
    for name in order:
        building.variable(name)
    building.recursions += recursions
    for group in recursions:
        building.recursion(group)
    # (A distribution of one's own adds its variables when it is first used.)
    for name in tuple(ctx.symbols.variables):
        building.observed(name)
    factors = [s for s in program.statements if isinstance(s, ast.Factor)]
    for k, statement in enumerate(factors):
        building.factor(statement, f"factor {k + 1}" if len(factors) > 1 else "factor")
    for name in ctx.symbols.distributions:
        with suppress(Abandoned):
            ctx.own(name)
    check_undirected(ctx, building.factors, building.formulas)
    own = own_guides(ctx, program)
    guide = chosen(ctx, program, own)
    pins = centerings(ctx, program, own)
    findings.check()
    return building.graph(program, guide, own, pins)


def _missing_only_in_data(program: ast.Program, findings: Findings) -> None:
    for statement in program.statements:
        if isinstance(statement, ast.Declaration) and statement.type.missing and statement.role != "data":
            findings.add(
                "E307",
                f"only data can be missing, and this is `{statement.role}`",
                Label(statement.type.span),
                fix="delete the `?`",
            )


def _made_of(variable: Variable) -> list[str]:
    """The names in the statements that give a variable its values."""
    nodes: list[ast.Node] = list(variable.pieces)
    if variable.net is not None and variable.net.prior is not None:
        nodes.append(variable.net.prior)
    if variable.type is not None:
        nodes += variable.type.bounds
    if variable.default is not None:
        nodes.append(variable.default)
    names: list[str] = []
    for root in nodes:
        for node in root.walk():
            if isinstance(node, ast.Name):
                names.append(node.name)
            elif isinstance(node, ast.Element):
                names.append(node.base.name)
    return names


def _order(
    symbols: Symbols, findings: Findings, guides: dict[str, list[str]]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """All variables, each behind what it is made of, and the definitions that are made of their own past."""
    edges = {
        name: [n for n in (*_made_of(v), *guides.get(name, ())) if n in symbols.variables]
        for name, v in symbols.variables.items()
    }
    order: list[str] = []
    recursions: list[tuple[str, ...]] = []
    for group in components(edges):
        order += group
        first = symbols.variables[group[0]]
        here = _own_self(first) if len(group) == 1 else None
        is_own_past = len(group) == 1 and first.role == "latent" and here is None
        if (len(group) == 1 and first.name not in edges[first.name]) or is_own_past:
            continue
        definitions = all(symbols.variables[n].role == "definition" for n in group)
        with_lag = any(
            isinstance(p, ast.Definition) and p.where is not None
            for n in group
            for p in symbols.variables[n].pieces
        )
        shown = (*group, group[0]) if len(group) <= 6 else group[:6]
        chain = " -> ".join(f"`{n}`" for n in shown) + (
            f" -> ... ({len(group):,} names)" if len(group) > 6 else ""
        )
        places = [
            Label(symbols.variables[n].span, "" if k == 0 else "and this") for k, n in enumerate(group[:4])
        ]
        if here is not None:
            places = [Label(here), Label(first.span, "this is made of it")]
        if definitions and with_lag:
            recursions.append(group)
            continue
        what = (
            f"`{first.name}` is made of itself"
            if len(group) == 1
            else f"these are made of each other: {chain}"
        )
        findings.add("E209", what, *places, fix=_way_out([symbols.variables[n] for n in group]))
        symbols.poisoned.update(group)
    return order, recursions


def _way_out(group: list[Variable]) -> str:
    """How to break a circle: through the past along an axis that all share, or by other names."""
    shared = [axis for axis in group[0].axes if all(axis in v.axes for v in group) and axis[1]]
    name = group[0].name
    if not shared:
        return f"make `{name}` of other names" if len(group) == 1 else "make one of them of other names"
    index = shared[-1][0]
    places = ", ".join(f"{i} - 1" if i == index else i for i, _ in group[0].axes)
    start = ", ".join("0" if i == index else i for i, _ in group[0].axes)
    sign = "~" if group[0].role == "latent" else "="
    past = f"refer to the past only: `{name}[{places}]`, with `where {index} > 0`"
    return f"{past}, and begin with `{name}[{start}] {sign} ...`"


def _own_self(variable: Variable) -> Span | None:
    """Where a statement makes a variable of itself, and not of other elements of it."""
    for piece in variable.pieces:
        indices = [index.name for index in piece.target.indices]
        for part in piece.children():
            for node in () if part is piece.target else part.walk():
                if isinstance(node, ast.Name) and node.name == variable.name:
                    return node.span
                if isinstance(node, ast.Element) and node.base.name == variable.name:
                    names = [i.name if isinstance(i, ast.Name) else None for i in node.indices]
                    if names == indices[: len(names)]:
                        return node.span
    return None


@dataclass
class _Building:
    """The parts of the graph, as they come to be."""

    ctx: Context
    order: list[str] = field(default_factory=list)
    sizes: dict[str, ir.Expr] = field(default_factory=dict)
    limits: dict[str, Limits] = field(default_factory=dict)
    defaults: dict[str, ir.Expr] = field(default_factory=dict)
    priors: dict[str, tuple[Relation, ...]] = field(default_factory=dict)
    likelihoods: dict[str, tuple[Relation, ...]] = field(default_factory=dict)
    formulas: dict[str, tuple[Formula, ...]] = field(default_factory=dict)
    predictions: list[Relation | Formula] = field(default_factory=list)
    factors: list[Factor] = field(default_factory=list)
    recursions: list[tuple[str, ...]] = field(default_factory=list)

    def graph(
        self, program: ast.Program, guide: str | None, own: dict[str, Relation], pins: dict[str, Pin]
    ) -> Graph:
        symbols = self.ctx.symbols
        return Graph(
            program.source,
            symbols.dims,
            symbols.variables,
            tuple(self.order),
            self.sizes,
            self.limits,
            self.defaults,
            self.priors,
            self.likelihoods,
            self.formulas,
            tuple(self.predictions),
            tuple(self.factors),
            tuple(self.recursions),
            guide,
            own,
            categorical(program),
            pins,
        )

    def dims_and_types(self) -> None:
        """Sizes of dims: integer expressions of data."""
        for dim in self.ctx.symbols.dims.values():
            if dim.size is None:
                continue
            with suppress(Abandoned):
                size = static(self.ctx, dim.size, Scope(), "the size of a dim")
                if size.kind != "int" or size.axes:
                    name = dim.size.name if isinstance(dim.size, ast.Name) else "n"
                    is_one = "a real number" if not size.axes else f"one per {size.axes[0].name}"
                    known = self.ctx.symbols.variables.get(name)
                    edits: tuple[Edit, ...] = ()
                    if known is not None and known.type is not None and known.type.kind and not size.axes:
                        edits = (Edit(known.type.kind.span, "int"),)
                    self.ctx.fail(
                        "E205",
                        f"the size of `{dim.name}` is one whole number, and this is {is_one}",
                        dim.size.span,
                        fix=f"declare it `data {name}: int`",
                        edits=edits,
                    )
                self.sizes[dim.name] = size

    def variable(self, name: str) -> None:
        """Everything that the statements say of one variable."""
        variable = self.ctx.symbols.variables[name]
        self.order.append(name)
        if variable.type is not None:
            self._declared(variable, variable.type)
        if variable.role == "latent" and variable.type is None:
            variable = self._kind_of_latent(variable)
        pieces = self._pieces(variable)
        if variable.net is not None and variable.net.prior is not None:
            with suppress(Abandoned):
                self.priors[name] = (weight_prior(self.ctx, variable, variable.net),)
        elif variable.role == "latent" and pieces:
            self.priors[name] = tuple(p for p in pieces if isinstance(p, Relation))
            self._categories(name)
            self.ctx.ranges[name] = latent_range(self.priors[name])
        elif variable.role == "definition":
            self._defined(variable, [p for p in pieces if isinstance(p, Formula)])
        elif variable.role == "predict":
            self._predicted(variable, pieces)

    def _kind_of_latent(self, variable: Variable) -> Variable:
        """A latent is real or has finitely many values, as its distribution says; known before its past is."""
        calls = [p.distribution for p in variable.pieces if isinstance(p, ast.Relation)]
        discrete = {is_discrete(self.ctx, call) for call in calls}
        if discrete == {True}:
            variable = replace(variable, kind="int")
            self.ctx.symbols.variables[variable.name] = variable
        return variable

    def _categories(self, name: str) -> None:
        """What the values of a Categorical latent are positions of: the axis of its probabilities."""
        densities = [r.density for r in self.priors[name] if not r.density.event]
        own = {axes[0].dim for d in densities for arg in CATEGORIES if len(axes := d.own_axes(arg)) == 1}
        variable = self.ctx.symbols.variables[name]
        if variable.kind == "int" and len(own) == 1:
            self.ctx.symbols.variables[name] = replace(variable, of=own.pop())

    def observed(self, name: str) -> None:
        """The relations that speak of a variable as observed; when all variables are known."""
        relations = []
        for statement in self.ctx.symbols.variables[name].relations:
            with suppress(Abandoned):
                relations.append(likelihood(self.ctx, statement, self.ctx.symbols.variables[name]))
        if relations:
            self.likelihoods[name] = tuple(relations)

    def recursion(self, group: tuple[str, ...]) -> None:
        """Definitions that refer to their own and to each other's past: along one axis, and never to the future."""
        with suppress(Abandoned):
            check_recursion(self.ctx, group, self.formulas)

    def _pieces(self, variable: Variable) -> list[Relation | Formula]:
        found: list[Relation | Formula] = []
        for statement in variable.pieces:
            try:
                if variable.role == "predict":
                    found.append(prediction(self.ctx, statement, variable))
                elif isinstance(statement, ast.Relation):
                    found.append(prior(self.ctx, statement, variable))
                else:
                    found.append(formula(self.ctx, statement, variable))
            except Abandoned:
                self.ctx.symbols.poisoned.add(variable.name)
        return found

    def _defined(self, variable: Variable, pieces: list[Formula]) -> None:
        self.formulas[variable.name] = tuple(pieces)
        kinds = {piece.value.kind for piece in pieces}
        kind: ir.Kind = "real" if "real" in kinds or not kinds else "bool" if kinds == {"bool"} else "int"
        of = {piece.value.of if isinstance(piece.value, ir.Use) else None for piece in pieces}
        self.ctx.symbols.variables[variable.name] = replace(
            variable,
            kind=kind,
            static=bool(pieces) and all(piece.value.static for piece in pieces),
            of=of.pop() if len(of) == 1 else None,
        )

    def _predicted(self, variable: Variable, pieces: list[Relation | Formula]) -> None:
        self.predictions += pieces
        if pieces and isinstance(pieces[0], Relation):
            kind: ir.Kind = "int" if pieces[0].density.kind.discrete else "real"
            self.ctx.symbols.variables[variable.name] = replace(variable, kind=kind)

    def _declared(self, variable: Variable, kind: ast.Type) -> None:
        """The bounds and the default of a declaration."""
        axes = tuple(ir.Axis(name, dim) for name, dim in variable.axes)
        scope = Scope({axis.name: axis for axis in axes})
        limits = Limits()

        def aligned(node: ast.Expr, what: str) -> ir.Expr:
            return keep_axes(self.ctx, static(self.ctx, node, scope, what), axes, kind, "declaration")

        for bound in kind.bounds:
            with suppress(Abandoned):
                if bound.lower is not None:
                    lower = aligned(bound.lower, "a bound")
                    limits = replace(limits, lower=lower, lower_open=bound.lower_op == ">")
                if bound.upper is not None:
                    upper = aligned(bound.upper, "a bound")
                    limits = replace(limits, upper=upper, upper_open=bound.upper_op == "<")
        ends = [limits.lower, limits.upper]
        low, high = (e.value if isinstance(e, ir.Constant) else None for e in ends)
        if low is not None and high is not None and low >= high:
            self.ctx.findings.add(
                "E306",
                f"nothing lies between {low:g} and {high:g}",
                Label(kind.bounds[0].span.to(kind.bounds[-1].span)),
                fix="exchange them",
            )
        values = []
        for item in kind.values:
            with suppress(Abandoned):
                values.append(static(self.ctx, item, Scope(), "a value of a finite set"))
        if kind.kind is None and variable.role != "latent":
            known = [v.value for v in values if isinstance(v, ir.Constant)]
            between = f"[{min(known):g}, {max(known):g}]" if known else "[0, 1]"
            role, type_name = ("a param", "real") if variable.role == "param" else ("data", "int")
            self.ctx.findings.add(
                "E307",
                f"a set of values is for latents, and `{variable.name}` is {role}",
                Label(kind.span),
                fix=f"an interval: `{variable.role} {variable.name}: {type_name} in {between}`",
            )
        self.limits[variable.name] = replace(limits, values=tuple(values))
        if variable.role != "data":
            self.ctx.ranges[variable.name] = (
                -math.inf if ends[0] is None else -math.inf if low is None else low,
                math.inf if ends[1] is None else math.inf if high is None else high,
            )
        if variable.default is not None:
            with suppress(Abandoned):
                self.defaults[variable.name] = aligned(variable.default, "a default")

    def factor(self, statement: ast.Factor, name: str) -> None:
        """A factor of the log joint."""
        with suppress(Abandoned):
            self.factors.append(factor(self.ctx, statement, name))
