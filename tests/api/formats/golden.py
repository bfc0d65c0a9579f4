"""The golden bodies, and what a person would expect of a signal."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from api.formats import FORMATS
from domain.intake.signal import Signal
from domain.intake.source import Source
from domain.intake.verdict import named_service, severity_of

ROOT = Path(__file__).parents[2] / "fixtures" / "formats"
ALL = sorted((path.parent.name, path.stem) for path in ROOT.glob("*/*.json") if ".expected" not in path.name)
"""(format, case) of every golden body. Beside `case.json` lies `case.expected.json`, what is expected of it."""


@cache
def _source(kind: str, case: str) -> str:
    return (ROOT / kind / f"{case}.json").read_text()


def body(kind: str, case: str) -> Any:
    """A golden body; a new one for each call."""
    return json.loads(_source(kind, case))


def expected(kind: str, case: str) -> Any:
    """What `said` is to give for each signal of a golden body."""
    return body(kind, f"{case}.expected")


def read(kind: str, case: str, headers: Mapping[str, str] | None = None) -> list[Signal]:
    """The signals of a golden body."""
    return FORMATS[kind](body(kind, case), headers or {})


def said(signal: Signal) -> dict[str, Any]:
    """What counts of a signal, without what is empty."""
    found = {
        "action": signal.action.value,
        "title": signal.title,
        "service": named_service(signal),
        "severity": severity_of(signal, Source(name="", kind="")).short,
        "fingerprint": signal.fingerprint,
        "description": signal.description,
        "labels": signal.labels,
        "links": {link.href: link.text for link in signal.links},
        "detected_at": _written(signal.detected_at),
        "started_at": _written(signal.started_at),
        "ended_at": _written(signal.ended_at),
        "note": signal.note,
        "actor": signal.actor,
    }
    return {name: value for name, value in found.items() if value}


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
