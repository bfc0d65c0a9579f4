"""Sources that were reported for sending more than they may, and of which nothing was heard since."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

PREFIX = "noisy:"
"""Of the fingerprints of those reports; the source's id follows."""

_OVER = text("""
SELECT state.identity AS fingerprint, alert.title, alert.service_name, alert.labels
FROM alert_states AS state JOIN alerts AS alert ON alert.id = state.alert_id
WHERE state.identity IN (SELECT :prefix || id FROM sources UNION SELECT unnest(CAST(:reported AS text[])))
  AND state.status <> 'resolved' AND state.last_fired_at < clock_timestamp() - make_interval(secs => :seconds)
ORDER BY state.identity
""")


def fingerprint_of(source_id: UUID | None) -> str:
    """Of the reports about a source."""
    return f"{PREFIX}{source_id}"


async def quiet_again(session: AsyncSession, reported: Collection[str], seconds: float) -> Sequence[RowMapping]:
    """The latest report about each source that no process has reported for so long, and that is not over yet.

    Args:
        session: of the database.
        reported: fingerprints to look for besides those of the sources that there are.
        seconds: without a report.
    """
    values = {"prefix": PREFIX, "reported": list(reported), "seconds": seconds}
    return (await session.execute(_OVER, values)).mappings().all()
