from __future__ import annotations

from twin.analysis.compare import labels


def scenario(make_run, policy, share=1.0, seed=1):
    run = make_run()
    told = run.record["scenario"]
    fleet = {**told["fleet"], "ev_share": share}
    asked = {**told, "fleet": fleet, "policy": {"name": policy}, "seed": seed}
    more = {"scenario": asked, "seed": seed}
    return make_run(policy=policy, seed=seed, record=more)


def test_a_run_is_called_by_its_name_and_policy(make_run):
    assert labels([make_run()]) == ["hand_made · v2g_peak"]


def test_runs_of_one_policy_are_told_apart_by_what_differs(make_run):
    runs = [scenario(make_run, "valley", share) for share in (0.2, 0.4)]
    assert labels([*runs, make_run()]) == [
        "hand_made · valley, fleet.ev_share=0.2",
        "hand_made · valley, fleet.ev_share=0.4",
        "hand_made · v2g_peak",
    ]


def test_seeds_are_pooled_only_beside_another_variant(make_run):
    runs = [scenario(make_run, "valley", seed=seed) for seed in (1, 2)]
    assert labels(runs) == [f"hand_made · valley, seed={seed}" for seed in (1, 2)]
    assert labels([*runs, make_run()])[:2] == ["hand_made · valley"] * 2


def test_the_run_id_is_the_last_resort(make_run):
    runs = [make_run(), make_run(grid_kw=[9.0] * 8)]
    assert labels(runs) == [f"hand_made · v2g_peak ({x.run_id[:6]})" for x in runs]
