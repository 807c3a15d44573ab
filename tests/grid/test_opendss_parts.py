"""Odd circuits: every kind of connection, several sources, what is left out is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.grid.opendss_circuits import difference, residual, solved
from twin.errors import InputError
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.grid.opendss import load_opendss, to_feeder
from twin.grid.opendss_circuit import Circuit
from twin.grid.opendss_nodes import geographic
from twin.grid.opendss_process import converted
from twin.grid.pair_newton import PairNewton

ODD = """clear
set defaultbasefrequency=60
new circuit.odd basekv=12.47 pu=1.02 r1=.1 x1=1 r0=.2 x0=1.5 bus1="src bus"
new vsource.second bus1=far basekv=12.47 pu=1.01 angle=-1 r1=.5 x1=2 r0=1 x0=3
new vsource.third bus1=far basekv=12.47 pu=1.012 angle=-1 r1=.6 x1=2 r0=1 x0=3
new line.a bus1="src bus" bus2="my bus" length=1 units=mi
new "line.b c.d" bus1="my bus" bus2=far length=2 units=kft r1=.3 x1=.5
new line.mesh bus1="src bus" bus2=far length=3 units=km
new line.two bus1=far.1.3 bus2=two.1.3 phases=2 length=300 units=m
new line.sw bus1=far bus2=beyond switch=y
new line.off bus1=far bus2=beyond enabled=no
open line.sw 2
new load.dark bus1=beyond kv=12.47 kw=10
new transformer.dy windings=2 buses=[far lv.1.2.3.4] conns=[delta wye]
~ kvs=[12.47 .416] kvas=[500 500] xhl=4
new reactor.ground phases=1 bus1=lv.4 bus2=lv.0 r=.2 x=.01
new load.n1 phases=1 bus1=lv.1.4 kv=.24 kw=40 pf=.95
new load.n2 phases=1 bus1=lv.2.4 kv=.24 kw=20 pf=.95 model=2
new load.d3 conn=delta bus1=lv kv=.416 kw=60 pf=.9 model=5
new load.d1 phases=1 conn=delta bus1=lv.2.3 kv=.416 kw=10 pf=.9
new load.w3 bus1=lv.1.2.3.4 kv=.416 kw=33 kvar=5 model=8
~ zipv=(.3 .3 .4 .2 .3 .5 .7)
new transformer.ct phases=1 windings=3 buses=[two.1 sec.1.0 sec.0.2]
~ kvs=[7.2 .12 .12] kvas=[25 25 25] %imag=.5 %loadloss=1 xhl=2 xht=2 xlt=1.3
new line.triplex bus1=sec.1.2 bus2=home.1.2 phases=2 length=100 units=ft r1=.5 c1=0
new load.leg1 phases=1 bus1=home.1 kv=.12 kw=3
new load.leg2 phases=1 bus1=home.2 kv=.12 kw=5
new load.both phases=2 bus1=home.1.2 kv=.208 kw=6
new load.across phases=1 bus1=home.1.2 kv=.24 kw=4
new transformer.od1 phases=1 buses=[far.1.2 od.1.2] kvs=[12.47 .48] kvas=[50 50]
~ conns=[delta delta]
new transformer.od2 phases=1 buses=[far.2.3 od.2.3] kvs=[12.47 .48] kvas=[50 50]
~ conns=[delta delta]
new reactor.od bus1=od kv=.48 kvar=.001
new load.od conn=delta bus1=od kv=.48 kw=40
new load.od2 phases=2 conn=delta bus1=od.1.2.3 kv=.48 kw=8
new generator.g bus1=far kv=12.47 kw=200 pf=.98
new generator.g1 phases=1 bus1=lv.3.4 kv=.24 kw=7
new pvsystem.p bus1=lv kv=.416 kva=30 pmpp=30 irradiance=.8
new storage.s bus1=lv kv=.416 kwrated=20 kwhrated=50 state=discharging %discharge=50
new capacitor.c bus1="my bus" kv=12.47 kvar=150
new capacitor.cd bus1=far conn=delta kv=12.47 kvar=90 numsteps=3 states=[1 0 1]
new capacitor.series bus1=far.1 bus2=sx.1 phases=1 kvar=1000 kv=2.4
new load.s phases=1 bus1=sx.1 kv=7.2 kw=50 model=4 cvrwatts=.8 cvrvars=3
new fault.f phases=1 bus1=far.2 r=20000
new autotrans.at phases=3 windings=2 buses=[far atl] conns=[series wye]
~ kvs=[12.47 4.16] kvas=[500 500] xhx=3
new load.at bus1=atl kv=4.16 kw=100
new isource.i bus1=far amps=2 angle=20
new relay.r monitoredobj=line.a monitoredterm=1
new monitor.m element=line.a terminal=1
set voltagebases=[12.47 4.16 .48 .416 .208]
calcvoltagebases
setbusxy bus=far x=3 y=4
set loadmult=.9
solve
"""
SMALL = """clear
new circuit.small basekv=12.47
new line.one bus1=sourcebus bus2=end length=2 units=km
"""
BASES = "\nset voltagebases=[12.47]\ncalcvoltagebases\n"


def circuit_of(folder: Path, script: str) -> Circuit:
    (folder / "Master.dss").write_text(script)
    return converted(folder / "Master.dss")


def feeder_of(folder: Path, script: str) -> Feeder:
    (folder / "Master.dss").write_text(script)
    return load_opendss(folder / "Master.dss")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Circuit, Path]:
    folder = tmp_path_factory.mktemp("odd")
    return circuit_of(folder, ODD), folder / "Master.dss"


def test_every_kind_of_connection_solves_as_in_the_engine(
    odd: tuple[Circuit, Path],
) -> None:
    circuit, master = odd
    feeder = to_feeder(circuit, "odd")
    flow = PairNewton(feeder).solve(Demand.own(feeder))
    answer = solved(master)
    assert flow.converged
    assert {bus for bus, _ in set(answer.v) - set(circuit.nodes)} == {"beyond"}
    assert difference(circuit, feeder, flow, answer.v) < 1e-8
    assert residual(circuit) < 1e-12


def test_power_of_the_odd_circuit_is_balanced(odd: tuple[Circuit, Path]) -> None:
    feeder = to_feeder(odd[0], "odd")
    flow = PairNewton(feeder).solve(Demand.own(feeder))
    taken = flow.served_kw + flow.losses_kw
    assert flow.grid_kw == pytest.approx(taken, abs=1e-5)


def test_what_is_left_out_is_told_by_name(odd: tuple[Circuit, Path]) -> None:
    feeder = to_feeder(odd[0], "odd")
    told = "\n".join(feeder.notes)
    assert "not represented, its effect held as in the file's own" in told
    for name in ("Relay.r", "Isource.i", "Load.dark is not supplied"):
        assert name in told
    assert "Monitor" not in told
    assert feeder.dead_buses == ("beyond",)


def test_places_that_are_unknown_stay_so(odd: tuple[Circuit, Path]) -> None:
    nodes = to_feeder(odd[0], "odd").nodes
    assert not nodes.geographic
    x = dict(zip(nodes.bus, nodes.x.tolist(), strict=True))
    assert x["far"] == 3.0
    assert np.isnan(x["lv"])


@pytest.mark.parametrize(
    ("x", "y", "degrees"),
    [
        ([-117.2, -117.1], [32.7, 32.8], True),
        ([1000.5, 1200.5], [10.5, 20.5], False),
        ([-117.2, 12.5], [32.7, 48.1], False),
        ([100.0, 90.0], [40.0, 38.0], False),
        ([0.2, 0.4], [0.3, 0.9], False),
        ([np.nan], [np.nan], False),
    ],
)
def test_only_degrees_look_like_degrees(
    x: list[float], y: list[float], degrees: bool
) -> None:
    assert geographic(np.array(x), np.array(y)) is degrees


@pytest.mark.parametrize(
    ("unit", "km"),
    [
        ("none", 0.0), ("mi", 3.218688), ("kft", 0.6096), ("km", 2.0), ("m", 0.002),
        ("ft", 0.0006096), ("in", 5.08e-5), ("cm", 2e-5), ("mm", 2e-6),
    ],
)  # fmt: skip
def test_lengths_have_units(unit: str, km: float, tmp_path: Path) -> None:
    script = SMALL.replace("units=km", f"units={unit}") + BASES
    feeder = feeder_of(tmp_path, script)
    line = feeder.branches.kind.index("line")
    assert feeder.branches.length_km[line] == pytest.approx(km)
    assert feeder.nodes.distance_km[feeder.node_of_bus["end"]] == pytest.approx(
        km, abs=1e-8
    )


def test_loads_follow_the_circuit_s_multiplier_and_growth(tmp_path: Path) -> None:
    loads = """new load.l bus1=end kv=12.47 kw=100
    new load.fixed bus1=end kv=12.47 kw=50 status=fixed
    new load.exempt bus1=end kv=12.47 kw=50 status=exempt
    new load.allocated bus1=end kv=12.47 xfkva=100 allocationfactor=.4
    new load.billed bus1=end kv=12.47 kwh=7200 kwhdays=30 cfactor=3
    set loadmult=1.3 year=3 %growth=4
    """
    circuit = circuit_of(tmp_path, SMALL + loads + BASES)
    kw = {one["name"]: one["kw"] for one in circuit.words["loads"]}
    grown = 1.04**2
    assert kw["l"] == pytest.approx(100 * 1.3 * grown)
    assert kw["fixed"] == kw["exempt"] == pytest.approx(50 * grown)
    assert kw["allocated"] == pytest.approx(40 * 0.88 * 1.3 * grown)
    assert kw["billed"] == pytest.approx(30 * 1.3 * grown)
    feeder = to_feeder(circuit, "small")
    flow = PairNewton(feeder).solve(Demand.own(feeder))
    answer = solved(tmp_path / "Master.dss")
    assert difference(circuit, feeder, flow, answer.v) < 1e-9


def test_later_rooms_find_shapes_classes_and_controls(tmp_path: Path) -> None:
    (tmp_path / "shape.csv").write_text("1,5\n2,6\n3,7\n")
    script = """new loadshape.Day npts=3 interval=.5 mult=(file=shape.csv column=2)
    ~ qmult=[.1 .2 .3]
    new loadshape.Odd npts=2 hour=[1 4] mult=[7 8] useactual=yes
    new transformer.t windings=2 buses=[end low] kvs=[12.47 4.16] kvas=[500 500]
    ~ taps=[1 1.05] maxtap=1.1 mintap=.9 numtaps=32
    new regcontrol.r transformer=t winding=2 vreg=121 band=3 ptratio=20 delay=45
    new capacitor.c bus1=low kv=4.16 kvar=60 numsteps=2 states=[1 0]
    new capcontrol.k capacitor=c element=line.one type=kvar onsetting=40 offsetting=5
    new load.l bus1=low kv=4.16 kw=100 pf=.9 class=2 numcust=7 yearly=Day daily=Odd
    set controlmode=off
    """
    circuit = circuit_of(tmp_path, SMALL + script + BASES)
    words, arrays = circuit.words, circuit.arrays
    day, odd = words["shapes"]["day"], words["shapes"]["odd"]
    assert arrays["shape_p"][day["at"] : day["at"] + 3].tolist() == [5.0, 6.0, 7.0]
    q = arrays["shape_q"][day["q_at"] : day["q_at"] + day["q_size"]]
    assert q.tolist() == [0.1, 0.2, 0.3]
    assert day["interval_h"] == 0.5 and not day["actual"]
    assert odd["hours"] == [1.0, 4.0] and odd["actual"] and odd["q_size"] == 0
    (load,) = words["loads"]
    assert (load["class"], load["customers"], load["pf"]) == (2, 7, 0.9)
    assert (load["yearly"], load["daily"]) == ("day", "odd")
    (regulator,) = words["reg_controls"]
    assert [float(regulator[key]) for key in ("vreg", "band", "delay")] == [121, 3, 45]
    (control,) = words["cap_controls"]
    assert control["type"].lower() == "kvar" and float(control["onsetting"]) == 40
    assert words["first"]["taps"]["t"] == [1.0, 1.05]
    assert words["first"]["steps"]["c"] == [1, 0]
    assert words["capacitors"][0]["kvar"] == [30.0, 30.0]
    assert {Path(name).name for name in words["files"]} == {"Master.dss", "shape.csv"}


def test_a_source_between_two_buses_is_refused_by_name(tmp_path: Path) -> None:
    script = f"{SMALL}new vsource.between bus1=end bus2=other basekv=1\n{BASES}"
    with pytest.raises(InputError, match=r"Vsource.between lies between two buses"):
        feeder_of(tmp_path, script)


def test_a_feeder_is_found_by_its_prefix(tmp_path: Path) -> None:
    from twin import load_feeder

    (tmp_path / "in").mkdir()
    (tmp_path / "lines.dss").write_text("new load.l bus1=end kv=12.47 kw=100\n")
    master = tmp_path / "in" / "Master.dss"
    master.write_text(f"{SMALL}redirect ../lines.dss\n{BASES}")
    with pytest.raises(InputError, match="outside of"):
        load_feeder(f"opendss:{master}")
    feeder, net = load_feeder(f"opendss:{master}", root=tmp_path)
    assert net is None
    assert feeder.terminals.p_kw.tolist() == pytest.approx([100 / 3] * 3)
