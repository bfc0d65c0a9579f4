"""March 2026 of an imported schedule, as lines that can be reckoned by hand and compared."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.catalogue import Catalogue
from domain.schedule.shifts import shifts

MARCH = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
_DUMPS = Path(__file__).parents[1] / "fixtures" / "importers"


def dump(name: str) -> dict[str, Any]:
    """An example dump."""
    found: dict[str, Any] = json.loads((_DUMPS / f"{name}.json").read_text())
    return found


def march(catalogue: Catalogue, schedule: str) -> list[str]:
    """`01 23:00 - 02 08:00 ana bo` for each shift, in UTC; the first of April is 32."""
    return [
        f"{_day(one.start)} - {_day(one.end)} {' '.join(user.partition('@')[0] for user in one.users)}"
        for one in shifts(catalogue.schedule_named[schedule], *MARCH)
    ]


def lines(text: str) -> list[str]:
    """What `march` ought to say."""
    return [line.strip() for line in text.strip().splitlines()]


def _day(at: datetime) -> str:
    return f"{32 if at.month == 4 else at.day:02} {at:%H:%M}"
