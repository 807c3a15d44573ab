"""Turns words, tables and figures into one HTML file that asks no host for anything."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from twin.analysis.theme import FONT


@dataclass(frozen=True)
class Section:
    """A part of the page: an anchor, a heading and its HTML."""

    key: str
    title: str
    body: str


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The whole document: plotly.js once, scripts allowed by their hashes only."""
    scripts = (get_plotlyjs(), _DRAW)
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    contents = "".join(
        f'<a href="#{one.key}">{escape(one.title)}</a>' for one in sections
    )
    parts = "".join(
        f'<section id="{one.key}"><h2>{escape(one.title)}</h2>{one.body}</section>\n'
        for one in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>\n"
        f"<script>{scripts[0]}</script></head>\n"
        f"<body><header>{lead}<nav>{contents}</nav></header>\n<main>{parts}</main>\n"
        f"<script>{scripts[1]}</script></body></html>\n"
    )


def figure(key: str, title: str, caption: str, plot: go.Figure | None, gap: str) -> str:
    """A figure with its title and caption, or the gap's reason in its place."""
    if plot is None:
        return (
            f'<figure id="figure-{key}"><h3>{escape(title)}</h3>'
            f'<p class="gap">Not shown. {escape(gap)}</p></figure>'
        )
    height = int(plot.layout.height or 400)
    data = plot.to_json().replace("<", "\\u003c")
    return (
        f'<figure id="figure-{key}"><h3>{escape(title)}</h3>'
        f'<div class="plot" data-for="{key}" style="height:{height}px" role="img" '
        f'aria-label="{escape(title)}"></div>'
        f'<script type="application/json" id="data-{key}">{data}</script>'
        f"<figcaption>{escape(caption)}</figcaption></figure>\n"
    )


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[object] | str],
    words: Iterable[int] = (0,),
) -> str:
    """A table; a row given as a word is a heading across. ``words``: text columns."""
    texts = set(words)
    columns = "".join(
        f'<th scope="col"{_kind(n, texts)}>{_breaking(name)}</th>'
        for n, name in enumerate(head)
    )
    body = "".join(_table_row(row, len(head), texts) for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def paragraphs(lines: Iterable[str], kind: str = "") -> str:
    """One paragraph a line; empty ones are left out."""
    mark = f' class="{kind}"' if kind else ""
    return "".join(f"<p{mark}>{escape(line)}</p>" for line in lines if line)


def bullets(lines: Iterable[str]) -> str:
    """A list of plain words."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def tree(value: object) -> str:
    """Whatever a record says, nested as it is."""
    if isinstance(value, Mapping):
        rows = "".join(
            f"<div><dt>{escape(str(key))}</dt><dd>{tree(one)}</dd></div>"
            for key, one in value.items()
        )
        return f"<dl>{rows}</dl>"
    if isinstance(value, list | tuple):
        if all(not isinstance(one, Mapping | list | tuple) for one in value):
            return escape(", ".join(_scalar(one) for one in value))
        return "".join(tree(one) for one in value)
    return escape(_scalar(value))


def line(value: object) -> str:
    """A record's part on one line of plain words."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {line(one)}" for key, one in value.items())
    return _scalar(value)


def details(title: str, body: str) -> str:
    """Something that opens on demand."""
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def source(value: Any) -> str:
    """JSON as it is, to read."""
    words = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    return f"<pre>{escape(words)}</pre>"


def _table_row(row: Sequence[object] | str, width: int, texts: set[int]) -> str:
    if isinstance(row, str):
        return (
            f'<tr class="group"><th scope="rowgroup" colspan="{width}">'
            f"{escape(row)}</th></tr>"
        )
    first, *rest = (_cell(cell) for cell in row)
    cells = "".join(
        f"<td{_kind(n, texts)}>{cell}</td>" for n, cell in enumerate(rest, 1)
    )
    return f'<tr><th scope="row"{_kind(0, texts)}>{first}</th>{cells}</tr>'


def _cell(cell: object) -> str:
    """Plain words, or a pair: what counts, and its band in small below."""
    if not isinstance(cell, tuple):
        return escape(str(cell))
    main, small = (escape(str(part)) for part in cell)
    return f"{main}<small>{small}</small>" if small else main


def _breaking(name: str) -> str:
    """A heading that may go on in another line after an underscore."""
    return escape(name).replace("_", "_<wbr>")


def _kind(column: int, texts: set[int]) -> str:
    return ' class="words"' if column in texts else ""


def _scalar(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return base64.b64encode(digest).decode("ascii")


_DRAW = """
"use strict";
for (const place of document.querySelectorAll(".plot")) {
  const said = document.getElementById("data-" + place.dataset.for).textContent;
  const plot = JSON.parse(said);
  Plotly.newPlot(place, plot.data, plot.layout, {
    responsive: true, displayModeBar: "hover", displaylogo: false,
    showSendToCloud: false,
    plotlyServerURL: "", modeBarButtonsToRemove: ["select2d", "lasso2d"],
  });
}
"""

_STYLE = f"""
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: #f5f6f7; color: #222; font: 15px/1.5 {FONT}; }}
header, main {{ max-width: 1240px; margin: 0 auto; padding: 0 24px; }}
header {{ padding-top: 28px; }}
h1 {{ font-size: 24px; line-height: 1.25; margin: 0 0 4px; }}
h2 {{ font-size: 19px; margin: 0 0 12px; }}
h3 {{ font-size: 16px; margin: 0 0 4px; }}
.about {{ color: #555; margin: 0 0 16px; }}
.answer {{ background: #fff; border-left: 5px solid #009E73; padding: 14px 20px; }}
.answer p {{ margin: 0 0 6px; }}
.answer p:first-child {{ font-size: 20px; line-height: 1.35; font-weight: 600; }}
nav {{ display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 16px 0 4px; }}
nav a {{ color: #0b5394; }}
section {{ background: #fff; margin: 16px 0; padding: 20px 24px; }}
figure {{ margin: 0 0 28px; }}
figcaption, .note {{ color: #555; font-size: 14px; max-width: 100ch; }}
.banner {{ color: #7a0014; background: #fdecea; border-left: 5px solid #a50026;
  padding: 10px 20px; margin: 0 0 8px; font-weight: 600; }}
.gap {{ color: #7a4b00; background: #fff6e5; padding: 10px 14px; }}
.wide {{ overflow-x: auto; margin: 0 0 14px; }}
table {{ border-collapse: collapse; font-size: 14px;
  font-variant-numeric: tabular-nums; }}
th, td {{ padding: 4px 12px; text-align: right; border-bottom: 1px solid #e6e6e6;
  white-space: nowrap; vertical-align: top; }}
thead th {{ border-bottom: 2px solid #8c8c8c; vertical-align: bottom;
  white-space: normal; }}
tbody th {{ font-weight: 400; }}
tbody th[scope=row], thead th:first-child {{ position: sticky; left: 0;
  background: #fff; }}
th.words, td.words {{ text-align: left; }}
td small, th small {{ display: block; color: #666; font-size: 12px;
  white-space: normal; }}
th.words small {{ max-width: 34ch; }}
td.words {{ white-space: normal; min-width: 10ch; }}
td.words:last-child {{ min-width: 22ch; }}
tr.group th {{ font-weight: 600; padding-top: 12px; text-align: left; }}
dl {{ margin: 0; }}
dl div {{ display: flex; gap: 12px; border-bottom: 1px solid #f0f0f0; }}
dt {{ color: #555; min-width: 170px; }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
pre {{ background: #f5f6f7; padding: 12px; overflow-x: auto; font-size: 13px; }}
summary {{ cursor: pointer; margin: 8px 0; }}
@media print {{ body {{ background: #fff; }} nav {{ display: none; }} }}
"""
