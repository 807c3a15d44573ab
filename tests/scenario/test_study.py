"""A study file is read, its runs listed, its mistakes told where they stand."""

from pathlib import Path

import pytest

from tests.scenario.keys import OF_A_STUDY
from twin.errors import InputError
from twin.scenario.read import read
from twin.scenario.study import is_study, read_study

STUDY = """\
schema: 1
name: v2g_adoption
base: ../base.yaml
variants: {none: {fleet.ev_share: 0}, valley: {policy.name: valley}}
axes: {fleet.ev_share: [0.2, 0.4]}
combine: product
seeds: [1, 2]
baseline: none
"""


@pytest.fixture
def write(folder):
    Path("studies").mkdir()

    def _write(text: str) -> Path:
        path = Path("studies/s.yaml")
        path.write_text(text)
        return path

    return _write


def told(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_study(path)
    return [str(problem) for problem in caught.value.problems]


def test_runs_go_point_by_point_variant_by_variant_seed_by_seed(write, folder):
    study = read_study(write(STUDY))
    assert study.base == folder / "base.yaml"
    assert study.runs() == [
        ("none", 1, {"fleet.ev_share": 0}),
        ("none", 2, {"fleet.ev_share": 0}),
        ("valley", 1, {"fleet.ev_share": 0.2, "policy.name": "valley"}),
        ("valley", 2, {"fleet.ev_share": 0.2, "policy.name": "valley"}),
        ("none", 1, {"fleet.ev_share": 0}),
        ("none", 2, {"fleet.ev_share": 0}),
        ("valley", 1, {"fleet.ev_share": 0.4, "policy.name": "valley"}),
        ("valley", 2, {"fleet.ev_share": 0.4, "policy.name": "valley"}),
    ]
    points = [point for point, _ in study.runs_by_point()]
    assert points == [{"fleet.ev_share": 0.2}, {"fleet.ev_share": 0.4}]


def test_a_runs_overrides_make_its_scenario(write):
    study = read_study(write(STUDY))
    _, seed, overrides = study.runs()[-1]
    scenario = read(study.base, {**overrides, "seed": seed})
    assert (scenario.seed, scenario.fleet.ev_share) == (2, 0.4)
    assert scenario.policy.name == "valley"


HEAD = "schema: 1\nname: s\nbase: ../base.yaml\n"


@pytest.mark.parametrize(
    ("axes", "points"),
    [
        ("", [{}]),
        (
            "axes: {fleet.ev_share: []}\n",
            None,
        ),
        (
            "axes: {time.days: [1, 2], fleet.ev_share: [0.1, 0.2]}\n",
            [
                {"time.days": 1, "fleet.ev_share": 0.1},
                {"time.days": 1, "fleet.ev_share": 0.2},
                {"time.days": 2, "fleet.ev_share": 0.1},
                {"time.days": 2, "fleet.ev_share": 0.2},
            ],
        ),
        (
            "axes: {time.days: [1, 2], fleet.ev_share: [0.1, 0.2]}\ncombine: zip\n",
            [
                {"time.days": 1, "fleet.ev_share": 0.1},
                {"time.days": 2, "fleet.ev_share": 0.2},
            ],
        ),
        (
            "axes: [{time.days: 1}, {fleet.ev_share: 0.2}]\ncombine: list\n",
            [{"time.days": 1}, {"fleet.ev_share": 0.2}],
        ),
    ],
)
def test_axes_are_combined(write, axes, points):
    path = write(HEAD + axes)
    if points is None:
        assert told(path) == [
            "studies/s.yaml:4:8: axes.fleet.ev_share: got an empty list; allowed: a "
            "list of 1 or more"
        ]
    else:
        assert read_study(path).points() == points


VARIANTS = (
    "a mapping of at least one name to its settings, as quiet: {fleet.ev_share: 0}; "
    "without this key the base is run as it is"
)
MEMBERS = (
    "a mapping of at least one name to what it is, as village: {copies: 20, scenario: "
    "village.yaml}"
)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("variants:", f"4:1: variants: got nothing; allowed: {VARIANTS}"),
        ("variants: {}", f"4:1: variants: got an empty mapping; allowed: {VARIANTS}"),
        ("variants: []", f"4:1: variants: got an empty list; allowed: {VARIANTS}"),
        (
            "territory: {members: }",
            f"4:13: territory.members: got nothing; allowed: {MEMBERS}",
        ),
        (
            "territory: {members: {}}",
            f"4:13: territory.members: got an empty mapping; allowed: {MEMBERS}",
        ),
        (
            "territory:",
            "4:1: territory: got nothing; say what it holds, further in, or leave it "
            "out",
        ),
        (
            "hosting:",
            "4:1: hosting: got nothing; say what it holds, further in, or leave it out",
        ),
        (
            "budget: {runs: 0}",
            "4:16: budget.runs: got 0; allowed: a whole number of at least 1",
        ),
        (
            "budget: {hour: 1}",
            "4:10: budget.hour: unknown key; allowed: runs, hours, disk_gb; did you "
            "mean 'hours'?",
        ),
    ],
)
def test_what_is_empty_is_told_with_what_may_stand_there(write, words, said):
    assert told(write(f"{HEAD}{words}\n")) == [f"studies/s.yaml:{said}"]


def test_a_study_and_a_scenario_in_each_others_place_are_told_by_command(write):
    path = write(STUDY)
    with pytest.raises(InputError) as caught:
        read(path, ["fleet.ev_share=1"])
    assert str(caught.value) == (
        "studies/s.yaml: is a study, where a scenario is needed; for its runs: twin "
        "study studies/s.yaml"
    )
    assert told(Path("base.yaml")) == [
        "base.yaml: is a scenario, where a study is needed; for one run: twin run "
        "base.yaml"
    ]
    Path("other.yaml").write_text(path.read_text().replace("../base", "base"))
    assert told(write(HEAD.replace("base.yaml", "other.yaml"))) == [
        f"studies/s.yaml:3:7: base: '{Path('other.yaml')}' is a study itself"
    ]


def test_the_bases_seed_is_the_default(write):
    Path("base.yaml").write_text(Path("base.yaml").read_text() + "seed: 9\n")
    assert read_study(write(HEAD)).runs() == [("base", 9, {})]


def test_every_problem_is_told_where_the_study_says_it(write):
    path = write(
        "schema: 1\nname: s\nbase: ../base.yaml\n"
        "variants:\n  a: {policy.name: vally}\n  b: {fleet: {ev_shar: 1}, seed: 3}\n"
        "axes: {fleet.ev_share: [0.2, 1.4]}\n"
        "seeds: [1, 1]\nbaseline: c\n"
    )
    assert told(path) == [
        "studies/s.yaml:5:20: policy.name: unknown name 'vally'; allowed: "
        "uncontrolled, tou, valley, v2g_peak, v2g_price, v2h, emergency or "
        "package.module:Class; did you mean 'valley'?",
        "studies/s.yaml:6:15: fleet.ev_shar: unknown key; allowed: ev_share, ev_count, "
        "bidirectional_share, models, charger_kw, travel, travel_file, plug_in, "
        "target_soc, initial_soc, departure_error_min, export_permit, "
        "export_limit_phase_kw, inverter; did you mean 'ev_share'?",
        "studies/s.yaml:6:28: variants.b.seed: cannot be varied here, say seeds "
        "instead",
        "studies/s.yaml:7:30: fleet.ev_share: got 1.4; allowed: a number from 0 to 1",
        "studies/s.yaml:8:8: seeds: 1 given twice; keep one",
        "studies/s.yaml:9:11: baseline: unknown variant 'c'; allowed: a, b",
    ]


VARIED = (
    HEAD
    + """\
variants: {none: {fleet.ev_share: 0}, valley: {policy: valley}}
axes: {fleet.target_soc: [0.8, 0.9]}
vary:
  load: {customers.annual_kwh: [2500, 4500]}
  cars: {fleet.ev_share: [0.2, 0.6], fleet.plug_in: [when_needed, always]}
seeds: {first: 5, count: 2}
"""
)


def test_ranges_are_run_at_either_end_one_at_a_time(write):
    study = read_study(write(VARIED))
    assert [(end.varied, end.end, end.words) for end in study.ends] == [
        ("load", "low", "2500"),
        ("load", "high", "4500"),
        ("cars", "low", "0.2, when_needed"),
        ("cars", "high", "0.6, always"),
    ]
    (_, rows), _ = study.runs_by_point(study.ends[3])
    assert rows == [
        ("none", 5, {"fleet.target_soc": 0.8, "fleet.plug_in": "always"} | NO_CARS),
        ("none", 6, {"fleet.target_soc": 0.8, "fleet.plug_in": "always"} | NO_CARS),
        *(
            (
                "valley",
                seed,
                {
                    "fleet.target_soc": 0.8,
                    "fleet.ev_share": 0.6,
                    "fleet.plug_in": "always",
                    "policy": "valley",
                },
            )
            for seed in (5, 6)
        ),
    ]
    assert len(study.runs()) == 8, "as they are"


NO_CARS = {"fleet.ev_share": 0}


def test_a_variants_own_settings_have_the_last_word(write):
    text = VARIED.replace("axes: {fleet.target_soc: [0.8, 0.9]}\n", "")
    few = "fleet.ev_count: [2, 6]"
    study = read_study(write(text.replace("fleet.ev_share: [0.2, 0.6]", few)))
    (_, rows), *_ = study.runs_by_point(study.ends[2])
    assert list(rows[0].overrides)[-1] == "fleet.ev_share"
    assert read(study.base, rows[0].overrides).fleet.ev_share == 0


def test_seeds_are_listed_by_first_and_count(write):
    study = read_study(write(HEAD + "seeds: {first: 3, count: 4}\n"))
    assert list(study.draws) == [3, 4, 5, 6]
    assert list(read_study(write(HEAD + "seeds: {count: 2}\n")).draws) == [1, 2]


def varying(words: str, rest: str = "") -> str:
    return f"{HEAD}vary: {{{words}}}\n{rest}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            varying("cars: {fleet.ev_shar: [0.2, 0.4]}"),
            [
                "studies/s.yaml:4:31: fleet.ev_shar: unknown key; allowed: ev_share, "
                "ev_count, bidirectional_share, models, charger_kw, travel, "
                "travel_file, plug_in, target_soc, initial_soc, departure_error_min, "
                "export_permit, export_limit_phase_kw, inverter; did you mean "
                "'ev_share'?"
            ],
        ),
        (
            varying("load: {customers.annual_kwh: [3500, 3500]}"),
            [
                "studies/s.yaml:4:15: vary.load.customers.annual_kwh: both ends are "
                "3500; a range needs two that differ"
            ],
        ),
        (
            varying("load: {customers.annual_kwh: [4500, 3500]}"),
            [
                "studies/s.yaml:4:15: vary.load.customers.annual_kwh: 4500 is above "
                "3500; the low end comes first"
            ],
        ),
        (
            varying("load: {customers.annual_kwh: [3500]}"),
            [
                "studies/s.yaml:4:15: vary.load.customers.annual_kwh: got a list of 1; "
                "allowed: a list of the low end and the high end"
            ],
        ),
        (
            varying("load: {customers.annual_kwh: 3500}"),
            [
                "studies/s.yaml:4:37: vary.load.customers.annual_kwh: got 3500; "
                "allowed: a list of the low end and the high end"
            ],
        ),
        (
            varying("cars: {fleet.ev_share: [0.2, 1.4]}"),
            [
                "studies/s.yaml:4:37: fleet.ev_share: got 1.4; allowed: a number from "
                "0 to 1"
            ],
        ),
        (
            varying(
                "cars: {fleet.ev_share: [0.2, 0.4]}", "axes: {fleet.ev_share: [0.1]}\n"
            ),
            [
                "studies/s.yaml:4:15: vary.cars.fleet.ev_share: is an axis of this "
                "study already; keep one of the two"
            ],
        ),
        (
            varying(
                "how: {policy.name: [tou, valley]}",
                "variants: {a: {policy: tou}, b: {policy.name: v2h}}\n",
            ),
            [
                "studies/s.yaml:4:14: vary.how.policy.name: every variant sets it, and "
                "a variant's own settings have the last word; leave it out of them, or "
                "here"
            ],
        ),
        (
            varying("chance: {seed: [1, 2]}"),
            [
                "studies/s.yaml:4:17: vary.chance.seed: cannot be varied here, say "
                "seeds instead"
            ],
        ),
        (
            varying(
                "cars: {fleet.ev_share: [0.2, 0.4]}",
                "seeds: {first: 1, count: 40000}\n",
            ),
            [
                "studies/s.yaml:4:1: vary: 120000 runs (1 points, 1 variants, 40000 "
                "seeds, 3 ends and as it is); allowed: at most 100000"
            ],
        ),
        (
            HEAD + "variants: {a: {}, b: {}}\nseeds: {count: 60000}\n",
            [
                "studies/s.yaml:5:1: seeds: 120000 runs (1 points, 2 variants, 60000 "
                "seeds, 1 ends and as it is); allowed: at most 100000"
            ],
        ),
        (
            HEAD + "seeds: {first: 1, cuont: 4}\n",
            [
                "studies/s.yaml:4:1: seeds.count: is missing; needed: a whole number "
                "from 1 to 100000",
                "studies/s.yaml:4:19: seeds.cuont: unknown key; allowed: first, count; "
                "did you mean 'count'?",
            ],
        ),
        (
            HEAD + "seeds: {count: 0}\n",
            [
                "studies/s.yaml:4:16: seeds.count: got 0; allowed: a whole number from "
                "1 to 100000"
            ],
        ),
        (
            HEAD + "seeds: 7\n",
            [
                "studies/s.yaml:4:8: seeds: got 7; allowed: a list of 1 or more, each "
                "a whole number from 0 to 9223372036854775807 or a mapping with the "
                "keys first, count"
            ],
        ),
    ],
)
def test_ranges_and_seeds_that_make_no_sense_are_told(write, text, expected):
    assert told(write(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "schema: 1\nname: s\nbase: none.yaml\n",
            ["studies/s.yaml:3:7: base: no such file 'studies/none.yaml'"],
        ),
        (
            "schema: 1\nname: s\n",
            ["studies/s.yaml:1:1: base: is missing; needed: a path"],
        ),
        (
            HEAD + "variants: {V2G: {}}\n",
            [
                "studies/s.yaml:4:12: variants.V2G: got the key 'V2G'; allowed: 1 to "
                "64 of the characters a-z 0-9 _ -, the first a letter or digit"
            ],
        ),
        (
            HEAD + "axes: {time.days: [1, 2], seed: [1]}\ncombine: zip\n",
            [
                "studies/s.yaml:4:1: axes: combine: zip needs axes of one length, got "
                "time.days 2, seed 1",
                "studies/s.yaml:4:27: axes.seed: cannot be varied here, say seeds "
                "instead",
            ],
        ),
        (
            HEAD + "axes: [{time.days: 1}]\n",
            [
                "studies/s.yaml:4:1: axes: a list of settings needs combine: list, "
                "not product"
            ],
        ),
        (
            HEAD + "combine: cross\n",
            [
                "studies/s.yaml:4:10: combine: got 'cross'; allowed: one of product, "
                "zip, list"
            ],
        ),
        (
            HEAD + "variant: {a: {}}\n",
            [
                f"studies/s.yaml:4:1: variant: unknown key; allowed: {OF_A_STUDY}; did "
                "you mean 'variants'?"
            ],
        ),
    ],
)
def test_one_thing_wrong(write, text, expected):
    assert told(write(text)) == expected


def test_a_file_in_a_variant_is_seen_from_the_study(write, folder):
    Path("studies/homes.csv").write_text("x\n")
    path = write(HEAD + "variants: {a: {customers.file: homes.csv}}\n")
    overrides = read_study(path).runs()[0].overrides
    assert overrides == {"customers.file": str(folder / "studies/homes.csv")}


def test_a_study_is_told_from_a_scenario(write):
    assert is_study(write(STUDY))
    assert is_study(write("base: x.yaml\n"))
    assert not is_study(Path("base.yaml"))
    assert not is_study(write("extends: base.yaml\nseeds: [1]\n"))
    assert not is_study(write("a: [\n"))
    assert not is_study(Path("none.yaml"))


@pytest.mark.parametrize(
    ("in_base", "in_study", "level"),
    [
        ("", "", "summary"),
        ("output: {level: all}\n", "", "all"),
        ("output: {level: summary}\n", "output: {level: all}\n", "all"),
        ("output: {level: all}\n", "output: {level: summary}\n", "summary"),
    ],
)
def test_runs_record_a_summary_unless_a_level_is_stated(
    write, folder, in_base, in_study, level
):
    base = (folder / "base.yaml").read_text().rstrip("\n")
    (folder / "base.yaml").write_text(f"{base}\n{in_base}")
    study = read_study(write(HEAD + in_study))
    assert study.settings(study.runs()[0])["output.level"] == level


def test_a_variants_own_level_has_the_last_word(write):
    study = read_study(write(HEAD + "variants: {a: {output.level: all}}\n"))
    assert study.settings(study.runs()[0])["output.level"] == "all"


def test_a_budget_is_of_positive_numbers(write):
    said = told(write(HEAD + "budget: {runs: 0, hours: -1, disk: 3}\n"))
    assert [line.split(": ")[1] for line in said] == [
        "budget.runs",
        "budget.hours",
        "budget.disk",
    ]
    assert "did you mean 'disk_gb'?" in said[2]
