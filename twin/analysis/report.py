"""Writes a run's or a study's report: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from twin.analysis import (
    battery_section,
    ledger_section,
    page,
    paired,
    sections,
    stationary_section,
    territory_text,
    transformer_life,
    wording,
    yardstick_section,
)
from twin.analysis.bill_section import bills
from twin.analysis.case import Case
from twin.analysis.caveats import caveats
from twin.analysis.comparison import Comparison
from twin.analysis.operator_section import operator
from twin.analysis.outage_section import outages
from twin.analysis.participation_section import participation
from twin.analysis.quality_section import voltage_quality
from twin.analysis.questions import Answer, answers
from twin.analysis.response_section import responses
from twin.analysis.study import Subject
from twin.analysis.territory import Territory
from twin.analysis.timeline import timeline_of
from twin.analysis.timeline_section import lead as years_ahead
from twin.analysis.timeline_section import section as timeline
from twin.analysis.unsettled import unsettled
from twin.analysis.verdict import cautions
from twin.analysis.wording import stopped
from twin.errors import InputError
from twin.results.durable import replacing

REPORT_FILE = "report.html"
YEARS_AHEAD = "years-ahead"
Part = tuple[str, str, Callable[[Comparison], str]]


def write(path: Path | str, out: Path | str | None = None, billed_by: str = "") -> Path:
    """The report of a run's or a study's folder; returns the file's path.

    ``billed_by``: a tariff to make the bills by in place of each run's own.
    """
    subject = Subject.open(path)
    if billed_by:
        subject = replace(subject, comparison=subject.comparison.billed(billed_by))
    target = Path(out) if out is not None else subject.folder / REPORT_FILE
    target = target / REPORT_FILE if target.is_dir() else target
    words = html(subject)
    try:
        with replacing(target) as temporary:
            temporary.write_text(words, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError.of(
            f"cannot write the report: {reason}", where=str(target)
        ) from error
    return target


def html(subject: Subject) -> str:
    """The whole document."""
    comparison = subject.comparison
    found = _answers(subject)
    return page.page(
        _title(subject),
        _lead(subject, [line for one in found for line in one.lead()]),
        [
            *(_section(one) for one in found if not one.is_gap),
            *(
                page.Section(key, title, build(comparison))
                for key, title, build in _in_order(comparison)
            ),
            *(_section(one) for one in found if one.is_gap),
        ],
    )


def _answers(subject: Subject) -> list[Answer]:
    """What a study was made to ask."""
    if subject.kind != "study":
        return []
    return answers(subject.folder, lambda: subject.comparison)


def _section(one: Answer) -> page.Section:
    return page.Section(one.key, one.title, one.html())


def _in_order(comparison: Comparison) -> Sequence[Part]:
    """Years ahead first, where they are the question; batteries where there are any."""
    parts = [
        part
        for part in _SECTIONS
        if part[0] != stationary_section.KEY or stationary_section.has_any(comparison)
    ]
    if timeline_of(comparison) is None:
        return parts
    return sorted(parts, key=lambda part: part[0] != YEARS_AHEAD)


def _title(subject: Subject) -> str:
    halts = [words for case in subject.comparison.cases if (words := stopped(case))]
    alone = len(subject.comparison.cases) == 1
    said = halts[0] if alone and halts else f"{len(halts)} runs unfinished"
    return f"{subject.name} – report" + (f" ({said})" if halts else "")


def _lead(subject: Subject, before: Sequence[str]) -> str:
    first = subject.comparison.cases[0]
    told = years_ahead(subject.comparison) or wording.headline(subject.comparison)
    lines = [*before, *told]
    about = _about(subject, first)
    description = first.scenario.get("description")
    said = [about, str(description)] if description else [about]
    said_before = [*unsettled(subject.comparison), *cautions(subject.comparison)]
    return (
        f"<h1>{escape(_title(subject).replace(' – report', ''))}</h1>"
        f"{page.paragraphs(wording.warnings(subject.comparison), 'banner')}"
        f"{page.paragraphs(said, 'about')}"
        f'<div class="answer">{page.paragraphs(lines)}</div>'
        f"{page.paragraphs(said_before, 'gap')}"
    )


def _about(subject: Subject, case: Case) -> str:
    feeder = case.run.record.get("feeder") or {}
    source = (case.scenario.get("feeder") or {}).get("source")
    name = feeder.get("name") or source or "feeder unknown"
    comparison = subject.comparison
    seeds, cars = len(comparison.seeds), max(c.n_ev for c in comparison.cases)
    policy = f" under {case.policy}" if subject.kind == "run" else ""
    where = f"on {name}: {case.n_customers:,} customers, {cars:,} EVs"
    territory = Territory.open(subject.folder) if subject.kind == "study" else None
    if territory is not None:
        whole = f"of {territory_text.size(territory)}"
        where = f"{whole}; every section but Territory shows one of them, {where}"
        seeds = len(territory.seeds)
    return (
        f"A {subject.kind}{policy} {where}, "
        f"{round(case.days, 1):g} day{_s(round(case.days, 1))} "
        f"from {case.local(case.steps['time'][0])}, steps of {60 * case.step_h:g} min, "
        f"{len(comparison.labels)} variant{_s(len(comparison.labels))}, "
        f"{seeds} seed{_s(seeds)}; voltages judged by {_standard(case)} "
        f"({case.limits.low_pu:g} to {case.limits.high_pu:g} pu)."
    )


def _standard(case: Case) -> str:
    known = {"en50160": "EN 50160", "ansi_c84_1": "ANSI C84.1"}
    return known.get(case.limits.standard, "the scenario's own limits")


def _s(count: float) -> str:
    return "" if count == 1 else "s"


def _caveats(comparison: Comparison) -> str:
    return page.bullets(caveats(comparison))


_SECTIONS: tuple[Part, ...] = (
    ("key-figures", "Key figures", sections.key_figures),
    ("paired", "Differences over seeds", paired.section),
    ("figures", "Figures", sections.figures),
    ("all-figures", "All numbers", sections.all_numbers),
    ("violations", "Voltage violations", sections.violations),
    (YEARS_AHEAD, "Years ahead", timeline),
    ("outages", "Outages", outages),
    ("participation", "Who can take part", participation),
    ("requests", "Requests and responses", responses),
    ("operator", "The grid operator", operator),
    ("voltage-quality", "Voltage quality", voltage_quality),
    ("overloads", "Overloaded assets", sections.overloads),
    ("transformers", "Transformers", sections.transformers),
    (stationary_section.KEY, stationary_section.TITLE, stationary_section.section),
    ("transformer-life", "Transformer life", transformer_life.section),
    ("batteries", "Batteries", battery_section.section),
    ("bills", "Bills", bills),
    ("ledger", "Ledger", ledger_section.section),
    ("yardstick", "Yardstick", yardstick_section.section),
    ("face-validity", "Face validity", sections.face),
    ("caveats", "Caveats", _caveats),
    ("provenance", "Provenance", sections.provenance),
)
