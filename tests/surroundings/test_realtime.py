from datetime import date, timedelta

import numpy as np
import pytest

from twin.errors import InputError
from twin.surroundings.realtime import Realtime
from twin.timeline import Timeline

LA = "America/Los_Angeles"
DAY = Timeline(date(2026, 6, 1), 1, 15, LA)


def written(tmp_path, rows, header="time,price_usd_per_kwh"):
    file = tmp_path / "prices.csv"
    file.write_text("\n".join([header, *rows]) + "\n")
    return file


def hourly(first=date(2026, 6, 1), hours=24, price=lambda h: h / 100, zone=""):
    return [
        f"{first + timedelta(days=h // 24)}T{h % 24:02d}:00{zone},{price(h)}"
        for h in range(hours)
    ]


def test_hours_are_held_over_finer_steps(tmp_path):
    prices = Realtime(written(tmp_path, hourly()), DAY)
    found = prices.price_usd_per_kwh(0)
    assert found.tolist() == [h / 100 for h in range(24) for _ in range(4)]
    assert (prices.export_price_usd_per_kwh(0) == 0).all()
    assert prices.notes[-1] == "tariff: energy given back earns nothing"


def test_finer_prices_are_averaged(tmp_path):
    rows = [
        f"2026-06-01T{h:02d}:{m:02d},{h + m / 60}"
        for h in range(24)
        for m in range(0, 60, 5)
    ]
    prices = Realtime(written(tmp_path, rows), DAY)
    assert prices.price_usd_per_kwh(0)[:2] == pytest.approx([5 / 60, 20 / 60])


def test_utc_and_a_local_clock_mean_the_same(tmp_path):
    local = Realtime(written(tmp_path, hourly()), DAY).price_usd_per_kwh(0)
    utc = [
        f"2026-06-{1 + (h + 7) // 24:02d}T{(h + 7) % 24:02d}:00Z,{h / 100}"
        for h in range(24)
    ]
    assert (Realtime(written(tmp_path, utc), DAY).price_usd_per_kwh(0) == local).all()


def test_beyond_its_end_the_last_day_is_repeated(tmp_path):
    prices = Realtime(written(tmp_path, hourly()), DAY)
    assert (prices.price_usd_per_kwh(1) == prices.price_usd_per_kwh(0)).all()
    assert (prices.price_usd_per_kwh(3) == prices.price_usd_per_kwh(0)).all()
    longer = hourly(hours=48)
    assert Realtime(written(tmp_path, longer), DAY).price_usd_per_kwh(1)[0] == 0.24


def test_a_column_or_the_scenario_pays_for_export(tmp_path):
    rows = [f"{row},0.05" for row in hourly()]
    header = "time,price_usd_per_kwh,export_price_usd_per_kwh"
    file = written(tmp_path, rows, header)
    prices = Realtime(file, DAY)
    assert (prices.export_price_usd_per_kwh(0) == 0.05).all()
    assert prices.notes[-1].endswith("earns what prices.csv says")
    said = Realtime(file, DAY, 0.11)
    assert (said.export_price_usd_per_kwh(0) == 0.11).all()
    none = Realtime(file, DAY, 0.0)
    assert (none.export_price_usd_per_kwh(0) == 0).all()


def test_a_day_of_25_hours_has_its_repeated_hour(tmp_path):
    autumn = Timeline(date(2026, 11, 1), 1, 60, LA)
    rows = [f"2026-11-01T{h:02d}:00,{h}" for h in (0, 1, 1, *range(2, 24))]
    found = Realtime(written(tmp_path, rows), autumn).price_usd_per_kwh(0)
    assert found[:4].tolist() == [0, 1, 1, 2] and len(found) == 25


@pytest.mark.parametrize(
    "rows, told",
    [
        (
            hourly()[:3] + hourly()[4:],
            r"prices.csv:5: time: 120 min after the row before",
        ),
        (hourly()[:3] + hourly()[2:], r"prices.csv:5: time: 0 min after the row"),
        (hourly(hours=20), r"prices.csv:2: time: covers 2026-06-01T07:00Z to"),
        (
            [*hourly()[:5], "2026-06-01T05:00,cheap", *hourly()[6:]],
            r"prices.csv:7: price_usd_per_kwh: 'cheap' is not a finite number",
        ),
        (["noon,1", *hourly()], r"prices.csv:2: time: 'noon' is no local time"),
    ],
)
def test_gaps_repeats_and_words_are_refused_with_their_row(tmp_path, rows, told):
    with pytest.raises(InputError, match=told):
        Realtime(written(tmp_path, rows), DAY)


def test_an_unknown_column_is_told(tmp_path):
    file = written(tmp_path, hourly(), "time,price_usd_kwh")
    with pytest.raises(InputError, match="did you mean 'price_usd_per_kwh'"):
        Realtime(file, DAY)
    with pytest.raises(InputError, match="not a readable CSV table"):
        Realtime(tmp_path / "none.csv", DAY)


def test_a_timer_needs_its_own_hours(tmp_path):
    prices = Realtime(written(tmp_path, hourly()), DAY)
    with pytest.raises(
        InputError, match=r"policy\.window: needed with tariff realtime"
    ):
        prices.cheapest_window(0)
    assert np.isfinite(prices.price_usd_per_kwh(0)).all()
