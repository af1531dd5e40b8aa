"""One layout: it changes nothing but looks, keeps every comment, and is its own layout."""

from __future__ import annotations

import re
import time

import pytest
from corpus import GAPS, OWN, PROGRAMS, definitions, spread, statements
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ppl.diagnostic import PplError, Source
from ppl.syntax.format import formatted
from ppl.syntax.format.meaning import same
from ppl.syntax.format.page import WIDTH
from ppl.syntax.lines import cut
from ppl.syntax.parse import parse

RELAXED = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def layout(text: str) -> str:
    return formatted(Source("model.vi", text))


def comments(text: str) -> list[str]:
    return [comment.text for comment in cut(Source("model.vi", text))[1]]


def code(line: str) -> str:
    return re.sub(r'("[^"]*")|\s*#.*', r"\1", line)


def assert_only_looks_changed(text: str) -> None:
    after = layout(text)
    assert same(parse(Source("before", text)), parse(Source("after", after))), after
    assert comments(after) == comments(text)
    assert layout(after) == after
    assert all(line == line.rstrip() for line in after.splitlines())
    assert "\n\n\n" not in after
    assert after == after.strip("\n") + "\n"


def test_there_are_programs_to_look_at():
    assert len(OWN) > 40


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_changes_only_its_looks(path):
    text = path.read_text(encoding="utf-8")
    assert_only_looks_changed(text)
    assert max(len(code(line)) for line in layout(text).splitlines()) <= WIDTH


@RELAXED
@given(st.lists(st.tuples(statements(), st.lists(st.sampled_from(GAPS), min_size=1)), min_size=1, max_size=3))
def test_any_statements_spread_anyhow(drawn):
    assert_only_looks_changed("\n".join(spread(tokens, gaps) for tokens, gaps in drawn))


@RELAXED
@given(definitions(), st.lists(st.sampled_from(GAPS), min_size=1))
def test_gaps_and_redundant_parentheses_leave_no_trace(tokens, gaps):
    plain = layout(spread(tokens, [" "]))
    assert layout(spread(tokens, [gap for gap in gaps if "#" not in gap] or [" "])) == plain
    assert layout(spread(["mu", "=", "(", "(", *tokens[2:], ")", ")"], [" "])) == plain


ONE_LINE = [
    ("x=1", "x = 1"),
    ("mu  ~ Normal( 0,5 )", "mu ~ Normal(0, 5)"),
    ("dim  a,b", "dim a, b"),
    ("dim county=J-1 from  1", "dim county = J - 1 from 1"),
    ('dim arm=["control","drug"]', 'dim arm = ["control", "drug"]'),
    ("data y[a,b] :real ? >0=2.50", "data y[a, b]: real? > 0 = 2.50"),
    ("data k: int in[0,1_000]", "data k: int in [0, 1_000]"),
    ("data p: real in(0,1]", "data p: real in (0, 1]"),
    ("latent s[node]:{ -1,1 }", "latent s[node]: {-1, 1}"),
    ("param w[a] :real=0", "param w[a]: real = 0"),
    ("P[from in state,to in state]~Dirichlet(1)", "P[from in state, to in state] ~ Dirichlet(1)"),
    ('x[ 0,"drug" ]~Normal(0,1)', 'x[0, "drug"] ~ Normal(0, 1)'),
    ("t~Normal(0,5)>-1 ordered where t>0", "t ~ Normal(0, 5) > -1 ordered where t > 0"),
    ("let x=1", "let x = 1"),
    ("predict  x~Normal(0,1)", "predict x ~ Normal(0, 1)"),
    ("predict x=y", "predict x = y"),
    ("factor  -0.5*x where i<j", "factor -0.5 * x where i < j"),
    ("fn f(t,half)=1-2^(-t/half)", "fn f(t, half) = 1 - 2^(-t / half)"),
    ("fn f( )=1", "fn f() = 1"),
    ("dist D(x:real>0|a,b)=-a*x", "dist D(x: real > 0 | a, b) = -a * x"),
    ("dist D(x|)=-x", "dist D(x |) = -x"),
    ("dist D(x|a)=-a*x,sample=Normal(a,1)", "dist D(x | a) = -a * x, sample = Normal(a, 1)"),
    (
        "net d:code->2_00 tanh->pixel relu~Normal(0,1)",
        "net d: code -> 2_00 tanh -> pixel relu ~ Normal(0, 1)",
    ),
    ("guide   meanfield", "guide meanfield"),
    ("guide lowrank( 5 )", "guide lowrank(5)"),
    ("guide z,k:categorical", "guide z, k: categorical"),
    ("guide z[i]~Normal(m(x),s)", "guide z[i] ~ Normal(m(x), s)"),
    ("x=sum(a,k in 1 .. 11)+sum(b,k in lag)", "x = sum(a, k in 1..11) + sum(b, k in lag)"),
    ("x=f(a,logit=b+c,d)", "x = f(a, logit = b + c, d)"),
    ("x=a[i-1,k]@[1,2]", "x = a[i - 1, k] @ [1, 2]"),
    ("x=if a then b else c", "x = if a then b else c"),
    ("x=not a==b and c or d", "x = not a == b and c or d"),
    ("x=- a^ - b", "x = -a^-b"),
    # Parentheses that precedence makes redundant go, and the others stay: so the tree is the same.
    ("x=((a))", "x = a"),
    ("x=(a*b)+c", "x = a * b + c"),
    ("x=a*(b+c)", "x = a * (b + c)"),
    ("x=(a+b)+c", "x = (a + b) + c"),
    ("x=a-(b-c)", "x = a - (b - c)"),
    ("x=a/(b*c)", "x = a / (b * c)"),
    ("x=-(a^2)", "x = -a^2"),
    ("x=(-a)^2", "x = (-a)^2"),
    ("x=(a^b)^c", "x = (a^b)^c"),
    ("x=a^(b^c)", "x = a^b^c"),
    ("x=-(a*b)", "x = -(a * b)"),
    ("x=a-(-b)", "x = a - -b"),
    ("x=(a<b)<c", "x = (a < b) < c"),
    ("x=(not a)==b", "x = (not a) == b"),
    ("x=not(a and b)", "x = not (a and b)"),
    ("x=(a and b)or c", "x = a and b or c"),
    ("x=a and(b or c)", "x = a and (b or c)"),
    ("x=(if a then b else c)+1", "x = (if a then b else c) + 1"),
    ("x=if a then b else(c+1)", "x = if a then b else c + 1"),
    ("x=f((a),(b+c))", "x = f(a, b + c)"),
    ("x~D()>(a+b)", "x ~ D() > a + b"),
    ("x~D()>(a<b)", "x ~ D() > (a < b)"),
    ("x=sum(a,k in 0..(if b then 1 else 2))", "x = sum(a, k in 0..(if b then 1 else 2))"),
]


@pytest.mark.parametrize(("before", "after"), ONE_LINE, ids=[after for _, after in ONE_LINE])
def test_one_line(before, after):
    assert layout(before) == after + "\n"


SEVERAL_LINES = {
    "blank lines and comments": (
        "\n\n# head\n\n\n\ny = 1\n# next\nz = 2\n\n\n# end\n\n",
        "# head\n\ny = 1\n# next\nz = 2\n\n# end\n",
    ),
    "trailing comments in a column": (
        "data y[school]: real # points\ndata sigma[school]: real > 0        # error\nx = 1\nz = 2     # two\n",
        "data y[school]: real          # points\ndata sigma[school]: real > 0  # error\nx = 1\nz = 2  # two\n",
    ),
    "a long line has a column of its own": (
        f"x = 1 # one\ny = {'a' * 60} # two\nz = 1 # three\n",
        f"x = 1  # one\ny = {'a' * 60}  # two\nz = 1  # three\n",
    ),
    "braces": (
        "fn f(x)={let a=x # why\n\n\n# then\nlet b=a return a*b}\nguide{mu,tau:fullrank rest:lowrank(5)}",
        "fn f(x) = {\n    let a = x  # why\n\n    # then\n    let b = a\n    return a * b\n}\n"
        "guide {\n    mu, tau: fullrank\n    rest: lowrank(5)\n}\n",
    ),
    "braces around one part": ("guide{mu:fullrank}", "guide {\n    mu: fullrank\n}\n"),
    "comments inside of a statement": (
        "y ~ Normal(mu # location\n  # scale\n , s # both\n  )\nz = a + # first\n# second\n\nb",
        "y ~ Normal(\n    mu,  # location\n    # scale\n    s  # both\n)\nz = a +  # first\n    # second\n    b\n",
    ),
    "a comment in parentheses that go": (
        "x = (a # one\n + (b # two\n )) # three\n",
        "x = a +  # one\n    b    # two\n# three\n",
    ),
    "arguments on the next line": (
        f"y[obs] ~ StudentT(2, {' + '.join(['slope * size'] * 5)}, {'s' * 10})",
        f"y[obs] ~ StudentT(\n    2, {' + '.join(['slope * size'] * 5)}, {'s' * 10})\n",
    ),
    "arguments on lines of their own": (
        f"y[obs] ~ Normal({' + '.join(['slope * size'] * 8)}, sigma) where obs > 0",
        f"y[obs] ~ Normal(\n    {' + '.join(['slope * size'] * 6)} +\n"
        "        slope * size + slope * size,\n    sigma) where obs > 0\n",
    ),
    "a sum": (
        f"eta = {' + '.join(['slope * size'] * 8)}",
        f"eta = {' + '.join(['slope * size'] * 6)} +\n    slope * size + slope * size\n",
    ),
    "a factor in brackets": (
        f"eta = a * ({' + '.join(['slope * size'] * 8)})",
        f"eta = a * (\n    {' + '.join(['slope * size'] * 6)} +\n    slope * size + slope * size)\n",
    ),
    "an array": (
        f"x = [{', '.join(['1.25'] * 30)}]",
        f"x = [\n    {', '.join(['1.25'] * 16)},\n    {', '.join(['1.25'] * 14)}]\n",
    ),
    "choices": (
        f"x = if a then {'b' * 40} else if c then {'d' * 40} else e",
        f"x = if a then {'b' * 40} else\n    if c then {'d' * 40} else\n    e\n",
    ),
    "declarations": (
        f"data {', '.join(['size[obs]'] * 10)}: real > 0",
        f"data {', '.join(['size[obs]'] * 8)},\n    size[obs], size[obs]: real > 0\n",
    ),
    "a condition": (
        f"x ~ Normal(0, 1) where {' and '.join(['position > 0'] * 6)}",
        f"x ~ Normal(0, 1) where\n    {' and '.join(['position > 0'] * 5)} and\n    position > 0\n",
    ),
    "a call before its short condition": (
        f"y[obs] ~ Normal({' + '.join(['slope * size'] * 5)}, sigma) where obs > 0",
        f"y[obs] ~ Normal(\n    {' + '.join(['slope * size'] * 5)}, sigma) where obs > 0\n",
    ),
    "a net": (
        f"net n: x -> {' -> '.join(['200 tanh'] * 8)} -> y ~ Normal(0, 1)",
        f"net n: x -> {' -> '.join(['200 tanh'] * 7)} ->\n    200 tanh -> y ~ Normal(0, 1)\n",
    ),
    "a brace in a comment": ("fn f(x) = # {\nx", "fn f(x) =  # {\n    x\n"),
    "foreign line ends": ("x = 1  \r\n\r\n# c\r\ny = 2", "x = 1\n\n# c\ny = 2\n"),
}


@pytest.mark.parametrize("name", SEVERAL_LINES)
def test_several_lines(name):
    before, after = SEVERAL_LINES[name]
    assert layout(before) == after
    assert_only_looks_changed(before)


@pytest.mark.parametrize(("before", "after"), [("", ""), ("\n\n", ""), ("  # only\n", "# only\n")])
def test_hardly_a_program(before, after):
    assert layout(before) == after


def test_a_sum_of_a_thousand_terms_is_laid_out_in_no_time():
    text = "eta = " + " + ".join(f"b[{k}] * (x{k} - 1)" for k in range(1000))
    begin = time.perf_counter()
    after = layout(text)
    assert time.perf_counter() - begin < 10
    assert_only_looks_changed(text)
    lines = after.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) < len(text) / 80


@pytest.mark.parametrize("opener", ["f(", "-", "[", "a[", "2^", "not (", "if a then 1 else "])
def test_as_deep_as_may_be(opener):
    closer = {"f(": ")", "[": "]", "a[": "]", "not (": ")"}.get(opener, "")
    assert_only_looks_changed("x = " + opener * 190 + "y" + closer * 190)


def test_a_mistake_is_said_as_by_the_parser():
    with pytest.raises(PplError, match="E101"):
        layout("x = (1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = a + b + c", "x = (a + b) + c"),
        ("x = a + b", "x = a - b"),
        ("x = 1", "x = 1.0"),
        ("x = 1.0", "x = 1.00"),
        ("x = [a, b]", "x = [b, a]"),
        ("x = [[a], b]", "x = [[a, b]]"),
        ("x = 1", "let x = 1"),
        ("x = 1", "x = 1\ny = 2"),
        ("x ~ D() > 0", "x ~ D() >= 0"),
        ("dim a", "dim a from 1"),
    ],
)
def test_meanings_that_differ_are_told_apart(one, other):
    assert not same(parse(Source("one", one)), parse(Source("other", other)))
