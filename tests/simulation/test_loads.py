"""Loads that a network brings itself, and roofs that may not feed in all they make."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from twin.simulation.loads import Curtailed, network_shapes


def network(profiles: dict[str, pd.DataFrame]) -> SimpleNamespace:
    load = pd.DataFrame({"p_mw": [0.002, 0.005], "profile": ["H0-A", "G1-A"]})
    return SimpleNamespace(load=load, profiles=profiles)


def test_shapes_of_the_network_are_shares_of_each_loads_own_power():
    steps = np.arange(366 * 96)
    table = pd.DataFrame(
        {"H0-A_pload": (steps % 96) / 96, "G1-A_pload": 0.5, "H0-A_qload": 9.0}
    )
    shapes = network_shapes(network({"load": table}), np.array([1, 0, 0]))
    assert shapes is not None
    assert (shapes.year, shapes.step_min) == (2016, 15)
    assert shapes.kw.shape == (366 * 96, 3)
    assert_allclose(shapes.kw[:, 0], 2.5)
    assert_allclose(shapes.kw[48], [2.5, 1.0, 1.0])


def test_a_network_without_shapes_has_none():
    assert network_shapes(network({}), np.array([0])) is None


class Sun:
    def day_kw(self, day: int) -> np.ndarray:
        return np.array([[5.0, 5.0], [0.0, 1.0]])


class Load:
    def day_kw(self, day: int) -> np.ndarray:
        return np.array([[1.0, 2.0], [1.0, 2.0]])


def test_what_may_not_be_fed_in_is_not_made():
    roofs = Curtailed(Sun(), Load(), np.array([0.0, 1.5]))
    assert_allclose(roofs.day_kw(0), [[1.0, 3.5], [0.0, 1.0]])
