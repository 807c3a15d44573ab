"""A user's records of outages: read as the shipped file, every bad cell named."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.errors import InputError
from twin.surroundings.outage_records import DATA, outage_records, records_file

KEY = "events.0.records"


def told(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        outage_records(str(path), KEY)
    return [str(one).removeprefix(str(path)) for one in caught.value.problems]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "Mine.CSV"


def test_a_copy_of_the_shipped_file_is_the_shipped_records(mine: Path) -> None:
    mine.write_bytes(records_file("pge_2021").read_bytes())
    own, shipped = outage_records(str(mine)), outage_records("pge_2021")
    assert (own.minute == shipped.minute).all()
    assert (own.hours == shipped.hours).all()
    assert records_file("pge_2021").parent == DATA


def test_columns_in_any_order_blank_lines_and_a_mark_of_byte_order(mine: Path) -> None:
    mine.write_text(
        "\ufeffhours, start\n1.5, 2024-02-04T18:05\n\n,\n2,2024-02-04 00:00\n"
    )
    records = outage_records(str(mine))
    assert records.minute.tolist() == [18 * 60 + 5, 0]
    assert records.hours.tolist() == [1.5, 2.0]


def test_every_bad_cell_is_told_with_line_and_column(mine: Path) -> None:
    assert told(
        mine,
        "start,hours,customers\n"
        "2024-02-04,2,10\n"
        "2024-02-30T10:00,0,10\n"
        "2024-02-04T10:00+01:00,2h,10\n"
        "2024-02-04T10:00,9000,\n"
        "2024-02-04T10:00\n",
    ) == [
        ":2:1: start: got '2024-02-04', allowed is a local time such as "
        "2021-01-27T18:05, without an offset",
        ":3:1: start: got '2024-02-30T10:00', allowed is a local time such as "
        "2021-01-27T18:05, without an offset",
        ":3:2: hours: got '0', allowed is a number above 0 and at most 8,760",
        ":4:1: start: got '2024-02-04T10:00+01:00', allowed is a local time such as "
        "2021-01-27T18:05, without an offset",
        ":4:2: hours: got '2h', allowed is a number above 0 and at most 8,760",
        ":5:2: hours: got '9000', allowed is a number above 0 and at most 8,760",
        ":6:1: events.0.records: got 1 values, the header has 3",
    ]


def test_a_wrong_header_is_told_with_the_nearest_name(mine: Path) -> None:
    assert told(mine, "strat,hours,hours\n") == [
        ":1:1: events.0.records: unknown column 'strat'; allowed: start, hours, "
        "customers; did you mean 'start'?",
        ":1:3: events.0.records: the column 'hours' comes twice",
        ":1:1: events.0.records: column 'start' is missing",
    ]


def test_a_file_without_outages_is_refused(mine: Path) -> None:
    assert told(mine, "start,hours\n") == [
        ":1: events.0.records: no outages; allowed: a header and one row an outage"
    ]
    mine.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a CSV table in UTF-8"):
        outage_records(str(mine), KEY)


def test_many_bad_cells_are_counted(mine: Path) -> None:
    problems = told(mine, "start,hours\n" + "2024-02-04T10:00,-1\n" * 25)
    assert len(problems) == 21 and problems[-1] == ": events.0.records: and 5 more"
