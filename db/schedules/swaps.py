"""Swaps of duty: asked for, answered, and only then made into overrides."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ShiftSwap, new_id
from db.notices import tell
from db.schedules.overrides import keep, notice_key
from domain.notice import Link, Notice
from domain.schedule.schedule import Override
from domain.wall_clock import period_text


async def of(
    session: AsyncSession, schedule_id: UUID, limit: int, before: UUID | None, status: str | None
) -> Sequence[ShiftSwap]:
    """The swaps of a schedule, the latest first."""
    query = select(ShiftSwap).where(ShiftSwap.schedule_id == schedule_id)
    if before is not None:
        query = query.where(ShiftSwap.id < before)
    if status is not None:
        query = query.where(ShiftSwap.status == status)
    return (await session.scalars(query.order_by(ShiftSwap.id.desc()).limit(limit))).all()


async def locked(session: AsyncSession, schedule_id: UUID, swap_id: UUID) -> ShiftSwap | None:
    """A swap that nobody else answers meanwhile."""
    query = select(ShiftSwap).where(ShiftSwap.id == swap_id, ShiftSwap.schedule_id == schedule_id)
    return await session.scalar(query.with_for_update())


async def overlapping(session: AsyncSession, swap: ShiftSwap) -> bool:
    """Whether the same person has asked already for some of the same duty, and waits for the answer."""
    query = select(func.count()).where(
        ShiftSwap.schedule_id == swap.schedule_id,
        ShiftSwap.level == swap.level,
        ShiftSwap.from_user == swap.from_user,
        ShiftSwap.status == "proposed",
        ShiftSwap.starts_at < swap.ends_at,
        ShiftSwap.ends_at > swap.starts_at,
    )
    return bool(await session.scalar(query))


async def answer(session: AsyncSession, swap: ShiftSwap, status: str) -> None:
    """Write down how it ended."""
    swap.status, swap.answered_at = status, datetime.now(UTC)
    await session.flush()


async def carry_out(session: AsyncSession, swap: ShiftSwap, now: datetime) -> None:
    """Make the overrides of an accepted swap: one for what is given, one for what is taken in exchange.

    Args:
        session: of one transaction.
        swap: neither of its pieces is over.
        now: before it nothing changes: loads and reports go by who was on call.
    """
    pieces = [(swap.starts_at, swap.ends_at, swap.from_user, swap.to_user)]
    if swap.return_starts_at is not None and swap.return_ends_at is not None:
        pieces.append((swap.return_starts_at, swap.return_ends_at, swap.to_user, swap.from_user))
    for start, end, leaving, coming in pieces:
        override = Override(
            id=new_id(),
            kind="replace",
            level=swap.level,
            start=max(start, now),
            end=end,
            users=(coming,),
            replaces=leaving,
            reason=f"swap {swap.id}",
            created_by=swap.to_user,
        )
        await keep(session, swap.schedule_id, override)


async def tell_about(
    session: AsyncSession, swap: ShiftSwap, recipient: str, said: str, schedule: str, link: str, zone: str
) -> None:
    """Tell one of the two what the other asks for, or answers; times by the clocks of their zone."""
    given = f"{schedule} (level {swap.level}) {period_text(swap.starts_at, swap.ends_at, zone)}"
    back = ""
    if swap.return_starts_at is not None and swap.return_ends_at is not None:
        back = f"\nIn exchange: {swap.from_user} takes {period_text(swap.return_starts_at, swap.return_ends_at, zone)}."
    note = f"\n{swap.note}" if swap.note else ""
    notice = Notice(
        key=notice_key("swap", swap.id, swap.status, recipient),
        kind="swap_request" if swap.status == "proposed" else "swap_answer",
        recipient=recipient,
        text=f"{said}: {given}.{back}{note}",
        links=(Link(href=link, text=schedule),),
    )
    await tell(session, notice)
