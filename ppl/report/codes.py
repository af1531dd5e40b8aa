"""The long page of a message's code, E204: the rule that was broken, why there is one, an example, what to do.

The pages are text, a file of `messages/` for each hundred. Lines of an example that end in `# wrong` are those
that bring the message about; with those that end in `# right` in their place, it is gone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("messages")
_CODE = re.compile(r"e\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Hundred:
    """What the codes with one first digit are about, and their pages."""

    about: str
    pages: dict[str, str]


@cache
def hundreds() -> dict[str, Hundred]:
    """All pages by code, under `E1`, `E2`, ..., which is what the codes of each begin with."""
    found = {}
    for file in sorted(_FOLDER.glob("E*.md")):
        head, *parts = re.split(r"^## ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        pages = {part[: part.index(":")]: part.strip() for part in parts}
        found[file.stem] = Hundred(head.strip().removeprefix("# "), pages)
    return found


def codes() -> list[str]:
    """Every code that has a page."""
    return [code for hundred in hundreds().values() for code in hundred.pages]


def is_code(text: str) -> bool:
    """Whether a word is meant to be a code, known or not: `E204`, in any case."""
    return _CODE.fullmatch(text) is not None


def long_page(code: str) -> str | None:
    """The page of a code in any case, and None if there is no such code."""
    code = code.upper()
    hundred = hundreds().get(code[:2])
    return hundred.pages.get(code) if hundred is not None else None


def near(code: str, most: int = 3) -> list[str]:
    """The codes that are most like one that is not known: as many of its digits in place, then the next in number."""
    wanted = code.upper()

    def distance(known: str) -> tuple[int, int]:
        slips = sum(a != b for a, b in zip(known, wanted, strict=False)) + abs(len(known) - len(wanted))
        return slips, abs(int(known[1:]) - int(wanted[1:]))

    return sorted(codes(), key=distance)[:most]


def unknown(code: str) -> tuple[str, str]:
    """What is wrong with a code that has no page, and the codes near it."""
    return f"there is no message {code.upper()}", f"near it are {', '.join(near(code))}"


def contents() -> str:
    """All codes by hundreds, a line for each."""
    return "\n".join(f"  {h.about}: {', '.join(h.pages)}" for h in hundreds().values())
