"""Sources of trips by name."""

from __future__ import annotations

from pathlib import Path

from twin.errors import InputError, nearest
from twin.fleet.travel import Travel

NAMES = ("mid", "switchbox", "evipro", "nhts")


def travel(name: str, seed: int, file: Path | None = None) -> Travel:
    """The named source of trips; ``file`` is the user's ``tripv2pub.csv`` (nhts)."""
    if name == "nhts" and file is None:
        raise InputError.of(
            "'nhts' reads your own NHTS trip file: name its path (tripv2pub.csv)",
            key="fleet.travel",
        )
    if name not in NAMES:
        raise InputError.of(
            f"unknown travel data set '{name}'; allowed: {', '.join(NAMES)}"
            + nearest(name, NAMES),
            key="fleet.travel",
        )
    return _made(name, seed, file or Path())


def _made(name: str, seed: int, file: Path) -> Travel:
    match name:
        case "mid":
            from twin.fleet.travel_mid import MidTravel

            return MidTravel(seed)
        case "switchbox":
            from twin.fleet.travel_switchbox import SwitchboxTravel

            return SwitchboxTravel(seed)
        case "evipro":
            from twin.fleet.travel_evipro import EviProTravel

            return EviProTravel(seed)
        case _:
            from twin.fleet.travel_nhts import NhtsTravel

            return NhtsTravel(seed, file)
