"""Files of ours: the same back, or a refusal; never something else."""

import json
import os

import numpy as np
import pytest

from ppl.archive import Archive, Damaged, decoded, encoded, read, write
from ppl.diagnostic import PplError

ARCHIVE = Archive(
    "thing",
    {"name": "é", "numbers": [1, 2.5, None]},
    {
        "x": np.arange(6.0).reshape(2, 3),
        "n": np.array(3),
        "flag": np.array([True, False]),
        "none": np.zeros((0, 4)),
    },
)


def test_the_same_back(tmp_path):
    write(tmp_path / "f", ARCHIVE)
    found = read(tmp_path / "f", "thing")
    assert found.record == ARCHIVE.record
    assert set(found.arrays) == set(ARCHIVE.arrays)
    for name, value in ARCHIVE.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], value)
        assert found.arrays[name].dtype == value.dtype


def test_safetensors_reads_it_too(tmp_path):
    from safetensors.numpy import load_file

    write(tmp_path / "f", ARCHIVE)
    np.testing.assert_array_equal(load_file(tmp_path / "f")["x"], ARCHIVE.arrays["x"])


def test_every_flipped_bit_is_noticed():
    content = encoded(ARCHIVE)
    rng = np.random.default_rng(0)
    for place in rng.choice(len(content), size=min(500, len(content)), replace=False):
        wrong = bytearray(content)
        wrong[place] ^= 1 << int(rng.integers(8))
        with pytest.raises(Damaged):
            decoded(bytes(wrong), "thing")


def test_every_cut_is_noticed():
    content = encoded(ARCHIVE)
    for length in range(0, len(content), 7):
        with pytest.raises(Damaged):
            decoded(content[:length], "thing")
    with pytest.raises(Damaged):
        decoded(content + b"\0", "thing")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a zip of sorts",
        (2**63).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (9).to_bytes(8, "little") + b'{"a":1e9}',
    ],
)
def test_foreign_bytes_are_refused(content, tmp_path):
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(PplError, match="can't be opened"):
        read(tmp_path / "f", "thing")


def test_deeply_nested_header_is_refused():
    header = json.dumps({"__metadata__": {"ppl": "[" * 100_000}}).encode()
    with pytest.raises(Damaged):
        decoded(len(header).to_bytes(8, "little") + header, "thing")


def test_another_kind_is_refused(tmp_path):
    write(tmp_path / "f", ARCHIVE)
    with pytest.raises(PplError, match="it holds a thing"):
        read(tmp_path / "f", "fit")


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "f"
    write(path, ARCHIVE)
    before = path.read_bytes()

    def fails(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(PplError, match="No space left"):
        write(path, Archive("thing", {}, {}))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["f"]


def test_a_place_that_is_not_there(tmp_path):
    with pytest.raises(PplError, match="can't be written"):
        write(tmp_path / "no" / "f", ARCHIVE)
    with pytest.raises(PplError, match="there is no file"):
        read(tmp_path / "f", "thing")
