"""Hands a run to other programs: csv, xlsx or geojson, with the assets' names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.errors import InputError, nearest
from twin.results.durable import replacing, write_json
from twin.results.naming import INDEX, asset_names, named, nameless
from twin.results.record import Run
from twin.tables import TABLES, Per

CHUNK_ROWS = 96
SHEET_ROWS = 1_000_000
ENDS = ("from_node", "to_node")

More = Mapping[str, pl.DataFrame]
Exporter = Callable[[Run, Path, More], list[Path]]


def export(run: Run, to: str, out: Path, more: More | None = None) -> list[Path]:
    """Write the run's tables as csv, xlsx or geojson into a folder; the files made.

    more  further tables by name, made of the run's own; csv and xlsx hold them

    Of an unfinished run, the days that it has; ``left_out`` says what is not among them.
    """
    if to not in _EXPORTERS:
        allowed = ", ".join(_EXPORTERS)
        raise InputError.of(
            f"cannot export to {to!r}{nearest(to, _EXPORTERS)} (allowed: {allowed})",
            key="--to",
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        return _EXPORTERS[to](run, out, more or {})
    except OSError as error:
        raise InputError.of(
            f"cannot write into {out}: {error.strerror or error}", key="--out"
        ) from error


def left_out(run: Run) -> list[str]:
    """What an unfinished run's export lacks, in words; nothing of a complete one.

    What customers and cars come to is written at the run's end, their names with it.
    """
    found = nameless(run)
    if not found:
        return []
    needed = [name for name in TABLES if any(name in one for one in found.values())]
    return [
        f"the run is {run.status}: {', '.join(found)} left out, for want of "
        f"{' and '.join(needed)}, which a run writes at its end"
    ]


def to_csv(run: Run, out: Path, more: More) -> list[Path]:
    """A csv per table; array columns as one row per interval and asset."""
    made = [_csv(run, name, out / f"{name}.csv") for name in _tables(run)]
    for name, frame in more.items():
        with replacing(out / f"{name}.csv") as temporary:
            named(run, frame.lazy()).collect().write_csv(temporary)
        made.append(out / f"{name}.csv")
    return made


def to_xlsx(run: Run, out: Path, more: More) -> list[Path]:
    """One workbook with a sheet per table that has no arrays and fits a sheet."""
    try:
        workbook = import_module("xlsxwriter").Workbook
    except ImportError:
        raise InputError.of(
            "xlsx needs the package xlsxwriter, which is not installed", key="--to"
        ) from None
    path = out / f"{run.run_id}.xlsx"
    with replacing(path) as temporary, workbook(temporary) as book:
        for name in _tables(run):
            if _per(name) or _height(run, name) > SHEET_ROWS:
                continue
            naive = pl.col(pl.Datetime("us", "UTC")).dt.replace_time_zone(None)
            known = pl.when(pl.col(pl.Float64).is_finite()).then(pl.col(pl.Float64))
            frame = named(run, run.scan(name)).collect().with_columns(naive, known)
            frame.write_excel(book, worksheet=name, header_format={"bold": True})
        for name, unnamed in more.items():
            if unnamed.height <= SHEET_ROWS:
                frame = named(run, unnamed.lazy()).collect()
                frame.write_excel(book, worksheet=name, header_format={"bold": True})
    return [path]


def to_geojson(run: Run, out: Path, more: More) -> list[Path]:
    """Nodes as points with their lowest voltage, branches as lines with their load.

    Further tables have no place on a map and are left out.
    """
    nodes, branches = run.static("nodes"), run.static("branches")
    points = [
        _feature(_point(row), row, measures)
        for row, measures in zip(
            _named_rows(run, nodes), _node_measures(run, len(nodes)), strict=True
        )
    ]
    place = [_position(row) for row in nodes.iter_rows(named=True)]
    lines = [
        _feature(_line(place, row), row, measures)
        for row, measures in zip(
            _named_rows(run, branches),
            _branch_measures(run, len(branches)),
            strict=True,
        )
    ]
    note = (
        "" if nodes["geographic"].all() else "coordinates are not longitude, latitude"
    )
    files = {"nodes": points, "branches": lines}
    for name, features in files.items():
        content = {"type": "FeatureCollection", "note": note, "features": features}
        write_json(out / f"{name}.geojson", content)
    return [out / f"{name}.geojson" for name in files]


def _csv(run: Run, name: str, path: Path) -> Path:
    with replacing(path) as temporary:
        per = _per(name)
        if not per:
            named(run, run.scan(name)).sink_csv(temporary)
            return path
        names = asset_names(run, per)
        with temporary.open("wb") as file:
            for number, chunk in enumerate(_chunks(run, name)):
                long = _long(name, per, names, chunk)
                long.write_csv(file, include_header=number == 0)
    return path


def _long(name: str, per: Per, names: list[str], chunk: pl.DataFrame) -> pl.DataFrame:
    """A row per interval and asset: time, the asset's name and index, the values."""
    table = TABLES[name]
    scalars = [column.name for column in table.columns if not column.per]
    arrays = [column.name for column in table.columns if column.per]
    each = np.repeat(np.arange(chunk.height), len(names))
    values = {array: chunk[array].to_numpy().reshape(-1) for array in arrays}
    return chunk.select(scalars)[each].with_columns(
        pl.Series(per, names * chunk.height, dtype=pl.String),
        pl.Series(per + INDEX, np.tile(np.arange(len(names)), chunk.height)),
        *(pl.Series(array, numbers) for array, numbers in values.items()),
    )


def _chunks(run: Run, name: str) -> Iterator[pl.DataFrame]:
    frame = run.scan(name)
    for offset in range(0, max(1, _height(run, name)), CHUNK_ROWS):
        yield frame.slice(offset, CHUNK_ROWS).collect()


def _tables(run: Run) -> list[str]:
    """Those whose assets all have names."""
    unnamed = nameless(run)
    return [name for name in run.tables if name not in unnamed]


def _height(run: Run, name: str) -> int:
    return int(run.scan(name).select(pl.len()).collect().item())


def _per(name: str) -> Per:
    return next((column.per for column in TABLES[name].columns if column.per), "")


def _node_measures(run: Run, n_node: int) -> list[dict[str, float]]:
    if run.has("voltages"):
        low, high = ("voltages", "v_pu"), ("voltages", "v_pu")
    else:
        low, high = ("nodes_daily", "v_min_pu"), ("nodes_daily", "v_max_pu")
    lowest = -_highest(run, *low, n_node, sign=-1.0)
    highest = _highest(run, *high, n_node)
    return [
        {"v_min_pu": float(a), "v_max_pu": float(b)}
        for a, b in zip(lowest, highest, strict=True)
    ]


def _branch_measures(run: Run, n_branch: int) -> list[dict[str, float]]:
    source = (
        ("flows", "loading")
        if run.has("flows")
        else (
            "branches_daily",
            "loading_max",
        )
    )
    return [{"loading_max": float(a)} for a in _highest(run, *source, n_branch)]


def _highest(
    run: Run, table: str, column: str, width: int, sign: float = 1.0
) -> NDArray[np.float32]:
    """Highest value of each asset over the run; NaN where none is known [width]."""
    found = np.full(width, np.nan, dtype=np.float32)
    for chunk in _chunks(run, table):
        values = sign * chunk[column].to_numpy().reshape(-1, width)
        for row in values:
            found = np.fmax(found, row)
    return found


def _named_rows(run: Run, frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    return named(run, frame.lazy()).collect().iter_rows(named=True)


def _feature(
    geometry: dict[str, Any] | None, row: Mapping[str, Any], more: Mapping[str, float]
) -> dict[str, Any]:
    properties = {**row, **more}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _position(node: Mapping[str, Any]) -> list[float] | None:
    x, y = node["x"], node["y"]
    known = x is not None and y is not None and np.isfinite([x, y]).all()
    return [x, y] if known else None


def _point(node: Mapping[str, Any]) -> dict[str, Any] | None:
    position = _position(node)
    return {"type": "Point", "coordinates": position} if position else None


def _line(
    place: list[list[float] | None], branch: Mapping[str, Any]
) -> dict[str, Any] | None:
    ends = [place[branch[end + INDEX]] for end in ENDS]
    if None in ends:
        return None
    return {"type": "LineString", "coordinates": ends}


_EXPORTERS: Mapping[str, Exporter] = {
    "csv": to_csv,
    "xlsx": to_xlsx,
    "geojson": to_geojson,
}
