"""A scenario file is read wholly, or every problem is told where it stands."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenario.keys import OF_A_SCENARIO
from twin.errors import InputError
from twin.scenario.read import read, scenario_of, sources

BASE = Path("base.yaml")


def told(path: Path = BASE, overrides=()) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(path, overrides)
    return [str(problem) for problem in caught.value.problems]


def write(text: str, name: str = "f.yaml") -> Path:
    Path(name).write_text(text)
    return Path(name)


CONTRACT = """\
schema: 1
name: evening_peak
seed: 1
extends: base.yaml
time:    {start: 2026-01-12, days: 7, step_min: 15, timezone: Europe/Berlin}
feeder:  {source: "pandapower:lv_schutterwald", model: balanced,
          source_voltage_pu: 1.02}
customers: {profiles: eulv_bdew, annual_kwh: 3500, pv_share: 0.1, power_factor: 0.97,
            file: customers.csv}
fleet:   {ev_share: 0.4, bidirectional_share: 0.5,
          models: {toyota_bz4x: 0.5, nissan_leaf: 0.5},
          charger_kw: 7.2, travel: mid, plug_in: always}
policy:  {name: v2g_peak, reserve_soc: 0.3, outlook: persistence}
tariff:  flat
events: []
limits:  {standard: en50160}
power_flow: {solver: fast, tolerance_pu: 1.0e-8}
output:  {level: all}
"""


def test_the_contracts_example_is_read(folder):
    Path("customers.csv").write_text("customer,node\n")
    scenario = read(write(CONTRACT))
    assert scenario.time.start.isoformat() == "2026-01-12"
    assert scenario.policy.name == "v2g_peak"
    assert scenario.tariff.name == "flat"
    assert scenario.fleet.models == {"nissan_leaf": 0.5, "toyota_bz4x": 0.5}
    assert scenario.customers.file == folder / "customers.csv"


def test_defaults_fit_the_region(folder):
    german = read(BASE)
    american = read(BASE, ["feeder.source=pandapower:case33bw"])
    assert (german.region, german.timezone) == ("DE", "Europe/Berlin")
    assert (german.profiles, german.travel) == ("eulv_bdew", "mid")
    assert german.judged_by.standard == "en50160"
    assert (american.region, american.profiles) == ("US", "fontana")
    assert american.judged_by.standard == "ansi_c84_1"
    assert (german.seed, german.output.level) == (1, "all")


SCHUTTERWALD = 'feeder: {source: "pandapower:lv_schutterwald"}\n'
NAME_WORDS = "1 to 64 of the characters a-z 0-9 _ -, the first a letter or digit"
SOURCES = (
    "pandapower:<network function>, simbench:<code>, json:<pandapower file> or "
    "opendss:<master file>"
)
DATE = "a date such as 2026-01-12, from 1970-01-01 to 2199-12-31"
SEED = "a whole number from 0 to 9223372036854775807"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "time: {start: 2026-02-30}",
            "2:15: time.start: '2026-02-30' is not in the calendar",
        ),
        (
            "time: {start: 12.1.2026}",
            f"2:15: time.start: got '12.1.2026'; allowed: {DATE}",
        ),
        (
            "time: {start: 1768176000}",
            f"2:15: time.start: got 1768176000; allowed: {DATE}",
        ),
        (
            "time: {start: 1066-10-14}",
            f"2:15: time.start: got '1066-10-14'; allowed: {DATE}",
        ),
        (
            "time: {days: 3661}",
            "2:14: time.days: got 3661; allowed: a whole number from 1 to 3660 [days]",
        ),
        (
            "time: {days: 7.5}",
            "2:14: time.days: got 7.5; allowed: a whole number from 1 to 3660 [days]",
        ),
        (
            "time: {step_min: 7}",
            "2:18: time.step_min: got 7; allowed: one of "
            "1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60",
        ),
        (
            "time: {timezone: Europe/Berln}",
            "2:18: time.timezone: unknown time zone 'Europe/Berln'; allowed: IANA "
            "names such as Europe/Berlin; did you mean 'Europe/Berlin'?",
        ),
        ("name: Bad Name", f"2:7: name: got 'Bad Name'; allowed: {NAME_WORDS}"),
        ("seed: -1", f"2:7: seed: got -1; allowed: {SEED}"),
        ("seed: true", f"2:7: seed: got true; allowed: {SEED}"),
        ("schema: 2", "2:9: schema: got 2; allowed: 1"),
        (
            "fleet: {ev_share: 1.4}",
            "2:19: fleet.ev_share: got 1.4; allowed: a number from 0 to 1",
        ),
        (
            "fleet: {ev_share: '0.4'}",
            "2:19: fleet.ev_share: got '0.4'; allowed: a number from 0 to 1",
        ),
        (
            "fleet: {ev_share: .nan}",
            "2:19: fleet.ev_share: got nan; allowed: a number from 0 to 1",
        ),
        (
            "fleet: {ev_shar: 0.3}",
            "2:9: fleet.ev_shar: unknown key; allowed: ev_share, ev_count, "
            "bidirectional_share, models, charger_kw, travel, travel_file, plug_in, "
            "target_soc, initial_soc, departure_error_min, export_permit, "
            "export_limit_phase_kw, inverter; did you mean 'ev_share'?",
        ),
        (
            "fleet: {inverter: {mode: volt_war}}",
            "2:26: fleet.inverter.mode: got 'volt_war'; allowed: one of unity, "
            "power_factor, volt_var, volt_watt, volt_var_watt; did you mean "
            "'volt_var'?",
        ),
        (
            "fleet: {inverter: {volt_var: [[0.9, 0.4], [1.1, 0.5]]}}",
            "2:20: fleet.inverter.volt_var: shares must not rise with the voltage",
        ),
        (
            "fleet: {inverter: {volt_var: [[0.9, 0.95], [1.1, -0.4]]}}",
            "2:20: fleet.inverter.volt_var: got a share of 0.95; allowed: -0.9 to 0.9",
        ),
        (
            "fleet: {inverter: {volt_watt: [[1.06, 1.0], [1.061, 0.0]]}}",
            "2:20: fleet.inverter.volt_watt: voltages must rise by 0.005 at least "
            "from point to point; 1.061 does not",
        ),
        (
            "fleet: {export_limit_phase_kw: 3}",
            "2:32: fleet.export_limit_phase_kw: only where phases are: feeder.model: "
            "three_phase or an opendss: feeder; else customers.export_limit_kw",
        ),
        (
            "fleet: {ev_share: 0.4, ev_count: 3}",
            "2:1: fleet: both are given, needed: exactly one of ev_share and ev_count",
        ),
        (
            "fleet: {ev_share: null}",
            "2:1: fleet: neither is given, needed: exactly one of ev_share and "
            "ev_count",
        ),
        (
            "fleet: {models: {toyota_bz4x: 0.5, nissan_leaf: 0.4}}",
            "2:9: fleet.models: the shares sum to 0.9; they must sum to 1",
        ),
        (
            "fleet: {models: {nissan_leef: 1}}",
            "2:31: fleet.models.nissan_leef: unknown car model; "
            "`twin catalogue vehicles` lists them; did you mean 'nissan_leaf'?",
        ),
        (
            "fleet: {models: {nissan_leaf: 2, toyota_bz4x: -1}}",
            "2:31: fleet.models.nissan_leaf: got 2; allowed: a number from 0 to 1",
        ),
        (
            "fleet: {charger_kw: {11: 0.5, 22: 0.4}}",
            "2:9: fleet.charger_kw: the shares sum to 0.9; they must sum to 1",
        ),
        (
            "fleet: {charger_kw: {eleven: 1}}",
            "2:22: fleet.charger_kw.eleven: got the key 'eleven'; allowed: a number "
            "above 0 [kW]",
        ),
        (
            "fleet: {charger_kw: fast}",
            "2:21: fleet.charger_kw: got 'fast'; allowed: a number above 0 and at "
            "most 1000000 [kW] or a mapping, each a number from 0 to 1",
        ),
        (
            "fleet: {plug_in: alway}",
            "2:18: fleet.plug_in: got 'alway'; allowed: one of always, when_needed; "
            "did you mean 'always'?",
        ),
        (
            "fleet: {travel: mit}",
            "2:17: fleet.travel: unknown name 'mit'; allowed: mid, switchbox, evipro, "
            "nhts; did you mean 'mid'?",
        ),
        (
            "fleet: {travel: nhts}",
            "2:17: fleet.travel: nhts needs fleet.travel_file, your own copy of "
            "tripv2pub.csv",
        ),
        (
            'feeder: {source: "pandapower:lv_schuterwald"}',
            "2:18: feeder.source: unknown pandapower network 'lv_schuterwald'; "
            "`twin catalogue feeders` lists them; did you mean 'lv_schutterwald'?",
        ),
        (
            "feeder: {source: lv_schutterwald}",
            f"2:18: feeder.source: unknown source 'lv_schutterwald'; allowed: {SOURCES}"
            "; did you mean 'pandapower:lv_schutterwald'?",
        ),
        (
            'feeder: {source: "opendss:"}',
            f"2:18: feeder.source: nothing after 'opendss:'; allowed: {SOURCES}",
        ),
        (
            'feeder: {source: "openDSS:Master.dss"}',
            "2:18: feeder.source: unknown source 'openDSS:Master.dss'; allowed: "
            f"{SOURCES}; did you mean 'opendss:Master.dss'?",
        ),
        (
            'feeder: {source: "Master.dss"}',
            f"2:18: feeder.source: unknown source 'Master.dss'; allowed: {SOURCES}"
            "; did you mean 'opendss:Master.dss'?",
        ),
        (
            "feeder: {loads: constant_power}",
            "2:17: feeder.loads: only opendss: feeders take it",
        ),
        (
            "feeder: {zero_sequence: {line_r0_per_r1: 3.0}}",
            "2:10: feeder.zero_sequence: only for pandapower networks with "
            "feeder.model: three_phase",
        ),
        (
            "feeder: {model: three_phase}\npower_flow: {solver: pandapower}",
            "3:22: power_flow.solver: pandapower solves balanced feeders only; "
            "allowed here: fast",
        ),
        (
            "feeder: {model: three_phase, zero_sequence: {line_r0_per_r2: 3.0}}",
            "2:46: feeder.zero_sequence.line_r0_per_r2: unknown key; allowed: "
            "line_r0_per_r1, line_x0_per_x1, line_c0_per_c1, trafo_vk0_per_vk, "
            "trafo_vkr0_per_vkr, trafo_zm0_per_z0, trafo_mag0_rx, "
            "trafo_si0_hv_partial, trafo_vector_group, source_s_sc_mva, source_rx, "
            "source_x0_per_x1, source_r0_per_x0; did you mean 'line_r0_per_r1'?",
        ),
        (
            "feeder: {arguments: {include_heatpumps: true}}",
            "2:41: feeder.arguments.include_heatpumps: unknown argument of "
            "lv_schutterwald; allowed: include_heat_pumps; did you mean "
            "'include_heat_pumps'?",
        ),
        (
            "feeder: {source_voltage_pu: 102}",
            "2:29: feeder.source_voltage_pu: got 102; allowed: a number from 0.8 to "
            "1.2 [pu]",
        ),
        (
            "customers: {annual_kwh: netwrk}",
            "2:25: customers.annual_kwh: got 'netwrk'; allowed: a number above 0 and "
            "at most 1000000 [kWh] or network; did you mean 'network'?",
        ),
        (
            "customers: {homes_per_load: 0}",
            "2:29: customers.homes_per_load: got 0; allowed: a whole number from 1 to "
            "100000 [homes] or auto",
        ),
        (
            "customers: {profiles: eulv}",
            "2:23: customers.profiles: unknown name 'eulv'; allowed: eulv_bdew, "
            "fontana, network, network_constant or a .csv file; did you mean "
            "'eulv_bdew'?",
        ),
        (
            "policy: {name: v2g_peek}",
            "2:16: policy.name: unknown name 'v2g_peek'; allowed: uncontrolled, tou, "
            "valley, v2g_peak, v2g_price, v2h, emergency or package.module:Class; "
            "did you mean 'v2g_peak'?",
        ),
        (
            "policy: {reserve_soc: 0.95}",
            "2:23: policy.reserve_soc: reserve_soc 0.95 must be below "
            "fleet.target_soc 0.9",
        ),
        (
            "policy: {window: {start: 9:00, end: 16:30}}",
            "2:26: policy.window.start: got '9:00'; allowed: a time of day such as "
            '"16:30"',
        ),
        (
            "policy: {window: {start: 16:30, end: 16:30}}",
            "2:10: policy.window: start and end are the same; they must differ",
        ),
        (
            "policy: {parameters: {a: 1}}",
            "2:10: policy.parameters: only for a class of your own, not for valley",
        ),
        (
            "tariff: 7",
            "2:9: tariff: got 7; allowed: a name, or a mapping with a name in it",
        ),
        (
            "tariff: realtime",
            "2:9: tariff.name: realtime needs tariff.file, a CSV of your own prices",
        ),
        (
            "tariff: {name: flat, file: base.yaml}",
            "2:28: tariff.file: is only read with name: realtime",
        ),
        (
            "tariff: {export: avoided}",
            "2:18: tariff.export: got 'avoided'; allowed: avoided_cost, or a number of "
            "USD/kWh; did you mean 'avoided_cost'?",
        ),
        (
            "tariff: {export: 0.1, export_price_usd_per_kwh: 0.1}",
            "2:18: tariff.export: both export and export_price_usd_per_kwh are given; "
            "needed: one of them",
        ),
        (
            "tariff: {export_file: base.yaml}",
            "2:23: tariff.export_file: is only read with export: avoided_cost",
        ),
        (
            "tariff: {effective: newest}",
            "2:21: tariff.effective: got 'newest'; allowed: by_date, or a date such as "
            "2026-01-01",
        ),
        (
            "tariff: {programme: elpr}",
            "2:21: tariff.programme: unknown name 'elpr'; allowed: elrp; did you mean "
            "'elrp'?",
        ),
        (
            "tariff: {event_days: [2026-08-12, 2026-08-12]}",
            "2:10: tariff.event_days: 2026-08-12 comes twice",
        ),
        (
            "tariff: {programme: elrp, event_days: []}",
            "2:27: tariff.event_days: is empty; a programme pays on called days only",
        ),
        (
            "tariff: {name: realtime, file: base.yaml}\npolicy: tou",
            "3:1: policy.window: needed by tou with tariff realtime: no hours are the "
            "cheapest every day",
        ),
        (
            "events: [{kind: outage, start: 2027-01-14T18:00, hours: 4}]",
            "2:32: events.0.start: got 2027-01-14T18:00; the run is from 2026-01-12 to "
            "2026-01-18",
        ),
        (
            "events: [{kind: outage, start: 2026-01-14T18:00, hours: -4}]",
            "2:57: events.0.hours: got -4; allowed: a number above 0 and at most 8760 "
            "[h]",
        ),
        (
            "events: [{kind: outage, start: 2026-01-14T18:00, hours: 4, section: "
            "transfomer:a}]",
            "2:69: events.0.section: unknown section 'transfomer:a'; allowed: feeder, "
            "transformer:<name>, branch:<name> (all that it alone supplies) or "
            "home:<customer name>; did you mean 'transformer'?",
        ),
        (
            "events: [{kind: outage, hours: 4}]",
            "2:10: events.0: outage needs start",
        ),
        (
            "events: [{kind: stochastic, saifi: 1.2, hours: 4, caidi_h: 2}]",
            "2:48: events.0.hours: only for kind: outage or call",
        ),
        (
            "events: [{kind: stochastic, saifi: 1.2}]",
            "2:10: events.0: stochastic needs caidi_h, or records",
        ),
        (
            "events: [{kind: stochastic, saifi: 1.2, caidi_h: 2, records: pge_2021}]",
            "2:62: events.0.records: not beside caidi_h: records have lengths of their "
            "own",
        ),
        (
            "events: [{kind: stochastic, saifi: 1.2, records: pge_2024}]",
            "2:50: events.0.records: unknown name 'pge_2024'; allowed: pge_2021 or a "
            ".csv file; did you mean 'pge_2021'?",
        ),
        (
            "policy: {name: v2g_peak, reserve_soc: 30}",
            "2:39: policy.reserve_soc: got 30; allowed: a number from 0 to 1; a share: "
            "30 % is 0.3",
        ),
        (
            "backup: {critical_share: 40}",
            "2:26: backup.critical_share: got 40; allowed: a number above 0 and at "
            "most 1; a share: 40 % is 0.4",
        ),
        (
            "limits: {voltage_pu: [1.05, 0.95]}",
            "2:10: limits.voltage_pu: the lower 1.05 must be below 0.95",
        ),
        (
            "limits: {voltage_pu: [0.95]}",
            "2:10: limits.voltage_pu: got a list of 1; allowed: a list of 2, each a "
            "number from 0.5 to 1.5 [pu]",
        ),
        (
            "limits: {}",
            "2:1: limits: neither is given, needed: exactly one of standard and "
            "voltage_pu",
        ),
        (
            "power_flow: {tolerance_pu: 0.1}",
            "2:28: power_flow.tolerance_pu: got 0.1; allowed: a number from 1e-12 to "
            "0.0001 [pu]",
        ),
        (
            "output:",
            "2:1: output: got nothing; allowed: a mapping with the keys level",
        ),
        (
            "fleet.ev_share: 0.4",
            f"2:1: fleet.ev_share: unknown key; allowed: {OF_A_SCENARIO}; a file "
            "nests keys, as fleet: {ev_share: ...}",
        ),
        (
            "operator: diming",
            "2:11: operator.method: got 'diming'; allowed: one of dimming, envelopes; "
            "did you mean 'dimming'?",
        ),
        (
            "polcy: valley",
            f"2:1: polcy: unknown key; allowed: {OF_A_SCENARIO}; did you mean "
            "'policy'?",
        ),
    ],
)
def test_one_thing_wrong_is_told_in_one_line(folder, line, expected):
    path = write(f"extends: base.yaml\n{line}\n")
    problems = told(path)
    assert f"f.yaml:{expected}" in problems
    assert not [p for p in problems if "Input should" in p or "type=" in p]


def test_several_problems_are_told_at_once_in_the_order_of_the_file(folder):
    path = write(
        "schema: 1\nseed: a\n"
        "time: {start: 2026-13-01, days: 0}\n"
        "fleet: {ev_share: 1.4, ev_share: 1, models: {nissan_leaf: 0.7}}\n"
        "tariff: flatt\n"
    )
    assert told(path) == [
        "f.yaml:1:1: name: is missing; needed: " + NAME_WORDS,
        "f.yaml:1:1: feeder: is missing; needed: a mapping with the keys source, "
        "arguments, model, loads, zero_sequence, source_voltage_pu, root, "
        "enforce_q_limits, changes",
        f"f.yaml:2:7: seed: got 'a'; allowed: {SEED}",
        "f.yaml:3:15: time.start: '2026-13-01' is not in the calendar",
        "f.yaml:3:33: time.days: got 0; allowed: a whole number from 1 to 3660 [days]",
        "f.yaml:4:19: fleet.ev_share: got 1.4; allowed: a number from 0 to 1",
        "f.yaml:4:24: fleet.ev_share: given twice, first at f.yaml:4:9; keep one",
        "f.yaml:4:37: fleet.models: the shares sum to 0.7; they must sum to 1",
        "f.yaml:5:9: tariff.name: unknown name 'flatt'; allowed: flat, night, "
        "pge_ev2_a, sce_tou_ev_4, sdge_ev_tou_5, sdge_ev_tou_5_p, sdge_tou_dr1 or "
        "realtime, with tariff.file; did you mean 'flat'?",
    ]


def test_missing_files_are_sought_beside_the_file_that_names_them(folder):
    Path("deep").mkdir()
    path = write(
        "extends: ../base.yaml\n"
        "customers: {file: homes.csv, profiles: load.csv}\n"
        "fleet: {travel: nhts, travel_file: .}\n"
        "feeder: {source: json:net.json}\n",
        "deep/f.yaml",
    )
    assert told(path) == [
        f"deep/f.yaml:2:19: customers.file: no such file '{folder}/deep/homes.csv'",
        f"deep/f.yaml:2:40: customers.profiles: no such file '{folder}/deep/load.csv'",
        f"deep/f.yaml:3:36: fleet.travel_file: '{folder}/deep' is a folder, a file is "
        "needed",
        f"deep/f.yaml:4:18: feeder.source: no such file '{folder}/deep/net.json'",
    ]


def test_records_of_outages_are_a_file_beside_the_scenario_or_a_name(folder):
    Path("deep").mkdir()
    line = (
        "extends: ../base.yaml\nevents: [{kind: stochastic, saifi: 1, records: %s}]\n"
    )
    path = write(line % "mine.csv", "deep/f.yaml")
    where = "deep/f.yaml:2:48: events.0.records"
    assert told(path) == [f"{where}: no such file '{folder}/deep/mine.csv'"]
    Path("deep/mine.csv").write_text("start,hours\n")
    scenario = read(path)
    assert scenario.events[0].records == str(folder / "deep/mine.csv")
    assert scenario.files() == {"events.0.records": folder / "deep/mine.csv"}
    assert scenario.resolved()["events"][0]["records"] == "mine.csv"
    assert [s.key for s in sources(path, scenario)][-1] == "events.0.records"
    shipped = read(write(line % "pge_2021", "deep/g.yaml"))
    assert (shipped.events[0].records, shipped.files()) == ("pge_2021", {})


def test_files_are_seen_from_the_file_that_names_them(folder):
    Path("deep").mkdir()
    for name in ("homes.csv", "deep/load.csv"):
        Path(name).write_text("x\n")
    write("extends: base.yaml\ncustomers: {file: homes.csv}\n", "middle.yaml")
    path = write(
        "extends: ../middle.yaml\ncustomers: {profiles: load.csv}\n", "deep/f.yaml"
    )
    scenario = read(path)
    assert scenario.files() == {
        "customers.profiles": folder / "deep/load.csv",
        "customers.file": folder / "homes.csv",
    }
    assert scenario.resolved()["customers"]["file"] == "homes.csv"
    keys = [source.key for source in sources(path, scenario)]
    assert keys == [
        "scenario", "extends", "extends", "customers.profiles", "customers.file",
    ]  # fmt: skip


def test_plain_values_obey_the_same_rules(folder):
    data = {
        "schema": 1,
        "name": "x",
        "time": {"start": "2026-01-12", "days": 1},
        "feeder": {"source": "pandapower:case9"},
        "fleet": {"ev_count": 3},
    }
    assert scenario_of(data).fleet.ev_count == 3
    with pytest.raises(InputError) as caught:
        scenario_of({**data, "fleet": {"ev_count": 3, "models": {"x": 0.5}}})
    assert [p.key for p in caught.value.problems] == [
        "fleet.models",
        "fleet.models.x",
    ]


def test_reading_imports_nothing_heavy(folder):
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from twin.scenario.read import read\nfrom twin.scenario.study import Study\n"
        "read(Path('base.yaml'))\n"
        "heavy = {'numpy', 'pandas', 'pandapower', 'polars', 'mesa', 'numba', 'simpy',"
        " 'scipy'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
