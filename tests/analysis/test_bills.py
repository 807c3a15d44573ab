"""Bills of a run of two homes, hour by hour, with numbers made by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.analysis.conftest import write_run
from twin.analysis.bills import DAYS_PER_MONTH
from twin.analysis.case import Case
from twin.analysis.metrics import headline_of
from twin.analysis.report import write
from twin.cli.results import export
from twin.errors import InputError
from twin.results.record import Run
from twin.results.store import RunWriter
from twin.tables import TABLES
from twin.timeline import Timeline

LA = "America/Los_Angeles"
WITH_EV, WITHOUT = np.array([True, False]), np.array([False, True])


def lived(
    out: Path,
    days: int = 3,
    start: date = date(2026, 6, 1),
    tariff: dict | None = None,
    net_kw=lambda day, hour: (2.0, 1.0),
    price=0.3,
    export_price=0.0,
    level: str = "all",
    events: tuple[dict, ...] = (),
    enrolled: bool | None = None,
) -> Run:
    """A finished run: home A with a car, home B without one."""
    timeline = Timeline(start, days, 60, LA)
    record = {
        "seed": 1,
        "scenario": {
            "time": {
                "start": start.isoformat(),
                "days": days,
                "step_min": 60,
                "timezone": LA,
            },
            "fleet": {"ev_share": 0.5},
            "policy": {"name": "v2g_peak"},
            "tariff": tariff or {"name": "flat"},
            "output": {"level": level},
            "events": list(events),
        },
    }
    with RunWriter.open(out, "billed", "0" * 16) as writer:
        for name, columns in _homes().items():
            writer.table(name, columns)
        if enrolled is not None:
            writer.table("participants", _participants(enrolled))
        minutes = timeline.minute_of_day
        for day in range(days):
            rows = np.array(timeline.steps_of_day(day))
            time = {"time": timeline.utc_times()[rows]}
            kw = np.array([net_kw(day, minutes[k] // 60) for k in rows], dtype="f4")
            zero = np.zeros_like(kw)
            if level == "all":
                arrays = {"demand_kw": kw, "served_kw": kw, "pv_kw": zero, "net_kw": kw}
                arrays["island_kw"] = zero
                writer.day("customer_steps", day, {**time, **arrays})
            writer.day("steps", day, {**time, **_steps(len(rows), price, export_price)})
        return Run.open(writer.finish(record))


def _steps(n: int, price: float, export_price: float) -> dict[str, np.ndarray]:
    filled: dict[str, np.ndarray] = {}
    for column in TABLES["steps"].columns[1:]:
        kind = {"bool": bool, "i32": np.int32}.get(column.dtype, float)
        filled[column.name] = np.ones(n, dtype=kind)
    filled["price_usd_per_kwh"] *= price
    filled["export_price_usd_per_kwh"] *= export_price
    return filled


def _homes() -> dict[str, pl.DataFrame]:
    def filled(table: str, **columns) -> pl.DataFrame:
        n = len(next(iter(columns.values())))
        return pl.DataFrame(
            {c.name: columns.get(c.name, [0] * n) for c in TABLES[table].columns}
        )

    return {
        "customers": filled(
            "customers", customer=[0, 1], name=["A", "B"], kind=["home"] * 2, evs=[1, 0]
        ),
        "evs": filled("evs", ev=[0], model=["leaf"], public_usd=[6.0]),
        "nodes": filled("nodes", node=[0], bus=["a"]),
        "branches": filled("branches", branch=[0], name=["L"], kind=["line"]),
        "transformers": filled("transformers", transformer=[0], name=["T"]),
    }


def test_bills_by_the_runs_own_tariff(tmp_path):
    case = Case(lived(tmp_path))
    assert case.bills is not None and case.bills.tariff == "flat of 2025-01-01"
    assert case.bills.frame["total_usd"].to_list() == pytest.approx([43.2, 21.6])
    assert case.bills.frame["name"].to_list() == ["A", "B"]
    assert case.bills.frame["days"].to_list() == [3, 3]
    found = headline_of(case)
    assert found["bill_ev_usd"] == pytest.approx(43.2 / 3 * DAYS_PER_MONTH)
    assert found["bill_other_usd"] == pytest.approx(21.6 / 3 * DAYS_PER_MONTH)
    assert found["public_ev_usd"] == pytest.approx(6.0 / 3 * DAYS_PER_MONTH)
    assert found["bill_event_pay_usd"] == 0.0
    assert (
        "Billed in part: June 2026 3 of 30 days. Fixed, minimum and demand charges and "
        "allowances are in proportion." in case.bills.notes
    )
    assert "Energy given back earns nothing." in case.bills.notes


def test_months_are_billed_apart_and_sum_up(tmp_path):
    run = lived(tmp_path, 4, date(2026, 6, 29), {"name": "sdge_ev_tou_5"})
    bills = Case(run).bills
    assert bills is not None
    assert bills.frame["month"].unique().sort().to_list() == [
        date(2026, 6, 1),
        date(2026, 7, 1),
    ]
    parts = bills.frame.select(pl.sum_horizontal(bills.components)).to_series()
    assert parts.to_list() == pytest.approx(bills.frame["total_usd"].to_list())
    mean = bills.per_month(WITH_EV)
    assert sum(mean[name] for name in bills.components) == pytest.approx(
        mean["total_usd"]
    )
    assert bills.totals(WITH_EV) == pytest.approx([mean["total_usd"]])


def test_another_tariff_may_be_asked_for(tmp_path):
    case = Case(lived(tmp_path), billed_by="sdge_ev_tou_5")
    assert case.bills is not None
    day = 6 * 0.12983 + 13 * 0.40627 + 5 * 0.65101
    fixed = 16 * 3 / 30
    assert case.bills.frame["total_usd"].to_list() == pytest.approx(
        [2 * 3 * day + fixed, 3 * day + fixed]
    )
    assert case.bills.notes[0].startswith("These bills are by sdge_ev_tou_5, not by")


def test_what_is_given_earns_what_was_recorded(tmp_path):
    run = lived(tmp_path, net_kw=lambda d, h: (-1.0, 1.0), export_price=0.05)
    bills = Case(run).bills
    assert bills is not None
    assert bills.frame["export_credit_usd"].to_list() == pytest.approx([-3.6, 0.0])
    assert "Energy given back earns as the run recorded it." in bills.notes


def test_realtime_prices_are_those_recorded(tmp_path):
    words = {"name": "realtime", "file": "prices.csv"}
    bills = Case(lived(tmp_path, tariff=words, price=0.11)).bills
    assert bills is not None and bills.tariff == "realtime, prices.csv"
    assert bills.frame["total_usd"].to_list() == pytest.approx([144 * 0.11, 72 * 0.11])


def _participants(enrolled: bool) -> pl.DataFrame:
    stages = {key: [True] for key in ("carmaker", "vehicle", "charger", "permit")}
    return pl.DataFrame(
        {
            "ev": [0],
            "make": ["Ford"],
            "could_kw": [9.6],
            **stages,
            "enrolled": [enrolled],
            "takes_part": [enrolled],
            "stopped_at": ["" if enrolled else "enrolled"],
        }
    )


EVENT = date(2026, 6, 12)  # a Friday, the tenth weekday of the run


def paid(tmp_path, days: int, called: date) -> Case:
    first = EVENT - timedelta(days=11)
    words = {"name": "flat", "programme": "elrp", "event_days": [str(called)]}
    event = (called - first).days

    def net_kw(day: int, hour: int) -> tuple[float, float]:
        less = day == event and 16 <= hour < 21
        return (0.5, 0.0) if less else (2.0, 1.0)

    return Case(lived(tmp_path, days, first, words, net_kw))


def test_a_home_with_a_car_is_paid_for_its_reduction(tmp_path):
    bills = paid(tmp_path, 12, EVENT).bills
    assert bills is not None
    assert bills.frame["event_pay_usd"].to_list() == pytest.approx([-15.0, 0.0])
    later = paid(tmp_path / "later", 20, EVENT).bills
    assert later is not None
    assert later.frame["event_pay_usd"][0] == bills.frame["event_pay_usd"][0]


def called(tmp_path, start: str, hours: float, enrolled: bool | None = None) -> Case:
    """The same event as a call of its own hours; the home spares 1.5 kW all day."""
    call = {"kind": "call", "start": f"{EVENT}T{start}", "hours": hours}
    words = {"name": "flat", "programme": "elrp"}

    def net_kw(day: int, hour: int) -> tuple[float, float]:
        return (0.5, 0.0) if day == 11 and hour >= 16 else (2.0, 1.0)

    first = EVENT - timedelta(days=11)
    return Case(
        lived(tmp_path, 12, first, words, net_kw, events=(call,), enrolled=enrolled)
    )


@pytest.mark.parametrize(
    ("start", "hours", "usd"),
    [("18:00", 2.0, -6.0), ("20:00", 3.0, -3.0), ("16:00", 5.0, -15.0)],
)
def test_a_call_is_paid_for_its_own_hours_within_the_programmes(
    tmp_path, start, hours, usd
):
    bills = called(tmp_path, start, hours).bills
    assert bills is not None
    assert bills.frame["event_pay_usd"].to_list() == pytest.approx([usd, 0.0])
    assert "Homes with a car are enrolled in the programme." in bills.notes


def test_a_call_outside_the_programmes_hours_is_not_paid_and_it_is_said(tmp_path):
    bills = called(tmp_path, "21:00", 2.0).bills
    assert bills is not None
    assert bills.frame["event_pay_usd"].to_list() == [0.0, 0.0]
    said = "Calls outside the programme's hours are not paid: 2026-06-12."
    assert said in bills.notes


@pytest.mark.parametrize(("enrolled", "usd"), [(True, -6.0), (False, 0.0)])
def test_only_homes_with_an_enrolled_car_are_paid(tmp_path, enrolled, usd):
    bills = called(tmp_path, "18:00", 2.0, enrolled).bills
    assert bills is not None
    assert bills.frame["event_pay_usd"].to_list() == pytest.approx([usd, 0.0])
    assert "Homes with an enrolled car are enrolled in the programme." in bills.notes


def test_too_few_earlier_days_pay_nothing_and_it_is_said(tmp_path):
    bills = paid(tmp_path, 12, date(2026, 6, 5)).bills
    assert bills is not None
    assert bills.frame["event_pay_usd"].to_list() == [0.0, 0.0]
    assert (
        "Too few earlier similar days make no baseline, and no pay, on 2026-06-05."
        in bills.notes
    )


def test_without_intervals_there_is_no_bill(tmp_path):
    case = Case(lived(tmp_path, level="summary"))
    assert case.bills is None
    assert headline_of(case)["bill_ev_usd"] is None
    assert Case(write_run(tmp_path / "other")).bills is None


def test_the_report_tells_the_parts(tmp_path):
    text = write(lived(tmp_path).path).read_text(encoding="utf-8")
    assert "What the mean home&#x27;s bill is made of" in text
    assert "homes with an EV (1)" in text and "Energy given back earns nothing." in text
    assert "by flat of 2025-01-01" in text
    other = write(
        lived(tmp_path / "other").path, tmp_path / "o.html", "sdge_tou_dr1"
    ).read_text(encoding="utf-8")
    assert "These bills are by sdge_tou_dr1" in other


def test_an_export_holds_the_bills_with_names(tmp_path, capsys):
    run = lived(tmp_path)
    export(run.path, "csv", tmp_path / "csv")
    assert capsys.readouterr().out.splitlines()[-1].endswith("bills.csv")
    frame = pl.read_csv(tmp_path / "csv" / "bills.csv")
    assert frame.filter(pl.col("customer") == "A")["total_usd"].item() == pytest.approx(
        43.2
    )


def test_an_unknown_tariff_is_told_before_anything_is_read(tmp_path):
    with pytest.raises(InputError, match="no tariff 'flatt'"):
        _ = Case(lived(tmp_path), billed_by="flatt").bills
