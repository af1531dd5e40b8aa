"""Generated programs: the compiler against an independent interpreter, against itself, and against brute force.

Many more by `python tests/generated/campaign.py --count 2000 --seed 1`.
"""

import re
from dataclasses import replace

import pytest
from agreement import examine
from further_arrays import ARRAYS
from further_counts import COUNTS
from further_line import LINE
from interpreter_arrays import LINEAR
from interpreter_densities import COMBINATORS
from programs import finite_program, program
from textbook import BOOK

from ppl.distributions import distributions

pytestmark = pytest.mark.filterwarnings("ignore")


def agree(generated, seed):
    report = examine(generated, seed)
    reasons = "\n".join(report.wrong)
    assert not report.wrong, f"seed {seed}\n{generated.text}{generated.data}\n{reasons}"
    return report


@pytest.mark.parametrize("block", range(8))
def test_programs_mean_what_the_interpreter_says(block):
    reports = [agree(program(seed), seed) for seed in range(20 * block, 20 * block + 20)]
    slopes = sum(r.slopes for r in reports)
    assert slopes > 100
    assert sum(r.kinks for r in reports) <= 0.02 * slopes


@pytest.mark.parametrize("kind", ["independent", "plates", "chain", "tree", "loop"])
def test_enumeration_agrees_with_brute_force(kind):
    reports = [agree(finite_program(seed, kind), seed) for seed in range(60)]
    assert all(r.summed for r in reports)


def test_definitions_of_finite_latents_and_those_that_index_each_other():
    found = [finite_program(seed, "nested") for seed in range(40, 56)]
    for seed, generated in enumerate(found, start=40):
        agree(generated, seed)


def test_what_programs_are_made_of():
    """The comparison is worth what it covers: every distribution of the book, and every construct."""
    texts = [program(seed).text for seed in range(600)]
    text = "".join(texts)
    missing = [name for name in BOOK if not re.search(rf"[ (]{name}\(", text)]
    assert missing == []
    constructs = {
        "where": r" where ",
        "lag": r"\[[^\]]* - 1\]",
        "fixed place on the left": r"^\w+\[0[\],].* [~=]",
        "label": r'\["',
        "ordered": r" ordered$",
        "truncation": r"\) (>|<|in [(\[])",
        "index name": r"\[\w+ in \w+",
        "range": r" in \d+\.\.",
        "binder": r", \w+ in \w+\)",
        "matrix product": r" @ ",
        "array literal": r"= \[",
        "if": r"\(if ",
        "own function": r"^fn ",
        "keyword of a call": r"\(p = ",
        "factor": r"^factor ",
        "log_prob": r"log_prob\(",
        "param": r"^param ",
        "latent without ~": r"^latent ",
        "finite set": r": \{",
        "default": r"^data .* = ",
        "let": r"^let ",
        "predict": r"^predict ",
        "last": r"\[last",
        "softmax": r"softmax\(",
        "recursion": r"^h\[.* h\[",
        "chain": r"Categorical\(P\d*\[",
        **{f"{name}(...)": rf"[ (]{name}\(" for name in (*COMBINATORS, *LINEAR)},
        "a mixture cut": r"(Truncated\(Mixture|Mixture\(.*\) (>|<|in [(\[]))",
        "a net with a prior": r"^net .* ~ ",
    }
    unseen = [name for name, pattern in constructs.items() if not re.search(pattern, text, re.M)]
    assert unseen == []
    common = {
        "linear algebra": rf"\b({'|'.join(LINEAR)})\(",
        "combinators": rf"[ (]({'|'.join(COMBINATORS)})\(",
        "missing cells": r": (real|bool)\?",
        "nets": r"^net ",
        "differential equations": r" = ode\(",
        "vectors": rf"[ (]({'|'.join(n for n in ARRAYS if BOOK[n].event_rank == 1)})\(",
        "matrices": rf"[ (]({'|'.join(n for n in ARRAYS if BOOK[n].event_rank == 2)})\(",
        "the rest of the line": rf"[ (]({'|'.join(LINE)})\(",
        "the rest of the counts": rf"[ (]({'|'.join(COUNTS)})\(",
    }
    for name, pattern in common.items():
        assert sum(bool(re.search(pattern, t, re.M)) for t in texts) >= 0.03 * len(texts), name


def test_the_spellings_of_the_book_are_on_the_shelf():
    for name, book in BOOK.items():
        shelf = {tuple(p.name for p in form) for form in distributions[name].forms}
        assert {tuple(n for n, _ in form) for form in book.forms} <= shelf, name


def test_a_wrong_density_is_noticed(monkeypatch):
    normal = BOOK["Normal"]
    wrong = replace(normal, log_prob=lambda x, m, s: normal.log_prob(x, m, s) + 1e-7)
    monkeypatch.setitem(BOOK, "Normal", wrong)
    found = [examine(program(seed), seed).wrong for seed in range(30) if "Normal(" in program(seed).text]
    assert any("the interpreter" in reason for wrong in found for reason in wrong)
