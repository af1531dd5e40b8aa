"""The pattern of matrices that join each vertex of a tree with its ancestors, and how its entries are grouped.

With N[i, a] = 0 unless a is an ancestor of i, such matrices, and those with a diagonal besides, are closed under
products and inverses. Entries are kept in a row: vertices by depth, of each its path from the root down. Rows with
one path in common (children of one parent, vertices of a path without branches) make dense blocks; what is left, the
loose rows, a sparse matrix and lists of triples: neither a dense matrix nor ten thousand calls are needed.
Source of the pattern: Davis, Direct methods for sparse linear systems (2006), section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ppl.numerics.elimination import ROOT

Array = Any
WIDE = 256  # entries of a block that are worth a call of their own


@dataclass(frozen=True)
class Block:
    """Rows (n,) whose entries lie in the columns (c,) of one path, the last of which are they themselves in a chain.

    `places` (n, c) are their entries and `inner` (c, c) those of the path's own rows; the number of entries is the
    place of a 0.
    """

    rows: Array
    columns: Array
    places: Array
    inner: Array
    is_chain: bool

    @property
    def outer(self) -> int:
        """How many columns are not rows as well."""
        return len(self.columns) - (len(self.rows) if self.is_chain else 0)


class Paths:
    """The pattern of a tree (n,) of parents: `rows` and `columns` (count,) of the entries, and how they are grouped."""

    def __init__(self, parent: Array):
        self.size = n = len(parent)
        self.depth = np.zeros(n, dtype=int)
        self.paths: list[Array] = [np.zeros(0, dtype=int)] * n
        children: list[list[int]] = [[] for _ in range(n)]
        roots: list[int] = []
        for vertex, above in enumerate(parent):
            (roots if above == ROOT else children[above]).append(vertex)
        order: list[int] = []
        level = roots
        while level:
            order += level
            level = [child for vertex in level for child in children[vertex]]
        for vertex in order:
            above = parent[vertex]
            if above != ROOT:
                self.depth[vertex] = self.depth[above] + 1
                self.paths[vertex] = np.append(self.paths[above], above)
        self.order = np.array(order, dtype=int)
        self.start = np.zeros(n, dtype=int)
        self.start[self.order] = np.cumsum(self.depth[self.order]) - self.depth[self.order]
        self.count = int(self.depth.sum())
        self.rows = np.repeat(self.order, self.depth[self.order])
        self.columns = np.concatenate([self.paths[i] for i in order]) if order else self.order
        self.blocks = tuple(self._blocks(roots, children))
        inside = np.zeros(n, dtype=bool)
        for block in self.blocks:
            inside[block.rows] = True
        self.rest = np.flatnonzero(~inside[self.rows])
        self.loose = self.order[~inside[self.order]]  # rows outside of all blocks, by depth

    def _blocks(self, roots: list[int], children: list[list[int]]) -> Iterator[Block]:
        """Chains without branches, and what hangs side by side below one vertex, where they are wide enough."""
        # A group of one is the middle of a chain that began above, unless it is the only root.
        groups = [group for group in children if len(group) > 1]
        for group in [roots, *groups] if roots else []:
            chains = []
            for head in group:
                chain = [head]
                while len(children[chain[-1]]) == 1:
                    chain.append(children[chain[-1]][0])
                chains.append(chain)
            above = self.paths[group[0]]
            single = np.array([chain[0] for chain in chains if len(chain) == 1], dtype=int)
            if len(single) * len(above) >= WIDE:
                yield self._block(single, above, False)
            for chain in chains:
                if len(chain) > 1 and len(chain) * (len(above) + len(chain) / 2) >= WIDE:
                    yield self._block(np.array(chain), np.concatenate([above, chain]), True)

    def _block(self, rows: Array, columns: Array, is_chain: bool) -> Block:
        return Block(
            rows, columns, self._places(rows, len(columns)), self._places(columns, len(columns)), is_chain
        )

    def _places(self, rows: Array, count: int) -> Array:
        """Where the entries (rows, count) of rows on one path are, from the root down."""
        reach = np.arange(count)
        return np.where(reach < self.depth[rows][:, None], self.start[rows][:, None] + reach, self.count)

    @cached_property
    def triples(self) -> tuple[Array, Array, Array]:
        """(ij, ik, kj) for all j above k above i, with i outside of the blocks."""
        found = []
        for depth in np.unique(self.depth[self.loose]):
            rows = self.loose[self.depth[self.loose] == depth]
            k, j = np.tril_indices(depth, -1)
            if not len(k):
                continue
            paths = np.array([self.paths[i] for i in rows])
            first = self.start[rows][:, None]
            found.append([(first + j).ravel(), (first + k).ravel(), (self.start[paths[:, k]] + j).ravel()])
        if not found:
            return (np.zeros(0, dtype=int),) * 3
        ij, ik, kj = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return ij, ik, kj

    @cached_property
    def steps(self) -> list[tuple[int, Block | Array]]:
        """Blocks and loose rows of one depth, by depth: the ancestors of each come before it."""
        found: list[tuple[int, Block | Array]] = [(len(b.columns[: b.outer]), b) for b in self.blocks]
        depths = self.depth[self.loose]
        found += [(int(d), self.loose[depths == d]) for d in np.unique(depths)]
        return sorted(found, key=lambda step: step[0])

    def sparse(self, v: Array) -> Any:
        """The entries of loose rows as a sparse matrix (n, n)."""
        from scipy.sparse import csr_matrix

        places, columns, ends = self._by_row
        return csr_matrix((v[places], columns, ends), shape=(self.size, self.size))

    def sparse_rows(self, v: Array, rows: Array) -> Any:
        """The entries of some loose rows of one depth as a sparse matrix (rows, n)."""
        from scipy.sparse import csr_matrix

        depth = int(self.depth[rows[0]])
        places = self._places(rows, depth).ravel()
        ends = np.arange(len(rows) + 1) * depth
        return csr_matrix((v[places], self.columns[places], ends), shape=(len(rows), self.size))

    @cached_property
    def _by_row(self) -> tuple[Array, Array, Array]:
        """Where the loose rows' entries are, row by row; their columns; and where each row ends."""
        places = self.rest[np.argsort(self.rows[self.rest], kind="stable")]
        counts = np.bincount(self.rows[self.rest], minlength=self.size)
        return places, self.columns[places], np.concatenate([[0], np.cumsum(counts)])

    def evened(self, half: Array) -> Array:
        """Columns (m, n) made uncorrelated with those of their ancestors, with second moments 1: m > every depth."""
        x, m = np.array(half.T), len(half)
        for _ in range(2):  # the second time for what rounding left of the first
            for depth, step in self.steps:
                rows = step.rows if isinstance(step, Block) else step
                if isinstance(step, Block):
                    above = x[step.columns[: step.outer]]
                    x[rows] -= (x[rows] @ above.T / m) @ above
                elif depth:
                    above = x[np.array([self.paths[i] for i in rows])]
                    shares = np.einsum("nm,ndm->nd", x[rows], above) / m
                    x[rows] -= np.einsum("nd,ndm->nm", shares, above)
                if isinstance(step, Block) and step.is_chain:
                    x[rows] = np.linalg.solve(np.linalg.cholesky(x[rows] @ x[rows].T / m), x[rows])
                else:
                    x[rows] /= np.sqrt(np.mean(x[rows] ** 2, axis=1, keepdims=True))
        return x.T
