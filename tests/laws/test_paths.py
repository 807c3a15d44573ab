"""Laws that compare two lives: more cars, another policy, a longer run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds import FEW_WORLDS, POLICIES, WORLDS, Diary, lived, scenario, scenarios
from twin.scenario.spec import Scenario

OPEN = -1


@WORLDS
@given(
    scenarios(
        policy__name="uncontrolled",
        fleet__plug_in="always",
    ),
    st.lists(st.floats(0.0, 1.0), min_size=2, max_size=3).map(sorted),
)
def test_more_cars_never_lower_the_peak(said: Scenario, shares: list[float]) -> None:
    peaks_kw = []
    for share in shares:
        diary = lived(changed(said, "fleet", ev_share=share, ev_count=None))
        assert diary.column("converged").all()
        peaks_kw.append(diary.column("grid_kw").max())
    assert (np.diff(peaks_kw) >= -1e-6).all()


@WORLDS
@given(scenarios(), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_car_among_more_cars_drives_the_same_trips(
    said: Scenario, one: float, other: float
) -> None:
    few, many = sorted((one, other))
    less = lived(changed(said, "fleet", ev_share=few, ev_count=None))
    more = lived(changed(said, "fleet", ev_share=many, ev_count=None))
    assert trips(less).items() <= trips(more).items()


@FEW_WORLDS
@given(scenarios(fleet__plug_in="always"))
def test_no_policy_changes_a_trip(said: Scenario) -> None:
    driven = [trips(lived(changed(said, "policy", name=name))) for name in POLICIES]
    assert all(other == driven[0] for other in driven)


@WORLDS
@given(scenarios(), st.integers(1, 2))
def test_the_first_days_of_a_longer_run_equal_the_short_run(
    said: Scenario, longer_by: int
) -> None:
    days = said.time.days
    short = lived(said)
    long = lived(changed(said, "time", days=days + longer_by))
    n = len(short)
    for name in short.rows[0]:
        np.testing.assert_array_equal(short.column(name), long.column(name)[:n], name)
    end_s = int(short.world.timeline.midnight_s[-1])
    for ours, theirs in (
        (short.sessions, long.sessions),
        (short.trips, long.trips),
    ):
        ended = "plug_out_s" if "plug_out_s" in ours.dtype.names else "arrive_s"
        within = theirs[theirs[ended] <= end_s]
        np.testing.assert_array_equal(ours, within)


def test_a_run_that_sees_further_is_another_run() -> None:
    """The comparison of runs can fail: a perfect outlook is not a persistent one."""
    seen = [
        lived(
            scenario(policy__name="valley", policy__outlook=kind, fleet__ev_share=1.0)
        )
        for kind in ("persistence", "perfect")
    ]
    assert not np.array_equal(seen[0].column("charge_kw"), seen[1].column("charge_kw"))


def changed(said: Scenario, section: str, **words: object) -> Scenario:
    """The same scenario with some keys of one section changed."""
    plain = said.model_dump(by_alias=True, exclude={"events"})
    plain["time"]["start"] = str(plain["time"]["start"])
    plain[section] = {**plain[section], **words}
    return Scenario.model_validate(plain)


def trips(diary: Diary) -> dict[tuple[int, int], tuple[float, ...]]:
    """Every trip by its car's key and departure; charge on the way left out."""
    entity = diary.world.fleet.traits["entity"]
    return {
        (int(entity[row["ev"]]), int(row["depart_s"])): (
            float(row["arrive_s"]),
            float(row["purpose"]),
            float(row["distance_km"]),
            float(row["energy_kwh"]),
        )
        for row in diary.trips
    }
