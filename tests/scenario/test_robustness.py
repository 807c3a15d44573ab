"""Whatever a file holds: a scenario, or an InputError in plain words."""

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import InputError
from twin.scenario.read import read, scenario_of
from twin.scenario.spec import Scenario
from twin.scenario.study import read_study

pytestmark = pytest.mark.long

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SECTIONS = ["time", "feeder", "customers", "fleet", "policy", "tariff", "limits"]
KEYS = sorted(
    {
        key
        for part in (Scenario.model_json_schema()["$defs"]).values()
        for key in part["properties"]
    }
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**39), 10**39)
    | st.floats()
    | st.sampled_from(["valley", "my.rules:Class", "json:x", "nhts", "16:30", "", "."])
    | st.text(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner)
    ),
    max_leaves=6,
)
sections = st.dictionaries(st.sampled_from(KEYS), values, max_size=4) | values
JARGON = ("Input should", "type=", "pydantic", "https:", "Traceback", "<class")


def plain_words(error: InputError) -> None:
    assert error.problems
    for problem in error.problems:
        assert not any(word in problem.message for word in JARGON), problem
        assert "\n" not in str(problem)
        str(problem).encode("utf-8")


@QUICK
@given(st.dictionaries(st.sampled_from([*SECTIONS, "schema", "name", "x"]), sections))
def test_any_plain_values(folder, data):
    try:
        assert scenario_of(data).resolved()
    except InputError as error:
        plain_words(error)


@QUICK
@given(st.sampled_from(SECTIONS), st.sampled_from(KEYS), values)
def test_any_value_at_any_key_of_a_good_scenario(folder, section, key, value):
    data = {
        "schema": 1,
        "name": "x",
        "time": {"start": "2026-01-12", "days": 1},
        "feeder": {"source": "pandapower:case9"},
        "fleet": {"ev_count": 3},
    }
    data[section] = {**data.get(section, {}), key: value}  # type: ignore[dict-item]
    try:
        assert scenario_of(data).resolved()
    except InputError as error:
        plain_words(error)


yaml_like = st.text(alphabet=string.printable + "\u00e4\u2028\ufeff\x85", max_size=60)


@QUICK
@given(yaml_like, st.booleans())
def test_any_text(folder, text, on_top):
    path = Path("any.yaml")
    head = "extends: base.yaml\n" if on_top else ""
    path.write_text(head + text, encoding="utf-8")
    for reader in (read, read_study):
        try:
            reader(path)
        except InputError as error:
            plain_words(error)


@QUICK
@given(st.binary(max_size=60))
def test_any_bytes(folder, raw):
    path = Path("any.yaml")
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read(path)
    plain_words(caught.value)


@QUICK
@given(st.text(max_size=20), st.sampled_from(SECTIONS), st.sampled_from(KEYS))
def test_any_setting(folder, text, section, key):
    for setting in (text, f"{section}.{key}={text}", f"{section}={text}"):
        try:
            read(Path("base.yaml"), [setting])
        except InputError as error:
            plain_words(error)


@pytest.mark.parametrize(
    "text",
    [
        'name: "\\ud800"',
        'customers: {file: "a\\0b"}',
        f"customers: {{file: {'a' * 5000}}}",
        f"extends: {'a' * 5000}",
        "fleet: {models: {a: .inf, b: -.inf}}",
        "fleet: {models: {a: 1e308, b: 1e308}}",
        "time: {timezone: ../../etc/passwd}",
        "time: {timezone: Europe}",
        "time: {timezone: ''}",
        'time: {timezone: "\\0"}',
        "time: {start: 0000-00-00}",
        "policy: {parameters: {a: .nan}, name: 'a:B'}",
        "a: " + "{a: " * 400,
        "- " * 400,
        "? " * 400,
    ],
)
def test_malice(folder, text):
    path = Path("f.yaml")
    path.write_text("extends: base.yaml\n" + text + "\n")
    with pytest.raises(InputError) as caught:
        read(path)
    plain_words(caught.value)


def test_a_setting_nested_without_end(folder):
    with pytest.raises(InputError) as caught:
        read(Path("base.yaml"), [".".join("a" * 5000) + "=1"])
    plain_words(caught.value)
