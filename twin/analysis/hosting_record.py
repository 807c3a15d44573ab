"""Writes what a study says of hosting beside it: a table, and its answers."""

from __future__ import annotations

from pathlib import Path

from twin.analysis.hosting import HOSTING_TABLE, hosting_of
from twin.analysis.hosting_answers import summary
from twin.analysis.study import HOSTING_FILE
from twin.results.durable import replacing, write_json
from twin.scenario.hosting_words import HostingSpec

SCHEMA = 1


def write_hosting(folder: Path, spec: HostingSpec | None) -> None:
    """Judge a finished study and write ``hosting.parquet`` and ``hosting.json``."""
    if spec is None:
        return
    found = hosting_of(folder, spec)
    with replacing(folder / HOSTING_TABLE) as temporary:
        found.table.write_parquet(temporary, compression="zstd")
    record = {
        "schema": SCHEMA,
        "penetration": found.penetration,
        "homes": found.homes,
        "notes": list(found.notes),
        **summary(found),
    }
    write_json(folder / HOSTING_FILE, record)
