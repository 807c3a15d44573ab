"""Tariffs written for a test, as files that the reader checks like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twin.surroundings.tariff import Tariff
from twin.surroundings.tariff_files import read_tariff

ALL_DAY = {"00:00-24:00": "all_hours"}


def words(**changes: Any) -> dict[str, Any]:
    """A flat tariff of 0.30 USD per kWh, metered by the quarter hour."""
    return {
        "name": "made",
        "title": "Made for a test",
        "source": "made for a test",
        "effective": "2025-01-01",
        "verified": {"everything": {"mark": "assumed", "how": "made up"}},
        "metering_min": 15,
        "holidays": "none",
        "seasons": {"all_year": list(range(1, 13))},
        "periods": {"weekday": ALL_DAY, "weekend": ALL_DAY},
        "prices_usd_per_kwh": {"all_year": {"all_hours": 0.30}},
    } | changes


def made(folder: Path, **changes: Any) -> Tariff:
    file = folder / "made.json"
    file.write_text(json.dumps(words(**changes)), encoding="utf-8")
    return read_tariff(file)
