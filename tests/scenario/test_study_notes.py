"""Variants that are one are told, in the words of a check."""

from pathlib import Path

import pytest

from twin.scenario.study import read_study
from twin.scenario.study_notes import notes_on_study

SAME = (
    "are the same in all they override: they share their runs, and nothing differs "
    "between them"
)


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        ("a: {policy.name: valley}, b: {policy.name: tou}", []),
        ("a: {policy.name: valley}", []),
        (
            "a: {policy.name: valley}, b: {policy.name: valley}",
            [f"variants a and b {SAME}"],
        ),
        (
            "a: {}, b: {fleet.ev_share: 0.2, policy.name: tou}, c: {}, "
            "d: {policy.name: tou, fleet.ev_share: 0.2}, e: {}",
            [f"variants a, c and e {SAME}", f"variants b and d {SAME}"],
        ),
    ],
)
def test_variants_that_override_the_same_are_named(
    folder: Path, variants: str, expected: list[str]
) -> None:
    Path("s.yaml").write_text(
        f"schema: 1\nname: s\nbase: base.yaml\nvariants: {{{variants}}}\n"
    )
    assert notes_on_study(read_study(Path("s.yaml"))) == expected
