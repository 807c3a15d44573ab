"""Who has supply when, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.customers.supply import NEVER_S, Supply

H, M = 3600, 60


def supply(*periods: tuple[int, list[int]], n: int = 3, delay_s: int = 300) -> Supply:
    """From (begin, customers out); node 0 is alive, node c + 1 customer c's."""
    out = np.zeros((len(periods), n), dtype=np.bool_)
    for k, (_, customers) in enumerate(periods):
        out[k, customers] = True
    dead = np.concatenate([np.zeros((len(periods), 1), np.bool_), out], axis=1)
    by = np.where(out, np.arange(len(periods))[:, None], -1)
    return Supply.of(np.array([at for at, _ in periods]), out, dead, by, delay_s)


EVENING = supply((0, []), (18 * H + 7 * M, [0, 1]), (19 * H + 52 * M, []), n=3)


def test_an_outage_from_1807_to_1952_is_pro_rated():
    quarter = [EVENING.share_out(k * 900, (k + 1) * 900)[0] for k in range(72, 81)]
    assert quarter == pytest.approx([8 / 15, 1, 1, 1, 1, 1, 1, 7 / 15, 0])
    assert sum(quarter) * 0.25 == pytest.approx(1.75)
    assert not EVENING.share_out(72 * 900, 80 * 900)[2]


def test_nodes_are_dead_only_where_they_are_for_a_whole_interval():
    dead = [EVENING.dead_during(k * 900, (k + 1) * 900) for k in range(72, 81)]
    assert [one is None for one in dead] == [True, *[False] * 6, True, True]
    assert dead[1].tolist() == [False, True, True, False]


def test_feeding_in_waits_for_five_minutes():
    back = 19 * H + 52 * M
    assert not EVENING.may_feed_at(back + 299)[0]
    assert EVENING.may_feed_at(back + 300)[0]
    assert EVENING.may_feed_at(back)[2]
    assert EVENING.share_held(19 * H + 45 * M, 20 * H)[0] == pytest.approx(12 / 15)


def test_two_outages_that_overlap_are_one_of_the_first_event():
    both = supply((0, []), (H, [0]), (2 * H, [0, 1]), (3 * H, [1]), (4 * H, []))
    assert both.by_at(3 * H - 1).tolist() == [1, 2, -1]
    assert both.by_at(3 * H).tolist() == [-1, 2, -1]
    assert both.back_at(5 * H).tolist() == [3 * H, 4 * H, NEVER_S]
    assert both.share_out(0, 4 * H) == pytest.approx([0.5, 0.5, 0.0])
    assert both.instants.tolist() == [H, 2 * H, 3 * H, 3 * H + 300, 4 * H, 4 * H + 300]
