"""What customers draw: homes by their data set, others as the network says."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints
from twin.grid.ppc import Network
from twin.simulation.adopted import Adopted
from twin.simulation.grids import Grid
from twin.simulation.households import Households
from twin.surroundings.growth import Grown, HeatPumps
from twin.surroundings.network_loads import NetworkShapes
from twin.surroundings.profiles import Profile
from twin.surroundings.surroundings import LoadModel, Sun
from twin.surroundings.weather import Weather

SIMBENCH_YEAR = 2016


class Curtailed:
    """Generation of all customers, cut where their connection may not feed it in."""

    def __init__(self, sun: Sun, loads: LoadModel, export_limit_kw: Floats) -> None:
        self.sun, self.loads, self.export_limit_kw = sun, loads, export_limit_kw

    def day_kw(self, day: int) -> Floats:
        """Mean kW produced in each interval of a local day [n_step_of_day, n]."""
        most_kw = self.loads.day_kw(day) + self.export_limit_kw
        return np.minimum(self.sun.day_kw(day), np.maximum(0.0, most_kw))


def shapes_of(grid: Grid, people: Households, customers: slice) -> NetworkShapes | None:
    """The shapes that the grid brings for these customers, if it does."""
    load = grid.feeder.terminals.element[people.spread.first[customers]]
    if grid.loads is not None:
        return grid.loads.shapes_of(load, people.peak_kw[customers])
    return None if grid.net is None else network_shapes(grid.net, load)


def network_shapes(net: Network, element: Ints) -> NetworkShapes | None:
    """The year of shapes that a network brings for its loads, if it does.

    As SimBench networks do: ``net.profiles["load"]`` holds a column ``<profile>_pload``
    of shares of each load's own power, named by ``net.load.profile``.
    """
    table = getattr(net, "profiles", {}).get("load")
    if table is None or "profile" not in net.load.columns:
        return None
    names = [f"{name}_pload" for name in net.load.loc[element, "profile"]]
    own_kw = 1000.0 * net.load.loc[element, "p_mw"].to_numpy(dtype=np.float64)
    shares = table[names].to_numpy(dtype=np.float64)
    day_steps = len(shares) // 366 if len(shares) % 366 == 0 else len(shares) // 365
    return NetworkShapes(SIMBENCH_YEAR, 1440 // day_steps, shares * own_kw)


def grown(
    homes: Profile, others: Profile | None, ahead: Adopted, weather: Weather
) -> tuple[Profile, Profile | None]:
    """Loads of homes and of others in a year ahead, with the homes' heat pumps."""
    has, factor = ahead.owned.heat_pump, ahead.load_factor
    loss_w_per_k = np.where(has, ahead.words.heat_pump_w_per_k, 0.0)
    heat_pumps = HeatPumps(weather, loss_w_per_k) if has.any() else None
    later = Grown(homes, factor, heat_pumps)
    return later, None if others is None else Grown(others, factor)


class Loads:
    """Loads of all customers by local day: homes first, then the others.

    ``others`` is how these follow the network's own shapes; none: they are constant.
    """

    def __init__(
        self, homes: Profile, households: Households, others: Profile | None = None
    ) -> None:
        self.homes, self.others = homes, others
        self.n_home = households.n_home
        self.constant_kw = households.constant_kw[self.n_home :]

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval of a local day [n_step_of_day, n]."""
        others_kw = None if self.others is None else self.others.day_kw(day)
        return self._beside(self.homes.day_kw(day), others_kw)

    def mean_kw(self, day: int) -> Floats:
        """The expected mean kW of each interval [n_step_of_day, n]."""
        others_kw = None if self.others is None else self.others.mean_kw(day)
        return self._beside(self.homes.mean_kw(day), others_kw)

    def _beside(self, homes_kw: Floats, others_kw: Floats | None) -> Floats:
        if others_kw is not None:
            return np.concatenate([homes_kw, others_kw], axis=1)
        if not len(self.constant_kw):
            return np.ascontiguousarray(homes_kw)
        constant = np.broadcast_to(
            self.constant_kw, (len(homes_kw), len(self.constant_kw))
        )
        return np.concatenate([homes_kw, constant], axis=1)
