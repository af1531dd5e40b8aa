"""The TextMate grammar is the one made of the grammar, and sees the same tokens as the parser and as Pygments."""

from __future__ import annotations

import json
import re

import pytest
from corpus import PROGRAMS, ROOT
from lark import Token
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from ppl.syntax.grammar import KEYWORDS, parser
from ppl.syntax.highlight import ViLexer
from ppl.syntax.textmate import as_json, textmate

FILE = ROOT / "grammar" / "vi.tmLanguage.json"
PYGMENTS = {
    "comment": Comment,
    "string": String,
    "keyword.declaration": Keyword.Declaration,
    "keyword.control": Keyword,
    "keyword.operator": Operator,
    "storage.type": Keyword.Type,
    "entity.name.type": Name.Class,
    "entity.name.function": Name.Function,
    "variable": Name.Variable,
    "constant.numeric": Number,
    "punctuation": Punctuation,
    "invalid": Error,
}


def tokens(text: str) -> list[tuple[str, str]]:
    """Scope and text of each token, as an editor finds them: line by line, the first match, the first rule."""
    rules = [(re.compile(rule["match"]), rule) for rule in textmate()["patterns"]]
    found = []
    for line in text.splitlines():
        at = 0
        while matches := [(m.start(), k, m) for k, (r, _) in enumerate(rules) if (m := r.search(line, at))]:
            _, k, match = min(matches, key=lambda found: found[:2])
            rule = rules[k][1]
            if "captures" in rule:
                found += [
                    (rule["captures"][str(g)]["name"], match[g]) for g in range(1, len(match.groups()) + 1)
                ]
            else:
                found.append((rule["name"], match[0]))
            at = match.end()
    return found


def test_the_file_is_the_one_made_of_the_grammar():
    written = FILE.read_text(encoding="utf-8")
    assert written == as_json(), "python -m ppl.syntax.textmate > grammar/vi.tmLanguage.json"
    assert json.loads(written)["fileTypes"] == ["vi"]


def test_no_rule_matches_nothing():
    assert not any(re.match(rule["match"], "") for rule in textmate()["patterns"])


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_tokens_are_the_parsers(path):
    text = path.read_text(encoding="utf-8")
    lexed = [str(t) for t in parser().lex(text) if isinstance(t, Token)]
    ours = tokens(text)
    assert [value for scope, value in ours if not scope.startswith("comment")] == lexed
    assert not any(scope.startswith("invalid") for scope, _ in ours)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_colours_are_those_of_pygments(path):
    text = path.read_text(encoding="utf-8")
    theirs = [(value.rstrip(), kind) for kind, value in ViLexer().get_tokens(text) if kind is not Whitespace]
    ours = tokens(text)
    assert [value.rstrip() for _, value in ours] == [value for value, _ in theirs]
    for (scope, value), (_, kind) in zip(ours, theirs, strict=True):
        prefix = max((p for p in PYGMENTS if scope.startswith(p)), key=len)
        assert kind in PYGMENTS[prefix], value


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_every_keyword_looks_like_one(word):
    ((scope, value),) = tokens(word)
    assert value == word
    assert scope.startswith("keyword.")


@pytest.mark.parametrize("sign", ["==", "!=", "<=", ">=", "->", "..", *"+-*/@^=~<>?|"])
def test_every_sign_is_an_operator(sign):
    assert tokens(sign) == [("keyword.operator.ppl", sign)]


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("dimension data_ inner σ", ["variable.other"] * 4),
        ("1_000 2.5e-3 0", ["constant.numeric"] * 3),
        ("Normal (a", ["entity.name.type.distribution", "punctuation", "variable.other"]),
        ("log(Normal", ["entity.name.function", "punctuation", "variable.other"]),
        ("y: real", ["variable.other", "punctuation.separator", "storage.type"]),
        ("y = real", ["variable.other", "keyword.operator", "variable.other"]),
        (
            "dist Own(x",
            ["keyword.declaration", "entity.name.type.distribution", "punctuation", "variable.other"],
        ),
        ("dist = from", ["variable.other", "keyword.operator", "variable.other"]),
        ("dim a from 1", ["keyword.declaration", "variable.other", "keyword.control", "constant.numeric"]),
        ('"# label" # rest', ["string.quoted.double", "comment.line.number-sign"]),
        ("a $ b", ["variable.other", "invalid.illegal", "variable.other"]),
    ],
)
def test_scopes(text, scopes):
    assert [scope for scope, _ in tokens(text)] == [f"{scope}.ppl" for scope in scopes]
