"""Keeps the children alive, and stops them in order."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.dev.errors import StartError
from cli.dev.process import Spec, describe_end, kill_session, last_lines, log_file, spawn, terminate

FIRST_DELAY_SECONDS = 0.25
LONGEST_DELAY_SECONDS = 8.0
"""With the poll interval and the start itself, a child is back within 10 s."""
HEALTHY_SECONDS = 30.0
"""A child that lived this long starts with a clean slate."""
STOP_SECONDS = 14.0
"""All children together; the contract says less than 15 s."""
LAST_CHANCE_SECONDS = 0.5
"""What a child gets when those before it used the time up."""


def restart_delay(deaths: int) -> float:
    """Seconds to wait after the n-th death in a row (n from 1)."""
    # The exponent is bounded because a child may die for weeks.
    return min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(deaths - 1, 16))


@dataclass
class Child:
    """One supervised process: running, or waiting for its next start."""

    spec: Spec
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    restart_at: float = 0.0
    deaths: int = 0
    """In a row; forgotten once it lived `HEALTHY_SECONDS`."""


class Supervisor:
    """Starts children, starts them again when they die, never gives up.

    It has no thread: whoever owns it calls `poll` often (every 0.1 s) *from the main thread*, because
    a child's death signal follows the thread that forked it.
    """

    def __init__(self, logs: Path, report: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._logs = logs
        self._report = report
        self._clock = clock
        self._children: dict[str, Child] = {}

    def start(self, spec: Spec) -> None:
        """Start a child and keep it running from now on."""
        child = self._children[spec.name] = Child(spec)
        self._spawn(child)

    def poll(self) -> None:
        """Notice deaths, and start again whoever's time has come. Never raises for a child's fault."""
        for child in self._children.values():
            now = self._clock()
            if child.process is None:
                if now >= child.restart_at:
                    self._spawn(child)
            elif (status := child.process.poll()) is not None:
                if now - child.started_at >= HEALTHY_SECONDS:
                    child.deaths = 0
                kill_session(child.process)  # what it started itself goes with it
                self._died(child, describe_end(status))
            elif child.deaths and now - child.started_at >= HEALTHY_SECONDS:
                child.deaths = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The children, in the order of their start."""
        return tuple(self._children)

    def pid(self, name: str) -> int | None:
        """The pid of a child, None between its lives."""
        process = self._children[name].process
        return None if process is None else process.pid

    def deaths(self, name: str) -> int:
        """How often in a row a child has died."""
        return self._children[name].deaths

    def last_words(self, name: str) -> list[str]:
        """The last lines of a child's log."""
        return last_lines(log_file(self._logs, name))

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stop all children, the one started last first; all are gone when this returns.

        Args:
            seconds: for all together; who is late is killed.
        """
        deadline = self._clock() + seconds
        for name in reversed(list(self._children)):
            child = self._children.pop(name)
            if child.process is None:
                continue
            left = max(LAST_CHANCE_SECONDS, deadline - self._clock())
            if not terminate(child.process, child.spec, min(child.spec.stop_seconds, left)):
                self._report(f"{name} did not stop in time and was killed")

    def _spawn(self, child: Child) -> None:
        child.started_at = self._clock()
        try:
            child.process = spawn(child.spec, self._logs)
        except (OSError, subprocess.SubprocessError, StartError) as error:
            self._died(child, f"could not start: {error}")

    def _died(self, child: Child, how: str) -> None:
        child.process = None
        child.deaths += 1
        delay = restart_delay(child.deaths)
        child.restart_at = self._clock() + delay
        self._report(
            f"{child.spec.name} died ({how}), starting it again in {delay:.2g} s; "
            f"its log is {log_file(self._logs, child.spec.name)}"
        )
