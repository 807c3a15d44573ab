"""Changes of a circuit, beside a circuit whose file says the same."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import InputError
from twin.grid.changes import Change, Wanted
from twin.grid.opendss import to_feeder
from twin.grid.opendss_agreement import agreement_with_engine
from twin.grid.opendss_process import converted
from twin.grid.opendss_steps import Engine, Step
from twin.grid.opendss_supply import refuse_unsupplied

pytestmark = pytest.mark.long

CIRCUIT = """clear
new circuit.small basekv=12.47 pu=1.02
new linecode.thin nphases=3 r1={r1} x1=.4 r0=1 x0=1 c1=0 c0=0 units=km normamps={amps}
new linecode.thick nphases=3 r1=.1 x1=.3 r0=.4 x0=.9 c1=0 c0=0 units=km normamps=600
new linecode.single nphases=1 r1=.1 x1=.3 units=km
new line.main bus1=sourcebus bus2=mid linecode={code} length=2 units=km
new line.second bus1=sourcebus bus2=far linecode=thin length=3 units=km
new line.tie bus1=mid bus2=far linecode=thin length=1 units=km switch=no {tie}
new transformer.t windings=2 buses=[mid low] conns=[wye wye] kvs=[12.47 .416]
~ kvas=[{kva} {kva}] xhl=4 %loadloss=1.2 %noloadloss=.3
~ normhkva={norm} emerghkva={emerg} {tap}
new load.home phases=1 bus1=low.{phase}.0 kv=.24 kw=60 pf=.95
new load.shop bus1=far kv=12.47 kw=500 pf=.95
new load.legs phases=1 bus1=low.1.2 kv=.416 kw=5
set voltagebases=[12.47 .416]
calcvoltagebases
{end}solve
"""
SAID = {
    "r1": ".4", "amps": "300", "code": "thin", "tie": "enabled=yes", "kva": "300",
    "norm": "330", "emerg": "450", "tap": "", "phase": "1", "end": "open line.tie 1\n",
}  # fmt: skip
SIZES = (250.0, 300.0, 500.0, 750.0)


def wanted(*rows):
    changes = [
        Change(what, name, do, to, f"feeder.changes.{k}")
        for k, (what, name, do, to) in enumerate(rows)
    ]
    return Wanted(tuple(changes), SIZES)


def circuit(folder, asked=None, **said):
    folder.mkdir(exist_ok=True)
    (folder / "Master.dss").write_text(CIRCUIT.format(**{**SAID, **said}))
    return converted(folder / "Master.dss", wanted=asked or Wanted())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            ("transformer", "t", "rating_kva", "next"),
            {"kva": "500", "norm": "550", "emerg": "750"},
        ),
        (("transformer", "t", "tap", 4), {"tap": "wdg=1 tap=1.025"}),
        (("line", "main", "like", "thick"), {"code": "thick"}),
        (("customer", "home", "phase", "b"), {"phase": "2"}),
        (("switch", "tie", "closed", True), {"end": ""}),
        (("out", "second", "", None), {"end": "disable line.second\n"}),
    ],
)
def test_a_change_is_what_the_file_would_say(row, said, tmp_path):
    """Same feeder, node by node; only the tie is closed where the line is out."""
    more = (("switch", "tie", "closed", True),) if row[0] == "out" else ()
    ours = circuit(tmp_path / "ours", wanted(row, *more))
    theirs = circuit(tmp_path / "theirs", **said)
    mine, other = (to_feeder(one, "made") for one in (ours, theirs))
    assert mine.nodes.bus == other.nodes.bus
    apart = np.abs((mine.y_bus - other.y_bus).toarray()).max()
    assert apart <= 1e-9 * np.abs(other.y_bus.toarray()).max()
    np.testing.assert_allclose(mine.branches.rating_a, other.branches.rating_a)
    np.testing.assert_allclose(
        mine.branches.emergency_factor, other.branches.emergency_factor
    )
    assert mine.terminals.node_a.tolist() == other.terminals.node_a.tolist()
    assert agreement_with_engine(mine, ours).difference_pu < 1e-8


def test_two_lines_side_by_side_have_half_the_impedance(tmp_path):
    one = to_feeder(circuit(tmp_path), "one")
    double = circuit(tmp_path, wanted(("line", "main", "parallel", 2)))
    two = to_feeder(double, "two")
    rows = [k for k, name in enumerate(two.branches.name) if name.startswith("main")]
    first = one.branches.name.index("main")
    near = two.branches.near[rows[0]]
    y_one = one.branches.y_near[first, one.branches.near[first]]
    assert len(rows) == 6
    y_two = [two.branches.y_near[k, near] for k in rows if two.branches.near[k] == near]
    assert sum(y_two) == pytest.approx(2 * y_one)
    assert set(two.branches.rating_a[rows]) == {one.branches.rating_a[first]}
    made = double.words["made"][0]
    assert made["words"] == "line main (2000 m): 2 side by side in place of 1"
    assert (made["km"], made["count"]) == (2.0, 1)


def test_the_audits_engine_solves_the_changed_circuit(tmp_path):
    asked = wanted(
        ("transformer", "t", "rating_kva", 500.0),
        ("transformer", "t", "tap", -4),
        ("switch", "tie", "closed", True),
        ("line", "main", "parallel", 3),
        ("customer", "home", "phase", "c"),
    )
    changed = circuit(tmp_path, asked)
    feeder = to_feeder(changed, "changed")
    drawn = feeder.terminals.p_kw, feeder.terminals.q_kvar
    step = Step(*drawn, 0.0 * drawn[0], 0.0 * drawn[0])
    engine = Engine(changed, feeder, tmp_path / "Master.dss", tmp_path, wanted=asked)
    found = engine.solve([step], 1, 0.0).v[0]
    names = [name.lower() for name in changed.words["own_nodes"]]
    own = dict(zip(names, changed.arrays["own_v"], strict=True))
    base = 1000.0 * feeder.nodes.v_base_kv[: len(changed.nodes)]
    told = np.array([own[f"{bus}.{phase}"] for bus, phase in changed.nodes]) / base
    assert np.abs(found - told).max() < 1e-8


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            ("transformer", "tt", "tap", 1),
            "feeder.changes.0.transformer: no transformer is called 'tt'; there are t; "
            "did you mean 't'?",
        ),
        (
            ("transformer", "t", "tap", 17),
            "feeder.changes.0.tap: got +17; winding 1 of 't' stands at 1 of 0.9 to "
            "1.1; allowed: -16 to +16",
        ),
        (
            ("line", "main", "like", "thic"),
            "feeder.changes.0.like: no linecode is called 'thic'; the circuit has "
            "thin, thick, single; did you mean 'thick'?",
        ),
        (
            ("line", "main", "like", "single"),
            "feeder.changes.0.like: 'single' has 1 phases, line 'main' 3",
        ),
        (
            ("customer", "legs", "phase", "c"),
            "feeder.changes.0.customer: 'legs' is not between one phase and neutral: "
            "it is not moved",
        ),
        (
            ("customer", "home", "phase", "a"),
            "feeder.changes.0.phase: 'home' is on phase a already",
        ),
        (
            ("switch", "tie", "closed", False),
            "feeder.changes.0.closed: 'tie' is open already",
        ),
        (
            ("transformer", "t", "like", "x"),
            "feeder.changes.0.like: a circuit has no standard types of transformers; "
            "say rating_kva",
        ),
    ],
)
def test_mistakes_are_told_with_where_and_what_is_allowed(row, words, tmp_path):
    with pytest.raises(InputError) as told:
        circuit(tmp_path, wanted(row))
    assert str(told.value) == words


def test_who_is_left_without_a_source_is_named(tmp_path):
    asked = wanted(("out", "second", "", None))
    after = circuit(tmp_path, asked)
    with pytest.raises(InputError) as told:
        refuse_unsupplied(circuit(tmp_path), after, asked.cuts)
    assert str(told.value) == (
        "feeder.changes.0.out: no source reaches 1 load at 1 bus any more: far; close "
        "a tie that supplies them another way (switch with closed: true), or say an "
        "outage in events"
    )


def test_no_word_of_a_scenario_reaches_the_engine(tmp_path):
    mark = tmp_path / "mark"
    evil = f't"\nshow eventlog\nsave circuit dir={mark}'
    for row in (
        ("transformer", evil, "tap", 1),
        ("line", "main", "like", evil),
        ("out", evil, "", None),
    ):
        with pytest.raises(InputError):
            circuit(tmp_path / "in", wanted(row))
    assert not mark.exists()
