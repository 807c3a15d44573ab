"""Where feeders come from, and what is said when they can't."""

from __future__ import annotations

import json
import random

import numpy as np
import pandapower as pp
import pandapower.networks as networks
import pytest

from twin.errors import InputError
from twin.grid.pandapower import load_feeder, load_network, network_functions

pytestmark = pytest.mark.long

KERBER = "create_kerber_vorstadtnetz_kabel_1"
RANDOM = "create_kerber_vorstadtnetz_kabel_2"


def said(source, arguments=None):
    with pytest.raises(InputError) as caught:
        load_feeder(source, arguments or {})
    return str(caught.value)


def test_a_random_network_is_the_same_each_time_and_disturbs_nobody():
    random.seed(7)
    expected = [random.random() for _ in range(3)]
    random.seed(7)
    drawn = [random.random()]
    one = load_network(f"pandapower:{RANDOM}", {})
    drawn.append(random.random())
    other = load_network(f"pandapower:{RANDOM}", {})
    drawn.append(random.random())
    assert drawn == expected
    assert one.line.std_type.equals(other.line.std_type)
    third = load_network(f"pandapower:{RANDOM}", {"seed": 1})
    assert not one.line.std_type.equals(third.line.std_type)


def test_arguments_reach_the_function():
    feeder, net = load_feeder("pandapower:create_kerber_dorfnetz", {"p_load_mw": 0.003})
    assert (feeder.terminals.p_kw == 3.0).all()
    assert feeder.name == "create_kerber_dorfnetz"
    assert feeder.source == "pandapower:create_kerber_dorfnetz"
    assert len(net.load) == len(feeder.terminals)


def test_the_source_voltage_is_set_on_every_slack():
    feeder, net = load_feeder("pandapower:mv_oberrhein", {}, 1.02)
    np.testing.assert_allclose(np.abs(feeder.source_v), 1.02)
    assert (net.ext_grid.vm_pu == 1.02).all()
    untouched, _ = load_feeder("pandapower:mv_oberrhein", {})
    np.testing.assert_allclose(np.abs(untouched.source_v), 1.0)


def test_a_part_of_several_networks():
    whole = load_network("pandapower:mv_oberrhein", {})
    parts = [
        load_network("pandapower:mv_oberrhein", {"separation_by_sub": True, "part": k})
        for k in (0, 1)
    ]
    assert sum(len(part.load) for part in parts) == len(whole.load)
    message = said("pandapower:mv_oberrhein", {"separation_by_sub": True})
    assert "choose part 0 to 1" in message
    assert "choose part" in said(
        "pandapower:mv_oberrhein", {"separation_by_sub": True, "part": 2}
    )
    assert "choose part 0 to 0" in said(f"pandapower:{KERBER}", {"part": 3})
    assert "whole number" in said(f"pandapower:{KERBER}", {"seed": "x"})


def test_helpers_of_pandapower_are_not_networks():
    names = network_functions()
    assert KERBER in names
    assert "lv_schutterwald" in names
    for other in ("create_bus", "runpp", "from_json", "sorted_from_json", "deepcopy"):
        assert other not in names


def test_unknown_things_are_said_with_the_nearest_name():
    assert "did you mean 'mv_oberrhein'?" in said("pandapower:mv_oberrein")
    assert "did you mean 'p_load_mw'?" in said(
        "pandapower:create_kerber_dorfnetz", {"p_load_mv": 1}
    )
    assert "allowed are pandapower:<function>" in said("opends:x")
    assert "did you mean 'pandapower'?" in said("pandapowr:case9")
    assert "is no feeder" in said("pandapower:")
    assert "mv_oberrhein: " in said("pandapower:mv_oberrhein", {"scenario": "nonsense"})


def test_simbench_says_how_to_get_it():
    message = said("simbench:1-LV-rural1--0-sw")
    assert "pip install simbench" in message or "no SimBench code" in message
    assert "only pandapower" in said("simbench:1-LV-rural1--0-sw", {"a": 1})


def test_a_network_survives_its_json(tmp_path):
    net = networks.example_multivoltage()
    pp.to_json(net, str(tmp_path / "grid.json"))
    feeder, _ = load_feeder(f"json:{tmp_path}/grid.json", {})
    direct, _ = load_feeder("pandapower:example_multivoltage", {})
    assert feeder.name == "grid"
    assert abs(feeder.y_bus - direct.y_bus).max() == 0.0
    assert "only pandapower" in said(f"json:{tmp_path}/grid.json", {"seed": 1})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[1, 2]", "no pandapower network"),
        ("[" * 100_000, "not JSON"),
        ('{"_module": "os", "_class": "system", "_object": "true"}', "os.system"),
        (
            '{"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object":'
            ' {"x": [{"_module": "subprocess", "_class": "Popen", "_object": 1}]}}',
            "subprocess.Popen",
        ),
        ('{"a": {"_module": "pandasx", "_class": "DataFrame"}}', "pandasx.DataFrame"),
        ('{"a": {"_module": "pandas.io", "_class": "read_pickle"}}', "read_pickle"),
        ('{"_module": "builtins", "_class": "eval", "_object": "1"}', "builtins.eval"),
    ],
)
def test_json_that_is_none_or_names_code_is_refused(tmp_path, text, message):
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert message in said(f"json:{path}")


def test_code_hidden_in_a_string_is_found(tmp_path):
    inner = json.dumps({"_module": "os", "_class": "system", "_object": "true"})
    nested = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet"}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({**nested, "_object": inner}))
    assert "os.system" in said(f"json:{path}")


def test_files_that_cannot_be_read(tmp_path):
    assert "no such file" in said(f"json:{tmp_path}/none.json")
    assert "not readable" in said(f"json:{tmp_path}")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00\x01")
    assert "not readable" in said(f"json:{tmp_path}/binary.json")
