"""The application: shell, pages and guard; and the server that carries it."""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, dcc, html, page_container, set_props
from dash.development.base_component import Component
from dash.exceptions import DependencyException
from flask import Response

from dashboards import pages, parts
from dashboards.data import Library
from dashboards.desk import Desk, register_shell
from dashboards.guard import (
    MOST_BODY_BYTES,
    TOKEN_KEY,
    content_policy,
    guard,
    is_loopback,
    names_of,
    new_token,
)
from twin.errors import InputError

THREADS = 8
log = logging.getLogger("dashboards")


def make(
    results: Path | str,
    hosts: Sequence[str] = names_of("127.0.0.1"),
    token: str | None = None,
) -> Dash:
    """The application over a results folder.

    hosts  names under which it may be asked for
    token  what a browser must show once, where others than this machine can reach it
    """
    app = Dash(
        __name__,
        title="V2G twin",
        index_string=_INDEX,
        update_title="",
        use_pages=True,
        pages_folder="",
        suppress_callback_exceptions=True,
        add_log_handler=False,
        enable_mcp=False,
        include_pages_meta=False,
        serve_locally=True,
        on_error=lambda error: _tell(desk, error),
    )
    guard(app.server, hosts, token)
    app.server.register_error_handler(DependencyException, _no_such_file)
    desk = Desk(app, Library(results))
    register_shell(desk)
    pages.register(desk)
    app.layout = lambda: _shell(desk)
    _seal(app)
    return app


def serve(results: Path, host: str, port: int) -> None:
    """Serve until Ctrl-C; prints the address to open."""
    from waitress import create_server

    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    logging.getLogger("waitress").setLevel(logging.ERROR)
    token = None if is_loopback(host) else new_token()
    with _listening(host, port) as door:
        app = make(results, names_of(host), token)
        server = create_server(
            app.server,
            sockets=[door],
            threads=THREADS,
            ident=None,
            max_request_body_size=MOST_BODY_BYTES,
        )
        address = _address(host, door.getsockname()[1], token)
        print(f"Dashboard of {results}: {address}", flush=True)
        print("Ctrl-C stops it.", flush=True)
        server.run()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError.of(
            f"cannot listen on {host}:{port}: {error.strerror}; --port names another",
            key="--host",
        ) from error


def _address(host: str, port: int, token: str | None) -> str:
    """What to open; with port 0 the system has chosen one."""
    shown = host if is_loopback(host) else names_of(host)[0]
    shown = f"[{shown}]" if ":" in shown and shown[0] != "[" else shown
    return f"http://{shown}:{port}/" + (f"?{TOKEN_KEY}={token}" if token else "")


def _shell(desk: Desk) -> Any:
    links = [parts.link(tab.title, tab.path) for tab in desk.tabs]
    return dmc.MantineProvider(
        id="mantine",
        forceColorScheme="light",
        theme={"primaryColor": "blue", "fontFamily": "inherit", "defaultRadius": "sm"},
        children=[
            dcc.Store(id="scheme"),
            dcc.Location(id="go", refresh="callback-nav"),
            html.A("Skip to the content", href="#content", className="skip"),
            html.Header(
                [
                    parts.link("V2G twin", "/", "brand"),
                    html.Nav(links, **parts.labelled("Main")),
                    html.Div(
                        [
                            _button(
                                "copy-link",
                                "Copy link",
                                "Copy the address of what is shown",
                            ),
                            _button(
                                "scheme-toggle",
                                "Dark / light",
                                "Switch between dark and light",
                            ),
                        ],
                        className="tools",
                    ),
                ],
                className="bar",
            ),
            html.Div(id="notice", **parts.attributes(aria_live="polite")),
            html.Div(page_container, id="content", tabIndex=-1),
            html.Div(
                id="foot",
                children=[
                    f"v2g-twin {version('v2g-twin')} · ",
                    html.Code(str(desk.library.results)),
                ],
            ),
        ],
    )


def _button(key: str, words: str, label: str) -> Component:
    return html.Button(
        words, id=key, type="button", className="plain", title=label, n_clicks=0
    )


def _tell(desk: Desk, error: Exception) -> None:
    """An error in a callback: told above the page, which stays as it was."""
    set_props("notice", {"children": desk.error(error)})


def _no_such_file(_: Exception) -> Response:
    """A path among the components' scripts that none of them has."""
    return Response("there is no such file\n", 404, mimetype="text/plain")


def _seal(app: Dash) -> None:
    """Allow the page's own inline scripts by their hashes, and no others.

    Dash adds its own on the first request, so the hashes are taken with each page.
    """

    def seal(answer: Response) -> Response:
        if answer.mimetype == "text/html":
            policy = content_policy(app.csp_hashes())
            answer.headers["Content-Security-Policy"] = policy
        return answer

    app.server.after_request(seal)


_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{%title%}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
{%css%}
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""
