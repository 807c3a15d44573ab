"""A village of three nodes, two branches, two customers and one car, for two days.

0 o---branch 0---o 1 ---branch 1---o 2
              customer 0       customer 1 (the car)
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twin.results.store import RunWriter
from twin.tables import TABLES

RUN_ID = "0123456789abcdef"
START = datetime(2026, 1, 12, tzinfo=UTC)
WIDTHS = {"node": 3, "branch": 2, "customer": 2, "ev": 1}


def times(day, rows=96):
    first = np.datetime64(START.replace(tzinfo=None), "us") + np.timedelta64(day, "D")
    return first + np.arange(rows) * np.timedelta64(15, "m")


def columns(name, day, widths=WIDTHS, rows=96):
    """Numbers that differ by table, column, day, row and asset."""
    table = TABLES[name]
    made = {}
    for number, column in enumerate(table.columns):
        if column.dtype == "time":
            made[column.name] = times(day, rows)
            continue
        shape = (rows, widths[column.per]) if column.per else (rows,)
        values = np.arange(np.prod(shape)).reshape(shape) + 1000 * day + number
        if column.dtype == "bool":
            made[column.name] = values % 2 == 0
        elif column.dtype in ("u8", "i32"):
            made[column.name] = values % 3
        else:
            made[column.name] = values / 8
    return made


def static(table, height, **given):
    zeros = {"text": "-", "bool": False, "time": START}
    made = {
        column.name: [zeros.get(column.dtype, 0)] * height
        for column in TABLES[table].columns
    }
    return pl.DataFrame({**made, **given})


def trips(day, count):
    schema = {
        "ev": pl.Int64,
        "depart": pl.Datetime("us", "UTC"),
        "arrive": pl.Datetime("us", "UTC"),
        "distance_km": pl.Float64,
        "energy_kwh": pl.Float64,
        "purpose": pl.String,
        "short_kwh": pl.Float64,
    }
    leave = [START + timedelta(days=day, hours=hour) for hour in range(count)]
    arrive = [one + timedelta(minutes=20) for one in leave]
    rows = {
        "ev": [0] * count,
        "depart": leave,
        "arrive": arrive,
        "distance_km": [12.5] * count,
        "energy_kwh": [2.25] * count,
        "purpose": ["work"] * count,
        "short_kwh": [0.0] * count,
    }
    return pl.DataFrame(rows, schema=schema)


def write_static(writer):
    writer.table(
        "nodes",
        static(
            "nodes",
            3,
            node=[0, 1, 2],
            bus=["7", "8", "9"],
            x=[8.0, 8.1, float("nan")],
            y=[50.0, 50.1, float("nan")],
            geographic=[True] * 3,
        ),
    )
    writer.table(
        "branches",
        static(
            "branches",
            2,
            branch=[0, 1],
            name=["cable a", "cable b"],
            from_node=[0, 1],
            to_node=[1, 2],
        ),
    )
    writer.table("customers", static("customers", 2, name=["mill", "inn"]))
    writer.table("evs", static("evs", 1, model=["nissan_leaf"]))


def write_day(writer, day):
    for name in ("steps", "voltages", "flows", "ev_steps", "customer_steps"):
        writer.day(name, day, columns(name, day))
    writer.rows("trips", day, trips(day, 2 * day))


def write_run(out: Path, days=2, scenario="hamlet", run_id=RUN_ID) -> Path:
    with RunWriter.open(out, scenario, run_id) as writer:
        write_static(writer)
        for day in range(days):
            write_day(writer, day)
        return writer.finish({"seed": 1, "scenario": {"name": scenario}})


class Footer:
    """A parquet file's footer: just enough of Thrift's compact protocol."""

    def __init__(self, path):
        whole = Path(path).read_bytes()
        assert whole[-4:] == b"PAR1"
        length = int.from_bytes(whole[-8:-4], "little")
        self.bytes = iter(whole[-8 - length : -8])

    def row_groups(self):
        """Rows of each row group (FileMetaData field 4, RowGroup field 3)."""
        return [group[3] for group in self.struct()[4]]

    def varint(self):
        value = shift = 0
        for byte in self.bytes:
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def zigzag(self):
        raw = self.varint()
        return (raw >> 1) ^ -(raw & 1)

    def take(self, count):
        return bytes(next(self.bytes) for _ in range(count))

    def struct(self):
        fields, number = {}, 0
        while (head := next(self.bytes)) != 0:
            number = number + (head >> 4) if head >> 4 else self.zigzag()
            fields[number] = head & 15 in (1, 2) or self.value(head & 15)
        return fields

    def value(self, kind):
        if kind == 12:
            return self.struct()
        if kind in (9, 10):
            return self.items()
        if kind == 8:
            return self.take(self.varint())
        if kind == 7:
            return self.take(8)
        return self.take(1) if kind in (1, 2, 3) else self.zigzag()

    def items(self):
        head = next(self.bytes)
        size = head >> 4 if head >> 4 < 15 else self.varint()
        return [self.value(head & 15) for _ in range(size)]


def row_groups(path):
    return Footer(path).row_groups()


class Hamlet:
    """What the tests build runs with."""

    run_id = RUN_ID
    start = START
    columns = staticmethod(columns)
    static = staticmethod(static)
    trips = staticmethod(trips)
    write_static = staticmethod(write_static)
    write_day = staticmethod(write_day)
    write = staticmethod(write_run)
    row_groups = staticmethod(row_groups)


@pytest.fixture
def hamlet():
    return Hamlet


@pytest.fixture
def finished(tmp_path):
    return write_run(tmp_path / "results")
