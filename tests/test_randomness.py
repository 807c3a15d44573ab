"""Philox-4x32-10 gives the known answers of its authors, and uniforms are uniform."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from twin.randomness import Purpose, _philox, normal, uniform

ONES = 0xFFFFFFFF
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
PI_KEY = (0xA4093822, 0x299F31D0)


@pytest.mark.parametrize(
    "counter, key, answer",
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D)),
        ((ONES,) * 4, (ONES, ONES), (0x408F276D, 0x41C83B0E)),
        (PI, PI_KEY, (0xD16CFE09, 0x94FDCCEB)),
    ],
)
def test_known_answers_of_random123(
    counter: tuple[int, ...], key: tuple[int, int], answer: tuple[int, int]
) -> None:
    """kat_vectors of Random123 (Salmon et al., 2011), first two of four words."""
    seed = key[0] | key[1] << 32
    words = _philox(seed, *counter)
    assert tuple(int(word) for word in words) == answer


def test_two_words_make_one_uniform() -> None:
    """(w0 << 21 | w1 >> 11) / 2^53, by hand of the words that belong to the key."""
    w0, w1 = (int(word) for word in _philox(5, int(Purpose.OWNS_EV), 7, 739_628, 3))
    expected = ((w0 << 21) | (w1 >> 11)) / 2**53
    assert uniform(5, Purpose.OWNS_EV, 7, 739_628, 3) == expected


def test_draws_do_not_change_with_the_version() -> None:
    draws = uniform(1, Purpose.OWNS_EV, np.arange(3))
    expected = [0.6719982688953429, 0.9695758488280666, 0.960145485936418]
    assert draws.tolist() == expected


def test_uniforms_are_uniform_and_normals_normal() -> None:
    entities = np.arange(20_000)
    assert kstest(uniform(1, Purpose.CLOUD, entities), "uniform").pvalue > 0.01
    assert kstest(normal(1, Purpose.CLOUD, entities), "norm").pvalue > 0.01


@pytest.mark.parametrize("which", ["seed", "purpose", "entity", "date", "index"])
def test_every_part_of_the_key_matters(which: str) -> None:
    key = {"seed": 3, "purpose": Purpose.CLOUD, "entity": 5, "date": 7, "index": 9}
    other = key | {which: Purpose.AUDIT if which == "purpose" else 2**31 + 1}
    assert uniform(**key) != uniform(**other)


def test_both_halves_of_a_seed_matter() -> None:
    low, high = (uniform(seed, Purpose.CLOUD, 1) for seed in (1, 1 + 2**32))
    assert low != high


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=8),
    st.integers(0, 2**22),
)
def test_a_draw_depends_on_its_key_alone(
    seed: int, entities: list[int], date: int
) -> None:
    together = uniform(seed, Purpose.PLUG_IN, np.array(entities), date)
    alone = [float(uniform(seed, Purpose.PLUG_IN, one, date)) for one in entities]
    assert together.tolist() == alone
    assert (together < 1.0).all()
    assert (together >= 0.0).all()


def test_draws_broadcast() -> None:
    grid = uniform(1, Purpose.PLUG_IN, np.arange(3)[:, None], 5, np.arange(4))
    assert grid.shape == (3, 4)
    assert grid[2, 1] == uniform(1, Purpose.PLUG_IN, 2, 5, 1)


def test_no_number_is_used_for_two_purposes() -> None:
    assert len(Purpose.__members__) == len({int(purpose) for purpose in Purpose})
