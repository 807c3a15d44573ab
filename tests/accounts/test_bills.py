from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.accounts.made import made
from twin.accounts.bills import bill, metered_kw
from twin.accounts.rates import RecordedRates, TariffRates, metering_steps, months
from twin.surroundings.avoided_cost import shipped_avoided_cost
from twin.surroundings.tariffs import Prices, tariff, tariff_names, versions
from twin.timeline import Timeline

BERLIN, LA = "Europe/Berlin", "America/Los_Angeles"


def bills(tariff_or_prices, timeline, net_kw, export=0.0):
    """The bills of one customer or more, month by month."""
    prices = tariff_or_prices
    if not isinstance(prices, Prices):
        prices = Prices(prices, timeline)
    net = np.asarray(net_kw, dtype=np.float64).reshape(timeline.n_steps, -1)
    paid = np.broadcast_to(np.asarray(export, dtype=np.float64), (timeline.n_steps,))
    return [
        bill(month, metered_kw(month, net[month.steps]))
        for month in months(TariffRates(prices), paid)
    ]


def test_bill_of_the_handbook(tmp_path):
    """Case BILL: 120, 200 and 480 kWh at 0.60, 0.45 and 0.15 USD, and 24: 258 USD."""
    day = {
        "00:00-08:00": "night",
        "08:00-16:00": "day",
        "16:00-24:00": "peak",
    }
    prices = made(
        tmp_path,
        periods={"weekday": day, "weekend": day},
        prices_usd_per_kwh={"all_year": {"night": 0.15, "day": 0.45, "peak": 0.60}},
        fixed_usd_per_month=24.0,
    )
    june = Timeline(date(2026, 6, 1), 30, 60, LA)
    hours = june.minute_of_day // 60
    kw = np.select([hours < 8, hours < 16], [480 / 240, 200 / 240], 120 / 240)
    (june_bill,) = bills(prices, june, kw)
    assert june_bill.total_usd[0] == pytest.approx(258.0, abs=1e-9)
    assert june_bill.kwh["peak_kwh"][0] == pytest.approx(120)
    assert june_bill.usd["energy_night_usd"][0] == pytest.approx(72.0)


def test_a_day_of_25_hours_is_billed_by_the_wall_clock(tmp_path):
    """25 October 2026 in Berlin: 7 hours before 6 o'clock, in local time."""
    october = Timeline(date(2026, 10, 25), 1, 15, BERLIN)
    assert october.n_steps == 100
    (sunday,) = bills(tariff("night"), october, np.ones(100))
    assert sunday.kwh["night_kwh"][0] == pytest.approx(6 + 1 + 2)
    assert sunday.kwh["day_kwh"][0] == pytest.approx(16)
    assert sunday.total_usd[0] == pytest.approx(9 * 0.24 + 16 * 0.32)
    march = Timeline(date(2026, 3, 29), 1, 15, BERLIN)
    (short,) = bills(tariff("night"), march, np.ones(92))
    assert short.kwh["night_kwh"][0] == pytest.approx(6 - 1 + 2)


def test_energy_below_the_allowance_is_credited(tmp_path):
    prices = made(
        tmp_path,
        baseline={
            "kwh_per_day": {"all_year": 10.0},
            "credited_share": 1.3,
            "credit_usd_per_kwh": 0.10,
        },
    )
    days = Timeline(date(2026, 6, 1), 3, 60, LA)
    each = np.array([1.0, 39.0, 100.0])[None, :] / 72
    (june,) = bills(prices, days, np.repeat(each, 72, axis=0))
    assert june.usd["baseline_credit_usd"] == pytest.approx([-0.1, -3.9, -3.9])
    assert june.total_usd == pytest.approx([0.2, 11.7 - 3.9, 30 - 3.9])


def test_a_minimum_is_topped_up_and_days_are_counted(tmp_path):
    prices = made(
        tmp_path,
        minimum_usd_per_day=0.5,
        minimum_usd_per_month=6.0,
        fixed_usd_per_month=3.0,
        fixed_usd_per_day=0.1,
    )
    days = Timeline(date(2026, 6, 1), 10, 60, LA)
    kw = np.zeros((240, 2))
    kw[:, 1] = 100 / 240
    (june,) = bills(prices, days, kw)
    assert june.month.is_partial and june.month.days_in_month == 30
    assert june.usd["fixed_usd"] == pytest.approx([2.0, 2.0])  # 3 x 10/30 + 10 x 0.1
    assert june.usd["minimum_usd"] == pytest.approx([7.0 - 2.0, 0.0])
    assert june.total_usd == pytest.approx([7.0, 32.0])


def test_export_credit_does_not_lift_the_minimum(tmp_path):
    prices = made(tmp_path, minimum_usd_per_day=1.0)
    day = Timeline(date(2026, 6, 1), 1, 60, LA)
    (june,) = bills(prices, day, -np.ones(24), export=0.25)
    assert june.usd["minimum_usd"][0] == pytest.approx(1.0)
    assert june.usd["export_credit_usd"][0] == pytest.approx(-6.0)
    assert june.total_usd[0] == pytest.approx(-5.0)


def test_demand_in_two_windows(tmp_path):
    prices = made(
        tmp_path,
        demand=[
            {
                "name": "any_time",
                "hours": {"weekday": ["00:00-24:00"], "weekend": ["00:00-24:00"]},
                "usd_per_kw": {"all_year": 10.0},
            },
            {
                "name": "on_peak",
                "hours": {"weekday": ["16:00-21:00"], "weekend": []},
                "usd_per_kw": {"all_year": 20.0},
            },
        ],
    )
    june = Timeline(date(2026, 6, 1), 30, 5, LA)
    kw = np.zeros(june.n_steps)
    monday, saturday = 0, 5 * 288
    kw[monday + 3 * 12 : monday + 3 * 12 + 3] = [9.0, 6.0, 3.0]  # 03:00, 6 kW mean
    kw[monday + 17 * 12 : monday + 17 * 12 + 6] = 4.0  # 17:00, half an hour
    kw[saturday + 17 * 12 : saturday + 17 * 12 + 6] = 5.0  # no on-peak on Saturdays
    (month,) = bills(prices, june, kw)
    assert month.kw["any_time_kw"][0] == pytest.approx(6.0)
    assert month.kw["on_peak_kw"][0] == pytest.approx(4.0)
    assert month.usd["demand_any_time_usd"][0] == pytest.approx(60.0)
    assert month.usd["demand_on_peak_usd"][0] == pytest.approx(80.0)


def test_demand_of_a_month_in_part_is_in_proportion():
    """Ten of 30 days at 15.51 USD per kW, and a peak of 6 kW."""
    days = Timeline(date(2026, 6, 1), 10, 15, LA)
    kw = np.zeros(days.n_steps)
    kw[100] = 6.0
    (june,) = bills(tariff("sce_tou_ev_4"), days, kw)
    assert june.kw["any_time_kw"][0] == 6.0
    assert june.usd["demand_any_time_usd"][0] == pytest.approx(6 * 15.51 / 3)


def test_netting_within_an_interval_and_not_across(tmp_path):
    hourly = made(tmp_path, metering_min=60)
    day = Timeline(date(2026, 6, 1), 1, 15, LA)
    kw = np.zeros(96)
    kw[:4] = [2.0, -2.0, 4.0, -2.0]  # nets to 0.5 kWh drawn
    kw[4:8] = [-3.0, 1.0, 1.0, -3.0]  # nets to 1 kWh given
    (june,) = bills(hourly, day, kw, export=0.05)
    assert june.kwh["import_kwh"][0] == pytest.approx(0.5)
    assert june.kwh["export_kwh"][0] == pytest.approx(1.0)
    assert june.total_usd[0] == pytest.approx(0.5 * 0.30 - 1.0 * 0.05)
    by_quarter = made(tmp_path, metering_min=15)
    (june,) = bills(by_quarter, day, kw, export=0.05)
    assert june.kwh["import_kwh"][0] == pytest.approx(1.5 + 0.5)
    assert june.kwh["export_kwh"][0] == pytest.approx(1.0 + 1.5)


def test_steps_in_a_metering_interval():
    assert [metering_steps(60, step) for step in (5, 15, 60)] == [12, 4, 1]
    assert [metering_steps(15, step) for step in (5, 12, 30)] == [3, 1, 1]


def test_export_at_avoided_cost(tmp_path):
    """A kWh given at 18 h of a September weekday, and one of a Saturday."""
    table = shipped_avoided_cost()
    days = Timeline(date(2026, 9, 4), 2, 60, LA)  # Friday, Saturday
    prices = Prices(made(tmp_path), days, avoided=table)
    kw = np.zeros(48)
    kw[18], kw[24 + 18] = -1.0, -1.0
    paid = np.concatenate([prices.export_price_usd_per_kwh(d) for d in range(2)])
    (month,) = bills(prices, days, kw, paid)
    worth = table.usd_per_kwh[8, 0, 18] + table.usd_per_kwh[8, 1, 18]
    assert month.total_usd[0] == pytest.approx(-worth)
    assert table.usd_per_kwh[8, 0, 18] > 2.0 > table.usd_per_kwh[8, 1, 18]


def test_event_adder_on_called_days_only():
    days = Timeline(date(2026, 8, 12), 2, 15, LA)
    called = frozenset({date(2026, 8, 13)})
    prices = Prices(tariff("sdge_ev_tou_5_p"), days, called=called)
    (august,) = bills(prices, days, np.full(192, 2.0))
    assert august.usd["event_adder_usd"][0] == pytest.approx(5 * 2 * 1.16)
    quiet = prices.price_usd_per_kwh(0)
    assert (prices.price_usd_per_kwh(1) - quiet)[[63, 64, 83, 84]] == pytest.approx(
        [0, 1.16, 1.16, 0]
    )


def test_versions_by_date_price_each_day_by_its_own():
    days = Timeline(date(2025, 12, 31), 2, 60, LA)
    held = versions("sdge_ev_tou_5")
    prices = Prices(held[0], days, versions=held)
    old, new = bills(prices, days, np.ones(48))
    assert old.usd["fixed_usd"][0] == pytest.approx(16 / 31)
    assert new.usd["fixed_usd"][0] == pytest.approx(24 / 31)
    assert [one.month.first for one in (old, new)] == [
        date(2025, 12, 31),
        date(2026, 1, 1),
    ]


def test_recorded_prices_are_billed_as_they_were():
    day = Timeline(date(2026, 6, 1), 1, 60, LA)
    price = np.arange(24) / 100
    (month,) = months(RecordedRates(day, price), np.full(24, 0.02))
    kw = np.tile([1.0, -1.0], 12)[:, None]
    one = bill(month, metered_kw(month, kw))
    assert one.total_usd[0] == pytest.approx(price[::2].sum() - 12 * 0.02)
    assert one.usd["energy_recorded_usd"][0] == pytest.approx(price[::2].sum())


def test_whole_days_only_are_billed():
    timeline = Timeline(date(2026, 1, 30), 5, 60, BERLIN)
    rates = TariffRates(Prices(tariff("flat"), timeline))
    found = months(rates, np.zeros(3 * 24 + 7))
    assert [(one.first, one.days) for one in found] == [
        (date(2026, 1, 30), 2),
        (date(2026, 2, 1), 1),
    ]
    assert [one.steps for one in found] == [slice(0, 48), slice(48, 72)]


@pytest.mark.parametrize("name", tariff_names())
@pytest.mark.parametrize("start", [date(2026, 3, 7), date(2026, 10, 31)])
def test_no_use_pays_only_what_is_fixed(name, start):
    timeline = Timeline(start, 3, 15, LA)
    for one in bills(tariff(name), timeline, np.zeros(timeline.n_steps)):
        due = one.usd["fixed_usd"] + one.usd["minimum_usd"]
        assert one.total_usd == pytest.approx(due, abs=1e-12)
        assert due[0] == max(one.month.due.fixed_usd, one.month.due.minimum_usd)


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(tariff_names()),
    start=st.sampled_from([date(2026, 3, 7), date(2026, 6, 29), date(2026, 10, 31)]),
    step_min=st.sampled_from([5, 15, 30, 60]),
    seed=st.integers(0, 2**32 - 1),
)
def test_components_sum_to_the_total_and_twice_the_use_costs_twice(
    name, start, step_min, seed
):
    timeline = Timeline(start, 3, step_min, LA)
    kw = np.random.default_rng(seed).normal(1.0, 3.0, (timeline.n_steps, 2))
    once, twice = (bills(tariff(name), timeline, n * kw, 0.1) for n in (1, 2))
    for one, two in zip(once, twice, strict=True):
        parts = sum(values for values in one.usd.values())
        assert parts == pytest.approx(one.total_usd, abs=1e-9)
        linear = [
            key for key in one.usd if key.startswith(("energy", "demand", "export"))
        ]
        for key in linear:
            assert two.usd[key] == pytest.approx(2 * one.usd[key], abs=1e-9)
        assert two.usd["fixed_usd"] == pytest.approx(one.usd["fixed_usd"])
        by_period = sum(one.kwh[f"{name}_kwh"] for name in one.month.periods)
        assert by_period == pytest.approx(one.kwh["import_kwh"])


def test_a_home_that_only_draws_pays_the_recorded_price():
    """The bill's energy is the sum over steps of load times the price written down."""
    timeline = Timeline(date(2026, 10, 30), 4, 15, LA)
    assert timeline.n_steps == 4 * 96 + 4
    prices = Prices(tariff("sdge_ev_tou_5"), timeline)
    kw = np.random.default_rng(1).uniform(0, 5, timeline.n_steps)
    by_step = np.concatenate([prices.price_usd_per_kwh(d) for d in range(4)])
    energy = sum(
        value[0]
        for one in bills(prices, timeline, kw)
        for key, value in one.usd.items()
        if key.startswith("energy")
    )
    assert energy == pytest.approx((kw * by_step).sum() / 4)
