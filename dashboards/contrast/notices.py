"""What must be told before or instead of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import MOST_COMPARED
from dashboards.contrast.differences import (
    Contrast,
    unfair,
)
from dashboards.contrast.runs import (
    suggestions,
)
from dashboards.data import Library


def cautions(contrast: Contrast) -> list[Component]:
    words = unfair(contrast)
    if not words:
        return []
    heading = "Before comparing"
    if len(words) == 1:
        return [parts.notice(words[0], "warning", heading)]
    return [parts.notice(html.Ul([html.Li(one) for one in words]), "warning", heading)]


def too_few(library: Library, usable: Sequence[str]) -> list[Component]:
    """What to do when there is nothing to compare yet."""
    links = [parts.link(words, href) for words, href in suggestions(library, usable)]
    said = (
        "One run is chosen: choose at least one more above"
        if usable
        else "Choose two to five runs above"
    )
    if not links:
        return [parts.empty("Nothing to compare yet", f"{said}.")]
    return [
        html.Section(
            [
                html.H2("Nothing to compare yet"),
                html.P(f"{said}, or begin with:"),
                html.Ul([html.Li(one) for one in links]),
            ],
            className="card empty compare-empty",
        )
    ]


def unknown(names: Sequence[str], known: set[str]) -> list[Component]:
    missing = [name for name in names if name not in known]
    if not missing:
        return []
    said = (
        f"There is no run {', '.join(missing)} in this results folder. Choose from the "
        "list below; `twin run` or `twin study` makes more."
    )
    return [parts.notice(said, "warning", "Left out")]


def too_many(names: Sequence[str]) -> list[Component]:
    if len(names) <= MOST_COMPARED:
        return []
    said = (
        f"{len(names)} runs are named; {MOST_COMPARED} can be told apart on one axis. "
        f"The first {MOST_COMPARED} are shown: take some out to put others in."
    )
    return [parts.notice(said, "warning", "Too many runs")]
