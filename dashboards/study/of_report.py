"""A report's section as cards of the dashboard: the same words, tables and figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import parts, theme

Links = Mapping[str, str]
NO_LINKS: Links = {}
TAGS: Mapping[str, Any] = {
    one.__name__.lower(): one
    for one in (
        *(html.P, html.Ul, html.Ol, html.Li, html.H3, html.H4, html.Div, html.Span),
        *(html.B, html.I, html.Em, html.Strong, html.Small, html.Sub, html.Sup),
        *(html.Code, html.Pre, html.Br, html.Wbr, html.Dl, html.Dt, html.Dd),
        *(html.Details, html.Summary, html.Table, html.Caption, html.Thead),
        *(html.Tbody, html.Tfoot, html.Tr, html.Th, html.Td),
    )
}
CLASSES = {"note": "caption", "wide": "scroll", "words": "words", "group": "group"}
VOID = ("br", "wbr", "hr", "img", "meta", "link", "input")


@dataclass
class Node:
    """An element of the report, with what is in it."""

    tag: str
    words: Mapping[str, str | None] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.words.get("class") or ""

    @property
    def text(self) -> str:
        """All words in it."""
        told = (one if isinstance(one, str) else one.text for one in self.inside)
        return "".join(told)

    def every(self, tag: str) -> Iterator[Node]:
        """Every element of a kind in it."""
        for one in self.inside:
            if isinstance(one, Node):
                if one.tag == tag:
                    yield one
                yield from one.every(tag)


class _Tree(HTMLParser):
    """Reads a part of a report into nodes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        self._open[-1].inside.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        names = [node.tag for node in self._open]
        if tag in names[1:]:
            last = len(names) - 1 - names[::-1].index(tag)
            del self._open[last:]

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def cards(
    section: str, key: str, scheme: str, links: Links = NO_LINKS
) -> list[Component]:
    """Cards of a report's section: a figure each, and what stands between them.

    section  its HTML, as ``twin.analysis.page`` makes it
    key      with which the keys of its figures begin
    links    addresses by the words of a table's cell, or of a mark in a figure
    """
    tree = _Tree()
    tree.feed(section)
    tree.close()
    found: list[Component] = []
    between: list[Component | str] = []
    for one in [*tree.root.inside, Node("figure")]:
        if isinstance(one, Node) and one.tag == "figure":
            if any(not isinstance(x, str) or x.strip() for x in between):
                found.append(parts.card(between))
            between = []
            found += _figure(one, key, scheme, links)
        elif isinstance(one, Node) or one.strip():
            between += _component(one, links)
    return found


def linked(figure: go.Figure, links: Links) -> go.Figure:
    """Marks whose words begin with a name that has an address carry that address."""
    known = {escape(name, quote=False): href for name, href in links.items()}
    for trace in figure.data:
        words = trace.text if "text" in trace else None
        if isinstance(words, list | tuple) and trace.customdata is None:
            hrefs = [_href(str(one), known) for one in words]
            if any(hrefs):
                trace.customdata = hrefs
    return figure


def _href(words: str, known: Links) -> str:
    """By the longest name that the words are, or begin with before a colon."""
    first = words.partition("<br>")[0]
    if first in known:
        return known[first]
    fits = [name for name in known if first.startswith(f"{name}: ")]
    return known[max(fits, key=len)] if fits else ""


def _figure(node: Node, key: str, scheme: str, links: Links) -> list[Component]:
    title = next((one.text for one in node.every("h3")), "")
    said = next((one.text for one in node.every("figcaption")), "")
    data = next(
        (x for x in node.every("script") if x.words.get("type") == "application/json"),
        None,
    )
    if data is None:
        gap = [one.text for one in node.every("p")]
        return [parts.card([html.P(x, className="soft") for x in gap], title)] * bool(
            gap
        )
    name = (data.words.get("id") or "").removeprefix("data-")
    figure = linked(go.Figure(json.loads(data.text)), links)
    return [picture(f"study-{key}-{name}", title, said, figure, scheme)]


def picture(
    key: str, title: str, caption: str, figure: go.Figure, scheme: str
) -> Component:
    """A figure as a card; a click on a mark that has an address goes there."""
    drawn = theme.recoloured(figure, scheme)
    return parts.chart(
        key,
        title,
        caption,
        int(drawn.layout.height),
        figure=drawn,
        graph_id={"type": "study-picture", "key": key},
    )


def _component(node: Node | str, links: Links) -> list[Component | str]:
    if isinstance(node, str):
        return [node]
    inside = [x for one in node.inside for x in _component(one, links)]
    if node.tag == "p" and node.kind in ("gap", "banner"):
        return [parts.notice(node.text, "warning" if node.kind == "banner" else "info")]
    make = TAGS.get(node.tag)
    if make is None:
        return [] if node.tag in ("script", "style") else inside
    if node.tag in ("td", "th") and links.get(node.text):
        inside = [dcc.Link(node.text, href=links[node.text])]
    return [make(None if node.tag in ("br", "wbr") else inside, **_attributes(node))]


def _attributes(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    kind = "plain report" if node.tag == "table" else CLASSES.get(node.kind, "")
    if kind:
        found["className"] = kind
    if node.tag == "th" and node.words.get("scope"):
        found["scope"] = node.words["scope"]
    if node.words.get("colspan"):
        found["colSpan"] = node.words["colspan"]
    return found
