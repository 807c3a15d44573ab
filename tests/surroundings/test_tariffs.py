from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from twin.errors import InputError
from twin.surroundings.tariffs import Prices, tariff, tariff_names
from twin.timeline import Timeline

LA = "America/Los_Angeles"
WEEKDAY, SATURDAY = date(2026, 1, 14), date(2026, 1, 17)


def test_sdge_prices_by_hand():
    by_minute = tariff("sdge_ev_tou_5").by_minute
    winter, summer = by_minute(WEEKDAY), by_minute(date(2026, 7, 15))
    assert winter[[0, 359, 360, 959, 960, 1259, 1260]].tolist() == [
        0.12376,
        0.12376,
        0.38177,
        0.38177,
        0.42834,
        0.42834,
        0.38177,
    ]
    assert summer[[0, 600, 1000]].tolist() == [0.12983, 0.40627, 0.65101]
    assert by_minute(SATURDAY)[[839, 840]].tolist() == [0.12376, 0.38177]


def test_sdge_seasons_and_holidays():
    sdge = tariff("sdge_ev_tou_5")
    assert sdge.by_minute(date(2026, 5, 31))[0] == 0.12376
    assert sdge.by_minute(date(2026, 6, 1))[0] == 0.12983
    assert sdge.by_minute(date(2026, 10, 31))[0] == 0.12983
    assert sdge.by_minute(date(2026, 11, 2))[0] == 0.12376
    assert sdge.day_type(date(2026, 11, 26)) == "weekend"  # Thanksgiving
    assert sdge.by_minute(date(2026, 11, 26))[600] == 0.12376


def test_prices_move_with_the_wall_clock():
    prices = Prices(tariff("sdge_ev_tou_5"), Timeline(date(2026, 3, 6), 4, 60, LA))
    sunday = prices.price_usd_per_kwh(2)  # 8 March: 23 hours
    assert len(sunday) == 23
    assert sunday[12] == 0.12376 and sunday[13] == 0.38177  # 13 h and 14 h
    assert len(prices.price_usd_per_kwh(3)) == 24


def test_a_step_across_a_change_pays_the_mean():
    prices = Prices(tariff("sdge_ev_tou_5"), Timeline(WEEKDAY, 1, 60, LA))
    assert prices.price_usd_per_kwh(0)[15:17].tolist() == pytest.approx(
        [0.38177, 0.42834]
    )


def test_export_earns_nothing_unless_said():
    timeline = Timeline(WEEKDAY, 1, 15, LA)
    nothing = Prices(tariff("flat"), timeline)
    assert (nothing.export_price_usd_per_kwh(0) == np.zeros(96)).all()
    something = Prices(tariff("flat"), timeline, export_usd_per_kwh=0.08)
    assert (something.export_price_usd_per_kwh(0) == np.full(96, 0.08)).all()


def test_prices_tell_their_file_and_what_export_earns():
    timeline = Timeline(WEEKDAY, 1, 15, LA)
    prices = Prices(tariff("flat"), timeline)
    assert prices.inputs[0].name == "flat.json" and prices.inputs[0].is_file()
    assert prices.notes[-1] == "tariff: energy given back earns nothing"
    assert Prices(tariff("flat"), timeline, 0.1).notes[-1].endswith("scenario says")


def test_cheapest_windows():
    sdge = tariff("sdge_ev_tou_5")
    assert sdge.cheapest_window(WEEKDAY) == (0, 360)
    assert sdge.cheapest_window(SATURDAY) == (0, 840)
    assert tariff("night").cheapest_window(WEEKDAY) == (1320, 1800)
    assert tariff("flat").cheapest_window(WEEKDAY) == (0, 1440)
    prices = Prices(sdge, Timeline(WEEKDAY, 7, 15, LA))
    assert prices.cheapest_window(3) == (0, 840)


@pytest.mark.parametrize("name", tariff_names())
def test_every_minute_of_every_day_has_a_price(name):
    words = tariff(name)
    for d in range(0, 366, 5):
        prices = words.by_minute(date(2024, 1, 1) + timedelta(days=d))
        assert (prices > 0).all()
    for spans in words.periods.values():
        edges = sorted((start, end) for start, end, _ in spans)
        assert edges[0][0] == 0 and edges[-1][1] == 1440
        assert all(a[1] == b[0] for a, b in pairwise(edges))
    assert words.source and words.notes and words.name == name
    assert date.fromisoformat(words.effective)


def test_unknown_tariff_is_told_with_the_nearest():
    with pytest.raises(InputError, match=r"no tariff 'sdge_ev_tou'; allowed: .*flat"):
        tariff("sdge_ev_tou")
    with pytest.raises(InputError, match="did you mean 'sdge_ev_tou_5'"):
        tariff("sdge_ev_tou5")
