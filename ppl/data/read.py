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
from ppl.diagnostic import Diagnostic, PplError

_MISSING = frozenset({"", "NA", "NaN", "nan", "N/A", "null", "NULL", "None", "."})


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
        _refuse(
            "E406",
            f"the columns of `{name}` have different lengths",
            "every column of a table has one value per row",
        )
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
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise PplError(
            [
                Diagnostic(
                    "E408",
                    f"{path} is not JSON{where}",
                    fix='an object of numbers and lists: {"y": [1.0, 2.0]}',
                )
            ]
        ) from error
    if not isinstance(found, dict):
        _refuse("E408", f"{path} holds {_spoken(found)}, not an object of named entries", '{"y": [1.0, 2.0]}')
    return {name: _entry(name, values, path.name) for name, values in found.items()}


def _spoken(found: object) -> str:
    return {list: "a list", str: "a text", int: "a number", float: "a number", bool: "a truth value"}.get(
        type(found), "nothing"
    )


def _read_csv(path: Path, text: str, delimiter: str) -> dict[str, Column]:
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
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
            _refuse(
                "E408",
                f"{path}:{k + 2} has {len(row)} cells, the header has {len(header)}",
                "every line has one cell per column",
            )
    return {
        name: Column(name, _cells(row[k] for row in rows[1:]), path.name, first_line=2)
        for k, name in enumerate(header)
    }


def _cells(texts: Iterable[str]) -> list[Any]:
    """A column's cells: all whole numbers, or all numbers, or else texts; None where empty."""
    cells = [None if (t := text.strip()) in _MISSING else t for text in texts]
    for convert in (int, float):
        try:
            return [None if cell is None else convert(cell) for cell in cells]
        except ValueError:
            continue
    return cells


def _read_parquet(path: Path) -> dict[str, Column]:
    try:
        import pandas
    except ImportError as error:
        raise PplError(
            [
                Diagnostic(
                    "E408", f"{path}: parquet needs pandas and pyarrow", fix="pip install pandas pyarrow"
                )
            ]
        ) from error
    frame = pandas.read_parquet(path)
    return {
        str(name): Column(str(name), frame[name].to_numpy(), path.name, first_line=None)
        for name in frame.columns
    }


__all__ = ["Columns", "read"]
