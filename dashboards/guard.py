"""Who may ask, and what a browser may do with the answer."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Sequence
from hmac import compare_digest
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, redirect, request

MOST_BODY_BYTES = 1_000_000
COOKIE, TOKEN_KEY = "twin_token", "token"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
A_YEAR_S = 31_536_000


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


def guard(server: Flask, hosts: Sequence[str], token: str | None) -> None:
    """Check every request before anything else sees it, and seal every answer.

    hosts  names under which the dashboard may be asked for; the port is not looked at
    token  what a browser must show once; None: nobody else can reach this machine
    """
    server.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    server.before_request(lambda: _refuse_strangers(hosts))
    if token is not None:
        server.before_request(lambda: _ask_token(token))
    server.after_request(_sealed)


def content_policy(script_hashes: Sequence[str]) -> str:
    """The content security policy: nothing from, and nothing to, another host."""
    scripts = " ".join(["'self'", *script_hashes])
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def names_of(host: str) -> tuple[str, ...]:
    """Names under which a dashboard that listens on a host may be asked for."""
    if is_loopback(host):
        return LOOPBACK
    if host not in ("0.0.0.0", "::"):
        return (host, *LOOPBACK)
    mine = {socket.gethostname(), socket.getfqdn()}
    for family, *_, address in socket.getaddrinfo(socket.gethostname(), None):
        text = str(address[0]).partition("%")[0]
        mine.add(f"[{text}]" if family == socket.AF_INET6 else text)
    return (*sorted(mine), *LOOPBACK)


def _refuse_strangers(hosts: Sequence[str]) -> None:
    """Another name in Host is DNS rebinding; another Origin is a foreign page."""
    if _name(request.host) not in hosts:
        abort(Response("this dashboard is not asked for under that name\n", 403))
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        abort(Response("a page of another origin may not ask\n", 403))
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and _changes(request):
        abort(Response("a page of another site may not ask\n", 403))


def _ask_token(token: str) -> Response | None:
    shown = request.args.get(TOKEN_KEY, "")
    if compare_digest(shown.encode(), token.encode()):
        answer = redirect(request.path)
        answer.set_cookie(
            COOKIE, token, max_age=A_YEAR_S, httponly=True, samesite="Strict"
        )
        assert isinstance(answer, Response)
        return answer
    if compare_digest(request.cookies.get(COOKIE, "").encode(), token.encode()):
        return None
    return Response(
        "This dashboard asks for the token that `twin dash` printed: open the address "
        "that it printed, with ?token=... at its end.\n",
        401,
        mimetype="text/plain",
    )


def _sealed(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", content_policy(()))
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _changes(asked: Request) -> bool:
    return asked.method not in ("GET", "HEAD", "OPTIONS")


def _name(host: str) -> str:
    """The Host header without its port."""
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower()
