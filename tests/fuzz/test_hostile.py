"""Programs made to break a checker by their size or their shape: each works, or ends in a message, in bounded time.

`PPL_LONG=10 pytest tests/fuzz/test_hostile.py` takes ten times more of all that is long.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import ppl
from ppl.diagnostic import PplError

sys.path.insert(0, str(Path(__file__).parent))

from mutate import at_most, run

LONG = int(os.environ.get("PPL_LONG", "1"))
MANY = 1_000 * LONG  # of what costs a parse each
SECONDS = 20.0 * LONG


def lines(count: int, text: str) -> str:
    return "\n".join(text.format(i, i + 1) for i in range(count))


DEEP = {
    "parentheses": ("(", "1", ")"),
    "sums": ("(1 + ", "1", ")"),
    "minus": ("-", "1", ""),
    "powers": ("2^", "1", ""),
    "negations": ("not ", "(1 > 0)", ""),
    "choices": ("if 1 > 0 then 1 else ", "1", ""),
    "indices": ("y[", "0", "]"),
    "calls": ("exp(", "0", ")"),
    "reductions": ("sum(", "0", ")"),
    "densities": ("log_prob(Normal(0, 1), ", "0", ")"),
    "arrays": ("[", "0", "]"),
    "open brackets": ("(", "", ""),
    "closed brackets": ("", "1", ")"),
}


@pytest.mark.parametrize("depth", [100, 150, 158, 159, 160, 161, 180, 197, 198, 199, 200, 201, 1_000, 10_000])
@pytest.mark.parametrize("kind", DEEP)
def test_depth(kind: str, depth: int) -> None:
    left, inside, right = DEEP[kind]
    text = "dim k = 2\ndata y[k]: int\nc = " + left * depth + inside + right * depth
    with at_most(SECONDS):
        end = run(text, {"y": [0, 0]})
    works = kind == "parentheses" or (
        depth <= 150 and kind not in ("arrays", "open brackets", "closed brackets")
    )
    if 150 < depth < 200 and kind not in ("arrays", "open brackets", "closed brackets"):
        assert end in ("bound", "E110")  # what is one level is a matter of the kind
    else:
        assert end == "bound" if works else end[0] == "E"


LONG_PROGRAMS = {
    "a sum": "b ~ Normal(0, 1)\nc = " + " + ".join(["b"] * MANY * 5),
    "a product": "b ~ Normal(0, 1)\nc = " + " * ".join(["b"] * MANY * 5),
    "a condition": "c = " + " and ".join(["1 > 0"] * MANY * 2),
    "a comparison": "c = " + " < ".join(["1"] * MANY * 5),
    "arguments": "b ~ Normal(" + ", ".join(["1"] * MANY * 5) + ")",
    "an array": f"dim k = {MANY}\nb[k] = [" + ", ".join(["1"] * MANY) + "]",
    "priors": lines(MANY, "a{0} ~ Normal(0, 1)"),
    "misspelt priors": lines(MANY, "a{0} ~ Norml(0, 1)"),
    "semicolons": lines(MANY, "a{0} ~ Normal(0, 1);"),
    "broken statements": lines(MANY, "a{0} ~ Normal(0 1)"),
    "a chain": "a0 ~ Normal(0, 1)\n" + lines(MANY, "a{1} = a{0} + 1"),
    "a chain backwards": "\n".join(reversed(lines(MANY, "a{1} = a{0} + 1").split("\n")))
    + "\na0 ~ Normal(0, 1)",
    "a ring": lines(MANY, "a{0} = a{1} + 1") + f"\na{MANY} = a0",
    "doubling definitions": "a0 ~ Normal(0, 1)\n" + lines(60, "a{1} = a{0} + a{0}"),
    "pieces": f"dim k = {MANY}\n" + lines(MANY, "x[{0}] = 1"),
    "dims": lines(MANY, "dim d{0} = 1")
    + "\nx["
    + ", ".join(f"d{i}" for i in range(MANY))
    + "] ~ Normal(0, 1)",
    "axes": lines(60, "dim d{0} = 1") + "\nc = sum(" + " + ".join(f"d{i}" for i in range(60)) + ")",
    "data": lines(MANY, "data x{0}: real"),
    "a name": "x" * 10_000 + " ~ Normal(0, 1)",
    "a number": "x = " + "9" * 100_000,
    "a label": 'dim a = ["' + "x" * 100_000 + '"]',
    "a comment": "# " + "x" * 3_900_000,
    "60,000 statements": lines(60_000, "a{0} = 1"),
    "5 MB": "#" * 5_000_000,
    "dots": "." * 200_000,
    "quotes": '"' * 200_000,
    "quotes of one kind": "'" * 200_000,
    "signs": "- * " * 50_000,
    "lines": "\n" * 200_000 + "x ~ Normal(0 1)",
    "brackets": "[" * 200_000,
    "words": "a " * 100_000,
    "question marks": "x = " + "? " * 50_000,
    "nul": "\0" * 200_000,
}


@pytest.mark.parametrize("kind", LONG_PROGRAMS)
def test_length(kind: str) -> None:
    with at_most(SECONDS):
        run(LONG_PROGRAMS[kind], {})


@pytest.mark.parametrize("body", ["f{0}(x) + f{0}(x)", "f{0}(f{0}(x))"])
def test_functions_that_double_are_refused_where_they_grow_too_large(body: str) -> None:
    text = "fn f0(x) = x\n" + lines(60, "fn f{1}(x) = " + body) + "\nb = f60(1)"
    with at_most(60.0), pytest.raises(PplError, match="E110"):
        ppl.model(text)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("", "bound"),
        ("\n\n", "bound"),
        ("# nothing", "bound"),
        ("\r\n# nothing\r\n", "bound"),
        ("\ufeffx ~ Normal(0, 1)", "E102"),
        ("x ~ Normal(0, 1)\r\ny = x\r\n", "bound"),
        ("x ~ Normal(0, 1)\ry = x", "E100"),
        ("x\t~\tNormal(0,\t1)\t", "bound"),
        ("x ~ Normal(0,\0 1)", "E102"),
        ("x ~ Normal(0,\ud800 1)", "E102"),
        ('dim a = ["\ud800"]\nx[a] ~ Normal(0, 1)', "bound"),
        ("x\u0301 ~ Normal(0, 1)", "E102"),
        ("𝒙 ~ Normal(0, 1)", "bound"),
        ("x ~ Normal(٣, 1)", "E102"),
        ("x = 1" + "\u2028" + "y = 2", "E102"),
    ],
)
def test_strange_texts(text: str, end: str) -> None:
    assert run(text, {}) == end


def test_a_file_with_a_byte_order_mark_or_of_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.vi").write_bytes(b"\xef\xbb\xbfx ~ Normal(0, 1)\r\n")
    ppl.load(tmp_path / "a.vi").bind()
    for content in (b"\xff\xfe\x00\x01", b"\x80abc"):
        (tmp_path / "b.vi").write_bytes(content)
        with pytest.raises(PplError, match="E408"):
            ppl.load(tmp_path / "b.vi")
    with pytest.raises(PplError, match="E408"):
        ppl.load(tmp_path)


DATA = {
    "deep.json": '{"y": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "digits.json": '{"y": ' + "9" * 10_000 + "}",
    "nul.csv": "y\n1\0\n",
    "wide.csv": "y\n" + "1" * 200_000 + "\n",
    "quotes.csv": 'y\n"1\n',
    "not.zip": "PK",
    "nothing.parquet": "",
    "text.json": '"y"',
    "surrogate.json": '{"y": "\\ud800"}',
    "keys.json": '{"y": [1], "y": [2, 3]}',
    "blank.csv": "\n\n\n",
    "bytes.csv": "y\n\xff\n",
}


@pytest.mark.parametrize("name", DATA)
def test_data_files(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(DATA[name].encode("latin-1"))
    with at_most(SECONDS):
        run("dim o\ndata y[o]: real\ny[o] ~ Normal(0, 1)", tmp_path / name)
