"""Which latents can be centered or standardised: those with a location or scale that is latent itself."""

from __future__ import annotations

from dataclasses import dataclass

from ppl.distributions import LocationScale
from ppl.graph import ir
from ppl.graph.model import Factor, Graph, Relation
from ppl.graph.recursions import lag_of, uses
from ppl.log_joint.lineage import ancestors
from ppl.supports.continuous import real


@dataclass(frozen=True)
class Standard:
    """A latent's statements, how each one's distribution is located and scaled, and in which of them that is latent.

    A path is located by its own past.
    """

    name: str
    relations: tuple[Relation, ...]
    kinds: tuple[LocationScale, ...]
    moves: tuple[bool, ...]
    is_path: bool

    @property
    def pairs(self) -> tuple[tuple[Relation, LocationScale], ...]:
        """Each statement with how it is located and scaled."""
        return tuple(zip(self.relations, self.kinds, strict=True))


def standard(graph: Graph, name: str) -> Standard | None:
    """What there is to center of a latent, if there is anything."""
    relations = graph.priors.get(name, ())
    if not relations or graph.is_finite(name) or name in graph.own_guides:
        return None
    kinds, moves, is_path = [], [], False
    for relation in relations:
        density = relation.density
        kind = _kind(density)
        is_part = density.kind.event_rank > 0 and relation.where is not None
        if (
            kind is None
            or density.lower is not None
            or density.upper is not None
            or relation.ordered
            or is_part
        ):
            return None
        args = [density.args[key] for key in (kind.loc, kind.scale) if key is not None]
        latents = [
            n
            for n in ancestors(graph, [Factor("", arg, None, arg.span) for arg in args])
            if graph.variables[n].role == "latent"
        ]
        if any(graph.is_finite(n) for n in latents) or (name in latents and not _is_past(relation, kind)):
            return None
        kinds.append(kind)
        moves.append(bool(latents))
        is_path |= name in latents
    return Standard(name, relations, tuple(kinds), tuple(moves), is_path) if any(moves) else None


def _kind(density: ir.Density) -> LocationScale | None:
    """How a distribution is located and scaled, spelled with these parameters."""
    names = set(density.args)
    forms = zip(density.kind.forms, density.kind.location_scale, strict=False)
    return next((kind for form, kind in forms if {p.name for p in form} == names), None)


def _is_past(relation: Relation, kind: LocationScale) -> bool:
    """Whether a statement speaks of its latent at fixed lags, in its location alone, and not through a definition."""
    own = frozenset({relation.name})
    for key, arg in relation.density.args.items():
        for use in uses(arg, own):
            moved = [index for index in use.indices if isinstance(index, ir.Expr)]
            if key != kind.loc or len(moved) != 1 or not (lag_of(moved[0]) or 0) > 0:
                return False
    return relation.density.kind.support is real and any(
        True for arg in relation.density.args.values() for _ in uses(arg, own)
    )
