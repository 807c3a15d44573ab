"""A circuit never seen before runs and matches, or says what cannot be represented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.grid.unseen_circuits import AGREES, END, HEAD, NAMES, REFUSED
from twin.errors import InputError
from twin.grid.flow import Demand
from twin.grid.opendss import to_feeder
from twin.grid.opendss_agreement import agreement_with_engine
from twin.grid.opendss_circuit import Circuit
from twin.grid.opendss_process import converted
from twin.grid.opendss_steps import Engine, Step
from twin.grid.pair_newton import PairNewton
from twin.simulation.grids import inspected, named

pytestmark = pytest.mark.long

TELLING = {**{name: (script, ()) for name, script in AGREES.items()}, **NAMES}


def circuit_of(folder: Path, script: str) -> Circuit:
    (folder / "Master.dss").write_bytes(script.encode())
    return converted(folder / "Master.dss")


@pytest.mark.parametrize("name", TELLING)
def test_it_is_the_engine_s_or_its_notes_name_what_is_held(
    name: str, tmp_path: Path
) -> None:
    script, told = TELLING[name]
    circuit = circuit_of(tmp_path, script)
    feeder = to_feeder(circuit, name)
    assert agreement_with_engine(feeder, circuit).difference_pu < 1e-7
    notes = "\n".join(feeder.notes)
    for words in told:
        assert words in notes
    if not told:
        assert notes == ""


@pytest.mark.parametrize("constant_power", [False, True], ids=["as said", "constant"])
@pytest.mark.parametrize("name", TELLING)
def test_the_engine_is_given_the_demand_of_a_step(
    name: str, constant_power: bool, tmp_path: Path
) -> None:
    """Homes that differ by phase, cars and solar at every terminal of every kind."""
    circuit = circuit_of(tmp_path, TELLING[name][0])
    feeder = to_feeder(circuit, name, constant_power)
    kw, kvar = feeder.terminals.p_kw, feeder.terminals.q_kvar
    by_terminal = np.linspace(-0.2, 0.3, len(kw))
    steps = [
        Step(kw, kvar, 0.0 * kw, 0.0 * kw),
        Step(0.8 * kw, 0.7 * kvar, 0.2 * np.abs(kw), 0.1 * kw),
        Step(
            kw * (0.9 + by_terminal / 3.0),
            kvar * (0.9 - by_terminal / 3.0),
            np.abs(kw) * by_terminal,
            kw * by_terminal / 4.0,
        ),
    ]
    engine = Engine(
        circuit, feeder, tmp_path / "Master.dss", tmp_path, None, constant_power
    )
    answer = engine.solve(steps, len(steps), 0.0)
    assert answer.v.shape == (3, len(circuit.nodes))
    for step, v, tolerance in zip(steps, answer.v, answer.tolerance, strict=True):
        flow = PairNewton(feeder).solve(Demand(*_powers(step)))
        assert flow.converged
        assert tolerance <= 1e-9
        assert np.max(np.abs(flow.v[: len(v)] - v)) < 1e-7


def _powers(step: Step) -> tuple[np.ndarray, ...]:
    return (step.load_kw, step.load_kvar, step.constant_kw, step.constant_kvar)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_represented_is_told_without_a_traceback(
    name: str, tmp_path: Path
) -> None:
    script, told = REFUSED[name]
    with pytest.raises(InputError, match=told) as error:
        circuit = circuit_of(tmp_path, script)
        to_feeder(circuit, name)
    assert "Traceback" not in str(error.value)


def test_scripts_and_shapes_in_folders_below_are_followed(tmp_path: Path) -> None:
    below = tmp_path / "parts" / "Shapes"
    below.mkdir(parents=True)
    (below / "day.csv").write_text("\n".join(["1,0.5"] * 24))
    (below / "shapes.dss").write_text(
        "new loadshape.day npts=24 interval=1 mult=(file=DAY.csv column=2)\n"
    )
    (tmp_path / "parts" / "lines.dss").write_text(
        "redirect shapes/shapes.dss\nnew line.l bus1=sourcebus bus2=b length=1\n"
        "new load.l bus1=b kv=12.47 kw=100 daily=day\n"
    )
    circuit = circuit_of(tmp_path, f"{HEAD}redirect parts\\lines.dss{END}")
    shape = circuit.words["shapes"]["day"]
    at = circuit.arrays["shape_p"][shape["at"] : shape["at"] + shape["size"]]
    assert at.tolist() == [0.5] * 24
    feeder = to_feeder(circuit, "below")
    assert agreement_with_engine(feeder, circuit).difference_pu < 1e-9


def test_a_star_point_that_hangs_free_is_told(tmp_path: Path) -> None:
    """The one thing that is neither the engine's nor refused: by name, with figures."""
    script = f"""{HEAD}new line.l bus1=sourcebus bus2=b length=1
    new load.free bus1=b.1.2.3.4 kv=12.47 kw=300
    new load.one phases=1 bus1=b.1.4 kv=7.2 kw=50{END}"""
    (tmp_path / "Master.dss").write_text(script)
    health = inspected(named(f"opendss:{tmp_path / 'Master.dss'}"))
    told = "\n".join(health.lines())
    for name in ("free", "one"):
        assert f"Load.{name}: its neutral is joined to nothing, taken as ground" in told
    assert health.agreement.difference_pu > 1e-6
