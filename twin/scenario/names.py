"""The names that a scenario may use, as data: checking imports nothing heavy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"
NAMES_FILE = DATA / "names.json"

ONE_WAY = ("uncontrolled", "tou", "valley")
TWO_WAY = ("v2g_peak", "v2g_price", "v2h", "emergency")


@cache
def names() -> Mapping[str, Any]:
    """Everything in ``twin/data/names.json``."""
    known: Mapping[str, Any] = json.loads(NAMES_FILE.read_text(encoding="utf-8"))
    return known


def known(kind: str) -> tuple[str, ...]:
    """All names of a kind: feeders, circuits, vehicles, tariffs, policies, ..."""
    return tuple(names()[kind])


def circuit_file(name: str) -> Path | None:
    """The master file of an OpenDSS circuit that ships, by its name."""
    circuits = names()["circuits"]
    return DATA / circuits[name]["master"] if name in circuits else None


def circuit_of(source: str) -> str | None:
    """The name of the circuit that ships and that an ``opendss:`` source means."""
    prefix, _, said = source.partition(":")
    circuits = names()["circuits"] if prefix == "opendss" else ()
    meant = (name for name in circuits if said in (name, str(circuit_file(name))))
    return next(meant, None)


def region_of(source: object, timezone: object = None) -> str:
    """``US`` or ``DE`` (Europe): where a feeder stands; files are told by time zone.

    OpenDSS circuits are North American where no time zone is said.
    """
    prefix, _, rest = str(source).partition(":")
    if prefix == "pandapower" and rest in names()["feeders"]:
        return str(names()["feeders"][rest]["region"])
    if prefix == "opendss" and timezone is None:
        return "US"
    american = isinstance(timezone, str) and timezone.startswith(("America/", "US/"))
    return "US" if american and prefix != "simbench" else "DE"


def region_default(region: str, key: str) -> str:
    """What a region takes where a scenario says nothing: timezone, profiles, ..."""
    return str(names()["regions"][region][key])
