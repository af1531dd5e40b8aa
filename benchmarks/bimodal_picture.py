"""The picture of a posterior with two modes and of guides fitted to it, as an SVG; `benchmarks/bimodal.py` draws it.

On the left a map, with places drawn from the posterior and what each guide takes for likely; on the right, at the same
height, the densities of `north`. It has a ground of its own and colours for light and dark pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

Array = Any
WIDTH, HEIGHT = 780, 500
TOP, SCALE = 62, 27.0  # of both panels, and pixels per km
LEFT, RIGHT = 66, 410  # sides of the map, and of the densities
SOUTH, UP = -8.0, 6.0  # km that are shown
WEST, FAR_EAST = -0.7, 10.0
PER_DENSITY = 250.0  # pixels
PLACES = 250
RING = 2.0  # sds
STYLE = """
  .ground { fill: #ffffff; stroke: #d4d4d8; }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #27272a; }
  .title { font-size: 16px; font-weight: 600; }
  .axis { stroke: #71717a; } .road { stroke: #a1a1aa; stroke-width: 3; stroke-dasharray: 9 5; }
  .small { font-size: 12px; fill: #52525b; }
  .truth { fill: #a1a1aa; } .truth-area { fill: #a1a1aa; fill-opacity: 0.45; }
  .line { fill: none; stroke-width: 2.2; }
  .reverse { stroke: #c2410c; } .forward { stroke: #1d4ed8; } .mixture { stroke: #15803d; stroke-dasharray: 5 4; }
  .says-reverse { fill: #c2410c; } .says-forward { fill: #1d4ed8; } .says-mixture { fill: #15803d; }
  .receiver { fill: #27272a; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #18181b; stroke: #3f3f46; }
    text { fill: #e4e4e7; } .small { fill: #a1a1aa; } .axis { stroke: #a1a1aa; } .road { stroke: #71717a; }
    .reverse { stroke: #fb923c; } .forward { stroke: #60a5fa; } .mixture { stroke: #4ade80; }
    .says-reverse { fill: #fb923c; } .says-forward { fill: #60a5fa; } .says-mixture { fill: #4ade80; }
    .receiver { fill: #e4e4e7; }
  }
"""


def x_of(east: Array) -> Array:
    """Pixels of a place on the map."""
    return LEFT + SCALE * (east - WEST)


def y_of(north: Array) -> Array:
    """Pixels of a place, in both panels."""
    return TOP + SCALE * (UP - north)


def path(xs: Iterable[float], ys: Iterable[float]) -> str:
    """A line through points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def text(x: float, y: float, words: str, kind: str = "", more: str = "") -> str:
    """Words at a place."""
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" {more}>{words}</text>'


def ellipses(east: Array, north: Array, log_q: Array) -> list[str]:
    """Lines at 2 sds about each Gaussian of a guide: those on either side of the road, or the one on both."""
    q = np.exp(log_q)
    sides = [north > 0, north <= 0]
    valley = np.sum(q[:, np.abs(north) < 0.5]) / np.sum(q)
    if valley > 0.01:
        sides = [np.ones(len(north), bool)]
    lines = []
    for side in sides:
        share = q * side
        if np.sum(share) < 0.01 * np.sum(q):
            continue
        share = share / np.sum(share)
        z = np.stack(np.meshgrid(east, north, indexing="ij"))
        mean = np.sum(share * z, axis=(1, 2))
        away = z - mean[:, None, None]
        root = np.linalg.cholesky(np.einsum("ij,aij,bij->ab", share, away, away))
        turn = np.linspace(0, 2 * np.pi, 61)
        ring = mean[:, None] + RING * root @ np.stack([np.cos(turn), np.sin(turn)])
        lines.append(path(x_of(ring[0]), y_of(ring[1])))
    return lines


def places(east: Array, north: Array, log_p: Array) -> list[str]:
    """Draws from the posterior on its grid, as dots."""
    rng = np.random.default_rng(0)
    p = np.exp(log_p).ravel()
    cells = rng.choice(len(p), PLACES, p=p / np.sum(p))
    i, j = np.unravel_index(cells, log_p.shape)
    return [
        f'<circle cx="{x_of(east[a]):.1f}" cy="{y_of(north[b]):.1f}" r="1.7" class="truth"/>'
        for a, b in zip(i, j, strict=True)
    ]


def axes() -> list[str]:
    """Axes of both panels with their names."""
    floor = y_of(SOUTH)
    made = [f'<path d="M{LEFT} {TOP}V{floor}H{x_of(FAR_EAST):.0f}" class="axis" fill="none"/>']
    made += [f'<path d="M{RIGHT} {TOP}V{floor}H{WIDTH - 30}" class="axis" fill="none"/>']
    for north in range(-8, 7, 2):
        label = f"{north}".replace("-", "−")
        made += [text(LEFT - 8, y_of(north) + 4, label, "small", 'text-anchor="end"')]
        made += [text(RIGHT - 8, y_of(north) + 4, label, "small", 'text-anchor="end"')]
        made += [f'<path d="M{side} {y_of(north):.0f}h-4" class="axis"/>' for side in (LEFT, RIGHT)]
    for east in range(0, 11, 2):
        made += [text(x_of(east), floor + 18, f"{east}", "small", 'text-anchor="middle"')]
    for height in (0, 0.5, 1.0):
        x = RIGHT + PER_DENSITY * height
        made += [text(x, floor + 18, f"{height:g}", "small", 'text-anchor="middle"')]
    made += [text(x_of(5), floor + 38, "east, km", "", 'text-anchor="middle"')]
    made += [text(RIGHT + 165, floor + 38, "density of north, per km", "", 'text-anchor="middle"')]
    turned = f'text-anchor="middle" transform="rotate(-90 22 {y_of(-1):.0f})"'
    made += [text(22, y_of(-1), "north of the road, km", "", turned)]
    return made


def drawn(east: Array, north: Array, log_p: Array, guides: Mapping[str, Array], receivers: Array) -> str:
    """The whole picture; log densities (len(east), len(north)), of guides by the kind of fit they are."""
    shown = (north >= SOUTH) & (north <= UP)
    y = y_of(north[shown])

    def profile(log: Array) -> Array:
        return RIGHT + PER_DENSITY * np.sum(np.exp(log), axis=0)[shown] * (east[1] - east[0])

    parts = [f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8" class="ground"/>']
    parts += [text(20, 30, "A posterior with two modes, and three ways to fit it", "title")]
    parts += [text(LEFT, TOP - 8, "where the lynx may be", "small")]
    parts += [text(RIGHT, TOP - 8, "how far north", "small")]
    parts += axes()
    bend = path(x_of(receivers[:, 0]), y_of(receivers[:, 1]))
    parts += [f'<path d="{bend}" class="road" fill="none"/>']
    parts += [
        f'<circle cx="{x_of(a):.1f}" cy="{y_of(b):.1f}" r="4.5" class="receiver"/>' for a, b in receivers
    ]
    parts += places(east, north, log_p)
    area = f"{path(profile(log_p), y)}L{RIGHT} {y[-1]:.1f}L{RIGHT} {y[0]:.1f}Z"
    parts += [f'<path d="{area}" class="truth-area"/>']
    for kind, log_q in guides.items():
        parts += [f'<path d="{line}" class="line {kind}"/>' for line in ellipses(east, north, log_q)]
        parts += [f'<path d="{path(profile(log_q), y)}" class="line {kind}"/>']
    parts += labels()
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="A posterior with two modes and three guides">\n'
        f"<style>{STYLE}</style>\n{body}\n</svg>\n"
    )


def labels() -> list[str]:
    """What each line is, beside it."""
    return [
        text(x_of(-0.4), y_of(0.2) - 12, "receivers on a road", "small"),
        text(RIGHT + 105, y_of(4.35), "grey: the posterior, by quadrature"),
        text(RIGHT + 105, y_of(3.1), "mixture(2): both modes,", "says-mixture"),
        text(RIGHT + 105, y_of(3.1) + 17, "each with its share", "says-mixture"),
        text(RIGHT + 60, y_of(-0.2), "fullrank by KL(p ‖ q), forward_kl:", "says-forward"),
        text(RIGHT + 60, y_of(-0.2) + 17, "it covers both, and what lies between", "says-forward"),
        text(RIGHT + 60, y_of(-5.3), "fullrank by KL(q ‖ p), elbo:", "says-reverse"),
        text(RIGHT + 60, y_of(-5.3) + 17, "it takes one mode for the whole", "says-reverse"),
        text(x_of(-0.4), y_of(-6.3), "rings: 2 sds", "small"),
        text(x_of(-0.4), y_of(-6.3) + 16, "of each Gaussian", "small"),
    ]
