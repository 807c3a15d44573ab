"""What hangs on which transformer, and transformers on each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.grid.feeder import Transformers
from twin.grid.zones import supplies, zones_of

Z = 0.1 + 0.05j


def with_transformers(feeder, *branches):
    index = np.full(len(feeder.branches), -1)
    index[list(branches)] = np.arange(len(branches))
    table = Transformers(
        name=[f"T{branch}" for branch in branches],
        branch=np.array(branches),
        rating_kva=np.full(len(branches), 100.0),
        emergency_factor=np.full(len(branches), 1.2),
        node_lv=feeder.branches.far[list(branches)],
    )
    return replace(
        feeder,
        branches=replace(feeder.branches, transformer=index),
        transformers=table,
    )


def joined(feeder, *ends):
    """The feeder with its branches between other nodes."""
    near, far = np.array(ends).T
    return replace(feeder, branches=replace(feeder.branches, near=near, far=far))


def test_a_zone_is_the_nearest_transformer_upstream(grid):
    """0 -T0- 1 -- 2 -T2- 3 -- 4, and 1 -- 5; node 0 is on no transformer."""
    zones = zones_of(with_transformers(grid.radial([0, 1, 2, 3, 1], [Z] * 5), 0, 2))
    assert zones.of_node.tolist() == [2, 0, 0, 1, 1, 0]
    assert zones.transformer_of_node.tolist() == [-1, 0, 0, 1, 1, 0]


def test_a_transformer_is_below_the_one_that_feeds_it(grid):
    """0 -T0- 1 -T1- 2, 1 -T2- 3: T1 and T2 below T0, T0 below the supply."""
    zones = zones_of(with_transformers(grid.radial([0, 1, 1], [Z] * 3), 0, 1, 2))
    assert zones.parent.tolist() == [3, 0, 0, -1]
    assert zones.rating_kw.tolist() == [100.0, 100.0, 100.0, np.inf]
    assert zones.head.tolist() == [3, 3, 3, 3]


def test_no_transformer_is_one_supply(grid):
    zones = zones_of(grid.radial([0, 1], [Z] * 2))
    assert (zones.of_node.tolist(), zones.parent.tolist()) == ([0, 0, 0], [-1])
    assert zones.transformer_of_node.tolist() == [-1, -1, -1]


def test_a_second_transformer_beside_the_first_is_below_the_same(grid):
    """Two transformers from 0 to 1: the nodes are one's, the parent both's."""
    feeder = joined(grid.radial([0, 0, 1, 1], [Z] * 4), (0, 1), (0, 1), (1, 2), (2, 3))
    zones = zones_of(with_transformers(feeder, 0, 1))
    assert zones.of_node[:4].tolist() == [2, 0, 0, 0]
    assert zones.parent[:2].tolist() == [2, 2]


def test_separate_supplies_have_a_head_each(grid):
    """0 -T0- 1 and 2 -T1- 3."""
    feeder = joined(grid.radial([0, 0, 1], [Z] * 3), (0, 1), (2, 3), (1, 0))
    feeder = with_transformers(feeder, 0, 1)
    both = replace(
        feeder, source_node=np.array([0, 2]), source_v=np.array([1.0, 1.0 + 0j])
    )
    assert supplies(both).tolist() == [0, 0, 1, 1]
    assert zones_of(both).parent.tolist() == [2, 3, -1, -1]
