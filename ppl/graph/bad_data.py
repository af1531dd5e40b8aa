"""What is wrong with the data, said with their own names, places and values; nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.data.column import Column, Columns
from ppl.diagnostic import Edit, Findings, Label, Span, clipped
from ppl.graph.model import Graph
from ppl.graph.spelling import nearest
from ppl.graph.symbols import DimSymbol, Variable

Array = np.ndarray[Any, Any]
_PLURALS = (("a whole number", "whole numbers"), ("a finite number", "finite numbers"), ("a code", "codes"))
_SHOWN = 3  # places that a message names before it only counts


@dataclass
class BadData:
    """Adds findings about entries of the data."""

    graph: Graph
    columns: Columns
    findings: Findings

    def absent(self, variable: Variable) -> None:
        """An entry that the model asks for and the data lack."""
        others = [name for name in self.columns if name not in self.graph.variables]
        close = nearest(variable.name, others)
        facts = (
            [f"they have {_listed([f'`{k}`' for k in self.columns])}"] if self.columns and not close else []
        )
        origins = {column.origin for column in self.columns.values()}
        fix = (
            f"add `{variable.name}` to {origins.pop()}"
            if len(origins) == 1
            else f"add an entry `{variable.name}`"
        )
        if close:
            fix = f"did you mean `{close}`? call it `{variable.name}` there, or `{close}` in the model"
        elif not self.columns:
            fix = "give a data file: `--data FILE`"
        self._add("E401", f"the data have no `{variable.name}`", variable, facts=facts, fix=fix)

    def ragged(self, variable: Variable, column: Column) -> None:
        """A table whose rows differ in length, or an entry that is no array at all."""
        facts = [f"in {column.origin}"]
        values = column.values
        if isinstance(values, list | tuple) and all(isinstance(row, list | tuple) for row in values):
            first = len(values[0])
            k = next((k for k, row in enumerate(values) if len(row) != first), None)
            if k is not None:  # numpy itself refuses lists of unequal length
                facts = [
                    f"in {column.origin}: row 0 has {_counted(first, 'value')}, row {k} has {len(values[k])}"
                ]
        fix = "give every row a value for every column"
        what = "rows"
        if isinstance(values, Mapping):
            lengths = [f"`{k}` has {len(v) if hasattr(v, '__len__') else 1}" for k, v in values.items()]
            what, facts = "columns", [f"in {column.origin}: {_listed(lengths)}"]
        self._add(
            "E406", f"the {what} of `{variable.name}` have different lengths", variable, facts=facts, fix=fix
        )

    def missing(self, variable: Variable, column: Column, holes: Array, size: int) -> None:
        """Empty cells where every place needs a value."""
        verb = "is" if len(holes) == 1 else "are"
        fix = "drop these rows from the data, or fill them in"
        edits: tuple[Edit, ...] = ()
        kind = variable.type.kind if variable.type is not None else None
        if variable.relations and kind is not None:
            brackets = f"[{', '.join(variable.dims)}]" if variable.dims else ""
            fix = f"`data {variable.name}{brackets}: {kind.name}?` infers them"
            edits = (Edit(Span(kind.span.end, kind.span.end), "?"),)
        self._add(
            "E412",
            f"{len(holes):,} of {size:,} values of `{variable.name}` {verb} missing",
            variable,
            facts=[f"at {_places(column, holes)}", "nothing was dropped or filled in for you"],
            fix=fix,
            edits=edits,
        )

    def bare(self, variable: Variable, column: Column, holes: Array) -> None:
        """Empty cells that may be inferred, but of which no statement speaks."""
        which = "is" if len(holes) == 1 else "are"
        what = "it" if len(holes) == 1 else "them"
        self._add(
            "E412",
            f"{_counted(len(holes), 'missing value')} of `{variable.name}` {which} covered by no statement",
            variable,
            facts=[
                f"at {_places(column, holes)}",
                f"without a distribution nothing tells what {which} there",
            ],
            fix=f"let a `~` speak of {what} too (its `where` leaves {what} out), or fill {what} in",
        )

    def shape(self, variable: Variable, column: Column, array: Array) -> None:
        """An entry with too few or too many axes."""
        kinds = ["a single value", "a list", "a table"]
        have = kinds[array.ndim] if array.ndim < 3 else f"an array with {array.ndim} axes"
        want = f"{variable.name}[{', '.join(variable.dims)}]" if variable.dims else "a single value"
        fix = f"`{want}` wants {kinds[len(variable.dims)] if len(variable.dims) < 3 else 'an array'}"
        if not variable.dims:
            fix = f"give one number, or declare `{variable.name}` over a dim"
        elif array.ndim == 0 and len(variable.dims) == 1:
            fix = f'write it as a list: `"{variable.name}": [{array[()]}]`'
        wanted = f"`{want}`" if variable.dims else want
        self._add(
            "E406",
            f"`{variable.name}` in {column.origin} is {have}, and the model has {wanted}",
            variable,
            fix=fix,
        )

    def not_numbers(self, variable: Variable, column: Column, array: Array) -> None:
        """Texts, or other things, where numbers are wanted."""
        cells = [None if _is_number(v) else v for v in array.reshape(-1)]
        wrong = np.array([c is not None for c in cells]).reshape(array.shape)
        want = {"real": "a number", "int": "a whole number", "bool": "true or false"}[variable.kind]
        if not wrong.any():
            quoted = str(array.reshape(-1)[0]) if array.size else ""
            self._add(
                "E407",
                f'`{variable.name}` holds texts such as "{clipped(quoted)}", and {want} is wanted',
                variable,
                facts=[f"in {column.origin}"],
                fix="write the numbers without quotes",
            )
            return
        first = next(c for c in cells if c is not None)
        count = int(wrong.sum())
        shown = f'"{clipped(str(first))}"' if isinstance(first, str) else clipped(repr(first))
        self._add(
            "E407",
            f"`{variable.name}` holds {shown}, and {want} is wanted"
            + (f" ({count:,} of {array.size:,} values are no numbers)" if count > 1 else ""),
            variable,
            facts=[f"at {_places(column, np.argwhere(wrong))}"],
            fix=_number_instead(str(first), variable),
        )

    def values(
        self,
        variable: Variable,
        column: Column,
        array: Array,
        wrong: Array,
        code: str,
        must: str,
        fix: str = "",
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """Values that are not what the type says; `must` completes "is not ..."."""
        places = np.argwhere(wrong)
        shown = [told(column, tuple(int(i) for i in p), array[tuple(p)]) for p in places[:_SHOWN]]
        more = f" and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else ""
        of = f"{len(places):,} of {array.size:,} values of `{variable.name}` {'is' if len(places) == 1 else 'are'}"
        if len(places) > 1:
            must = next((must.replace(one, many) for one, many in _PLURALS if one in must), must)
        message = (
            f"`{variable.name}` is {array[()]}, which is not {must}"
            if array.ndim == 0
            else f"{of} not {must}"
        )
        facts = [", ".join(shown) + more] if array.ndim else [f"in {column.origin}"]
        self._add(code, message, variable, facts=facts, fix=fix, edits=edits)

    def codes(
        self, variable: Variable, column: Column, array: Array, outside: Array, dim: DimSymbol, size: int
    ) -> None:
        """Codes that no place of an axis has; very often they are counted from the other end."""
        fix = ""
        edits: tuple[Edit, ...] = ()
        if dim.start == 0 and array.min() >= 1 and array[outside].max() == size:
            fix = f"the codes start at 1: write `dim {dim.name} from 1`"
            edits = self._from_one(dim)
        elif dim.start == 1 and array.min() == 0 and array.max() < size:
            fix = f"the codes start at 0: write `dim {dim.name}` without `from 1`"
        else:
            fix = f"correct the data, or make `{dim.name}` longer than its {size:,} places"
            if array.min() < dim.start:
                fix = f"correct the data: the codes of `{dim.name}` start at {dim.start}"
        must = f"a code of `{dim.name}`, {dim.start} to {dim.start + size - 1}"
        self.values(variable, column, array, outside, "E410", must, fix, edits)

    def _from_one(self, dim: DimSymbol) -> tuple[Edit, ...]:
        """`dim county` to `dim county from 1`, where it stands alone on its line."""
        line = self.graph.source.position(dim.span.start)[0]
        text = self.graph.source.line(line).partition("#")[0].strip()
        return (Edit(Span(dim.span.end, dim.span.end), " from 1"),) if text == f"dim {dim.name}" else ()

    def label(
        self, variable: Variable, column: Column, array: Array, dim: DimSymbol, labels: tuple[str, ...]
    ) -> None:
        """Labels that an axis does not have."""
        unknown = list(dict.fromkeys(str(v) for v in array.reshape(-1) if str(v) not in labels))
        close = nearest(unknown[0], labels)
        more = [f"nor {_listed(_quoted(unknown[1:]))}"] if len(unknown) > 1 else []
        self.findings.add(
            "E405",
            f'`{dim.name}` has no label "{clipped(unknown[0])}"',
            Label(variable.span, f"positions of `{dim.name}`"),
            Label(dim.span, f"{len(labels)} labels"),
            facts=[f"at {_places(column, np.argwhere(array == unknown[0]))}", *more],
            fix=f'did you mean "{close}"?' if close else f"its labels are {_listed(_quoted(labels))}",
        )

    def _add(
        self,
        code: str,
        message: str,
        variable: Variable,
        facts: list[str] | None = None,
        fix: str = "",
        edits: tuple[Edit, ...] = (),
    ) -> None:
        self.findings.add(
            code, message, Label(variable.span, "declared here"), facts=facts or [], fix=fix, edits=edits
        )


def told(column: Column, index: tuple[int, ...], value: object) -> str:
    """A value and its place: `sigma[2] is -16`, or `people.csv:4 holds -16`."""
    verb = "holds" if column.first_line is not None else "is"
    return (
        f"{column.place(index)} {verb} {value:g}"
        if isinstance(value, float)
        else f"{column.place(index)} {verb} {value}"
    )


def _places(column: Column, found: Array) -> str:
    places = [column.place(tuple(int(i) for i in index)) for index in found[:_SHOWN]]
    return ", ".join(places) + (f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else "")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _quoted(labels: Iterable[str]) -> list[str]:
    return [f'"{clipped(label)}"' for label in labels]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
        return True
    return isinstance(value, int | float | np.number | np.bool_)


def _number_instead(text: str, variable: Variable) -> str:
    """What to write for a text that was meant as a number."""
    if _is_number(text.replace(",", ".", 1)):
        return f"write `{text.replace(',', '.', 1)}`, with a point"
    if variable.kind == "bool":
        return "write 1 and 0, or true and false"
    return "if it stands for a missing value, leave the cell empty (in JSON: null)"
