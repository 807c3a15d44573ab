"""What stands below the heat map of 576 classes, of hand-made numbers."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from twin.studies.hours import DAY_TYPES, HOURS, MONTHS, Profile
from twin.studies.hours_text import caption, write_figure

CLASSES = [
    (month, day_type, hour)
    for month in range(1, MONTHS + 1)
    for day_type in DAY_TYPES
    for hour in range(HOURS)
]


def profile() -> Profile:
    """Bus a may draw 10 kW, in the first 100 classes 5; bus b 20 kW."""
    rows = [
        {"bus": bus, "customer": bus, "month": month, "day_type": day, "hour": hour}
        | {
            "import_kw": kw if n >= 100 else kw / 2,
            "import_limit": "thermal" if n < 100 else "voltage_low",
            "import_element": "line L" if n < 100 else f"bus {bus}",
            "export_kw": 3.0,
            "export_limit": None,
            "export_element": None,
        }
        for bus, kw in (("a", 10.0), ("b", 20.0))
        for n, (month, day, hour) in enumerate(CLASSES)
    ]
    return Profile(pl.DataFrame(rows), 0.0, 0, (), "the feeder")


def test_the_caption_says_what_the_colour_is_of_which_connection_and_what_binds():
    found = profile()
    assert caption(found, found.table.filter(bus="a")) == [
        "Colour: kW that the connection may draw more (import) or feed in more "
        "(export), nobody else adding anything, until the first limit binds.",
        "Of 2 connections with a customer the one that may draw least in its worst "
        "class.",
        "What binds, and in how many of 576 classes:",
        "import: voltage low at bus a (476), thermal at line L (100)",
        "export: nothing (576)",
    ]


def test_the_picture_names_the_feeder_and_the_connection(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        go.Figure, "write_html", lambda own, *_, **__: drawn.append(own)
    )
    write_figure(profile(), tmp_path / "x.html")
    (figure,) = drawn
    assert figure.layout.title.text == (
        "the feeder: what bus a may add, alone, in each class of hours"
    )
    assert "Of 2 connections" in figure.layout.annotations[-1].text
