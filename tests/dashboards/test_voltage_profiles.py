"""Where nodes stand, and a profile at an instant, by hand-made numbers."""

from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from dashboards.voltage import profiles
from tests.analysis.conftest import MakeRun, interrupted  # noqa: F401
from twin.analysis.case import Case

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def case(make_run: MakeRun) -> Case:
    return Case(make_run())


def _changed(case: Case, table: str, **columns: object) -> Case:
    frame = case.run.static(table)
    changed = [
        pl.Series(name, values, frame.schema[name]) for name, values in columns.items()
    ]
    frame.with_columns(changed).write_parquet(case.run.path / f"{table}.parquet")
    return Case(case.run)


@pytest.mark.parametrize(
    ("longest", "width"), [(0.0, 1.0), (0.3, 0.01), (0.8369, 0.02), (100.0, 2.0)]
)
def test_bins_have_the_least_round_width_that_leaves_at_most_sixty(longest, width):
    assert profiles.bin_width(longest) == pytest.approx(width)


def test_few_distances_are_each_a_row_of_their_own(case):
    groups = profiles.groups_of(case, "distance")
    assert groups.of_node.tolist() == [0, 0, 1, 2]
    assert groups.place.tolist() == [0.0, 0.1, 0.3]
    assert groups.names == ("0 km", "0.1 km", "0.3 km")
    assert groups.is_axis


def test_many_distances_share_round_bins_and_empty_ones_are_left_out():
    near, far = np.arange(100) / 1000, np.array([0.3, np.nan, 0.299])
    distance = np.concatenate([near, far])
    real = np.ones(103, bool)
    real[0] = False
    groups = profiles.groups_along(distance, real)
    assert groups.place[[0, 1, -2, -1]] == pytest.approx([0.005, 0.015, 0.295, 0.305])
    assert len(groups.names) == 12
    assert groups.of_node[[0, 1, 9, 10, 100, 101, 102]].tolist() == [
        *[-1, 0, 0, 1],
        *[11, -1, 10],
    ]


def test_nodes_without_a_transformer_are_a_group_of_their_own(case):
    groups = profiles.groups_of(case, "transformer")
    assert groups.names == ("T1", profiles.NO_TRANSFORMER)
    assert groups.of_node.tolist() == [1, 0, 0, 0]
    assert [one.tolist() for one in groups.members] == [[1, 2, 3], [0]]


def test_points_inside_elements_and_unknown_distances_are_in_no_bin(case):
    changed = _changed(
        case,
        "nodes",
        auxiliary=[False, False, True, False],
        distance_km=[0.0, float("nan"), 0.1, 0.3],
    )
    assert profiles.groups_of(changed, "distance").of_node.tolist() == [0, -1, -1, 1]
    assert profiles.groups_of(changed, "transformer").of_node.tolist() == [1, 0, -1, 0]


def test_phases_are_groups_and_balanced_nodes_are_in_none(case):
    assert not profiles.is_three_phase(case)
    changed = _changed(case, "nodes", phase=[0, 1, 3, 3])
    groups = profiles.groups_of(changed, "phase")
    assert groups.names == ("phase 1", "phase 2", "phase 3")
    assert groups.of_node.tolist() == [-1, 0, 2, 2]
    assert profiles.is_three_phase(changed)


def test_a_profile_is_of_the_interval_that_is_asked_for(case):
    assert profiles.profile_at(case, 2) == pytest.approx([1.0, 0.97, 0.89, 0.84])


def test_an_interval_without_a_row_is_not_known(case):
    _changed(case, "voltages")
    (case.run.path / "voltages.parquet").unlink()
    case.run.scan("steps").head(0).select("time").with_columns(
        v_pu=pl.lit(None, pl.Array(pl.Float32, 4))
    ).collect().write_parquet(case.run.path / "voltages.parquet")
    assert np.isnan(profiles.profile_at(case, 2)).all()


def test_local_times_follow_the_change_of_clocks():
    utc = np.array(["2026-03-29T00:30", "2026-03-29T01:30"], "datetime64[us]")
    shown = profiles.local_times(utc, BERLIN).astype("datetime64[m]")
    assert [str(one) for one in shown] == ["2026-03-29T01:30", "2026-03-29T03:30"]


def test_limits_are_written_with_the_digits_that_they_need():
    words = [profiles.limit_words(pu) for pu in (0.9, 110 / 120, 1.1)]
    assert words == ["0.90", "0.917", "1.10"]


def test_what_has_no_solution_is_not_recorded(make_run, interrupted):  # noqa: F811
    assert profiles.is_recorded(Case(make_run()))
    assert profiles.is_recorded(Case(make_run(level="summary")))
    assert profiles.is_recorded(Case(interrupted))
    assert not profiles.is_recorded(Case(make_run(converged=(False,) * 8)))


def test_a_summary_is_known_by_the_day(make_run):
    assert profiles.is_daily(Case(make_run(level="summary")))
    assert not profiles.is_daily(Case(make_run()))
