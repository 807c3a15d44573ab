"""Started runs as a list: what it says of each state, and what it leads to."""

import json

import pytest
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from dashboards.whatif.job_list import BEFORE_STATUS, job_cards, progress
from dashboards.whatif.jobs import Job
from dashboards.whatif.rival import rival_of

RUN, JOB, START = "0123456789abcdef", "a" * 16, "first/fedcba9876543210"
TOLD = {
    "scenario": "first",
    "start": START,
    "changes": ["fleet.ev_share: 0.4 → 0.8"],
    "steps": 1000,
    "timezone": "Europe/Berlin",
    "asked": "2026-01-12T10:00:00+00:00",
}
STATUS = {
    "progress": 0.5,
    "steps_per_s": 250.0,
    "simulated": "2026-01-12T23:00:00+00:00",
}


def job(state="running", status=STATUS, **more):
    return Job(JOB, {**TOLD, **more.pop("told", {})}, state, status, **more)


def text_of(component):
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


def shown(one):
    cards, _ = job_cards([one])
    return text_of(cards)


def test_progress_is_told_in_the_scenarios_own_time():
    said = progress(job())
    assert said == "50 %, up to Tue 13 Jan 2026 00:00, 250 steps/s, about 2 s left"


@pytest.mark.parametrize("status", [{}, {"simulated": None, "progress": 0.0}])
def test_before_the_first_day_it_reads(status):
    assert progress(job(status=status)) == BEFORE_STATUS


def test_after_the_last_day_it_joins_the_days():
    assert "joining the days" in progress(job(status={**STATUS, "progress": 1.0}))


def test_one_that_is_being_stopped_has_no_button():
    one = job(is_cancelled=True)
    assert progress(one) == "stopping"
    assert '"cancel"' not in shown(one) and '"cancel"' in shown(job())


def test_one_that_is_done_leads_to_its_run_and_to_the_comparison():
    said = shown(job("done", run_id=RUN))
    assert f'"/run/first/{RUN}/overview"' in said
    assert f'"/compare?runs={START},first/{RUN}"' in said
    assert '"cancel"' not in said and '"forget"' in said


def test_nothing_is_compared_with_itself_or_with_no_run():
    same = job("done", run_id=RUN, told={"start": f"first/{RUN}"})
    packaged = job("done", run_id=RUN, told={"start": "first"})
    assert "/compare" not in shown(same) and "/compare" not in shown(packaged)


def test_a_finished_one_offers_its_rival_until_that_is_done():
    mine = job("done", run_id=RUN, told={"policy": "v2g_peak", "start": "first"})
    said = shown(mine)
    assert '"rival"' in said and "Run valley beside it" in said
    told = {"policy": "valley", "start": f"first/{RUN}", "rival_of": f"first/{RUN}"}
    running, done = job(told=told), job("done", run_id="b" * 16, told=told)
    assert "Run valley" not in text_of(job_cards([running, mine])[0])
    both = text_of(job_cards([done, mine])[0])
    assert "Run valley" not in both and "Compare with valley" in both
    assert both.count(f'"/compare?runs=first/{"b" * 16},first/{RUN}"') == 2
    failed = job("failed", told=told, message="no room")
    assert "Run valley" in text_of(job_cards([failed, mine])[0])


@pytest.mark.parametrize(
    ("policy", "rival"),
    [
        ("v2g_peak", "valley"),
        ("uncontrolled", "valley"),
        ("mine.policies:Mine", "valley"),
        ("valley", "uncontrolled"),
        ("tou", "uncontrolled"),
        ("", ""),
    ],
)
def test_every_policy_has_its_rival(policy, rival):
    assert rival_of(policy) == rival
    assert rival != policy or not policy


def test_one_that_was_there_says_so():
    assert "Complete already" in shown(job("done", run_id=RUN, was_there=True))


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (job("failed", message="no such feeder"), "no such feeder"),
        (job("died", message="it was killed"), "it was killed"),
        (job("removed", message="no longer there"), "no longer there"),
        (job("interrupted", run_id=RUN), "Stopped at 50 %"),
        (job("interrupted", {}), "before anything was simulated"),
        (job("interrupted", {}, run_id=RUN), "another run has taken its folder"),
    ],
)
def test_how_it_ended_is_told(one, words):
    assert words in shown(one)


def test_odd_words_in_a_record_break_nothing():
    odd = {"asked": "yesterday", "timezone": "Mars", "changes": None, "steps": None}
    assert "<script>" in shown(job("failed", told=odd, message="<script>"))
    status = {**STATUS, "simulated": "soon"}
    assert "soon" in progress(job(told=odd, status=status))


def test_many_changes_are_counted():
    changes = [f"key{n}: 0 → 1" for n in range(9)]
    said = shown(job("done", told={"changes": changes}))
    assert "key3" in said and "key4" not in said and "and 5 more" in said


def test_the_print_changes_with_what_is_shown_and_only_then():
    later = {**STATUS, "progress": 0.6}
    prints = [job_cards(jobs)[1] for jobs in ([], [job()], [job()], [job("done")])]
    assert prints[1] == prints[2] and len(set(prints)) == 3
    assert job_cards([job(status=later)])[1] != prints[1]


def test_an_empty_list_says_what_to_do():
    cards, _ = job_cards([])
    assert isinstance(cards[0], Component) and "start a run" in text_of(cards)
