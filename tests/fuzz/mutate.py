"""Good programs with a few tokens changed: only `PplError` may escape, and every message can be shown.

`python tests/fuzz/mutate.py --count 20000 --seed 1` runs many; a case that takes more than two seconds is a failure.
Cases are numbered: `--only N` runs one of them again and shows it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import ppl
from ppl.data.read import read
from ppl.diagnostic import PplError, one_line, render

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("PPL_SHARED", ROOT.parent / "shared"))
LIMIT = 2.0  # seconds for one case
SMALL = 20_000  # bytes of data that are bound

TOKEN = re.compile(
    r'#[^\n]*|"[^"\n]*"|\d[\d_.]*(?:[eE][+-]?\d+)?|[^\W\d]\w*|==|!=|<=|>=|->|\.\.|\s+|.', re.DOTALL
)
WORDS = re.findall(
    r"\w+",
    "dim data param latent predict factor fn net guide let where if then else and or not in from ordered return "
    "real int bool obs first last pi inf x mu log_prob sum max sd cumsum softmax exp cholesky solve diag "
    "Normal Dirichlet Categorical MultiNormal LKJCholesky Uniform Poisson Flat Mixture Censored DiscreteUniform",
)
SIGNS = [*"()[]{},:~=<>+-*/@^?;|&%!.'\"\\$`", "==", "!=", "<=", ">=", "->", "..", "\n", "**", "<-"]
NUMBERS = [
    "0",
    "1",
    "-1",
    "2",
    "0.5",
    "1e308",
    "1e-308",
    "1e999",
    "9" * 40,
    "1_000_000_000",
    "3.",
    ".5",
    "1__0",
]
STRANGE = [
    "\0",
    "\x07",
    "\x1b[31m",
    "\u200b",
    "\ufeff",
    "é",
    "μ",
    "ｘ",
    "𝒙",
    "😀",
    "\u202e",
    "\ud800",
    "\r",
    "\x0c",
    "\t",
    "²",
    "٣",
]
VALUES: list[Any] = [
    None,
    float("nan"),
    float("inf"),
    -1,
    0,
    1e308,
    2**70,
    "a",
    "",
    True,
    [],
    [1],
    {},
    {"a": [1]},
    0.5,
]


@cache
def corpus() -> tuple[tuple[str, str, Path | None], ...]:
    """(name, text, data file where it is small) of the good programs at hand."""
    folders = [ROOT / "tests/good", ROOT / "examples", ROOT / "benchmarks/posteriordb", SHARED / "programs"]
    found = []
    for path in (p for folder in folders for p in sorted(folder.glob("*.vi"))):
        files = [d for end in (".json", ".csv") if (d := path.with_suffix(end)).is_file()]
        data = files[0] if files and files[0].stat().st_size <= SMALL else None
        found.append((path.stem, path.read_text(encoding="utf-8-sig"), data))
    return tuple(found)


def mutant(rng: random.Random) -> tuple[str, str, Path | None]:
    """A program with one to three tokens deleted, doubled, exchanged, replaced or put in."""
    name, text, data = rng.choice(corpus())
    tokens = TOKEN.findall(text)
    if rng.random() < 0.5:
        for _ in range(rng.choice((1, 1, 2))):
            _exchange(rng, tokens)
        return name, "".join(tokens), data
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        k = rng.randrange(len(tokens) + 1)
        new = _new(rng, tokens)
        kind = rng.randrange(6)
        if kind == 0:
            del tokens[k : k + 1]
        elif kind == 1:
            tokens[k:k] = tokens[k : k + rng.choice((1, 1, 5))]
        elif kind == 2 and k + 1 < len(tokens):
            j = rng.randrange(len(tokens))
            tokens[k], tokens[j] = tokens[j], tokens[k]
        elif kind == 3:
            tokens[k : k + 1] = [new]
        elif kind == 4:
            tokens[k:k] = [new, " "] if rng.random() < 0.5 else [new]
        else:
            tokens[k:k] = [rng.choice(STRANGE)]
    return name, "".join(tokens), data


def _exchange(rng: random.Random, tokens: list[str]) -> None:
    """A token in place of another of its kind: most such programs parse, and break what comes later."""
    words = [k for k, t in enumerate(tokens) if t.isidentifier() or t[0].isdigit()]
    if not words:
        return
    k = rng.choice(words)
    if tokens[k][0].isdigit():
        tokens[k] = rng.choice([*NUMBERS, tokens[rng.choice(words)]])
    else:
        tokens[k] = rng.choice([tokens[rng.choice(words)], tokens[rng.choice(words)], rng.choice(WORDS)])


def _new(rng: random.Random, tokens: list[str]) -> str:
    pool = rng.randrange(5)
    if pool == 0 or not tokens:
        return rng.choice(SIGNS)
    if pool == 1:
        return rng.choice(WORDS)
    if pool == 2:
        return rng.choice(NUMBERS)
    return rng.choice(tokens)


def mutated_data(rng: random.Random, data: dict[str, Any]) -> dict[str, Any]:
    """An entry of the data dropped, or a value in it exchanged for a strange one."""
    if not data:
        return data
    name = rng.choice(sorted(data))
    found = dict(data)
    value = found[name]
    kind = rng.randrange(4)
    if kind == 0:
        del found[name]
    elif kind == 1 or not isinstance(value, list) or not value:
        found[name] = rng.choice(VALUES)
    elif kind == 2:
        found[name] = [*value[: rng.randrange(len(value) + 1)]]
    else:
        found[name] = [*value]
        found[name][rng.randrange(len(value))] = rng.choice(VALUES)
    return found


@cache
def _values(path: Path) -> dict[str, Any]:
    return {name: column.values for name, column in read(path).items()}


class TooSlow(BaseException):
    """A case ran past its time; no `except Exception` may catch it."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlow(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(text: str, data: Any = None) -> str:
    """Check a program, bind its data, show what is said: `checked`, `bound`, or the code of the first message."""
    try:
        model = ppl.model(text)
        if data is None:
            return "checked"
        model.bind(data)
        return "bound"
    except PplError as error:
        for d in error.diagnostics:
            shown = render(d)
            assert shown
            assert one_line(d)
            assert all(c.isprintable() or c == "\n" for c in shown), (
                "a control character reaches the terminal"
            )
            assert len(shown.split("\n")) <= 12, "more than twelve lines"
        return error.diagnostics[0].code


def case(number: int, seed: int) -> tuple[str, str, Any]:
    """The name, the text and the data of a numbered case."""
    rng = random.Random(f"{seed}/{number}")
    name, text, path = mutant(rng)
    data: Any = None
    if path is not None:
        data = _values(path)
        if rng.random() < 0.3:
            name, text, data = name, next(t for n, t, _ in corpus() if n == name), mutated_data(rng, data)
    return name, text, data


def fails(number: int, seed: int) -> str:
    """What is wrong with a case, or nothing; and how it ended, behind a tab."""
    _, text, data = case(number, seed)
    start = time.perf_counter()
    try:
        with at_most(10 * LIMIT), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            end = run(text, data)
    except (Exception, TooSlow):
        return traceback.format_exc(limit=-4)
    took = time.perf_counter() - start
    return f"{took:.1f} s" if took > LIMIT else f"\t{end}"


def main() -> int:
    """Run cases and print those that fail."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    if options.only is not None:
        name, text, data = case(options.only, options.seed)
        print(
            name, text, json.dumps(data, default=str)[:2000], fails(options.only, options.seed), sep="\n---\n"
        )
        return 0
    ends: Counter[str] = Counter()
    failures = 0
    for number in range(options.count):
        wrong, _, end = fails(number, options.seed).partition("\t")
        if wrong:
            failures += 1
            print(f"== case {number} ({case(number, options.seed)[0]})\n{wrong}", flush=True)
        ends[end] += 1
    print(f"{options.count:,} programs, {failures} failures; they ended as {dict(ends.most_common())}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
