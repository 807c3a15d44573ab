"""A user's CSV file as text: cells line by line, columns separated by commas."""

from __future__ import annotations

import csv
from contextlib import suppress
from pathlib import Path

from twin.errors import InputError

OTHERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def rows_of(path: Path, key: str) -> list[list[str]]:
    """The cells of every line, the header first; InputError where it is no table."""
    refuse_other_separator(path, key)
    try:
        return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "not a CSV table in UTF-8"
        raise InputError.of(reason, key, str(path)) from None


def refuse_other_separator(path: Path, key: str) -> None:
    """InputError where columns are separated, but not by commas."""
    header = ""
    with suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline()
    found = [name for mark, name in OTHERS.items() if mark in header]
    if found and "," not in header:
        raise InputError.of(
            f"columns are separated by {found[0]}; needed: commas, and decimals with "
            "a point",
            key,
            f"{path}:1",
        )
