"""A stopped run's sections do not say that its scenario asked for nothing."""

from __future__ import annotations

import pytest

from twin.analysis.comparison import Comparison
from twin.analysis.outage_section import outages
from twin.analysis.participation_section import participation
from twin.analysis.response_section import responses
from twin.results.record import Run

ASKED = {
    "events": [{"kind": "outage"}],
    "participation": {"standard": "unified"},
    "stress": {"opt_out_share": 0.1},
}


@pytest.mark.parametrize(
    ("section", "key"),
    [(outages, "events"), (participation, "participation"), (responses, "stress")],
)
def test_what_was_asked_and_is_not_written_is_told_so(
    interrupted, make_run, section, key
):
    scenario = interrupted.record["scenario"] | {key: ASKED[key]}
    run = Run(interrupted.path, {**interrupted.record, "scenario": scenario})
    told = section(Comparison.of([("stopped", run)]))
    assert f"the scenario has `{key}`, but this run was stopped" in told
    for other in (interrupted, make_run()):
        assert "was stopped before" not in section(Comparison.of([("a", other)]))
