"""Arrays and a record in one file that can be trusted: safetensors, with our SHA-256 over all of it.

The record is JSON in the file's metadata, so other tools can open it too. safetensors accepts flipped payload
bytes, so the checksum is ours: it is that of the file with zeros where the checksum stands. Sizes are checked
before anything is made of them. There is no pickle, and nothing to execute.

A file is written beside its place and moved there, so that at no moment is there half a file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, PplError

Array = Any
MOST_BYTES = 4 << 30  # of a file that is opened
UNSIGNED = "0" * 64  # stands for the checksum where it is computed


@dataclass(frozen=True, eq=False)
class Archive:
    """What a file holds: of which kind it is, a record of plain JSON, and arrays by name."""

    kind: str
    record: Mapping[str, Any]
    arrays: Mapping[str, Array]


class Damaged(Exception):  # noqa: N818 - a finding about bytes; users see the PplError made of it
    """Bytes that are not what was written."""


def write(path: str | Path, archive: Archive) -> None:
    """Write a file, whole or not at all; raises `PplError` where it can't be."""
    file = Path(path)
    content = encoded(archive)
    try:
        _replace(file, content)
    except (OSError, ValueError) as error:
        why = "it is a folder" if file.is_dir() else getattr(error, "strerror", None) or str(error)
        fix = "name a file in it" if file.is_dir() else "choose another place, or make the folder first"
        raise PplError([Diagnostic("E731", f"{file} can't be written: {why}", fix=fix)]) from error


def _replace(file: Path, content: bytes) -> None:
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name is to last as well
    finally:
        os.close(folder)


def encoded(archive: Archive) -> bytes:
    """The bytes of a file."""
    from safetensors.numpy import save

    about = {"kind": archive.kind, "sha256": UNSIGNED, "record": archive.record}
    arrays = {name: np.array(value, order="C") for name, value in archive.arrays.items()}
    content: bytes = save(arrays, metadata={"ppl": json.dumps(about)})
    return content.replace(UNSIGNED.encode(), hashlib.sha256(content).hexdigest().encode(), 1)


def read(path: str | Path, kind: str) -> Archive:
    """What a file of a kind holds; raises `PplError` where it is damaged or something else."""
    file = Path(path)
    try:
        if file.stat().st_size > MOST_BYTES:
            raise Damaged(f"it is larger than {MOST_BYTES >> 30} GB")
        return decoded(file.read_bytes(), kind)
    except FileNotFoundError as error:
        raise PplError([Diagnostic("E408", f"there is no file {file}", fix="check the path")]) from error
    except OSError as error:
        raise PplError([Diagnostic("E408", f"{file} can't be read: {error.strerror or error}")]) from error
    except Damaged as error:
        fix = "make it again, by `ppl fit --out` or fit.save()"
        raise PplError([Diagnostic("E732", f"{file} can't be opened: {error}", fix=fix)]) from error


def decoded(content: bytes, kind: str) -> Archive:
    """What the bytes of a file hold; raises `Damaged`."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise Damaged("it is cut short, or not a file of ours")
    try:
        about = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["ppl"])
        digest, found, record = about["sha256"], about["kind"], about["record"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged("it is not a file of ours") from error
    if not isinstance(digest, str) or len(digest) != len(UNSIGNED) or not isinstance(record, dict):
        raise Damaged("it is not a file of ours")
    unsigned = content.replace(digest.encode(), UNSIGNED.encode(), 1)
    if hashlib.sha256(unsigned).hexdigest() != digest:
        raise Damaged("its checksum doesn't fit its content: it was damaged or changed")
    if found != kind:
        raise Damaged(f"it holds a {found}, and not a {kind}")
    try:
        arrays = load(
            content
        )  # which checks that every array lies inside of the file and is as long as its shape
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise Damaged("its arrays are not described as arrays are") from error
    return Archive(kind, record, arrays)
