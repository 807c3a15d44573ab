"""Digests of a complete run's wide tables, kept in its folder: read once, not again."""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from twin.results.durable import replacing
from twin.results.record import RUN_FILE, Run

Digest = TypeVar("Digest")
ACCOUNTS = (
    "ageing", "chemistries", "diversity", "horizon", "life", "rainflow", "ratings",
    "round_trip", "stress", "thermal",
)  # fmt: skip
WORTH_KEEPING_BYTES = 3_000_000
SPOILT = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    BadZipFile,
    zlib.error,
)
SOURCES = (
    "digest.py",
    "quality_digest.py",
    "case.py",
    "kept.py",
    "diversity.py",
    "life.py",
    "round_trip.py",
    "wear.py",
    *(f"../accounts/{name}.py" for name in ACCOUNTS),
)


def kept(
    run: Run,
    table: str,
    kind: type[Digest],
    asked: Sequence[object],
    make: Callable[[], Digest],
    word: str = "",
) -> Digest:
    """The digest of a table as it was kept; else it is made, and kept if it may be.

    kind   a dataclass of arrays, flags, tuples of words, and dataclasses of these
    asked  whatever else the digest depends on: arrays, numbers, limits
    word   tells digests of one kind apart that are kept side by side
    """
    path = _path(run, table, kind, asked, word)
    if path is None:
        return make()
    found = _read(path, kind)
    if found is None:
        found = make()
        with suppress(OSError):
            _write(path, found)
    return found


def _path(
    run: Run, table: str, kind: type[Digest], asked: Sequence[object], word: str
) -> Path | None:
    """Where it is kept; None where it is quickly made, or the run is not complete."""
    try:
        size, changed = stamp(run.path / f"{table}.parquet")
        if not run.is_complete or size < WORTH_KEEPING_BYTES:
            return None
        of = hashlib.sha256((run.path / RUN_FILE).read_bytes())
        for name in SOURCES:
            of.update(Path(__file__).parent.joinpath(name).read_bytes())
        of.update(Path(str(sys.modules[kind.__module__].__file__)).read_bytes())
    except OSError:
        return None
    of.update(f"{size} {changed}".encode())
    for one in asked:
        of.update(_bytes(one))
    name = kind.__name__.lower() + (f"-{word}" if word else "")
    return run.path / f".digest-{name}-{of.hexdigest()[:16]}.npz"


def _read(path: Path, kind: type[Digest]) -> Digest | None:
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found: Digest = _restored(kind, dict(arrays.items()))
            return found
    except SPOILT:
        return None


def _write(path: Path, digest: object) -> None:
    """Write it whole, then remove what was kept of an older question."""
    arrays: dict[str, Any] = dict(_flat(digest))
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
    stem = path.name.rpartition("-")[0]
    for old in path.parent.glob(f"{stem}-{16 * '?'}.npz"):
        if old != path:
            old.unlink(missing_ok=True)


def _flat(digest: Any, prefix: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """Every field that is known, as an array; those of a part as ``part.field``."""
    for field in fields(digest):
        value = getattr(digest, field.name)
        if is_dataclass(value):
            yield from _flat(value, f"{prefix}{field.name}.")
        elif value is not None:
            yield f"{prefix}{field.name}", np.asarray(value)


def _restored(kind: Any, arrays: Mapping[str, NDArray[Any]], prefix: str = "") -> Any:
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for field in fields(kind):
        hint, name = hints[field.name], f"{prefix}{field.name}"
        if is_dataclass(hint):
            found[field.name] = _restored(hint, arrays, f"{name}.")
        elif name in arrays:
            found[field.name] = _value(hint, arrays[name])
    return kind(**found)


def _value(hint: Any, array: NDArray[Any]) -> Any:
    if hint is bool:
        return bool(array)
    return tuple(array.tolist()) if get_origin(hint) is tuple else array


def _bytes(value: object) -> bytes:
    if isinstance(value, np.ndarray):
        return f"{value.dtype.str}{value.shape}".encode() + value.tobytes()
    if isinstance(value, tuple | list):
        return b"(" + b",".join(_bytes(one) for one in value) + b")"
    return repr(value).encode()


def stamp(path: Path) -> tuple[int, int]:
    """By which a file is known to be the same: its size, and when it was changed."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
