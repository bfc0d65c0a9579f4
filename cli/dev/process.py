"""Starting one child so that it dies with us and writes to its own log."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

LOG_BYTES = 5_000_000
"""A log larger than this at a start is moved to `NAME.log.1`, over the one before it."""

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: a child between fork and exec should load nothing.
_libc = ctypes.CDLL(None, use_errno=True)


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Spec:
    """How a process is started and stopped."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to our own environment."""
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 3.0
    """How long it may take to stop before SIGKILL."""
    prepare: Callable[[], None] = _nothing
    """Runs before every start, in our process. May raise OSError or StartError: then the start failed."""
    assume: Callable[[], None] = _nothing
    """Runs in the forked child: changes who it is. Must not take locks or import."""


def spawn(spec: Spec, logs: Path) -> subprocess.Popen[bytes]:
    """Start `spec`. Call it from the main thread: the kernel sends the death signal when the *thread* that forked ends.

    Raises:
        OSError, subprocess.SubprocessError: it could not be started.
    """
    spec.prepare()
    parent = os.getpid()

    def become() -> None:
        spec.assume()
        # After assume(), because changing credentials clears it.
        if sys.platform == "linux":
            _libc.prctl(_PR_SET_PDEATHSIG, int(spec.stop_signal), 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the signal was asked for
                os._exit(1)

    with open_log(logs, spec.name) as log:
        return subprocess.Popen(
            spec.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **spec.env},
            cwd=spec.cwd,
            # Its danger is a lock held by another thread at the fork: `become` only makes system calls.
            preexec_fn=become,  # noqa: PLW1509
            start_new_session=True,  # Ctrl-C in the terminal is for us; we stop them in order
        )


def log_file(logs: Path, name: str) -> Path:
    """Where the child `name` writes."""
    return logs / f"{name}.log"


def open_log(logs: Path, name: str) -> BinaryIO:
    """The log of `name`, opened to append; a large one is moved away first."""
    path = log_file(logs, name)
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def last_lines(path: Path, count: int = 10) -> list[str]:
    """The end of a log; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def terminate(process: "subprocess.Popen[bytes]", spec: Spec, seconds: float | None = None) -> bool:
    """Stop a child and what it started; True when it stopped by itself.

    Args:
        seconds: how long it may take before SIGKILL; the spec's own `stop_seconds` if None.
    """
    if process.poll() is None:
        process.send_signal(spec.stop_signal)
        try:
            process.wait(spec.stop_seconds if seconds is None else seconds)
        except subprocess.TimeoutExpired:
            kill_session(process)
            return False
    return True


def kill_session(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to the child's whole process group, and reap it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def describe_end(status: int) -> str:
    """`Popen.returncode` in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
