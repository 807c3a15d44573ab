"""Controls for the fields of a form, each with its label, reason and way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.whatif.fields import Field, word_of
from twin.scenario.names import known, names

FEWEST_ROWS, SPARE_ROWS = 6, 3
SIZE = "sm"


def control(field: Field, raw: Any, start: Any) -> Component:
    """A field as it stands in the form.

    raw    what it shows, as a browser holds it
    start  the scenario's own value
    """
    inner = _MAKERS.get(field.kind, _text)(field, raw, start)
    return html.Div(
        [
            inner,
            html.Button(
                "↩",
                type="button",
                className="back",
                title=f"Back to the starting value: {told(start, field)}",
                **parts.attributes(
                    aria_label=f"Back to the starting value, {told(start, field)}: "
                    f"{field.label}",
                    data_back=field.key,
                ),
            ),
            html.P(className="problem", role="alert"),
        ],
        className="field",
        **parts.attributes(data_key=field.key),
    )


def locked(fields: Sequence[Field], start: Mapping[str, Any]) -> Component:
    """Keys that only a scenario's file can set, with the values that they keep."""
    rows = [
        html.Div(
            [
                html.Dt([one.label, " ", html.Code(one.key)]),
                html.Dd(
                    [
                        told(start.get(one.key), one),
                        html.P(className="problem", role="alert"),
                    ],
                    className="field",
                    tabIndex=-1,
                    **parts.attributes(data_key=one.key),
                ),
            ]
        )
        for one in fields
    ]
    about = html.P("Only in a scenario's file, from a terminal:", className="caption")
    return html.Div([about, html.Dl(rows, className="facts")], className="locked")


def name(kind: str, key: str, **more: str) -> dict[str, str]:
    """The id of a part of a field."""
    return {"type": f"whatif-{kind}", "key": key, **more}


def told(value: Any, field: Field) -> str:
    """A value in words."""
    if value is None or value == {} or value == []:
        return field.hint or "not given"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {word_of(one)}" for key, one in value.items())
    if isinstance(value, list):
        return " to ".join(map(word_of, value))
    return word_of(value)


def _label(field: Field) -> Component:
    unit = [html.Span(f" [{field.unit}]", className="unit")] if field.unit else []
    return html.Span(
        [field.label, *unit, html.Code(field.key, className="key")],
        className="field-label",
    )


def _usual(field: Field) -> dict[str, Any]:
    return {
        "id": name("value", field.key, part=""),
        "label": _label(field),
        "description": field.about or None,
        "inputWrapperOrder": ["label", "description", "error", "input"],
        "size": SIZE,
    }


def _text(field: Field, raw: Any, _: Any) -> Any:
    return dmc.TextInput(
        **_usual(field),
        value=str(raw),
        placeholder=field.hint,
        spellCheck=False,
        autoComplete="off",
    )


def _number(field: Field, raw: Any, _: Any) -> Any:
    return dmc.NumberInput(
        **_usual(field),
        value=raw,
        min=field.low,
        max=field.high,
        step=_step(field),
        clampBehavior="none",
        allowDecimal=True,
        allowNegative=True,
        placeholder=field.hint,
    )


def _step(field: Field) -> float:
    wide = (field.high or 1e6) - (field.low or 0)
    return 1 if field.kind == "whole" or wide > 10 else 0.05 if wide >= 1 else 0.01


def _number_or_word(field: Field, raw: Any, _: Any) -> Any:
    return dmc.Autocomplete(
        **_usual(field),
        value=str(raw),
        data=list(map(word_of, field.choices)),
        placeholder=field.hint,
    )


def _choice(field: Field, raw: Any, start: Any) -> Any:
    listed = [*map(word_of, field.choices)]
    if raw is not None and raw not in listed:
        listed.insert(0, raw)
    return dmc.Select(
        **_usual(field),
        value=raw,
        data=[{"value": one, "label": _title(one)} for one in listed],
        searchable=len(listed) > 8,
        clearable=field.nullable,
        allowDeselect=False,
        placeholder=field.hint,
        nothingFoundMessage="No such name",
        maxDropdownHeight=320,
        comboboxProps={"width": "max-content", "position": "bottom-start"},
    )


def _title(word: str) -> str:
    """A registered feeder with what it is."""
    feeder = names()["feeders"].get(word.partition("pandapower:")[2])
    return f"{word.removeprefix('pandapower:')}: {feeder['about']}" if feeder else word


def _switch(field: Field, raw: Any, _: Any) -> Any:
    return dmc.Switch(
        id=name("checked", field.key),
        label=_label(field),
        description=field.about or None,
        checked=bool(raw),
        size=SIZE,
    )


def _band(field: Field, raw: Any, _: Any) -> Component:
    inputs = [
        dmc.NumberInput(
            id=name("value", field.key, part=str(index)),
            value=value,
            step=0.01,
            clampBehavior="none",
            size=SIZE,
            placeholder=field.hint if index == 0 else "",
            **parts.labelled(f"{field.label}, number {index + 1}"),
        )
        for index, value in enumerate(raw)
    ]
    return _group(field, html.Div(inputs, className="pair"))


def _mix(field: Field, raw: Any, _: Any) -> Component:
    offered = _offered(field)
    count = max(FEWEST_ROWS, len(raw) + SPARE_ROWS)
    rows = [*raw, *[["", ""]] * (count - len(raw))]
    return _group(
        field, html.Div([_row(field, i, row, offered) for i, row in enumerate(rows)])
    )


def _row(
    field: Field, index: int, row: Sequence[Any], offered: Sequence[str]
) -> Component:
    who, what = (name("value", field.key, part=f"{index}.{i}") for i in (0, 1))
    number = f"row {index + 1}"
    listed = [*offered, *([row[0]] if row[0] and row[0] not in offered else [])]
    first: dict[str, Any] = {
        "id": who,
        "value": row[0],
        "size": SIZE,
        "placeholder": field.hint if index == 0 else "one more",
        **parts.labelled(f"{field.label}, {number}, name"),
    }
    if offered:
        pick = dmc.Select(
            **first, data=listed, searchable=True, clearable=False, limit=200
        )
    else:
        pick = dmc.TextInput(**first)
    value = dmc.TextInput(
        id=what,
        value=word_of(row[1]),
        size=SIZE,
        placeholder="share" if "share" in field.label else "value",
        **parts.labelled(f"{field.label}, {number}, value"),
    )
    drop = html.Button(
        "×",
        type="button",
        className="drop",
        title="Take this row out",
        **parts.attributes(
            aria_label=f"Take {number} out: {field.label}",
            data_drop=field.key,
            data_index=str(index),
        ),
    )
    return html.Div(
        [pick, value, drop],
        className="row",
        **parts.attributes(data_row=field.key, data_index=str(index)),
    )


def _offered(field: Field) -> list[str]:
    """Names that a row may have, where they are known."""
    if field.key == "fleet.models":
        return list(known("vehicles"))
    if field.key == "feeder.arguments":
        taken = [
            name for one in names()["feeders"].values() for name in one["arguments"]
        ]
        return sorted(set(taken))
    return []


def _group(field: Field, inner: Component) -> Component:
    about = [html.Div(field.about, className="field-about")] if field.about else []
    return html.Fieldset([html.Legend(_label(field)), *about, inner], className="group")


_MAKERS = {
    "choice": _choice,
    "switch": _switch,
    "whole": _number,
    "number": _number,
    "number_or_word": _number_or_word,
    "exact": _text,
    "text": _text,
    "band": _band,
    "mix": _mix,
}
