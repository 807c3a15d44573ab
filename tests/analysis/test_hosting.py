"""Hosting from runs made by hand: what counts as caused, what binds first, in words."""

import json

import numpy as np
import pytest

from tests.analysis.conftest import LOADING, V_PU, write_run
from twin.analysis.case import Case
from twin.analysis.hosting import Hosting, hosting_of
from twin.analysis.hosting_answers import (
    Binding,
    bindings,
    capacity,
    compared,
    curve,
    limits_of,
    v2g_pairs,
)
from twin.analysis.hosting_criteria import Judged, Untold, judged
from twin.analysis.hosting_curve import Against
from twin.analysis.hosting_record import write_hosting
from twin.analysis.hosting_text import text
from twin.analysis.report import html
from twin.analysis.study import Subject
from twin.errors import InputError
from twin.scenario.hosting_words import HostingSpec

COUNTS = {"counts": {"one_phase_chargers": 0, "homes": 2}}
FLAT = np.full((8, 4), 1.0)
QUIET = np.full((8, 3), 0.5)
LOW = FLAT.copy()
LOW[3, 3] = 0.88


def run_of(out, name, v_pu=FLAT, loading=QUIET, **more):
    """A run whose voltages and loadings are given; chargers are on three phases."""
    more = {"level": "summary", "record": COUNTS, **more}
    return write_run(
        out, name=name, v_pu=v_pu.tolist(), loading=loading.tolist(), **more
    )


@pytest.mark.parametrize("level", ["all", "summary"])
def test_each_element_is_judged_by_its_extreme(tmp_path, level):
    run = run_of(tmp_path, "one", np.array(V_PU), np.array(LOADING), level=level)
    case = Case(run)
    low = judged(case, "voltage_low")
    assert (low.name, low.limit) == (["bus c", "bus d"], 0.9)
    assert low.value == pytest.approx([0.89, 0.84])
    assert low.excess == pytest.approx([0.01, 0.06], abs=1e-6)
    assert judged(case, "voltage_high").beyond.tolist() == [False, True]
    assert judged(case, "voltage_high", 1.12).beyond.tolist() == [False, False]
    full = judged(case, "thermal_normal")
    assert full.name == ["transformer T1", "line L1", "line L2"]
    assert full.value == pytest.approx([1.3, 1.1, 0.9])
    assert full.beyond.tolist() == [True, True, False]
    assert judged(case, "thermal_normal", 1.2).beyond.tolist() == [True, False, False]


@pytest.mark.parametrize("level", ["all", "summary"])
def test_the_emergency_rating_binds_at_once_and_the_normal_one_in_time(tmp_path, level):
    """T1: 120 % for two hours; the lines have none, so theirs is the normal one."""
    loading = QUIET.copy()
    loading[:3, 0] = 1.1
    three_h = Case(run_of(tmp_path, "three", loading=loading, level=level))
    assert judged(three_h, "thermal_emergency").beyond.tolist() == [True, False, False]
    loading[2, 0] = 0.9
    two_h = Case(run_of(tmp_path, "two", loading=loading, level=level))
    assert not judged(two_h, "thermal_emergency").beyond.any()
    loading[5] = 1.15
    short = Case(run_of(tmp_path, "short", loading=loading, level=level))
    assert judged(short, "thermal_emergency").beyond.tolist() == [False, True, True]


def test_power_back_is_a_share_of_the_transformers_rating(tmp_path):
    """GRID_KW falls to -5 kW on a transformer of 100 kVA."""
    case = Case(write_run(tmp_path, record=COUNTS))
    found = judged(case, "reverse_flow")
    assert found.value == pytest.approx([0.05])
    assert found.beyond.tolist() == [True]
    assert not judged(case, "reverse_flow", 0.06).beyond.any()


def test_what_a_run_cannot_tell_is_said_not_passed(tmp_path):
    by_phase = {"counts": {"one_phase_chargers": 1}}
    case = Case(run_of(tmp_path, "balanced", record=by_phase))
    why = "chargers are on one phase and the model is balanced; feeder.model: "
    for name in ("voltage_low", "voltage_high", "rapid_change"):
        assert judged(case, name) == Untold(why + "three_phase tells")
    assert judged(case, "unbalance") == Untold("a balanced model knows no unbalance")
    quiet = Case(run_of(tmp_path, "quiet"))
    assert judged(quiet, "rapid_change") == Untold("voltage quality is not recorded")


def element(excess):
    """Elements of which only the excess is of interest."""
    n = len(excess)
    nothing = np.zeros(n)
    none = nothing.astype(int)
    return Judged([str(k) for k in range(n)], none, none, nothing, excess, 1.0)


def test_what_was_beyond_before_counts_only_if_it_gets_worse():
    """Well before; beyond before, as far; a little farther; farther; cured."""
    before = element(np.array([-0.1, 0.2, 0.2, 0.2, 0.2]))
    now = element(np.array([0.1, 0.2, 0.205, 0.22, -0.1]))
    assert now.caused(before, 0.01).tolist() == [True, False, False, True, False]


def study(tmp_path, rows):
    """A study's folder of ``(variant, policy, seed, ev share, v_pu, loading)``."""
    out, record = tmp_path / "results", []
    for variant, policy, seed, share, v_pu, loading in rows:
        cars = share > 0
        title = f"{variant}_{round(100 * share)}"
        run = run_of(out, title, v_pu, loading, policy=policy, seed=seed, cars=cars)
        record.append(
            {
                "variant": variant,
                "label": f"{variant}, fleet.ev_share {share:g}",
                "seed": seed,
                "run_id": run.run_id,
                "path": run.path.relative_to(out).as_posix(),
                "overrides": {"fleet.ev_share": share},
            }
        )
    folder = out / "studies" / "hosts" / "0"
    folder.mkdir(parents=True)
    labels = list(dict.fromkeys(row["label"] for row in record))
    words = {"schema": 1, "name": "hosts", "baseline": "none", "variants": labels}
    (folder / "study.json").write_text(json.dumps(words | {"runs": record}))
    return folder


AT_EIGHT, AT_NINE = "2026-01-12 20:00", "2026-01-12 21:00"
OVER = QUIET.copy()
OVER[2, 0] = 1.1
SPEC = HostingSpec.model_validate(
    {"criteria": ["thermal_normal", "voltage_low", "unbalance"]}
)


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    """Two draws: timers break a voltage at 50 %, or a rating at 100 %; V2G nothing."""
    rows = [("none", "valley", seed, 0.0, FLAT, QUIET) for seed in (1, 2)]
    for seed in (1, 2):
        rows += [
            ("timer", "tou", seed, 0.5, LOW if seed == 1 else FLAT, QUIET),
            ("timer", "tou", seed, 1.0, LOW if seed == 1 else FLAT, OVER),
            ("valley", "valley", seed, 0.5, FLAT, QUIET),
            ("valley", "valley", seed, 1.0, FLAT, OVER if seed == 1 else QUIET),
            ("v2g", "v2g_peak", seed, 0.5, FLAT, QUIET),
            ("v2g", "v2g_peak", seed, 1.0, FLAT, QUIET),
        ]
    folder = study(tmp_path_factory.mktemp("hosts"), rows)
    write_hosting(folder, SPEC)
    return folder


def test_curves_capacities_and_bindings_are_those_of_the_draws(hosts):
    found = Hosting.open(hosts)
    assert found.variants == ("timer", "valley", "v2g")
    assert limits_of(found) == ("any", "thermal_normal", "voltage_low")
    shares = {q: (one.k, one.n) for q, one in curve(found, "timer").items()}
    assert shares == {0.5: (1, 2), 1.0: (2, 2)}
    thermal = curve(found, "timer", "thermal_normal")
    assert {q: one.k for q, one in thermal.items()} == {0.5: 0, 1.0: 2}
    assert capacity(found, "timer").value == (0.0, 0.0, 0.5)
    assert capacity(found, "valley").open_ == (False, False, True)
    assert capacity(found, "timer", "charge_kw").value == (0.0, 0.0, 22.0)
    assert bindings(found, "timer") == [
        Binding(
            "thermal_normal", "transformer T1", 0, 1, pytest.approx(1.1), 1.0, AT_EIGHT
        ),
        Binding("voltage_low", "bus d", 0, 1, pytest.approx(0.88), 0.9, AT_NINE),
    ]


def test_v2g_is_set_against_managed_charging_draw_by_draw(hosts):
    found = Hosting.open(hosts)
    assert v2g_pairs(found) == [("v2g", "valley")]
    assert compared(found, "v2g", "valley") == Against(1, 0, 0, 1)


def test_the_words_name_what_binds_what_is_not_judged_and_the_rule(hosts):
    said = text(Hosting.open(hosts))
    assert "timer binds first: normal rating of transformer T1 in 1 of 2 draws" in said
    assert "v2g binds first: nothing" in said
    assert "v2g against valley: hosts more in 1" in said
    assert "not judged: unbalance: a balanced model knows no unbalance" in said
    assert "does not count unless it gets worse" in said


def test_a_limit_broken_without_cars_does_not_count(tmp_path):
    rows = [
        ("none", "valley", 1, 0.0, LOW, QUIET),
        ("timer", "tou", 1, 0.5, LOW, QUIET),
        ("timer", "tou", 1, 1.0, LOW - 0.01, QUIET),
    ]
    found = hosting_of(study(tmp_path, rows), SPEC)
    assert {q: one.k for q, one in curve(found, "timer").items()} == {0.5: 0, 1.0: 1}
    before = found.table.filter(criterion="voltage_low", variant="timer")["before"]
    assert before.to_list() == [1, 1]


def test_a_limit_that_does_not_count_is_told_and_limits_nothing(tmp_path):
    rows = [
        ("none", "valley", 1, 0.0, FLAT, QUIET),
        ("timer", "tou", 1, 1.0, LOW, QUIET),
    ]
    spec = HostingSpec.model_validate(
        {"criteria": ["thermal_normal", {"name": "voltage_low", "counts": False}]}
    )
    found = hosting_of(study(tmp_path, rows), spec)
    assert curve(found, "timer", "voltage_low")[1.0].k == 1
    assert capacity(found, "timer").open_ == (True, True, True)
    assert bindings(found, "timer") == []


def test_an_interval_without_solution_is_a_violation(tmp_path):
    out = tmp_path / "results"
    rows = [
        ("none", "valley", 1, 0.0, FLAT, QUIET),
        ("timer", "tou", 1, 1.0, FLAT, QUIET),
    ]
    folder = study(tmp_path, rows)
    record = json.loads((folder / "study.json").read_text())
    failed = run_of(out, "failed", policy="tou", converged=(True,) * 6 + (False,) * 2)
    record["runs"][1] |= {
        "path": failed.path.relative_to(out).as_posix(),
        "run_id": failed.run_id,
    }
    (folder / "study.json").write_text(json.dumps(record))
    found = hosting_of(folder, SPEC)
    assert capacity(found, "timer").value == (0.0, 0.0, 0.0)
    assert bindings(found, "timer")[0].criterion == "no_solution"


def test_a_draw_without_its_run_without_cars_is_refused(tmp_path):
    rows = [
        ("none", "valley", 1, 0.0, FLAT, QUIET),
        ("timer", "tou", 2, 1.0, FLAT, QUIET),
    ]
    with pytest.raises(InputError, match="no run without cars has seed 2"):
        hosting_of(study(tmp_path, rows), SPEC)


def test_a_draw_without_cars_must_be_of_the_same_days(tmp_path):
    rows = [
        ("none", "valley", 1, 0.0, FLAT, QUIET),
        ("timer", "tou", 1, 1.0, FLAT, QUIET),
    ]
    folder = study(tmp_path, rows)
    path = json.loads((folder / "study.json").read_text())["runs"][0]["path"]
    file = folder.parents[2] / path / "run.json"
    record = json.loads(file.read_text())
    record["scenario"]["time"]["start"] = "2030-01-01"
    file.write_text(json.dumps(record))
    with pytest.raises(InputError, match="seed 1 and the same days"):
        hosting_of(folder, SPEC)


def test_written_again_it_has_the_same_bytes(hosts):
    files = [hosts / name for name in ("hosting.parquet", "hosting.json")]
    before = [file.read_bytes() for file in files]
    write_hosting(hosts, SPEC)
    assert [file.read_bytes() for file in files] == before


def test_the_report_begins_with_it_and_is_of_the_highest_penetration(hosts):
    subject = Subject.open(hosts)
    assert subject.comparison.labels == (
        "none, fleet.ev_share 0",
        "timer, fleet.ev_share 1",
        "valley, fleet.ev_share 1",
        "v2g, fleet.ev_share 1",
    )
    page = html(subject)
    assert "electric cars, in percent of homes: timer 0 %, valley 50 %, v2g" in page
    assert page.index('id="hosting"') < page.index('id="key-figures"')
    for key in ("hosted", "hosting-curve", "hosting-limits", "hosting-map"):
        assert f'id="data-{key}"' in page
