"""Diagnostics in colour say what they say without; as JSON they have the places that editors expect."""

import json

import pytest

import ppl
from ppl.diagnostic import Diagnostic, Edit, Label, Source, Span, render
from ppl.report.diagnostics import coloured, one_lines, to_dict

SOURCE = Source("a.vi", "x ~ Normal(0, 1)\n# 𝛼𝛼\nlet 𝛼 = y + x\n")
PLACE = SOURCE.text.index("y +")


@pytest.fixture
def diagnostic():
    labels = (Label(Span(PLACE, PLACE + 1)), Label(Span(0, 1), "declared here"))
    edits = (Edit(Span(PLACE, PLACE + 1), "x"),)
    return Diagnostic("E201", "nothing is called `y`", labels, ("a fact",), "use `x`", edits, source=SOURCE)


def test_colour_changes_no_word(diagnostic):
    text = coloured(diagnostic)
    assert text.plain == render(diagnostic)
    styled = {str(span.style): text.plain[span.start : span.end] for span in text.spans}
    assert styled["bold red"] == "error[E201]: "
    assert "^" in styled["red"]


def test_colour_of_a_real_error():
    with pytest.raises(ppl.PplError) as caught:
        ppl.model("x ~ Normal(0, tua)\ntau ~ HalfNormal(1)\ny ~ Norma(0, 1)")
    for found in caught.value.diagnostics:
        assert coloured(found).plain == render(found)


def test_ranges_count_from_0_in_utf16(diagnostic):
    found = to_dict(diagnostic)
    # `let 𝛼 = ` is 8 characters, one of which takes two units.
    assert found["range"] == {"start": {"line": 2, "character": 9}, "end": {"line": 2, "character": 10}}
    assert found["severity"] == 1
    assert found["code"] == "E201"
    related = found["relatedInformation"][0]
    assert related["location"]["range"]["start"] == {"line": 0, "character": 0}
    assert found["data"]["edits"][0]["newText"] == "x"
    assert json.loads(json.dumps(found)) == found


def test_a_diagnostic_without_a_place():
    found = to_dict(Diagnostic("E408", "there is no file x"))
    assert found["file"] is None
    assert found["range"]["start"] == {"line": 0, "character": 0}


def test_one_line_each(diagnostic):
    assert one_lines([diagnostic, diagnostic]).splitlines() == ["a.vi:3:9: E201: nothing is called `y`"] * 2
