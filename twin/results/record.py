"""Reads what a run has written: lazily, and never a half-written file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from platform import node
from typing import Any

import polars as pl

from twin.errors import InputError, nearest
from twin.tables import SCHEMA, TABLES

RUN_FILE, STATUS_FILE = "run.json", "status.json"
NEITHER = (
    f"neither a run (it has no {RUN_FILE}) nor a study (it has no study.json); "
    "running the study again writes it"
)


@dataclass(frozen=True)
class Run:
    """One run's folder: ``run.json`` and its tables."""

    path: Path
    record: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path | str) -> Run:
        """Open a run's folder (or its ``run.json``); what is wrong is an InputError."""
        folder = Path(path)
        folder = folder.parent if folder.name == RUN_FILE else folder
        record = _read_record(folder)
        missing = [name for name in record["outputs"] if not (folder / name).is_file()]
        if missing:
            raise _unusable(folder, f"{', '.join(missing)} listed but not there")
        return cls(folder, record)

    @property
    def run_id(self) -> str:
        """The run's id."""
        return str(self.record["run_id"])

    @property
    def status(self) -> str:
        """done, interrupted or failed."""
        return str(self.record["status"])

    @property
    def is_complete(self) -> bool:
        """Whether it reached its end, with its folder in place."""
        return self.status == "done" and self.path.suffix != ".part"

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it has."""
        return tuple(name for name in TABLES if self.has(name))

    def has(self, table: str) -> bool:
        """Whether it has written that table, whole or in part."""
        return (self.path / f"{table}.parquet").is_file() or bool(
            part_files(self.path, table)
        )

    def scan(self, table: str) -> pl.LazyFrame:
        """A table, lazily; of an unfinished run, the days that it has."""
        whole = self.path / f"{table}.parquet"
        parts = part_files(self.path, table)
        if not whole.is_file() and not parts:
            raise InputError.of(
                f"has no table {table}{nearest(table, self.tables)} "
                f"(it has {', '.join(self.tables) or 'none'})",
                where=str(self.path),
            )
        files = [whole] if whole.is_file() else parts
        frame = pl.scan_parquet(files, glob=False)
        try:
            frame.collect_schema()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unusable(self.path, f"{table} cannot be read: {error}") from error
        return frame

    def static(self, table: str) -> pl.DataFrame:
        """A small table, whole."""
        return self.scan(table).collect()

    def at(self, table: str, instant: datetime) -> pl.DataFrame:
        """The row of the interval that begins at an instant; no rows if none does."""
        return self.scan(table).filter(pl.col("time") == in_utc(instant)).collect()

    def one(self, table: str, index: int, *columns: str) -> pl.DataFrame:
        """The course of one node, branch, customer or car: time and its columns."""
        arrays = [column.name for column in TABLES[table].columns if column.per]
        picked = [pl.col(name).arr.get(index) for name in columns or arrays]
        return self.scan(table).select("time", *picked).collect()


@dataclass(frozen=True)
class Found:
    """A run that lies in the results folder, whatever its state."""

    path: Path
    scenario: str
    run_id: str
    state: str
    progress: float
    message: str


def find_runs(out: Path | str) -> list[Found]:
    """Every run below a results folder, by scenario and id; nothing is refused."""
    root = Path(out)
    folders = {path.parent for path in root.glob(f"*/*/{RUN_FILE}")}
    folders |= {path.parent for path in root.glob(f"*/*/{STATUS_FILE}")}
    kept = [path for path in folders if path.suffix != ".old"]
    return [_found(folder) for folder in sorted(kept)]


def read_status(folder: Path) -> dict[str, Any]:
    """The folder's ``status.json``; empty if there is none that can be read.

    A run that says it is running, but whose process on this host is gone, is ``died``.
    """
    try:
        status = json.loads((folder / STATUS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(status, dict):
        return {}
    here = status.get("host") == node()
    if status.get("state") == "running" and here and not _is_alive(status.get("pid")):
        status["state"] = "died"
    return status


def in_utc(instant: datetime) -> datetime:
    """The instant in UTC; one that names no zone is taken as UTC."""
    zoned = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return zoned.astimezone(UTC)


def part_files(folder: Path, table: str) -> list[Path]:
    """The days of a table that is not joined yet, in order."""
    return sorted((folder / "parts" / table).glob("[0-9]*.parquet"))


def _read_record(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise InputError.of("no such run folder", where=str(folder))
    try:
        record = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _unusable(folder, _why_unfinished(folder)) from None
    except (OSError, ValueError) as error:
        raise _unusable(folder, f"{RUN_FILE} cannot be read: {error}") from error
    if not isinstance(record, dict) or not isinstance(record.get("schema"), int):
        raise _unusable(folder, f"{RUN_FILE} is not a run's record")
    if record["schema"] > SCHEMA:
        raise _unusable(
            folder,
            f"written by a newer twin (schema {record['schema']}; "
            f"this one reads up to {SCHEMA})",
        )
    outputs = record.get("outputs")
    if not isinstance(outputs, dict) or any(_leaves(name) for name in outputs):
        raise _unusable(folder, f"{RUN_FILE} lists no files, or files elsewhere")
    lacking = [key for key in ("status", "run_id") if key not in record]
    if lacking:
        raise _unusable(folder, f"{RUN_FILE} lacks {', '.join(lacking)}")
    return record


def _leaves(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts


def _why_unfinished(folder: Path) -> str:
    status = read_status(folder)
    done = f"{100 * status.get('progress', 0):.0f} %"
    if status.get("state") == "running":
        return f"still being written by process {status['pid']} ({done})"
    if "study" in status or _lies_among_studies(folder):
        return NEITHER
    if status.get("state") == "died":
        return (
            f"half-written: process {status['pid']} died at {done}; its whole days are "
            "the files in parts/, and running it again begins anew"
        )
    return f"not a run: it has no {RUN_FILE}"


def _lies_among_studies(folder: Path) -> bool:
    """Whether it is where a study's results go: studies/<its name>/<its id>."""
    return [one.name for one in folder.resolve().parents][1:2] == ["studies"]


def _unusable(folder: Path, why: str) -> InputError:
    return InputError.of(why, where=str(folder))


def _found(folder: Path) -> Found:
    status = read_status(folder)
    state, message = str(status.get("state", "")), str(status.get("message", ""))
    if (folder / RUN_FILE).is_file() or not state:
        try:
            state = Run.open(folder).status
        except InputError as error:
            state, message = "unreadable", str(error)
    return Found(
        folder,
        folder.parent.name,
        folder.name.removesuffix(".part"),
        state,
        float(status.get("progress", 1.0 if state == "done" else 0.0)),
        message,
    )


def _is_alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
