import numpy as np
import pytest

from ppl.fit.noise import Stream, mirrored, normal


def test_the_same_key_gives_the_same_noise():
    np.testing.assert_array_equal(normal(7, Stream.steps, 3, 5, 2), normal(7, Stream.steps, 3, 5, 2))


@pytest.mark.parametrize(
    "other", [(8, Stream.steps, 3), (7, Stream.fixed, 3), (7, Stream.steps, 4), (-7, Stream.steps, 3)]
)
def test_another_seed_stream_or_step_gives_other_noise(other):
    assert not np.isin(normal(*other, 50, 2), normal(7, Stream.steps, 3, 50, 2)).any()


def test_noise_is_standard_normal():
    e = normal(0, Stream.steps, 0, 200_000, 1)
    assert abs(e.mean()) < 0.01
    assert abs(e.std() - 1) < 0.01
    assert abs((e**4).mean() - 3) < 0.1


@pytest.mark.parametrize(("draws", "size"), [(64, 10), (250, 100), (2, 1), (20, 10)])
def test_mirrored_draws_have_mean_0_and_covariance_1_exactly(draws, size):
    e = mirrored(0, Stream.fixed, 0, draws, size)
    assert e.shape == (draws, size)
    np.testing.assert_array_equal(np.sort(e, axis=0), -np.sort(e, axis=0)[::-1])
    np.testing.assert_allclose(e.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(e.T @ e / draws, np.eye(size), atol=1e-9)


def test_too_few_draws_to_whiten_are_standardised_by_column():
    e = mirrored(0, Stream.fixed, 0, 32, 100)
    np.testing.assert_allclose((e**2).mean(axis=0), 1, atol=1e-14)


def test_no_columns():
    assert mirrored(0, Stream.fixed, 0, 8, 0).shape == (8, 0)
