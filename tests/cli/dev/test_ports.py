"""Ports that are taken."""

import socket

import pytest

from cli.dev import ports
from cli.dev.errors import StartError
from tests.support.ports import free_port


def test_clash_names_port_and_variable() -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert not ports.is_free(ports.LOOPBACK, port)
        with pytest.raises(StartError, match=rf"port {port} .*TOCSIN_API_PORT"):
            ports.require_free("API", ports.LOOPBACK, port, "TOCSIN_API_PORT")


def test_connections_of_the_last_run_are_no_clash() -> None:
    with socket.create_server((ports.LOOPBACK, free_port())) as server:
        port = server.getsockname()[1]
        client = socket.create_connection((ports.LOOPBACK, port))
        accepted, _ = server.accept()
        accepted.close()  # this side closes first and stays in TIME_WAIT
        client.close()
    assert ports.is_free(ports.LOOPBACK, port)
    # Of a chosen one there is no more than hope: anybody may have taken it since.
    assert any(ports.is_free("0.0.0.0", ports.choose_free()) for _ in range(10))


def test_address_of_another_machine_is_said() -> None:
    with pytest.raises(StartError, match=r"192\.0\.2\.1"):
        ports.require_free("API", "192.0.2.1", 8000, "TOCSIN_API_PORT")
