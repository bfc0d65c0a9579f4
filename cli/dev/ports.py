"""TCP ports: is one free, and which one is."""

import errno
import socket

from cli.dev.errors import StartError

LOOPBACK = "127.0.0.1"


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now.

    Raises:
        OSError: `host` is no address of this machine.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        # As servers do: connections of the last run in TIME_WAIT are no reason to refuse.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
        return True


def choose_free() -> int:
    """A port that is free on the loopback address now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free(what: str, host: str, port: int, variable: str) -> None:
    """Stop with a sentence if `port` is taken.

    Args:
        what: who would listen there.
        variable: the environment variable that chooses another port.

    Raises:
        StartError: it is taken.
    """
    try:
        free = is_free(host, port)
    except OSError as error:
        raise StartError(f"the {what} cannot listen on {host}: {error}") from error
    if not free:
        raise StartError(
            f"port {port} on {host}, where the {what} would listen, is taken or forbidden. "
            f"Stop what listens there, or choose another port with {variable}"
        )
