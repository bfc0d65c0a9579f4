"""What a benchmark found, and CPU seconds of processes."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Result:
    """One table."""

    name: str
    title: str
    rows: list[dict[str, Any]]
    load: float = field(default_factory=lambda: os.getloadavg()[0])


def cpu_seconds(pids: list[int]) -> float:
    """CPU time that processes and their children have used so far, also the children that have ended."""
    children = [child for pid in pids for child in _children(pid)]
    return (sum(_ticks(pid, ended=True) for pid in pids) + sum(_ticks(pid) for pid in children)) / TICKS


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


def _ticks(pid: int, *, ended: bool = False) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11 : 15 if ended else 13])


def percentile(values: list[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
