"""A user's NHTS trip file: what is drawn, what is left out, what is told."""

from datetime import date, timedelta

import numpy as np
import pytest

from twin.errors import InputError
from twin.fleet.travel import TripPurpose
from twin.fleet.travel_sources import travel

HEADER = (
    "HOUSEID,VEHCASEID,STRTTIME,ENDTIME,TRPMILES,VMT_MILE,WHYFROM,WHYTO,"
    "TRAVDAY,DRVR_FLG,WTTRDFIN"
)
MONDAY, SUNDAY = date(2026, 1, 12), date(2026, 1, 18)
COMMUTE = ["1,101,730,800,10,10,1,3,2,1,1000", "1,101,1700,1745,10,10,3,1,2,1,1000"]
SHOPPING = ["2,201,1400,1410,3,3,1,13,7,1,500", "2,201,1500,1512,3,3,13,1,7,1,500"]
LATE = ["3,301,2200,2230,9,9,1,17,2,1,3000", "3,301,110,140,9,9,17,1,2,1,3000"]


@pytest.fixture
def trip_file(tmp_path):
    def written(*lines, header=HEADER):
        file = tmp_path / "tripv2pub.csv"
        file.write_text("\n".join([header, *lines]) + "\n")
        return file

    return written


def trips_of(file, day, cars=4000):
    return travel("nhts", 1, file).day(day, np.arange(cars))


def test_whole_vehicle_days_are_driven(trip_file):
    day = trips_of(trip_file(*COMMUTE, *SHOPPING), MONDAY)
    row = np.flatnonzero(day.n)[0]
    assert day.depart_min[row].tolist() == [450, 1020]
    assert day.arrive_min[row].tolist() == [480, 1065]
    assert day.distance_km[row] == pytest.approx([16.09344, 16.09344])
    assert day.purpose[row].tolist() == [TripPurpose.WORK, TripPurpose.HOME]
    assert abs((day.n == 0).mean() - 0.25) < 0.03


def test_weekdays_and_weekends_are_apart(trip_file):
    day = trips_of(trip_file(*COMMUTE, *SHOPPING), SUNDAY)
    assert set(day.purpose[day.n > 0, 0]) == {TripPurpose.SHOPPING}


def test_days_are_drawn_by_weight(trip_file):
    day = trips_of(trip_file(*COMMUTE, *LATE, *SHOPPING), MONDAY, cars=8000)
    driven = day.depart_min[day.n > 0, 0]
    assert abs((driven == 1320).mean() - 0.75) < 0.02
    assert set(driven) == {450, 1320}


def test_trips_after_midnight_belong_to_the_travel_day(trip_file):
    day = trips_of(trip_file(*LATE, *SHOPPING), MONDAY)
    row = np.flatnonzero(day.n)[0]
    assert day.depart_min[row].tolist() == [1320, 1510]


def test_a_subset_drives_the_same_and_days_differ(trip_file):
    source = travel("nhts", 1, trip_file(*COMMUTE, *LATE, *SHOPPING))
    whole, some = source.day(MONDAY, np.arange(50)), np.array([40, 2])
    part = source.day(MONDAY, some)
    np.testing.assert_array_equal(whole.depart_min[some], part.depart_min)
    tomorrow = source.day(MONDAY + timedelta(1), np.arange(50))
    assert not np.array_equal(whole.depart_min, tomorrow.depart_min)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (["9,901,800,750,5,5,1,1,2,1,9e9"], "a time is missing or ends before"),
        (["9,901,-9,830,5,5,1,1,2,1,9e9"], "a time is missing or ends before"),
        (["9,901,800,830,-9,-9,1,1,2,1,9e9"], "no distance, or no weight"),
        (["9,901,800,810,90,90,1,1,2,1,9e9"], "faster than 130 km/h"),
        (["9,901,800,830,5,5,1,3,2,1,9e9"], "starts or ends away from home"),
        (
            ["9,901,800,900,5,5,1,3,2,1,9e9", "9,901,830,930,5,5,3,1,2,1,9e9"],
            "two trips at once",
        ),
    ],
)
def test_a_bad_row_takes_its_whole_day_away(trip_file, bad, why):
    source = travel("nhts", 1, trip_file(*COMMUTE, *SHOPPING, *bad))
    left_out = [note for note in source.notes if "1 vehicle-days left out" in note]
    assert len(left_out) == 1 and why in left_out[0]
    assert set(source.day(MONDAY, np.arange(200)).depart_min[:, 0]) <= {0, 450}


def test_passengers_and_other_vehicles_do_not_count(trip_file):
    others = ["1,101,1200,1230,5,5,1,1,2,2,1000", "4,-1,1200,1230,5,5,1,1,2,1,9e9"]
    source = travel("nhts", 1, trip_file(*COMMUTE, *SHOPPING, *others))
    assert set(source.day(MONDAY, np.arange(200)).n) == {0, 2}


def test_effective_sample_is_kishs(trip_file):
    source = travel("nhts", 1, trip_file(*COMMUTE, *LATE, *SHOPPING))
    assert source.effective_sample == 2  # 4000^2 / (1000^2 + 3000^2) = 1.6
    assert "2 weekdays and 1 weekend days" in source.notes[0]


def test_missing_columns_are_all_named(trip_file):
    header = HEADER.replace("STRTTIME", "STRTIME").replace(",TRAVDAY", "")
    file = trip_file("1,101,730,800,10,10,1,3,1,1000", header=header)
    with pytest.raises(InputError) as error:
        travel("nhts", 1, file)
    told = str(error.value).splitlines()
    assert told[0] == f"{file}:1: STRTTIME: column missing; did you mean 'STRTIME'?"
    assert told[1].startswith(f"{file}:1: TRAVDAY: column missing")


def test_words_where_numbers_belong_are_told_by_line_and_column(trip_file):
    file = trip_file(*COMMUTE, "2,201,noon,1410,3,3,1,13,7,1,500")
    with pytest.raises(InputError) as error:
        travel("nhts", 1, file)
    assert str(error.value) == f"{file}:4:3: STRTTIME: not a number: 'noon'"


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00binary\x00", b"HOUSEID\n"])
def test_what_is_no_trip_file_is_an_input_error(tmp_path, text):
    file = tmp_path / "tripv2pub.csv"
    file.write_bytes(text)
    with pytest.raises(InputError):
        travel("nhts", 1, file)


def test_a_missing_file_or_a_folder_is_an_input_error(tmp_path):
    for file in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(InputError, match="no such file"):
            travel("nhts", 1, file)


def test_nothing_left_says_why(trip_file):
    with pytest.raises(InputError, match="no vehicle-day passes the gates; 1 vehicle"):
        travel("nhts", 1, trip_file("9,901,800,830,5,5,1,3,2,1,1"))


def test_no_weekend_says_so(trip_file):
    with pytest.raises(InputError, match="no weekend of a vehicle passes the gates"):
        travel("nhts", 1, trip_file(*COMMUTE))
