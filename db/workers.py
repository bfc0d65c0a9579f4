"""Which workers live."""

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import WorkerHeartbeat

ALIVE_SECONDS = 7


async def beat(session: AsyncSession, worker: str) -> None:
    """This worker lives; what has been silent for an hour is forgotten."""
    now = func.clock_timestamp()
    await session.execute(
        insert(WorkerHeartbeat)
        .values(worker=worker, seen_at=now)
        .on_conflict_do_update(index_elements=[WorkerHeartbeat.worker], set_={"seen_at": now})
    )
    await session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.seen_at < now - text("interval '1 hour'")))


async def stop(session: AsyncSession, worker: str) -> None:
    """This worker ends on purpose."""
    await session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.worker == worker))


async def workers_alive(session: AsyncSession) -> int:
    """How many workers were heard of lately."""
    since = func.clock_timestamp() - text(f"interval '{ALIVE_SECONDS} seconds'")
    return await session.scalar(select(func.count()).where(WorkerHeartbeat.seen_at > since)) or 0
