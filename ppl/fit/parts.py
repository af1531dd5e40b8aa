"""A guide by parts: latents in one part are independent of those in others, and each part has a family of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import autograd.numpy as np
import numpy as onp

from ppl.fit.noise import evened
from ppl.fit.target import Array
from ppl.guides import Guide
from ppl.layout import Layout


@dataclass(frozen=True)
class Block:
    """A part: its latents, with columns of their own from 0, and its guide."""

    layout: Layout
    guide: Guide


def part_of(layout: Layout, names: Collection[str]) -> tuple[Layout, Array]:
    """The layout of some latents, in the order of the whole, and their columns in z."""
    slots = [slot for slot in layout if slot.name in names]
    columns = [onp.arange(slot.start, slot.stop) for slot in slots]
    return Layout.of([(s.name, s.shape, s.free_shape, s.axes) for s in slots]), onp.concatenate(columns)


def block_diagonal(layout: Layout, blocks: Sequence[Block]) -> Guide:
    """The product of the guides of all blocks, which share out the latents.

    params are theirs in a row, and so are the columns of noise.
    """
    widths = [b.guide.noise_size(b.layout.size) for b in blocks]
    counts = [len(b.guide.init(b.layout, 0.0, 1.0)) for b in blocks]
    params_of, noise_of = (list(pairwise(accumulate(sizes, initial=0))) for sizes in (counts, widths))
    place = {slot.name: (k, slot) for k, b in enumerate(blocks) for slot in b.layout}

    def joined(values: Sequence[Array]) -> Array:
        """The blocks' values (..., D_k) in the order of the columns of z."""
        found = [(k, slot) for k, slot in (place[slot.name] for slot in layout)]
        return np.concatenate([values[k][..., slot.columns] for k, slot in found], axis=-1)

    def shared(values: Array) -> list[Array]:
        """Values (..., D), block by block."""
        return [
            np.concatenate([values[..., layout[s.name].columns] for s in b.layout], axis=-1) for b in blocks
        ]

    def each(method: str, params: Array, *more: Sequence[Array]) -> list[Array]:
        """What each block's guide says, given its own params and its share of everything else."""
        own = [params[a:b] for a, b in params_of]
        return [getattr(b.guide, method)(p, *given) for b, p, *given in zip(blocks, own, *more, strict=True)]

    def init(_layout: Layout, mean: Array, sd: Array) -> Array:
        means, sds = (shared(onp.broadcast_to(x, (layout.size,))) for x in (mean, sd))
        return np.concatenate(
            [b.guide.init(b.layout, m, s) for b, m, s in zip(blocks, means, sds, strict=True)]
        )

    def moments(params: Array) -> tuple[Array, Array]:
        found = each("moments", params)
        return joined([mean for mean, _ in found]), joined([sd for _, sd in found])

    def regular(noise: Array) -> Array:
        return onp.concatenate(
            [(b.guide.regular or evened)(noise[:, i:j]) for b, (i, j) in zip(blocks, noise_of, strict=True)],
            axis=1,
        )

    return Guide(
        init=init,
        transport=lambda params, noise: joined(
            each("transport", params, [noise[:, i:j] for i, j in noise_of])
        ),
        log_prob=lambda params, z: sum(each("log_prob", params, shared(z))),
        entropy=None
        if any(b.guide.entropy is None for b in blocks)
        else lambda params: sum(each("entropy", params)),
        moments=moments,
        move=lambda params, step: np.concatenate(each("move", params, [step[i:j] for i, j in params_of])),
        fixed_draws=lambda _D: _most(blocks, "fixed_draws"),
        least_draws=lambda _D: _most(blocks, "least_draws"),
        is_single=all(b.guide.is_single for b in blocks),
        is_unique=all(b.guide.is_unique for b in blocks),
        is_gaussian=all(b.guide.is_gaussian for b in blocks),
        noise_size=lambda _D: sum(widths),
        regular=regular,
    )


def _most(blocks: Sequence[Block], count: str) -> int:
    counted: list[Callable[[int], int]] = [getattr(b.guide, count) for b in blocks]
    return max(f(b.layout.size) for f, b in zip(counted, blocks, strict=True))
