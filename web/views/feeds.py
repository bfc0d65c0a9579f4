"""Secret links for calendar programs, as pages show them."""

from collections.abc import Sequence
from typing import Any

from db.models import CalendarFeed


def listed(items: Sequence[CalendarFeed]) -> list[dict[str, Any]]:
    """Links as the pages show them, without their secrets."""
    return [
        {"id": one.id, "created_at": one.created_at, "by": one.created_by, "read": one.last_read_at} for one in items
    ]
