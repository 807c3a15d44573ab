"""What hangs on what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.grid.topology import distances, downstream, graph, islands

Z = 0.1 + 0.05j


def test_what_loses_supply_when_a_branch_opens(grid):
    """0 -- 1 -- 2 -- 3 and 1 -- 4."""
    feeder = grid.radial([0, 1, 2, 1], [Z] * 4)
    assert downstream(feeder, 0).tolist() == [1, 2, 3, 4]
    assert downstream(feeder, 1).tolist() == [2, 3]
    assert downstream(feeder, 3).tolist() == [4]
    assert len(graph(feeder).edges) == 4


def test_a_second_source_keeps_the_supply(grid):
    feeder = grid.radial([0, 1, 2], [Z] * 3)
    both = replace(
        feeder, source_node=np.array([0, 3]), source_v=np.array([1.0, 1.0 + 0j])
    )
    assert downstream(both, 0).tolist() == []


def test_islands_are_counted_from_zero(grid):
    assert islands(grid.radial([0, 1], [Z] * 2)).tolist() == [0, 0, 0]


def test_the_shortest_of_parallel_and_meshed_ways():
    first, second = np.array([0, 0, 1, 0]), np.array([1, 1, 2, 2])
    length = np.array([3.0, 2.0, 1.0, 5.0])
    way = distances(4, first, second, length, np.array([0]))
    np.testing.assert_allclose(way, [0.0, 2.0, 3.0, np.inf])
    two = distances(3, first, second, length, np.array([0, 2]))
    np.testing.assert_allclose(two, [0.0, 1.0, 0.0])


def test_a_way_without_length_still_has_a_direction():
    way = distances(2, np.array([0]), np.array([1]), np.array([0.0]), np.array([0]))
    assert 0.0 < way[1] < 1e-6
