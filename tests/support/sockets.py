"""No test reaches the outside."""

import socket
from collections.abc import Callable
from typing import Any

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


class Outside(RuntimeError):
    """A test wanted to talk to another machine."""


def block_outside() -> None:
    """Let Python's sockets connect to this machine only. (The Temporal SDK and libpq have sockets of their own.)"""
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOOPBACK):
            raise Outside(f"a test must not reach {address}")
        return connect(self, address)

    return guarded
