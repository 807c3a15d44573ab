from __future__ import annotations

import threading
from time import sleep

import pytest

from dashboards.app import make
from dashboards.fleet import layout, wording
from dashboards.fleet import tables as fleet_tables
from dashboards.fleet.car_choice import car_names, car_words
from dashboards.fleet.car_life import life_of
from dashboards.fleet.departures import short_departures
from dashboards.kept import kept
from twin.analysis.case import Case


def words(component):
    """Everything that a component says, and the ids within it."""
    return str(component.to_plotly_json())


def test_a_run_without_cars_says_what_to_do_next(make_run):
    said = words(layout.body(Case(make_run(cars=False)), {}))
    assert "fleet.ev_share" in said
    assert "cars-life" not in said


def test_the_page_opens_as_its_address_says(make_run):
    case = Case(make_run())
    asked = {"unit": "cars", "fan": "plugged", "ev": "1", "from": "2026-01-12T20:00"}
    found = _values(layout.body(case, asked))
    assert found["cars-unit"] == "cars"
    assert found["cars-fan"] == "plugged"
    assert found["cars-ev"] == "1"
    assert found["cars-from"] == "2026-01-12T20:00"


def test_what_means_nothing_in_an_address_is_left_aside(make_run):
    asked = {"unit": "<b>", "ev": "99", "from": "../../etc", "since": "2026-13-45"}
    found = _values(layout.body(Case(make_run()), asked))
    assert found["cars-unit"] == "share"
    assert found["cars-ev"] == "0"
    assert found["cars-from"] == found["cars-since"] == ""


def test_a_run_that_kept_less_says_so(make_run, interrupted):
    assert "output.level" in words(layout.body(Case(make_run(level="summary")), {}))
    stopped = words(layout.body(Case(interrupted), {}))
    assert "did not reach its end" in stopped
    assert "cars-life" in stopped


def test_tiles_are_per_car_and_day(make_run):
    said = words(fleet_tables.tiles_of(Case(make_run()))[2])
    assert "60.0" in said and "40 km in all" in said
    share = words(fleet_tables.tiles_of(Case(make_run()))[5])
    assert "50.0" in share and "2 of 4" in share
    able = words(fleet_tables.tiles_of(Case(make_run()))[1])
    assert "1 of them hypothetical" in able


def test_tiles_of_a_stopped_run_are_told_as_unknown(interrupted):
    tiles = fleet_tables.tiles_of(Case(interrupted))
    assert [words(tile).count("'–'") for tile in tiles] == [0, 0, 0, 0, 0, 1, 0, 1]


def test_the_worst_departures_stand_first_with_their_reason(make_run):
    case = Case(make_run())
    rows = fleet_tables.worst_rows(case, short_departures(case))
    assert [row["ev"] for row in rows] == [0, 0]
    assert rows[0]["customer"] == "home B"
    assert rows[0]["plug_out"] == "2026-01-12 21:00"
    assert rows[0]["soc_in"] == 50.0
    assert rows[0]["reason"]


def test_a_car_has_its_row_with_its_departures(make_run):
    row = fleet_tables.car_rows(Case(make_run()))[0]
    assert (row["gives"], row["departures"], row["short"]) == (
        "10.0 kW (hypothetical)",
        2,
        2,
    )
    assert row["transformer"] == "T1"
    other = fleet_tables.car_rows(Case(make_run()))[1]
    assert (other["gives"], other["short"]) == ("no", 0)


def test_events_are_those_of_the_time_shown(make_run):
    case = Case(make_run())
    life = life_of(case, 0, short_departures(case))
    every = fleet_tables.event_rows(life, life.begin, life.end)
    last = fleet_tables.event_rows(life, life.begin.replace(hour=23), life.end)
    assert len(every) == life.events.height > len(last) > 0
    assert every[0]["begin"] == "2026-01-12 18:00"


def test_cars_are_found_by_number_model_and_customer(make_run, interrupted):
    case = Case(make_run())
    assert car_names(case)[0] == ("0", "Car 0 · leaf · customer home B")
    assert car_names(Case(interrupted))[1] == ("1", "Car 1")
    assert "hypothetical" in car_words(case, life_of(case, 0, short_departures(case)))


def test_the_reserve_is_marked_where_a_policy_keeps_one(make_run):
    more = {
        "fleet": {"target_soc": 0.9},
        "policy": {"name": "v2g_peak", "reserve_soc": 0.3},
    }
    case = Case(make_run(record={"scenario": {"time": {"step_min": 60}, **more}}))
    assert wording.marks_of(case) == {"target": 0.9, "reserve": 0.3}
    more["policy"] = {"name": "valley", "reserve_soc": 0.3}
    case = Case(make_run(record={"scenario": {"time": {"step_min": 60}, **more}}))
    assert wording.marks_of(case) == {"target": 0.9}


def test_reasons_are_counted_in_words(make_run):
    said = wording.reason_words(short_departures(Case(make_run())))
    assert said.startswith("The 2 that lacked most of 2.")
    assert "inferred" in said


@pytest.mark.parametrize("kind", ["all", "summary", "stopped"])
def test_every_callback_of_the_page_answers(kind, make_run, interrupted):
    """As a browser asks them: through the application, by their outputs."""
    run = interrupted if kind == "stopped" else make_run(level=kind)
    app = make(run.path.parents[1])
    run_id = run.path.name.removesuffix(".part")
    at = {"scenario": run.path.parent.name, "run_id": run_id, "page": "cars"}
    asked = {
        "at.data": at,
        "scheme.data": "light",
        "cars-unit.value": "share",
        "cars-fan.value": "plugged",
        "cars-ev.value": "0",
    }
    answered = []
    for output, told in list(app.callback_map.items()):
        inputs = [f"{one['id']}.{one['property']}" for one in told["inputs"]]
        if "at.data" not in inputs or not output.lstrip(".").startswith("cars-"):
            continue
        body = {
            "output": output,
            "outputs": _outputs(output),
            "inputs": [_input(name, asked.get(name, "")) for name in inputs],
            "state": [],
            "changedPropIds": ["at.data"],
        }
        answer = app.server.test_client().post("/_dash-update-component", json=body)
        assert answer.status_code == 200, (output, answer.text)
        ids = {one.rpartition(".")[0] for one in output.strip(".").split("...")}
        assert ids == set(answer.get_json()["response"]), answer.text
        answered.append(output)
    assert len(answered) == 8


def test_what_takes_long_is_made_once_for_all_who_wait():
    made = []

    def slow(key):
        sleep(0.05)
        made.append(key)
        return key

    get = kept(slow, 2)
    threads = [threading.Thread(target=get, args=("a",)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["a"]
    assert [get(key) for key in "abca"] == list("abca")
    assert made == ["a", "b", "c", "a"]


def test_what_failed_is_tried_again():
    tries = []

    def fails_first():
        tries.append(1)
        if len(tries) == 1:
            raise ValueError
        return "made"

    get = kept(fails_first, 1)
    with pytest.raises(ValueError):
        get()
    assert get() == "made"


def _values(component):
    """What every control and store holds."""
    found, rest = {}, [component]
    while rest:
        one = rest.pop()
        if isinstance(one, list | tuple):
            rest += one
        elif hasattr(one, "to_plotly_json"):
            props = one.to_plotly_json()["props"]
            found[props.get("id")] = props.get("value", props.get("data"))
            rest.append(props.get("children"))
    return found


def _input(name, value):
    key, _, prop = name.rpartition(".")
    return {"id": key, "property": prop, "value": value}


def _outputs(output):
    names = output.strip(".").split("...")
    found = [_input(name, None) for name in names]
    pairs = [{"id": one["id"], "property": one["property"]} for one in found]
    return pairs if output.startswith("..") else pairs[0]
