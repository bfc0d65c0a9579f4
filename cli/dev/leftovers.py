"""Processes of an earlier start that a kill left behind. Linux only: elsewhere nothing is found.

Each function is called under the lock of the home, so whatever it finds has no living owner.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from cli.dev.errors import StartError

MARK = "TOCSIN_DEV_HOME"
"""In the environment of every child of `tocsin dev`: the home it belongs to."""

_PROC = Path("/proc")


def stop_marked(home: Path, patience_seconds: float = 4.0) -> list[int]:
    """Stop children (API, worker, Temporal) of a `tocsin dev` of this home that was killed; the pids found."""
    mark = f"{MARK}={home}".encode()
    mine = os.getpid()

    def ours(pid: int) -> bool:
        entry = _PROC / str(pid)
        # Postgres has its own way to stop, below: SIGTERM would make it wait for its clients.
        return pid != mine and not _is_postgres(entry) and mark in (entry / "environ").read_bytes().split(b"\0")

    found = _matching(ours)
    _stop(found, ours, signal.SIGTERM, patience_seconds)
    return found


def postgres_of(data: Path) -> list[int]:
    """Postgres processes whose working directory is `data`, as a postmaster and its backends have it."""
    try:
        there = data.stat()
    except FileNotFoundError:
        return []

    return _matching(lambda pid: _is_postgres_in(pid, there))


def stop_postgres(data: Path, patience_seconds: float) -> None:
    """Leave no Postgres process in `data`, and no pid file that would stop the next start.

    A backend that outlived its postmaster still writes: starting beside it would ruin the data, so the pid
    file, which names the shared memory that Postgres tests, is touched only after all of them are gone.

    Args:
        patience_seconds: for a fast shutdown, before SIGKILL. Killing is safe: the next start recovers.

    Raises:
        StartError: one is still there after SIGKILL (the kernel waits for a disk, say).
    """
    try:
        there = data.stat()
    except FileNotFoundError:
        return

    def ours(pid: int) -> bool:
        return _is_postgres_in(pid, there)

    if not _stop(_matching(ours), ours, signal.SIGINT, patience_seconds):
        raise StartError(f"a Postgres that was killed still runs in {data}; wait until it is gone and start again")
    pid_file = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):
        first = pid_file.read_text(errors="replace").partition("\n")[0].strip()
        # Postgres itself sorts out a dead pid. What would stop it: a pid that another program (or a zombie)
        # has now, and a file that a power cut left empty.
        if not first.isdecimal() or (_PROC / first).exists():
            pid_file.unlink()


def _is_postgres_in(pid: int, there: os.stat_result) -> bool:
    entry = _PROC / str(pid)
    return _is_postgres(entry) and os.path.samestat((entry / "cwd").stat(), there)


def _is_postgres(entry: Path) -> bool:
    return (entry / "comm").read_text().strip() == "postgres"


def _matching(test: Callable[[int], bool]) -> list[int]:
    try:
        pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    except FileNotFoundError:
        return []
    return [pid for pid in pids if _holds(test, pid)]


def _holds(test: Callable[[int], bool], pid: int) -> bool:
    try:
        return test(pid)
    except OSError:  # gone meanwhile, a zombie, or somebody else's
        return False


def _stop(pids: Iterable[int], still: Callable[[int], bool], first: signal.Signals, patience_seconds: float) -> bool:
    """`first`, then SIGKILL, to each of `pids` that is `still` what it was; whether all are gone."""
    for number, seconds in ((first, patience_seconds), (signal.SIGKILL, 2.0)):
        deadline = time.monotonic() + seconds
        left = [pid for pid in pids if _holds(still, pid)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        while left and time.monotonic() < deadline:
            time.sleep(0.02)
            left = [pid for pid in left if _holds(still, pid)]
        if not left:
            return True
    return False
