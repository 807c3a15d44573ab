import numpy as np
import polars as pl
import pytest

from twin.results.frames import conform, frame_of, widths_of
from twin.tables import TABLES, Column, Table

SMALL = Table(
    "small",
    "interval",
    (
        Column("time", "time", "UTC", "start"),
        Column("count", "i32", "", "how many"),
        Column("ok", "bool", "", "whether"),
        Column("kw", "f32", "kW", "power", "ev"),
        Column("state", "u8", "", "state", "ev"),
    ),
    kind="interval",
)


def good(**changed):
    columns = {
        "time": np.array(["2026-01-12T00:00", "2026-01-12T00:15"], "datetime64[us]"),
        "count": np.array([1, 2]),
        "ok": np.array([True, False]),
        "kw": np.array([[0.1, 7.2, -3.5], [0.0, 1.0, 2.0]]),
        "state": np.array([[0, 1, 2], [2, 1, 0]]),
    }
    return {**columns, **changed}


def test_columns_take_the_tables_types_and_order():
    frame = frame_of(SMALL, dict(reversed(good().items())))
    assert frame.schema == {
        "time": pl.Datetime("us", "UTC"),
        "count": pl.Int32,
        "ok": pl.Boolean,
        "kw": pl.Array(pl.Float32, 3),
        "state": pl.Array(pl.UInt8, 3),
    }
    assert frame["kw"].to_list()[0] == [np.float32(0.1), np.float32(7.2), -3.5]
    assert frame["time"][1].isoformat() == "2026-01-12T00:15:00+00:00"
    assert widths_of(SMALL, frame) == {"ev": 3}


def test_a_transposed_view_is_written_by_its_values():
    turned = np.arange(6, dtype=np.float32).reshape(3, 2).T
    assert frame_of(SMALL, good(kw=turned))["kw"].to_list() == [[0, 2, 4], [1, 3, 5]]


def test_missing_and_unknown_columns_are_named():
    columns = good(kilowatt=np.zeros(2))
    del columns["ok"]
    with pytest.raises(ValueError, match=r"missing columns \['ok'\].*\['kilowatt"):
        frame_of(SMALL, columns)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kw": np.zeros(2)}, r"small.kw must have 2 dimensions, got shape \(2,\)"),
        ({"count": np.zeros((2, 1), int)}, "small.count must have 1 dimensions"),
        ({"count": np.array([0.5, 1.5])}, "small.count must be int32, got float64"),
        ({"ok": np.array([0, 1])}, "small.ok must be bool, got int64"),
        ({"state": np.full((2, 3), 256)}, "small.state: beyond the range of uint8"),
        ({"state": np.full((2, 3), -1)}, "small.state: beyond the range of uint8"),
        ({"count": np.array([1, 2, 3])}, "columns of different lengths"),
        ({"kw": np.zeros((2, 3), complex)}, "small.kw must be float32"),
    ],
)
def test_what_does_not_fit_is_told_not_bent(changed, message):
    with pytest.raises(ValueError, match=message):
        frame_of(SMALL, good(**changed))


def test_arrays_of_the_same_things_are_as_long():
    frame = frame_of(SMALL, good(state=np.zeros((2, 4), int)))
    with pytest.raises(ValueError, match=r"small.state is 4 wide, another .* 3"):
        widths_of(SMALL, frame)


def test_frames_are_put_in_order_and_cast_strictly():
    table = TABLES["events"]
    frame = pl.DataFrame(
        {
            "reason": ["storm"],
            "value": [4],
            "entity": ["feeder"],
            "kind": ["outage"],
            "until": [None],
            "time": ["2026-01-14T18:00:00"],
        }
    ).with_columns(pl.col("time").str.to_datetime(time_zone="UTC"))
    exact = conform(table, frame)
    assert exact.columns == list(table.column_names)
    assert exact.schema["value"] == pl.Float64
    assert exact["until"].to_list() == [None]


def test_a_number_too_large_for_its_column_is_told():
    frame = pl.DataFrame({name: [0] for name in TABLES["transformers"].column_names})
    with pytest.raises(ValueError, match="transformers: a column does not fit"):
        conform(TABLES["transformers"], frame.with_columns(customers=pl.lit(2**40)))
