"""Keeps overrides, and tells those who come on duty by them."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ScheduleOverride
from db.notices import tell
from domain.catalogue import Catalogue
from domain.notice import Link, Notice
from domain.schedule.schedule import Override
from domain.wall_clock import period_text

LONGEST_KEY = 300


async def keep(session: AsyncSession, schedule_id: UUID, override: Override) -> None:
    """Add an override; it holds from the end of the transaction on."""
    session.add(
        ScheduleOverride(
            id=override.id,
            schedule_id=schedule_id,
            kind=override.kind,
            level=override.level,
            starts_at=override.start.astimezone(UTC),
            ends_at=override.end.astimezone(UTC),
            users=list(override.users),
            replaces=override.replaces,
            reason=override.reason,
            created_by=override.created_by,
        )
    )
    await session.flush()


async def tell_coming(
    session: AsyncSession, schedule: str, override: Override, by: str, link: str, catalogue: Catalogue
) -> None:
    """Tell those whom somebody else has put on duty, unless it is over."""
    if override.kind == "remove" or override.end <= datetime.now(UTC):
        return
    instead = f" in the place of {override.replaces}" if override.replaces else ""
    reason = f"\n{override.reason}" if override.reason else ""
    for email in override.users:
        if email == by:
            continue
        when = period_text(override.start, override.end, catalogue.time_zone_of(email))
        notice = Notice(
            key=notice_key("override", override.id, email),
            kind="override",
            recipient=email,
            text=f"You are on call for {schedule}{instead} {when}, says {by}.{reason}",
            links=(Link(href=link, text=schedule),),
        )
        await tell(session, notice)


def notice_key(*occasion: object) -> str:
    """The key of a notice; of an occasion with long names, a shorter one that says as much."""
    key = ":".join(str(part) for part in occasion)
    return key if len(key) <= LONGEST_KEY else f"{key[:200]}:{sha256(key.encode()).hexdigest()}"
