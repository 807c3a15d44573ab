"""What pages are made of: cards, charts, tiles, tables, notices, empty states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

Children = Component | str | Sequence[Any] | None
GRAPH_CONFIG: Any = {
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "toImage", "autoScale2d"],
}
STATE_COLOURS: Mapping[str, str] = {
    "done": "teal",
    "running": "blue",
    "interrupted": "orange",
    "failed": "red",
    "died": "red",
    "unreadable": "red",
}


def title(words: Children, about: Children = None) -> Component:
    """A page's heading, and a line about it."""
    return html.Div(
        [html.H1(words), html.P(about, className="about")], className="title"
    )


def card(
    children: Children, heading: str = "", key: str = "", table: str = ""
) -> Component:
    """A box with a heading; with the key of a ``table`` in it, that is saved as CSV."""
    inner = children if isinstance(children, list | tuple) else [children]
    words: list[Component] = [html.H2(heading), *([table_csv(table)] if table else [])]
    head = [html.Header(words, className="card-head")] if heading else []
    return html.Section([*head, *inner], className="card", **_id(key))


def chart(
    key: str,
    heading: str,
    caption: str = "",
    height: int = 360,
    controls: Children = None,
    is_first: bool = False,
    figure: go.Figure | None = None,
    graph_id: Mapping[str, str] | None = None,
) -> Component:
    """A card with the graph ``key``, its caption ``key-caption``, PNG and CSV.

    is_first   what else the page shows waits for it (``Desk.first``)
    figure     what it shows; by default a callback tells
    graph_id   where many graphs share a callback, in place of ``key``
    """
    waited = [dcc.Store(id=when_shown(key.partition("-")[0]))] if is_first else []
    tools = html.Div(
        [
            html.Div(controls, className="controls"),
            _export("png", f"Save the picture: {heading}"),
            _export("csv", f"Save the numbers shown: {heading}"),
        ],
        className="tools",
    )
    graph = dcc.Graph(
        id=dict(graph_id) if graph_id else key,
        config=GRAPH_CONFIG,
        style={"height": f"{height}px"},
        figure=_UNKNOWN if figure is None else figure,
        responsive=True,
    )
    return html.Section(
        [
            html.Header([html.H2(heading), tools], className="card-head"),
            dcc.Loading(
                html.Div(graph, role="img", **labelled(heading)),
                delay_show=500,
                type="dot",
                color="var(--accent)",
                overlay_style={"visibility": "visible", "opacity": 0.45},
            ),
            html.P(caption, className="caption", id=f"{key}-caption"),
            *waited,
        ],
        className="card chart",
        **attributes(data_name=key),
    )


def when_shown(page: str) -> str:
    """The store that tells that the first chart of a page is known."""
    return f"{page}-shown"


def tile(
    name: str,
    value: str,
    unit: str = "",
    change: str = "",
    mood: str = "",
    about: str = "",
) -> Component:
    """A figure in large. ``mood``: good, bad, or neither; ``change``: in words."""
    return html.Div(
        [
            html.Div(name, className="tile-name"),
            html.Div(
                [html.Span(value), html.Small(f" {unit}" if unit else "")],
                className="tile-value",
            ),
            html.Div(change, className=f"tile-change {mood}"),
            html.Div(about, className="tile-about"),
        ],
        className="tile",
    )


def tiles(children: Sequence[Component], key: str = "") -> Component:
    """Tiles in a row that wraps."""
    return html.Div(list(children), className="tiles", **_id(key))


def grid(
    key: str,
    columns: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]] = (),
    options: Mapping[str, Any] | None = None,
    height: int | None = None,
    row_id: str = "",
) -> dag.AgGrid:
    """A table that sorts, filters and exports. ``height``: pixels; else as needed."""
    usual: dict[str, Any] = {
        "animateRows": False,
        "suppressCellFocus": False,
        "rowHeight": 36,
        "headerHeight": 38,
        "tooltipShowDelay": 300,
        "enableCellTextSelection": True,
        "suppressNoRowsOverlay": True,
        "theme": {"function": _GRID_THEME},
    }
    if height is None:
        usual["domLayout"] = "autoHeight"
    words: dict[str, Any] = {
        "getRowId": f"params.data.{row_id}" if row_id else None,
        "style": {"height": f"{height}px" if height else None, "width": "100%"},
    }
    return dag.AgGrid(
        id=key,
        columnDefs=list(columns),
        rowData=list(rows),
        defaultColDef={"sortable": True, "resizable": True, "filter": True},
        columnSize="responsiveSizeToFit",
        dashGridOptions={**usual, **(options or {})},
        csvExportParams={"fileName": f"{key}.csv"},
        **{name: value for name, value in words.items() if value is not None},
    )


def state(word: str) -> Any:
    """A run's state as a badge."""
    colour = STATE_COLOURS.get(word, "gray")
    return dmc.Badge(word, color=colour, variant="light", radius="sm", tt="none")


def notice(words: Children, kind: str = "info", heading: str = "") -> Component:
    """Something to be told: info, warning or error."""
    colour = {"info": "blue", "warning": "orange", "error": "red"}[kind]
    role = "alert" if kind == "error" else "status"
    return html.Div(
        dmc.Alert(words, title=heading or None, color=colour, variant="light"),
        role=role,
        className=f"notice {kind}",
    )


def empty(heading: str, next_step: Children, command: str = "") -> Component:
    """Nothing to show: says so, and what to do next."""
    return html.Section(
        [
            html.H2(heading),
            html.P(next_step),
            *([html.Pre(html.Code(command))] if command else []),
        ],
        className="card empty",
    )


def table_csv(table: str) -> Component:
    """A button that saves a table, by its key."""
    return html.Button(
        "CSV",
        type="button",
        className="export",
        title="Save the table",
        **attributes(data_table=table, aria_label="Save the table as CSV"),
    )


def facts(rows: Sequence[tuple[str, Children]]) -> Component:
    """Names with values, one a line."""
    parts = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in rows]
    return html.Dl(parts, className="facts")


def link(words: Children, href: str, kind: str = "") -> Component:
    """A link within the dashboard, without loading it anew."""
    return dcc.Link(words, href=href, className=kind or None)


def choice(
    key: str, options: Sequence[tuple[str, str]], value: str, label: str
) -> Component:
    """A few exclusive options side by side: value and words of each."""
    control = dmc.SegmentedControl(
        id=key,
        data=[{"value": one, "label": words} for one, words in options],
        value=value,
        size="xs",
        **labelled(label),
    )
    return html.Div(control, role="group", **labelled(label))


def select(
    key: str, options: Sequence[tuple[str, str]], value: str, label: str
) -> Component:
    """One of many options from a list: value and words of each."""
    found: Component = dmc.Select(
        id=key,
        data=[{"value": one, "label": words} for one, words in options],
        value=value,
        allowDeselect=False,
        size="xs",
        w=220,
        **labelled(label),
    )
    return found


def waiting(key: str, words: str) -> Component:
    """A place that a callback fills; until then, what it waits for."""
    return dcc.Loading(
        html.Div(html.P(words, className="soft"), id=key),
        delay_show=300,
        type="dot",
        color="var(--accent)",
        overlay_style={"visibility": "visible", "opacity": 0.45},
    )


def one_of(allowed: Sequence[str], asked: object, default: str = "") -> str:
    """What an address asks for if it may; else the default, or the first."""
    if isinstance(asked, str) and asked in allowed:
        return asked
    return default or (allowed[0] if allowed else "")


def capital(words: str) -> str:
    """With a capital at its beginning."""
    return words if words.startswith("EV") else words[:1].upper() + words[1:]


def labelled(words: str) -> dict[str, Any]:
    """What a screen reader says of a component."""
    return attributes(aria_label=words)


def attributes(**words: str) -> dict[str, Any]:
    """Attributes of HTML whose names hold a dash, such as ``data_name``."""
    return {name.replace("_", "-"): word for name, word in words.items()}


def _export(kind: str, label: str) -> Component:
    return html.Button(
        kind.upper(),
        type="button",
        className="export",
        title=label,
        **attributes(aria_label=label, data_export=kind),
    )


def _id(key: str) -> dict[str, Any]:
    return {"id": key} if key else {}


_HIDDEN = {"visible": False}
_CLEAR = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
_UNKNOWN = {"data": [], "layout": {"xaxis": _HIDDEN, "yaxis": _HIDDEN} | _CLEAR}
_GRID_THEME = (
    "themeQuartz.withParams({accentColor: 'var(--accent)', "
    "backgroundColor: 'var(--surface)', foregroundColor: 'var(--ink)', "
    "headerBackgroundColor: 'var(--surface)', borderColor: 'var(--line)', "
    "fontFamily: 'inherit', fontSize: 13, headerFontSize: 13, spacing: 6, "
    "wrapperBorderRadius: 6})"
)
