"""Writes a run's folder: whole files only, one writer at a time, marked if unfinished.

<out>/<scenario>/<run id>.part/   while it is being written
    status.json                   who writes, how far
    nodes.parquet ...             static tables, written once
    parts/steps/00000.parquet ... one part a simulated day, joined at the end
    run.json                      last
<out>/<scenario>/<run id>/        once it is complete
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from platform import node
from types import TracebackType
from typing import Any, Self

import polars as pl
from filelock import BaseFileLock, FileLock, Timeout

from twin.errors import Busy, InputError, RunFailed
from twin.results.disk import written
from twin.results.durable import plain, replacing, sha256_of, write_json
from twin.results.frames import Array, conform, frame_of, widths_of
from twin.results.record import RUN_FILE, STATUS_FILE, in_utc, part_files, read_status
from twin.tables import SCHEMA, TABLE_OF, TABLES, Kind, Per, Table

ROW_GROUP = 672
ROW_GROUP_BYTES = 64_000_000


class RunWriter:
    """The only writer of one run.

    Invariant: a file with a final name is whole, and a folder without ``.part`` is a
    complete run. Leaving the ``with`` block before ``finish`` marks what there is as
    interrupted (Ctrl-C) or failed; its parts stay readable.
    """

    def __init__(self, final: Path, run_id: str, lock: BaseFileLock) -> None:
        self.final = final
        self.folder = final.with_name(f"{final.name}.part")
        self._run_id = run_id
        self._lock = lock
        self._described: dict[str, Any] = {}
        self._days: dict[str, set[int]] = {}
        self._sizes: dict[Per, int] = {}
        self._status: dict[str, Any] = {
            "run_id": run_id,
            "scenario": final.parent.name,
            "pid": os.getpid(),
            "host": node(),
            "state": "running",
            "simulated": None,
            "progress": 0.0,
            "steps_per_s": 0.0,
            "message": "",
        }

    @classmethod
    def open(cls, out: Path, scenario: str, run_id: str) -> RunWriter:
        """Take the run's folder, clearing what a dead or earlier writer left there."""
        _check_words(scenario, run_id)
        final = Path(out) / scenario / run_id
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            lock = _locked(final)
            writer = cls(final, run_id, lock)
            shutil.rmtree(writer.folder, ignore_errors=True)
            writer.folder.mkdir()
            writer._write_status()
        except OSError as error:
            raise InputError.of(
                f"cannot write results below {out}: {error.strerror or error}; "
                "choose a folder that can be written",
                key="--out",
            ) from error
        return writer

    def describe(self, run: Mapping[str, Any]) -> None:
        """What ``run.json`` shall say, also if the run does not reach its end."""
        self._described.update(plain(run))

    def table(self, name: str, frame: pl.DataFrame) -> None:
        """Write a static table whole."""
        table = _table(name, "static")
        exact = conform(table, frame)
        for per, of in TABLE_OF.items():
            if of == name:
                self._agree(table, {per: exact.height})
        with self._writing(f"{name}.parquet"):
            self._save(exact.lazy(), name)

    def day(self, name: str, day: int, columns: Mapping[str, Array]) -> None:
        """Write one simulated day of a table that has a row an interval, or a day."""
        table = _table(name, "interval", "day")
        frame = frame_of(table, columns)
        self._agree(table, widths_of(table, frame))
        self._part(name, day, frame)

    def rows(self, name: str, day: int, frame: pl.DataFrame) -> None:
        """Write what happened on one simulated day; the frame may be empty."""
        self._part(name, day, conform(_table(name, "rows"), frame))

    def progress(
        self, simulated: datetime, fraction: float, steps_per_s: float
    ) -> None:
        """Tell whoever watches how far the run is."""
        self._status.update(
            simulated=in_utc(simulated).isoformat(),
            progress=round(fraction, 6),
            steps_per_s=round(steps_per_s, 3),
        )
        with self._writing(STATUS_FILE):
            self._write_status()

    def finish(self, run: Mapping[str, Any]) -> Path:
        """Join the parts, write ``run.json``, give the folder its name; return it."""
        self.describe(run)
        began = time.perf_counter()
        self._check_days()
        with self._writing("joining the days"):
            for name in self._days:
                self._join(name)
            shutil.rmtree(self.folder / "parts", ignore_errors=True)
            self._write_run("done", began)
            self._mark("done", "")
            self._replace_final()
        self._lock.release()
        return self.final

    def interrupted(self) -> None:
        """Keep what there is, marked as interrupted."""
        self._stop("interrupted", "stopped before its end")

    def failed(self, reason: str) -> None:
        """Keep what there is, marked as failed, and why."""
        self._stop("failed", reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._lock.is_locked:
            return
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self.interrupted()
        else:
            self.failed(str(error) if error else "ended without finishing")

    def _part(self, name: str, day: int, frame: pl.DataFrame) -> None:
        folder = self.folder / "parts" / name
        with self._writing(f"day {day} of {name}"):
            if name not in self._days:
                folder.mkdir(parents=True, exist_ok=True)
            with replacing(folder / f"{day:05d}.parquet") as temporary:
                frame.write_parquet(temporary, compression="lz4", statistics=False)
        self._days.setdefault(name, set()).add(day)

    def _join(self, name: str) -> None:
        parts = part_files(self.folder, name)
        self._save(pl.scan_parquet(parts, glob=False), name)
        shutil.rmtree(self.folder / "parts" / name)

    def _save(self, frame: pl.LazyFrame, name: str) -> None:
        with replacing(self.folder / f"{name}.parquet") as temporary:
            frame.sink_parquet(
                temporary,
                compression="zstd",
                compression_level=1,
                row_group_size=_row_group(frame),
            )

    def _agree(self, table: Table, sizes: Mapping[Per, int]) -> None:
        """Every table must count the same nodes, branches, customers, cars."""
        for per, size in sizes.items():
            known = self._sizes.setdefault(per, size)
            if known != size:
                raise ValueError(f"{table.name} has {size} of {per}, not {known}")

    def _check_days(self) -> None:
        for name, days in self._days.items():
            if days != set(range(len(days))):
                raise ValueError(f"{name}: days are missing, got {sorted(days)}")
        counts = {name: len(days) for name, days in self._days.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(f"tables with different numbers of days: {counts}")

    def _write_run(self, status: str, began: float) -> None:
        files = sorted(
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*.parquet")
        )
        outputs = {file: sha256_of(self.folder / file) for file in files}
        wall = dict(self._described.get("wall_time_s", {}))
        wall["finish"] = round(time.perf_counter() - began, 3)
        head = {"schema": SCHEMA, "status": status, "run_id": self._run_id}
        tail = {"outputs": outputs, "wall_time_s": wall}
        write_json(self.folder / RUN_FILE, {**head, **self._described, **head, **tail})

    def _replace_final(self) -> None:
        old = self.final.with_name(f"{self.final.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.final.exists():
            os.rename(self.final, old)
        os.rename(self.folder, self.final)
        shutil.rmtree(old, ignore_errors=True)

    def _stop(self, state: str, reason: str) -> None:
        """Mark as well as can be: the disk may be the reason."""
        try:
            self._mark(state, reason)
            self.describe({"reason": reason})
            self._write_run(state, time.perf_counter())
        except OSError:
            pass
        finally:
            self._lock.release()

    def _mark(self, state: str, message: str) -> None:
        if state == "done":
            self._status["progress"] = 1.0
        self._status.update(state=state, message=message)
        self._write_status()

    def _write_status(self) -> None:
        self._status["updated"] = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(self.folder / STATUS_FILE, self._status)

    def _writing(self, what: str) -> AbstractContextManager[None]:
        return written(what, self.folder, "what was written before is kept")


def _locked(final: Path) -> BaseFileLock:
    locks = final.parents[1] / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(locks / f"{final.parent.name}-{final.name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        status = read_status(final.with_name(f"{final.name}.part"))
        holder = f"process {status['pid']}" if "pid" in status else "another process"
        raise Busy(
            f"run {final.name} of {final.parent.name} is being written by {holder}; "
            "wait for it, or stop it"
        ) from None
    return lock


def _table(name: str, *kinds: Kind) -> Table:
    table = TABLES[name]
    if table.kind not in kinds:
        raise ValueError(f"{name} is a table of kind {table.kind}, not {kinds}")
    return table


def _row_group(frame: pl.LazyFrame) -> int:
    """Rows of a row group: few enough to hold one in memory, a day at least."""
    kinds = frame.collect_schema().dtypes()
    numbers = sum(kind.shape[0] if isinstance(kind, pl.Array) else 2 for kind in kinds)
    return max(96, min(ROW_GROUP, ROW_GROUP_BYTES // (4 * max(numbers, 1))))


def _check_words(scenario: str, run_id: str) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", scenario):
        raise ValueError(f"not a scenario's name: {scenario!r}")
    if not re.fullmatch(r"[0-9a-f]{16}", run_id):
        raise ValueError(f"not a run id: {run_id!r}")
