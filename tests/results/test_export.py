import json
import sys
from datetime import datetime

import numpy as np
import openpyxl
import polars as pl
import pytest

from twin.errors import InputError
from twin.results.export import export, left_out
from twin.results.naming import asset_names, named, named_columns
from twin.results.record import Run
from twin.results.store import RunWriter


def write_static(writer, hamlet):
    hamlet.write_static(writer)
    writer.table("transformers", hamlet.static("transformers", 1, name=["T1"]))


@pytest.fixture
def run(tmp_path, hamlet):
    with RunWriter.open(tmp_path / "results", "hamlet", hamlet.run_id) as writer:
        write_static(writer, hamlet)
        for day in range(2):
            hamlet.write_day(writer, day)
        return Run.open(writer.finish({}))


def test_csv_has_a_file_per_table(run, tmp_path):
    made = export(run, "csv", tmp_path / "out")
    assert [path.stem for path in made] == list(run.tables)
    assert all(path.is_file() for path in made)


def test_csv_names_the_asset_of_every_value(run, tmp_path, hamlet):
    export(run, "csv", tmp_path)
    frame = pl.read_csv(tmp_path / "flows.csv", try_parse_dates=True)
    values = ["p_kw", "q_kvar", "i_a", "loading"]
    assert frame.columns == ["time", "branch", "branch_index", *values]
    assert frame.height == 192 * 2
    written = hamlet.columns("flows", 1)["i_a"]
    inn = frame.filter(pl.col("branch") == "cable b")["i_a"].to_numpy()
    assert np.allclose(inn[96:], written[:, 1])
    by_index = frame.filter(pl.col("branch_index") == 1)["branch"].unique()
    assert by_index.to_list() == ["cable b"]
    assert frame["time"].n_unique() == 192


def test_csv_of_plain_tables_keeps_their_columns_and_names_their_assets(run, tmp_path):
    export(run, "csv", tmp_path)
    frame = pl.read_csv(tmp_path / "trips.csv")
    ev, *rest = run.static("trips").columns
    assert frame.columns == [ev, "ev_index", *rest] == named_columns([ev, *rest])
    assert frame["energy_kwh"].to_list() == [2.25, 2.25]
    assert frame.select("ev", "ev_index").rows() == [("0 nissan_leaf", 0)] * 2


def test_one_asset_has_one_name_in_every_file(run, tmp_path):
    export(run, "csv", tmp_path)
    steps = pl.read_csv(tmp_path / "customer_steps.csv")
    customers = pl.read_csv(tmp_path / "customers.csv")
    assert customers.columns[:3] == ["customer", "customer_index", "kind"]
    assert steps["customer"].unique(maintain_order=True).to_list() == ["mill", "inn"]
    assert pl.read_csv(tmp_path / "evs.csv")["customer"].to_list() == ["mill"]
    branches = pl.read_csv(tmp_path / "branches.csv", infer_schema=False)
    assert branches["to_node"].to_list() == ["8", "9"]
    assert branches["to_node_index"].to_list() == ["1", "2"]


def test_what_has_no_position_has_no_name(run):
    frame = pl.DataFrame({"customer": [1, None, -1], "ev": [0, 0, None], "usd": [1.0] * 3})
    rows = named(run, frame.lazy()).collect().rows()
    assert rows == [
        ("inn", 1, "0 nissan_leaf", 0, 1.0),
        (None, None, "0 nissan_leaf", 0, 1.0),
        (None, -1, None, None, 1.0),
    ]


@pytest.fixture
def stopped(tmp_path, hamlet):
    """A run that Ctrl-C ended after a day: customers and cars are not written yet."""
    with pytest.raises(KeyboardInterrupt):
        with RunWriter.open(tmp_path / "results", "hamlet", hamlet.run_id) as writer:
            nodes = {"node": [0, 1, 2], "bus": ["7", "8", "9"]}
            writer.table("nodes", hamlet.static("nodes", 3, **nodes))
            writer.table("branches", hamlet.static("branches", 2, to_node=[1, 2]))
            writer.table("transformers", hamlet.static("transformers", 1))
            hamlet.write_day(writer, 0)
            raise KeyboardInterrupt
    return Run.open(writer.folder)


@pytest.mark.parametrize("to", ["csv", "xlsx", "geojson"])
def test_of_an_unfinished_run_what_is_whole_is_exported(stopped, to, tmp_path):
    made = export(stopped, to, tmp_path / "out")
    assert sorted(made) == sorted((tmp_path / "out").iterdir())
    assert left_out(stopped) == [
        "the run is interrupted: ev_steps, customer_steps, trips left out, for want of "
        "customers and evs, which a run writes at its end"
    ]
    if to == "csv":
        assert [path.stem for path in made] == [
            "steps", "nodes", "branches", "transformers", "voltages", "flows"
        ]  # fmt: skip
        assert pl.read_csv(tmp_path / "out" / "flows.csv").height == 96 * 2


def test_nothing_is_left_out_of_a_complete_run(run):
    assert left_out(run) == []


def test_names_say_the_phase_where_there_are_phases(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer:
        nodes = hamlet.static("nodes", 2, bus=["7", "7"], phase=[1, 2])
        writer.table("nodes", nodes)
        branches = hamlet.static("branches", 2, name=["a", "a"], phase=[1, 2])
        writer.table("branches", branches)
        writer.table("evs", hamlet.static("evs", 2, ev=[0, 1], model=["leaf", "id3"]))
        run = Run.open(writer.finish({}))
    assert asset_names(run, "node") == ["7.1", "7.2"]
    assert asset_names(run, "branch") == ["a.1", "a.2"]
    assert asset_names(run, "ev") == ["0 leaf", "1 id3"]


def test_geojson_places_the_extremes_on_the_map(run, tmp_path, hamlet):
    export(run, "geojson", tmp_path)
    nodes = json.loads((tmp_path / "nodes.geojson").read_text())["features"]
    written = np.concatenate([hamlet.columns("voltages", d)["v_pu"] for d in (0, 1)])
    first, _, unplaced = nodes
    assert first["geometry"] == {"type": "Point", "coordinates": [8.0, 50.0]}
    assert first["properties"]["bus"] == "7"
    assert first["properties"]["v_min_pu"] == written[:, 0].min()
    assert first["properties"]["v_max_pu"] == written[:, 0].max()
    assert unplaced["geometry"] is None
    near, far = json.loads((tmp_path / "branches.geojson").read_text())["features"]
    assert near["geometry"]["coordinates"] == [[8.0, 50.0], [8.1, 50.1]]
    loading = hamlet.columns("flows", 1)["loading"]
    assert near["properties"]["loading_max"] == loading[:, 0].max()
    assert far["geometry"] is None


def test_geojson_passes_over_steps_without_a_solution(tmp_path, hamlet):
    columns = hamlet.columns("voltages", 0)
    columns["v_pu"][0] = np.nan
    columns["v_pu"][:, 2] = np.nan
    with RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer:
        write_static(writer, hamlet)
        writer.day("voltages", 0, columns)
        writer.day("flows", 0, hamlet.columns("flows", 0))
        run = Run.open(writer.finish({}))
    export(run, "geojson", tmp_path)
    nodes = json.loads((tmp_path / "nodes.geojson").read_text())["features"]
    lowest = [node["properties"]["v_min_pu"] for node in nodes]
    assert lowest == [columns["v_pu"][1, 0], columns["v_pu"][1, 1], None]


def test_geojson_of_a_summary_takes_the_daily_extremes(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer:
        write_static(writer, hamlet)
        for name in ("nodes_daily", "branches_daily"):
            for day in range(2):
                writer.day(name, day, hamlet.columns(name, day, rows=1))
        run = Run.open(writer.finish({}))
    export(run, "geojson", tmp_path)
    (node, *_) = json.loads((tmp_path / "nodes.geojson").read_text())["features"]
    days = [hamlet.columns("nodes_daily", day, rows=1) for day in range(2)]
    assert node["properties"]["v_min_pu"] == days[0]["v_min_pu"][0, 0]
    assert node["properties"]["v_max_pu"] == days[1]["v_max_pu"][0, 0]


def test_xlsx_holds_the_small_tables(run, tmp_path, hamlet):
    (path,) = export(run, "xlsx", tmp_path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [
        "steps",
        "nodes",
        "branches",
        "customers",
        "transformers",
        "evs",
        "trips",
    ]
    assert book["nodes"]["F4"].value is None
    rows = list(book["trips"].iter_rows(values_only=True))
    assert rows[0][:3] == ("ev", "ev_index", "depart")
    assert rows[1][:3] == ("0 nissan_leaf", 0, datetime(2026, 1, 13, 0, 0))


def test_xlsx_without_its_writer_is_told(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(InputError, match="xlsx needs the package xlsxwriter"):
        export(run, "xlsx", tmp_path)


def test_an_unknown_form_is_told_with_the_nearest(run, tmp_path):
    with pytest.raises(InputError) as told:
        export(run, "xls", tmp_path)
    assert str(told.value) == (
        "--to: cannot export to 'xls'; did you mean 'xlsx'? "
        "(allowed: csv, xlsx, geojson)"
    )


def test_a_folder_that_is_a_file_is_told(run, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="--out: cannot write into"):
        export(run, "csv", tmp_path / "out")
