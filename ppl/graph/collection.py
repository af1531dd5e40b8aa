"""Program -> Symbols: every declaration collected, each name once; and what is wrong with the rest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ppl.diagnostic import Edit, Findings, Label
from ppl.graph.borrowed import TYPES, asked, suggested
from ppl.graph.nets import declare_net
from ppl.graph.spelling import is_misdeclared, nearest
from ppl.graph.symbols import DimSymbol, Piece, Role, Symbols, Variable
from ppl.syntax import ast
from ppl.syntax.grammar import KEYWORDS


def collect(program: ast.Program, findings: Findings) -> Symbols:
    """The names that a program declares; data, params and latents before `~` and `=`, whatever their order."""
    collector = _Collector(Symbols(), findings)
    for kind in (
        (ast.Dim,),
        (ast.Declaration, ast.Function, ast.Net, ast.OwnDistribution),
        (ast.Definition,),
        (ast.Relation,),
    ):
        for statement in program.statements:
            if isinstance(statement, kind):
                collector.add(statement)
    return collector.symbols


@dataclass
class _Collector:
    symbols: Symbols
    findings: Findings
    missing: set[str] = field(default_factory=set)  # dims that were used and never declared

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
                declare_net(statement, self.symbols, self.findings, self.unknown_dim)
            case ast.OwnDistribution():
                self._distribution(statement)
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
            self.symbols.poisoned.add(ident.name)
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
                    "E205",
                    "the labels of a dim stand in double quotes",
                    Label(odd.span),
                    fix='`["control", "drug"]`',
                )
            again = next((item for item in size.items if _is_repeated(item, size.items)), None)
            if isinstance(again, ast.String):
                self.findings.add(
                    "E203",
                    f'the label "{again.value}" stands twice',
                    Label(again.span),
                    fix="give each place a label of its own",
                )
            labels, size = tuple(strings), None
        start = 0
        if statement.start is not None:
            if (
                isinstance(statement.start, ast.Number)
                and isinstance(statement.start.value, int)
                and statement.start.value < 2**53
            ):
                start = statement.start.value
            else:
                self.findings.add(
                    "E205",
                    "the first code of a dim is a whole number",
                    Label(statement.start.span),
                    fix="`from 1`",
                )
        if isinstance(size, ast.Number) and (not isinstance(size.value, int)):
            self.findings.add(
                "E205",
                f"the size of a dim is a whole number, not {size.text}",
                Label(size.span),
                fix="`dim cluster = 3`",
            )
            size = None
        if size is not None and len(statement.idents) > 1:
            self.findings.add(
                "E205",
                f"one size stands behind {len(statement.idents)} dims",
                Label(size.span),
                fix="declare each on a line of its own",
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
        if ident.name in self.missing:
            return  # said once is enough: one line declares it for all
        self.missing.add(ident.name)
        if ident.name in self.symbols.variables:
            self.findings.add(
                "E205",
                f"`{ident.name}` is a variable; an axis is a dim",
                Label(ident.span),
                Label(self.symbols.variables[ident.name].span, "declared here"),
                fix=self._dim_of(ident),
            )
            return
        close = nearest(ident.name, self.symbols.dims)
        if self._is_misdeclared(ident, close, f"there is no dim `{ident.name}`"):
            return
        self.findings.add(
            "E205",
            f"there is no dim `{ident.name}`",
            Label(ident.span),
            fix=asked(close) or f"add a line `dim {ident.name}`",
            edits=(Edit(ident.span, close),) if close else (),
        )

    def _is_misdeclared(self, ident: ast.Ident, close: str | None, message: str) -> bool:
        """Whether the slip is in the declaration of a dim; says so."""
        dim = self.symbols.dims.get(close or "")
        source = self.findings.source
        if dim is None or source is None or not is_misdeclared(source.text, ident.name, dim.name):
            return False
        self.missing.add(ident.name)
        self.findings.add(
            "E205",
            message,
            Label(ident.span),
            Label(dim.span, f"`{dim.name}` is used nowhere"),
            fix=f"did you mean `{ident.name}` there?",
            edits=(Edit(dim.span, ident.name),),
        )
        return True

    def _dim_of(self, ident: ast.Ident) -> str:
        """What to write where a variable stands as an axis."""
        kind = self.symbols.variables[ident.name].type
        if kind is None or kind.kind is None:
            return "an index on the left side is the name of a dim"
        if kind.kind.name in self.symbols.dims:
            return f"did you mean `{kind.kind.name}`?"
        return f"add a line `dim obs = {ident.name}`, and write `[obs]` for `[{ident.name}]`"

    def _declare(self, statement: ast.Declaration, target: ast.Target) -> None:
        name = target.ident.name
        if not self._is_new(target.ident):
            return
        for index in target.indices:
            if index.dim is None:
                size = index.position if isinstance(index.position, int) and index.position else 8
                self.findings.add(
                    "E207",
                    f"a declaration names the axes of `{name}`, not positions",
                    Label(index.span),
                    fix=f"add a line `dim obs = {size}`, and write `{name}[obs]`",
                )
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

    def _type(self, kind: ast.Type) -> dict[str, Any]:
        if kind.kind is None:
            return {"kind": "int"}
        name = kind.kind.name
        if name in ("real", "int", "bool"):
            return {"kind": name}
        if name in self.symbols.dims:
            return {"kind": "int", "of": name}
        close = suggested(name, ["real", "int", "bool", *self.symbols.dims], TYPES)
        if name in self.missing or self._is_misdeclared(kind.kind, close, f"there is no dim `{name}`"):
            return {"kind": "int"}
        self.findings.add(
            "E205",
            f"`{name}` is neither a type nor a dim",
            Label(kind.kind.span),
            fix=asked(close) or "types are `real`, `int`, `bool`, or a dim's name",
            edits=(Edit(kind.kind.span, close),) if close else (),
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
                    "E203",
                    f"`{parameter.name}` stands twice in `{name}`",
                    Label(parameter.span),
                    fix="give one of them another name",
                )
            seen.add(parameter.name)
        self.symbols.functions[name] = statement

    def _distribution(self, statement: ast.OwnDistribution) -> None:
        name = statement.ident.name
        before = self.symbols.distributions.get(name)
        if before is not None:
            first = Label(before.ident.span, "first defined here")
            self.findings.add(
                "E203",
                f"`{name}` is defined twice",
                Label(statement.ident.span, "again here"),
                first,
                fix="rename one",
            )
            return
        seen: set[str] = set()
        for ident in (statement.variable, *statement.parameters):
            if ident.name in seen:
                self.findings.add("E203", f"`{ident.name}` stands twice in `{name}`", Label(ident.span))
            seen.add(ident.name)
        self.symbols.distributions[name] = statement

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
            f"`{known.name}` has {_counted(len(known.axes))} in another piece, and {len(target.indices)} here",
            Label(target.span),
            Label(known.span, "the other piece"),
            fix="give all pieces the same axes",
        )
        self.symbols.poisoned.add(known.name)


def _counted(axes: int) -> str:
    return "no axis" if axes == 0 else "1 axis" if axes == 1 else f"{axes} axes"


def _is_repeated(item: ast.Expr, items: tuple[ast.Expr, ...]) -> bool:
    """Whether a label stands before, too."""
    before = items[: items.index(item)]
    return isinstance(item, ast.String) and any(
        isinstance(b, ast.String) and b.value == item.value for b in before
    )


def _is_partial(statement: Piece) -> bool:
    return statement.where is not None or any(index.dim is None for index in statement.target.indices)


def _named(axes: tuple[tuple[str, str], ...], target: ast.Target) -> tuple[tuple[str, str], ...]:
    """The axes of a variable in pieces: `x[0] = ...` leaves it to another piece to name the dim."""
    return tuple(
        (index.name, index.dim.name) if not dim and index.dim is not None else (name, dim)
        for (name, dim), index in zip(axes, target.indices, strict=True)
    )
