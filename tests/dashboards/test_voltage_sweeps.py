"""One pass over a run's voltages, folded into columns of local time."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from dashboards.voltage import sweeps as sweeping
from dashboards.voltage.profiles import Groups, groups_of, local_times
from tests.analysis.conftest import V_PU, MakeRun
from twin.analysis import kept as keeping
from twin.analysis.case import Case
from twin.errors import InputError

BERLIN = ZoneInfo("Europe/Berlin")
NAN = float("nan")


@pytest.fixture
def case(make_run: MakeRun) -> Case:
    return Case(make_run())


def three_phases(make_run: MakeRun) -> Case:
    """Bus c has three phases; home A is on all of them, home B on the third."""
    run = make_run()
    for table, changed in (
        ("nodes", {"bus": ["a", "c", "c", "c"], "phase": [1, 1, 2, 3]}),
        ("customers", {"phase": [0, 3]}),
    ):
        frame = run.static(table)
        columns = [pl.Series(k, v, frame.schema[k]) for k, v in changed.items()]
        frame.with_columns(columns).write_parquet(run.path / f"{table}.parquet")
    return Case(run)


def _swept(case: Case, rows: sweeping.Rows = "transformer") -> sweeping.Sweep:
    return sweeping.sweep_of(case, groups_of(case, rows))


def test_a_sweep_knows_lowest_highest_and_mean_of_each_group(case):
    sweep = _swept(case)
    assert sweep.low[2].tolist() == pytest.approx([0.84, 1.0])
    assert sweep.high[6].tolist() == pytest.approx([1.11, 1.0])
    assert sweep.mean[2].tolist() == pytest.approx([0.9, 1.0])
    assert sweep.of("mean") is sweep.mean
    assert sweep.of("highest") is sweep.high
    assert not sweep.daily


def test_a_sweep_knows_when_each_node_had_its_extremes(case):
    sweep = _swept(case)
    assert str(sweep.lowest_at[3]) == "2026-01-12T19:00:00.000000"
    assert str(sweep.highest_at[3]) == "2026-01-12T23:00:00.000000"
    assert str(sweep.lowest_at[0]) == "2026-01-12T17:00:00.000000"


def test_groups_without_nodes_are_not_known(case):
    sweep = _swept(case, "distance")
    assert sweep.low[2].tolist() == pytest.approx([0.97, 0.89, 0.84])
    groups = Groups(("none", "all"), np.arange(2.0), np.ones(4, np.int64))
    sweep = sweeping.sweep_of(case, groups)
    assert np.isnan(sweep.low[:, 0]).all()
    assert sweep.low[2, 1] == pytest.approx(0.84)


def test_intervals_without_solution_are_gaps_and_hide_no_extreme(make_run):
    volts = np.array(V_PU)
    volts[1] = NAN
    volts[2, 3] = NAN
    sweep = _swept(Case(make_run(v_pu=volts)))
    assert np.isnan(sweep.low[1]).all()
    assert sweep.low[2, 0] == pytest.approx(0.89)
    assert sweep.mean[2, 0] == pytest.approx(0.93)
    assert str(sweep.lowest_at[3]) == "2026-01-12T20:00:00.000000"


def test_a_node_that_never_lives_has_no_extremes(make_run):
    volts = np.array(V_PU)
    volts[:, 3] = NAN
    sweep = _swept(Case(make_run(v_pu=volts)))
    assert np.isnat(sweep.lowest_at[3])
    assert np.isnat(sweep.highest_at[3])


def test_a_summary_is_swept_by_the_day(make_run):
    sweep = _swept(Case(make_run(level="summary")))
    assert sweep.daily
    assert sweep.low[:, 0].tolist() == pytest.approx([0.84, 0.905])
    assert sweep.high[:, 0].tolist() == pytest.approx([0.99, 1.11])
    assert sweep.mean.shape == (2, 2)


def test_unbalance_is_the_farthest_phase_from_the_mean_of_three(make_run):
    sweep = _swept(three_phases(make_run), "phase")
    assert sweep.unbalance[2] == pytest.approx(0.07 / 0.9, rel=1e-5)
    assert int(sweep.unbalance.argmax()) == 2
    assert sweep.low[2].tolist() == pytest.approx([0.97, 0.89, 0.84])


def test_a_balanced_run_has_no_unbalance(case):
    assert len(_swept(case).unbalance) == 0


def test_a_customer_on_all_phases_has_a_lowest_and_a_highest(make_run):
    case = three_phases(make_run)
    _, own = sweeping.course_of(case, 0)
    assert own[2].tolist() == pytest.approx([0.84, 0.97])
    _, own = sweeping.course_of(case, 1)
    assert own[2].tolist() == pytest.approx([0.84, 0.84])


def test_a_customers_course_of_a_summary_is_of_days(make_run):
    time, own = sweeping.course_of(Case(make_run(level="summary")), 1)
    assert len(time) == 2
    assert own[0].tolist() == pytest.approx([0.84, 0.96])
    assert own[1].tolist() == pytest.approx([0.905, 1.11])


def _hours(count: int, start: str = "2026-01-12T00:00") -> np.ndarray:
    return np.datetime64(start, "us") + np.arange(count) * np.timedelta64(1, "h")


def test_a_short_time_is_folded_interval_by_interval():
    values = np.array([[1.0], [2.0], [3.0]], np.float32)
    sheet = sweeping.folded(_hours(3), values, "lowest", 60, 700)
    assert sheet.minutes == 60
    assert sheet.values.tolist() == [[1.0, 2.0, 3.0]]
    assert str(sheet.first) == "2026-01-12T00:00:00.000000"


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("lowest", [1.0, 4.0]), ("highest", [3.0, 6.0]), ("mean", [2.0, 5.0])],
)
def test_what_shares_a_column_keeps_the_worst_or_the_mean(measure, expected):
    values = np.array([[1.0], [3.0], [2.0], [5.0], [6.0], [4.0]], np.float32)
    sheet = sweeping.folded(_hours(6), values, measure, 60, 2)
    assert sheet.minutes == 180
    assert sheet.values[0].tolist() == expected


def test_columns_begin_at_whole_local_hours():
    sheet = sweeping.folded(
        _hours(6, "2026-01-12T05:00"), np.ones((6, 1), np.float32), "lowest", 60, 3
    )
    assert sheet.minutes == 180
    assert str(sheet.first) == "2026-01-12T03:00:00.000000"


def test_a_gap_stays_a_gap_unless_something_is_known_beside_it():
    values = np.array([[NAN], [NAN], [2.0], [NAN]], np.float32)
    for measure in sweeping.MEASURES:
        found = sweeping.folded(_hours(4), values, measure, 60, 2).values[0]
        assert np.isnan(found[0])
        assert found[1] == 2.0


def test_the_hour_that_comes_twice_in_autumn_is_one_column():
    utc = _hours(4, "2026-10-24T23:00")
    values = np.array([[1.0], [0.9], [0.8], [1.1]], np.float32)
    local = local_times(utc, BERLIN)
    sheet = sweeping.folded(local, values, "lowest", 60, 700)
    assert sheet.values[0].tolist() == pytest.approx([1.0, 0.8, 1.1])


def test_the_hour_that_spring_leaves_out_is_blank():
    local = local_times(_hours(3, "2026-03-29T00:00"), BERLIN)
    found = sweeping.folded(local, np.ones((3, 1), np.float32), "lowest", 60, 700)
    assert np.isnan(found.values[0]).tolist() == [False, True, False, False]


def test_a_year_fits_the_screen_and_a_week_is_whole():
    quarter = np.timedelta64(15, "m")
    year = np.datetime64("2026-01-01", "us") + np.arange(35_040) * quarter
    ones = np.ones((35_040, 1), np.float32)
    assert sweeping.folded(year, ones, "lowest", 15, 700).values.shape == (1, 365)
    assert sweeping.folded(year[:672], ones[:672], "mean", 15, 700).minutes == 15


def test_transformers_of_a_map_stand_the_worst_first(case):
    sweep = _swept(case)
    groups, picked = sweeping.worst_groups(sweep, "lowest", 40)
    assert groups.names[0] == "T1"
    assert sweeping.worst_groups(sweep, "highest", 1)[0].names == ("T1",)
    assert picked.tolist() == [0, 1]
    bins = _swept(case, "distance")
    assert sweeping.worst_groups(bins, "lowest", 3)[0] is bins.groups


def test_an_instant_is_found_by_its_word_or_its_local_time(make_run):
    grid_kw = (10.0, 20.0, 30.0, 40.0, 60.0, 10.0, -5.0, -2.0)
    case, sweeps = Case(make_run(grid_kw=grid_kw)), sweeping.Sweeps()
    found = [sweeping.row_of(case, x, sweeps) for x in ("lowest", "highest", "load")]
    assert found == [2, 6, 4]
    assert sweeping.row_of(case, "2026-01-12T21:10", sweeps) == 3
    assert sweeping.row_of(case, "1999-01-01", sweeps) == 0
    assert sweeping.row_of(case, "2999-01-01 00:00", sweeps) == 7
    assert sweeping.row_of(case, "<script>", sweeps) == 2


def test_a_sweep_is_made_once_however_many_ask(case, monkeypatch):
    made: list[int] = []
    real = sweeping.sweep_of

    def slow(*asked):
        made.append(1)
        sleep(0.05)
        return real(*asked)

    monkeypatch.setattr(sweeping, "sweep_of", slow)
    sweeps = sweeping.Sweeps()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: sweeps.sweep(case), range(4)))
    assert len(made) == 1
    assert all(one is found[0] for one in found)


def test_only_the_latest_sweeps_are_kept(case, monkeypatch):
    made: list[str] = []
    real = sweeping.sweep_of
    monkeypatch.setattr(
        sweeping, "sweep_of", lambda *asked: made.append("") or real(*asked)
    )
    sweeps = sweeping.Sweeps(most=1)
    for rows in ("distance", "transformer", "transformer", "distance"):
        sweeps.sweep(case, rows)
    assert len(made) == 3


def test_a_sweep_that_fails_is_tried_again(case, monkeypatch):
    sweeps, real = sweeping.Sweeps(), sweeping.sweep_of

    def broken(*_):
        raise OSError("gone")

    monkeypatch.setattr(sweeping, "sweep_of", broken)
    with pytest.raises(OSError, match="gone"):
        sweeps.sweep(case)
    monkeypatch.setattr(sweeping, "sweep_of", real)
    assert len(sweeps.sweep(case).time) == 8


def test_a_run_without_a_solution_has_no_voltages(make_run):
    case = Case(make_run(converged=(False,) * 8))
    with pytest.raises(InputError, match="no voltage"):
        sweeping.Sweeps().voltages(case)


def test_the_sweep_of_a_long_run_is_kept_beside_it(make_run, monkeypatch):
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 0)
    case = Case(make_run())
    made = {
        rows: sweeping.kept_sweep(case, rows) for rows in ("distance", "transformer")
    }
    monkeypatch.setattr(sweeping, "sweep_of", lambda *_: pytest.fail("read again"))
    for rows, sweep in made.items():
        found = sweeping.kept_sweep(Case(case.run), rows)
        assert found.groups.names == sweep.groups.names
        assert found.groups.is_axis is sweep.groups.is_axis is (rows == "distance")
        for part in ("time", "low", "high", "mean", "lowest_at", "highest_at"):
            one, other = getattr(found, part), getattr(sweep, part)
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


def test_an_extreme_is_the_first_of_its_kind_and_unknown_values_are_none():
    """Two chunks of three nodes: equal lows keep the earlier instant."""
    time = np.arange("2026-01-12T00", "2026-01-12T04", dtype="datetime64[h]")
    time = time.astype("datetime64[us]")
    values = np.array([[1, 0.9, np.nan], [0.8, 0.9, np.nan]], "f4")
    later = np.array([[0.8, 0.85, np.nan], [0.9, np.nan, np.nan]], "f4")
    groups = Groups(("all",), np.zeros(1), np.zeros(3, np.int64))
    counted = sweeping._Counted(groups, np.empty((0, 3), np.int64))
    for at, part in ((time[:2], values), (time[2:], later)):
        counted.add(at, part, part, part)
    found = counted.result(False)
    assert found.lowest_at.tolist() == [*time[[1, 2]].tolist(), None]
    assert found.highest_at.tolist() == [*time[[0, 0]].tolist(), None]
    np.testing.assert_allclose(found.low[:, 0], [0.9, 0.8, 0.8, 0.9])
    np.testing.assert_allclose(found.high[:, 0], [1, 0.9, 0.85, 0.9])
    np.testing.assert_allclose(found.mean[:, 0], [0.95, 0.85, 0.825, 0.9])


def test_the_course_that_is_shown_first_is_kept_and_no_other(make_run, monkeypatch):
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 0)
    case = Case(make_run())
    made = sweeping.Sweeps().course(case, 1, is_first=True)
    other = sweeping.Sweeps().course(case, 0)
    assert len(list(case.run.path.glob(".digest-trace-*.npz"))) == 1
    monkeypatch.setattr(sweeping, "course_of", lambda *_: pytest.fail("read again"))
    found = sweeping.Sweeps().course(Case(case.run), 1, is_first=True)
    for one, same in zip(found, made, strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(other[1], made[1])
