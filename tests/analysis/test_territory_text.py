"""What is said of a territory, of hand-made figures; the unknown is said, too."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from twin.analysis.territory import TABLE, TERRITORY_FILE, Territory
from twin.analysis.territory_section import territory_section
from twin.analysis.territory_text import headline, history_sentences, rows_of, text

MEGAWATTS = (
    "grid_mw",
    "homes_mw",
    "pv_mw",
    "ev_charge_mw",
    "ev_discharge_mw",
    "ev_could_draw_mw",
    "ev_could_shed_mw",
    "ev_could_give_mw",
)
ENERGY = ("grid", "homes", "pv", "ev_charge", "ev_discharge", "losses")
BROKEN = ("transformers_over_normal", "lines_over_normal", "customers_beyond")


def result(label: str, peak: float | None, **more) -> dict:
    counts = {"homes": 4000, "evs": 3000, "bidirectional": 1500, "hypothetical": 0}
    hours = {"ev_plugged": [10.0] * 24}
    for name in MEGAWATTS:
        hours[name] = hours[f"{name}_least"] = [1.5] * 23 + [None]
    member = {
        "member": "lane",
        "feeders": 2,
        "counts": counts,
        "sum_of_peaks_mw": 6.0,
        "broken_feeders": {"transformers_over_normal": 2}
        | dict.fromkeys(BROKEN[1:], 0),
        "broken_elements": {"transformers_over_normal": 7}
        | dict.fromkeys(BROKEN[1:], 0),
        "unknown": dict.fromkeys(BROKEN, 0),
        "worst": {"worst_transformer_loading": 1.234, "v_min_pu": 0.9},
    }
    return {
        "label": label,
        "policy": label,
        "seed": 1,
        "feeders": 2,
        "missing": {},
        "counts": counts,
        "peak_mw": peak,
        "peak_time": None if peak is None else "2026-01-12T17:15:00Z",
        "sum_of_peaks_mw": 6.0,
        "diversity": None if peak is None else 6.0 / peak,
        "energy_mwh": dict.fromkeys(ENERGY, 2.0),
        "hours": hours,
        "members": [member],
    } | more


def source(**more) -> dict:
    return {
        "of": "travel",
        "source": "switchbox",
        "draws": 300,
        "otherwise": {"idle": 100},
        "distinct": 150,
        "forms": 280,
        "effective": 120.4,
        "effective_forms": 270.0,
        "precision": {
            "mean": 40.0,
            "cv": 0.9,
            "standard_error": 0.083,
            "if_all_differ": 0.052,
        },
    } | more


def courses_of(results) -> pl.DataFrame:
    time = [datetime(2026, 1, 12, 17, minute, tzinfo=UTC) for minute in (0, 15)]
    frames = [
        pl.DataFrame({"label": one["label"], "seed": 1, "time": time})
        .with_columns(pl.lit(0.25).alias(name) for name in MEGAWATTS)
        .with_columns(
            grid_mw=pl.Series([4.0, one["peak_mw"] or float("nan")]),
            ev_could_give_mw=pl.Series([1.0, 3.5]),
        )
        for one in results
    ]
    return pl.concat(frames)


@pytest.fixture
def made(tmp_path):
    def _made(*results: dict, histories: list | None = None) -> Territory:
        record = {
            "schema": 1,
            "name": "t",
            "timezone": "Europe/Berlin",
            "results": list(results),
            "histories": [source()] if histories is None else histories,
        }
        (tmp_path / TERRITORY_FILE).write_text(json.dumps(record))
        courses_of(results).write_parquet(tmp_path / TABLE)
        return Territory.open(tmp_path)

    return _made


def test_v2g_is_set_against_managed_charging(made):
    territory = made(result("valley", 5.0), result("v2g_peak", 4.5))
    said = text(territory)
    assert "v2g_peak against valley: peak −0.500 MW" in said
    assert "3.500 MW more could be given for an hour with v2g_peak" in said
    assert "with valley 0.250 MW of charging could be stopped" in said
    assert "3,000 cars and 4,000 homes on 2 feeders" in headline(territory)
    rows = {row[0]: row[1:] for row in rows_of(territory)}
    assert rows["at (local time)"] == ["2026-01-12 18:15"] * 2
    assert rows["Diversity factor between feeders"] == ["1.200", "1.333"]


def test_without_a_known_peak_there_are_dashes(made):
    territory = made(result("valley", None), result("v2g_peak", 4.5))
    assert "peak – MW" in text(territory)
    assert "with valley – MW" in text(territory)


def test_a_missing_feeder_is_said_first(made):
    territory = made(result("valley", 5.0, missing={"lane": 3}))
    assert "valley, seed 1: runs failed (3 of lane)" in text(territory)


def test_what_repeats_is_told_with_what_it_means(made):
    (said, meaning) = history_sentences(made(result("valley", 5.0)))
    assert "300 days of cars are drawn from 150 distinct histories" in said
    assert "as good as 120 that are used equally often (Kish)" in said
    assert "sure to ±8.30%" in said
    assert "±5.20%" in said
    assert "100 stand idle" in said
    assert "do not make the sum surer" in meaning


def test_what_is_drawn_from_distributions_is_told_so(made):
    drawn = source(draws=0, otherwise={"drawn": 50}, precision=None, source="mid")
    territory = made(result("valley", 5.0), histories=[drawn])
    assert "50 days of cars are drawn from distributions" in text(territory)
    assert "all differ" in territory_section(territory)


def test_the_section_tells_limits_and_hours(made):
    page = territory_section(made(result("valley", 5.0), result("v2g_peak", 4.5)))
    assert "2 (7)" in page
    assert "By hour: v2g_peak" in page
    assert "figure-territory-callable" in page
    assert ">123<" in page
