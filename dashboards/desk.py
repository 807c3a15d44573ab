"""Where pages register: their address, their layout, their callbacks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import run_href
from dashboards.data import Library, Sibling
from twin.analysis.case import Case
from twin.errors import TwinError

log = logging.getLogger("dashboards")
Query = Mapping[str, str]
Answer = TypeVar("Answer", bound=Callable[..., Any])
Body = Callable[[Case, Query], Component]
WATCH_MS = 1000


@dataclass(frozen=True)
class Tab:
    """A page in a row of pages."""

    key: str
    title: str
    order: int
    path: str = ""


class Desk:
    """The application under construction, with the library that its pages read."""

    def __init__(self, app: Dash, library: Library) -> None:
        self.app, self.library = app, library
        self.callback = app.callback
        self.tabs: list[Tab] = []
        self.run_tabs: list[Tab] = []

    def page(
        self,
        key: str,
        title: str,
        path: str,
        layout: Callable[..., Component],
        order: int | None = None,
    ) -> None:
        """A page at a path, such as ``/study/<name>/<study_id>``.

        ``layout`` takes the parts of the path and of the query by name, as text. With
        an ``order``, the page stands in the header.
        """

        def shown(**asked: Any) -> Component:
            told = {**_texts(asked), **_named(path, _asked_path())}
            return self._safely(lambda: layout(**told))

        where = {"path_template": path} if "<" in path else {"path": path}
        dash.register_page(
            f"dashboards.{key}", title=f"{title} – V2G twin", layout=shown, **where
        )
        if order is not None:
            self.tabs = sorted([*self.tabs, Tab(key, title, order, path)], key=_order)

    def run_page(self, key: str, title: str, order: int, body: Body) -> None:
        """A page about one run, at ``/run/<scenario>/<run id>/<key>``.

        ``body`` takes the run and the query. Its callbacks find the run's address in
        the store ``at``, to give to ``case``.
        """
        self.run_tabs = sorted([*self.run_tabs, Tab(key, title, order)], key=_order)

        def layout(scenario: str = "", run_id: str = "", **query: str) -> Component:
            return self._run_layout(key, body, scenario, run_id, query)

        self.page(f"run.{key}", title, f"/run/<scenario>/<run_id>/{key}", layout)

    def case(self, at: Mapping[str, str] | None) -> Case:
        """The run that a page is about."""
        told = at or {}
        return self.library.case(told.get("scenario"), told.get("run_id"))

    def clientside(self, function: str, *arguments: Any, **words: Any) -> None:
        """A callback in the browser: a function of ``window.dash_clientside.twin``."""
        self.app.clientside_callback(
            ClientsideFunction("twin", function), *arguments, **words
        )

    def remember(self, page: str, *properties: str) -> None:
        """Keep values in the address: ``remember("voltage", "view.value")``.

        The component is called ``voltage-view``, the key in the query ``view``.
        """
        inputs = [
            Input(f"{page}-{p.rpartition('.')[0]}", p.rpartition(".")[2])
            for p in properties
        ]
        self.clientside("remember", *inputs)

    def first(self, page: str, chart: str) -> None:
        """The chart that a page shows first; ``parts.chart`` must know it, too."""
        when = parts.when_shown(page)
        self.clientside(
            "first", Output(when, "data"), Input(chart, "figure"), State(when, "data")
        )

    def after(
        self, page: str, *told: Any, **words: Any
    ) -> Callable[[Answer], Callable[..., Any]]:
        """As ``callback``, for what is below the screen: waits for the first chart.

        Else all that a page asks for is worked out and drawn at the same time, and
        the first chart stands when the last is ready. Afterwards nothing waits.
        """

        def register(answer: Answer) -> Callable[..., Any]:
            @wraps(answer)
            def ordered(*values: Any) -> Any:
                return answer(*values[:-1])

            when = Input(parts.when_shown(page), "data")
            found: Callable[..., Any] = self.callback(*told, when, **words)(ordered)
            return found

        return register

    def error(self, error: Exception) -> Component:
        """Tell the user, and the log, what went wrong; a bug by its kind only."""
        if isinstance(error, TwinError):
            return parts.notice(str(error), "error", "This cannot be shown")
        log.exception("an unexpected error", exc_info=error)
        return parts.notice(
            f"{type(error).__name__}: {error}. The log of `twin dash` says more.",
            "error",
            "Something went wrong in the dashboard",
        )

    def _safely(self, make: Callable[[], Component]) -> Component:
        try:
            return make()
        except Exception as error:  # whatever it is, the page must say so
            return html.Main(self.error(error), className="page")

    def _run_layout(
        self, key: str, body: Body, scenario: str, run_id: str, query: Query
    ) -> Component:
        at = {"scenario": scenario, "run_id": run_id, "page": key}
        status = self.library.status(scenario, run_id)
        if status.get("state") == "running":
            inner = watched()
        else:
            inner = self._safely(
                lambda: body(self.library.case(scenario, run_id), query)
            )
        state = str(status.get("state", ""))
        message = str(status.get("message") or "")
        head = self._run_head(key, scenario, run_id, state)
        told = [parts.notice(message, "warning")] if message else []
        return html.Main(
            [dcc.Store(id="at", data=at), head, *told, inner], className="page"
        )

    def _run_head(self, key: str, scenario: str, run_id: str, state: str) -> Component:
        here = f"{scenario}/{run_id}"
        beside = self.library.siblings(scenario, run_id)
        mine = [one for one in beside if f"{one.scenario}/{one.run_id}" == here]
        label = f"{mine[0].label}, seed {mine[0].seed}" if mine else ""
        tabs = [
            parts.link(
                tab.title,
                run_href(scenario, run_id, tab.key),
                "view here" if tab.key == key else "view",
            )
            for tab in self.run_tabs
        ]
        return html.Header(
            [
                html.Div(
                    [
                        html.Div(
                            [
                                html.H1([scenario, html.Small(label)]),
                                parts.state(state),
                                html.Code(run_id),
                            ],
                            className="run-name",
                        ),
                        _switch(beside, here),
                    ],
                    className="run-line",
                ),
                html.Nav(
                    tabs, className="views", **parts.labelled("Views of this run")
                ),
            ],
            className="run-head",
        )


def register_shell(desk: Desk) -> None:
    """Callbacks of what surrounds every page, and the page that is none."""
    dash.register_page("dashboards.not_found_404", title="V2G twin", layout=_nowhere)
    desk.clientside(
        "scheme", Output("scheme", "data"), Input("scheme-toggle", "n_clicks")
    )
    desk.clientside(
        "dress", Output("mantine", "forceColorScheme"), Input("scheme", "data")
    )
    desk.clientside(
        "switch",
        Output("go", "href"),
        Input("sibling", "value"),
        State("at", "data"),
        prevent_initial_call=True,
    )

    @desk.callback(
        Output("watched", "children"),
        Output("watched-tick", "disabled"),
        Input("watched-tick", "n_intervals"),
        State("at", "data"),
    )
    def watch(_: int | None, at: Mapping[str, str]) -> tuple[Component, bool]:
        status = desk.library.status(at.get("scenario"), at.get("run_id"))
        return progress(status), status.get("state") != "running"

    desk.clientside("reloadWhenDone", Input("watched-tick", "disabled"))


def _nowhere(**_: str) -> Component:
    told = parts.empty("There is no such page", parts.link("Back to all runs", "/"))
    return html.Main(told, className="page")


def watched() -> Component:
    """In place of a run that is still being written: how far it is."""
    return html.Div(
        [
            html.Div(id="watched"),
            dcc.Interval(id="watched-tick", interval=WATCH_MS),
        ]
    )


def progress(status: Mapping[str, Any]) -> Component:
    """How far a run is, from its ``status.json``."""
    share = float(status.get("progress") or 0.0)
    said = [
        f"{100 * share:.0f} % done",
        f"simulated up to {status.get('simulated') or 'nothing yet'}",
        f"{float(status.get('steps_per_s') or 0):,.0f} steps/s",
        f"process {status.get('pid', '–')}",
    ]
    return parts.card(
        [
            dmc.Progress(value=100 * share, size="lg", striped=True, animated=True),
            html.P(" · ".join(said), className="caption"),
            html.P("This page opens by itself when the run is complete."),
        ],
        "This run is being written",
    )


def _switch(beside: Sequence[Sibling], here: str) -> Component:
    """Another variant of the same study, on the same view."""
    options = [
        {
            "value": f"{one.scenario}/{one.run_id}",
            "label": f"{one.label}, seed {one.seed}",
        }
        for one in beside
    ]
    once = list({one["value"]: one for one in options}.values())
    return html.Div(
        dmc.Select(
            id="sibling",
            data=once,
            value=here,
            allowDeselect=False,
            searchable=True,
            size="xs",
            w=260,
            leftSection="⇄",
            **parts.labelled("Same view of another variant"),
        ),
        hidden=len(once) < 2,
        title="Same view of another variant",
    )


def _asked_path() -> str:
    return str(dash.ctx.inputs.get("_pages_location.pathname") or "")


def _named(template: str, path: str) -> dict[str, str]:
    """Parts of a path by their names in its template: no query may pose as one."""
    pairs = zip(template.split("/"), path.split("/"), strict=False)
    return {name[1:-1]: part for name, part in pairs if name.startswith("<")}


def _texts(asked: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: value
        for key, value in asked.items()
        if isinstance(value, str) and key.isidentifier()
    }


def _order(tab: Tab) -> int:
    return tab.order
