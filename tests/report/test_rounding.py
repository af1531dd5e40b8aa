"""Rounded parts that add up to the rounded whole."""

import math

from hypothesis import given
from hypothesis import strategies as st

from ppl.report.rounding import decimals_for, shared_out

finite = st.floats(-1e5, 1e5)


@given(st.lists(finite, min_size=1, max_size=12), st.integers(0, 4))
def test_parts_add_up_and_stay_near(parts, decimals):
    named = {str(k): part for k, part in enumerate(parts)}
    total = round(math.fsum(parts) * 10**decimals)
    shares = shared_out(named, total, decimals)
    assert sum(shares.values()) == total
    assert all(abs(shares[k] - part * 10**decimals) < 1 + 1e-6 for k, part in named.items())


def test_no_parts_and_parts_that_are_not_finite():
    assert shared_out({}, 0, 2) == {}
    assert shared_out({"a": math.inf, "b": 1.0}, None, 2) == {"a": None, "b": 100}


def test_decimals_follow_the_error():
    assert [decimals_for(e) for e in (5.0, 0.3, 0.02, 0.002, 1e-9, 0.0, math.inf)] == [2, 2, 2, 3, 4, 4, 2]
