"""Wrong programs and data sets: the exact message of each, its fixes applied, and typos restored."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from goldens import BAD, PROGRAMS, call_of, error_of, golden, known_error, said

import ppl
from ppl.diagnostic import Diagnostic, Edit, PplError, render

ROOT = Path(__file__).parents[1]
GOOD = sorted((ROOT / "tests/good").glob("*.vi")) + sorted((ROOT / "examples").glob("*.vi"))
FOREIGN_WORDS = re.compile(
    r"Traceback|\b[A-Z]{3,}[A-Z_]*\b(?<!CSV)(?<!JSON)(?<!BUGS)(?<!FILE)(?<!UTF)(?<!LKJ)(?<!NA)"
    r"|broadcast|np\.|numpy|ndarray|dtype|NoneType|Unexpected|Token\("
)


def name(program: Path) -> str:
    return f"{program.parent.name}/{program.stem}"


@pytest.mark.parametrize("program", PROGRAMS, ids=name)
def test_message(program: Path) -> None:
    """`python tests/goldens.py` writes the messages anew; a person reads the difference."""
    error = known_error(program)
    assert error is not None, "nothing is said about this program"
    assert said(error) == golden(program).read_text(encoding="utf-8")


def test_every_message_belongs_to_a_program() -> None:
    assert {p.with_suffix(".txt") for p in PROGRAMS} == set(BAD.glob("*/*.txt"))
    assert len(PROGRAMS) >= 200


def test_every_code_has_three_programs() -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "ppl").rglob("*.py")))
    codes = set(re.findall(r'"(E\d\d\d)"', text))
    found = Counter(
        code for p in PROGRAMS for code in re.findall(r"^error\[(E\d+)\]", golden(p).read_text("utf-8"), re.M)
    )
    assert {code: found[code] for code in codes - OUT_OF_REACH.keys() if found[code] < 3} == {}
    assert set(found) <= codes
    assert not OUT_OF_REACH.keys() & set(found)


OUT_OF_REACH: dict[str, str] = {}  # codes that no program, data set or call can bring about, and why
NO_PLACE = {  # about files, options and what was asked for, and not about a line of the program
    *("E408", "E409", "E711", "E712", "E713", "E714", "E715", "E716", "E721", "E722"),
    *("E725", "E728", "E729", "E731", "E732", "E740", "E741"),
}


@pytest.mark.parametrize("program", PROGRAMS, ids=name)
def test_layout(program: Path) -> None:
    """Short, in the language's own words, with a place and with what stands there."""
    error = known_error(program)
    assert error is not None
    for d in error.diagnostics:
        text = render(d)
        lines = text.split("\n")
        assert len(lines) <= 12
        assert len(lines[0]) <= 200
        shown = re.sub(r"^ *\d+ \|.*$", "", text, flags=re.M)
        assert not FOREIGN_WORDS.search(re.sub(r"`[^`]*`|\"[^\"]*\"|\S+\.\w+|E\d{3}", "", shown)), shown
        assert d.place is not None or d.code in NO_PLACE
        assert d.fix or d.facts or d.code < "E500", "and now?"
        if d.place is not None:
            assert d.source is not None
            assert 0 <= d.place.start <= d.place.end <= len(d.source.text)


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def fixable() -> Iterator[tuple[Path, Diagnostic]]:
    for program in PROGRAMS:
        error = known_error(program)
        for d in error.diagnostics if error is not None else ():
            if d.edits:
                yield program, d


def test_applying_a_fix_removes_the_mistake(tmp_path: Path) -> None:
    """Every edit of every message: no message with its code begins where it began, and none is about syntax."""
    fixed = 0
    for program, d in fixable():
        assert d.source is not None
        assert d.place is not None
        for data in program.parent.glob(f"{program.stem}.*"):
            (tmp_path / data.name).write_bytes(data.read_bytes())
        known = {(e.code, e.message) for e in (known_error(program) or PplError([])).diagnostics}
        (tmp_path / d.source.name).write_text(applied(d.source.text, d.edits), encoding="utf-8")
        again = error_of(tmp_path / program.name)
        found = again.diagnostics if again is not None else ()
        where = (d.place.start, d.source.position(d.place.start)[0])
        for e in found:
            assert e.place is None or (e.code, e.place.start, e.message) != (d.code, where[0], d.message), (
                name(program)
            )
            assert not e.code.startswith("E1") or (e.code, e.message) in known, (name(program), render(e))
        fixed += 1
    assert fixed >= 60


# -- did you mean ----------------------------------------------------------------------------------------

WORD = re.compile(r"[^\W\d]\w*")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def slip(word: str, rng: random.Random) -> str:
    """One character dropped, added, replaced or exchanged with the next."""
    k = rng.randrange(len(word))
    kinds: list[Callable[[], str]] = [
        lambda: word[:k] + rng.choice(LETTERS) + word[k:],
        lambda: word[:k] + rng.choice(LETTERS) + word[k + 1 :],
    ]
    if len(word) > 1:
        kinds.append(lambda: word[:k] + word[k + 1 :])
    if k + 1 < len(word):
        kinds.append(lambda: word[:k] + word[k + 1] + word[k] + word[k + 2 :])
    return rng.choice(kinds)()


def typos(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """A program, the same with one name misspelt, and the name; of one letter nothing can be recognised."""
    from ppl.syntax.grammar import KEYWORDS

    while True:
        text = rng.choice(GOOD).read_text(encoding="utf-8-sig")
        code = re.sub(r'#[^\n]*|"[^"\n]*"', lambda m: " " * len(m.group()), text)
        words = [
            m for m in WORD.finditer(code) if len(m.group()) > 1 and m.group() not in KEYWORDS | {"from"}
        ]
        if not words:
            continue
        match = rng.choice(words)
        wrong = slip(match.group(), rng)
        if wrong != match.group() and WORD.fullmatch(wrong):
            yield text, text[: match.start()] + wrong + text[match.end() :], match.group()


def test_typos_are_restored_by_the_first_suggestion() -> None:
    rng = random.Random(20)
    wrong = restored = 0
    missed: list[str] = []
    for text, misspelt, word in typos(rng):
        try:
            ppl.model(misspelt)
            continue  # a legal program, only another one
        except PplError as error:
            diagnostics = error.diagnostics
        wrong += 1
        if diagnostics[0].edits and applied(misspelt, diagnostics[0].edits) == text:
            restored += 1
        else:
            missed.append(f"{word}: {diagnostics[0].message}; {diagnostics[0].fix}")
        if wrong == 500:
            break
    assert restored >= 0.9 * wrong, "\n".join(missed)


# -- speed, and messages that need no program ------------------------------------------------------------


def test_a_message_takes_less_than_150_ms() -> None:
    """The best of three, each program checked and its data bound, in this process."""
    worst = 0.0
    for program in random.Random(1).sample([p for p in PROGRAMS if call_of(p) is None], 60):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            str(error_of(program))
            times.append(time.perf_counter() - start)
        worst = max(worst, min(times))
    assert worst < 0.15


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "nowhere.csv",
            "error[E408]: there is no file nowhere.csv\n   = fix: check the path given to `--data`",
        ),
        (
            3.5,
            'error[E409]: data are a mapping, a data frame or a path, not float\n   = fix: data={"y": [1.0, 2.0]}',
        ),
        (
            [{"y": [1.0]}, {"y": [2.0]}],
            "error[E409]: `y` is in the data and again in the data\n   = fix: drop one of them",
        ),
    ],
)
def test_data_that_are_none(data: object, message: str) -> None:
    with pytest.raises(PplError) as caught:
        ppl.model("dim obs\ndata y[obs]: real\ny[obs] ~ Normal(0, 1)").bind(data)
    assert str(caught.value) == message


def test_a_renamed_column_that_is_not_there() -> None:
    with pytest.raises(PplError) as caught:
        ppl.model("data y: real\nb ~ Normal(y, 1)").bind({"x": 1.0}, mapping={"z": "y"})
    assert str(caught.value) == "error[E409]: there is no column `z` to rename\n   = fix: the columns are x"


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PplError, match=r"E408.*there is no file"):
        ppl.load(tmp_path / "nowhere.vi")


def test_control_characters_reach_no_terminal() -> None:
    with pytest.raises(PplError) as caught:
        ppl.model('dim arm = ["a"]\ny[arm] ~ Normal(0, 1)\nx = y["\x1b[31m\x07"]')
    assert "\x1b" not in str(caught.value)
    assert "\x07" not in str(caught.value)
