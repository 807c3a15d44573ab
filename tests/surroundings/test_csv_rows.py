"""Whatever a table is for, columns that commas do not separate are told as such."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from twin.customers.roster import Roster
from twin.errors import InputError
from twin.fleet.travel_nhts import NhtsTravel
from twin.surroundings.avoided_cost import avoided_cost_of
from twin.surroundings.control_totals import read_totals
from twin.surroundings.csv_head import feeder_head
from twin.surroundings.csv_rows import rows_of
from twin.surroundings.outage_records import outage_records
from twin.surroundings.realtime import Realtime
from twin.timeline import Timeline

DAY = Timeline(date(2026, 1, 12), 1, 60, "Europe/Berlin")
READERS: dict[str, Callable[[Path], object]] = {
    "customers.file": Roster.read,
    "customers.feeder_head": lambda path: feeder_head(path, DAY),
    "fleet.travel_file": lambda path: NhtsTravel(1, path),
    "adoption.totals": read_totals,
    "tariff.file": lambda path: Realtime(path, DAY),
    "tariff.export_file": avoided_cost_of,
    "events.0.records": lambda path: outage_records(str(path), "events.0.records"),
}


@pytest.mark.parametrize("key", READERS)
@pytest.mark.parametrize(
    ("mark", "called"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
)
def test_other_separators_are_told(
    tmp_path: Path, key: str, mark: str, called: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"time{mark}kw\n2026-01-12{mark}0,5\n")
    with pytest.raises(InputError) as told:
        READERS[key](path)
    assert str(told.value) == (
        f"{path}:1: {key}: columns are separated by {called}; needed: commas, and "
        "decimals with a point"
    )


def test_a_cell_may_hold_a_semicolon(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("\ufeffcustomer,node\na;b,c\n", encoding="utf-8")
    assert rows_of(path, "customers.file") == [["customer", "node"], ["a;b", "c"]]
