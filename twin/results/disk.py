"""What a disk refuses, told in words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from twin.errors import RunFailed


@contextmanager
def written(what: str, folder: Path, kept: str = "") -> Iterator[None]:
    """Writing ``what`` into a folder; a disk that refuses ends it with RunFailed.

    ``kept``: what there is in spite of it, told at the end.
    """
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        told = f"; {kept}" if kept else ""
        raise RunFailed(
            f"cannot write {what} into {folder}: {reason}{_left(folder)}{told}"
        ) from error


def _left(folder: Path) -> str:
    """What is free on the disk of a folder that may not be there yet."""
    for place in (folder, *folder.parents):
        if place.exists():
            free_mb = shutil.disk_usage(place).free // 1_000_000
            return f" ({free_mb} MB free on that disk)"
    return ""
