"""The command line as a user types it: words, exit codes, what is on disk."""

import contextlib
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from twin.cli import main
from twin.scenario.names import known

STARTERS = Path(__file__).parents[1] / "scenarios"
QUICK = """\
schema: 1
name: quick
time: {start: 2026-01-12, days: 1}
feeder: {source: "pandapower:create_kerber_landnetz_kabel_1"}
fleet: {ev_share: 0.5, bidirectional_share: 0.5}
policy: v2g_peak
"""


class Answer(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def twin(*words: str, cwd: Path | None = None) -> Answer:
    """The command within this process: importing everything anew takes seconds."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["twin", *words])
        patch.chdir(cwd or Path.cwd())
        with pytest.raises(SystemExit) as left:
            main()
    return Answer(left.value.code or 0, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("user")
    (place / "quick.yaml").write_text(QUICK)
    return place


@pytest.fixture(scope="module")
def ran(folder: Path) -> subprocess.CompletedProcess[str]:
    """The one run that is typed in a shell."""
    command = [sys.executable, "-m", "twin", "run", "quick.yaml"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def test_a_run_prints_figures_and_its_folder_last(ran, folder):
    assert ran.returncode == 0, ran.stderr
    place = folder / last_line(ran.stdout)
    assert place.parent == folder / "results" / "quick"
    assert json.loads((place / "run.json").read_text())["status"] == "done"
    assert "Peak" in ran.stdout and "Energy for driving per EV and day" in ran.stdout
    assert "day 1 of 1 (2026-01-12)" in ran.stderr


def test_a_complete_run_is_not_repeated(ran, folder):
    place = folder / last_line(ran.stdout)
    written = (place / "run.json").stat().st_mtime_ns
    again = twin("run", "quick.yaml", "--quiet", cwd=folder)
    assert again.stdout.strip() == last_line(ran.stdout)
    assert (place / "run.json").stat().st_mtime_ns == written


def test_verify_finds_a_flipped_byte(ran, folder, tmp_path):
    place = folder / last_line(ran.stdout)
    assert twin("verify", str(place)).returncode == 0
    steps = place / "steps.parquet"
    content = steps.read_bytes()
    try:
        steps.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
        found = twin("verify", str(place))
    finally:
        steps.write_bytes(content)
    assert found.returncode == 2
    assert "steps.parquet" in found.stderr


def test_report_compare_and_export(ran, folder, tmp_path):
    place = str(folder / last_line(ran.stdout))
    page = tmp_path / "report.html"
    assert twin("report", place, "-o", str(page)).stdout.strip() == str(page)
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "Peak" in twin("compare", place).stdout
    exported = twin("export", place, "--to", "geojson", "-o", str(tmp_path))
    assert exported.returncode == 0, exported.stderr
    assert list(tmp_path.glob("*.geojson"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "nothing.yaml"), "nothing.yaml: no such file"),
        (("run", "quick.yaml", "--set", "fleet.ev_share=1.4"), "ev_share"),
        (("run", "quick.yaml", "--set", "feeder.source=pandapower:lv_shutt"), "lv_"),
        (("catalogue", "vehicle"), "did you mean 'vehicles'"),
        (
            ("export", "nowhere", "--to", "cvs"),
            "--to: 'cvs'; allowed: csv, xlsx, geojson; did you mean 'csv'?",
        ),
        (
            ("yardstick", "nowhere", "--objective", "peek"),
            "--objective: 'peek'; allowed: peak, bill; did you mean 'peak'?",
        ),
        (("report", "nowhere"), "nowhere"),
        (("verify", "nowhere"), "nowhere"),
        (("compare", "nowhere"), "nowhere"),
        (("study", "quick.yaml"), "quick.yaml"),
        (("inspect", "pandapower:lv_schuttrwald"), "did you mean 'lv_schutterwald'"),
    ],
)
def test_a_users_mistake_is_told_in_words(folder, words, said):
    answer = twin(*words, cwd=folder)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_file_in_place_of_the_results_folder_is_told(folder):
    answer = twin("run", "quick.yaml", "--force", "--out", "quick.yaml", cwd=folder)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_init_makes_starters_that_all_check(tmp_path):
    place = tmp_path / "new"
    assert twin("init", str(place)).returncode == 0
    names = sorted(path.name for path in place.glob("*.yaml"))
    assert names == sorted(path.name for path in STARTERS.glob("*.yaml"))
    for path in [*place.glob("*.yaml"), *place.glob("studies/*.yaml")]:
        checked = twin("check", str(path))
        assert checked.returncode == 0, checked.stderr
    again = twin("init", str(place))
    assert again.returncode == 2
    assert "not an empty folder" in again.stderr


@pytest.mark.long
def test_ctrl_c_leaves_a_marked_run(folder):
    words = ["run", "quick.yaml", "--set", "time.days=3000", "--out", "stopped"]
    process = subprocess.Popen(
        [sys.executable, "-m", "twin", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    part = folder / "stopped" / "quick"
    deadline = time.monotonic() + 60
    while _days_done(part) < 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in told
    status = json.loads(next(part.glob("*.part/status.json")).read_text())
    assert status["state"] == "interrupted"
    assert 0 < status["progress"] < 1


def _days_done(part: Path) -> int:
    return (
        max(
            (len(list(p.iterdir())) for p in part.glob("*.part/parts/events")),
            default=0,
        )
        - 1
    )


def test_a_policy_class_of_the_users_own(folder):
    (folder / "half.py").write_text(
        "class Half:\n"
        "    def __init__(self, share=0.5):\n"
        "        self.share = share\n"
        "    def decide(self, seen):\n"
        "        return self.share * seen.charge_kw\n"
    )
    answer = twin("run", "quick.yaml", "--set", "policy.name=half:Half", cwd=folder)
    assert answer.returncode == 0, answer.stderr
    wrong = twin("run", "quick.yaml", "--set", "policy.name=half:Haf", cwd=folder)
    assert wrong.returncode == 2
    assert "Haf" in wrong.stderr


@pytest.mark.parametrize("kind", ["feeders", "vehicles", "tariffs", "policies", "data"])
def test_the_catalogue_says_each_name_with_its_meaning(kind: str):
    answer = twin("catalogue", kind)
    assert answer.returncode == 0
    first, *lines = answer.stdout.splitlines()
    assert first == f"{kind}:"
    assert len(lines) > 2
    assert all(len(line.split()) > 1 for line in lines)


def test_every_name_of_the_checks_is_in_the_catalogue():
    said = twin("catalogue").stdout
    for kind in ("vehicles", "tariffs", "policies", "profiles", "travel"):
        assert [name for name in known(kind) if f"  {name} " not in said] == []


def test_a_run_without_any_solved_step_fails(folder):
    heavy = ["customers.annual_kwh=1000000", "customers.homes_per_load=50"]
    words = ["--out", "heavy", *(part for key in heavy for part in ("--set", key))]
    answer = twin("run", "quick.yaml", *words, cwd=folder)
    assert answer.returncode == 3
    assert "no step has a power flow solution" in answer.stderr
    status = json.loads(next((folder / "heavy").glob("*/*/status.json")).read_text())
    assert status["state"] == "failed"


def test_a_network_file_that_cannot_be_solved_is_told(folder):
    import pandapower

    net = pandapower.create_empty_network()
    pandapower.create_bus(net, 0.4)
    pandapower.to_json(net, str(folder / "empty.json"))
    for command in ("run", "inspect"):
        words = ("quick.yaml", "--set", "feeder.source=json:empty.json")
        asked = words if command == "run" else ("json:empty.json",)
        answer = twin(command, *asked, cwd=folder)
        assert answer.returncode == 2
        assert "feeder.source" in answer.stderr


def test_the_results_folder_holds_runs_only(ran, folder):
    kept = {path.name for path in (folder / "results" / "quick").iterdir()}
    assert all(len(name) == 16 for name in kept)


def test_a_yardstick_is_told_in_a_table_and_a_sentence(ran, folder):
    place = folder / last_line(ran.stdout)
    told = twin("yardstick", str(place))
    assert told.returncode == 0, told.stderr
    assert "best possible" in told.stdout and "solving head" in told.stderr
    said = " ".join(told.stdout.split())
    assert "the policy reached" in said
    assert said.endswith("one that does not know the future may not reach it.")
    assert twin("verify", str(place)).returncode == 0
    paid = twin("yardstick", str(place), "--objective", "bill", "--quiet")
    assert "bill [USD]" in paid.stdout and not paid.stderr
    wrong = twin("yardstick", str(place), "--transformer", "nowhere")
    assert wrong.returncode == 2
    assert "--transformer: 'nowhere' is no transformer of this run" in wrong.stderr
    assert twin("yardstick", "nowhere").returncode == 2
    assert twin("yardstick", str(place), "--objective", "peek").returncode == 2
