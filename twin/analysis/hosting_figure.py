"""Draws hosting capacity: what is hosted, curves with their bands, limit by limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from twin.analysis.hosting import Hosting
from twin.analysis.hosting_answers import ANY, capacity, curve, limits_of
from twin.analysis.hosting_curve import Share
from twin.analysis.hosting_text import NAMES, level
from twin.analysis.theme import DASHES, INK, Look, dressed, plain, tint

ROW, HEAD = 46, 96
APART = 0.008
PANELS_A_ROW = 3
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
Looks = Mapping[str, Look]


def hosted_figure(hosting: Hosting, looks: Looks) -> go.Figure:
    """A row a variant: P10 to P90 as a bar, P50 as a dot, an arrow where it is open."""
    figure, unit = go.Figure(), scale(hosting)
    names = [plain(variant) for variant in hosting.variants]
    for name, variant in zip(names, hosting.variants, strict=True):
        found = capacity(hosting, variant)
        low, middle, high = (unit * value for value in found.value)
        colour = looks[variant].colour
        shown = {"showlegend": False, "hoverinfo": "skip"}
        figure.add_scatter(
            x=[0, high],
            y=[name, name],
            mode="lines",
            line={"color": tint(colour, 0.22), "width": 14},
            **shown,
        )
        figure.add_scatter(
            x=[low, high],
            y=[name, name],
            mode="lines",
            line={"color": colour, "width": 14},
            **shown,
        )
        figure.add_scatter(
            x=[middle],
            y=[name],
            mode="markers",
            marker={
                "size": 15,
                "color": "white",
                "symbol": "triangle-right" if found.open_[1] else "circle",
                "line": {"color": colour, "width": 3},
            },
            **shown,
        )
        figure.add_scatter(
            x=[max(middle, high)],
            y=[name],
            mode="text",
            text=[f"   {_words(hosting, variant)}"],
            textposition="middle right",
            textfont={"color": INK, "size": 13},
            cliponaxis=False,
            **shown,
        )
    most = unit * max(capacity(hosting, v).value[2] for v in hosting.variants)
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title=axis_title(hosting), range=[0, max(most, 1.0) * 1.32])
    dressed(figure, HEAD + ROW * len(names))
    return figure


def _words(hosting: Hosting, variant: str) -> str:
    """P50, then P10 and P90 where they differ."""
    found = capacity(hosting, variant)
    low, middle, high = (level(hosting, found, at) for at in range(3))
    return middle if low == high else f"{middle} (P10 {low}, P90 {high})"


def curve_figure(hosting: Hosting, looks: Looks) -> go.Figure:
    """Share of draws with any limit broken; whiskers, side by side, its interval."""
    figure, unit = go.Figure(), scale(hosting)
    n = len(hosting.variants)
    for number, variant in enumerate(hosting.variants):
        found = curve(hosting, variant)
        apart = APART * unit * max(found) * (number - (n - 1) / 2)
        x = [0.0, *(unit * q + apart for q in found)]
        shares = list(found.values())
        _line(figure, x, shares, looks[variant], variant, number)
        up = [0.0, *(100 * (one.high - one.share) for one in shares)]
        down = [0.0, *(100 * (one.share - one.low) for one in shares)]
        figure.data[-1].error_y = {
            "array": up,
            "arrayminus": down,
            "thickness": 1.2,
            "width": 3,
            "color": tint(looks[variant].colour, 0.6),
        }
    figure.update_xaxes(title=axis_title(hosting), rangemode="tozero")
    figure.update_yaxes(title="share of draws [%]", range=[-3, 103])
    return dressed(figure, 420)


def limits_figure(hosting: Hosting, looks: Looks) -> go.Figure:
    """The same limit by limit, a panel each."""
    limits = [limit for limit in limits_of(hosting) if limit != ANY]
    columns = min(PANELS_A_ROW, len(limits))
    rows = -(-len(limits) // columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[_panel_title(hosting, limit) for limit in limits],
        shared_xaxes="all",
        shared_yaxes="all",
        vertical_spacing=0.34 / rows,
        horizontal_spacing=0.04,
    )
    unit = scale(hosting)
    for place, limit in enumerate(limits):
        row, column = divmod(place, columns)
        for number, variant in enumerate(hosting.variants):
            found = curve(hosting, variant, limit)
            if not found:
                continue
            x = [0.0, *(unit * q for q in found)]
            at = {"row": row + 1, "col": column + 1}
            _line(
                figure, x, list(found.values()), looks[variant], variant, number,
                not place, at,
            )  # fmt: skip
    figure.update_yaxes(range=[-4, 104])
    figure.update_yaxes(title="draws [%]", col=1)
    for place in range(max(0, len(limits) - columns), len(limits)):
        row, column = divmod(place, columns)
        figure.update_xaxes(
            title=axis_title(hosting),
            showticklabels=True,
            row=row + 1,
            col=column + 1,
        )
    return dressed(figure, 90 + 240 * rows, titles=True)


def scale(hosting: Hosting) -> float:
    """Shares are drawn in percent, counts as they are."""
    return 100.0 if hosting.penetration == "fleet.ev_share" else 1.0


def axis_title(hosting: Hosting) -> str:
    """What a penetration is."""
    by_share = hosting.penetration == "fleet.ev_share"
    return "homes with an electric car [%]" if by_share else "electric cars"


def _panel_title(hosting: Hosting, limit: str) -> str:
    counted = hosting.table.filter(criterion=limit)["counts"].all()
    return NAMES[limit] + ("" if counted else " (told only)")


def _line(
    figure: go.Figure,
    x: Sequence[float],
    found: Sequence[Share],
    look: Look,
    variant: str,
    number: int,
    legend: bool = True,
    at: Mapping[str, int] | None = None,
) -> None:
    figure.add_scatter(
        x=x,
        y=[0.0, *(100 * one.share for one in found)],
        mode="lines+markers",
        name=plain(variant),
        legendgroup=variant,
        showlegend=legend,
        line={"color": look.colour, "dash": DASHES[number % len(DASHES)], "width": 2},
        marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
        customdata=[
            (0, 0, 0, 0),
            *((o.k, o.n, 100 * o.low, 100 * o.high) for o in found),
        ],
        hovertemplate="%{x:.3g}: %{customdata[0]} of %{customdata[1]} draws"
        "<br>%{y:.0f} % (%{customdata[2]:.0f} to %{customdata[3]:.0f})",
        **(at or {}),
    )
