"""Hosting capacity: how many cars the grid hosts, what binds first, and where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from html import escape

import polars as pl
from dash import html
from dash.development.base_component import Component

from dashboards.data import StudyFound
from dashboards.study.element_href import element_href
from dashboards.study.of_report import cards
from dashboards.study.points import narrowed
from dashboards.study.section import Asked, Options, Section
from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.hosting import COLUMNS, HOSTING_TABLE, Hosting
from twin.analysis.hosting_answers import ANY, bindings, courses, limits_of
from twin.analysis.hosting_curve import first_violation
from twin.analysis.hosting_figure import curve_figure, hosted_figure
from twin.analysis.hosting_record import SCHEMA
from twin.analysis.hosting_section import ABOUT_CURVE, ABOUT_HOSTED, hosting_section
from twin.analysis.hosting_text import NAMES, headline, named, sentences, text
from twin.analysis.study import HOSTING_FILE
from twin.analysis.theme import OKABE_ITO, Look
from twin.errors import InputError


def hosting_in(study: StudyFound) -> Hosting:
    """What a study says of hosting; what is wrong with it is an InputError."""
    record = json.loads((study.path / HOSTING_FILE).read_text(encoding="utf-8"))
    schema = record.get("schema", SCHEMA) if isinstance(record, dict) else None
    if not isinstance(schema, int):
        raise InputError.of("it is not a record of hosting")
    if schema > SCHEMA:
        raise InputError.of(
            f"written by a newer twin (schema {schema}; this one reads up to {SCHEMA})"
        )
    hosting = Hosting.open(study.path)
    assert hosting is not None
    lacking = [name for name in COLUMNS if name not in hosting.table.columns]
    if lacking:
        raise InputError.of(f"{HOSTING_TABLE} lacks {', '.join(lacking)}")
    return hosting


def by_limit(hosting: Hosting, limit: str) -> Hosting:
    """The same judged by one limit alone, of the variants that tell it."""
    if limit in ("", ANY):
        return hosting
    told = (pl.col("criterion") == limit) & pl.col("violated").is_not_null()
    table = hosting.table.filter(told).with_columns(pl.lit(value=True).alias("counts"))
    return replace(hosting, table=table)


def _options(study: StudyFound) -> Options:
    return [(limit, NAMES.get(limit, limit)) for limit in limits_of(hosting_in(study))]


def _lead(study: StudyFound) -> Sequence[str]:
    return [headline(hosting_in(study))]


def _body(asked: Asked) -> list[Component]:
    hosting = asked.kept("read", lambda: hosting_in(asked.study.found))
    judged = by_limit(hosting, asked.pick)
    body = asked.kept(("html", asked.pick), lambda: _html(asked, judged))
    links = asked.kept(("links", asked.pick), lambda: links_of(asked, judged))
    found = cards(body, asked.key, asked.scheme, links)
    if links:
        words = "Click an element, in the table or on the map, to see it in a run in "
        words += "which it binds first."
        found.append(html.P(words, className="caption"))
    return found


def _html(asked: Asked, hosting: Hosting) -> str:
    comparison = narrowed(asked.study, "").comparison
    if comparison is not None:
        return hosting_section(hosting, comparison)
    styles = {
        name: Look(OKABE_ITO[at % len(OKABE_ITO)])
        for at, name in enumerate(hosting.variants)
    }
    hosted, curve = hosted_figure(hosting, styles), curve_figure(hosting, styles)
    return "".join(
        [
            page.paragraphs(sentences(hosting)),
            page.figure(
                "hosted", "How many cars the grid hosts", ABOUT_HOSTED, hosted, ""
            ),
            page.figure(
                "hosting-curve", "How likely a limit is broken", ABOUT_CURVE, curve, ""
            ),
            page.details("All of it in words", f"<pre>{escape(text(hosting))}</pre>"),
        ]
    )


def links_of(asked: Asked, hosting: Hosting) -> dict[str, str]:
    """By element, with and without its phase: where it is looked at.

    In the run in which a draw first breaks the limit there; what cannot be opened has
    no link.
    """
    scenarios = {run_id: name for _, name, run_id, _ in asked.study.found.runs}
    cases: dict[str, Case | None] = {}
    found: dict[str, str] = {}
    for variant in hosting.variants:
        firsts = _first_runs(hosting, variant)
        for one in bindings(hosting, variant):
            run_id = firsts.get((one.criterion, one.element, one.phase), "")
            if run_id not in cases:
                cases[run_id] = _case(asked, scenarios.get(run_id), run_id)
            case = cases[run_id]
            if case is None:
                continue
            kind, _, name = one.element.partition(" ")
            href = element_href(case, kind, name, one.phase)
            if href:
                found.setdefault(named(one), href)
                found.setdefault(one.element, href)
    return found


def _first_runs(hosting: Hosting, variant: str) -> dict[tuple[str, str, int], str]:
    """The first run at whose draw's first violation an element is the worst."""
    at = {
        one.seed: float(one.point[first])
        for one in courses(hosting, variant)
        if (first := first_violation(one.violated)) < len(one.point)
    }
    broken = (pl.col("variant") == variant) & pl.col("violated") & pl.col("counts")
    found: dict[tuple[str, str, int], str] = {}
    for row in hosting.table.filter(broken).iter_rows(named=True):
        if at.get(row["seed"]) == row["penetration"]:
            key = (row["criterion"], row["element"], row["phase"])
            found.setdefault(key, row["run_id"])
    return found


def _case(asked: Asked, scenario: str | None, run_id: str) -> Case | None:
    try:
        return asked.library.case(scenario, run_id)
    except InputError:
        return None


SECTION = Section(
    key="hosting",
    title="Hosting capacity",
    order=10,
    file=HOSTING_FILE,
    body=_body,
    options=_options,
    control="Judged by",
    lead=_lead,
)
