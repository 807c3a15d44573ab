"""Household load by name: a data set bound to homes, a calendar and a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from twin.arrays import Floats, Ints
from twin.errors import InputError, nearest
from twin.surroundings.csv_profiles import csv_profile
from twin.surroundings.eulv_bdew import EulvBdew
from twin.surroundings.fontana import Fontana
from twin.surroundings.homes import Homes, draw_annual_kwh
from twin.surroundings.network_loads import Network, NetworkConstant, NetworkShapes
from twin.timeline import Timeline

__all__ = [
    "NAMES",
    "Homes",
    "NetworkShapes",
    "Profile",
    "draw_annual_kwh",
    "profile",
]

NAMES = ("eulv_bdew", "fontana", "network", "network_constant")


class Profile(Protocol):
    """Load of all homes, a pure function of seed, home and date."""

    @property
    def name(self) -> str:
        """The data set's name in a scenario."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the data: real or model, how many histories."""

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The data files used, for their checksums."""

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval and home of a local day [steps, n]."""

    def mean_kw(self, day: int) -> Floats:
        """The load model's expected day of that date, without draws [steps, n]."""

    def histories(self, day: int) -> tuple[Ints, Ints] | None:
        """Whose record each home follows that day, and which form of it [n].

        None: there is no record, loads are constant.
        """


def profile(
    name: str,
    homes: Homes,
    timeline: Timeline,
    seed: int,
    shapes: NetworkShapes | None = None,
) -> Profile:
    """The named data set, or a user's CSV file, for these homes.

    ``shapes`` are the series that the network came with, if it has any.
    """
    if name == "eulv_bdew":
        return EulvBdew(homes, timeline, seed)
    if name == "fontana":
        return Fontana(homes, timeline, seed)
    if name == "network":
        return Network(homes, timeline, shapes)
    if name == "network_constant":
        return NetworkConstant(homes, timeline)
    if name.lower().endswith(".csv"):
        return csv_profile(Path(name), homes, timeline)
    raise InputError.of(
        f"no load data set '{name}'; allowed: {', '.join(NAMES)} or a .csv file"
        f"{nearest(name, NAMES)}",
        key="customers.profiles",
    )
