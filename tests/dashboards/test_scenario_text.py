"""A scenario as text reads back as it was, and a command as a shell reads it."""

import shlex
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dashboards.whatif.scenario_text import command, yaml_of
from twin.scenario.document import parse
from twin.scenario.layers import override

WORDS = st.text(max_size=20) | st.sampled_from(
    ["null", "no", "16:30", "1e3", "0x1F", "~", ".nan", "- a", "a: b", "#", "a\u2028b"]
)
SCALARS = (
    WORDS
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
)
KEYS = WORDS.filter(bool)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=8,
)


def read_back(text):
    problems = []
    tree = parse(text, "x.yaml", Path("."), problems)
    assert not problems
    return tree.plain()


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5))
def test_it_reads_back_as_it_was(data):
    assert read_back(yaml_of(data)) == data


def test_words_stand_bare_and_what_is_nothing_is_left_out():
    data = {"a": {"b": "v2g_peak", "c": None, "d": [1, 0.5]}, "e": None}
    assert yaml_of(data) == "a: {b: v2g_peak, d: [1, 0.5]}\n"


def test_long_sections_stand_below_their_name():
    data = {"feeder": {"source": "pandapower:create_kerber_dorfnetz", "model": "x"}}
    assert yaml_of(data) == (
        'feeder:\n  source: "pandapower:create_kerber_dorfnetz"\n  model: x\n'
    )


def test_a_command_sets_what_was_changed():
    changes = {"fleet.models": {"nissan_leaf": 1.0}, "name": "it's", "fleet.x": None}
    words = shlex.split(command("a file.yaml", "results", changes))
    assert words[:5] == ["twin", "run", "a file.yaml", "--out", "results"]
    problems = []
    tree = override(parse("name: a", "x.yaml", Path("."), []), words[6::2], problems)
    assert not problems
    assert tree.plain() == {
        "name": "it's",
        "fleet": {"models": {"nissan_leaf": 1.0}, "x": None},
    }
