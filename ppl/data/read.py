"""Files, frames and dicts to columns. JSON is an object of numbers and lists; a CSV column has a header."""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ppl.data.column import Column, Columns
from ppl.diagnostic import Diagnostic, Label, PplError, Source, Span, clipped

_MISSING = frozenset({"", "na", "nan", "n/a", "null", "none", "."})  # whatever their capitals


def read(data: Any, mapping: Mapping[str, str] | None = None) -> dict[str, Column]:
    """The columns of a path (`-` is stdin), a mapping, a data frame, or a list of these; raises `PplError`.

    `mapping` renames: `{"weigth": "weight"}` gives the model's `weight` the column `weigth`.
    """
    if data is None:
        return {}
    if isinstance(data, str | Path):
        return _renamed(_read_path(Path(data)), mapping)
    if isinstance(data, list | tuple):
        found: dict[str, Column] = {}
        for part in data:
            for name, column in read(part).items():
                if name in found:
                    _refuse(
                        "E409",
                        f"`{name}` is in {found[name].origin} and again in {column.origin}",
                        "drop one of them",
                    )
                found[name] = column
        return _renamed(found, mapping)
    if isinstance(data, Mapping):
        return _renamed({str(k): _entry(str(k), v, "the data") for k, v in data.items()}, mapping)
    if hasattr(data, "columns") and hasattr(data, "__getitem__"):
        return _renamed(
            {str(name): _entry(str(name), data[name], "the data frame") for name in data.columns}, mapping
        )
    _refuse(
        "E409",
        f"data are a mapping, a data frame or a path, not {type(data).__name__}",
        'data={"y": [1.0, 2.0]}',
    )
    raise AssertionError


def _refuse(code: str, message: str, fix: str = "") -> None:
    raise PplError([Diagnostic(code, message, fix=fix)])


def _renamed(columns: dict[str, Column], mapping: Mapping[str, str] | None) -> dict[str, Column]:
    if not mapping:
        return columns
    for old in mapping:
        if old not in columns:
            _refuse("E409", f"there is no column `{old}` to rename", f"the columns are {', '.join(columns)}")
    return {mapping.get(name, name): column for name, column in columns.items()}


def _entry(name: str, values: Any, origin: str) -> Column:
    """An entry of a mapping; a table (a frame, or a mapping of columns) fills two axes."""
    if isinstance(values, Mapping):
        names = tuple(str(k) for k in values)
        lists = [_plain(values[k]) for k in values]
        if lists and len({len(column) if hasattr(column, "__len__") else -1 for column in lists}) == 1:
            rows = [list(row) for row in zip(*lists, strict=True)]
            return Column(name, rows, origin, columns=names)
        return Column(name, values, origin)  # wrong only if the model asks for it
    if hasattr(values, "columns") and hasattr(values, "to_numpy"):
        return Column(name, values.to_numpy(), origin, columns=tuple(str(c) for c in values.columns))
    return Column(name, _plain(values), origin)


def _plain(values: Any) -> Any:
    return values.to_numpy() if hasattr(values, "to_numpy") else values


def _read_path(path: Path) -> dict[str, Column]:
    suffixes = [s.lower() for s in path.suffixes]
    try:
        if suffixes[-1:] == [".parquet"]:
            return _read_parquet(path)
        if suffixes[-1:] == [".zip"]:
            with zipfile.ZipFile(path) as archive:
                inner = archive.namelist()[0]
                text = archive.read(inner).decode("utf-8-sig")
            suffixes = [Path(inner).suffix.lower()]
        elif str(path) == "-":
            text = sys.stdin.read()
            suffixes = [".json" if text.lstrip().startswith(("{", "[")) else ".csv"]
        else:
            text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise PplError(
            [Diagnostic("E408", f"there is no file {path}", fix="check the path given to `--data`")]
        ) from error
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile, IndexError) as error:
        raise PplError(
            [Diagnostic("E408", f"{path} can't be read: {error}", fix="data files are UTF-8 JSON or CSV")]
        ) from error
    if suffixes[-1:] in ([".csv"], [".tsv"], [".txt"]):
        return _read_csv(path, text, "\t" if suffixes[-1] == ".tsv" else ",")
    return _read_json(path, text)


def _read_json(path: Path, text: str) -> dict[str, Column]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PplError([_not_json(path, text, error)]) from error
    if not isinstance(found, dict):
        _refuse(
            "E408",
            f"{path} holds {_spoken(found)}, and data are an object of named entries",
            'name what it holds: `{"y": [1.0, 2.0]}`',
        )
    return {name: _entry(name, values, path.name) for name, values in found.items()}


def _not_json(path: Path, text: str, error: Exception) -> Diagnostic:
    """Where a text stops being JSON, and the reasons that are frequent."""
    example = 'data are an object of numbers and lists: `{"y": [1.0, 2.0]}`'
    if not text.strip():
        return Diagnostic("E408", f"{path} is empty", fix=example)
    if not isinstance(error, json.JSONDecodeError):
        return Diagnostic(
            "E408", f"{path} is not JSON: it is nested too deeply, or a number is too long", fix=example
        )
    at = len(text.rstrip()) if error.pos >= len(text.rstrip()) else error.pos
    before = text[:at].rstrip()
    reason, fix = "this can't stand here", example
    if at == len(text.rstrip()):
        reason, fix = "it ends too early", "close all brackets and quotes"
    elif text[at] == "'":
        reason, fix = "texts and names stand in double quotes", 'write `"y"`'
    elif before.endswith(",") and text[at] in "]}":
        at = len(before) - 1
        reason, fix = "nothing follows this comma", "delete it"
    elif text[at] in '"[{' or text[at].isalnum():
        reason = "something is missing before this, perhaps a comma or a colon"
    label = Label(Span(at, at + 1))
    return Diagnostic(
        "E408", f"{path.name} is not JSON: {reason}", (label,), fix=fix, source=Source(path.name, text)
    )


def _spoken(found: object) -> str:
    return {list: "a list", str: "a text", int: "a number", float: "a number", bool: "a truth value"}.get(
        type(found), "nothing"
    )


def _read_csv(path: Path, text: str, delimiter: str) -> dict[str, Column]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows: list[list[str]] = []
    lines: list[int] = []  # where each row ends: cells in quotes may hold line ends
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        _refuse(
            "E408",
            f"{path}:{reader.line_num} is not CSV",
            f"a cell is too long, or holds strange characters: {error}",
        )
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        _refuse("E408", f"{path} is empty", "a CSV file begins with a line of column names")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        _refuse("E408", f"{path} has the column `{twice}` twice", "rename one of them")
    for k, row in enumerate(rows[1:]):
        if len(row) != len(header):
            cells = f"{len(row)} cell{'s' * (len(row) != 1)}"
            line = clipped(delimiter.join(row), 60)
            raise PplError(
                [
                    Diagnostic(
                        "E408",
                        f"{path}:{lines[k + 1]} has {cells}, and the header has {len(header)}",
                        facts=(f"it reads: {line}",) if line else ("it is blank",),
                        fix="every line has one cell per column" if line else "delete the blank line",
                    )
                ]
            )
    return {
        name: Column(name, _cells(row[k] for row in rows[1:]), path.name, first_line=2)
        for k, name in enumerate(header)
    }


def _cells(texts: Iterable[str]) -> list[Any]:
    """A column's cells: all whole numbers, or all numbers, or else texts; None where empty."""
    cells = [None if (t := text.strip()).lower() in _MISSING else t for text in texts]
    for convert in (int, float):
        try:
            return [None if cell is None else convert(cell) for cell in cells]
        except ValueError:
            continue
    return cells


def _read_parquet(path: Path) -> dict[str, Column]:
    try:
        import pandas

        frame = pandas.read_parquet(path)
    except ImportError as error:
        advice = "pip install pandas pyarrow"
        raise PplError(
            [Diagnostic("E408", f"{path}: parquet needs pandas and pyarrow", fix=advice)]
        ) from error
    except ValueError as error:  # pyarrow's own errors are ValueErrors
        raise PplError([Diagnostic("E408", f"{path} is not a parquet file", fix="write it anew")]) from error
    return {
        str(name): Column(str(name), frame[name].to_numpy(), path.name, first_line=None)
        for name in frame.columns
    }


__all__ = ["Columns", "read"]
