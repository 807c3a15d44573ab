"""Who is switched to another transformer lives on as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from twin.scenario.read import read
from twin.simulation.build import load_grid, plan

TIES = Path(__file__).parents[2] / "scenarios" / "mv_ties.yaml"
SWITCHED = 'feeder.changes=[{out: "Line 3-8"}, {switch: S1, closed: true}]'


def test_a_tie_moves_homes_to_another_transformer_and_changes_no_load():
    intact, tied = (
        plan(said, load_grid(said)) for said in (read(TIES, []), read(TIES, [SWITCHED]))
    )
    assert (intact.households.zone != tied.households.zone).sum() > 100
    assert np.array_equal(intact.households.group, tied.households.group)
    assert np.array_equal(intact.profile.day_kw(0), tied.profile.day_kw(0))
