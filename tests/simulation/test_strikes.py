"""From events to who is out when: draws by key, records, parts restored earlier."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.worlds import BRANCHES, FOUR_BUS, planned, scenario
from twin.errors import InputError
from twin.results.identity import run_id
from twin.simulation import strikes as striking
from twin.simulation.plan import Plan
from twin.simulation.strikes import Struck, struck
from twin.surroundings.outage_records import outage_records

HOUR = 3600


def struck_by(*events: dict[str, Any], **changes: Any) -> Struck:
    said = {"feeder__source": FOUR_BUS, "time__days": 2, **changes}
    found = planned(scenario(**said, events=list(events))).struck
    assert found is not None
    return found


def often(**changes: Any) -> dict[str, Any]:
    return {"kind": "stochastic", "saifi": 730.5, "caidi_h": 2.0, **changes}


def spans(found: Struck) -> list[tuple[int, int]]:
    return [(one.begin_s, one.end_s) for one in found.strikes]


def test_draws_are_poisson_by_day_and_lognormal_in_length() -> None:
    """Two a day over a year: mean and spread of counts, mean of lengths."""
    found = struck_by(often(), time__days=365)
    begin, end = np.array(spans(found)).T
    counts = np.bincount(begin // (24 * HOUR), minlength=365)
    assert counts.mean() == pytest.approx(2.0, abs=4 * np.sqrt(2.0 / 365))
    assert counts.var() == pytest.approx(2.0, rel=0.3)
    hours = (end - begin) / HOUR
    spread = 2.0 * np.sqrt((np.e - 1.0) / len(hours))
    assert hours.mean() == pytest.approx(2.0, abs=4 * spread)
    assert np.log(hours).std() == pytest.approx(1.0, abs=0.1)
    starts = (begin / HOUR) % 24
    assert np.histogram(starts, 4, (0, 24))[0].min() > 0.2 * len(starts)


def test_the_first_days_of_a_longer_run_have_the_same_outages() -> None:
    short, long = struck_by(often()), struck_by(often(), time__days=9)
    early = [span for span in spans(long) if span[0] < 48 * HOUR]
    assert spans(short) == early and early


def test_another_seed_or_another_event_is_another_draw() -> None:
    assert spans(struck_by(often())) == spans(struck_by(often()))
    assert spans(struck_by(often())) != spans(struck_by(often(), seed=2))
    alone, second = struck_by(often()), struck_by(often(saifi=1e-3), often())
    assert spans(alone) != spans(second)


def test_records_are_drawn_whole() -> None:
    """Start and length are those of one record, on the run's own clock."""
    event = {"kind": "stochastic", "saifi": 730.5, "records": "pge_2021"}
    records = outage_records("pge_2021")
    known = {
        (int(minute), round(HOUR * float(hours)))
        for minute, hours in zip(records.minute, records.hours, strict=True)
    }
    found = struck_by(event, time__days=60)
    assert len(found.strikes) > 80
    for begin_s, end_s in spans(found):
        assert (begin_s % (24 * HOUR) // 60, end_s - begin_s) in known
    hours = np.diff(np.array(spans(found)), axis=1) / HOUR
    assert np.median(hours) == pytest.approx(np.median(records.hours), rel=0.4)


def test_the_records_are_what_their_source_says() -> None:
    records = outage_records("pge_2021")
    assert len(records) == 2000
    assert records.hours.mean() == pytest.approx(11.3, abs=0.05)
    assert np.median(records.hours) == pytest.approx(4.1, abs=0.06)
    assert records.hours.min() >= 0.08  # 5 min, rounded
    assert records.minute.min() >= 0 and records.minute.max() < 1440
    first, last = records.drawn(0.0), records.drawn(np.nextafter(1.0, 0.0))
    assert first == (5, 1.68)
    assert last == (int(records.minute[-1]), float(records.hours[-1]))


def test_the_records_are_among_the_runs_inputs() -> None:
    event = {"kind": "stochastic", "saifi": 1.0, "records": "pge_2021"}
    said = scenario(feeder__source=FOUR_BUS, events=[event])
    assert any(path.name == "pge_2021.csv" for path in planned(said).inputs)
    plain = scenario(feeder__source=FOUR_BUS, events=[often()])
    assert not any(path.name == "pge_2021.csv" for path in planned(plain).inputs)


def test_a_users_records_are_drawn_and_are_inputs(tmp_path) -> None:
    """Start and length come from the file; its bytes, not its folder, make the id."""
    one, moved = tmp_path / "mine.csv", tmp_path / "other" / "mine.csv"
    moved.parent.mkdir()
    one.write_text("start,hours\n2024-02-04T18:05,2.5\n2024-03-01 06:30:10,0.5\n")
    moved.write_bytes(one.read_bytes())
    event = {"kind": "stochastic", "saifi": 730.5, "records": str(one)}
    found = spans(struck_by(event, time__days=20))
    drawn = {(begin % (24 * HOUR) // 60, end - begin) for begin, end in found}
    assert drawn == {(18 * 60 + 5, 9000), (6 * 60 + 30, 1800)}
    plan = planned(scenario(feeder__source=FOUR_BUS, events=[event]))
    assert one in plan.inputs
    assert (
        "outage records mine.csv: starts and lengths drawn from 2 rows, each as "
        "likely; mean 1.5 h, median 1.5 h" in plan.notes
    )
    assert identity(plan) == identity(_with(event, moved))
    moved.write_text(one.read_text() + "2024-03-02T06:30,0.5\n")
    assert identity(plan) != identity(_with(event, moved))


def _with(event: dict[str, Any], records: Path) -> Plan:
    said = {**event, "records": str(records)}
    return planned(scenario(feeder__source=FOUR_BUS, events=[said]))


def identity(plan: Plan) -> str:
    return run_id(plan.scenario.resolved(), plan.inputs, Path("none"), None, {})


def part(section: str, hours: float) -> dict[str, Any]:
    return {"section": section, "hours": hours}


EVENT: dict[str, Any] = {
    "kind": "outage",
    "start": "2026-01-12T18:00",
    "hours": 4,
    "restored": [part("home:load 1", 1.0), part("home:load 3", 2.5)],
}


def test_parts_come_back_at_their_own_time() -> None:
    people = planned(scenario(feeder__source=BRANCHES)).households
    supply = struck_by(EVENT, feeder__source=BRANCHES).supply
    one, other = (people.name.index(name) for name in ("load 1", "load 3"))
    for hour, alight in (
        (17.99, "all"), (18.0, ()), (18.99, ()), (19.0, (one,)),
        (20.49, (one,)), (20.5, (one, other)), (21.99, (one, other)), (22.0, "all"),
    ):  # fmt: skip
        out = supply.out_at(round(hour * HOUR))
        wanted = range(len(people)) if alight == "all" else alight
        assert set(np.flatnonzero(~out).tolist()) == set(wanted), hour


def test_the_way_to_a_part_restored_is_alive_and_who_hangs_on_it_waits() -> None:
    plan = planned(scenario(feeder__source=BRANCHES))
    supply = struck_by(EVENT, feeder__source=BRANCHES).supply
    dead = supply.dead_during(int(19.25 * HOUR), int(19.5 * HOUR))
    home = plan.households.node[plan.households.name.index("load 1")]
    assert dead is None or not dead[home]
    whole = supply.dead_during(int(18.25 * HOUR), int(18.5 * HOUR))
    assert whole is not None and whole[home]


def test_what_is_no_part_of_it_cannot_be_restored() -> None:
    event = EVENT | {"section": "home:load 1", "restored": [part("home:load 3", 1.0)]}
    with pytest.raises(InputError) as told:
        struck_by(event, feeder__source=BRANCHES)
    assert "'home:load 3' is not a part of home:load 1" in str(told.value)
    assert "events.0.restored.0.section" in str(told.value)


def test_at_the_change_of_clocks_a_day_of_23_hours_is_filled() -> None:
    events = [often(saifi=1000.0, caidi_h=0.1) for _ in range(12)]
    found = struck_by(*events, time__start=date(2026, 3, 29))
    begin = np.array(spans(found))[:, 0]
    assert (begin < 23 * HOUR).sum() > 10
    assert begin.max() < 47 * HOUR
    assert striking.DAYS_OF_YEAR == 365.25


def test_without_events_nothing_is_struck() -> None:
    plan = planned(scenario(feeder__source=FOUR_BUS))
    feeder, people = plan.grid.feeder, plan.households
    assert struck(plan.scenario, plan.timeline, feeder, people) is None


def test_medical_homes_are_drawn_by_home_and_nested() -> None:
    few, many = (
        planned(
            scenario(
                feeder__source="pandapower:create_kerber_dorfnetz",
                customers__medical_share=share,
            )
        ).households
        for share in (0.2, 0.5)
    )
    assert few.medical.sum() == pytest.approx(0.2 * few.n_home, abs=12)
    assert (many.medical | ~few.medical).all()
    assert not many.medical[many.n_home :].any()
    assert not planned(scenario(feeder__source=FOUR_BUS)).households.medical.any()


def test_medical_homes_of_a_list_are_as_it_says(tmp_path) -> None:
    file = tmp_path / "customers.csv"
    names = planned(scenario(feeder__source=FOUR_BUS)).households.name
    lines = [f"a,{names[0]},1", f"b,{names[1]},0"]
    file.write_text("\n".join(["customer,node,medical", *lines]))
    said = scenario(
        feeder__source=FOUR_BUS, customers__file=file, customers__medical_share=1.0
    )
    people = planned(said).households
    known = dict(zip(people.name, people.medical.tolist(), strict=True))
    assert known["a"] is True and known["b"] is False
    file.write_text(f"customer,node,medical\na,{names[0]},0.5\n")
    with pytest.raises(InputError) as told:
        planned(said)
    assert "medical: got '0.5', allowed is 0 or 1" in str(told.value)
