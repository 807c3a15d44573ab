"""Controls move taps and capacitors as the OpenDSS engine's own do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from tests.grid.engine_controls import Case, a_day, positions
from tests.grid.opendss_circuits import unpacked
from twin.errors import InputError
from twin.grid.controls import Mode, operation_counts

Cases = Callable[..., Case]
REVERSE = """
new load.plant bus1=671 phases=3 kv=4.16 kw=-6000 pf=1 vminpu=0.5 vmaxpu=1.5
batchedit regcontrol..* reversible=yes revvreg=121 revband=2 revdelay=30
"""


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Cases:
    folder = tmp_path_factory.mktemp("controls")

    @cache
    def once(name: str, more: str = "") -> Case:
        master, root = unpacked(name, folder)
        if more:
            longer = master.with_name(f"longer_{abs(hash(more))}.dss")
            longer.write_text(f'redirect "{master.name}"\n{more}\n')
            master = longer
        return Case(master, root)

    return once


@pytest.mark.parametrize("name", ["ieee13", "ieee123", "ieee8500"])
def test_a_snapshot_rests_where_the_engine_rests(name: str, case: Cases) -> None:
    one = case(name)
    dss = one.engine()
    assert one.engine_positions(dss) == positions(one.regulated(60.0, Mode.STATIC))
    dss.Solution.Solve()
    run = one.regulated(60.0, Mode.STATIC)
    flow = run.solve(one.demand(1.0))
    assert one.engine_positions(dss) == positions(run)
    assert run.operations and not run.unsettled
    theirs = np.abs(np.array(dss.Circuit.AllBusVMag()))
    names = [str(node).lower() for node in dss.Circuit.AllNodeNames()]
    nodes = one.feeder.nodes
    own = {
        f"{bus}.{phase}": k
        for k, (bus, phase) in enumerate(zip(nodes.bus, nodes.phase, strict=True))
    }
    at = [own[node] for node in names]
    ours = np.abs(flow.v[at]) * 1000.0 * nodes.v_base_kv[at]
    assert np.max(np.abs(ours - theirs) / (1000.0 * nodes.v_base_kv[at])) < 1e-6


@pytest.mark.parametrize("name", ["ieee13", "ieee123"])
@pytest.mark.parametrize("mode", [Mode.STATIC, Mode.TIME], ids=lambda m: m.value)
def test_a_day_of_minutes_counts_as_the_engine(
    name: str, mode: Mode, case: Cases
) -> None:
    one, times = case(name), a_day()
    theirs = one.engine_day(times, mode.value)
    run = one.regulated(60.0, mode)
    ours = one.own_day(times, run)
    counts = [np.abs(np.diff(rows, axis=0)).sum(axis=0) for rows in (theirs, ours)]
    assert counts[0].sum() > 25
    assert np.max(np.abs(counts[0] - counts[1])) <= 1
    assert np.mean(np.any(theirs != ours, axis=1)) < 0.01
    assert np.max(np.abs(theirs - ours)) <= 1
    counted = operation_counts(run.operations, 60.0)
    if mode is Mode.TIME:
        first = np.array(positions(one.regulated(60.0, mode)))
        moved = counts[1] + np.abs(ours[0] - first)
        assert [counted[r.name] for r in one.moves.regulators] == moved.tolist()


@pytest.mark.parametrize("neutral", ["no", "yes"])
@pytest.mark.parametrize("mode", [Mode.STATIC, Mode.TIME], ids=lambda m: m.value)
def test_power_that_flows_back_turns_regulators(
    neutral: str, mode: Mode, case: Cases
) -> None:
    more = REVERSE + f"batchedit regcontrol..* revneutral={neutral}"
    one, times = case("ieee13", more), a_day(120)
    run = one.regulated(60.0, mode)
    theirs, ours = one.engine_day(times, mode.value), one.own_day(times, run)
    assert run.regulators.state.reverse.all()
    assert np.array_equal(theirs, ours)
    if neutral == "yes":
        assert ours[-1].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "settings",
    [
        "type=voltage onsetting=116 offsetting=121 ptratio=20",
        "type=kvar onsetting=900 offsetting=200",
        "type=current onsetting=460 offsetting=330 ctratio=1",
        "type=pf onsetting=0.92 offsetting=-0.99",
        "type=time onsetting=6 offsetting=20",
        "type=time onsetting=20 offsetting=6",
        "type=kvar onsetting=9e9 offsetting=-9e9 voltoverride=yes vmin=116.5 vmax=121 "
        "ptratio=20",
    ],
    ids=lambda words: "-".join(words.split()[:2]),
)
@pytest.mark.parametrize("mode", [Mode.STATIC, Mode.TIME], ids=lambda m: m.value)
def test_capacitors_switch_as_in_the_engine(
    settings: str, mode: Mode, case: Cases
) -> None:
    more = (
        "new capcontrol.c capacitor=cap1 element=line.650632 terminal=1 delay=60 "
        f"delayoff=90 deadtime=300 {settings}\n"
    )
    if "ptratio" in settings:
        more = more.replace("line.650632", "line.692675").replace(
            "terminal=1", "terminal=2"
        )
    one, times = case("ieee13", more), a_day(1440)[::5] * 1.1
    run = one.regulated(300.0, mode)
    theirs, ours = one.engine_day(times, mode.value, 300), one.own_day(times, run)
    assert np.abs(np.diff(ours[:, -1])).sum() > 0
    assert np.array_equal(theirs[:, -1], ours[:, -1])


def test_seconds_within_a_minute_are_the_engine_s_of_one_second(case: Cases) -> None:
    one, minutes = case("ieee123"), a_day(30)
    run = one.regulated(60.0, Mode.EVENT)
    ours = one.own_day(minutes, run)
    theirs = one.engine_day(np.repeat(minutes, 60), "time", 1)[59::60]
    assert len(run.operations) > 20
    assert np.max(np.abs(theirs - ours)) <= 1
    assert np.mean(theirs != ours) < 0.02
    assert all(one.time_s % 60.0 > 0.0 for one in run.operations[:5])


def test_a_rebuilt_run_goes_on_as_if_never_stopped(case: Cases) -> None:
    one, times = case("ieee123"), a_day(60)
    straight = one.regulated(60.0, Mode.TIME)
    one.own_day(times[:30], straight)
    rebuilt = one.regulated(60.0, Mode.TIME)
    rebuilt.state = straight.state
    done = len(straight.operations)
    ours, again = one.own_day(times[30:], straight), one.own_day(times[30:], rebuilt)
    assert np.array_equal(ours, again)
    assert straight.operations[done:] == rebuilt.operations
    assert np.array_equal(straight.state.v, rebuilt.state.v)


def test_coarse_steps_are_not_counted(case: Cases) -> None:
    with pytest.raises(InputError, match="at most 60 s"):
        operation_counts([], 900.0)
