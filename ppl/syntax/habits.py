"""What people write who come from another language, and how it is written here: one row each.

A row's pattern is looked for where a statement failed to parse: it must match around the place of the
failure, or, where it begins with `\\A`, at the start of the statement. The group `at` is the place of the
mistake (the whole match where there is none), `instead` the text that takes its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ppl.diagnostic import Edit, Span


@dataclass(frozen=True)
class Habit:
    """A row: `message` and `fix` may hold the groups of the pattern, as in `\\g<name>`."""

    pattern: re.Pattern[str]
    message: str
    fix: str = ""
    instead: str | None = None


@dataclass(frozen=True)
class Recognised:
    """A habit found in a statement, with its texts filled in."""

    place: Span
    message: str
    fix: str
    edits: tuple[Edit, ...]


_WINDOW = 300
_NAME = r"[^\W\d]\w*"


def _row(pattern: str, message: str, fix: str = "", instead: str | None = None) -> Habit:
    return Habit(re.compile(pattern), message, fix, instead)


HABITS: tuple[Habit, ...] = (
    # whole statements
    _row(
        r"\A(?P<at>(transformed\s+)?(data|parameters|functions)|generated\s+quantities|model)\s*\{",
        "there are no blocks: `data`, `~` and `=` stand side by side, in any order",
        "begin each line with what it is: `data y[obs]: real`, `mu ~ Normal(0, 5)`, `eta[obs] = ...`",
    ),
    _row(
        r"\A(?P<at>for)\s*(\(|\w+\s+in\b)",
        "there are no loops: a statement over a dim speaks for all of its places at once",
        "`dim obs`, then `y[obs] ~ Normal(mu, sigma)`",
    ),
    _row(
        r"\A(?P<at>while|repeat|switch)\s*[({]",
        "there are no loops or branches around statements",
        "`where` selects elements: `y[t] ~ ... where t > 0`",
    ),
    _row(
        r"\A(?P<at>target\s*\+=)\s*",
        "a summand of the log joint is a `factor`",
        "write `factor` for `target +=`",
        "factor",
    ),
    _row(
        r"\A(?P<at>ordered)\s+(?P<rest>\w+(\[[^\]]*\])?\s*~.*)",
        "`ordered` stands behind the distribution",
        "`\\g<rest> ordered`",
        None,
    ),
    _row(
        r"\A(?P<at>int|real|vector|matrix|array|simplex|ordered|row_vector|cov_matrix|corr_matrix)\s*(<[^>]*>)?\s*(\[[^\]]*\])?\s*(?P<name>[^\W\d]\w*)",
        "a type does not stand in front of a name",
        "data are declared as in `data \\g<name>[obs]: real`; unknowns by their prior: `\\g<name> ~ Normal(0, 1)`",
    ),
    _row(
        r"\Adata\s+(?P<at>(?P<type>int|real|bool)\s+(?P<name>[^\W\d]\w*))\s*\Z",
        "a type stands behind the name and a colon",
        "`data \\g<name>: \\g<type>`",
        "\\g<name>: \\g<type>",
    ),
    _row(
        r"\A(data\s+)?(int|real|vector)?\s*(?P<at><\s*(lower|upper|offset)[^>]*>)",
        "bounds stand behind the type",
        "`data sigma: real > 0`, `data p: real in (0, 1)`",
    ),
    _row(
        r"\A(?P<at>def)\s+(?P<rest>\w+\([^)]*\))\s*:",
        "a function is written `fn name(x) = value`",
        "`fn \\g<rest> = ...`",
    ),
    _row(
        r"\A(?P<at>\w+)\s*(=|<-)\s*function\s*\(",
        "a function is written `fn name(x) = value`",
        "`fn \\g<at>(x) = ...`",
    ),
    _row(
        r"\A(?P<at>import|from|library|require|using|include|#include)\b[\s(]",
        "nothing is imported: distributions and functions are all there",
        "delete this line",
    ),
    _row(
        r"\A(?P<at>print|return|assert|reject|with|class)\b[\s(:]",
        "`\\g<at>` is no statement here",
        "statements say what is known and how it is related; nothing is executed",
    ),
    _row(
        r"\A(?P<at>/\*)",
        "a comment starts with `#` and ends with the line, not `/* ... */`",
        "write `#` before each line of it",
    ),
    _row(r"\A(?P<at>%[^\n]*)", "a comment starts with `#`, not `%`", "write `#`"),
    _row(
        r"\A(?P<at>(?P<f>[^\W\d]\w*)\s*\(\s*(?P<name>[^\W\d]\w*)(?P<axes>\[[^\]]*\])?\s*\))\s*~",
        "a function of `\\g<name>` can't stand on the left side of `~`",
        "define it first, `let z\\g<axes> = \\g<at>`, then `z\\g<axes> ~ ...`",
    ),
    _row(
        r"\A(?P<at>(?P<d>[A-Z]\w*)\s*\([^~]*\))\s*~",
        "the name stands on the left of `~`, and the distribution on the right",
        "`name ~ \\g<at>`",
    ),
    _row(
        r"\A(?P<at>[^~=]*[-+*/^][^~=]*?)\s*~",
        "`\\g<at>` is an expression, and one name stands on the left side of `~`",
        "define it first, `let z = \\g<at>`, then `z ~ ...`",
    ),
    _row(
        r"\Adim\s+(?P<name>\w+)\s*(?P<at>\[(?P<size>[^\]]*)\])",
        "the size of a dim stands behind `=`",
        "`dim \\g<name> = \\g<size>`",
        " = \\g<size>",
    ),
    _row(
        r"\Adim\s+\w+(?P<at>\s+(?P<name>\w+))\s*\Z",
        "dims are separated by commas",
        "write a comma before `\\g<name>`",
        ", \\g<name>",
    ),
    _row(
        r"\Adata\s+(?P<at>[^\W\d]\w*(\[[^\]]*\])?)\s*\Z",
        "`\\g<at>` has no type",
        "`data \\g<at>: real`, or `int`, `bool`, the name of a dim",
        "\\g<at>: real",
    ),
    _row(
        r"\Adata\s+(?P<target>\w+(\[[^\]]*\])?)\s*(?P<at>=\s*(?P<type>real|int|bool))\b",
        "a type stands behind a colon",
        "`data \\g<target>: \\g<type>`",
        ": \\g<type>",
    ),
    _row(
        r"\A(?P<target>\w+(\[[^\]]*\])?)\s*(?P<at>==)",
        "a definition is written with one `=`",
        "`\\g<target> = ...`",
        "=",
    ),
    _row(
        r"\A(?!dist\s[^=]*\|)(?P<target>[^\W\d]\w*(\[[^\]]*\])?)(?P<at>\s+(?P<d>[A-Z]\w*)\s*)\(",
        "`~` is missing between `\\g<target>` and `\\g<d>`",
        "`\\g<target> ~ \\g<d>(...)`",
        " ~ \\g<d>",
    ),
    _row(
        r"\A(?P<target>[^\W\d]\w*(\[[^\]]*\])?)\s*(?P<at>~)\s*(?P<value>[-\d][^(]*)\Z",
        "`~` wants a distribution, and `\\g<value>` is a number",
        "a fixed value is `\\g<target> = \\g<value>`",
        "=",
    ),
    _row(
        r"\A(?P<target>[^\W\d]\w*(\[[^\]]*\])?)\s*~\s*(?P<at>[^\W\d]\w*)\s*\Z",
        "`~` wants a distribution with its arguments, and `\\g<at>` has none",
        "a definition is `\\g<target> = \\g<at>`; a distribution `\\g<at>(...)`",
    ),
    _row(
        r"(?P<at>\b(where)\b[^~]*?)\s*~(?P<rest>.*)",
        "`where` stands at the end of the statement",
        "`... ~ \\g<rest> \\g<at>`",
    ),
    # signs
    _row(r"(?P<at><--?|:=|<<-)", "a definition is written with `=`, not `\\g<at>`", "write `=`", "="),
    _row(r"\*\*", "a power is written `^`, not `**`", "write `^`", "^"),
    _row(r"%\*%", "a product that sums over an axis is written `@`, not `%*%`", "write `@`", "@"),
    _row(r"%/%", "a quotient rounded down is written `floor(a / b)`, not `a %/% b`"),
    _row(r"(?P<at>%%?)", "a remainder is written `mod(a, b)`, not `a \\g<at> b`"),
    _row(r"(?P<at> ?&&? ?)", "`\\g<at>` is written `and`", "write `and`", " and "),
    _row(r"(?P<at> ?\|\|? ?)", "`\\g<at>` is written `or`", "write `or`", " or "),
    _row(r"!(?!=) ?", "`!` is written `not`", "write `not`", "not "),
    _row(r"[^?\n]*(?P<at>\?)[^:\n]*:[^\n]*", "a choice is written `if c then a else b`, not `c ? a : b`"),
    _row(r"'(?P<label>[^'\"\n]*)'", "labels stand in double quotes", '`"\\g<label>"`', '"\\g<label>"'),
    _row(
        r"[“”„«](?P<label>[^\"\n“”„»]*)[“”»]",
        "labels stand in straight double quotes",
        '`"\\g<label>"`',
        '"\\g<label>"',
    ),
    _row(r"(?P<at>//+)[^\n]*", "a comment starts with `#`, not `\\g<at>`", "write `#`", "#"),
    _row(r";(?=[ \t\r]*(#|\Z|\n))", "a statement ends with its line: no `;`", "delete it", ""),
    _row(
        r"(?P<at>\b(np|numpy|jnp|pm|math|scipy|stats|torch|tf|tfd|dist|distributions)\s*\.\s*)(?P<name>\w+)",
        "there are no modules: `\\g<name>` stands alone",
        "`\\g<name>(...)`",
        "",
    ),
    _row(r"; *", "statements stand on lines of their own: no `;`", "begin a new line here", "\n"),
    _row(
        rf"(?P<name>\b{_NAME})\s*\.\s*(?P<method>{_NAME})\s*\(",
        "values have no methods: functions stand in front",
        "`\\g<method>(...)`",
    ),
    _row(rf"\b{_NAME}(?P<at>[.$]){_NAME}", "`\\g<at>` joins no names", "a name is letters, digits and `_`"),
    _row(
        r"(?<![\w.])(?P<at>\.(?P<digits>\d+))",
        "`\\g<at>` is written `0.\\g<digits>`",
        "write the digit before the point",
        "0.\\g<digits>",
    ),
    _row(
        r"(?P<at>(?P<digits>\b\d+)\.)(?![\d.])",
        "`\\g<at>` is written `\\g<digits>.0`",
        "write the digit behind the point",
        "\\g<digits>.0",
    ),
    _row(
        r"(?P<number>\b\d[\d.]*)(?P<at>[^\W\d_]\w*)",
        "a product is written with `*`, and units are not part of the language",
        "`\\g<number> * \\g<at>`, or delete `\\g<at>`",
    ),
    _row(
        r"(?P<from>\w+)(?P<at>:)(?P<to>\w+)",
        "a range is written with two points",
        "`\\g<from>..\\g<to>`",
        "..",
    ),
    _row(
        r"\[\s*(?P<at>[^\[\]:\n]*:[^\[\]:\n]*)\]",
        "there are no slices: a name without brackets is the whole array",
        "`where` selects elements, a lag is `y[time - 1]`",
    ),
    _row(
        r"(?P<at>[TI]\s*[\[(]\s*(?P<low>[-\w.]+)\s*,\s*[\])])",
        "truncation is written `> \\g<low>`",
        "`... > \\g<low>`",
        "> \\g<low>",
    ),
    _row(
        r"(?P<at>[TI]\s*[\[(]\s*,\s*(?P<high>[-\w.]+)\s*[\])])",
        "truncation is written `< \\g<high>`",
        "`... < \\g<high>`",
        "< \\g<high>",
    ),
    _row(
        r"(?P<at>[TI]\s*[\[(]\s*(?P<low>[-\w.]+)\s*,\s*(?P<high>[-\w.]+)\s*[\])])",
        "truncation is written `in (\\g<low>, \\g<high>)`",
        "`... in (\\g<low>, \\g<high>)`",
        "in (\\g<low>, \\g<high>)",
    ),
    _row(r"\]\s*\[", "the indices of several axes stand in one pair of brackets", "`[row, column]`", ", "),
    _row(
        r"(where|if|and|or|not)\b(?P<what>[^=\n]*[^=!<>\n])(?P<at>=)(?!=)",
        "`=` defines, and `==` compares",
        "write `==`",
        "==",
    ),
    _row(
        r"[\w)\]][ \t]+(?P<at>if)\b[^\n]+\belse\b[^\n]*", "a choice begins with `if`", "`if c then a else b`"
    ),
    _row(
        r"\bin\s*[(\[](?P<low>[^,()\[\]]*)(?P<at>,\s*[)\]])",
        "an interval has two ends",
        "`> \\g<low>` has one end",
    ),
    _row(r"\s*(?P<at>,)\s*[)\]]", "nothing follows this comma", "delete it", ""),
    _row(
        r"(?P<at>@|\*|/|\+|-)\s*=",
        "nothing is changed in place: a name is defined once",
        "give the new value a name of its own",
    ),
    *(
        _row(re.escape(sign), f"`{sign}` is written `{ours}`", f"write `{ours}`", ours)
        for sign, ours in {
            "−": "-",
            "–": "-",
            "—": "-",
            "×": "*",
            "·": "*",
            "÷": "/",
            "≥": ">=",
            "≤": "<=",
            "≠": "!=",
            "∼": "~",
            "→": "->",
            "²": "^2",
            "³": "^3",
            "，": ",",
            "（": "(",
            "）": ")",
        }.items()
    ),
)


def recognise(text: str, at: int, shift: int) -> Recognised | None:
    """The first habit that explains why a statement's text fails at an offset; long texts are seen through a window."""
    low = max(0, at - _WINDOW)
    near = masked(text[low : at + _WINDOW])
    begin = masked(text[:_WINDOW])
    for habit in HABITS:
        if habit.pattern.pattern.startswith(r"\A"):
            match = habit.pattern.match(begin)
            if match is not None:
                return _filled(habit, match, text, shift)
            continue
        for match in habit.pattern.finditer(near):
            if match.start() > at - low:
                break
            if at - low < max(match.end(), match.start() + 1):
                return _filled(habit, match, text[low:], shift + low)
    return None


def _filled(habit: Habit, match: re.Match[str], text: str, shift: int) -> Recognised:
    start, end = match.span("at") if "at" in match.re.groupindex else match.span()
    place = Span(shift + start, shift + end)
    edits = () if habit.instead is None else (Edit(place, _expanded(habit.instead, match, text)),)
    blank = len(text[start:end]) - len(text[start:end].lstrip(" "))
    if text[start:end].strip(" "):
        start, end = start + blank, start + len(text[start:end].rstrip(" "))
    return Recognised(
        Span(shift + start, shift + end),
        _expanded(habit.message, match, text),
        _expanded(habit.fix, match, text),
        edits,
    )


def _expanded(template: str, match: re.Match[str], text: str) -> str:
    """The template with the user's own text for each group."""

    def group(reference: re.Match[str]) -> str:
        start, end = match.span(reference.group(1))
        words = " ".join(text[start:end].split())
        return words if len(words) <= 60 else words[:59] + "…"

    return re.sub(r"\\g<(\w+)>", group, template)


def masked(text: str) -> str:
    """The text with the insides of labels and comments blotted out, every character in its place."""
    return re.sub(r'#[^\n]*|"[^"\n]*"', lambda m: re.sub(r'[^"#]', "_", m.group()), text)
