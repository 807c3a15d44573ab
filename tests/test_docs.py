"""What the documents say of the code is so."""

from __future__ import annotations

import importlib
import re
from functools import reduce
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from twin.analysis.measures import MEASURES
from twin.scenario.spec import Scenario

ROOT = Path(__file__).parents[1]
MODEL = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
WRITTEN = {
    path: path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
BY_HAND = [ROOT / "docs" / "model.md", ROOT / "docs" / "design.md"]
NAME = re.compile(r"`(twin/[\w/]+)\.py:([\w.]+)`")
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+?) \|", re.MULTILINE)


def held(module: str, name: str) -> object:
    """What a document means by ``twin/room/file.py:name``."""
    start = importlib.import_module(module.replace("/", "."))
    return reduce(getattr, name.split("."), start)


def section(title: str) -> str:
    """The text below a heading of the model, up to the next of its level."""
    pattern = rf"^## {title}\n(.*?)(?=^## |\Z)"
    found = re.search(pattern, MODEL, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def headings(text: str) -> set[str]:
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return set(re.findall(r"^#+ (.+)$", outside, re.MULTILINE))


def anchor(heading: str) -> str:
    """As a reader's browser is sent to it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", BY_HAND, ids=lambda path: path.name)
def test_every_function_named_exists(path: Path) -> None:
    gone = []
    for module, name in NAME.findall(WRITTEN[path]):
        try:
            held(module, name)
        except (ImportError, AttributeError):
            gone.append(f"{module}.py:{name}")
    assert gone == []


def test_the_model_names_enough_to_be_checked() -> None:
    assert len(set(NAME.findall(MODEL))) > 80


@pytest.mark.parametrize("path", BY_HAND, ids=lambda path: path.name)
def test_every_file_named_exists(path: Path) -> None:
    named = re.findall(r"`((?:twin|tests|docs|scenarios)/[\w/.]+?)[:`]", WRITTEN[path])
    assert [file for file in named if not (ROOT / file).exists()] == []


def test_every_heading_that_a_docstring_refers_to_is_there() -> None:
    meant = [
        (path.name, *found)
        for path in sorted((ROOT / "twin").rglob("*.py"))
        for found in re.findall(
            r'(docs/\w+\.md) "([^"]+)"',
            re.sub(r"\s+", " ", path.read_text(encoding="utf-8")),
        )
    ]
    assert len(meant) >= 5
    assert [
        (name, document, heading)
        for name, document, heading in meant
        if heading not in headings(WRITTEN[ROOT / document])
    ] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`]*`", "", WRITTEN[path], flags=re.DOTALL)
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", prose)
    assert [link for link in links if not leads(path, link)] == []


def leads(path: Path, link: str) -> bool:
    """Whether a link to a file, or to a heading in it, finds what it names."""
    if "://" in link:
        return True
    file, _, place = link.partition("#")
    target = (path.parent / file).resolve() if file else path
    if not place:
        return target.exists()
    return place in map(anchor, headings(WRITTEN[target]))


def test_every_headline_figure_is_defined() -> None:
    keys = re.findall(r"^\| (`[^|]+`) \|", section("Metrics"), re.MULTILINE)
    defined = {key for cell in keys for key in re.findall(r"`(\w+)`", cell)}
    assert defined - {"peak_is_lower_bound"} == set(MEASURES)


def test_the_defaults_of_scenario_keys_are_those_of_the_code() -> None:
    rows = [
        (key, value)
        for key, value in ROW.findall(section("Assumptions you can change"))
        if not key.startswith("twin/")
    ]
    assert len(rows) > 10
    assert [(key, value) for key, value in rows if value != _default(key)] == []


def test_the_constants_are_those_of_the_code() -> None:
    rows = [
        (*NAME.findall(f"`{key}`")[0], value)
        for key, value in ROW.findall(section("Assumptions you can change"))
        if key.startswith("twin/")
    ]
    assert len(rows) > 20
    assert [
        (module, name, value)
        for module, name, value in rows
        if str(held(module, name)) != value
    ] == []


def _default(key: str) -> str:
    """The default of ``section.name``, as Python writes it; sections may nest."""
    *sections, name = key.split(".")
    kind: object = Scenario
    for words in sections:
        assert isinstance(kind, type) and issubclass(kind, BaseModel)
        annotation = kind.model_fields[words].annotation
        kind = next(iter(get_args(annotation)), annotation)  # the first of X | None
    assert isinstance(kind, type) and issubclass(kind, BaseModel)
    return str(kind.model_fields[name].default)
