from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from twin.errors import InputError
from twin.surroundings.profiles import profile
from twin.timeline import Timeline

TWO_DAYS = Timeline(date(2026, 1, 12), 2, 15, "Europe/Berlin")


def series(start: str, rows: int, each_min: int, *names: str, value=None) -> str:
    """A CSV whose column i holds i + row / 1000, or ``value(row, i)``."""
    cell = value or (lambda row, i: f"{i + row / 1000:.3f}")
    first = datetime.fromisoformat(start)
    lines = [",".join(["time", *names])]
    for row in range(rows):
        time = (first + timedelta(minutes=row * each_min)).isoformat()
        lines.append(",".join([time, *(str(cell(row, i)) for i in range(len(names)))]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def read(tmp_path: Path, make_homes):
    """Write a file and bind it to so many homes."""

    def bind(text, n: int, timeline: Timeline = TWO_DAYS, names=()):
        path = tmp_path / "loads.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return profile(str(path), make_homes(n, names=tuple(names)), timeline, 1)

    return bind


def told(read, *args, **words) -> str:
    with pytest.raises(InputError) as caught:
        read(*args, **words)
    return str(caught.value)


def test_a_series_is_used_as_it_is(read):
    model = read(series("2026-01-12T00:00", 192, 15, "a", "b"), 2)
    assert model.day_kw(1)[3].tolist() == pytest.approx([0.099, 1.099])
    assert model.day_kw(0).shape == (96, 2)
    assert model.name == "loads.csv" and model.inputs[0].name == "loads.csv"
    assert "annual_kwh does not apply" in model.notes[0]


def test_finer_values_are_averaged_and_coarser_ones_held(read):
    fine = read(series("2026-01-12T00:00", 576, 5, "a"), 1)
    assert fine.day_kw(0)[:2, 0].tolist() == pytest.approx([0.001, 0.004])
    coarse = read(series("2026-01-12T00:00", 48, 60, "a"), 1)
    assert coarse.day_kw(1)[:5, 0].tolist() == pytest.approx([0.024] * 4 + [0.025])


def test_columns_are_matched_by_name_and_the_rest_is_listed(read):
    text = series("2026-01-12T00:00", 192, 15, "x", "b", "a")
    model = read(text, 2, names=["a", "b"])
    assert model.day_kw(0)[0].tolist() == [2.0, 1.0]
    assert "1 columns match no customer: x" in model.notes[-1]
    assert "no column for 1 of 2 customers, the first is 'c'" in told(
        read, text, 2, names=["a", "c"]
    )
    by_order = read(text, 2, names=["home 1", "home 2"])
    assert by_order.day_kw(0)[0].tolist() == [0.0, 1.0]


def test_long_form(read):
    lines = ["time,customer,kw"]
    for row in range(192):
        time = datetime(2026, 1, 12) + timedelta(minutes=15 * row)
        lines += [
            f"{time.isoformat()},{name},{kw}" for name, kw in (("b", 2), ("a", 1))
        ]
    model = read("\n".join(lines), 2, names=["a", "b"])
    assert model.day_kw(1)[7].tolist() == [1.0, 2.0]
    lines.append(lines[-1])
    assert "loads.csv:385: time: the same time and customer come twice" in told(
        read, "\n".join(lines), 2, names=["a", "b"]
    )


def test_long_form_names_the_line_and_what_is_missing(read):
    lines = ["time,customer,kw"]
    for row in range(192):
        time = datetime(2026, 1, 12) + timedelta(minutes=15 * row)
        lines += [f"{time.isoformat()},{name},1" for name in "ab"]
    bad = [*lines[:8], lines[8].replace(",1", ",-1"), *lines[9:]]
    assert "loads.csv:9: kw: -1.0 kW is negative" in told(read, "\n".join(bad), 2)
    missing = "\n".join([*lines[:8], *lines[9:]])
    assert "no row for customer 'b' at 2026-01-12T00:45" in told(read, missing, 2)


def test_a_column_that_comes_twice(read):
    text = series("2026-01-12T00:00", 192, 15, "a", "b", "a")
    assert "loads.csv:1: a: the column 'a' comes twice" in told(read, text, 2)


def test_typical_days(read):
    lines = ["day_type,time,a"]
    for kind, kw in (("workday", 1), ("saturday", 2), ("sunday", 3)):
        lines += [f"{kind},{hour:02d}:00,{kw + hour / 100}" for hour in range(24)]
    week = Timeline(date(2026, 4, 3), 4, 15, "Europe/Berlin")
    model = read("\n".join(lines), 1, timeline=week)
    starts = [model.day_kw(day)[4, 0] for day in range(4)]
    assert starts == pytest.approx(
        [3.01, 2.01, 3.01, 3.01]
    )  # Good Friday .. Easter Monday
    assert (model.mean_kw(1) == model.day_kw(1)).all()
    broken = "\n".join(lines).replace("saturday,05:00", "saturday,05:30")
    assert "loads.csv:31: time: '05:30' where 05:00 is due" in told(read, broken, 1)
    wrong = "\n".join(lines).replace("sunday", "sundays")
    assert "'sundays'; allowed: workday, saturday, sunday, all" in told(read, wrong, 1)
    partly = "\n".join(lines[:25])
    assert "has workday; needed: workday, saturday, sunday" in told(read, partly, 1)
    always = partly.replace("workday", "all")
    assert read(always, 1).day_kw(0)[0, 0] == 1.0


def test_every_bad_cell_is_told_at_once(read):
    cells = {(2, 0): "", (3, 1): "abc", (5, 0): "-1.5", (6, 1): "NaN", (7, 0): "inf"}
    text = series(
        "2026-01-12T00:00", 192, 15, "a", "b", value=lambda r, i: cells.get((r, i), 1)
    )
    message = told(read, text, 2).replace(str(Path("x").parent), ".")
    assert "loads.csv:4: a: empty" in message
    assert "loads.csv:5: b: 'abc' is not a number" in message
    assert "loads.csv:7: a: -1.5 kW is negative" in message
    assert "loads.csv:8: b: 'NaN' is not a finite number" in message
    assert "loads.csv:9: a: 'inf' is not a finite number" in message


def test_a_flood_of_bad_cells_is_cut_short(read):
    text = series("2026-01-12T00:00", 192, 15, "a", value=lambda r, i: "x")
    message = told(read, text, 1)
    assert len(message.splitlines()) == 21
    assert "and 172 cells more" in message


def test_bad_numbers_among_good_ones_are_told_too(read):
    """No cell is text here, so the file is read as numbers at once."""
    cells = {(2, 0): "", (5, 0): "-1.5", (6, 0): "NaN"}
    text = series(
        "2026-01-12T00:00", 192, 15, "a", value=lambda r, i: cells.get((r, i), 1)
    )
    message = told(read, text, 1)
    assert "loads.csv:4: a: empty" in message
    assert "loads.csv:7: a: -1.5 kW is negative" in message
    assert "loads.csv:8: a: 'nan' is not a finite number" in message


def test_blanks_around_names_and_numbers_do_not_matter(read):
    text = series("2026-01-12T00:00", 192, 15, " a", value=lambda r, i: " 2.5 ")
    assert read(text, 1, names=["a"]).day_kw(0)[0, 0] == 2.5


def test_gaps_and_repeats(read):
    lines = series("2026-01-12T00:00", 192, 15, "a").splitlines()
    gap = "\n".join(lines[:10] + lines[11:])
    assert "loads.csv:11: time: 30 min after the row before" in told(read, gap, 1)
    twice = "\n".join([*lines[:10], lines[9], *lines[10:]])
    assert "loads.csv:11: time: 0 min after the row before" in told(read, twice, 1)


def test_a_series_must_cover_the_run(read):
    late = told(read, series("2026-01-12T01:00", 192, 15, "a"), 1)
    assert "covers 2026-01-12T00:00Z to 2026-01-14T00:00Z" in late
    assert "the run needs 2026-01-11T23:00Z to 2026-01-13T23:00Z" in late
    assert "not repeated" in late
    assert "not repeated" in told(read, series("2026-01-12T00:00", 96, 15, "a"), 1)


def test_intervals_must_fit_the_step(read):
    text = series("2026-01-12T00:00", 144, 20, "a")
    assert "an interval of 20 min neither divides the run's step of 15 min" in told(
        read, text, 1
    )
    beside = series("2026-01-11T23:50", 200, 15, "a")
    assert "begin at a full step" in told(read, beside, 1)


def test_clock_changes_are_local_or_by_offset(read):
    spring = Timeline(date(2026, 3, 29), 1, 60, "Europe/Berlin")
    hours = [h for h in range(24) if h != 2]
    lines = ["time,a", *(f"2026-03-29T{h:02d}:00,{h}" for h in hours)]
    assert read("\n".join(lines), 1, timeline=spring).day_kw(0)[:, 0].tolist() == hours
    lines.insert(3, "2026-03-29T02:00,2")
    assert "loads.csv:4: time: '2026-03-29T02:00' is no local time" in told(
        read, "\n".join(lines), 1, timeline=spring
    )
    autumn = Timeline(date(2026, 10, 25), 1, 60, "Europe/Berlin")
    hours = [0, 1, 2, 2, *range(3, 24)]
    lines = [
        "time,a",
        *(f"2026-10-25T{h:02d}:00,{i}" for i, h in enumerate(hours)),
    ]
    assert read("\n".join(lines), 1, timeline=autumn).day_kw(0)[:, 0].tolist() == list(
        range(25)
    )
    utc = datetime(2026, 10, 24, 22)
    lines = ["time,a"]
    lines += [f"{(utc + timedelta(hours=i)).isoformat()}Z,{i}" for i in range(25)]
    assert read("\n".join(lines), 1, timeline=autumn).day_kw(0)[4, 0] == 4


def test_the_outlook_s_mean_day_is_of_the_days_before_the_run(read):
    """Ten days before the run at 1 kW, the run's own at 5 kW."""
    text = series(
        "2026-01-02T00:00", 13 * 24, 60, "a", value=lambda r, i: 1 if r < 240 else 5
    )
    model = read(text, 1)
    assert (model.mean_kw(0) == 1.0).all() and model.mean_kw(0).shape == (96, 1)
    assert (model.day_kw(0) == 5.0).all()
    assert (model.day_kw(2) == 5.0).all()  # the day after the run, which the file has
    assert (model.day_kw(3) == 1.0).all()  # beyond the file: the mean day


def test_weekends_have_a_mean_day_of_their_own(read):
    """Two weeks before the run: 1 kW on weekdays, 3 kW from Saturday to Sunday."""
    text = series(
        "2025-12-29T00:00",
        16 * 24,
        60,
        "a",
        value=lambda r, i: 3 if r // 24 % 7 >= 5 else 1,
    )
    model = read(text, 1)
    assert (model.mean_kw(0) == 1.0).all()  # Monday
    assert (model.mean_kw(5) == 3.0).all()  # Saturday


def test_without_earlier_days_it_is_the_file_s_mean(read):
    text = series("2026-01-12T00:00", 192, 15, "a", value=lambda r, i: 1 + 2 * (r > 95))
    assert (read(text, 1).mean_kw(0) == 2.0).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a readable CSV table"),
        ("time,a\n", "no rows of data"),
        (b"PAR1\x00\x15\xff\xfe\x00\n\x00,\x01\n\xff,\xff", "loads.csv"),
        ("hour,a\n1,2\n", "the first column is 'hour'; it must be 'time'"),
        ("time,a\nyesterday,2\n", "'yesterday' is no local time in Europe/Berlin"),
        ("time,a\n2026-01-12,2\n", "loads.csv"),
        ("time,a\n2026-01-12T00:00,2,3\n", "not a readable CSV table"),
        ("time;a\n2026-01-12T00:00;2\n", "columns are separated by semicolons"),
    ],
)
def test_what_is_no_table_of_loads_is_told(read, text, said):
    assert said in told(read, text, 1)


def test_too_few_columns(read):
    text = series("2026-01-12T00:00", 192, 15, "a", "b")
    assert "2 load columns for 3 customers" in told(read, text, 3)


def test_watts_are_suspected(read):
    text = series("2026-01-12T00:00", 192, 15, "a", value=lambda r, i: 400)
    assert "400 kW on average: is the file in W?" in read(text, 1).notes[-1]


def test_missing_files_and_folders(tmp_path, make_homes):
    homes = make_homes(1)
    with pytest.raises(InputError, match="the load file does not exist"):
        profile(str(tmp_path / "none.csv"), homes, TWO_DAYS, 1)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="the load file is a folder"):
        profile(str(tmp_path / "folder.csv"), homes, TWO_DAYS, 1)


def test_float32_storage_does_not_show(read):
    text = series("2026-01-12T00:00", 192, 15, "a", value=lambda r, i: 3.7)
    assert np.allclose(read(text, 1).day_kw(0), 3.7, rtol=1e-6)
