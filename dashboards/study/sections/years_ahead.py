"""Years ahead: which asset is too small in which year, by policy, and what it costs."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl
from dash import html
from dash.development.base_component import Component

from dashboards.data import StudyFound
from dashboards.study.element_href import element_href
from dashboards.study.of_report import cards, linked, picture
from dashboards.study.section import Asked, Options, Section
from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.timeline import COLUMNS, FILE, last_case, timeline_of
from twin.analysis.timeline_map import years_map
from twin.analysis.timeline_section import answer, section
from twin.errors import InputError

TABLE = f"{FILE}.parquet"
NO_RUNS = (
    "The runs of this study are gone: what follows is what its table holds. Counts by "
    "year and money need the runs; the study, run again, makes them."
)


def assets_in(study: StudyFound) -> pl.DataFrame:
    """The study's table of assets: a row an asset and policy."""
    table = pl.read_parquet(study.path / TABLE, glob=False)
    lacking = [name for name in COLUMNS if name not in table.columns]
    if lacking:
        raise InputError.of(f"{TABLE} lacks {', '.join(lacking)}")
    return table


def title_of(kind: str, name: str, size: float) -> str:
    """As the report calls an asset."""
    sizes = {
        "transformer": f" ({size:g} kVA)",
        "regulator": f" ({size:g} kVA)",
        "line": f" ({1000 * size:.0f} m)",
    }
    return f"{kind} {name}{sizes.get(kind, '')}"


def _options(study: StudyFound) -> Options:
    policies = assets_in(study)["policy"].unique(maintain_order=True)
    return [(one, one) for one in policies]


def _body(asked: Asked) -> list[Component]:
    table = assets_in(asked.study.found)
    policies = table["policy"].unique(maintain_order=True).to_list()
    policy = asked.pick if asked.pick in policies else policies[0] if policies else ""
    body = asked.kept("html", lambda: _html(asked, table))
    links = asked.kept(("links", policy), lambda: links_of(asked, table, policy))
    found = cards(body, asked.key, asked.scheme, links)
    drawn = asked.kept(("map", policy), lambda: _map(asked, table, policy))
    if drawn is not None:
        figure, about = drawn
        place, words = f"study-{asked.key}-map", f"{about} Shown: {policy}."
        mapped = linked(go.Figure(figure), links)
        found.append(picture(place, "Where, and when", words, mapped, asked.scheme))
    if links:
        words = "Click an asset, in a figure or in the table, to see it in a run of "
        found.append(html.P(f"{words}{policy} in the last year.", className="caption"))
    return found


def _map(
    asked: Asked, table: pl.DataFrame, policy: str
) -> tuple[go.Figure, str] | None:
    case = _last(asked, policy)
    rows = table.select("kind", "asset", "size").iter_rows()
    titles = {(kind, name): title_of(kind, name, size) for kind, name, size in rows}
    return None if case is None else years_map(table, policy, case, titles)


def _html(asked: Asked, table: pl.DataFrame) -> str:
    comparison = asked.study.comparison
    timeline = None if comparison is None else timeline_of(comparison)
    if comparison is None or timeline is None:
        return page.paragraphs([NO_RUNS], "banner") + _plain(table)
    return page.paragraphs(answer(timeline)) + section(comparison, mapped=False)


def _plain(table: pl.DataFrame) -> str:
    head = ["asset", "policy", "first year P10", "P50", "P90", "seeds", "upgrade USD"]
    rows = [
        [
            title_of(row["kind"], row["asset"], row["size"]),
            row["policy"],
            *(
                "later" if row[f"first_year_{q}"] is None else row[f"first_year_{q}"]
                for q in ("p10", "p50", "p90")
            ),
            f"{row['seeds_over']} of {row['seeds']}",
            f"{row['upgrade_usd']:,.0f}",
        ]
        for row in table.iter_rows(named=True)
    ]
    return page.table(head, rows, (0, 1))


def links_of(asked: Asked, table: pl.DataFrame, policy: str) -> dict[str, str]:
    """By asset, where it is looked at in a run of a policy in the last year."""
    case = _last(asked, policy)
    if case is None:
        return {}
    once = table.unique(["kind", "asset"], maintain_order=True)
    return {
        title_of(kind, name, size): href
        for kind, name, size in once.select("kind", "asset", "size").iter_rows()
        if (href := element_href(case, kind, name.partition("#")[0]))
    }


def _last(asked: Asked, policy: str) -> Case | None:
    comparison = asked.study.comparison
    return None if comparison is None else last_case(comparison, policy)


SECTION = Section(
    key="years",
    title="Years ahead",
    order=20,
    file=TABLE,
    body=_body,
    options=_options,
    control="Map and links of",
)
