"""A program can't reach Python, files, processes or the network: hostile texts and names under an audit hook."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import ppl
from ppl.diagnostic import PplError, one_line, render
from ppl.distributions import distributions
from ppl.functions import FUNCTIONS

PAYLOADS = [
    "__import__('os').system('touch /tmp/reached')",
    '__import__("os").popen("id")',
    "eval('1+1')",
    'exec("x = 1")',
    "compile('1', '', 'eval')",
    "open('/etc/passwd').read()",
    "os.system('id')",
    "subprocess.run(['id'])",
    "().__class__.__bases__[0].__subclasses__()",
    "lambda: 0",
    "[x for x in ()]",
    "getattr(x, '__class__')",
    "globals()['ppl']",
    "x.__class__",
    "x.__dict__",
    "__class__",
    "__dict__",
    "__builtins__",
    "__import__",
    "__name__",
    "__getattr__",
    "__init__",
    "_",
    "self",
    "None",
    "True",
    "os",
    "sys",
    "numpy",
    "autograd",
    "ppl",
    "normal",
    "half_normal",
    "../numerics/linalg",
    "{0.__class__}",
    "{x.__init__.__globals__}",
    "{}",
    "{{",
    "%s%n%x",
    "$(id)",
    "`id`",
    "${jndi:ldap://localhost/a}",
    "<script>alert(1)</script>",
    "'; DROP TABLE data; --",
    "/etc/passwd",
    "file:///etc/passwd",
    "http://localhost/",
    "\\\\server\\share",
    "..",
    "CON",
    "a\0b",
    "\x1b]0;title\x07",
]
TEMPLATES = [
    "{}",
    "x ~ Normal({}, 1)",
    "{} ~ Normal(0, 1)",
    "x ~ {}(0, 1)",
    "x ~ {}",
    "x = {}(1)",
    "dim {}",
    "dim k = {}",
    'dim k = ["{}"]\ny[k] ~ Normal(0, 1)\nz = y["{}"]',
    "data {}: real",
    "data y: {}",
    "data y: real = {}",
    "fn f(x) = {}\ny = f(1)",
    "x ~ Normal({} = 0, scale = 1)",
    "guide {}",
    "factor {}",
    "predict {} ~ Normal(0, 1)",
    "dim k = 2\nx[k] = sum({}, k)",
    "net {}: a -> b",
    "# {}",
]

LABELLED = "dim k\ndim o\ndata z[o]: k\ndata y[o]: real\na[k] ~ Normal(0, 1)\ny[o] ~ Normal(a[z], 1)"

_active: list[list[str]] = []
# What looking at values and compiling regular expressions raise; none of them leaves the process.
_HARMLESS = frozenset(
    {
        "object.__getattr__",
        "object.__setattr__",
        "gc.get_objects",
        "sys._getframe",
        "array.__new__",
        "builtins.id",
    }
)


def _hook(event: str, args: tuple[object, ...]) -> None:
    if _active and event not in _HARMLESS:
        _active[-1].append(f"{event}{args!r:.200}")


sys.addaudithook(_hook)  # for the life of the process: hooks can't be removed


@contextmanager
def watched() -> Iterator[list[str]]:
    """The events that the interpreter announces meanwhile."""
    events: list[str] = []
    _active.append(events)
    try:
        yield events
    finally:
        _active.pop()


@pytest.fixture(scope="module", autouse=True)
def everything_imported() -> None:
    """So that no import is left to be made while a hostile text is looked at."""
    for name in distributions:
        assert distributions[name]
    for function in FUNCTIONS.values():
        assert function.call
    for module in ("ppl.graph.bind", "ppl.log_joint", "ppl.data.read", "ppl.combinators", "unicodedata"):
        importlib.import_module(module)
    ppl.model(LABELLED).bind({"y": [1.0, 2.0], "z": ["a", "b"]})
    for text in (
        "x ~ Normal(0, sigmoid(y))",
        "x ~ Mixture(1)",
        "net n: a -> b",
        "guide x",
        "x ~ (",
        "x = é\u0301",
    ):
        with pytest.raises(PplError):
            ppl.model(text)


def look(text: str, data: object = None) -> str:
    try:
        ppl.model(text, name=text[:20]).bind(data)
    except PplError as error:
        return "\n".join(render(d) + one_line(d) for d in error.diagnostics)
    return ""


@pytest.mark.parametrize("template", TEMPLATES)
def test_program_texts(template: str) -> None:
    for payload in PAYLOADS:
        with watched() as events:
            said = look(template.replace("{}", payload), {"y": 1.0})
        assert events == [], (template, payload)
        assert "<class" not in said
        assert "\x1b" not in said


def test_there_are_enough() -> None:
    assert len(PAYLOADS) * len(TEMPLATES) >= 300


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_and_values_of_data(payload: str) -> None:
    tables: list[object] = [
        {payload: [1.0]},
        {"y": [1.0], "z": [payload]},
        {"y": [payload], "z": [0]},
        {"y": payload, "z": payload},
        {"k": [payload, payload], "y": [1.0], "z": [0]},
        {"k": payload, "y": {payload: [1.0]}, "z": [0]},
    ]
    for table in tables:
        with watched() as events:
            said = look(LABELLED, table)
        assert events == [], table
        assert "<class" not in said
        assert "\x1b" not in said


def test_the_hook_hears_what_it_should() -> None:
    with watched() as events:
        compile("1", "x", "eval")
        with open(__file__, encoding="utf-8"):
            pass
    assert [e.partition("(")[0] for e in events] == ["compile", "open"]
