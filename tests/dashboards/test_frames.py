"""What the map shows at the instants of a chunk, packed for the browser."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from dashboards.feeder import frames as room
from dashboards.feeder.frames import (
    UNKNOWN,
    FrameShelf,
    counted,
    frames,
    levels,
    most_reverse_row,
    pace,
    packed,
    rows_at_once,
    totals,
    worst_of,
)
from tests.analysis.conftest import interrupted  # noqa: F401
from twin.analysis.case import Case
from twin.analysis.digest import Limits
from twin.analysis.network import Network
from twin.errors import InputError

NAN = float("nan")
LIMITS = Limits("en50160", 0.9, 1.1, 0.85, 1.1)


def case_of(run):
    return Case(run)


def network_of(case):
    return Network.of(case.nodes, case.branches)


def unpacked(body):
    length = int.from_bytes(body[:4], "little")
    head = json.loads(body[4 : 4 + length])
    at, found = 4 + length, {"first": head["first"]}
    for one in head["arrays"]:
        assert at % 4 == 0
        count = int(np.prod(one["shape"]))
        kind = np.dtype("<" + one["type"])
        found[one["name"]] = np.frombuffer(body, kind, count, at).reshape(one["shape"])
        at += -(-count * kind.itemsize // 4) * 4
    assert at == len(body)
    return found


def kw_of(level):
    """What ``feeder.js`` makes of a level."""
    return np.sign(level) * 0.01 * np.expm1(np.abs(level.astype(float)) / 1290)


def test_voltages_and_loadings_arrive_as_they_were_written(make_run):
    case = case_of(make_run())
    seen = unpacked(frames(case, network_of(case), 0))
    assert seen["v"].shape == (8, 4)
    assert seen["v"][2].tolist() == [10000, 9700, 8900, 8400]
    assert seen["loading"][2].tolist() == [1300, 1100, 900]


def test_powers_keep_sign_and_three_digits(make_run):
    case = case_of(make_run())
    seen = unpacked(frames(case, network_of(case), 0))
    assert kw_of(seen["p"][2]) == pytest.approx([50.0] * 3, rel=1e-3)
    assert kw_of(seen["p"][6]) == pytest.approx([-5.0] * 3, rel=1e-3)


def test_cars_say_state_place_power_and_charge(make_run):
    case = case_of(make_run())
    seen = unpacked(frames(case, network_of(case), 0))
    assert seen["ev_state"][0].tolist() == [2, 1]
    assert seen["ev_kw"][2, 0] == 2800
    assert seen["ev_soc"][0].tolist() == [50, 90]


def test_totals_are_those_of_the_steps(make_run):
    case = case_of(make_run())
    seen = unpacked(frames(case, network_of(case), 0))
    names = list(room.TOTALS)
    assert seen["totals"][:, names.index("grid_kw")].tolist()[:3] == [10, 20, 50]
    assert seen["totals"][2, names.index("v_min_pu")] == pytest.approx(0.84)


def test_a_step_that_failed_is_unknown_not_zero(make_run):
    volts = np.ones((8, 4))
    volts[3] = NAN
    loading = np.full((8, 3), 0.5)
    loading[3] = NAN
    case = case_of(make_run(v_pu=volts, loading=loading))
    seen = unpacked(frames(case, network_of(case), 0))
    assert seen["v"][3].tolist() == [UNKNOWN] * 4
    assert seen["loading"][3].tolist() == [UNKNOWN] * 3
    assert np.isnan(seen["totals"][3, room.TOTALS.index("v_min_pu")])


def test_chunks_meet_without_gap_or_overlap(make_run, monkeypatch):
    monkeypatch.setattr(room, "ROWS", (3, 1))
    case = case_of(make_run())
    network = network_of(case)
    each = [unpacked(frames(case, network, chunk)) for chunk in range(3)]
    assert [one["first"] for one in each] == [0, 3, 6]
    whole = np.concatenate([one["v"] for one in each])
    assert whole[:, 3].tolist() == [9600, 9100, 8400, 8800, 9050, 9500, 11100, 10300]


@pytest.mark.parametrize("chunk", [-1, 1, 10**9])
def test_a_chunk_beyond_the_run_is_refused(make_run, chunk):
    case = case_of(make_run())
    with pytest.raises(InputError, match="no chunk"):
        frames(case, network_of(case), chunk)


def test_a_summary_shows_days_at_their_worst(make_run):
    case = case_of(make_run(level="summary"))
    assert pace(case) == "days"
    seen = unpacked(frames(case, network_of(case), 0))
    assert seen["v"].shape == (2, 4)
    assert seen["v"][0].tolist() == [10000, 9700, 8900, 8400]
    assert seen["v"][1, 3] == 11100  # the low stays within, only the high is beyond
    assert seen["loading"][0].tolist() == [1300, 1100, 900]
    assert "ev_state" not in seen


def test_a_day_has_its_highest_load_and_lowest_voltage(make_run):
    days = totals(case_of(make_run(level="summary")))
    assert days["grid_kw"].to_list() == [50.0, 30.0]
    assert days["v_min_pu"].to_list() == pytest.approx([0.84, 0.905])


def test_a_stopped_run_shows_the_day_that_it_has(interrupted):  # noqa: F811
    case = case_of(interrupted)
    seen = unpacked(frames(case, network_of(case), 0))
    assert seen["v"].shape == (4, 4)
    assert seen["ev_state"].shape == (4, 2)


def test_without_cars_there_are_no_cars(make_run):
    case = case_of(make_run(cars=False))
    assert "ev_kw" not in unpacked(frames(case, network_of(case), 0))


def test_the_most_reverse_flow_is_found(make_run):
    assert most_reverse_row(case_of(make_run())) == 6
    forward = case_of(make_run(level="summary"))
    assert most_reverse_row(forward) is None


def test_big_networks_come_in_smaller_chunks():
    case = SimpleNamespace(n_ev=1000)
    small = SimpleNamespace(node=range(3000), branch=range(3000))
    big = SimpleNamespace(node=range(30000), branch=range(30000))
    assert rows_at_once(case, small) == 96
    assert rows_at_once(case, big) == 12


def test_counts_round_clip_and_mark_what_is_unknown():
    values = np.array([1.00004, -2.0, NAN, 99.0])
    assert counted(values, 1e-4).tolist() == [10000, -20000, UNKNOWN, 32767]


def test_levels_reach_from_watts_to_gigawatts():
    kw = np.array([0.02, 3.3, -7.2, 1234.0, -2.5e6, 0.0, NAN])
    back = kw_of(levels(kw)[:6])
    assert back == pytest.approx(kw[:6], rel=2e-3)
    assert levels(kw)[6] == UNKNOWN


def test_the_lowest_voltage_counts_unless_only_the_upper_limit_is_broken():
    low = np.array([0.95, 0.95, 0.85, NAN])
    high = np.array([1.05, 1.15, 1.15, NAN])
    assert worst_of(low, high, LIMITS).tolist()[:3] == [0.95, 1.15, 0.85]


def test_phases_of_a_place_join_to_the_lowest():
    values = np.array([[1.0, 0.9, NAN, 1.02, NAN]])
    joined = room._joined(np.fmin, values, np.array([0, 0, 0, 1, 2]))
    assert joined[0, :2].tolist() == [0.9, 1.02]
    assert np.isnan(joined[0, 2])


def test_arrays_begin_where_a_browser_can_view_them():
    seen = unpacked(
        packed({"a": np.zeros((1, 3), "u1"), "b": np.ones((1, 1), "<f4")}, 7)
    )
    assert seen["b"].tolist() == [[1.0]]
    assert seen["first"] == 7


def test_the_shelf_forgets_the_oldest_beyond_its_bytes():
    shelf, made = FrameShelf(10), []

    def give(key, size):
        def make():
            made.append(key)
            return b"x" * size

        return shelf.get(key, make)

    give("a", 4), give("b", 4), give("a", 4), give("c", 4)
    give("a", 4), give("b", 4)
    assert made == ["a", "b", "c", "b"]
    assert shelf.held_bytes <= 10
