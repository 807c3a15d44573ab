"""The outages page: figures by hand-made numbers, what an address may say, gaps."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from dashboards.outages import answers, courses, figures, homes, layout, network
from dashboards.outages.choice import Outages
from tests.dashboards.test_voltage_page import _plain, _prop
from twin.analysis.case import Case
from twin.analysis.network import Network
from twin.analysis.outage_section import powered
from twin.analysis.outages import REBOUND, relapses, spells, struck
from twin.analysis.restoration import pickup_kw, restoration_of, rows_between
from twin.results.record import Run
from twin.tables import TABLES

START = datetime(2026, 1, 12, 17, tzinfo=UTC)
SERVED = (
    (8.0, 4.0),
    (8.0, 4.0),
    (1.0, 0.0),
    (1.0, 0.0),
    (10.0, 6.0),
    (8.0, 5.0),
    (8.0, 4.0),
    (8.0, 4.0),
)
SUPPLY = {"pickup": 2.0, "pickup_h": 0.5, "restart": "immediate", "stagger_min": 120.0}


def at(hours):
    return START + timedelta(hours=hours)


def struck_run(run, outages=None, events=None):
    """The hand-made run, without supply from 19 to 21 h UTC: home A on its car for an
    hour of it, home B dark all along."""
    record = json.loads((run.path / "run.json").read_text())
    record["scenario"] |= {
        "events": [{"kind": "outage", "section": "feeder", "forecast_h": 24.0}],
        "backup": {"panel": "critical", "critical_share": 0.4},
        "restoration": SUPPLY,
    }
    (run.path / "run.json").write_text(json.dumps(record))
    _write(run, "outages", outages or _outages())
    _write(run, "events", events or _events())
    served, own = np.array(SERVED), np.zeros((8, 2))
    own[2:4, 0] = 1.0
    demand = served.copy()
    demand[2:4] = [(4.0, 3.0), (4.0, 3.0)]
    time = [at(hour) for hour in range(8)]
    arrays = {
        "demand_kw": demand,
        "served_kw": served,
        "pv_kw": np.zeros((8, 2)),
        "net_kw": served,
        "island_kw": own,
    }
    pl.DataFrame(
        {"time": time}, schema={"time": pl.Datetime("us", "UTC")}
    ).with_columns(
        pl.Series(name, values.astype("f4"), dtype=pl.Array(pl.Float32, 2))
        for name, values in arrays.items()
    ).write_parquet(run.path / "customer_steps.parquet")
    steps = pl.read_parquet(run.path / "steps.parquet")
    lost = pl.Series("unserved_kw", (demand - served).sum(axis=1))
    steps.with_columns(lost).write_parquet(run.path / "steps.parquet")
    return Run.open(run.path)


def _outages():
    return {
        "event": [0, 0],
        "customer": [0, 1],
        "start": [at(2), at(2)],
        "until": [at(4), at(4)],
        "hours": [2.0, 2.0],
        "alight_h": [1.0, 0.0],
        "demand_kwh": [8.0, 6.0],
        "served_by_car_kwh": [2.0, 0.0],
        "served_by_pv_kwh": [0.0, 0.0],
        "unserved_kwh": [6.0, 6.0],
        "capable": [True, False],
        "medical": [False, True],
        "why_dark": ["its car is at its reserve", "no car at home here"],
    }


def _events():
    return {
        "time": [at(2), at(2), at(2.5), at(3.5), at(2)],
        "until": [at(4), at(2.5), at(3.5), at(4), at(4)],
        "kind": ["outage", "dark", "alight", "dark", "dark"],
        "entity": ["feeder", *["customer home A"] * 3, "customer home B"],
        "value": [2.0, 0.5, 1.0, 0.5, 2.0],
        "reason": ["customers without supply", "x", "y", "z", "no car at home here"],
    }


def _write(run, table, columns):
    kinds = {"time": pl.Datetime("us", "UTC"), "i32": pl.Int32, "bool": pl.Boolean}
    kinds |= {"text": pl.String, "f64": pl.Float64, "f32": pl.Float32}
    schema = {one.name: kinds[one.dtype] for one in TABLES[table].columns}
    frame = pl.DataFrame(columns, schema=schema)
    frame.write_parquet(run.path / f"{table}.parquet")


@pytest.fixture
def case(make_run):
    return Case(struck_run(make_run()))


@pytest.fixture
def two(make_run):
    """A second outage of home B alone, that is not over at the run's end."""
    outages, events = _outages(), _events()
    more = [1, 1, at(6), None, 2.0, 0.0, 5.0, 0.0, 0.0, 5.0]
    more += [False, True, "no car at home here"]
    for column, value in zip(outages.values(), more, strict=True):
        column.append(value)
    late = [at(6), at(9), "outage", "home:home B", 1.0, "customers without supply"]
    for column, value in zip(events.values(), late, strict=True):
        column.append(value)
    return Case(struck_run(make_run(), outages, events))


def page(case, **query):
    return json.dumps(layout.body(case, query).to_plotly_json(), default=_plain)


def test_indices_as_counted_and_as_felt(case):
    """Two of two customers, two hours each; A was dark for one of them."""
    found = answers.told(case, "0")
    assert (found["saifi"], found["saidi_min"], found["caidi_min"]) == (1, 120, 120)
    assert (found["saifi_felt"], found["saidi_felt_min"]) == (1, 90)
    assert (found["unserved_kwh"], found["island_kwh"]) == (12.0, 2.0)
    assert found["demand_kwh"] == 14.0 and found["capable"] == 1
    assert found["homes_out"] == 2 and found["homes_critical_alight"] == 0
    assert found["homes_alight"] is None
    words = answers.in_short(case, "0", found)
    assert "2 of 2 customers" in words and "none of them stayed alight" in words
    assert "all the time, critical circuits only." in words
    tiles = json.dumps(
        [t.to_plotly_json() for t in answers.tiles(case, found, None)], default=_plain
    )
    assert "Critical circuits kept alight by own car" in tiles
    assert "12.0 kWh were not served; cars served 2.0 kWh, 14.3 %" in words


def test_one_outage_of_two_and_both(two):
    found = {key: answers.told(two, key) for key in ("all", "0", "1")}
    assert [found[key]["homes_out"] for key in found] == [2, 2, 1]
    assert [found[key]["saidi_min"] for key in found] == [180, 120, 60]
    assert [found[key]["unserved_kwh"] for key in found] == [17, 12, 5]
    outages = Outages.of(two)
    assert outages.chosen(None) == "all" and outages.chosen("7") == "all"
    assert outages.one("all") == 0 and outages.one("1") == 1
    assert struck(two)["section"].to_list() == ["feeder", "home:home B"]
    assert outages.name(1) == "2: home:home B, 2026-01-13 00:00"
    assert restoration_of(two, 1) is None


def test_a_trip_is_a_home_that_went_from_alight_to_dark_again(case):
    rows = Outages.of(case).rows
    assert rows["relapses"].to_list() == [1, 0]
    ended = Outages.of(case).rows.with_columns(until=pl.lit(at(3.5)))
    assert relapses(case, ended.drop("relapses"))["relapses"].to_list() == [0, 0]
    told = spells(case).filter(pl.col("customer") == 0)
    assert told["kind"].to_list() == ["dark", "alight", "dark"]


def test_a_row_a_home_the_least_served_first(case):
    rows = homes.home_rows(Outages.of(case), "0")
    assert [row["name"] for row in rows] == ["home A", "home B"]
    first = rows[0]
    assert (first["alight_h"], first["dark_h"], first["relapses"]) == (1.0, 1.0, 1)
    assert (first["capable"], rows[1]["capable"]) == ("yes", "no")
    assert first["outage"] == "01-12 20:00 to 01-12 22:00"
    assert rows[1]["why_dark"] == "no car at home here"


def test_homes_with_power_over_time(case):
    lost = courses.unserved(case, 0, 8)
    assert lost[1].tolist() == [0, 0, 6, 6, 0, 0, 0, 0]
    assert lost[2].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
    figure = figures.powered_figure(case, powered(case), lost, "light")
    lines = {trace.name: trace for trace in figure.data}
    grid = lines["with supply from the grid"]
    assert list(grid.y) == [2, 0, 0, 0, 2, 2]
    mine = lines["with power: the grid's, or their own car's"]
    assert list(mine.y) == [2, 0, 1, 0, 2, 2]
    assert str(mine.x[2])[:16] == "2026-01-12T20:30"
    assert "not served" in lines and "served by own cars" in lines


def test_cold_load_pick_up_is_told_apart(case):
    """A was dark for 1 h, B for 2 h: e^-2 and e^-4 of the pick-up are not yet won."""
    part = rows_between(case, at(0), at(8))
    more = pickup_kw(case, part)
    tau = 0.5
    for hour, served in ((4, (10.0, 6.0)), (5, (8.0, 5.0))):
        gone = hour - 4
        shape = tau * (np.exp(-gone / tau) - np.exp(-(gone + 1) / tau))
        wanted = 0.0
        for kw, dark_h in zip(served, (1.0, 2.0), strict=True):
            factor = 1 + (1 - np.exp(-dark_h / tau)) * shape
            wanted += kw * (1 - 1 / factor)
        assert more[hour] == pytest.approx(wanted)
    assert more[:4].tolist() == [0, 0, 0, 0]
    assert 0 < more[7] < more[6] < more[5] < more[4]


def test_the_return_is_drawn_by_cause_with_its_instant(case):
    found = restoration_of(case, 0)
    assert found.back == at(4) and found.frame["time"][0] == at(2)
    figure = figures.rebound_figure(case, found, "dark")
    parts = {trace.name: np.array(trace.y) for trace in figure.data}
    both = parts["homes"] + parts["cold-load pick-up"]
    assert both == pytest.approx(found.frame["homes_kw"].to_numpy())
    assert figure.layout.shapes[0].x0 == "2026-01-12 22:00:00"
    mine = answers.told(case, "0")
    assert mine["restoration_peak_kw"] == 30.0
    words = answers.rebound_words(case, mine, True)
    assert "all at once" in words and "The highest peak of the run is 50.0 kW." in words
    assert timedelta(hours=6) == REBOUND


def test_one_home_over_time(case):
    row = Outages.of(case).home("0", "0")
    found = courses.home_course(case, row)
    assert found.car_kw.tolist() == [0, 0, 1, 1, 0, 0, 0]
    assert found.grid_kw.tolist() == [8, 8, 0, 0, 10, 8, 8]
    assert found.lost_kw.tolist() == [0, 0, 3, 3, 0, 0, 0]
    assert list(found.soc) == [1] and found.soc[1] == pytest.approx(0.9)
    assert [one[0] for one in found.lit] == ["dark", "alight", "dark"]
    figure = figures.home_figure(found, "light")
    assert "car 1: state of charge" in [trace.name for trace in figure.data]
    assert len(figure.layout.shapes) == 3
    words = answers.home_words(case, row, found)
    assert "2.00 h, of which 1.00 h on its own car and 1.00 h dark" in words
    assert "Of 8.00 kWh that it would have used its car served 2.00 kWh" in words
    assert "critical panel only, 40 %" in words and "at its reserve" in words
    hypothetical = answers.home_words(case, Outages.of(case).home("0", "1"), None)
    assert "Car 0: leaf, 50 kWh, can give 10 kW (hypothetical" in hypothetical


def test_what_was_cut_off_is_told_by_shape_as_well(case):
    rows = Outages.of(case).rows
    figure = network.network_figure(case, rows, 1, "light")
    marks = {trace.name: trace for trace in figure.data if trace.mode == "markers"}
    dark, lit = marks["home that went dark"], None
    lit = next(one for name, one in marks.items() if name.startswith("home on its own"))
    assert (dark.marker.symbol, lit.marker.symbol) == ("x", "triangle-up")
    assert list(dark.customdata) == ["1"] and list(lit.customdata) == ["0"]
    assert "the home below" in marks


def test_lines_without_voltage_are_dead(make_run):
    volts = np.array([(1.0, 0.99, 0.97, 0.96)] * 8)
    volts[2:4, 2:] = np.nan
    case = Case(struck_run(make_run(v_pu=volts)))
    net = Network.of(case.nodes, case.branches)
    dead = network.dead_spans(case, net, Outages.of(case).rows)
    assert dead.tolist() == [False, True, True]


def test_a_link_reopens_what_one_saw(two):
    seen = page(two, event="1", home="1", sort="dark_h.desc")
    assert _prop(seen, "outages-event", "value") == "1"
    assert _prop(seen, "outages-home", "data") == "1"
    assert _prop(seen, "outages-sort", "data") == "dark_h.desc"
    assert _prop(seen, "outages-homes", "selectedRows") == {"ids": ["1-1"]}
    sorted_by = [
        (one["field"], one["sort"])
        for one in _prop(seen, "outages-homes", "columnDefs")
        if "sort" in one
    ]
    assert sorted_by == [("dark_h", "desc")]


def test_what_an_address_may_not_say_becomes_the_usual(two):
    seen = page(two, event="<script>", home="../..", sort="x.y")
    assert _prop(seen, "outages-event", "value") == "all"
    assert _prop(seen, "outages-home", "data") == "0"
    assert not any("sort" in one for one in _prop(seen, "outages-homes", "columnDefs"))


def test_without_outages_it_says_which_key_to_write(make_run):
    seen = page(Case(make_run()))
    assert "There are no outages in this run" in seen
    assert "events:" in seen and "kind: outage" in seen and "backup:" in seen


def test_events_that_drew_nothing_and_a_run_that_was_stopped(make_run):
    record = {"events": [{"kind": "stochastic", "saifi": 0.1, "caidi_h": 1.0}]}
    none = {key: [] for key in _outages()}
    run = struck_run(make_run(), none, {key: [] for key in _events()})
    told = json.loads((run.path / "run.json").read_text())
    told["scenario"] |= record
    (run.path / "run.json").write_text(json.dumps(told))
    assert "No outage fell into this run" in page(Case(Run.open(run.path)))
    (run.path / "outages.parquet").unlink()
    assert "are not written yet" in page(Case(Run.open(run.path)))
