"""A small study of years ahead, end to end; and a look at owners beforehand."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from twin.analysis import report, timeline
from twin.analysis.study import Subject
from twin.errors import InputError
from twin.scenario.study import read_study
from twin.studies import runner
from twin.studies.ownership import write, years_of

pytestmark = pytest.mark.long

BASE = """\
schema: 1
name: small
time: {start: 2026-01-12, days: 1, step_min: 30}
feeder: {source: "pandapower:create_kerber_dorfnetz"}
fleet: {}
adoption: {year: 2030, totals: evs.csv}
reference: none
output: {level: summary}
"""
STUDY = """\
schema: 1
name: years
base: small.yaml
variants:
  uncontrolled: {policy.name: uncontrolled}
  managed: {policy.name: valley}
axes: {adoption.year: [2026, 2030]}
seeds: [1, 2]
"""
TOTALS = "year,evs,load_factor\n2026,5,1\n2028,10,1.2\n2030,55,9.0\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place: Path = tmp_path_factory.mktemp("years")
    (place / "small.yaml").write_text(BASE)
    (place / "years.yaml").write_text(STUDY)
    (place / "evs.csv").write_text(TOTALS)
    return place


@pytest.fixture(scope="module")
def finished(folder: Path) -> Path:
    return runner.run_study(
        read_study(folder / "years.yaml"), folder / "results", lambda line: None
    )


def test_the_timeline_is_written_with_every_policy_and_again_alike(finished: Path):
    files = timeline.write(finished)
    assert [file.name for file in files] == ["timeline.parquet", "timeline.csv"]
    before = [file.read_bytes() for file in files]
    assert [file.read_bytes() for file in timeline.write(finished)] == before
    frame = pl.read_parquet(files[0])
    assert set(frame["policy"]) == {"uncontrolled", "managed"}
    assert frame.equals(pl.read_csv(files[1], schema=frame.schema))
    over = frame.filter(pl.col("first_year_p50").is_not_null())
    assert over.height and set(over["first_year_p50"]) <= {2026, 2030}


def test_the_years_hold_the_totals(finished: Path):
    found = timeline.timeline_of(Subject.open(finished).comparison)
    assert found is not None
    assert found.years == (2026, 2030) and found.seeds == (1, 2)
    assert found.evs.tolist() == [[[5, 5], [55, 55]]] * 2
    assert not found.illustrative
    assert (found.counts("managed") <= found.counts("uncontrolled")).all()


def test_the_report_begins_with_the_years_ahead(finished: Path):
    text = report.write(finished).read_text()
    lead, _, rest = text.partition("<nav>")
    assert "EVs that fit before another asset exceeds its limit" in lead
    assert "What binds first: " in lead or "No asset exceeds" in lead
    assert "managed against uncontrolled" in lead
    assert rest.index('id="years-ahead"') < rest.index('id="key-figures"')
    assert "figure-timeline-assets" in rest


def test_a_study_without_years_has_no_timeline(finished: Path):
    runs = sorted((finished.parents[2] / "small").iterdir())
    comparison = Subject.open(runs[0]).comparison
    assert timeline.timeline_of(comparison) is None


def test_owners_are_told_beforehand_for_every_seed_and_year(folder: Path):
    told = years_of(folder / "years.yaml")
    assert [(one.scenario.seed, one.asked) for one in told] == [
        (1, (2026, 2030)),
        (2, (2026, 2030)),
    ]
    tables = [path.read_bytes() for path in write(told, folder / "owners")]
    again = write(years_of(folder / "years.yaml"), folder / "again")
    assert [path.read_bytes() for path in again] == tables
    by_year = pl.read_csv(folder / "owners" / "years.csv")
    assert by_year["evs"].to_list() == [5, 55, 5, 55]
    homes = pl.read_csv(folder / "owners" / "homes.csv")
    owned = homes.group_by("seed", "year").agg(pl.col("evs").sum()).sort("seed", "year")
    assert owned["evs"].to_list() == [5, 55, 5, 55]
    one = told[0].lines()
    assert one[0] == "uncontrolled, seed 1" and one[2].split()[:2] == ["2026", "5"]


def test_every_year_of_a_scenario_is_told(folder: Path):
    (one,) = years_of(folder / "small.yaml", ["adoption.year=2029"])
    assert one.totals()["year"].to_list() == [2026, 2027, 2028, 2029]
    assert one.totals()["evs"].to_list() == [5, 8, 10, 32]


def test_a_scenario_that_asks_for_no_year_is_told_how(folder: Path):
    (folder / "now.yaml").write_text(
        BASE.replace("adoption: {year: 2030, totals: evs.csv}", "").replace(
            "fleet: {}", "fleet: {ev_share: 0.4}"
        )
    )
    with pytest.raises(InputError) as told:
        years_of(folder / "now.yaml")
    assert str(told.value).endswith(
        "now.yaml: adoption: nothing is said of years ahead; `adoption: {year: 2035}` "
        "asks for one"
    )
