"""Where a study says what was found wrong with one of its runs."""

import pytest

from tests.studies.made import BASE
from twin.errors import InputError
from twin.scenario.study import Study, read_study
from twin.scenario.study_places import placed_in_study

KEY = "feeder.changes.0.transformer"
ROWS = "[{transformer: 7, tap: 1}]"


@pytest.fixture
def write(tmp_path):
    def written(text: str, changes: str = "[]") -> Study:
        base = BASE.replace('_1"}', f'_1", changes: {changes}}}')
        (tmp_path / "small.yaml").write_text(base)
        (tmp_path / "s.yaml").write_text(
            "schema: 1\nname: s\nbase: small.yaml\n" + text
        )
        return read_study(tmp_path / "s.yaml")

    return written


def told(study: Study, end: int | None = None, member: str = "") -> str:
    """The last run's place and key, the file without its folder."""
    side = None if end is None else study.ends[end]
    run = study.runs_by_point(side)[-1][1][-1]
    error = InputError.of("no such", KEY)
    (one,) = placed_in_study(study, run, error, side, member).problems
    assert one.message == "no such"
    return f"{one.where.removeprefix(str(study.base.parent))}: {one.key}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"variants: {{a: {{}}, b: {{feeder.changes: {ROWS}}}}}\n",
            "/s.yaml:4:54: variants.b.feeder.changes.0.transformer",
        ),
        (
            f"variants:\n  b:\n    feeder:\n      changes: {ROWS}\n",
            "/s.yaml:7:31: variants.b.feeder.changes.0.transformer",
        ),
        (
            f"axes:\n  feeder.changes:\n    - []\n    - {ROWS}\n",
            "/s.yaml:7:22: axes.feeder.changes.0.transformer",
        ),
        (
            "combine: list\naxes:\n  - {fleet.ev_share: 1}\n"
            f"  - {{feeder.changes: {ROWS}}}\n",
            "/s.yaml:7:37: axes.1.feeder.changes.0.transformer",
        ),
    ],
)
def test_the_place_is_that_of_the_layer_that_says_it(write, text, said):
    assert told(write(text)) == said


def test_the_variant_has_the_last_word(write):
    text = f"variants: {{b: {{feeder.changes: {ROWS}}}}}\n"
    axes = f"axes: {{feeder.changes: [{ROWS}]}}\n"
    assert told(write(axes + text)).endswith(f"variants.b.{KEY}")


def test_either_end_of_a_range_has_a_place_of_its_own(write):
    study = write(f"vary:\n  tap:\n    feeder.changes:\n      - []\n      - {ROWS}\n")
    assert told(study, 1) == f"/s.yaml:8:24: vary.tap.{KEY}"


def test_what_the_base_says_is_told_of_the_base(write):
    study = write("", ROWS)
    assert told(study) == f"/small.yaml:4:87: {KEY}"


def test_a_members_settings_are_told_in_the_territory(write):
    study = write(
        "territory:\n  members:\n    near: {}\n    far:\n"
        f"      settings: {{feeder.changes: {ROWS}}}\n"
    )
    assert told(study, member="far") == (
        f"/s.yaml:8:49: territory.members.far.settings.{KEY}"
    )
    assert told(study, member="near") == f"/small.yaml:4:63: {KEY}"


def test_a_study_from_no_file_leaves_the_error_as_it_is(write):
    study = write("")
    made = Study.model_validate(study.model_dump(by_alias=True))
    error = InputError.of("no such", KEY)
    assert placed_in_study(made, made.runs()[0], error) is error
