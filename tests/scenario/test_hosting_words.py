"""What a study may say of hosting, and what is told where it is wrong."""

from pathlib import Path

import pytest

from twin.errors import InputError
from twin.scenario.hosting_words import HostingSpec
from twin.scenario.study import is_study, read_study

HEAD = "schema: 1\nname: s\nbase: base.yaml\nbaseline: none\n"
NONE = "variants: {none: {fleet.ev_share: 0}, valley: {policy.name: valley}}\n"
AXES = "axes: {fleet.ev_share: [0.2, 0.4]}\n"


def written(text: str) -> Path:
    path = Path("s.yaml")
    path.write_text(text)
    return path


def told(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_study(written(text))
    return [str(problem) for problem in caught.value.problems]


def test_a_criterion_is_a_name_or_a_mapping(folder):
    said = "hosting: {criteria: [thermal_normal, {name: voltage_low, limit: 0.92}]}\n"
    study = read_study(written(HEAD + NONE + AXES + said))
    judged = [(one.name, one.limit, one.counts) for one in study.hosting.judged]
    assert judged == [("thermal_normal", None, True), ("voltage_low", 0.92, True)]
    assert is_study(written(HEAD + AXES + "hosting: {}\n"))


def test_by_default_all_limits_but_reverse_flow_are_judged():
    assert [one.name for one in HostingSpec().judged] == [
        "thermal_normal",
        "thermal_emergency",
        "voltage_low",
        "voltage_high",
        "rapid_change",
        "unbalance",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            NONE + AXES + "hosting: {penetration: fleet.ev_count}\n",
            "s.yaml:7:24: hosting.penetration: 'fleet.ev_count' is no axis of this "
            "study; axes has fleet.ev_share; did you mean 'fleet.ev_share'?",
        ),
        (
            NONE + "hosting: {}\n",
            "s.yaml:6:1: hosting.penetration: 'fleet.ev_share' is no axis of this "
            "study; there are no axes",
        ),
        (
            "variants: {none: {policy.name: tou}}\n" + AXES + "hosting: {}\n",
            "s.yaml:7:1: hosting: needs runs without cars, to tell what was there "
            "before; add 0 to the axis, or a variant with fleet.ev_share: 0",
        ),
        (
            NONE + AXES + "hosting: {criteria: [voltage_low, voltage_low]}\n",
            "s.yaml:7:35: hosting.criteria.1: 'voltage_low' is there already; keep one",
        ),
        (
            NONE + AXES + "hosting: {criteria: [unbalance]}\n",
            "s.yaml:7:22: hosting.criteria.0: 'unbalance' cannot be told by a balanced "
            "model; say feeder.model: three_phase in the base, or leave it out",
        ),
    ],
)
def test_mistakes_are_told_where_they_stand(folder, text, message):
    found = [line.replace(f"{folder}/", "") for line in told(HEAD + text)]
    assert message in found


def test_an_unknown_limit_is_told_with_those_that_there_are(folder):
    text = NONE + AXES + "hosting: {criteria: [{name: voltage_lo}]}\n"
    (message,) = told(HEAD + text)
    assert "hosting.criteria.0.name: got 'voltage_lo'" in message
    assert "did you mean 'voltage_low'?" in message


def test_unbalance_is_allowed_where_a_variant_may_be_solved_by_phase(folder):
    text = (
        "variants: {none: {fleet.ev_share: 0, feeder.model: three_phase}}\n"
        "axes: {feeder.model: [three_phase], fleet.ev_share: [0.2]}\n"
        "hosting: {criteria: [unbalance]}\n"
    )
    assert read_study(written(HEAD + text)).hosting is not None
