"""Ports for servers of tests."""

import random
import socket

from cli.dev import ports

FIRST, LAST = 10_000, 32_000
"""Below those that Linux gives to whoever connects, or listens on any."""

_marks: list[int] = []


def free_port() -> int:
    """A port that is free, and that is nobody else's before its server has started and while that is killed.

    `cli.dev.ports.choose_free` cannot promise it: what it found may be given to anybody a moment later.
    """
    while True:
        port = random.randrange(FIRST, LAST)
        # A name that only one may have, in whichever process and run; the kernel forgets it with the process.
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0tocsin tests: port {port}")
        except OSError:
            mark.close()
            continue
        if ports.is_free(ports.LOOPBACK, port):
            _marks.append(mark.detach())
            return port
        mark.close()
