"""Heat maps of hosting by month and hour, weekdays beside weekends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from twin.analysis.theme import dressed, plain
from twin.arrays import Floats


def heat_maps(
    grids: Mapping[str, Floats],
    title: str,
    caption: Sequence[str],
    months: Sequence[str],
    day_types: Sequence[str],
) -> go.Figure:
    """A row a way, a column a day type; ``grids`` [month, day type, hour], kW.

    caption  lines that stand below
    """
    titles = [f"{way}, {day_type}" for way in grids for day_type in day_types]
    figure = make_subplots(
        len(grids),
        len(day_types),
        subplot_titles=titles,
        shared_xaxes=True,
        shared_yaxes=True,
        vertical_spacing=0.12,
        horizontal_spacing=0.04,
    )
    hours = [f"{hour:02d}" for hour in range(24)]
    for row, kw in enumerate(grids.values(), start=1):
        low, high = float(kw.min()), float(np.nextafter(kw.max(), np.inf))
        for column in range(len(day_types)):
            figure.add_heatmap(
                z=kw[:, column],
                x=hours,
                y=list(months),
                zmin=low,
                zmax=high,
                colorscale="Viridis",
                showscale=column == len(day_types) - 1,
                colorbar={
                    "title": {"text": "kW"},
                    "len": 0.42,
                    "y": 0.79 - 0.58 * (row - 1),
                },
                hovertemplate="%{y}, %{x}:00: %{z:.1f} kW<extra></extra>",
                row=row,
                col=column + 1,
            )
    figure.update_yaxes(autorange="reversed", dtick=1)
    figure.update_xaxes(title_text="local hour", row=len(grids))
    dressed(figure, 660)
    figure.update_layout(
        title={"text": plain(title), "x": 0.01}, margin={"t": 80, "b": 150}
    )
    figure.add_annotation(
        text="<br>".join(plain(line) for line in caption),
        showarrow=False,
        align="left",
        xref="paper",
        yref="paper",
        x=0,
        y=0,
        yanchor="top",
        yshift=-50,
        font={"size": 13},
    )
    return figure
