"""A run says where its own steps could not keep reactive limits, and only its own."""

from __future__ import annotations

from pathlib import Path

import pandapower as pp
import pytest

from tests.worlds import scenario
from twin.results.record import Run
from twin.simulation.build import load_grid
from twin.simulation.run import run

pytestmark = pytest.mark.long


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A load at the end of a line that only its machine, beyond its limit, can feed.

    source ===== 0.01 + 0.1j pu ===== 6 MW, machine of at most 0.02 Mvar
    """
    net = pp.create_empty_network(sn_mva=1.0)
    for _ in range(2):
        pp.create_bus(net, 20.0)
    pp.create_ext_grid(net, 0)
    pp.create_line_from_parameters(
        net, 0, 1, 1.0, r_ohm_per_km=4.0, x_ohm_per_km=40.0, c_nf_per_km=0.0, max_i_ka=1
    )
    pp.create_load(net, 1, 6.0, name="works")
    pp.create_load(net, 1, 0.001, name="home")
    pp.create_gen(net, 1, 0.0, vm_pu=1.0, min_q_mvar=-0.02, max_q_mvar=0.02)
    written = tmp_path / "weak.json"
    pp.to_json(net, str(written))
    return written


def test_runs_that_share_a_feeder_do_not_share_what_their_steps_showed(
    file: Path, tmp_path: Path
) -> None:
    said = scenario(
        feeder__source=f"json:{file}",
        time__days=1,
        time__step_min=60,
        time__timezone="Europe/Berlin",
        customers__profiles="network_constant",
        customers__loads="home",
        customers__import_limit_kw=30.0,
        fleet__ev_count=0,
    )
    grid = load_grid(said)
    before = list(grid.feeder.notes)
    kept = Run.open(run(said, tmp_path / "one", grid)).record
    told = [note for note in kept["warnings"] if "reactive limits" in note]
    assert told == [
        "no solution keeps every machine within its reactive limits: "
        "24 steps are solved without them"
    ]
    assert grid.feeder.notes == before
    free = said.model_copy(
        update={
            "feeder": said.feeder.model_copy(update={"enforce_q_limits": False}),
        }
    )
    other = Run.open(run(free, tmp_path / "two", grid)).record
    assert not any("reactive limits:" in note for note in other["warnings"])
