"""The highlighter agrees with the parser about every token."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from lark import Token
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from ppl.syntax.grammar import KEYWORDS, parser
from ppl.syntax.highlight import ViLexer

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted((ROOT / "benchmarks").rglob("*.vi")) + sorted((ROOT / "examples").glob("*.vi"))
KINDS = {
    "NAME": (Name.Variable, Name.Function, Name.Class, Keyword.Type),
    "NUMBER": (Number,),
    "STRING": (String.Double,),
}


def tokens(text):
    return [(kind, value) for kind, value in ViLexer().get_tokens(text) if kind is not Whitespace]


def test_there_are_programs_to_look_at():
    assert len(PROGRAMS) > 40


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_no_program_has_an_error_token_or_loses_a_character(path):
    text = path.read_text(encoding="utf-8")
    found = list(ViLexer().get_tokens(text))
    assert [value for kind, value in found if kind is Error] == []
    assert "".join(value for _, value in found).strip() == text.strip()


@pytest.mark.parametrize(
    "statement",
    [
        "theta[school] ~ Normal(mu, tau)",
        'dim arm = ["control", "drug"]',
        "dim county from 1",
        "data sigma[school]: real > 0",
        "data k[school]:int in [0, 1_000]",
        "x[t] ~ Normal(0.5 * x[t - 1], 2.5e-3) in (0, inf) where t > first and not (t == last)",
        "fn gain(t, half) = { let u = t / half return 1 - 2^(-u) }",
        "a = if x >= 1 then sum(e, k in 1..11) else log_prob(Normal(0, 1), σ)",
        "dist Triangle(x: real > 0 | low) = if x > low then -x else 2, sample = Uniform(0, low)",
        "dist = 3",
        "net decoder: code -> 200 tanh -> pixel",
    ],
)
def test_tokens_are_the_parsers(statement):
    lexed = [t for t in parser().lex(statement) if isinstance(t, Token)]
    ours = tokens(statement)
    assert [value for _, value in ours] == [str(t) for t in lexed]
    for (kind, value), token in zip(ours, lexed, strict=True):
        if token.type in KINDS:
            assert kind in KINDS[token.type], value
        elif str(token) in KEYWORDS:
            assert kind in (Keyword, Keyword.Declaration, Operator.Word), value
        elif not str(token).isalpha():
            assert kind in (Operator, Punctuation), value


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_every_keyword_looks_like_one(word):
    assert tokens(f"{word} ")[0][0] in (Keyword, Keyword.Declaration, Operator.Word)


def test_names_that_begin_like_keywords_are_names():
    assert [kind for kind, _ in tokens("dimension data_ inner letter")] == [Name.Variable] * 4


def test_what_stands_before_a_parenthesis_and_behind_a_colon():
    kinds = {value: kind for kind, value in tokens("data y: real # log\nm = log(x)\ny ~ HalfCauchy(real)")}
    assert kinds["log"] is Name.Function
    assert kinds["HalfCauchy"] is Name.Class
    assert kinds["# log"] is Comment.Single
    assert [kind for kind, value in tokens("data y: real\nm = real") if value == "real"] == [
        Keyword.Type,
        Name.Variable,
    ]


def test_pygments_finds_it_by_the_entry_point():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["pygments.lexers"]["ppl"].partition(":")
    assert getattr(import_module(module), name) is ViLexer
