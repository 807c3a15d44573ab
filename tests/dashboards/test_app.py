"""The application as a server: what it gives away, and what it never does."""

import base64
import hashlib
import json
import re

import pytest

from dashboards.app import make

SECRET = "the secret beside the results"


@pytest.fixture
def client(make_run, tmp_path):
    results = make_run().path.parents[1]
    (tmp_path / "secret.txt").write_text(SECRET)
    return make(results).server.test_client()


def test_a_page_is_served_with_its_own_scripts_allowed_by_hash(client):
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    scripts = next(p for p in policy.split("; ") if p.startswith("script-src"))
    inline = re.findall(
        r"<script(?![^>]*(?: src=|json))[^>]*>(.*?)</script>", answer.text, re.S
    )
    assert len(inline) == 2
    assert all(f"'sha256-{hash_of(one)}'" in scripts for one in inline)
    assert "unsafe" not in scripts and "http" not in scripts


def hash_of(script):
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def test_no_page_names_another_host(client):
    words = client.get("/").text
    assert "http://" not in words and "https://" not in words


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/run/../secret.txt/overview",
        "/run/%2e%2e/secret.txt/overview",
        "/_dash-component-suites/dash/../../../../secret.txt",
        "/_dash-component-suites/dashboards/../secret.txt",
        "//secret.txt",
        "/secret.txt",
    ],
)
def test_no_path_reaches_a_file_beside_the_results(client, path):
    assert SECRET not in client.get(path).text


def test_there_is_nothing_for_developers(client):
    assert client.get("/_reload-hash").json["reloadHash"] is None
    config = client.get("/").text.partition("_dash-config")[2].partition("</script>")[0]
    assert '"ui":false' in config and '"hot_reload"' not in config
    assert "react-entry-point" in client.get("/_mcp").text


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        '{"output": "nothing.children"}',
        '{"output": "..a.b...c.d..", "outputs": [], "inputs": [{"value": 1}]}',
    ],
)
def test_a_callback_that_is_none_tells_no_secret(client, body):
    answer = client.post(
        "/_dash-update-component", data=body, content_type="application/json"
    )
    assert answer.status_code in (400, 500)
    assert "Traceback" not in answer.text


def page_of(client, path, search=""):
    """What the browser asks for when it opens an address."""
    dependencies = json.loads(client.get("/_dash-dependencies").text)
    output = next(
        one["output"]
        for one in dependencies
        if "_pages_content.children" in one["output"]
    )
    ids = [part.rpartition(".") for part in output.strip(".").split("...")]
    body = {
        "output": output,
        "outputs": [{"id": name, "property": prop} for name, _, prop in ids],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": [],
        "state": [],
    }
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/run/nobody/0123456789abcdef/overview", "there is no run"),
        ("/run/..%2f/0123456789abcdef/overview", "no scenario can be called"),
        ("/run/hand_made/xyz/overview", "is not a run's id"),
        ("/no/such/page", "There is no such page"),
    ],
)
def test_an_address_of_nothing_says_so(client, path, said):
    assert said in page_of(client, path)


@pytest.mark.parametrize(
    "search",
    ["?t=<script>", "?pick=../..", "?scenario=x&run_id=y", "?" + "a" * 5000, "?=&&&=="],
)
def test_a_strange_query_breaks_no_page(client, make_run, search):
    run_id = make_run().run_id
    words = page_of(client, f"/run/hand_made/{run_id}/overview", search)
    assert "Traceback" not in words and "hand_made" in words
