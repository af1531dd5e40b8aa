"""iwelbo: the importance-weighted bound, log of the mean of K ratios p(x, z) / q(z): `iwelbo(50)`; K = 10 by default.

    L_K = E[log 1/K sum_k p(x, z_k) / q(z_k)],   z_k ~ q,

rises with K from the ELBO at K = 1 to log p(x). A guide that maximises it is a good proposal, with tails at least
as heavy as the posterior's, and no longer the nearest one by KL. Draws are taken K at a time.
Near the posterior it is K times flatter than the ELBO, so that the gradient's signal drowns in noise as K grows; the
doubly reparameterised one, which is followed, has little noise there. It takes fresh draws: on a fixed set
the bound has no maximum for K > 1.
Sources: Burda, Grosse & Salakhutdinov, Importance weighted autoencoders, ICLR 2016; Tucker, Lawson, Gu & Maddison,
Doubly reparameterized gradient estimators for Monte Carlo objectives, ICLR 2019.
"""

from __future__ import annotations

from dataclasses import replace

from ppl.objectives import Objective
from ppl.objectives.renyi import of_order

K = 10
MOST = 1000


def of(numbers: tuple[float, ...]) -> Objective:
    """`iwelbo(K)`."""
    if len(numbers) > 1 or not all(n == int(n) and 1 <= n <= MOST for n in numbers):
        raise ValueError(f"one whole number from 1 to {MOST}, the draws of a group: `iwelbo(50)`")
    size = int(numbers[0]) if numbers else K
    return replace(of_order(0.0, size), of=of)  # the log of a mean ratio is Rényi's bound of order 0


objective = of(())
