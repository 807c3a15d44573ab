import shutil
from datetime import date
from pathlib import Path

import pytest

from twin.results.identity import canonical, run_id, sources_of, versions_of

SCENARIO = {"name": "hamlet", "seed": 1, "time": {"start": date(2026, 1, 12)}}
VERSIONS = {"polars": "2.1.0"}


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "twin"
    (folder / "grid").mkdir(parents=True)
    (folder / "cli.py").write_text("cli = 1\n")
    (folder / "grid" / "feeder.py").write_text("feeder = 1\n")
    return folder


@pytest.fixture
def data(tmp_path):
    paths = [tmp_path / "homes.csv", tmp_path / "weather.csv"]
    for path in paths:
        path.write_text(path.name)
    return paths


def test_the_id_is_sixteen_hex_digits_that_never_change(package, data):
    """Computed once with sha256sum from the canonical JSON."""
    assert run_id(SCENARIO, data, package, None, VERSIONS) == "07dbc11f5c6b7d1e"


def test_the_order_of_keys_and_files_does_not_matter(package, data):
    turned = dict(reversed(SCENARIO.items()))
    assert run_id(turned, data[::-1], package, None, VERSIONS) == run_id(
        SCENARIO, data, package, None, VERSIONS
    )


def test_the_place_of_the_package_does_not_matter(package, data, tmp_path):
    moved = tmp_path / "elsewhere" / "site-packages" / "twin"
    shutil.copytree(package, moved)
    (moved / "__pycache__").mkdir()
    (moved / "__pycache__" / "cli.cpython-311.pyc").write_bytes(b"0")
    (moved / "grid" / "cache.nbi").write_bytes(b"0")
    assert run_id(SCENARIO, data, moved, None, VERSIONS) == run_id(
        SCENARIO, data, package, None, VERSIONS
    )


def test_whatever_changes_results_changes_the_id(package, data, tmp_path):
    policy = tmp_path / "policy.py"
    policy.write_text("policy = 1\n")
    ids = [
        run_id(SCENARIO, data, package, None, VERSIONS),
        run_id({**SCENARIO, "seed": 2}, data, package, None, VERSIONS),
        run_id(SCENARIO, data[:1], package, None, VERSIONS),
        run_id(SCENARIO, data, package, policy, VERSIONS),
        run_id(SCENARIO, data, package, None, {"polars": "2.1.1"}),
    ]
    policy.write_text("policy = 2\n")
    ids.append(run_id(SCENARIO, data, package, policy, VERSIONS))
    data[0].write_text("edited")
    ids.append(run_id(SCENARIO, data, package, None, VERSIONS))
    (package / "cli.py").write_text("cli = 2\n")
    ids.append(run_id(SCENARIO, data, package, None, VERSIONS))
    (package / "cli.py").rename(package / "door.py")
    ids.append(run_id(SCENARIO, data, package, None, VERSIONS))
    assert len(set(ids)) == len(ids)


def test_two_files_that_change_places_are_another_question(package, data):
    before = run_id(SCENARIO, data, package, None, VERSIONS)
    data[0].write_text("weather.csv")
    data[1].write_text("homes.csv")
    assert run_id(SCENARIO, data, package, None, VERSIONS) != before


def test_sources_are_named_by_their_place_in_the_package(package):
    assert list(sources_of(package)) == ["cli.py", "grid/feeder.py"]


def test_canonical_json_has_one_form():
    content = {"b": [1, 2.5, None], "a": {"d": date(2026, 1, 12), "c": Path("x/y")}}
    assert canonical(content) == (
        b'{"a":{"c":"x/y","d":"2026-01-12"},"b":[1,2.5,null]}'
    )
    assert canonical({"name": "Müller"}) == '{"name":"Müller"}'.encode()


def test_what_has_no_one_form_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"share": float("nan")})
    with pytest.raises(TypeError, match="no canonical form for set"):
        canonical({"names": {"a", "b"}})


def test_versions_are_those_installed():
    versions = versions_of(["polars", "numpy"])
    assert list(versions) == ["python", "polars", "numpy"]
    assert versions["polars"].startswith("2.")
