"""Who may ask: names, origins, tokens, sizes; and what an answer carries."""

import pytest
from flask import Flask, request

from dashboards.guard import (
    LOOPBACK,
    MOST_BODY_BYTES,
    content_policy,
    guard,
    is_loopback,
    names_of,
    new_token,
)


def asked(token=None, hosts=LOOPBACK):
    server = Flask(__name__)
    guard(server, hosts, token)

    @server.route("/", methods=["GET", "POST"])
    def hello():
        request.get_data()
        return "hello"

    return server.test_client()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8050", 200),
        ("localhost", 200),
        ("LOCALHOST:9", 200),
        ("[::1]:8050", 200),
        ("evil.example", 403),
        ("evil.example:8050", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.", 403),
        ("[::1", 403),
    ],
)
def test_only_loopback_names_are_answered(host, status):
    assert asked().get("/", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_a_page_of_another_origin_may_not_post(headers, status):
    assert asked().post("/", headers=headers).status_code == status


def test_a_link_from_another_site_may_be_followed():
    answer = asked().get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200


def test_a_body_beyond_the_limit_is_refused():
    client = asked()
    assert client.post("/", data=b"x" * MOST_BODY_BYTES).status_code == 200
    assert client.post("/", data=b"x" * (MOST_BODY_BYTES + 1)).status_code == 413


def test_a_token_is_asked_for_once_and_then_kept_in_a_cookie():
    token = new_token()
    client = asked(token)
    assert client.get("/").status_code == 401
    assert "token" in client.get("/").text
    assert client.get("/?token=wrong").status_code == 401
    shown = client.get(f"/?token={token}")
    assert shown.status_code == 302 and token not in shown.headers["Location"]
    cookie = shown.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert client.get("/").status_code == 200
    client.set_cookie("twin_token", "wrong")
    assert client.get("/").status_code == 401


def test_a_stranger_is_refused_before_a_token_is_looked_at():
    token = new_token()
    headers = {"Host": "evil.example"}
    assert asked(token).get(f"/?token={token}", headers=headers).status_code == 403


def test_every_answer_is_sealed_whatever_its_status():
    client = asked()
    for answer in (client.get("/"), client.get("/no-such-page")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
    stranger = client.get("/", headers={"Host": "evil.example"})
    assert "Content-Security-Policy" in stranger.headers


def test_scripts_run_only_from_here_or_by_hash():
    policy = content_policy(["'sha256-abc'"])
    scripts = next(p for p in policy.split("; ") if p.startswith("script-src"))
    assert scripts == "script-src 'self' 'sha256-abc'"
    assert "http" not in policy and "unsafe-eval" not in policy


def test_which_hosts_are_loopback():
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.8.8.8", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.org")))


def test_names_of_another_host_hold_itself():
    assert names_of("127.0.0.1") == LOOPBACK
    assert names_of("10.1.2.3")[0] == "10.1.2.3"
    assert set(LOOPBACK) < set(names_of("0.0.0.0"))


def test_tokens_differ_and_are_long():
    assert new_token() != new_token() and len(new_token()) >= 32
