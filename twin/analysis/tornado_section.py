"""The report's part on what a study's figures depend on: tornados, and every number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from twin.analysis import page
from twin.analysis.theme import GREY, INK, dressed, plain, tint
from twin.analysis.tornado_words import (
    EXPLAINED,
    ONE_SEED,
    Bar,
    Effect,
    Question,
    Tornado,
    effect_words,
    questions_of,
)

TITLE = "What it depends on"
COLUMNS = 2
ROW_PX, PANEL_PX, HEAD_PX = 46, 92, 60
MOST_FIGURES = 6
SIDES = {"low end": "#0072B2", "high end": "#D55E00"}
CAPTION = (
    "A pair of bars a range, the widest first: the change of the figure at its low end "
    "(blue) and at its high end (vermilion), everything else as it is; whiskers: 95 % "
    "interval of the mean over seeds. Grey: the middle 95 % of single draws as they "
    "are, around their mean. A bar within the grey matters less than which draw one "
    "happens to look at; one whose whiskers reach zero is not told from nothing."
)
ALONE = (
    "A pair of bars a range, the widest first: the change of the figure at its low end "
    "(blue) and at its high end (vermilion), everything else as it is."
)
NOTHING = "No range changes a main figure of this variant."


def section(folder: Path) -> str:
    """Differences first, then variants alone; empty where nothing is varied."""
    found = questions_of(folder)
    if not found:
        return ""
    single = max(one.draws for each in found for one in each.tornados) < 2
    said = page.paragraphs([EXPLAINED]) + page.paragraphs([ONE_SEED] * single, "gap")
    shown = found[:MOST_FIGURES]
    figures = [
        page.figure(
            f"tornado-{number}",
            question.name,
            ALONE if single else CAPTION,
            tornado_figure(question),
            NOTHING,
        )
        for number, question in enumerate(shown)
    ]
    left = len(found) - len(shown)
    more = f"{left} more in the tables, and in tornado.parquet." if left else ""
    tables = [page.details(f"Key figures of {one.name}", _table(one)) for one in found]
    return said + "".join([*figures, page.paragraphs([more], "note"), *tables])


def tornado_figure(question: Question) -> go.Figure | None:
    """A panel a main figure, two side by side; None where no range moves any."""
    panels = question.main
    if not panels:
        return None
    rows = -(-len(panels) // COLUMNS)
    height = ROW_PX * len(panels[0].bars) + PANEL_PX
    figure = make_subplots(
        rows=rows,
        cols=COLUMNS,
        subplot_titles=[_title(one) for one in panels],
        horizontal_spacing=0.2,
        vertical_spacing=PANEL_PX / (rows * height + HEAD_PX),
    )
    for place, one in enumerate(panels):
        _panel(figure, one, place // COLUMNS + 1, place % COLUMNS + 1, place == 0)
    figure.update_layout(barmode="group", bargap=0.3, bargroupgap=0.0)
    dressed(figure, rows * height + HEAD_PX, titles=True)
    figure.update_layout(margin={"l": 150})
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False)
    return figure


def _panel(figure: go.Figure, one: Tornado, row: int, column: int, first: bool) -> None:
    at = {"row": row, "col": column}
    labels = [_label(bar) for bar in one.bars]
    for name, colour in SIDES.items():
        effects = [bar.low if name == "low end" else bar.high for bar in one.bars]
        figure.add_bar(
            y=labels,
            x=[effect.mean for effect in effects],
            orientation="h",
            name=name,
            legendgroup=name,
            showlegend=first,
            marker={"color": colour},
            error_x=_whiskers(effects),
            customdata=[
                (plain(effect.values), effect_words(one, effect), effect.n)
                for effect in effects
            ],
            hovertemplate="%{customdata[0]}: %{customdata[1]}"
            "<br>%{customdata[2]} seeds<extra></extra>",
            **at,
        )
    _shapes(figure, one, first, at)
    unit = f" [{one.measure.unit}]" if one.measure.unit else ""
    figure.update_xaxes(title=f"change{unit}", **at)


def _shapes(figure: go.Figure, one: Tornado, first: bool, at: dict[str, int]) -> None:
    """Zero, and the band of single draws; plotly draws none where no bars are yet."""
    figure.add_vline(x=0, line={"color": INK, "width": 1}, **at)
    if one.draws_low is None or one.draws_high is None:
        return
    figure.add_vrect(
        x0=one.draws_low - one.plain,
        x1=one.draws_high - one.plain,
        fillcolor=tint(GREY, 0.22),
        line_width=0,
        layer="below",
        **at,
    )
    _in_legend(figure, first, at)


def _in_legend(figure: go.Figure, first: bool, at: dict[str, int]) -> None:
    """A legend's entry for the band, which is a shape and has none."""
    if first:
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name="single draws as they are (middle 95 %)",
            marker={"symbol": "square", "size": 13, "color": tint(GREY, 0.35)},
            **at,
        )


def _label(bar: Bar) -> str:
    """The range, and its ends in the colours of their bars."""
    ends = " … ".join(
        f'<span style="color:{colour}">{plain(effect.values)}</span>'
        for colour, effect in zip(SIDES.values(), (bar.low, bar.high), strict=True)
    )
    return f"<b>{plain(bar.varied)}</b><br>{ends}"


def _whiskers(effects: Sequence[Effect]) -> dict[str, object] | None:
    if all(one.low is None for one in effects):
        return None
    known = [
        (0.0, 0.0)
        if one.mean is None or one.low is None or one.high is None
        else (one.high - one.mean, one.mean - one.low)
        for one in effects
    ]
    return {
        "array": [up for up, _ in known],
        "arrayminus": [down for _, down in known],
        "thickness": 1.4,
        "width": 4,
        "color": INK,
    }


def _title(one: Tornado) -> str:
    unit = f" {one.measure.unit}" if one.measure.unit else ""
    return f"{plain(one.measure.title)}: {one.written(one.plain)}{unit} as it is"


def _table(question: Question) -> str:
    head = ["range", "low end", "effect", "high end", "effect", "seeds"]
    rows: list[Sequence[object] | str] = []
    for one in question.key_figures:
        band = f"; single draws {one.band}" if one.band else ""
        rows.append(f"{one.measure.name}: {one.written(one.plain)} as it is{band}")
        rows += [_row(one, bar) for bar in one.bars]
    return page.table(head, rows, (0,)) if rows else page.paragraphs([NOTHING], "gap")


def _row(one: Tornado, bar: Bar) -> list[object]:
    low, high = (effect_words(one, effect) for effect in (bar.low, bar.high))
    return [bar.varied, bar.low.values, low, bar.high.values, high, bar.low.n]
