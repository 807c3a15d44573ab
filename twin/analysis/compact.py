"""The compact sheet: the answer in words, then key figures within a given width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from twin.analysis import wording
from twin.analysis.comparison import Cell, Comparison, Difference
from twin.analysis.measures import KEY_FIGURES, MEASURES, WORTH_FIGURES, Measure
from twin.analysis.participation_words import headlines
from twin.analysis.reference_words import reference_told
from twin.analysis.unsettled import unsettled
from twin.analysis.verdict import cautions

GAP = 2
UNKNOWN = "–"
NARROWEST = 20
FIGURES = tuple(dict.fromkeys((*KEY_FIGURES, MEASURES["stored_change_kwh"])))
WORTH = "What it is worth, and to whom:"
TRACED = (
    "Each of these is traced by `twin export <run>`: funnel, bill_by_home, "
    "wear_by_car, transformer_life, outages, ledger."
)


def compact(comparison: Comparison, width: int) -> str:
    """Sentences, then one number a variant and what V2G changes; no line is wider."""
    said = [
        *wording.warnings(comparison),
        *wording.headline(comparison),
        *unsettled(comparison),
        *cautions(comparison),
    ]
    parts = ["\n".join(_wrapped(line, width)) for line in said]
    halted = bool(wording.warnings(comparison))
    shown = [m for m in FIGURES if halted or m in comparison.measures]
    parts += _sheets(comparison, shown, width)
    worth = [m for m in WORTH_FIGURES if m in comparison.measures]
    if worth:
        parts.append("\n" + "\n".join(_wrapped(WORTH, width)))
        parts += ["\n".join(_wrapped(one, width)) for one in headlines(comparison)]
        parts += _sheets(comparison, worth, width, changes=False)
        told = [*reference_told(comparison), TRACED]
        parts += ["\n".join(_wrapped(one, width)) for one in told]
    more = "Means over seeds; " if len(comparison.seeds) > 1 else ""
    more += "`twin report` shows everything."
    parts.append("\n".join(_wrapped(more, width)))
    return "\n".join(parts)


def _sheets(
    comparison: Comparison,
    measures: Sequence[Measure],
    width: int,
    changes: bool = True,
) -> list[str]:
    """Figures in rows, as many variants side by side as fit; then what is zero."""
    zero = [m for m in measures if comparison.is_zero(m)]
    shown = [m for m in measures if m not in zero]
    names = [m.name for m in shown]
    names_width = min(max(map(len, names), default=0), max(width // 2, NARROWEST))
    columns = _columns(comparison, shown, width - names_width - GAP, changes)
    parts = [
        "\n" + "\n".join(_sheet(names, names_width, block))
        for block in _blocks(columns, width - names_width)
    ]
    if zero:
        nothing = f"Zero everywhere: {', '.join(m.title for m in zero)}."
        parts.append("\n" + "\n".join(_wrapped(nothing, width)))
    return parts


@dataclass(frozen=True)
class _Column:
    """A variant's or a difference's numbers under its heading."""

    head: tuple[str, ...]
    numbers: tuple[str, ...]

    @property
    def width(self) -> int:
        return max(map(len, (*self.head, *self.numbers)))


def _columns(
    comparison: Comparison, shown: Sequence[Measure], widest: int, changed: bool
) -> list[_Column]:
    pairs = [Difference(*pair) for pair in comparison.v2g_against_clever]
    pairs = pairs or list(comparison.differences)
    values = [
        (label, [comparison.cell(m.key, label) for m in shown])
        for label in comparison.labels
    ]
    changes = [
        (pair.name, [comparison.difference(m.key, pair) for m in shown])
        for pair in (pairs if changed else ())
    ]
    return [
        *(_column(name, cells, shown, False, widest) for name, cells in values),
        *(_column(name, cells, shown, True, widest) for name, cells in changes),
    ]


def _column(
    name: str, cells: Sequence[Cell], shown: Sequence[Measure], signed: bool, most: int
) -> _Column:
    pairs = zip(cells, shown, strict=True)
    numbers = tuple(cell.written(measure, signed)[0] for cell, measure in pairs)
    words = name.replace(" − ", " −\u00a0").split(" ")
    room = min(most, max(len(word) for word in (*words, *numbers, " " * 10)))
    head = [line.replace("\u00a0", " ") for line in wrap(" ".join(words), room)]
    return _Column(tuple(head), numbers)


def _blocks(columns: Sequence[_Column], room: int) -> list[list[_Column]]:
    """As many columns side by side as fit, the rest in sheets below."""
    blocks: list[list[_Column]] = []
    left = 0
    for column in columns:
        if not blocks or column.width + GAP > left:
            blocks.append([])
            left = room
        blocks[-1].append(column)
        left -= column.width + GAP
    return blocks


def _sheet(names: Sequence[str], width: int, columns: Sequence[_Column]) -> list[str]:
    tall = max(len(column.head) for column in columns)
    heads = [("",) * (tall - len(column.head)) + column.head for column in columns]
    lines = []
    for row in range(tall):
        lines.append(_line("", width, [head[row] for head in heads], columns))
    for number, name in enumerate(names):
        if all(column.numbers[number] == UNKNOWN for column in columns):
            continue
        *above, last = wrap(name, width, subsequent_indent="  ") or [""]
        lines += above
        numbers = [column.numbers[number] for column in columns]
        lines.append(_line(last, width, numbers, columns))
    return [line.rstrip() for line in lines]


def _line(
    name: str, width: int, cells: Sequence[str], columns: Sequence[_Column]
) -> str:
    said = (
        " " * GAP + cell.rjust(column.width)
        for cell, column in zip(cells, columns, strict=True)
    )
    return name.ljust(width) + "".join(said)


def _wrapped(line: str, width: int) -> list[str]:
    return wrap(line, width, break_on_hyphens=False)
