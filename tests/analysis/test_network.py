"""Where a feeder's places stand on the map."""

import numpy as np
import polars as pl
import pytest

from twin.analysis.network import KM_PER_DEGREE, Network, schematic

NAN = float("nan")


def nodes(x, y, geographic=True, bus=None, phase=None):
    n = len(x)
    return pl.DataFrame(
        {
            "bus": bus or [str(i) for i in range(n)],
            "phase": phase or [0] * n,
            "x": x,
            "y": y,
            "geographic": [geographic] * n,
        },
        schema_overrides={"x": pl.Float64, "y": pl.Float64},
    )


def branches(pairs, length_km=None, name=None, phase=None):
    n = len(pairs)
    return pl.DataFrame(
        {
            "name": name or [f"L{i}" for i in range(n)],
            "kind": ["line"] * n,
            "from_node": [one for one, _ in pairs],
            "to_node": [other for _, other in pairs],
            "phase": phase or [0] * n,
            "length_km": length_km or [1.0] * n,
        },
        schema={
            "name": pl.String,
            "kind": pl.String,
            "from_node": pl.Int32,
            "to_node": pl.Int32,
            "phase": pl.Int32,
            "length_km": pl.Float64,
        },
    )


def test_degrees_become_km_as_wide_as_they_are_at_that_latitude():
    made = Network.of(nodes([8.0, 8.01], [60.0, 60.0]), branches([(0, 1)]))
    assert made.kind == "geographic"
    assert made.x.tolist() == pytest.approx([0.0, 0.01 * KM_PER_DEGREE * 0.5])
    assert made.y.tolist() == [0.0, 0.0]


def test_a_plan_of_its_own_keeps_its_unit():
    made = Network.of(nodes([5.0, 7.0], [1.0, 4.0], False), branches([(0, 1)]))
    assert (made.kind, made.x.tolist(), made.y.tolist()) == ("plan", [0, 2], [0, 3])


def test_a_place_without_coordinates_stands_amid_its_neighbours():
    made = Network.of(
        nodes([0.0, NAN, 4.0, 8.0], [0.0, NAN, 2.0, 0.0], False),
        branches([(0, 1), (1, 2), (2, 3)]),
    )
    assert (made.x[1], made.y[1]) == (2.0, 1.0)


def test_unreachable_places_without_coordinates_are_still_finite():
    made = Network.of(
        nodes([0.0, 4.0, NAN], [0.0, 2.0, NAN], False), branches([(0, 1)])
    )
    assert np.isfinite(made.x).all() and np.isfinite(made.y).all()


@pytest.mark.parametrize(
    "x", [[NAN, NAN, NAN], [1.0, NAN, NAN], [2.0, 2.0, 2.0]], ids=str
)
def test_without_usable_coordinates_a_tree_is_drawn(x):
    made = Network.of(nodes(x, [1.0] * 3), branches([(0, 1), (0, 2)]))
    assert made.kind == "schematic"
    assert made.x.tolist() == [0.0, 1.0, 1.0]
    assert made.y[1] != made.y[2]


def test_a_tree_grows_by_length_and_gives_each_leaf_its_own_height():
    near, far = np.array([0, 1, 1, 3]), np.array([1, 2, 3, 4])
    x, y = schematic(5, near, far, np.array([2.0, 1.0, 3.0, 2.0]))
    assert x.tolist() == [0.0, 2.0, 3.0, 5.0, 7.0]
    assert y[2] != y[4]
    assert y[3] == y[4]
    assert min(y[2], y[4]) < y[1] < max(y[2], y[4])


def test_a_switch_without_length_is_drawn_with_some():
    x, _ = schematic(3, np.array([0, 1]), np.array([1, 2]), np.array([0.0, 1.0]))
    assert x.tolist() == [0.0, 2.0, 3.0]


def test_a_ring_and_a_part_without_source_are_laid_out_once():
    near, far = np.array([0, 1, 2, 3, 4]), np.array([1, 2, 0, 4, 3])
    x, y = schematic(6, near, far, np.ones(5))
    assert np.isfinite(x).all()
    assert len({*zip(x.tolist(), y.tolist(), strict=True)}) == 6


def test_a_chain_of_thousands_needs_no_deep_recursion():
    n = 5000
    x, y = schematic(n, np.arange(n - 1), np.arange(1, n), np.ones(n - 1))
    assert x[-1] == n - 1
    assert np.ptp(y) == 0


def test_phases_of_a_bus_are_one_place_and_of_a_line_one_joint():
    made = Network.of(
        nodes(
            [0.0, 0.0, 0.0, 1.0, 1.0],
            [0.0, 0.0, 0.0, 1.0, 1.0],
            bus=["a", "a", "a", "b", "b"],
            phase=[1, 2, 3, 1, 3],
        ),
        branches([(0, 3), (2, 4)], name=["l", "l"], phase=[1, 3]),
    )
    assert made.site.tolist() == [0, 0, 0, 1, 1]
    assert made.node.tolist() == [0, 3]
    assert made.span.tolist() == [0, 0]
    assert (made.from_site.tolist(), made.to_site.tolist()) == ([0], [1])


def test_parallel_lines_get_lanes_of_their_own():
    made = Network.of(
        nodes([0.0, 1.0, 2.0], [0.0, 1.0, 1.0]),
        branches([(0, 1), (0, 1), (1, 2)]),
    )
    assert made.lane.tolist() == [-0.5, 0.5, 0.0]


def test_parallel_lines_that_run_opposite_ways_do_not_share_a_lane():
    made = Network.of(nodes([0.0, 1.0], [0.0, 1.0]), branches([(0, 1), (1, 0)]))
    assert made.lane.tolist() == [-0.5, -0.5]


def test_sources_feed_and_are_not_fed():
    made = Network.of(
        nodes([0.0, 1.0, 2.0, 3.0], [0.0] * 4), branches([(0, 1), (2, 3)])
    )
    assert made.roots.tolist() == [0, 2]


def test_a_network_without_branches_is_drawn():
    made = Network.of(nodes([NAN, NAN], [NAN, NAN]), branches([]))
    assert len(made.x) == 2
    assert made.roots.tolist() == [0]
