"""Starting the dashboard: what is printed, and what a user may get wrong."""

import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from dashboards.app import serve
from twin.cli import app
from twin.errors import InputError


def test_a_port_in_use_is_told(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1:{port}"):
            serve(tmp_path, "127.0.0.1", port)


def test_a_host_that_is_not_here_is_told(tmp_path):
    with pytest.raises(InputError, match=r"cannot listen on 192\.0\.2\.1:0"):
        serve(tmp_path, "192.0.2.1", 0)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="is not a folder; `twin run FILE`"):
        app(["dash", "--results", str(tmp_path / "none")], standalone_mode=False)


def test_it_prints_its_address_and_stops_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "twin", "dash", "--results", str(tmp_path)]
    server = subprocess.Popen(
        [*command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert server.stdout is not None
    address = server.stdout.readline().split()[-1]
    with urllib.request.urlopen(address) as answer:
        assert answer.status == 200
    server.send_signal(signal.SIGINT)
    _, said = server.communicate(timeout=20)
    assert server.returncode == 0
    assert "Traceback" not in said
