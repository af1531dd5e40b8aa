"""Which known name was meant: the nearest by slips of the keyboard, whatever its capitals and underscores."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The sentence "did you mean `x`?", or nothing."""
    close = nearest(name, known)
    return f"did you mean `{close}`?" if close else ""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a slip or two make of this one, if there is one; the first of equals."""
    best: tuple[float, int] | None = None
    found = None
    for candidate in dict.fromkeys(known):
        if candidate == name or abs(len(candidate) - len(name)) > _allowed(name) + candidate.count("_"):
            continue
        if _folded(candidate) == _folded(name):
            rank = (0.5, -_common(name, candidate))
        else:
            slips = distance(name.lower(), candidate.lower(), _allowed(name))
            if slips > _allowed(name) or not _says_something(name, candidate):
                continue
            rank = (slips, -_common(name, candidate))
        if best is None or rank < best:
            best, found = rank, candidate
    return found


# Names that models often have: between one that is and one that is not, the other is the slip.
_USUAL = frozenset(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon zeta eta theta kappa lam mu nu xi rho sigma tau phi chi psi omega "
        "obs time year day person patient student pupil school class group county house site region state level "
        "cluster category feature arm trial item rater word doc topic node edge row column cell unit subject "
        "intercept slope scale shape rate loc low high width length offset effect sd weight age height income "
        "raw within between centre center half first last count total mean",
    )
)


def is_misdeclared(text: str, name: str, declared: str) -> bool:
    """Whether a name that is used, and not its near namesake that is declared and never used, is what was meant."""
    counts = _words(text)
    if counts[declared] > 1:
        return False
    return counts[name] > 1 or (name in _USUAL and declared not in _USUAL)


@lru_cache(maxsize=2)
def _words(text: str) -> Counter[str]:
    """How often each name stands in a program, comments and labels left out."""
    return Counter(re.findall(r"[^\W\d]\w*", re.sub(r'#[^\n]*|"[^"\n]*"', " ", text)))


def _says_something(name: str, candidate: str) -> bool:
    """One letter for another says nothing: `i` is not `x`; but `m` may be `mu`, and `fa` may be `a`."""
    if len(name) == 1:
        return candidate.startswith(name)
    return len(candidate) > 1 or candidate in name


def distance(one: str, other: str, limit: int) -> int:
    """Letters dropped, added, replaced or exchanged with their neighbour (Damerau 1964); at most `limit` + 1."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, above = above, row
    return above[-1]


def _allowed(name: str) -> int:
    """How many slips a name of its length can have and still be recognised."""
    return 1 if len(name) < 5 else 2 if len(name) < 9 else 3


def _folded(name: str) -> str:
    return name.lower().replace("_", "")


def _common(one: str, other: str) -> int:
    """How many letters two names share at their beginnings and ends: slips happen inside of words."""
    start = next(
        (k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    end = next((k for k, (a, b) in enumerate(zip(one[::-1], other[::-1], strict=False)) if a != b), 0)
    return start + end
