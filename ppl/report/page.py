"""The page of a distribution, function, guide, objective or optimizer, from where it is defined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from ppl.functions import FUNCTIONS, Function

SHELVES = ("distributions", "combinators", "guides", "objectives", "optimizers")


@dataclass(frozen=True)
class Page:
    """What is to be known of one name. `title` is its signature or its summary, `facts` are (what, text)."""

    kind: str
    name: str
    title: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        width = max((len(what) for what, _ in self.facts), default=0)
        rows = "\n".join(f"  {what:<{width}}  {text}" for what, text in self.facts)
        return "\n\n".join(part for part in (f"{self.title}   ({self.kind})", self.text, rows) if part)

    def as_object(self) -> dict[str, Any]:
        """The same for programs."""
        facts = [{"what": what, "text": text} for what, text in self.facts]
        return {
            "schema": 1,
            "kind": self.kind,
            "name": self.name,
            "title": self.title,
            "text": self.text,
            "facts": facts,
        }


def names() -> dict[str, str]:
    """Everything that has a page, and the shelf that it stands on; without importing what stands there."""
    found = {name: shelf for shelf in SHELVES for name in _shelf(shelf)}
    return {
        **found,
        **dict.fromkeys(FUNCTIONS, "functions"),
        **dict.fromkeys((*SHELVES, "functions"), ""),
    }


def called(name: str) -> str | None:
    """The name as it is spelled, whatever its capitals: `normal` is `Normal`, unless both exist."""
    known = names()
    if name in known:
        return name
    folded = [k for k in known if k.lower() == name.lower()]
    return folded[0] if folded else None


def meant(name: str) -> str | None:
    """The name that is a slip away from one that has no page."""
    folded = {known.lower(): known for known in names()}
    close = get_close_matches(name.lower(), folded, 1)
    return folded[close[0]] if close else None


def page(name: str) -> Page:
    """The page of one of `names()`."""
    shelf = names()[name]
    if not shelf:
        return _list(name)
    if shelf == "functions":
        return _function(FUNCTIONS[name])
    title, _, text = _shelf(shelf).doc(name).partition("\n")
    facts = tuple(_distribution(name)) if shelf == "distributions" else ()
    return Page(shelf.removesuffix("s"), name, title, text.strip(), facts)


def _shelf(name: str) -> Any:
    return getattr(import_module(f"ppl.{name}"), name)


def _list(shelf: str) -> Page:
    titles: Mapping[str, str] = (
        {name: f"{f.signature}: {f.doc}" for name, f in FUNCTIONS.items()}
        if shelf == "functions"
        else {name: _shelf(shelf).doc(name).partition("\n")[0] for name in _shelf(shelf)}
    )
    return Page(
        "list",
        shelf,
        f"{shelf.capitalize()}: {len(titles)}",
        "\n".join(f"  {title}" for title in titles.values()),
    )


def _function(f: Function) -> Page:
    speaks = {
        "elementwise": "works element by element; arrays align by their axes",
        "reduce": "removes the axes that it is told; without any, all of them",
        "along": "works along the axis that it is told, and keeps it",
        "linear": "takes and gives vectors and matrices",
    }
    return Page("function", f.name, f.signature, f"{f.doc}; {speaks[f.role]}")


def _distribution(name: str) -> Iterator[tuple[str, str]]:
    d = _shelf("distributions")[name]
    for k, form in enumerate(d.forms):
        spelled = ", ".join(p.name if k == 0 else f"{p.name} = ..." for p in form)
        yield ("parameters" if k == 0 else "or"), f"{name}({spelled})"
        for parameter in form:
            default = "" if parameter.default is None else f"; {parameter.default:g} where it is left out"
            yield "", f"  {parameter.name} must be {parameter.support.name}{default}"
    values = d.support.name.replace("{", "").replace("}", "")  # ends that are parameters stand in braces
    yield "values", f"{values}{', summed out where unknown' if d.discrete else ''}"
    if d.event_rank:
        yield "axes", f"one draw fills {d.event_rank} {'axis' if d.event_rank == 1 else 'axes'}"
    known = {"mean": d.mean, "variance": d.variance, "truncation": d.log_cdf or d.log_sf}
    yield (
        "known",
        ", ".join(what for what, where in known.items() if where is not None) or "its density alone",
    )
