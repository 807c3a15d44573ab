"""Columns as ``tables.py`` says they are: checked, then given their exact types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.errors import nearest
from twin.tables import Column, Dtype, Per, Table

Array = NDArray[Any]


def frame_of(table: Table, columns: Mapping[str, Array]) -> pl.DataFrame:
    """A frame of numpy columns: 1-D one value a row, 2-D [n_rows, width] arrays."""
    check_names(table, columns)
    series = [
        _series(table, column, columns[column.name])
        for column in table.columns
        if column.name in columns
    ]
    heights = {one.name: len(one) for one in series}
    if len(set(heights.values())) > 1:
        raise ValueError(f"{table.name}: columns of different lengths: {heights}")
    return pl.DataFrame(series)


def conform(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The same frame in the table's order and types; what does not fit is an error."""
    check_names(table, frame.columns)
    columns = [
        pl.col(column.name).cast(_plain_type(column))
        for column in table.columns
        if column.name in frame.columns
    ]
    try:
        return frame.select(columns)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{table.name}: a column does not fit: {error}") from error


def widths_of(table: Table, frame: pl.DataFrame) -> dict[Per, int]:
    """How many nodes, branches, cars the frame's array columns are for."""
    widths: dict[Per, int] = {}
    for column in table.columns:
        if column.per:
            kind = frame.schema[column.name]
            assert isinstance(kind, pl.Array)
            widths.setdefault(column.per, kind.shape[0])
            if widths[column.per] != kind.shape[0]:
                raise ValueError(
                    f"{table.name}.{column.name} is {kind.shape[0]} wide, "
                    f"another array of it {widths[column.per]}"
                )
    return widths


def check_names(table: Table, names: Iterable[str]) -> None:
    """Every column of the table that is not optional, and no other."""
    got, allowed = list(names), table.column_names
    needed = [column.name for column in table.columns if not column.optional]
    missing = [name for name in needed if name not in got]
    extra = [name + nearest(name, allowed) for name in got if name not in allowed]
    if missing or extra:
        raise ValueError(
            f"{table.name}: missing columns {missing}, unknown columns {extra}"
        )


def _series(table: Table, column: Column, values: Array) -> pl.Series:
    dimensions = 2 if column.per else 1
    if values.ndim != dimensions:
        raise ValueError(
            f"{table.name}.{column.name} must have {dimensions} dimensions, "
            f"got shape {values.shape}"
        )
    if column.dtype in ("time", "text"):
        return pl.Series(column.name, values).cast(_plain_type(column))
    exact = _exact(table, column, values)
    return pl.Series(column.name, exact, dtype=_array_type(column, exact))


def _exact(table: Table, column: Column, values: Array) -> Array:
    """Contiguous, in the column's own numpy type; never a silent wrap or cut."""
    wanted = np.dtype(_NUMPY[column.dtype])
    if values.dtype == wanted:
        return np.ascontiguousarray(values)
    if values.dtype.kind not in _FITS[wanted.kind]:
        raise ValueError(
            f"{table.name}.{column.name} must be {wanted}, got {values.dtype}"
        )
    if wanted.kind in "iu" and values.dtype.kind in "iu" and values.size:
        limits = np.iinfo(wanted)
        if values.min() < limits.min or values.max() > limits.max:
            raise ValueError(
                f"{table.name}.{column.name}: beyond the range of {wanted}"
            )
    return np.ascontiguousarray(values, dtype=wanted)


def _array_type(column: Column, values: Array) -> pl.DataType:
    plain = _plain_type(column)
    return pl.Array(plain, values.shape[1]) if column.per else plain


def _plain_type(column: Column) -> pl.DataType:
    return _POLARS[column.dtype]


_NUMPY: Mapping[Dtype, str] = {
    "bool": "bool",
    "u8": "u1",
    "i32": "i4",
    "f32": "f4",
    "f64": "f8",
}
_FITS: Mapping[str, str] = {"b": "b", "i": "biu", "u": "biu", "f": "biuf"}
_POLARS: Mapping[Dtype, pl.DataType] = {
    "time": pl.Datetime("us", "UTC"),
    "text": pl.String(),
    "bool": pl.Boolean(),
    "u8": pl.UInt8(),
    "i32": pl.Int32(),
    "f32": pl.Float32(),
    "f64": pl.Float64(),
}
