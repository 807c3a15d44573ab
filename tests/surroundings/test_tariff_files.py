import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.accounts.made import made
from twin.errors import InputError
from twin.scenario.tariff_words import TariffSpec
from twin.surroundings import tariffs
from twin.surroundings.programmes import programme
from twin.surroundings.tariff_files import MARKS, read_tariff
from twin.surroundings.tariffs import prices_of, tariff, versions
from twin.timeline import Timeline

LA = "America/Los_Angeles"
FILES = sorted(tariffs.DATA.glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_that_ships_is_whole(file: Path) -> None:
    held = read_tariff(file)
    name, _, effective = file.stem.partition("@")
    assert held.name == name
    assert effective in ("", held.effective)
    assert set(held.marks) <= set(MARKS)
    written = json.loads(file.read_text(encoding="utf-8"))["verified"]
    unsure = [part for part, said in written.items() if said["mark"] != "published"]
    assert len([note for note in held.notes if note.split(": ")[0]]) >= len(unsure)
    assert all(any(part in note for note in held.notes) for part in unsure)


def test_what_is_not_verified_is_told() -> None:
    notes = tariff("pge_ev2_a").notes
    assert (
        "tariff pge_ev2_a: prices unverified, from general knowledge: of the order of "
        "2025, to two digits" in notes
    )
    assert not any("prices" in note for note in tariff("sce_tou_ev_4").notes)


def test_numbers_of_the_handbook_and_the_sources() -> None:
    dr1 = tariff("sdge_tou_dr1")
    assert dr1.prices["summer"]["on_peak"] == 0.67586
    assert dr1.prices["winter"]["super_off_peak"] == 0.45242
    assert dr1.charges.baseline is not None
    assert dr1.charges.baseline.credit_usd_per_kwh == 0.09946
    spring, may = date(2026, 4, 15), date(2026, 5, 13)
    assert dr1.by_minute(spring)[[599, 600, 839, 840]].tolist() == [
        0.47034,
        0.45242,
        0.45242,
        0.47034,
    ]
    assert dr1.by_minute(may)[660] == 0.47034
    ev2 = tariff("pge_ev2_a")
    assert ev2.by_minute(date(2026, 7, 4))[[0, 899, 900, 960, 1260]].tolist() == [
        0.31,
        0.31,
        0.51,
        0.62,
        0.51,
    ]
    sce = tariff("sce_tou_ev_4")
    assert sce.by_minute(date(2026, 7, 15))[[0, 480, 720, 1080, 1380]].tolist() == [
        0.05623,
        0.0925,
        0.26668,
        0.0925,
        0.05623,
    ]
    assert sce.charges.demand[0].usd_per_kw["winter"] == 15.51


DAY = {"00:00-24:00": "all_hours"}


@pytest.mark.parametrize(
    "changes, told",
    [
        (
            {"seasons": {"all_year": [1, 2, 3]}},
            r"seasons: hold the months \[1, 2, 3\]; each of 1 to 12 once is needed",
        ),
        (
            {"periods": {"weekday": {"00:00-23:00": "all_hours"}, "weekend": DAY}},
            "periods.weekday: the hours must cover 00:00 to 24:00 once, without a gap",
        ),
        (
            {
                "periods": {
                    "weekday": {"00:00-13:00": "all_hours", "12:00-24:00": "all_hours"},
                    "weekend": DAY,
                }
            },
            "periods.weekday: the hours must cover 00:00 to 24:00 once",
        ),
        (
            {"periods": {"weekday": {"00:00-24:00": "peak"}, "weekend": DAY}},
            "periods.weekday: period 'peak' has no price",
        ),
        ({"periods": {"weekday": DAY}}, "periods: weekday and weekend are needed"),
        ({"holidays": "mars"}, "holidays: 'mars'; allowed: none, germany, us_utility"),
        ({"metering_min": 7}, "metering_min: Input should be 15, 30 or 60"),
        ({"price": 1}, "price: Extra inputs are not permitted"),
        (
            {"prices_usd_per_kwh": {"summer": {"all_hours": 0.1}}},
            "prices_usd_per_kwh: has the seasons summer; needed: all_year",
        ),
        (
            {
                "metering_min": 60,
                "periods": {
                    "weekday": {"00:00-12:30": "all_hours", "12:30-24:00": "all_hours"},
                    "weekend": DAY,
                },
            },
            "periods.weekday: hours begin and end at whole intervals of 60 min",
        ),
        (
            {"events": {"hours": "21:00-16:00", "usd_per_kwh": 1, "most_per_year": 1}},
            "events: hours end after they begin; those past midnight are two",
        ),
    ],
)
def test_a_file_that_leaves_something_open_is_refused(tmp_path, changes, told) -> None:
    with pytest.raises(InputError, match=rf"made.json: {told}"):
        made(tmp_path, **changes)


def test_no_json_is_no_tariff(tmp_path) -> None:
    file = tmp_path / "t.json"
    file.write_text("{")
    with pytest.raises(InputError, match=r"t\.json: not a tariff: Expecting"):
        read_tariff(file)


def test_versions_are_chosen_by_name_or_date() -> None:
    plain = tariff("sdge_ev_tou_5")
    assert [one.effective for one in versions("sdge_ev_tou_5")] == [
        "2024-01-01",
        "2026-01-01",
    ]
    newer = tariff("sdge_ev_tou_5", date(2026, 1, 1))
    weekday = date(2026, 1, 14)
    assert plain.by_minute(weekday)[660] == 0.38177
    assert newer.by_minute(weekday)[660] == 0.12376
    with pytest.raises(
        InputError,
        match="no version of flat of 2026-01-01; allowed: by_date, 2025-01-01",
    ):
        tariff("flat", date(2026, 1, 1))


def priced(start: date, days: int = 1, **said: object) -> tariffs.Prices:
    spec = TariffSpec.model_validate(said)
    return prices_of(spec, Timeline(start, days, 60, LA))


def test_by_date_takes_the_latest_that_holds() -> None:
    said = {"name": "sdge_ev_tou_5", "effective": "by_date"}
    new_year = priced(date(2025, 12, 31), 2, **said)
    assert [new_year.price_usd_per_kwh(day)[11] for day in (0, 1)] == [
        0.38177,
        0.12376,  # a holiday
    ]
    assert priced(date(2026, 1, 14), **said).price_usd_per_kwh(0)[11] == 0.12376
    early = priced(date(2023, 1, 4), **said)
    assert early.price_usd_per_kwh(0)[11] == 0.38177
    assert (
        "tariff sdge_ev_tou_5: before 2024-01-01 the prices of that date are taken, "
        "the first there are" in early.notes
    )
    assert len(new_year.inputs) == 2


def test_the_plain_name_keeps_its_prices() -> None:
    assert priced(date(2026, 1, 14), name="sdge_ev_tou_5").price_usd_per_kwh(0)[
        11
    ] == pytest.approx(0.38177, abs=0)


def test_export_is_nothing_a_price_or_avoided_cost() -> None:
    day = date(2026, 9, 9)
    assert (priced(day).export_price_usd_per_kwh(0) == 0.0).all()
    assert (priced(day, export=0.08).export_price_usd_per_kwh(0) == 0.08).all()
    old = priced(day, export_price_usd_per_kwh=0.08)
    assert (old.export_price_usd_per_kwh(0) == 0.08).all()
    avoided = priced(day, export="avoided_cost")
    hours = avoided.export_price_usd_per_kwh(0)
    assert 0.03 <= hours[12] <= 0.08 and hours[19] == 2.9
    assert any("assumed values" in note for note in avoided.notes)
    assert avoided.notes[-1].endswith("avoided cost by month, day type and hour")


@pytest.mark.parametrize(
    "said, told",
    [
        (
            {"name": "flat", "event_days": ["2026-08-12"]},
            "tariff.event_days: tariff flat has no events; allowed: a tariff that has, "
            "such as sdge_ev_tou_5_p, or tariff.programme",
        ),
        (
            {
                "name": "sdge_ev_tou_5_p",
                "event_days": [
                    str(date(2026, 6, 1) + timedelta(days=d)) for d in range(19)
                ],
            },
            "19 days in 2026; sdge_ev_tou_5_p calls at most 18",
        ),
        (
            {"programme": "elrp", "event_days": ["2026-12-01"]},
            "2026-12-01 is in no month of elrp; allowed months: 5, 6, 7, 8, 9, 10",
        ),
        (
            {
                "programme": "elrp",
                "event_days": [
                    str(date(2026, 6, 1) + timedelta(days=d)) for d in range(13)
                ],
            },
            "13 days of 5 h in 2026; elrp calls at most 60 h a year",
        ),
    ],
)
def test_days_that_nobody_calls_are_refused(said, told) -> None:
    with pytest.raises(InputError) as error:
        priced(date(2026, 6, 1), **said)
    assert told in str(error.value)


def test_an_unknown_programme_is_told() -> None:
    with pytest.raises(InputError, match="no programme 'elrb'; allowed: elrp; did"):
        programme("elrb")
