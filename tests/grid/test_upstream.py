"""What is measured above each node, on a grid that can be drawn."""

from __future__ import annotations

import numpy as np

from tests.worlds import BRANCHES, DORFNETZ, grid
from twin.grid.topology import downstream
from twin.grid.upstream import Measured


def test_a_node_is_behind_just_those_whose_opening_darkens_it():
    for source in (BRANCHES, DORFNETZ):
        feeder = grid(source).feeder
        found = Measured.of(feeder)
        for row in np.flatnonzero(found.of_branch >= 0).tolist():
            dark = set(downstream(feeder, row).tolist())
            element = int(found.of_branch[row])
            behind = {n for n in range(feeder.n_node) if element in found.above[n]}
            assert behind == dark, found.name[element]


def test_transformers_alone_where_no_more_is_measured():
    feeder = grid(DORFNETZ).feeder
    assert Measured.of(feeder, transformers_only=True).name == ("transformer trafo 1",)
    assert len(Measured.of(feeder)) > 50


def test_an_elements_loading_is_its_fullest_phases():
    feeder = grid(DORFNETZ).feeder
    found = Measured.of(feeder)
    loading = np.full(len(feeder.branches), np.nan)
    assert np.isnan(found.loading(loading)).all()
    rows = np.flatnonzero(found.of_branch >= 0)
    loading[rows] = np.arange(len(rows), dtype=float)
    assert found.loading(loading).tolist() == loading[rows].tolist()
