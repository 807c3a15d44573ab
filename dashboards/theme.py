"""How figures look, in light and in dark; colours are safe for the colour-blind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from twin.analysis import theme as paper
from twin.analysis.network_figure import FAINT_LINE

Scheme = Literal["light", "dark"]
FONT = paper.FONT
CLEAR = "rgba(0,0,0,0)"
_TINT = re.compile(r"rgba\((\d+), ?(\d+), ?(\d+), ?([\d.]+)\)")


@dataclass(frozen=True)
class Palette:
    """Colours by meaning. Okabe and Ito's, lifted a little on dark ground."""

    ink: str
    grey: str
    faint: str
    surface: str
    limit: str
    base: str
    base_fill: str
    charge: str
    give: str
    storage: str
    driving: str
    parked: str
    pv: str
    low: str
    high: str
    accent: str
    sequence: tuple[str, ...]


LIGHT = Palette(
    ink="#1f2328",
    grey="#7d848c",
    faint="#e4e7ea",
    surface="#ffffff",
    limit="#a50026",
    base="#5b636b",
    base_fill="#d5d8dc",
    charge="#0072B2",
    give="#009E73",
    storage="#7b5ea7",
    driving="#E69F00",
    parked="#b9bec4",
    pv="#b8a200",
    low="#D55E00",
    high="#CC79A7",
    accent="#0072B2",
    sequence=paper.OKABE_ITO,
)
DARK = Palette(
    ink="#e8eaed",
    grey="#8f979f",
    faint="#343a41",
    surface="#1d2125",
    limit="#ff7b72",
    base="#aab2ba",
    base_fill="#3a4047",
    charge="#4ba3e3",
    give="#2fc699",
    storage="#b39ddb",
    driving="#f0b93a",
    parked="#5a626a",
    pv="#e6d23c",
    low="#f0803c",
    high="#e29ac4",
    accent="#4ba3e3",
    sequence=(
        "#4ba3e3",
        "#f0b93a",
        "#e29ac4",
        "#8fd0f5",
        "#f0803c",
        "#2fc699",
        "#b5b54a",
    ),
)


def palette(scheme: str | None) -> Palette:
    """The colours of a scheme; light where none is said."""
    return DARK if scheme == "dark" else LIGHT


def dressed(figure: go.Figure, scheme: str | None, height: int = 360) -> go.Figure:
    """The common layout. ``height``: pixels.

    The margins hold most axes' numbers and titles: where they have to grow, a chart is
    drawn twice.
    """
    look = palette(scheme)
    figure.update_layout(
        height=height,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"family": FONT, "size": 13, "color": look.ink},
        margin={"l": 88, "r": 24, "t": 36, "b": 58},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hoverlabel={
            "font": {"family": FONT, "color": look.ink},
            "bgcolor": look.surface,
            "bordercolor": look.grey,
        },
        modebar={"bgcolor": CLEAR, "color": look.grey, "activecolor": look.ink},
        uirevision="kept",
    )
    axis = {
        "gridcolor": look.faint,
        "zerolinecolor": look.grey,
        "zeroline": False,
        "linecolor": look.grey,
        "tickcolor": look.grey,
        "ticks": "outside",
        "title_standoff": 8,
        "automargin": True,
    }
    return figure.update_xaxes(**axis).update_yaxes(**axis)


def gap(words: str, scheme: str | None, height: int = 240) -> go.Figure:
    """In place of a figure: why there is none, and what to do about it."""
    figure = dressed(go.Figure(), scheme, height)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.add_annotation(
        text=words, showarrow=False, font={"color": palette(scheme).grey, "size": 14}
    )


def recoloured(figure: go.Figure, scheme: str | None) -> go.Figure:
    """A report's figure on the dashboard's ground."""
    look = palette(scheme)
    height = int(figure.layout.height or 360)
    figure.update_layout(
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font_color=look.ink,
        height=height,
        hoverlabel={"bgcolor": look.surface, "font": {"color": look.ink}},
    )
    axis = {"gridcolor": look.faint, "linecolor": look.grey, "tickcolor": look.grey}
    figure.update_xaxes(**axis).update_yaxes(**axis)
    if scheme != "dark":
        return figure
    return go.Figure(_turned(figure.to_plotly_json(), _in_the_dark()))


def recolour(colour: str, scheme: str | None) -> str:
    """A report's colour on the dashboard's ground."""
    return _in_the_dark().get(colour, colour) if scheme == "dark" else colour


def _in_the_dark() -> dict[str, str]:
    return dict(zip(paper.OKABE_ITO, DARK.sequence, strict=True)) | {
        paper.INK: DARK.ink,
        paper.LIMIT: DARK.limit,
        paper.FAINT: DARK.faint,
        FAINT_LINE: DARK.parked,
        paper.BASE_FILL: DARK.base_fill,
    }


def _turned(value: Any, turned: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _turned(one, turned) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_turned(one, turned) for one in value]
    return _one_turned(value, turned) if isinstance(value, str) else value


def _one_turned(value: str, turned: dict[str, str]) -> str:
    """Of a tint of a colour the same tint of what it becomes."""
    found = _TINT.fullmatch(value)
    if found is None:
        return turned.get(value, value)
    colour = "#" + "".join(f"{min(int(found[k]), 255):02x}" for k in (1, 2, 3))
    known = {key.lower(): other for key, other in turned.items()}
    return paper.tint(known[colour], float(found[4])) if colour in known else value
