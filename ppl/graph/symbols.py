"""What a program declares: dims, variables and functions, each once, with the place of its declaration."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from ppl.diagnostic import Findings, Label, Span
from ppl.graph.ir import Kind
from ppl.syntax import ast
from ppl.syntax.grammar import KEYWORDS

Role = Literal["data", "param", "latent", "definition", "predict", "state"]
Piece = ast.Relation | ast.Definition
CONSTANTS = {"pi": 3.141592653589793, "inf": float("inf")}


@dataclass(frozen=True)
class DimSymbol:
    """A named axis: `size` an integer expression of data, `labels` its fixed labels, `start` its first code."""

    name: str
    span: Span
    size: ast.Expr | None = None
    labels: tuple[str, ...] | None = None
    start: int = 0

    @property
    def fixed_size(self) -> int | None:
        """The size where the model alone tells it."""
        if self.labels is not None:
            return len(self.labels)
        if isinstance(self.size, ast.Number) and isinstance(self.size.value, int):
            return self.size.value
        return None


@dataclass(frozen=True)
class Variable:
    """A named array. `axes` are (index name, dim) in order; `of` is the dim its values are positions of."""

    name: str
    role: Role
    span: Span
    axes: tuple[tuple[str, str], ...]
    kind: Kind = "real"
    of: str | None = None
    type: ast.Type | None = None
    default: ast.Expr | None = None
    kept: bool = True
    static: bool = False
    pieces: tuple[Piece, ...] = ()  # that give it its values
    relations: tuple[ast.Relation, ...] = ()  # that speak of it as observed
    net: ast.Net | None = None  # whose weights these are

    @property
    def dims(self) -> tuple[str, ...]:
        return tuple(dim for _, dim in self.axes)


@dataclass
class Symbols:
    """The names of a program. Functions have a namespace of their own."""

    dims: dict[str, DimSymbol] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    functions: dict[str, ast.Function] = field(default_factory=dict)
    nets: dict[str, ast.Net] = field(default_factory=dict)
    poisoned: set[str] = field(default_factory=set)  # declared, but wrongly: no follow-up messages

    def place(self, name: str) -> Span | None:
        """Where a name was declared."""
        if name in self.variables:
            return self.variables[name].span
        return self.dims[name].span if name in self.dims else None


def collect(program: ast.Program, findings: Findings) -> Symbols:
    """The names that a program declares; data, params and latents before `~` and `=`, whatever their order."""
    collector = _Collector(Symbols(), findings)
    for kind in ((ast.Dim,), (ast.Declaration, ast.Function, ast.Net), (ast.Definition,), (ast.Relation,)):
        for statement in program.statements:
            if isinstance(statement, kind):
                collector.add(statement)
    return collector.symbols


@dataclass
class _Collector:
    symbols: Symbols
    findings: Findings

    def add(self, statement: ast.Statement) -> None:
        match statement:
            case ast.Dim():
                self._dim(statement)
            case ast.Declaration():
                for target in statement.targets:
                    self._declare(statement, target)
            case ast.Function():
                self._function(statement)
            case ast.Net():
                self._net(statement)
            case ast.Relation(predict=False):
                self._relation(statement)
            case ast.Relation() | ast.Definition(predict=True):
                self._piece(statement, "predict")
            case ast.Definition():
                self._piece(statement, "definition")

    def _is_new(self, ident: ast.Ident) -> bool:
        """Whether a name may be declared here; says why not."""
        if ident.name in KEYWORDS:
            self.findings.add(
                "E104",
                f"`{ident.name}` is a word of the language, so it can't be a name",
                Label(ident.span),
                fix=f"call it `{ident.name}_`",
            )
            return False
        before = self.symbols.place(ident.name)
        if before is None:
            return True
        self.findings.add(
            "E203",
            f"`{ident.name}` is defined twice",
            Label(ident.span, "again here"),
            Label(before, "first defined here"),
            fix="give one of them another name, or delete it",
        )
        return False

    def _dim(self, statement: ast.Dim) -> None:
        labels: tuple[str, ...] | None = None
        size = statement.size
        if isinstance(size, ast.ArrayLiteral):
            strings = [item.value for item in size.items if isinstance(item, ast.String)]
            if len(strings) < len(size.items):
                odd = next(item for item in size.items if not isinstance(item, ast.String))
                self.findings.add(
                    "E205", "labels stand in double quotes", Label(odd.span), fix='["control", "drug"]'
                )
            twice = next((s for s in strings if strings.count(s) > 1), None)
            if twice is not None:
                self.findings.add(
                    "E203", f'the label "{twice}" stands twice', Label(size.span), fix="labels are unique"
                )
            labels, size = tuple(strings), None
        start = 0
        if statement.start is not None:
            if isinstance(statement.start, ast.Number) and isinstance(statement.start.value, int):
                start = statement.start.value
            else:
                self.findings.add(
                    "E205", "`from` wants a whole number", Label(statement.start.span), fix="`from 1`"
                )
        if isinstance(size, ast.Number) and (not isinstance(size.value, int)):
            self.findings.add(
                "E205", f"the size of a dim is a whole number, not {size.text}", Label(size.span)
            )
        if size is not None and len(statement.idents) > 1:
            self.findings.add(
                "E205", "one size for several dims", Label(size.span), fix="declare each on a line of its own"
            )
        for ident in statement.idents:
            if self._is_new(ident):
                self.symbols.dims[ident.name] = DimSymbol(ident.name, ident.span, size, labels, start)

    def _axes(self, target: ast.Target) -> tuple[tuple[str, str], ...]:
        axes: list[tuple[str, str]] = []
        for index in target.indices:
            if index.dim is None:
                continue
            if index.dim.name not in self.symbols.dims:
                self.unknown_dim(index.dim)
                self.symbols.poisoned.add(target.ident.name)
            axes.append((index.name, index.dim.name))
        return tuple(axes)

    def unknown_dim(self, ident: ast.Ident) -> None:
        if ident.name in self.symbols.variables:
            self.findings.add(
                "E205",
                f"`{ident.name}` is a variable; an axis is a dim",
                Label(ident.span),
                Label(self.symbols.variables[ident.name].span, "declared here"),
                fix="name a dim, or put the index on the right side",
            )
            return
        self.findings.add(
            "E205",
            f"there is no dim `{ident.name}`",
            Label(ident.span),
            fix=did_you_mean(ident.name, self.symbols.dims) or f"add a line `dim {ident.name}`",
        )

    def _declare(self, statement: ast.Declaration, target: ast.Target) -> None:
        name, kind = target.ident.name, statement.type.kind
        if not self._is_new(target.ident):
            return
        for index in target.indices:
            if index.dim is None:
                self.findings.add("E207", "a declaration names dims, not positions", Label(index.span))
                self.symbols.poisoned.add(name)
        axes = self._axes(target)
        for k, (index_name, dim) in enumerate(axes):
            if (index_name, dim) in axes[:k] and statement.role != "latent":
                self.findings.add(
                    "E206",
                    f"`{name}` has the axis `{dim}` twice under one index name",
                    Label(target.indices[k].span),
                    fix=f"give two index names: `{name}[i in {dim}, j in {dim}]`",
                )
                self.symbols.poisoned.add(name)
        variable = Variable(
            name, statement.role, target.ident.span, axes, type=statement.type, default=statement.default
        )
        self.symbols.variables[name] = replace(
            variable,
            static=statement.role == "data" and not statement.type.missing,
            **self._type(statement.type),
        )

    def _type(self, kind: ast.Type) -> dict[str, object]:
        if kind.kind is None:
            return {"kind": "int"}
        name = kind.kind.name
        if name in ("real", "int", "bool"):
            return {"kind": name}
        if name in self.symbols.dims:
            return {"kind": "int", "of": name}
        self.findings.add(
            "E205",
            f"`{name}` is neither a type nor a dim",
            Label(kind.kind.span),
            fix=did_you_mean(name, ["real", "int", "bool", *self.symbols.dims])
            or "types are `real`, `int`, `bool`, or a dim's name",
        )
        return {"kind": "real"}

    def _function(self, statement: ast.Function) -> None:
        name = statement.ident.name
        before = self.symbols.functions.get(name)
        if before is not None:
            self.findings.add(
                "E203",
                f"the function `{name}` is defined twice",
                Label(statement.ident.span, "again here"),
                Label(before.ident.span, "first defined here"),
                fix="give one of them another name",
            )
            return
        seen: set[str] = set()
        for parameter in (*statement.parameters, *(local.ident for local in statement.locals)):
            if parameter.name in seen:
                self.findings.add(
                    "E203", f"`{parameter.name}` stands twice in `{name}`", Label(parameter.span)
                )
            seen.add(parameter.name)
        self.symbols.functions[name] = statement

    def _net(self, net: ast.Net) -> None:
        """The dims and the weights of a net: `decoder.w1` [code, decoder.1], `decoder.b1` [decoder.1], ..."""
        name = net.ident.name
        before = self.symbols.nets.get(name) or self.symbols.functions.get(name)
        if before is not None:
            first = Label(before.ident.span, "first defined here")
            self.findings.add(
                "E203",
                f"`{name}` is defined twice",
                Label(net.ident.span, "again here"),
                first,
                fix="rename one",
            )
            return
        ends = [net.axis, *(layer.axis for layer in net.layers if layer.axis is not None)]
        for ident in ends:
            if ident.name not in self.symbols.dims:
                self.unknown_dim(ident)
                return
        if net.layers[-1].axis is None or any(layer.axis is not None for layer in net.layers[:-1]):
            self.findings.add(
                "E313",
                "a net ends in a dim, and only there",
                Label(net.span),
                fix=f"net {name}: {net.axis.name} -> 20 tanh -> out",
            )
            return
        self.symbols.nets[name] = net
        for suffix, axes in net_weights(net):
            for dim in axes:
                width = dim.rpartition(".")[2]
                if dim not in self.symbols.dims:
                    layer = net.layers[int(width) - 1]
                    size = ast.Number(layer.span, str(layer.width), layer.width or 1)
                    self.symbols.dims[dim] = DimSymbol(dim, layer.span, size)
            full = f"{name}.{suffix}"
            role: Role = "param" if net.prior is None else "latent"
            pairs = tuple((dim, dim) for dim in axes)
            self.symbols.variables[full] = Variable(full, role, net.ident.span, pairs, kept=False, net=net)

    def _relation(self, statement: ast.Relation) -> None:
        """`~` on data, or on a definition, is likelihood; on anything else it declares a latent."""
        known = self.symbols.variables.get(statement.target.ident.name)
        if known is None or (known.role == "latent" and known.type is None):
            self._piece(statement, "latent")
        else:
            self.symbols.variables[known.name] = replace(known, relations=(*known.relations, statement))
            self._axes(statement.target)

    def _piece(self, statement: Piece, role: Role) -> None:
        """A statement that gives a variable its values: all of them, or those that its `where` selects."""
        target = statement.target
        known = self.symbols.variables.get(target.ident.name)
        if (
            known is not None
            and known.role == role
            and (_is_partial(statement) or _is_partial(known.pieces[0]))
        ):
            if len(target.indices) != len(known.axes):
                self._wrong_indices(target, known)
                return
            self._axes(target)
            axes = _named(known.axes, target)
            self.symbols.variables[known.name] = replace(known, axes=axes, pieces=(*known.pieces, statement))
        elif self._is_new(target.ident):
            self._axes(target)
            axes = tuple((index.name, index.dim.name if index.dim else "") for index in target.indices)
            kept = not (isinstance(statement, ast.Definition) and statement.let)
            self.symbols.variables[target.ident.name] = Variable(
                target.ident.name, role, target.ident.span, axes, kept=kept, pieces=(statement,)
            )

    def _wrong_indices(self, target: ast.Target, known: Variable) -> None:
        self.findings.add(
            "E207",
            f"`{known.name}` has {len(known.axes)} axes elsewhere, here {len(target.indices)}",
            Label(target.span),
            Label(known.span, "the other piece"),
        )


def net_weights(net: ast.Net) -> list[tuple[str, tuple[str, ...]]]:
    """The weights and biases of each layer, with their dims: what goes in, what comes out."""
    found: list[tuple[str, tuple[str, ...]]] = []
    before = net.axis.name
    for k, layer in enumerate(net.layers, 1):
        after = layer.axis.name if layer.axis is not None else f"{net.ident.name}.{k}"
        found += [(f"w{k}", (before, after)), (f"b{k}", (after,))]
        before = after
    return found


def _is_partial(statement: Piece) -> bool:
    return statement.where is not None or any(index.dim is None for index in statement.target.indices)


def _named(axes: tuple[tuple[str, str], ...], target: ast.Target) -> tuple[tuple[str, str], ...]:
    """The axes of a variable in pieces: `x[0] = ...` leaves it to another piece to name the dim."""
    return tuple(
        (index.name, index.dim.name) if not dim and index.dim is not None else (name, dim)
        for (name, dim), index in zip(axes, target.indices, strict=True)
    )


def did_you_mean(name: str, known: object) -> str:
    """The sentence "did you mean `x`?", or nothing."""
    close = nearest(name, known)
    return f"did you mean `{close}`?" if close else ""


def nearest(name: str, known: object) -> str | None:
    """The known name that is one slip away, if there is one."""
    from difflib import get_close_matches

    candidates = [str(k) for k in known]  # type: ignore[attr-defined]
    folded = {c.lower().replace("_", ""): c for c in reversed(candidates)}
    exact = folded.get(name.lower().replace("_", ""))
    if exact is not None:
        return exact
    close = get_close_matches(name, candidates, 1, 0.6)
    return close[0] if close else None
